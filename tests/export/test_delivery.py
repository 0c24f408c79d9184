"""Several channels and sizes in one run, one report; published files judged again by what was measured of them."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import torch
from shots import file_of, shot

from gan.api import Studio
from gan.core.contract import Context, Request, Result, run
from gan.core.errors import InputError
from gan.cutout.segment import Found
from gan.export import pipeline
from gan.export.channels import CHANNELS, Channel
from gan.export.delivery import Delivery, deliver
from gan.export.file_metadata import facts_of
from gan.export.measures import Measures
from gan.export.page.handlers import Handlers
from gan.export.pipeline import ExportRequest, check_picture, export
from gan.export.rules import check, judged
from gan.export.stored import CHANGED, GONE, check_stored
from gan.export.zip_builder import Packed
from gan.export.zip_package import Package
from gan.imaging.io.codec import decode

SMALL = Channel(name="small", title="Small", longest_most_px=400, formats=("jpeg",))
PLAIN = Channel(name="plain", checked="2020-01-01", shortest_least_px=20, formats=("png",))


def carry_out(request: Request, *, progress: Any = None, cancel: Any = None) -> Result:
    task, work = ("export", export) if isinstance(request, ExportRequest) else ("check", check_picture)
    context = Context(torch.device("cpu"), lambda *_: pytest.fail("no network is needed"))
    return run(work, request, context, task=task)  # type: ignore[arg-type]


def product(ground: int = 250) -> bytes:
    return file_of(shot(120, 120, ground=ground)[0], "PNG")


def delivered(path: Path, sources: list[tuple[str, bytes]], channel: Channel = PLAIN, **options: Any) -> list[Packed]:
    beside = {name: options.pop(name) for name in ("names", "slots", "sizes", "also") if name in options}
    delivery = Delivery(**beside)
    known = {"small": SMALL, "plain": PLAIN}
    targets = delivery.targets(channel, known.__getitem__)
    with Package(path, *(target.channel for target in targets)) as package:
        return list(deliver(package, sources, targets, carry_out, delivery, **options))


def below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_channels_and_sizes_have_a_folder_each_and_one_report(tmp_path: Path) -> None:
    sources = [("A_1.png", product()), ("A_2.png", product())]
    made = delivered(tmp_path / "out", sources, also=("small",), sizes=(96, 80), names="{sku}.{slot}.{ext}")
    folders = {"plain-96": "png", "plain-80": "png", "small-96": "jpg", "small-80": "jpg"}
    pictures = sorted(f"{folder}/A.{n}.{suffix}" for folder, suffix in folders.items() for n in (1, 2))
    assert below(tmp_path / "out") == sorted([*pictures, "measurements.json", "report.csv", "report.json"])
    for name in pictures:
        seen = decode(tmp_path / "out" / name)
        assert seen.width_px == int(name.partition("/")[0].rpartition("-")[2])
    assert all(each.passed for each in made)
    report = json.loads((tmp_path / "out/report.json").read_text(encoding="utf-8"))
    assert [each["name"] for each in report["channels"]] == list(folders)
    assert [entry["channel"] for entry in report["files"]] == [name for name in folders for _ in range(2)]
    assert report["counts"] == {"pass": 8, "fail": 0, "error": 0}


def test_a_zip_holds_the_same(tmp_path: Path) -> None:
    sources = [("A_1.png", product()), ("A_2.png", product())]
    for name in ("out", "out.zip"):
        delivered(tmp_path / name, sources, names="channel")
    with zipfile.ZipFile(tmp_path / "out.zip") as package:
        assert sorted(package.namelist()) == below(tmp_path / "out")
        assert all(package.read(name) == (tmp_path / "out" / name).read_bytes() for name in package.namelist())


def test_missing_slots_stand_in_the_report(tmp_path: Path) -> None:
    made = delivered(tmp_path / "out", [("A_1.png", product()), ("A_3.png", product())], slots=("1", "4"))
    assert [(each.source, str(each.after[0].value)) for each in made[2:]] == [("A", "2, 4 missing")]
    assert not made[2].passed
    text = (tmp_path / "out/report.csv").read_text(encoding="utf-8-sig")
    rows = [(row["sku"], row["slot"], row["status"]) for row in csv.DictReader(io.StringIO(text))]
    assert rows == [("A", "1", "pass"), ("A", "3", "pass"), ("A", "2", "missing"), ("A", "4", "missing")]


def test_what_could_not_be_used_is_missing(tmp_path: Path) -> None:
    made = delivered(tmp_path / "out", [("A_1.png", b"no"), ("A_2.png", product())], names="channel")
    assert [each.error is not None for each in made] == [True, False, False]
    assert str(made[2].after[0].value) == "1 missing"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("mine")
    with pytest.raises(InputError, match="a new or empty folder is needed: nothing is overwritten"):
        delivered(tmp_path / "out", [("a.png", product())])
    assert below(tmp_path) == ["out/mine.txt"]


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_what_is_refused_leaves_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="two pictures would be called"):
        delivered(tmp_path / name, [("A_1.png", product()), ("A_2.png", product())], names="{sku}.{ext}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("channel", "options", "said"),
    [
        ("amazon", {"also": ("amazon",)}, "also: amazon is named twice"),
        ("amazon", {"also": ("nobody",)}, "channel: nobody is neither a channel nor a file"),
        ("amazon", {"sizes": (300,)}, "sizes: 300; 500 to 10000 is allowed"),
        ("etsy", {"sizes": (63,)}, "sizes: 63; 635 to 10000 is allowed"),
        ("amazon", {"sizes": (0,)}, "sizes: 0; 500 to 10000 is allowed"),
    ],
)
def test_bad_wishes_get_one_sentence(channel: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        Delivery(**options).targets(CHANNELS[channel])
    assert said in str(caught.value)


# Published files


@pytest.mark.parametrize("name", CHANNELS)
def test_measurements_that_were_kept_are_judged_as_the_picture_is(name: str, one_measured: Any) -> None:
    picture, facts, alpha, kept = one_measured
    seen = Measures.of_record(json.loads(json.dumps(kept)))
    assert judged(seen, CHANNELS[name]) == check(picture, facts, alpha, CHANNELS[name])
    assert seen.record() == kept


@pytest.fixture(scope="module")
def one_measured() -> Any:
    picture, alpha = shot(300, 200, (40, 40, 200, 200), ground=244)
    data = file_of(picture, quality=85)
    seen = decode(data)
    facts = facts_of(data, picture=seen)
    return seen, facts, alpha, Measures(seen, facts, alpha).record()


def test_a_changed_rule_says_which_published_files_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [("A_1.png", product()), ("big_1.png", file_of(shot(300, 300)[0], "PNG"))]
    delivered(tmp_path / "out", sources, names="channel")
    now = Channel(name="plain", checked="2030-01-01", shortest_least_px=200, ground="white", formats=("png",))
    monkeypatch.setattr("gan.export.stored.CHANNELS", {"plain": now})
    monkeypatch.setattr("gan.imaging.io.codec.decode", lambda *_, **__: pytest.fail("a picture was opened"))
    first, second = check_stored(tmp_path / "out")
    assert [finding.rule for finding in first.findings if finding.status == "fail"] == ["shortest"]
    assert (first.file, first.before, first.channel.checked) == ("A_1.png", "2020-01-01", "2030-01-01")
    assert second.passed
    assert first.notice == second.notice == ""


def test_a_channel_of_one_s_own_is_kept_with_its_files(tmp_path: Path) -> None:
    delivered(tmp_path / "deep/out", [("a.png", product())], Channel(name="mine", longest_least_px=100))
    (one,) = check_stored(tmp_path)
    assert (one.file, one.channel.name, one.passed) == ("deep/out/a.png", "mine", True)
    (other,) = check_stored(tmp_path, Channel(name="other", longest_least_px=200))
    assert not other.passed


def test_a_wanted_size_is_no_rule_of_the_channel(tmp_path: Path) -> None:
    delivered(tmp_path / "out", [("a.png", product())], sizes=(80,))
    (one,) = check_stored(tmp_path / "out")
    assert one.channel == PLAIN


def test_what_is_cut_off_stays_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture, alpha = shot(200, 200, (0, 40, 150, 200))
    monkeypatch.setattr(pipeline, "find", lambda *_, **__: Found(alpha, 0.9, ()))
    whole = Channel(name="whole", forbid=("cut-off",))
    (made,) = delivered(tmp_path / "out.zip", [("a.png", file_of(picture, "PNG"))], whole)
    assert not made.passed
    (one,) = check_stored(tmp_path / "out.zip", Channel(name="other", longest_least_px=100))
    assert [finding.rule for finding in one.findings if finding.status == "fail"] == ["cut-off"]


def test_a_file_that_has_changed_or_is_gone_is_told(tmp_path: Path) -> None:
    delivered(tmp_path / "out", [("a.png", product()), ("b.png", product())])
    (tmp_path / "out/a.png").write_bytes(b"another")
    (tmp_path / "out/b.png").unlink()
    assert [each.notice for each in check_stored(tmp_path / "out")] == [CHANGED, GONE]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no measurements.json below"),
        (b"no JSON", "measurements.json cannot be read: Expecting value"),
        (b"[" * 100_000, "cannot be read"),
        (b"[]", "cannot be read"),
        (b"{}", "cannot be read"),
        (b'{"files": [{"channel": {"name": "x"}}]}', "cannot be read: 'measures'"),
        (b'{"files": [{"channel": {"name": "x"}, "measures": {}}]}', "the measurements cannot be read: 'width_px'"),
        (b'{"files": [{"channel": {"shape": "round"}}]}', "shape is not a rule"),
        (b" " * (8 * 2**20 + 1), "it is too long"),
    ],
)
def test_measurements_that_are_none_get_one_sentence(content: bytes | None, said: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "measurements.json").write_bytes(content)
    with pytest.raises(InputError) as caught:
        list(check_stored(tmp_path))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_zip_that_is_none_gets_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"no ZIP")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as package:
        package.writestr("a.txt", "x")
    for name in ("a.zip", "b.zip"):
        with pytest.raises(InputError, match=f"stored: {name} cannot be read"):
            list(check_stored(tmp_path / name))


# The same on every surface


def last(steps: Any) -> Any:
    found = None
    for step in steps:
        if step[-1] == "" and step[0] != gr.skip():
            found = Path(step[0]).read_bytes(), step
    return found


def test_page_python_and_command_give_the_same_names(
    tmp_path: Path, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gan.api
    from gan.cli.main import main

    monkeypatch.setattr(gan.api, "WEIGHTS_DIR", tiny_weights)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for name in ("x.png", "y.png"):
        (tmp_path / "in" / name).write_bytes(product())
    (tmp_path / "t.csv").write_bytes(b"\xef\xbb\xbfFile;SKU;Slot\r\nx.png;B000123456;MAIN\r\ny.png;B000123456;3\r\n")
    files = sorted(map(str, (tmp_path / "in").iterdir()))
    wanted = ["etsy/B000123456_1", "etsy/B000123456_3", "shopify/B000123456_1", "shopify/B000123456_3"]

    def stems(names: Any) -> list[str]:
        return sorted(name.rpartition(".")[0] for name in names if "/" in name)

    arguments = ["in", "--channel", "etsy", "--also", "shopify", "--table", "t.csv", "--enlarge", "1", "--quiet"]
    assert main(["export", *arguments, "-o", "command"]) == 3
    assert stems(below(tmp_path / "command")) == wanted
    Studio("cpu", tiny_weights).deliver(files, "python", "etsy", also=("shopify",), table="t.csv", enlarge=1.0)
    assert stems(below(tmp_path / "python")) == wanted
    values = {"files": files, "channel": "etsy", "channel_file": None, "also": ["shopify"], "table": "t.csv"}
    archive, shown = last(Handlers(carry_out).export({**values, "enlarge": 1.0}, None))
    with zipfile.ZipFile(io.BytesIO(archive)) as package:
        assert stems(package.namelist()) == wanted
        assert package.read("report.csv") == (tmp_path / "python/report.csv").read_bytes()
    assert "3 with broken rules" not in shown[3]
    assert "2 missing" in shown[3]
    values["also"] = "shopify"  # as programs write it
    archive, _ = last(Handlers(carry_out).export({**values, "enlarge": 1.0}, None))
    with zipfile.ZipFile(io.BytesIO(archive)) as package:
        assert stems(package.namelist()) == wanted
    assert main(["check", "--stored", "command", "--json", "told.json", "--quiet"]) == 3
    (tmp_path / "kept.zip").write_bytes(archive)
    told, _ = last(Handlers(carry_out).stored({"stored": str(tmp_path / "kept.zip")}, None))
    by_command = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))["files"]
    assert [each["file"] for each in json.loads(told)["files"]] == [each["file"] for each in by_command]
    assert [each["passed"] for each in by_command] == [False, False, True, True]


def test_a_visitor_s_further_channel_is_a_name_and_no_path(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("longest_least_px = 5", encoding="utf-8")
    (tmp_path / "a.png").write_bytes(product())
    values = {"files": [str(tmp_path / "a.png")], "channel": "etsy", "channel_file": None}
    with pytest.raises(gr.Error, match="there is no channel"):
        last(Handlers(carry_out).export({**values, "also": str(tmp_path / "mine.toml")}, None))


def test_batch_names_its_results(tmp_path: Path) -> None:
    from gan.batch.jobs import plan
    from gan.batch.recipe_json import read_recipe
    from gan.export.naming import Naming

    recipe = read_recipe(
        json.dumps({"version": 1, "steps": [{"task": "export", "request": {"channel": "amazon"}}]}).encode()
    )
    paths = [tmp_path / name for name in ("B0_1.png", "B0_2.png")]
    assert [job.below for job in plan(recipe, paths, tmp_path / "out", Naming(names="channel"))] == [
        "B0.MAIN.jpg",
        "B0.PT01.jpg",
    ]
    with pytest.raises(InputError, match="slot: 11; MAIN"):
        plan(recipe, [tmp_path / "B0_11.png"], tmp_path / "out", Naming(names="channel"))
    assert plan(recipe, paths, tmp_path / "out", Naming(slots=("MAIN", "2")))
    with pytest.raises(InputError, match="slots: B0 has no picture for PT02; every SKU needs"):
        plan(recipe, paths, tmp_path / "out", Naming(slots=("MAIN", "3")))
