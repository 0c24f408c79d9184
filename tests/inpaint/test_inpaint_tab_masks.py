"""The mask on the Inpaint page: strokes at full size, every tool, and what /mask makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import torch
from inpaint_sessions import box, call, kept, layers, opened, page, strokes
from pages import FakeStudio, photograph
from PIL import Image

from gan.core.errors import InputError
from gan.imaging.io.codec import decode
from gan.imaging.mask import Mask, decode_mask, encode_mask
from gan.imaging.picture import Picture
from gan.inpaint.mask_builder import Marking, marked
from gan.inpaint.page import clicking, masks
from gan.inpaint.page.session import Session
from gan.select.thing import NOTHING_LEFT
from gan.ui import click_panel, mask_editor

# What is drawn, at full size


def test_an_untouched_mask_stays_as_it_is(tmp_path: Path) -> None:
    kept = Mask(torch.rand(1, 1, 900, 2100, generator=torch.Generator().manual_seed(0)))
    assert mask_editor.with_strokes(kept, None) is kept
    came_back = mask_editor.drawn(layers(tmp_path, mask_editor.shown(kept)), 900, 2100)
    assert mask_editor.with_strokes(kept, came_back) is kept


def test_a_layer_comes_back_as_it_was_written(tmp_path: Path) -> None:
    mask = box(5, 6, 7, 8)
    path = mask_editor.write_layer(mask, tmp_path / "layer.png")
    now = mask_editor.drawn({"layers": [str(path)]}, 32, 48)
    assert now is not None
    assert torch.equal(now, mask.coverage[0, 0])
    assert mask_editor.drawn(None, 32, 48) is None
    assert mask_editor.drawn({"layers": []}, 32, 48) is None


def test_strokes_on_a_copy_as_large_as_the_picture_are_exact() -> None:
    kept, stroke = box(0, 0, 10, 10), box(5, 5, 20, 3)
    now = torch.maximum(kept.coverage, stroke.coverage)[0, 0]
    now[:2, :2] = 0  # erased
    assert torch.equal(mask_editor.with_strokes(kept, now).coverage[0, 0], now)


def large() -> tuple[tuple[int, int], int]:
    """Width and height of a picture whose copy is four times smaller."""
    return (4096, 1024), 4


def test_a_stroke_on_a_small_copy_is_scaled_up_with_smooth_edges() -> None:
    size, scale = large()
    y, x = torch.meshgrid(torch.arange(256), torch.arange(1024), indexing="ij")
    disc = ((x - 300) ** 2 + (y - 100) ** 2 <= 40**2).float()
    made = mask_editor.with_strokes(Mask(torch.zeros(1, 1, size[1], size[0])), disc).coverage[0, 0]
    assert set(made.unique().tolist()) == {0.0, 1.0}
    full_y, full_x = torch.meshgrid(torch.arange(size[1]), torch.arange(size[0]), indexing="ij")
    centre_x, centre_y = (scale * (at + 0.5) - 0.5 for at in (300, 100))
    ideal = ((full_x - centre_x) ** 2 + (full_y - centre_y) ** 2 <= (40 * scale) ** 2).float()
    blocks = disc.repeat_interleave(scale, 0).repeat_interleave(scale, 1)
    assert float((made - ideal).abs().sum()) < 0.6 * float((blocks - ideal).abs().sum())


def test_the_thinnest_stroke_is_not_lost() -> None:
    size, scale = large()
    now = torch.zeros(256, 1024)
    now[100:102, 50:52] = 1
    now[200, 10:200] = 1
    made = mask_editor.with_strokes(Mask(torch.zeros(1, 1, size[1], size[0])), now).coverage[0, 0]
    assert float(made[400:408, 200:208].sum()) >= 0.5 * 4 * scale**2
    assert bool(made[802, 44:796].all())


def test_a_kept_mask_stays_exact_beside_a_stroke() -> None:
    size, scale = large()
    soft = torch.rand(1, 1, size[1], size[0], generator=torch.Generator().manual_seed(0))
    soft[..., 2000:] = 0
    kept = Mask(soft)
    now = mask_editor.shown(kept)
    now[10:20, 700:710] = 1
    made = mask_editor.with_strokes(kept, now).coverage
    assert torch.equal(made[..., :2000], soft[..., :2000])
    assert bool((made[0, 0, 10 * scale + 1 : 20 * scale - 1, 700 * scale + 1 : 710 * scale - 1] == 1).all())
    assert float(made[..., 2000:].sum()) == pytest.approx(100 * scale**2, rel=0.05)


def test_between_a_mark_and_a_stroke_across_its_edge_is_no_gap() -> None:
    size, scale = large()
    kept = Mask(torch.zeros(1, 1, size[1], size[0]))
    kept.coverage[0, 0, 101:203, 403:806] = 1  # on no pixel of the copy's grid
    now = mask_editor.shown(kept)
    now[40:45, 150:230] = 1
    made = mask_editor.with_strokes(kept, now).coverage[0, 0]
    assert bool((made[40 * scale + 2 : 45 * scale - 2, 150 * scale + 2 : 230 * scale - 2] == 1).all())


def test_a_mark_that_was_erased_is_gone() -> None:
    size, _ = large()
    kept = Mask(torch.zeros(1, 1, size[1], size[0]))
    kept.coverage[0, 0, 101:203, 403:806] = 1
    kept.coverage[0, 0, 600:620, 600:620] = 1
    now = mask_editor.shown(kept).clone()
    now[:100] = 0
    made = mask_editor.with_strokes(kept, now).coverage
    assert float(made.sum()) == 400
    assert bool((made[0, 0, 600:620, 600:620] == 1).all())


# The mask's tools


def used(tool: masks.Tool, visit: Session | None, value: Any, *given: Any) -> tuple[Session, str]:
    after, _, line = masks._handler(tool)(None, visit, value, *given)
    return after, line


def test_every_tool_works_on_strokes_and_marks_together(tmp_path: Path) -> None:
    desk, _ = page()
    visit = opened(desk, photograph(tmp_path / "shoe.png"))
    stroke, frame = box(0, 0, 6, 6), box(20, 10, 8, 4)
    visit, line = used(masks._framed, visit, strokes(tmp_path, stroke), 20, 10, 8, 4)
    both = torch.maximum(stroke.coverage, frame.coverage)
    assert torch.equal(visit.mask.coverage, both)
    assert f"{100 * float(both.mean()):.2f} % is marked" in line
    visit, _ = used(masks._coloured, visit, None, 0.0, 31.0, 5.0, True)
    picture = decode(tmp_path / "shoe.png")
    expected = marked(picture, Marking(given=Mask(both), color=(0, 31), tolerance=5))
    assert torch.equal(visit.mask.coverage, expected.coverage)
    (tmp_path / "given.png").write_bytes(encode_mask(box(40, 0, 8, 32)))
    visit, _ = used(masks._read, visit, None, str(tmp_path / "given.png"))
    assert bool((visit.mask.coverage[..., 40:] == 1).all())
    for expected_mask in (expected.coverage, both, stroke.coverage, torch.zeros_like(both), torch.zeros_like(both)):
        visit = masks._take_back(visit, None, None)[0]  # type: ignore[arg-type]
        assert torch.equal(visit.mask.coverage, expected_mask)


def test_what_is_found_is_shown_and_not_removed(tmp_path: Path) -> None:
    desk, studio = page()
    Image.new("RGB", (64, 64), (200, 200, 200)).save(tmp_path / "plain.png")
    visit = opened(desk, tmp_path / "plain.png")
    after, line = used(masks._found, visit, None, ["dust"], 0.5)
    assert "nothing changed" in line
    assert (len(after.entries), studio.requests) == (1, [])


def test_a_mask_of_another_size_is_refused_with_both_sizes(tmp_path: Path) -> None:
    desk, _ = page()
    visit = opened(desk, photograph(tmp_path / "shoe.png"))
    (tmp_path / "given.png").write_bytes(encode_mask(box(0, 0, 5, 5, of=(50, 40))))
    with pytest.raises(gr.Error, match="50 x 40 px mask, 48 x 32 px picture"):
        used(masks._read, visit, None, str(tmp_path / "given.png"))
    with pytest.raises(gr.Error, match="rectangle: 60 x 5 px"):
        used(masks._framed, visit, None, 0, 0, 60, 5)
    with pytest.raises(gr.Error, match="image: missing"):
        used(masks._framed, None, None, 0, 0, 5, 5)


def test_the_downloaded_mask_is_the_one_in_force(tmp_path: Path) -> None:
    desk, _ = page()
    visit = opened(desk, photograph(tmp_path / "shoe.png", (2048, 512)))
    assert float(decode_mask(masks._save(visit, None, None)).coverage.sum()) == 0  # type: ignore[arg-type]
    soft = Mask(torch.arange(256.0).repeat(512, 8)[None, None] / 255)
    (tmp_path / "given.png").write_bytes(encode_mask(soft))
    visit, _ = used(masks._read, visit, None, str(tmp_path / "given.png"))
    saved = masks._save(visit, {"layers": [str(visit.masks[-1].with_name("layer.png"))]}, None)  # type: ignore[arg-type]
    assert Path(saved).name == "shoe_mask.png"
    assert torch.equal(decode_mask(saved).coverage, soft.coverage)


def test_a_click_is_a_point_of_the_whole_picture(tmp_path: Path) -> None:
    desk, _ = page()
    visit = opened(desk, photograph(tmp_path / "shoe.png", (2048, 512)))
    event = gr.SelectData(None, {"index": [100, 20], "value": None})
    assert masks._point(visit, event) == (201, 41)
    assert masks._point(None, event) == (gr.skip(), gr.skip())


@pytest.mark.parametrize(
    ("marked_before", "got", "emptied"),
    [(1.0, NOTHING_LEFT, True), (0.0, NOTHING_LEFT, False), (1.0, "another problem", False)],
)
def test_the_only_thing_that_is_marked_can_be_unmarked(marked_before: float, got: str, emptied: bool) -> None:
    def refusing(request: Any, **_: Any) -> Any:
        raise InputError("clicks", got, "a click is needed", "Click again")

    copy, mask = Picture(torch.rand(1, 3, 20, 30)), Mask(torch.full((1, 1, 20, 30), marked_before))
    unmarking = (refusing, copy, mask, "5,5,-", click_panel.REMOVE, (30, 20))
    if emptied:
        assert not bool(clicking._changed(*unmarking).coverage.any())
    else:
        with pytest.raises(InputError, match=got):
            clicking._changed(*unmarking)


# What programs call


def masked(tmp_path: Path, **options: Any) -> Mask:
    *_, (file, status) = kept(call(FakeStudio(), "mask", str(tmp_path / "shoe.png"), **options), tmp_path)
    assert status == ""
    assert Path(file).name == "kept-shoe_mask.png"
    return decode_mask(file)


def test_the_mask_endpoint_marks_as_the_package_does(tmp_path: Path) -> None:
    picture = decode(photograph(tmp_path / "shoe.png"))
    made = masked(tmp_path, rectangle="1, 2,3,4; 20,20,5,5", invert=True, grow=-1)
    expected = marked(picture, Marking(rectangles=((1, 2, 3, 4), (20, 20, 5, 5)), invert=True, grow_px=-1))
    assert torch.equal(made.coverage, expected.coverage)
    made = masked(tmp_path, color="4,5", tolerance=8, everywhere=True)
    expected = marked(picture, Marking(color=(4, 5), tolerance=8, connected=False))
    assert torch.equal(made.coverage, expected.coverage)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "mask: nothing to mark was chosen"),
        ({"color": "4"}, "color: 4; 2 whole numbers"),
        ({"rectangle": "1,2,3,x"}, "rectangle: 1,2,3,x; 4 whole numbers"),
        ({"rectangle": "1,2,300,4"}, "rectangle: 300 x 4 px"),
        ({"suggest": ["ghosts"]}, "suggest: ghosts"),
        ({"from_alpha": True}, "image: the picture has no transparency"),
        ({"rectangle": "1,2,3,4", "grow": 999}, "grow: 999"),
    ],
)
def test_the_mask_endpoint_refuses_in_one_sentence(tmp_path: Path, options: dict[str, Any], sentence: str) -> None:
    photograph(tmp_path / "shoe.png")
    with pytest.raises(gr.Error, match=sentence):
        masked(tmp_path, **options)


def test_marks_of_several_kinds_are_united(tmp_path: Path) -> None:
    picture = Picture(torch.zeros(1, 3, 32, 48), torch.ones(1, 1, 32, 48))
    picture.alpha[..., :4] = 0  # type: ignore[index]
    made = marked(picture, Marking(given=box(10, 0, 2, 2), transparent=True, rectangles=((20, 20, 3, 3),)))
    assert float(made.coverage.sum()) == 4 * 32 + 4 + 9
    with pytest.raises(InputError, match="nothing to mark was chosen"):
        marked(picture, Marking(invert=True))
