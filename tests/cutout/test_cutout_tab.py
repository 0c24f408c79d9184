"""The Cut-out tab without a browser: every handler, the chain of requests, and what is kept."""

from __future__ import annotations

import dataclasses
import json
import threading
import zipfile
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch
from cut_outs import CutOuts, cut_product, product
from pages import FakeChoice, within_a_loop
from PIL import Image

from gan.cutout import tab, tab_steps
from gan.cutout.pipeline import CutoutRequest
from gan.cutout.tab_chain import Chain, count
from gan.cutout.tab_edits import STANDARD
from gan.cutout.tab_steps import DROP, KEEP, PROTECT, Visit
from gan.cutout.tab_visit import Page, Stage
from gan.cutout.tab_wish import COLOR, PICTURE, Wish, colors_of, hex_of, swatches
from gan.errors import Cancelled, InputError
from gan.imaging.codec import decode
from gan.imaging.masks import encode_mask, rectangle
from gan.ui.mask_editor import OPACITY

SIZE = (96, 72)
NAMES = tuple(field.name for field in dataclasses.fields(Wish))
PNG = ("png", 92, False, False, False)
FIELDS = [field.name for field in dataclasses.fields(Stage)] + ["download", "slider", "summary", "record", "status"]


def page() -> tuple[Page, CutOuts]:
    studio = CutOuts()
    return Page(studio.run, NAMES), studio


def opened(desk: Page, path: Path) -> Visit:
    *_, last = desk.open(str(path), None, None)  # type: ignore[arg-type]
    visit = last[0]
    assert isinstance(visit, Visit)
    return visit


def made(
    desk: Page,
    visit: Visit | None,
    value: Any = None,
    *,
    mask: str | None = None,
    protect: str | None = None,
    output: tuple[Any, ...] = PNG,
    **wish: Any,
) -> dict[str, Any]:
    """What the page shows after a run, by the names of its widgets."""
    values = [getattr(Wish(**wish), name) for name in NAMES]
    *_, last = desk.make(None, visit, value, mask, protect, *values, *output)  # type: ignore[arg-type]
    assert last[-1] == ""
    return dict(zip(FIELDS, last, strict=True))


def laid(
    desk: Page, visit: Visit | None, ground: str, color: str = "#FFFFFF", file: str | None = None
) -> dict[str, Any]:
    *_, last = desk.lay(None, visit, ground, color, file, *PNG)  # type: ignore[arg-type]
    return dict(zip(FIELDS, last, strict=True))


def strokes(folder: Path, *drawn: tuple[tuple[int, int, int], tuple[int, int, int, int]]) -> dict[str, Any]:
    """What the editor gives for boxes (left, top, right, bottom) in colors, the later over the earlier."""
    pixels = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    for color, (left, top, right, bottom) in drawn:
        pixels[top:bottom, left:right] = (*color, OPACITY)
    path = folder / f"layer-{len(list(folder.iterdir()))}.png"
    Image.fromarray(pixels).save(path)
    return {"background": None, "layers": [str(path)], "composite": None}


@pytest.fixture
def mug(tmp_path: Path) -> Path:
    return product(tmp_path / "mug.png", SIZE)


# Cutting out


def test_a_photograph_is_shown_and_another_one_takes_its_place(tmp_path: Path, mug: Path) -> None:
    desk, studio = page()
    visit = opened(desk, mug)
    assert not studio.requests
    (again,) = desk.open(str(mug), visit, None)  # type: ignore[arg-type]
    assert again == (gr.skip(),) * len(again)
    empty, full = desk.open(str(product(tmp_path / "hat.png")), visit, None)  # type: ignore[arg-type]
    assert empty[0] is None
    assert not visit.folder.exists()
    assert full[1]["value"]["layers"] == []
    assert "96 × 72 px · PNG" in full[2]["value"]
    assert len(list(desk.open(None, full[0], None))) == 1  # type: ignore[arg-type]


def test_the_product_is_cut_out_with_its_hole(mug: Path) -> None:
    desk, studio = page()
    shown = made(desk, opened(desk, mug))
    picture = decode(shown["download"])
    assert Path(shown["download"]).name == "mug-cutout.png"
    assert picture.alpha is not None
    assert [float(picture.alpha[0, 0, y, x]) for y, x in ((36, 30), (36, 48), (4, 4))] == [1, 0, 0]
    assert [type(request) for request in studio.requests] == [CutoutRequest]
    for text in ("Confidence", "of the picture", "96 × 72 px", "c0ffee00"):
        assert text in shown["summary"]
    assert shown["hold"]["visible"]
    assert Path(shown["mask"]["value"]).name == "mug_mask.png"
    assert not shown["layer"]["visible"]
    before, after = (np.asarray(Image.open(path), np.int16) for path in shown["slider"])
    assert before.shape == after.shape == (72, 96, 3)
    assert before[4, 4] == pytest.approx((226, 226, 222), abs=6)


def test_transparency_is_checkered_and_what_was_cut_away_fades(mug: Path) -> None:
    desk, _ = page()
    shown = made(desk, opened(desk, mug))
    after = np.asarray(Image.open(shown["slider"][1]).convert("L"), np.int16)
    assert after[:16, :16].min() < 236 < 250 < after[:16, :16].max()
    faded = np.asarray(Image.open(shown["editor"]["value"]["background"]).convert("RGB"), np.int16)
    assert faded[36, 30] == pytest.approx((60, 150, 70), abs=12)
    assert faded[4, 4].min() > 226


def test_nothing_is_asked_of_the_network_twice(tmp_path: Path, mug: Path) -> None:
    desk, studio = page()
    visit = made(desk, opened(desk, mug))["visit"]
    asked = studio.network.asked
    assert asked > 0
    for ground, color in (("white", ""), (COLOR, "rgba(255, 0, 0, 1)"), ("transparent", "")):
        visit = laid(desk, visit, ground, color)["visit"]
    visit = made(desk, visit, frame=True, shadow=True, recolour=True, colors="#123456", white=True)["visit"]
    made(desk, visit, strokes(tmp_path, (DROP, (20, 10, 60, 30))))
    assert studio.network.asked == asked


def test_the_ground_changes_at_once_and_replaces_the_result(tmp_path: Path, mug: Path) -> None:
    desk, studio = page()
    first = made(desk, opened(desk, mug))
    white = laid(desk, first["visit"], "white")
    assert decode(white["download"]).rgb[0, :, 4, 4].tolist() == [1, 1, 1]
    assert decode(white["download"]).alpha is None
    assert len(white["visit"].entries) == 1
    red = laid(desk, white["visit"], COLOR, "#FF0000")
    assert decode(red["download"]).rgb[0, :, 4, 4].tolist() == [1, 0, 0]
    Image.new("RGB", (10, 10), (0, 0, 255)).save(tmp_path / "sky.png")
    blue = laid(desk, red["visit"], PICTURE, file=str(tmp_path / "sky.png"))
    assert decode(blue["download"]).rgb[0, :, 4, 4].tolist() == pytest.approx([0, 0, 1], abs=0.01)
    count = len(studio.requests)
    for visit, ground in ((None, "white"), (opened(desk, mug), "white"), (red["visit"], PICTURE)):
        assert set(map(str, laid(desk, visit, ground).values())) == {str(gr.skip())}
    assert set(map(str, laid(desk, white["visit"], "white", "#00FF00").values())) == {str(gr.skip())}
    assert len(studio.requests) == count


def test_a_picture_that_is_cut_out_already_needs_no_network(tmp_path: Path) -> None:
    desk, studio = page()
    shown = made(desk, opened(desk, cut_product(tmp_path / "mug.png")), ground="white")
    assert studio.network.asked == 0
    assert decode(shown["download"]).rgb[0, :, 4, 4].tolist() == [1, 1, 1]
    assert "Confidence" not in shown["summary"]


# Corrections


def test_strokes_keep_and_remove(tmp_path: Path, mug: Path) -> None:
    desk, studio = page()
    value = strokes(tmp_path, (DROP, (20, 28, 40, 44)), (KEEP, (2, 2, 14, 14)))
    shown = made(desk, opened(desk, mug), value)
    alpha = decode(shown["download"]).alpha
    assert alpha is not None
    assert float(alpha[0, 0, 36, 28]) == 0
    assert float(alpha[0, 0, 8, 8]) == 1
    first, second = studio.requests
    assert (first.mask, first.keep, first.drop) == (None, None, None)
    assert second.mask is not None
    assert (second.keep.name, second.drop.name) == ("mug_keep.png", "mug_drop.png")
    assert len(shown["editor"]["value"]["layers"]) == 1
    # The same strokes again, and other edits of the same cut-out.
    made(desk, shown["visit"], value, ground="white")
    assert len(studio.requests) == 3
    cleared = made(desk, shown["visit"], {"layers": []})
    assert len(studio.requests) == 3
    assert torch.equal(decode(cleared["download"]).rgb, decode(made(desk, opened(desk, mug))["download"]).rgb)


def test_where_strokes_lie_on_one_another_the_last_counts(tmp_path: Path, mug: Path) -> None:
    desk, studio = page()
    made(desk, opened(desk, mug), strokes(tmp_path, (KEEP, (2, 2, 30, 30)), (DROP, (2, 2, 14, 30))))
    request = studio.requests[-1]
    assert float(request.keep.coverage[0, 0, 10, 5]) == 0
    assert float(request.drop.coverage[0, 0, 10, 5]) == 1
    assert float(request.keep.coverage[0, 0, 10, 25]) == 1


def test_a_mask_of_one_s_own_takes_the_network_s_place(tmp_path: Path, mug: Path) -> None:
    desk, studio = page()
    path = tmp_path / "given.png"
    path.write_bytes(encode_mask(rectangle(72, 96, left=10, top=10, width=20, height=20)))
    shown = made(desk, opened(desk, mug), mask=str(path))
    assert studio.network.asked == 0
    assert studio.requests[0].mask is not None
    assert decode(shown["download"]).alpha is not None
    path.write_bytes(encode_mask(rectangle(10, 10, left=1, top=1, width=2, height=2)))
    with pytest.raises(gr.Error, match="10 x 10 px mask, 96 x 72 px picture"):
        made(desk, opened(desk, mug), mask=str(path))


# The chain


def tasks(studio: CutOuts, since: int = 0) -> list[str]:
    return [type(request).__name__.removesuffix("Request").lower() for request in studio.requests[since:]]


@pytest.mark.parametrize(
    ("wish", "steps"),
    [
        ({}, ["cutout"]),
        ({"ground": "white"}, ["cutout", "cutout"]),
        ({"white": True}, ["cutout", "white"]),
        ({"frame": True}, ["cutout", "frame"]),
        ({"frame": True, "shadow": True, "ground": "white"}, ["cutout", "frame", "shadow"]),
        ({"recolour": True, "colors": "#112233", "ground": "white"}, ["cutout", "recolour", "cutout"]),
        (
            {"recolour": True, "colors": "#112233 a0b0c0", "frame": True, "white": True},
            ["cutout", "recolour", "frame", "white", "frame", "white"],
        ),
        ({"white": True, "keep_shadow": True}, ["cutout", "white"]),
        (
            {"white": True, "keep_shadow": True, "frame": True, "shadow": True},
            ["cutout", "white", "shadow", "frame"],
        ),
    ],
)
def test_the_ticked_edits_are_requests_one_after_the_other(mug: Path, wish: dict[str, Any], steps: list[str]) -> None:
    desk, studio = page()
    shown = made(desk, opened(desk, mug), **wish)
    assert tasks(studio) == steps
    assert count(Wish(**wish)) == len(steps) - 1
    entry = shown["visit"].entry
    history = [step["task"] for step in entry.variants[0].stored.rest.history]
    shadowy = bool(wish.get("keep_shadow"))
    assert history[0] == ("white" if shadowy else "cutout")
    assert "mask" not in json.dumps([step["request"] for step in entry.variants[0].stored.rest.history])
    if len(steps) > 1:
        record = json.loads(Path(shown["record"]).read_text(encoding="utf-8"))
        assert record["version"] == 1
        assert [step["task"] for step in record["steps"]] == history
        assert record["output"]["file"] == Path(shown["download"]).name


def test_steps_replayed_by_hand_make_the_same_file(mug: Path) -> None:
    desk, studio = page()
    shown = made(desk, opened(desk, mug), ground="white", frame=True, fill=0.6, aspect="4:5", shadow=True)
    picture = decode(mug)
    for request in list(studio.requests):
        picture = studio.run(dataclasses.replace(request, picture=picture)).picture
    assert torch.equal((picture.rgb * 255).round(), (decode(shown["download"]).rgb * 255).round())


def test_several_colors_are_several_files_and_one_is_chosen(mug: Path) -> None:
    desk, _ = page()
    shown = made(desk, opened(desk, mug), recolour=True, colors="#1F6FEB, b91c1c")
    assert [caption.split(" · ")[0] for _, caption in shown["variants"]["value"]] == ["#1F6FEB", "#B91C1C"]
    assert Path(shown["download"]).name == "mug-cutout_1F6FEB.png"
    with zipfile.ZipFile(shown["archive"]["value"]) as archive:
        assert archive.namelist() == ["mug-cutout_1F6FEB.png", "mug-cutout_B91C1C.png"]
    event = gr.SelectData(None, {"index": 1, "value": None})
    chosen = dict(zip(FIELDS, desk.choose(shown["visit"], event), strict=False))
    assert Path(chosen["download"]).name == "mug-cutout_B91C1C.png"
    assert "#B91C1C · ΔE" in chosen["summary"]
    red = decode(chosen["download"]).rgb[0, :, 36, 30]
    assert int(red.argmax()) == 0
    on_white = laid(desk, chosen["visit"], "white")
    assert Path(on_white["download"]).name == "mug-cutout_B91C1C.png"
    single = made(desk, chosen["visit"], recolour=True, colors="#00f")
    assert not single["variants"]["visible"]
    assert Path(single["download"]).name == "mug-cutout.png"
    assert not single["archive"]["visible"]
    assert desk.choose(None, event) == (gr.skip(),) * (len(FIELDS) - 1)


def test_protected_parts_keep_their_color(tmp_path: Path, mug: Path) -> None:
    desk, studio = page()
    given = tmp_path / "given.png"
    given.write_bytes(encode_mask(rectangle(72, 96, left=0, top=0, width=96, height=30)))
    value = strokes(tmp_path, (PROTECT, (0, 40, 96, 72)))
    shown = made(desk, opened(desk, mug), value, protect=str(given), recolour=True, colors="#0000FF")
    protect = studio.requests[-1].protect.coverage[0, 0]
    assert [float(protect[y, 20]) for y in (10, 35, 60)] == [1, 0, 1]
    rgb = decode(shown["download"]).rgb[0]
    assert rgb[:, 20, 48].argmax() == rgb[:, 55, 48].argmax() == 1
    assert rgb[:, 35, 30].argmax() == 2
    # Without recolouring it is not asked for.
    made(desk, opened(desk, mug), value, frame=True)
    assert not hasattr(studio.requests[-1], "protect")


def test_after_a_frame_the_photograph_lies_where_its_product_is(mug: Path) -> None:
    desk, _ = page()
    shown = made(desk, opened(desk, mug), frame=True, fill=0.5, width=200, height=200)
    before, after = (np.asarray(Image.open(path).convert("RGB"), np.int16) for path in shown["slider"])
    assert before.shape == after.shape == (200, 200, 3)
    green = [(picture[..., 1] - picture[..., 0]) > 50 for picture in (before, after)]
    assert (green[0] & green[1]).sum() > 0.95 * (green[0] | green[1]).sum()
    assert before[2, 2] == pytest.approx((226, 232, 240), abs=5)


def test_a_shadow_comes_as_a_layer_of_its_own(mug: Path) -> None:
    desk, _ = page()
    shown = made(desk, opened(desk, mug), frame=True, fill=0.5, shadow=True, kind="drop", ground="white")
    layer, baked = decode(shown["layer"]["value"]), decode(shown["download"])
    assert Path(shown["layer"]["value"]).name == "mug-cutout-layer.png"
    assert layer.alpha is not None
    assert (layer.width_px, layer.height_px) == (baked.width_px, baked.height_px)
    assert "Shadow</dt><dd>Drop" in shown["summary"]
    assert not made(desk, shown["visit"])["layer"]["visible"]


def test_the_white_finisher_measures_the_photograph(mug: Path) -> None:
    desk, _ = page()
    for keep_shadow in (False, True):
        shown = made(desk, opened(desk, mug), white=True, keep_shadow=keep_shadow)
        assert "Off-white ground</dt><dd>100.0% → " in shown["summary"]
        assert decode(shown["download"]).rgb[0, :, 2, 2].tolist() == [1, 1, 1]


def test_a_corrected_cut_out_s_natural_shadow_keeps_the_correction(tmp_path: Path, mug: Path) -> None:
    desk, studio = page()
    value = strokes(tmp_path, (DROP, (20, 28, 40, 44)))
    made(desk, opened(desk, mug), value, white=True, keep_shadow=True, frame=True)
    assert tasks(studio) == ["cutout", "cutout", "white", "frame"]
    assert all(float(request.mask.coverage[0, 0, 36, 28]) == 0 for request in studio.requests[2:])


# Back and forth, files, refusals


def test_undo_and_redo(mug: Path) -> None:
    desk, _ = page()
    first = made(desk, opened(desk, mug))
    second = made(desk, first["visit"], ground="white", shadow=True)
    assert [second[name]["interactive"] for name in ("undo", "redo")] == [True, False]
    back = dict(zip(FIELDS, desk.undo(second["visit"], None), strict=False))  # type: ignore[arg-type]
    assert back["download"] == first["download"]
    assert [back[name]["interactive"] for name in ("undo", "redo")] == [False, True]
    assert dict(zip(FIELDS, desk.redo(back["visit"], None), strict=False))["download"] == second["download"]  # type: ignore[arg-type]
    third = made(desk, back["visit"], frame=True)
    assert len(third["visit"].entries) == 2
    assert third["visit"].entry.wish.frame
    assert desk.undo(opened(desk, mug), None) == (gr.skip(),) * (len(FIELDS) - 1)  # type: ignore[arg-type]


def test_old_results_make_room(mug: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, _ = page()
    visit = opened(desk, mug)
    monkeypatch.setattr(tab_steps, "MOST_BYTES", 500_000)
    for _ in range(5):
        visit = made(desk, visit)["visit"]
    assert 1 <= len(visit.entries) < 5
    assert visit.at == len(visit.entries) - 1


def test_the_files_follow_the_format_that_is_chosen_later(mug: Path) -> None:
    desk, _ = page()
    shown = made(desk, opened(desk, mug), recolour=True, colors="#1F6FEB, #B91C1C")
    # WebP without loss was on before, and is out of sight now.
    after, archive, file, summary, record = desk.write_again(None, shown["visit"], "jpeg", 80, True, False, True)  # type: ignore[arg-type]
    assert Path(file).name == "mug-cutout_1F6FEB.jpg"
    assert "JPEG" in summary
    assert json.loads(Path(record).read_text(encoding="utf-8"))["output"]["quality"] == 80
    with zipfile.ZipFile(archive["value"]) as packed:
        assert packed.namelist() == ["mug-cutout_1F6FEB.jpg", "mug-cutout_B91C1C.jpg"]
    _, _, tiff, *_ = desk.write_again(None, after, "tiff", 80, False, False, False)  # type: ignore[arg-type]
    assert torch.equal(decode(tiff).rgb, decode(shown["download"]).rgb)
    assert desk.write_again(None, None, *PNG) == (gr.skip(),) * 5  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"recolour": True}, "to: none was given; at least one color is needed"),
        ({"recolour": True, "colors": "#12345"}, "to: #12345; a hex color"),
        ({"ground": PICTURE}, "ground: none was given; a picture is needed"),
        ({"ground": COLOR, "color": "sky"}, "ground: sky"),
        ({"frame": True, "aspect": "nine"}, "aspect: nine"),
        ({"output": ("bmp", 92, False, False, False)}, "format: bmp"),
    ],
)
def test_a_refusal_is_one_sentence(mug: Path, wish: dict[str, Any], sentence: str) -> None:
    desk, _ = page()
    with pytest.raises(gr.Error, match=sentence):
        made(desk, opened(desk, mug), **wish)


def test_without_a_photograph_nothing_is_run(tmp_path: Path) -> None:
    desk, studio = page()
    with pytest.raises(gr.Error, match="image: none was given"):
        made(desk, None)
    Image.new("RGB", SIZE, (200, 200, 200)).save(tmp_path / "plain.png")
    visit = opened(desk, tmp_path / "plain.png")
    with pytest.raises(gr.Error, match="image: no product was found"):
        made(desk, visit)
    assert len(studio.requests) == 1


def test_stop_ends_the_chain_and_progress_is_of_all_of_it(mug: Path) -> None:
    studio, cancel = CutOuts(), threading.Event()
    seen: list[tuple[int, int, str]] = []

    def progress(*step: Any) -> None:
        seen.append(step)

    chain = Chain(studio.run, 2, progress, cancel)
    request = CutoutRequest(picture=decode(mug))
    chain(request)
    chain(request)
    shares = [done / total for done, total, _ in seen]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert 0.5 < shares[-1] <= 1
    cancel.set()
    with pytest.raises(Cancelled):
        chain(request)


# Words and widgets


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rgba(31, 111, 235, 1)", "#1F6FEB"),
        ("rgb(31.4 111 234.6)", "#1F6FEB"),
        ("#1f6feb", "#1f6feb"),
        (None, ""),
        ("sky", "sky"),
    ],
)
def test_a_picker_s_color_is_read(text: str | None, expected: str) -> None:
    assert hex_of(text) == expected


def test_colors_are_read_as_people_write_them() -> None:
    assert colors_of("#1F6FEB, b91c1c；#0f0\n#1f6feb") == ("#1F6FEB", "#B91C1C", "#00FF00")
    assert swatches("#1F6FEB, #b91c1, half") == ["#1F6FEB"]
    assert swatches("") == []
    with pytest.raises(InputError, match="to: half"):
        colors_of("#1F6FEB half")


def blocks_with(choice: FakeChoice) -> gr.Blocks:
    def make() -> gr.Blocks:
        blocks = gr.Blocks(analytics_enabled=False)
        with blocks:
            tab.build(CutOuts().run, [choice])
        return blocks

    return within_a_loop(make)


def test_without_a_model_cut_outs_can_still_be_used_and_the_reason_is_shown() -> None:
    blocks = blocks_with(FakeChoice("cutout", "Ours", ready=False, reason="its file is <missing>"))
    named = {block.elem_id: block for block in blocks.blocks.values()}
    assert named["cutout-run"].interactive is True  # type: ignore[attr-defined]
    assert "cutout-unavailable" in named
    assert any("&lt;missing&gt;" in str(getattr(block, "value", "")) for block in blocks.blocks.values())


def test_the_controls_begin_with_what_requests_begin_with() -> None:
    blocks = blocks_with(FakeChoice())
    named = {block.elem_id: block for block in blocks.blocks.values()}
    assert "cutout-unavailable" not in named
    for name, elem_id in (("fill", "fill"), ("aspect", "aspect"), ("kind", "kind"), ("opacity", "opacity")):
        assert named[f"cutout-{elem_id}"].value == getattr(STANDARD, name)  # type: ignore[attr-defined]
    editor = named["cutout-editor"]
    assert editor.visible == "hidden"  # type: ignore[attr-defined]
    assert not {name for event in blocks.fns.values() for block, name in event.targets if block == editor._id}
