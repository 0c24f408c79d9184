"""The brush of Shape & print: strokes over the photograph's copy become a task's mask, which a print keeps to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch
from pages import within_a_loop
from PIL import Image

from gan import Studio
from gan.edit.page import marks
from gan.edit.page.marks import Photograph
from gan.edit.page.painting import NAME, Painting
from gan.edit.printing import PrintRequest
from gan.imaging.mask import Mask, decode_mask, encode_mask
from gan.imaging.picture import Picture
from gan.ui import mask_editor

SIZE = (80, 60)


@pytest.fixture
def brush() -> Painting:
    def make() -> Painting:
        with gr.Blocks(analytics_enabled=False):
            return Painting("edit-print", lambda: gr.File(type="filepath"))

    return within_a_loop(make)


@pytest.fixture
def at(tmp_path: Path) -> Photograph:
    return marks.opened(Picture(torch.full((1, 3, SIZE[1], SIZE[0]), 0.6), name="shirt.png"), tmp_path)


def strokes(path: Path, *boxes: tuple[int, int, int, int], over: Path | None = None) -> dict[str, Any]:
    """The editor's value with filled boxes, drawn over a layer that it showed."""
    layer = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    if over is not None:
        with Image.open(over) as image:
            layer = np.array(image.convert("RGBA"))
    for left, top, right, bottom in boxes:
        layer[top:bottom, left:right] = (*mask_editor.COLOR, mask_editor.OPACITY)
    Image.fromarray(layer).save(path)
    return {"background": None, "layers": [str(path)], "composite": None}


def test_a_print_keeps_to_what_was_painted(brush: Painting, at: Photograph, tmp_path: Path) -> None:
    at, shown = brush.show(at, None, gr.Request(headers={}))
    assert shown["value"]["background"] == str(at.preview)
    path = brush.paint(at, strokes(tmp_path / "a.png", (10, 20, 50, 40)), gr.Request(headers={}))
    mask = decode_mask(Path(path))
    assert mask.coverage[0, 0, 20:40, 10:50].eq(1).all()
    assert mask.coverage.sum() == 800

    photograph = Picture(torch.full((1, 3, SIZE[1], SIZE[0]), 0.6), name="shirt.png")
    red = Picture(torch.tensor([0.8, 0.1, 0.1]).view(1, 3, 1, 1).expand(1, 3, 8, 8).clone(), name="red.png")
    request = PrintRequest(picture=photograph, pattern=(red,), repeat=True, mask=mask)
    made = Studio("cpu").run(request).picture.rgb
    changed = (made != photograph.rgb).any(1)[0]
    assert changed[20:40, 10:50].all()
    assert changed.sum() == 800
    assert made[0, 0, 30, 30] > 2 * made[0, 2, 30, 30]


def test_a_chosen_mask_is_corrected_and_a_second_stroke_leaves_the_first(
    brush: Painting, at: Photograph, tmp_path: Path
) -> None:
    soft = torch.zeros(1, 1, SIZE[1], SIZE[0])
    soft[..., :30] = 0.37
    own = tmp_path / "own.png"
    own.write_bytes(encode_mask(Mask(soft)))
    at, shown = brush.show(at, str(own), gr.Request(headers={}))
    (layer,) = shown["value"]["layers"]
    for boxes in (((40, 0, 60, 20),), ((40, 0, 60, 20), (70, 0, 80, 5))):
        path = brush.paint(at, strokes(tmp_path / "b.png", *boxes, over=Path(layer)), gr.Request(headers={}))
        mask = decode_mask(Path(path)).coverage
        assert torch.equal(mask[..., :30], decode_mask(own).coverage[..., :30])
        assert mask[0, 0, :, 30:].sum() == sum((r - x) * (y - t) for x, t, r, y in boxes)


def test_nothing_painted_is_the_whole_product(brush: Painting, at: Photograph, tmp_path: Path) -> None:
    at, _ = brush.show(at, None, gr.Request(headers={}))
    assert brush.paint(at, strokes(tmp_path / "a.png"), gr.Request(headers={})) is None
    assert brush.paint(at, None, gr.Request(headers={})) is None


def test_a_mask_of_another_size_is_named(brush: Painting, at: Photograph, tmp_path: Path) -> None:
    own = tmp_path / "own.png"
    own.write_bytes(encode_mask(Mask(torch.ones(1, 1, 9, 9))))
    with pytest.raises(gr.Error, match="9 x 9 px mask, 80 x 60 px picture"):
        brush.show(at, str(own), gr.Request(headers={}))


def test_another_photograph_takes_what_was_painted_along(brush: Painting, at: Photograph, tmp_path: Path) -> None:
    *_, file = brush.leave(str(tmp_path / NAME))
    assert file is None
    *_, file = brush.leave(str(tmp_path / "own.png"))
    assert file == gr.skip()
    assert brush.show(None, None, gr.Request(headers={})) == (gr.skip(), gr.skip())
    assert brush.paint(None, None, gr.Request(headers={})) == gr.skip()
