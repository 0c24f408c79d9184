"""The Batch tab without a browser: recipes from three places, what its handler gives, its report, Stop."""

from __future__ import annotations

import html
import io
import json
import threading
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
import torch
from markupsafe import escape
from pages import FakeChoice, within_a_loop
from PIL import Image
from replays import FRAME, STILL, product, recipe_of, run, written

from gan.batch.page import tab
from gan.batch.page.recipe import OWN, READY, _by_file, _by_name, carried, chosen, ready_recipe
from gan.batch.page.report import MOST_LISTED, OUTLIERS, BatchProgress, described
from gan.batch.page.tab import Handlers
from gan.batch.recipe_json import Recipe, from_history, read_recipe, to_json
from gan.batch.results import Outcome, Outlier
from gan.batch.runner import Replay
from gan.batch.steps import REQUESTS
from gan.core.contract import Progress, Request, Result
from gan.core.errors import InputError, StepError
from gan.imaging.io.codec import decode, encode
from gan.imaging.io.formats import Encoding
from gan.imaging.picture import Picture
from gan.ui.i18n import CATALOGS, LABELS, sentence, word
from gan.ui.many_files import shown

CHINESE: Any = SimpleNamespace(headers={"accept-language": "zh-CN"}, session_hash="zh")


def offered(task: str) -> list[Any]:
    return [FakeChoice(name="enhance-x2")] if task == "enhance" else []


def desk(before: Callable[[int], None] = lambda number: None) -> Handlers:
    """With the pipelines that need no network; calls `before` ahead of every request."""
    count = 0

    def counted(request: Request, *, progress: Progress | None = None, cancel: threading.Event | None = None) -> Result:
        nonlocal count
        count += 1
        before(count)
        return run(request, progress=progress, cancel=cancel)

    return Handlers(counted, offered)


def saved(folder: Path, *steps: Any, **more: Any) -> str:
    path = folder / "steps.json"
    path.write_text(json.dumps({"version": 1, "name": "Mine", "steps": list(steps), **more}), encoding="utf-8")
    return str(path)


def products(folder: Path, count: int = 3) -> list[str]:
    return [str(product(folder / f"p{number}" / f"{number}.png", seed=number)) for number in range(count)]


def wanted(files: Sequence[str], recipe_file: str, more_files: Sequence[str] = ()) -> dict[str, Any]:
    return {"files": files, "recipe_file": recipe_file, "more_files": more_files}


def last(steps: Any) -> tuple[dict[str, bytes], Any]:
    """What is in the archive that a handler gives in the end, and all it gives; its files live until then."""
    packed, values = {}, None
    for step in steps:
        if step[-1] == "" and step[0] != gr.skip():
            values = step
            if step[0]:
                with zipfile.ZipFile(io.BytesIO(Path(step[0]).read_bytes())) as archive:
                    packed = {name: archive.read(name) for name in archive.namelist()}
                assert all(Path(path).is_file() for path in (step[1], *(step[3] or ())))
    return packed, values


# Recipes


@pytest.mark.parametrize("name", list(READY))
def test_ready_made_recipes_are_valid_and_have_a_label(name: str) -> None:
    recipe = ready_recipe(name)
    assert recipe.arguments
    assert not recipe.wanted
    assert LABELS[f"batch.ready.{name}"] == recipe.name
    assert read_recipe(to_json(recipe.record()), {}).sha256 == recipe.sha256
    assert escape(word(f"task.{recipe.steps[0].task}", "zh")) in described("x", recipe, "", "zh")


def test_every_task_has_a_name() -> None:
    assert {f"task.{task}" for task in REQUESTS} <= set(LABELS)
    assert set(OUTLIERS.values()) <= set(CATALOGS["zh"].sentences)


def test_a_file_of_steps_takes_the_place_of_ready_made_ones(tmp_path: Path) -> None:
    assert chosen(None, None, "transparent", offered).steps[0].task == "cutout"
    recipe = chosen(saved(tmp_path, FRAME), None, "transparent", offered)
    assert [step.task for step in recipe.steps] == ["frame"]
    (tmp_path / "renamed.txt").write_bytes(b" " + to_json(recipe.record()))
    assert chosen(str(tmp_path / "renamed.txt"), None, OWN, offered).sha256 == recipe.sha256


@pytest.mark.parametrize(("name", "file_format"), [("done.png", "png"), ("done.jpg", "jpeg")])
def test_a_finished_picture_carries_its_steps(tmp_path: Path, name: str, file_format: str) -> None:
    recipe = recipe_of(FRAME, STILL, output={"format": file_format})
    (outcome,) = Replay(recipe, [product(tmp_path / "a.png")], tmp_path / "out", run)
    path = (tmp_path / "out" / outcome.target).rename(tmp_path / name)
    found = chosen(str(path), None, OWN, offered)
    assert [(step.task, dict(step.request)) for step in found.steps] == [
        (step.task, dict(step.request)) for step in recipe.steps
    ]
    assert (found.name, found.output) == ("done", recipe.output)


def test_files_are_found_by_name_whatever_uploads_make_of_it(tmp_path: Path) -> None:
    mask = Image.new("L", (32, 32), 255)
    mask.save(tmp_path / "mask 1.png")
    step = {"task": "frame", "request": {**FRAME["request"], "mask": "masks/mask (1).png"}}
    recipe = chosen(saved(tmp_path, step), [str(tmp_path / "mask 1.png")], OWN, offered)
    assert recipe.wanted == ("masks/mask (1).png",)
    with pytest.raises(StepError, match=r"step 1: mask: there is no file masks/mask \(1\).png"):
        chosen(saved(tmp_path, step), [], OWN, offered)
    (tmp_path / "mask (1).png").write_bytes((tmp_path / "mask 1.png").read_bytes())
    with pytest.raises(StepError, match="there is no file"):  # what lies in the server's folder is nobody's
        chosen(saved(tmp_path, {"task": "frame", "request": {"mask": "mask (1).png"}}), None, OWN, offered)


def test_steps_are_shown_while_their_files_are_missing(tmp_path: Path) -> None:
    step = {"task": "frame", "request": {"fill": 0.5, "mask": {"file": "m.png", "sha256": "0" * 64}}, "weights": {}}
    path = tmp_path / "done.png"
    path.write_bytes(encode(Picture(torch.ones(1, 3, 8, 8), history=(step,)), Encoding()))
    recipe = carried(path)
    shown = described(recipe.name, recipe, "why", "en")
    for part in ("<b>done</b>", "fill 0.5 · mask m.png", "Files that the steps need: m.png", "why", "Written as PNG"):
        assert part in shown
    assert "0000" not in shown


def test_what_steps_say_is_readable_and_escaped() -> None:
    recipe = recipe_of(
        {"task": "frame", "request": {"fill": 0.85, "aspect": "4:5", "width_px": 600}},
        {"task": "recolor", "request": {"to": ["#112233", "#445566"]}},
        {"task": "enhance", "request": {"adjustments": {"auto": True}}},
        {"task": "export", "request": {"channel": "google-apparel"}},
    )
    shown = described("<b>", recipe, "", "en")
    assert "&lt;b&gt;" in shown
    for part in ("<small>aspect 4:5 · width 600</small>", "to #112233, #445566", "adjustments auto ✓", "Google"):
        assert part in shown
    assert shown.count("<li>") == 4
    assert "Written as" not in shown  # the channel decides
    assert "宽高比 4:5" in described("x", recipe, "", "zh")
    assert "card fail" in described("", None, "why", "en")


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ([], "steps: 0 steps"),
        ([{"task": "fly"}], 'step 1: task: "fly" is unknown'),
        ([STILL, {"task": "frame", "request": {"fill": 7}}], "step 2: fill: 7"),
        ([{"task": "enhance", "request": {"model": "/etc/passwd"}}], "model: /etc/passwd is not offered here"),
        ([{"task": "enhance", "request": {"model": "somebody/network"}}], "somebody/network is not offered"),
    ],
)
def test_a_recipe_that_cannot_be_is_refused_in_one_sentence(tmp_path: Path, steps: list[Any], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        chosen(saved(tmp_path, *steps), None, OWN, offered)
    assert sentence in str(caught.value)
    with pytest.raises(gr.Error) as told:
        last(desk().run(wanted(products(tmp_path), saved(tmp_path, *steps)), None))
    assert sentence.lower() in html.unescape(str(told.value)).lower()


def test_other_files_and_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"recipe: there is no ready-made recipe \.\./x"):
        chosen(None, None, "../x", offered)
    with pytest.raises(InputError, match="no file was given"):
        chosen(None, None, OWN, offered)
    with pytest.raises(InputError, match=r"plain\.png contains no steps"):
        chosen(str(product(tmp_path / "plain.png")), None, OWN, offered)
    (tmp_path / "bad.jpg").write_bytes(b"no")
    with pytest.raises(InputError, match=r"^recipe: .*not a picture"):
        chosen(str(tmp_path / "bad.jpg"), None, OWN, offered)
    (tmp_path / "bad.json").write_bytes(b"no")
    with pytest.raises(InputError, match="not valid JSON"):
        chosen(str(tmp_path / "bad.json"), None, OWN, offered)


def test_a_model_of_this_page_may_be_named(tmp_path: Path) -> None:
    recipe = chosen(saved(tmp_path, {"task": "enhance", "request": {"model": "enhance-x2"}}), None, OWN, offered)
    assert recipe.models == {"enhance-x2"}


def test_a_refused_step_is_told_in_chinese(tmp_path: Path) -> None:
    steps = saved(tmp_path, STILL, {"task": "frame", "request": {"fill": 7}})
    with pytest.raises(gr.Error, match="第 2 步：商品占比：7"):
        last(desk().run(wanted(products(tmp_path), steps), CHINESE))


# Runs


def test_a_run_gives_what_a_replay_gives(tmp_path: Path) -> None:
    files = products(tmp_path)
    packed, values = last(desk().run(wanted(files, saved(tmp_path, FRAME)), None))
    list(Replay(recipe_of(FRAME, name="Mine"), [Path(file) for file in files], tmp_path / "out", run))
    assert packed == written(tmp_path / "out")
    assert {"0.png", "0.png.json", "report.csv", "report.json", "contact-sheet-01.jpg"} <= set(packed)
    archive, report, first, sheets, told, status = values
    assert [Path(path).name for path in (archive, report, first, *sheets)] == [
        *("packshot-batch.zip", "report.json", "0.png", "contact-sheet-01.jpg")
    ]
    assert "<b>Mine</b> · 3 of 3 pictures done" in told
    assert status == ""


def test_results_can_be_replayed_from_the_archive(tmp_path: Path) -> None:
    Image.new("L", (32, 32), 255).save(tmp_path / "m.png")
    step = {"task": "frame", "request": {**FRAME["request"], "mask": "m.png"}}
    packed, _ = last(desk().run(wanted(products(tmp_path, 1), saved(tmp_path, step), [str(tmp_path / "m.png")]), None))
    for name, data in packed.items():
        (tmp_path / "unpacked" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "unpacked" / name).write_bytes(data)
    recipe = read_recipe(tmp_path / "unpacked" / "0.png.json")
    (outcome,) = Replay(recipe, [Path(products(tmp_path, 1)[0])], tmp_path / "again", run)
    assert (tmp_path / "again" / outcome.target).read_bytes() == packed["0.png"]


def test_bad_files_are_named_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "<b>.jpg").write_bytes(b"no")
    files = [str(tmp_path / "<b>.jpg"), *products(tmp_path, 1)]
    packed, values = last(desk().run(wanted(files, saved(tmp_path, FRAME)), CHINESE))
    assert "0.png" in packed
    assert Path(values[2]).name == "0.png"
    assert "2 张图片中已完成 1 张 · 1 张无法使用" in values[4]
    assert "&lt;b&gt;.jpg" in values[4]
    packed, values = last(desk().run(wanted(files[:1], saved(tmp_path, FRAME)), None))
    assert set(packed) == {"report.csv", "report.json"}
    assert values[2:4] == (None, None)


def test_pictures_are_needed_unless_the_steps_draw(tmp_path: Path) -> None:
    with pytest.raises(gr.Error, match="image: missing"):
        last(desk().run(wanted([], saved(tmp_path, FRAME)), None))
    with pytest.raises(gr.Error, match="pictures were given for a recipe that generates its own"):
        last(desk().run(wanted(products(tmp_path), saved(tmp_path, {"task": "generate", "request": {}})), None))


@pytest.mark.parametrize("after", [0, 2])
def test_stop_hands_over_what_is_done(tmp_path: Path, after: int) -> None:
    visitor: Any = SimpleNamespace(headers={}, session_hash="one")

    def stop(number: int) -> None:
        if number == after + 1:
            stopped.running.stop(visitor)

    stopped = desk(stop)
    packed, values = last(stopped.run(wanted(products(tmp_path, 4), saved(tmp_path, FRAME)), visitor))
    assert sum(name.endswith(".png") for name in packed) == after
    assert f"{after} of 4 pictures done · stopped" in values[4]
    if not after:
        assert values[:4] == (None,) * 4
    again, values = last(stopped.run(wanted(products(tmp_path, 4), saved(tmp_path, FRAME)), visitor))
    assert sum(name.endswith(".png") for name in again) == 4
    assert "stopped" not in values[4]


def test_progress_is_that_of_all_pictures(tmp_path: Path) -> None:
    lines: Sequence[str] = [
        step[-1]
        for step in desk(lambda _: threading.Event().wait(0.4)).run(
            wanted(products(tmp_path), saved(tmp_path, FRAME)), None
        )
    ]
    assert any("Processing the pictures" in line and "left" in line for line in lines)


# The report


def test_the_report_lists_failures_outliers_and_notices() -> None:
    error = StepError(2, InputError("image", "no", "yes", "Do"))
    told = BatchProgress("T", 70)
    for number in range(60):
        told.add(Outcome(name=f"{number}.png", target=f"{number}.png", status="failed", error=error))
    for number in range(7):
        told.add(Outcome(name="a", target=f"a{number}.png", status="made", notices=("Look",)))
    told.outliers = (Outlier("a", "a3.png", "ground", 7.26),)
    shown = told.html("en", stopped=True)
    assert "7 of 70 pictures done · 60 could not be used · 1 differ in color · stopped" in shown
    assert shown.count("Step 2: image: no; yes. Do.") == MOST_LISTED
    assert f"{60 - MOST_LISTED} more are in the report" in shown
    assert escape("The background's color differs from the other pictures (ΔE 7.3)") in shown
    assert "<b>Look</b><small>a0.png, a1.png, a2.png, a3.png, a4.png and 2 more</small>" in shown
    assert sentence(error, "zh").startswith("第 2 步：图片：")


def test_a_long_report_is_sent_as_it_grows() -> None:
    told = BatchProgress("T", 100)
    sent = 0
    for number in range(100):
        told.add(Outcome(name="a", target=f"{number}.png", status="made"))
        sent += isinstance(told.update("en"), str)
    assert 10 < sent < 45
    assert told.update("en") == gr.skip()


# The page


def test_the_tab_says_what_the_page_needs_of_it() -> None:
    def on_a_page() -> tab.Tab:
        with gr.Blocks():
            return tab.build(run, offered)

    built = within_a_loop(on_a_page)
    assert [item.elem_id for item in (*built.settings, built.photograph, built.picture)] == [
        *("batch-ready", "batch-picture", "batch-download")
    ]


def test_choosing_keeps_list_and_file_in_step() -> None:
    assert _by_name("amazon") == (None, gr.skip())
    assert _by_name(OWN)[1]["open"] is True
    assert (_by_file(OWN), _by_file("amazon")) == ("square", "amazon")


@pytest.mark.parametrize(
    ("made", "reports", "packs", "visible"),
    [
        (("a", None, None, "r"), True, True, [True, True, False, False]),
        (("a", "f", ["g"], None), True, True, [True, False, True, True]),
        (("a", "f", ["g"], "r"), False, True, [True, False, True, True]),
        (("a", "f", ["g"], "r"), True, False, [False, True, True, True]),
        ((None, None, None, None), True, True, [False, False, False, False]),
    ],
)
def test_what_there_is_is_shown(made: Any, reports: bool, packs: bool, visible: list[bool]) -> None:
    """After a check the last export is out of sight, and after an export the last report."""
    updates = shown(*made, reports=reports, packs=packs)
    assert [update["visible"] for update in updates] == [False, *visible]


def test_what_is_saved_is_what_the_picture_was_made_with(tmp_path: Path) -> None:
    (outcome,) = Replay(recipe_of(FRAME), [product(tmp_path / "a.png")], tmp_path / "out", run)
    made = tmp_path / "out" / outcome.target
    recipe: Recipe = read_recipe(to_json(carried(made).record()), {})
    assert recipe.sha256 == from_history(decode(made).history).sha256
    (again,) = Replay(recipe, [tmp_path / "a.png"], tmp_path / "again", run)
    assert again.output_sha256 == outcome.output_sha256


# Names


def test_results_are_named_by_sku_on_the_page_and_by_programs(tmp_path: Path) -> None:
    files = [str(product(tmp_path / name)) for name in ("SHOE_1.png", "SHOE_2.png")]
    asked = {**wanted(files, saved(tmp_path, FRAME, STILL)), "names": "{sku}-{slot}.{ext}"}
    packed, _ = last(desk().run(asked, None))
    assert {"SHOE-1.png", "SHOE-2.png"} <= set(packed)
    table = tmp_path / "skus.csv"
    table.write_text("file,sku,slot\nSHOE_1.png,A7,2\nSHOE_2.png,A7,1\n", encoding="utf-8")
    packed, _ = last(desk().run({**asked, "table": str(table)}, None))
    assert {"A7-1.png", "A7-2.png"} <= set(packed)
    with pytest.raises(gr.Error, match="slots: SHOE has no picture for 3"):
        last(desk().run({**asked, "slots": "1, 3"}, None))


def test_every_option_of_names_is_on_the_page() -> None:
    def make() -> gr.Blocks:
        with gr.Blocks(analytics_enabled=False) as blocks:
            tab.build(run, offered)
        return blocks

    there = {getattr(block, "elem_id", None) for block in within_a_loop(make).blocks.values()}
    assert {"batch-names", "batch-table", "batch-barcode", "batch-slots"} <= there


def test_what_steps_choose_is_said_in_the_page_s_language() -> None:
    card = described("", ready_recipe("square"), "", "zh")
    assert "背景 白色" in card
    assert "white" not in card
