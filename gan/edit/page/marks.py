"""Clicks on a photograph: four corners and crop boxes as texts and numbers, and drawn over the preview."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import torch
from PIL import Image, ImageDraw

from gan.imaging.box import Box
from gan.imaging.homography import Point, ordered
from gan.imaging.picture import Picture
from gan.imaging.resize import resize
from gan.ui.preview import preview_size, write_preview
from gan.ui.session import Stored, store

SHOWN_PX: Final = 1024
"""Longest side of the preview that is clicked on."""

CORNERS: Final = 4
INK: Final = (225, 29, 72)
_SHADE: Final = 0.45
_POINT: Final = re.compile(r"(-?\d+(?:\.\d+)?)\s*(%?)\s*,\s*(-?\d+(?:\.\d+)?)\s*(%?)")


@dataclass(frozen=True, eq=False)
class Photograph:
    """A photograph that is clicked on.

    Attributes:
        folder: of its files.
        preview: without marks.
        size: its width and height in pixels.
        shown: the preview's.
        copy: the photograph at the preview's size.
        first: a crop's first corner, once that was clicked.
        region: the mask that the brush's editor showed before anything was drawn.
        corners: by task, its field of corners before each click and after the last, since it was last typed in.
    """

    folder: Path
    preview: Path
    size: tuple[int, int]
    shown: tuple[int, int]
    copy: Stored
    first: Point | None = None
    region: Path | None = None
    corners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def frame(self) -> Picture:
        """A black picture of the photograph's size, which takes no memory."""
        return Picture(torch.zeros(()).expand(1, 3, *self.size[::-1]))

    def at(self, clicked: Sequence[float]) -> Point:
        """A place in the photograph, in pixels, from one in the preview."""
        x, y = (
            min(max(0.0, (float(at) + 0.5) * side / shown), float(side))
            for at, side, shown in zip(clicked, self.size, self.shown, strict=True)
        )
        return x, y


def opened(picture: Picture, folder: Path) -> Photograph:
    """Write the preview of a photograph."""
    height, width = preview_size(picture, SHOWN_PX)
    preview = write_preview(picture, folder / "preview.jpg", (height, width), checkered=True)
    alpha = None if picture.alpha is None else resize(picture.alpha, height, width).clamp(0, 1)
    copy = store(picture.with_pixels(resize(picture.rgb, height, width).clamp(0, 1), alpha), folder / "copy.npz")
    return Photograph(folder, Path(preview), (picture.width_px, picture.height_px), (width, height), copy)


def points_of(text: str, size: tuple[int, int]) -> list[Point]:
    """Points in a text of corners, in pixels; it may be half typed."""
    width, height = size
    found = [
        (float(x) * (width / 100 if x_share else 1), float(y) * (height / 100 if y_share else 1))
        for x, x_share, y, y_share in _POINT.findall(text or "")
    ]
    return found[:CORNERS]


def with_point(text: str, point: Point, size: tuple[int, int]) -> str:
    """A text of corners with one more; the fifth begins anew, and four are put in order."""
    known = points_of(text, size)
    points = [point] if len(known) >= CORNERS else [*known, point]
    return " ".join(f"{x:.0f},{y:.0f}" for x, y in (ordered(points) if len(points) == CORNERS else points))


def box_between(first: Point, second: Point, size: tuple[int, int]) -> Box:
    """The box of whole pixels between two corners, of one pixel at least."""
    (left, right), (top, bottom) = (
        (min(low, side - 1), max(min(low, side - 1) + 1, high))
        for low, high, side in (
            (*sorted((round(a), round(b))), side) for a, b, side in zip(first, second, size, strict=True)
        )
    )
    return Box(left, top, right, bottom)


def draw(photograph: Photograph, points: Sequence[Point] = (), box: Box | None = None) -> str:
    """The preview with marks, as a file of the photograph's folder."""
    if not points and box is None:
        return str(photograph.preview)
    with Image.open(photograph.preview) as image:
        shown = image.convert("RGB")
    scale = tuple(shown_px / side for shown_px, side in zip(photograph.shown, photograph.size, strict=True))
    if box is not None:
        _shade_around(shown, [value * scale[axis % 2] for axis, value in enumerate(box)])
    pen = ImageDraw.Draw(shown)
    width = max(2, max(shown.size) // 300)
    placed = [(x * scale[0], y * scale[1]) for x, y in points]
    if len(placed) > 1:
        pen.line([*placed, *(placed[:1] if len(placed) == CORNERS else [])], fill="white", width=width + 2)
        pen.line([*placed, *(placed[:1] if len(placed) == CORNERS else [])], fill=INK, width=width)
    radius = 2.5 * width
    for number, (x, y) in enumerate(placed, start=1):
        pen.ellipse(
            (x - radius, y - radius, x + radius, y + radius), fill=INK, outline="white", width=max(1, width // 2)
        )
        pen.text(
            (x + 1.4 * radius, y - 1.4 * radius),
            str(number),
            fill=INK,
            font_size=5 * width,
            stroke_width=1,
            stroke_fill="white",
        )
    with tempfile.NamedTemporaryFile(dir=photograph.folder, suffix=".jpg", delete=False) as file:
        shown.save(file, "JPEG", quality=90)
    return file.name


def _shade_around(image: Image.Image, box: Sequence[float]) -> None:
    """Darken what a crop leaves out, and draw its edge."""
    left, top, right, bottom = (round(value) for value in box)
    inside = image.crop((left, top, right, bottom))
    image.paste(Image.blend(image, Image.new("RGB", image.size, (0, 0, 0)), _SHADE))
    image.paste(inside, (left, top))
    width = max(2, max(image.size) // 300)
    ImageDraw.Draw(image).rectangle((left, top, max(left, right - 1), max(top, bottom - 1)), outline=INK, width=width)
