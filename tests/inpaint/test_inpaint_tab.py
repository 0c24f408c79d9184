"""The Inpaint tab without a browser: steps and their files, every handler."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import torch
from inpaint_sessions import AS_IT_IS, NOT_EXTENDED, SHOWN, box, call, encoding, kept, opened, page, ran, strokes
from pages import FakeChoice, FakeStudio, photograph, within_a_loop
from PIL import Image

from gan.imaging.io.codec import Encoding, decode
from gan.imaging.io.formats import LOSSY
from gan.imaging.mask import decode_mask, encode_mask
from gan.inpaint.page import tab
from gan.inpaint.page.handlers import from_result
from gan.inpaint.page.stage import Page
from gan.inpaint.pipeline import InpaintRequest
from gan.ui import session
from gan.ui.session import Shelf


def test_a_photograph_is_shown_and_what_was_before_is_gone(tmp_path: Path) -> None:
    desk, _ = page()
    first = opened(desk, photograph(tmp_path / "shoe.png", (1536, 1024)))
    empty, full = desk.open(str(photograph(tmp_path / "hat.png")), first, None)  # type: ignore[arg-type]
    assert empty[0] is None
    assert not first.folder.exists()
    assert full[1]["value"]["layers"] == []
    with Image.open(full[1]["value"]["background"]) as image:
        assert image.size == (48, 32)
    assert "48 × 32 px · PNG" in full[4]["value"]
    assert [update["value"] for update in full[SHOWN : SHOWN + 2]] == [4, 2]
    assert [len(list(desk.open(None, full[0], None)))] == [1]  # type: ignore[arg-type]


def test_a_photograph_that_is_told_of_twice_keeps_its_steps(tmp_path: Path) -> None:
    desk, _ = page()
    path = photograph(tmp_path / "shoe.png")
    visit, _ = ran(desk, opened(desk, path), strokes(tmp_path, box(4, 4, 10, 10)))
    (again,) = desk.open(str(path), visit, None)  # type: ignore[arg-type]
    assert again == (gr.skip(),) * (SHOWN + 2 + 4)
    assert visit.folder.exists()


def test_the_editor_is_never_taken_off_the_page(tmp_path: Path) -> None:
    blocks = page_with([FakeChoice()]).blocks.values()
    (editor,) = [block for block in blocks if block.elem_id == "inpaint-editor"]
    assert editor.visible == "hidden"  # type: ignore[attr-defined]
    desk, _ = page()
    empty, full = desk.open(str(photograph(tmp_path / "shoe.png")), None, None)  # type: ignore[arg-type]
    assert (empty[1]["visible"], full[1]["visible"]) == ("hidden", True)


def test_a_large_photograph_has_a_small_copy_and_a_wider_edge(tmp_path: Path) -> None:
    desk, _ = page()
    *_, last = desk.open(str(photograph(tmp_path / "shoe.jpg", (3072, 1024))), None, None)  # type: ignore[arg-type]
    with Image.open(last[1]["value"]["background"]) as image:
        assert image.size == (1024, 341)
    assert "painted at 1024 × 341 px" in last[4]["value"]
    assert [update["value"] for update in last[SHOWN : SHOWN + 2]] == [12, 6]


def test_a_run_adds_a_step_and_the_next_one_works_on_its_result(tmp_path: Path) -> None:
    desk, studio = page()
    visit = opened(desk, photograph(tmp_path / "shoe.png"))
    second, made = ran(desk, visit, strokes(tmp_path, box(4, 4, 10, 10)))
    assert (len(second.entries), second.at, second.masks) == (2, 1, ())
    assert len(visit.entries) == 1  # Stop and errors leave what was
    third, _ = ran(desk, second, strokes(tmp_path, box(30, 10, 10, 10)))
    assert torch.equal(studio.requests[1].picture.rgb, decode(made["download"]).rgb)
    assert torch.equal(studio.requests[1].mask.coverage, box(30, 10, 10, 10).coverage)
    assert Path(made["download"]).name == "shoe-inpainted.png"
    assert (len(third.entries), third.at) == (3, 2)


def test_the_page_the_api_and_the_request_make_the_same_pixels(tmp_path: Path) -> None:
    path = photograph(tmp_path / "shoe.png")
    desk, studio = page()
    visit, made = ran(desk, opened(desk, path), strokes(tmp_path, box(4, 4, 10, 10)), 3, 2)
    mask = tmp_path / "mask.png"
    mask.write_bytes(encode_mask(box(4, 4, 10, 10)))
    *_, (file, *_) = kept(call(studio, "inpaint", str(path), str(mask), grow=3, feather=2), tmp_path)
    request = InpaintRequest(picture=decode(path), mask=decode_mask(mask), grow_px=3, feather_px=2)
    expected = studio.run(request).image
    for one in (made["download"], file):
        with Image.open(one) as image:
            assert image.tobytes() == expected.tobytes()
    assert visit.step.shown is not None


def test_undo_brings_the_mask_back_and_a_new_run_drops_what_was_undone(tmp_path: Path) -> None:
    desk, _ = page()
    mark = box(4, 4, 10, 10)
    visit, _ = ran(desk, opened(desk, photograph(tmp_path / "shoe.png")), strokes(tmp_path, mark))
    visit, made = ran(desk, visit, strokes(tmp_path, box(30, 10, 10, 10)))
    back = desk.undo(visit, None, None)  # type: ignore[arg-type]
    back = desk.undo(back[0], None, None)  # type: ignore[arg-type]
    assert (back[0].at, back[SHOWN]) == (0, None)
    assert torch.equal(back[0].mask.coverage, mark.coverage)
    assert [back[8]["interactive"], back[9]["interactive"]] == [False, True]
    assert desk.undo(back[0], None, None)[0].at == 0  # type: ignore[arg-type]
    event = gr.SelectData(None, {"index": 2, "value": None})
    chosen = desk.go_to(back[0], None, event, None)  # type: ignore[arg-type]
    assert chosen[SHOWN] == made["download"]
    assert desk.redo(chosen[0], None, None)[0].at == 2  # type: ignore[arg-type]
    assert chosen[0].masks == ()
    again, _ = ran(desk, back[0], strokes(tmp_path, mark, box(20, 20, 5, 5)))
    assert (len(again.entries), again.at) == (2, 1)


def test_strokes_are_not_lost_on_the_way_back_and_forth(tmp_path: Path) -> None:
    desk, _ = page()
    visit, _ = ran(desk, opened(desk, photograph(tmp_path / "shoe.png")), strokes(tmp_path, box(4, 4, 10, 10)))
    drawn = box(20, 20, 5, 5)
    back = desk.undo(visit, strokes(tmp_path, drawn), None)  # type: ignore[arg-type]
    on = desk.redo(back[0], None, None)[0]  # type: ignore[arg-type]
    assert torch.equal(on.mask.coverage, drawn.coverage)


def test_a_step_s_picture_remembers_how_it_was_made(tmp_path: Path) -> None:
    desk, _ = page()
    visit = opened(desk, photograph(tmp_path / "shoe.png"))
    visit, _ = ran(desk, visit, strokes(tmp_path, box(4, 4, 10, 10)))
    made = visit.picture()
    assert visit.step.stored is not None
    assert visit.step.stored.rest.history == made.history
    assert made.name == "shoe.png"


def test_old_steps_make_room_but_the_photograph_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, _ = page()
    visit = opened(desk, photograph(tmp_path / "shoe.png"))
    monkeypatch.setattr(session, "MOST_BYTES", 3 * 48 * 32 * 3)
    for left in range(5):
        visit, _ = ran(desk, visit, strokes(tmp_path, box(left, 0, 5, 5)))
    assert len(visit.entries) == 3
    assert visit.entries[0].shown is None


def test_an_extended_picture_keeps_the_original_where_it_belongs(tmp_path: Path) -> None:
    desk, studio = page()
    visit = opened(desk, photograph(tmp_path / "shoe.png"))
    visit, made = ran(desk, visit, None, extend=("sides", "", 10, 0, 4, 6))
    assert (visit.step.size, visit.step.origin) == ((62, 38), (10, 0))
    assert studio.requests[0].mask is None
    for path in (visit.step.original, made["slider"][0]):
        with Image.open(path) as image:
            assert image.size == (62, 38)
            assert image.getpixel((3, 35)) == pytest.approx((226, 232, 240), abs=4)
            assert image.getpixel((20, 10)) == pytest.approx(original_pixel(tmp_path, (10, 10)), abs=12)
    assert "48 × 32 px → 62 × 38 px" in made["summary"]
    visit, _ = ran(desk, visit, None, extend=("1:1", "3:2", 9, 9, 9, 9))
    assert (visit.step.size, visit.step.origin) == ((62, 62), (10, 12))
    assert studio.requests[1].aspect == "1:1"
    ran(desk, visit, None, extend=("other", "3:2", 0, 0, 0, 0))
    assert studio.requests[2].aspect == "3:2"


def original_pixel(folder: Path, at: tuple[int, int]) -> Any:
    with Image.open(folder / "shoe.png") as image:
        return image.getpixel(at)


@pytest.mark.parametrize(
    ("options", "extend", "sentence"),
    [
        ((), NOT_EXTENDED, "mask: nothing is marked"),
        ((), ("other", "nine", 0, 0, 0, 0), "aspect: nine"),
        ((), ("sides", "", 999, 0, 0, 0), "left: 999"),
        ((0, 0, "auto", False, "bmp"), ("1:1", "", 0, 0, 0, 0), "format: bmp"),
    ],
)
def test_a_refusal_is_one_sentence_and_nothing_is_run(
    tmp_path: Path, options: tuple[Any, ...], extend: tuple[Any, ...], sentence: str
) -> None:
    desk, studio = page()
    visit = opened(desk, photograph(tmp_path / "shoe.png"))
    with pytest.raises(gr.Error, match=sentence):
        ran(desk, visit, None, *options, extend=extend)
    with pytest.raises(gr.Error, match="image: missing"):
        ran(desk, None, None)
    assert not studio.requests


def test_stop_reaches_the_run(tmp_path: Path) -> None:
    studio = FakeStudio(step_s=0.1)
    desk = Page(studio.run, encoding)
    visit = opened(desk, photograph(tmp_path / "shoe.png"))
    steps = desk.inpaint(None, visit, strokes(tmp_path, box(1, 1, 5, 5)), *NOT_EXTENDED, *AS_IT_IS)  # type: ignore[arg-type]
    while not studio.requests:
        next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert studio.cancelled.wait(60)


def test_the_file_follows_the_format_that_is_chosen_later(tmp_path: Path) -> None:
    desk, _ = page()
    visit, made = ran(desk, opened(desk, photograph(tmp_path / "shoe.png")), strokes(tmp_path, box(4, 4, 10, 10)))
    # WebP without loss was on before, and is out of sight now.
    after, file, summary, record = desk.write_again(None, visit, "jpeg", 80, True, False, True)  # type: ignore[arg-type]
    assert Path(file).name == "shoe-inpainted.jpg"
    assert "Unmarked pixels change slightly" in summary
    assert json.loads(Path(record).read_text(encoding="utf-8"))["output"]["quality"] == 80
    assert Path(made["download"]).is_file()
    _, tiff, summary, _ = desk.write_again(None, after, "tiff", 80, False, False, False)  # type: ignore[arg-type]
    assert torch.equal(decode(tiff).rgb, decode(made["download"]).rgb)
    assert "Unmarked" not in summary
    first = opened(desk, photograph(tmp_path / "hat.png"))
    assert desk.write_again(None, first, "jpeg", 80, True, False, True) == (gr.skip(),) * 4  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "lossy"),
    [
        ({"file_format": "jpeg"}, True),
        ({"file_format": "avif"}, True),
        ({"file_format": "webp"}, True),
        ({"file_format": "webp", "lossless": True}, False),
        ({"file_format": "png"}, False),
        ({"file_format": "tiff"}, False),
    ],
)
def test_a_format_that_loses_something_says_so(tmp_path: Path, given: dict[str, Any], lossy: bool) -> None:
    source = decode(photograph(tmp_path / "shoe.png"))
    result = FakeStudio().run(InpaintRequest(picture=source, mask=box(4, 4, 10, 10), grow_px=2))
    shown = from_result(result, source, Encoding(**given), tmp_path, "en")
    assert (LOSSY in shown.summary) == lossy
    for text in (
        "48 × 32 px",
        "Filled areas</dt><dd>1",
        "New pixels",
        "grown by 2 px, feathered by 0 px",
        "enhance-x2",
    ):
        assert text in shown.summary
    chinese = from_result(result, source, Encoding(**given), tmp_path, "zh").summary
    assert "扩大 2 px" in chinese
    assert ("此格式会使" in chinese) == lossy
    record = json.loads(shown.record.read_text(encoding="utf-8"))
    assert (record["request"]["picture"], record["request"]["grow_px"]) == ("shoe.png", 2)


# What programs call


def test_the_api_s_defaults_are_the_request_s(tmp_path: Path) -> None:
    studio = FakeStudio()
    mask = tmp_path / "mask.png"
    mask.write_bytes(encode_mask(box(1, 1, 3, 3)))
    list(call(studio, "inpaint", str(photograph(tmp_path / "shoe.png")), str(mask)))
    (request,) = studio.requests
    assert (request.grow_px, request.feather_px, request.aspect, request.left) == (0, 0, "", 0)
    with pytest.raises(gr.Error, match="mask: missing"):
        list(call(studio, "inpaint", str(tmp_path / "shoe.png")))


def test_an_empty_number_is_none_at_all(tmp_path: Path) -> None:
    desk, studio = page()
    visit = opened(desk, photograph(tmp_path / "shoe.png"))
    ran(desk, visit, None, None, None, extend=("sides", "", None, 0, 3, 0))
    (request,) = studio.requests
    assert (request.left, request.right, request.grow_px, request.feather_px) == (0, 3, 0, 0)


# The shelf and the page


def test_the_shelf_forgets_what_nobody_came_back_to(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf()
    first = shelf.folder()
    second = shelf.folder()
    assert first.is_dir()
    monkeypatch.setattr(session, "KEEP_S", -1)
    shelf.folder()
    assert not first.exists()
    assert not second.exists()
    root = first.parent
    del shelf
    assert not root.exists()
    Shelf.forget(None)


def page_with(choices: list[FakeChoice]) -> gr.Blocks:
    def make() -> gr.Blocks:
        blocks = gr.Blocks(analytics_enabled=False)
        with blocks:
            tab.build(FakeStudio().run, choices)
        return blocks

    return within_a_loop(make)


def test_without_a_model_the_button_is_off_and_the_reason_is_shown() -> None:
    missing = FakeChoice(ready=False, reason="its file is <missing>")
    for choices, ready in (([missing], False), ([], False), ([missing, FakeChoice()], True)):
        blocks = list(page_with(choices).blocks.values())
        named = {block.elem_id: block for block in blocks}
        assert named["inpaint-run"].interactive is ready  # type: ignore[attr-defined]
        assert ("inpaint-unavailable" in named) == (not ready)
        values = [str(block.value) for block in blocks if isinstance(block, gr.HTML)]
        assert any("&lt;missing&gt;" in value for value in values) == (not ready and bool(choices))


def test_the_editor_has_no_event_that_sends_it_with_every_stroke() -> None:
    blocks = page_with([FakeChoice()])
    (editor,) = [block for block in blocks.blocks.values() if block.elem_id == "inpaint-editor"]
    listened = {name for event in blocks.fns.values() for block, name in event.targets if block == editor._id}
    assert listened == {"clear"}
