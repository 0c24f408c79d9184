"""Click to select: the picture to click on, whether a click adds or removes, and what is selected, drawn over it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
import torch
from torch import Tensor

from gan.core.errors import PackshotError
from gan.imaging.click import Click, click_of
from gan.imaging.clicks import disc
from gan.imaging.io.codec import decode, to_pil
from gan.imaging.mask_shapes import max_within
from gan.imaging.picture import Picture
from gan.imaging.resize import fitted, resize
from gan.ui import pictures
from gan.ui.events import DECODING
from gan.ui.gate import GATE
from gan.ui.i18n import label
from gan.ui.mask_editor import COLOR, LONGEST_PX
from gan.ui.selected import place

ADD, REMOVE = "add", "remove"
INFO: Final = {"cutout": "click.info.cutout", "inpaint": "click.info.inpaint"}
WAYS: Final = {
    "cutout": ("click.cutout.add", "click.cutout.remove"),
    "inpaint": ("click.inpaint.add", "click.inpaint.remove"),
}
"""Labels by the page."""

GREEN: Final = (22, 163, 74)
WHITE: Final = (255, 255, 255)
DIMMED: Final = 0.65
"""How far what is not selected fades."""


@dataclass(frozen=True)
class ClickPanel:
    """The widgets; `back` and `clear` are None where a page has such buttons already."""

    way: gr.Radio
    pick: gr.Image
    back: gr.Button | None
    clear: gr.Button | None

    @property
    def event(self) -> dict[str, Any]:
        """Options of an event that runs the network for a click: the picture shows that it is at work."""
        return {**DECODING, "show_progress": "minimal", "show_progress_on": self.pick}


def build(name: str, *, undo: bool) -> ClickPanel:
    """Add the panel, folded.

    Args:
        name: prefix of the element ids.
        undo: whether clicks are taken back here.
    """
    with gr.Accordion(label("click.title"), open=False, elem_id=f"{name}-click"):
        gr.Markdown(label(INFO[name]), elem_classes="facts")
        way = gr.Radio(
            [(label(key), way) for key, way in zip(WAYS[name], (ADD, REMOVE), strict=True)],
            value=ADD,
            show_label=False,
            label=label("click.way"),
            elem_id=f"{name}-click-way",
            elem_classes="brushes",
        )
        pick = pictures.clickable(f"{name}-click-picture", label("click.title"), 360)
        if not undo:
            return ClickPanel(way, pick, None, None)
        with gr.Row():
            back, clear = (
                gr.Button(label(f"click.{key}"), size="sm", min_width=90, elem_id=f"{name}-click-{key}")
                for key in ("back", "clear")
            )
    return ClickPanel(way, pick, back, clear)


_LOOKING: Final = threading.Lock()


def look_beforehand(select: Callable[[Picture, tuple[str, ...]], object], copy: Path) -> None:
    """Encode a copy for the network before the first click on it: a click in its middle, of which nothing is shown.

    One at a time, and only while no job is under way. What fails here the first click will do, and say, itself.

    Args:
        select: carries out clicks on the copy; the studio keeps what it has encoded.
    """
    # A GPU that is borrowed for each call keeps nothing.
    if "spaces" in sys.modules or GATE.jobs or not _LOOKING.acquire(blocking=False):
        return
    try:
        with suppress(PackshotError), GATE.event():
            picture = decode(copy)
            select(picture, (str(Click(picture.width_px // 2, picture.height_px // 2)),))
    finally:
        _LOOKING.release()


def clicked(event: gr.SelectData, way: str, size: tuple[int, int]) -> Click:
    """A click on the copy of a picture as one on the picture.

    Args:
        size: the picture's width and height in pixels.
    """
    width_px, height_px = size
    copy_height_px, copy_width_px = fitted(height_px, width_px, LONGEST_PX)
    x, y = place(event)
    at = int((x + 0.5) * width_px / copy_width_px), int((y + 0.5) * height_px / copy_height_px)
    return Click(min(width_px - 1, max(0, at[0])), min(height_px - 1, max(0, at[1])), way != REMOVE)


def on_copy(clicks: Sequence[str], size: tuple[int, int], copy: Picture) -> tuple[str, ...]:
    """Clicks on a picture of that size as clicks on its copy."""
    scale = copy.width_px / size[0], copy.height_px / size[1]
    found = [click_of(text) for text in clicks]
    return tuple(str(Click(int(one.x * scale[0]), int(one.y * scale[1]), one.meant)) for one in found)


def write_overlay(copy: Picture, cover: Tensor, clicks: Sequence[str], path: Path) -> Path:
    """The copy with what is not selected faded, a line around the rest, and a dot for each click.

    Args:
        cover: (1, 1, h, w) of the copy's size.
        clicks: on the copy.
    """
    grey = copy.rgb.mean(1, keepdim=True) * 0.5 + 0.45
    made = torch.lerp(copy.rgb, grey.expand_as(copy.rgb), DIMMED * (1 - cover))
    inside = cover > 0.5
    wide = max(1, round(max(cover.shape[2:]) / 400))
    line = max_within(inside, wide) & ~inside
    made = _painted(made, line.float(), GREEN)
    for click in map(click_of, clicks):
        for radius, color in ((4 * wide + 2, WHITE), (3 * wide + 1, GREEN if click.meant else COLOR)):
            top, left = max(0, click.y - radius), max(0, click.x - radius)
            part = made[:, :, top : click.y + radius + 1, left : click.x + radius + 1]
            part.copy_(_painted(part, disc(part.shape[2], part.shape[3], click.y - top, click.x - left, radius), color))
    to_pil(Picture(made)).save(path, quality=90)
    return path


def _painted(rgb: Tensor, where: Tensor, color: Sequence[int]) -> Tensor:
    return torch.lerp(rgb, torch.tensor(color).reshape(1, 3, 1, 1) / 255, where)


def at_full_size(cover: Tensor, size: tuple[int, int]) -> Tensor:
    """A coverage of the copy at the picture's width and height."""
    return resize(cover, size[1], size[0]).clamp(0, 1)


def shown(path: Path | None) -> Any:
    """For `ClickPanel.pick`."""
    return None if path is None else str(path)
