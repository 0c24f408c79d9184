"""The Cut-out tab without a browser: every handler, the chain of requests, and what is kept."""

from __future__ import annotations

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
from cutout_sessions import FIELDS, PNG, SIZE, laid, made, opened, page, strokes
from pages import FakeChoice, within_a_loop
from PIL import Image

from gan.core.errors import Cancelled, InputError
from gan.core.recipe import Chain
from gan.cutout.page import session as sessions
from gan.cutout.page import tab
from gan.cutout.page.session import DROP, KEEP
from gan.cutout.page.settings import COLOR, PICTURE, colors_of, swatches
from gan.cutout.pipeline import CutoutRequest
from gan.edit.frame import FrameRequest
from gan.edit.shadow import ShadowRequest
from gan.imaging.io.codec import decode
from gan.imaging.mask import Mask, encode_mask, rectangle
from gan.ui import session
from gan.ui.form import hex_of


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
    visit = made(desk, visit, frame=True, shadow=True, recolor=True, to="#123456", white=True)["visit"]
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


def test_where_nothing_is_found_strokes_say_where_the_product_is(tmp_path: Path) -> None:
    desk, _ = page()
    Image.new("RGB", SIZE, (200, 200, 200)).save(tmp_path / "plain.png")
    visit = opened(desk, tmp_path / "plain.png")
    shown = made(desk, visit, strokes(tmp_path, (KEEP, (20, 20, 60, 50))))
    alpha = decode(shown["download"]).alpha
    assert alpha is not None
    assert [float(alpha[0, 0, y, x]) for y, x in ((35, 40), (5, 5))] == [1, 0]
    with pytest.raises(gr.Error, match="image: no product was found"):
        made(desk, visit, strokes(tmp_path, (DROP, (20, 20, 60, 50))))


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
    assert third["visit"].entry.edits.ticked["frame"]
    assert desk.undo(opened(desk, mug), None) == (gr.skip(),) * (len(FIELDS) - 1)  # type: ignore[arg-type]


def test_old_results_make_room(mug: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, _ = page()
    visit = opened(desk, mug)
    monkeypatch.setattr(session, "MOST_BYTES", 500_000)
    for _ in range(5):
        visit = made(desk, visit)["visit"]
    assert 1 <= len(visit.entries) < 5
    assert visit.at == len(visit.entries) - 1


def test_the_files_follow_the_format_that_is_chosen_later(mug: Path) -> None:
    desk, _ = page()
    shown = made(desk, opened(desk, mug), recolor=True, to="#1F6FEB, #B91C1C")
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
        ({"recolor": True}, "to: missing; at least one color is needed"),
        ({"recolor": True, "to": "#12345"}, "to: #12345; a hex color"),
        ({"ground": PICTURE}, "ground: missing; one picture is required"),
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
    with pytest.raises(gr.Error, match="image: missing"):
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
        ("rgb(1.2.3, 0, 0)", "rgb(1.2.3, 0, 0)"),
        (f"rgb({'9' * 400}, 0, 0)", f"rgb({'9' * 400}, 0, 0)"),
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
    for kind, names in ((FrameRequest, ("fill", "aspect")), (ShadowRequest, ("kind", "opacity"))):
        for name in names:
            assert named[f"cutout-{name}"].value == kind.model_fields[name].default  # type: ignore[attr-defined]
    editor = named["cutout-editor"]
    assert editor.visible == "hidden"  # type: ignore[attr-defined]
    assert not {name for event in blocks.fns.values() for block, name in event.targets if block == editor._id}


@pytest.mark.parametrize("stroke", [False, True])
def test_a_mask_of_another_size_is_refused_with_and_without_strokes(
    tmp_path: Path, stroke: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    blue = Mask(torch.ones(1, 1, 32, 48)) if stroke else None
    monkeypatch.setattr(sessions, "drawn_in", lambda *_: (None, None, blue))
    visit = sessions.Session(folder=tmp_path, photograph=tmp_path / "a.png", size=(48, 32), copy=tmp_path / "c.jpg")
    for size, right in (((48, 32), True), ((32, 48), False)):
        path = tmp_path / f"{size[0]}.png"
        Image.new("L", size, 255).save(path)
        if right:
            assert sessions.read_marks(None, visit, None, str(path)).protect is not None
        else:
            with pytest.raises(InputError, match=r"protect: 32 x 48 px mask, 48 x 32 px picture"):
                sessions.read_marks(None, visit, None, str(path))
