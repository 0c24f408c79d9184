"""Crop, rotate and pad: edits of a picture's canvas that resample nothing, so that every pixel stays as it came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import torch
from torch import Tensor

from gan.core.contract import Context, Output, Request
from gan.core.errors import InputError
from gan.core.option import Option
from gan.core.reader import PictureFile
from gan.cutout.segment import has_transparency
from gan.edit.background import WHITE, GroundFile, laid_on
from gan.edit.frame import MOST_SIDE_PX, ON_WHITE, aspect_of, check_canvas
from gan.edit.geometry import Move, moved_whole
from gan.imaging.box import Box
from gan.imaging.picture import Picture

Flip = Literal["none", "horizontal", "vertical"]


class CropRequest(Request):
    """Crop a picture to a box, to an aspect, or to both.

    Without width or height the box reaches to the picture's edge. With an aspect it is the largest one of that shape in
    the middle of the box.

    Raises:
        InputError: a box that reaches beyond the picture; an aspect that is none.
    """

    picture: PictureFile
    left_px: Annotated[int, Option("left edge of the box", ge=0, le=MOST_SIDE_PX, unit="px", alias="left")] = 0
    top_px: Annotated[int, Option("top edge of the box", ge=0, le=MOST_SIDE_PX, unit="px", alias="top")] = 0
    width_px: Annotated[
        int, Option("of the box; 0 for all to the right", ge=0, le=MOST_SIDE_PX, unit="px", alias="width")
    ] = 0
    height_px: Annotated[
        int, Option("of the box; 0 for all below", ge=0, le=MOST_SIDE_PX, unit="px", alias="height")
    ] = 0
    aspect: Annotated[
        str, Option("width:height of the result, within 1:4 and 4:1; empty for the box's own", metavar="W:H")
    ] = ""

    def check(self) -> None:
        if self.aspect:
            aspect_of(self.aspect)
        sides = (
            ("width", self.left_px, self.width_px, self.picture.width_px),
            ("height", self.top_px, self.height_px, self.picture.height_px),
        )
        for field, start, length, whole in sides:
            if start >= whole or start + length > whole:
                raise InputError(
                    field,
                    "{start} to {stop} px of a picture of {whole} px",
                    "a box within the picture is needed",
                    "Choose a smaller one",
                    start=start,
                    stop=start + max(1, length),
                    whole=whole,
                )

    @property
    def box(self) -> Box:
        """The box that is kept."""
        whole = Box.whole(self.picture.rgb)
        return crop_box(whole, self.left_px, self.top_px, self.width_px, self.height_px, self.aspect)


def crop_box(whole: Box, left_px: int, top_px: int, width_px: int, height_px: int, aspect: str) -> Box:
    """The box that `CropRequest` keeps of a whole picture; the arguments are its fields."""
    right = left_px + width_px if width_px else whole.right
    bottom = top_px + height_px if height_px else whole.bottom
    box = Box(left_px, top_px, right, bottom).within(whole)
    return _of_aspect(box, aspect_of(aspect)) if aspect and not box.empty else box


def crop(request: CropRequest, context: Context) -> Output:
    """Copy a box of the picture.

    Details: `box` as left, top, right, bottom in pixels.
    """
    picture, box = request.picture, request.box
    return Output((_changed(picture, box.of),), picture.notices, {"box": list(box)})


class RotateRequest(Request):
    """Rotate a picture by quarter turns, and mirror it."""

    picture: PictureFile
    turn: Annotated[Literal[0, 90, 180, 270], Option("degrees clockwise")] = 0
    flip: Annotated[Flip, Option("mirror it afterwards, left to right or top to bottom")] = "none"


def rotate(request: RotateRequest, context: Context) -> Output:
    """Reorder the pixels; four quarter turns give the picture again, bit for bit."""

    def turned(x: Tensor) -> Tensor:
        x = x.rot90(-(request.turn // 90), (2, 3))
        return x.flip({"none": (), "horizontal": (3,), "vertical": (2,)}[request.flip])

    return Output((_changed(request.picture, turned),), request.picture.notices)


class PadRequest(Request):
    """Add a border around a picture.

    Raises:
        InputError: an aspect that is none; more than `gan.edit.frame.MAX_OUTPUT_PIXELS`.
    """

    picture: PictureFile
    left_px: Annotated[int, Option("added at the left", ge=0, le=MOST_SIDE_PX, unit="px", alias="left")] = 0
    top_px: Annotated[int, Option("added above", ge=0, le=MOST_SIDE_PX, unit="px", alias="top")] = 0
    right_px: Annotated[int, Option("added at the right", ge=0, le=MOST_SIDE_PX, unit="px", alias="right")] = 0
    bottom_px: Annotated[int, Option("added below", ge=0, le=MOST_SIDE_PX, unit="px", alias="bottom")] = 0
    aspect: Annotated[
        str,
        Option("width:height of the result, reached by as much more on both sides; empty for none", metavar="W:H"),
    ] = ""
    ground: Annotated[GroundFile | None, Option("of the border; without it what the picture has at its edge")] = None

    def check(self) -> None:
        canvas = self.canvas
        check_canvas(canvas.width, canvas.height)

    @property
    def canvas(self) -> Box:
        """In the picture's coordinates."""
        picture = self.picture
        box = Box(-self.left_px, -self.top_px, picture.width_px + self.right_px, picture.height_px + self.bottom_px)
        if not self.aspect:
            return box
        ratio = aspect_of(self.aspect)
        wide, high = (max(0, round(box.height * ratio) - box.width), max(0, round(box.width / ratio) - box.height))
        return Box(
            box.left - wide // 2, box.top - high // 2, box.right + wide - wide // 2, box.bottom + high - high // 2
        )


def pad(request: PadRequest, context: Context) -> Output:
    """Lay the picture on a larger canvas, where every pixel of it is its own.

    Without a ground a plain background goes on as it is, transparency stays transparent, and any other background gets
    a white border.

    Details: `box`, where the picture lies on its canvas, as left, top, right, bottom in pixels.
    """
    picture, canvas = request.picture, request.canvas
    box = Box.whole(picture.rgb).moved(-canvas.left, -canvas.top)
    made, notices = _padded(picture, canvas, box, request)
    return Output((made,), (*picture.notices, *notices), {"box": list(box)})


def _padded(picture: Picture, canvas: Box, box: Box, request: PadRequest) -> tuple[Picture, tuple[str, ...]]:
    ground = request.ground
    notices: tuple[str, ...] = ()
    if ground is None and not has_transparency(picture):
        whole = moved_whole(picture.rgb, Move(1.0, 0, 0), canvas)
        if whole is not None:
            return picture.with_pixels(whole, None), notices
        ground, notices = WHITE, (ON_WHITE,)
    rgb = torch.ones(1, 3, canvas.height, canvas.width)
    cover = torch.zeros(1, 1, canvas.height, canvas.width)
    box.of(rgb).copy_(picture.rgb)
    box.of(cover).copy_(torch.ones_like(cover[..., :1, :1]) if picture.alpha is None else picture.alpha)
    made = picture.with_pixels(rgb, cover)
    return (made if ground is None else laid_on(made, cover, ground, rgb=rgb)), notices


def _of_aspect(box: Box, ratio: float) -> Box:
    """The largest box of that shape in the middle of another."""
    wide = min(box.width, max(1, round(box.height * ratio)))
    high = min(box.height, max(1, round(box.width / ratio)))
    left, top = box.left + (box.width - wide) // 2, box.top + (box.height - high) // 2
    return Box(left, top, left + wide, top + high)


def _changed(picture: Picture, change: Callable[[Tensor], Tensor]) -> Picture:
    """The picture with new tensors of its colors and of its transparency."""
    alpha = None if picture.alpha is None else _copy(change(picture.alpha))
    return picture.with_pixels(_copy(change(picture.rgb)), alpha)


def _copy(x: Tensor) -> Tensor:
    return x.clone(memory_format=torch.contiguous_format)
