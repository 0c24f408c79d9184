"""Frame: products at one size and on one baseline, on a canvas of the size that a shop requires."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from gan.core.contract import Context, Output, Request
from gan.core.errors import InputError
from gan.core.option import Option
from gan.core.reader import PictureFile
from gan.cutout.segment import AUTO_MODEL, FindingModel, ProductMask, find, has_transparency
from gan.edit.background import WHITE, Ground, GroundFile, laid_on
from gan.edit.geometry import Move, moved_alpha, moved_cut, moved_whole
from gan.imaging.box import Box, box_of, least_cover, product_box, sides_of
from gan.imaging.matting import foreground
from gan.imaging.picture import Picture, check_pixels

LEAST_FILL = 0.1
MOST_SIDE_PX = 20_000
MAX_OUTPUT_PIXELS = 100_000_000
"""A finished picture takes 12 bytes a pixel while it is made, and the product's coverage 4 more."""

CUT_OFF = "The picture's edge cuts the product off"
ENLARGED = "The product was enlarged to fill the canvas; a larger picture keeps it sharp"
ON_WHITE = "The picture's background is not plain enough to continue; white was used instead"
NOTICES = (CUT_OFF, ENLARGED, ON_WHITE)
SEARCH_STEPS = 16


class FrameRequest(Request):
    """Place a product on a canvas so that it fills a given share.

    The fill is the larger of the product's width over the canvas's and its height over the canvas's. Where both sides
    are 0 the canvas is as large as leaves the product its own pixels, none of which is resampled; where one is given
    the other follows from the aspect.

    Raises:
        InputError: a value outside its range; a mask of another size.
    """

    picture: PictureFile
    fill: Annotated[float, Option("share of the canvas that the product takes", ge=LEAST_FILL, le=1, step=0.01)] = 0.85
    aspect: Annotated[
        str, Option("width:height of the canvas, within 1:4 and 4:1; empty for the picture's own", metavar="W:H")
    ] = "1:1"
    width_px: Annotated[int, Option("of the canvas, exactly", ge=0, le=MOST_SIDE_PX, unit="px", alias="width")] = 0
    height_px: Annotated[int, Option("of the canvas, exactly", ge=0, le=MOST_SIDE_PX, unit="px", alias="height")] = 0
    baseline: Annotated[
        float | None,
        Option("how far down the canvas the product stands; without it it is centered", ge=LEAST_FILL, le=1, step=0.01),
    ] = None
    ground: Annotated[GroundFile | None, Option("of the canvas; without it what the picture has")] = None
    mask: ProductMask = None
    model: FindingModel = AUTO_MODEL

    def check(self) -> None:
        if self.aspect:
            aspect_of(self.aspect)


@dataclass(frozen=True, eq=False)
class Framed:
    """A product on its canvas.

    Attributes:
        picture: (1, 3, H, W) of the canvas, with transparency where the ground is transparent.
        alpha: (1, 1, H, W), the product's coverage on the canvas.
        box: where that is above one half.
        scale: canvas pixels per pixel of the source.
        notices: for the user.
    """

    picture: Picture
    alpha: Tensor
    box: Box
    scale: float
    notices: tuple[str, ...] = ()

    @property
    def fill(self) -> float:
        """Measured on the result."""
        return self.box.fill(*self.alpha.shape[2:])

    @property
    def enlarged(self) -> bool:
        return self.scale > 1


def frame(request: FrameRequest, context: Context) -> Output:
    """Segment the product and place it on its canvas.

    Raises:
        InputError: no product was found; it does not fit above the baseline; or the canvas has more than
            `MAX_OUTPUT_PIXELS`.
    """
    picture = request.picture
    found = find(picture, context, model=request.model, mask=request.mask)
    context.step(2, 3, "Framing")
    made = framed(
        picture,
        found.alpha,
        fill=request.fill,
        aspect=request.aspect,
        width_px=request.width_px,
        height_px=request.height_px,
        baseline=request.baseline,
        ground=request.ground,
    )
    details = {
        "size": [made.picture.width_px, made.picture.height_px],
        "box": list(made.box),
        "fill": round(made.fill, 6),
        "scale": round(made.scale, 6),
        "enlarged": made.enlarged,
        "confidence": round(found.confidence, 4),
    }
    return Output((made.picture,), (*picture.notices, *found.notices, *made.notices), details)


def framed(
    picture: Picture,
    alpha: Tensor,
    *,
    fill: float = 0.85,
    aspect: str = "1:1",
    width_px: int = 0,
    height_px: int = 0,
    baseline: float | None = None,
    ground: Ground | None = None,
) -> Framed:
    """Place a product on a canvas by its coverage; the arguments are `FrameRequest`'s.

    Pixels are copied where the scale is 1. Elsewhere colors are resampled weighted by their opacity, so that nothing
    of what lies behind an edge gets into it.

    Args:
        alpha: (1, 1, H, W) in [0, 1], the product's coverage of the picture.

    Raises:
        InputError: nothing is covered; the product does not fit above the baseline; or the canvas has more than
            `MAX_OUTPUT_PIXELS`.
    """
    box = product_box(alpha)
    ratio = aspect_of(aspect) if aspect else picture.width_px / picture.height_px
    own = not (height_px or width_px)
    size = _own_pixels(box, fill, ratio) if own else _canvas(height_px, width_px, ratio)
    check_canvas(size[1], size[0])
    move, there = (_copying(box), _copied(box)) if own else _scaled(alpha, box, size, fill)
    canvas = _placed(there, size, baseline)
    made, notices = _pixels(picture, alpha, box, move, canvas, ground)
    notices += (ENLARGED,) if move.scale > 1 else ()
    placed = moved_alpha(alpha, move, canvas)
    return Framed(
        made,
        placed,
        box_of(placed, least=least_cover(placed)) or there.moved(-canvas.left, -canvas.top),
        move.scale,
        notices,
    )


def check_canvas(width_px: int, height_px: int) -> None:
    """Raise `InputError` for a canvas of more than `MAX_OUTPUT_PIXELS`."""
    check_pixels("size", width_px, height_px, MAX_OUTPUT_PIXELS, "Choose a smaller canvas")


def aspect_of(text: str) -> float:
    """Width over height of "W:H".

    Raises:
        InputError: as of `gan.imaging.box.sides_of`.
    """
    width, height = sides_of(text)
    return width / height


def _canvas(height_px: int, width_px: int, ratio: float) -> tuple[int, int]:
    return height_px or max(1, round(width_px / ratio)), width_px or max(1, round(height_px * ratio))


def _own_pixels(box: Box, fill: float, ratio: float) -> tuple[int, int]:
    """Height and width of the largest canvas that a product of this size fills."""
    if box.width >= box.height * ratio:
        across = _most(box.width, fill)
        return max(box.height, round(across / ratio)), across
    down = _most(box.height, fill)
    return down, max(box.width, round(down * ratio))


def _most(length: int, fill: float) -> int:
    """The longest side of which `length` is at least that share."""
    most = math.floor(length / fill) + 1
    while length / most < fill:
        most -= 1
    return most


def _least(length: int, fill: float) -> int:
    """The shortest part of a side that is at least that share."""
    least = max(1, math.ceil(length * fill) - 1)
    while least / length < fill:
        least += 1
    return least


def _copying(box: Box) -> Move:
    """Move without scaling: the lower left corner goes to the origin."""
    return Move(1.0, box.left, box.bottom)


def _copied(box: Box) -> Box:
    return Box(0, -box.height, box.width, 0)


def _scaled(alpha: Tensor, box: Box, size: tuple[int, int], fill: float) -> tuple[Move, Box]:
    """The move after which the product fills a canvas (height, width) to the pixel, and its box then.

    What is above one half after resampling is not what was before: a tip of a pixel is averaged away, an edge moves.
    So the box is measured, and the scale found by bisection. Where the box leaps, because a hair is seen from some
    scale on, the box before the move counts: nothing shall leave the canvas.
    """
    down, across = _least(size[0], fill), _least(size[1], fill)
    scale = nominal = min(across / box.width, down / box.height)
    if scale == 1:
        return _copying(box), _copied(box)
    covered = box_of(alpha, least=0.0) or box
    nearest: tuple[int, Move, Box] | None = None
    low, high = 0.0, math.inf
    for _ in range(SEARCH_STEPS):
        move = Move(scale, box.left, box.bottom)
        plane = move.outer(covered)
        moved = moved_alpha(alpha, move, plane)
        made = box_of(moved, least=least_cover(moved))
        if made is None:
            break
        there = made.moved(plane.left, plane.top)
        excess = max(there.width - across, there.height - down)
        if excess >= 0 and (nearest is None or excess < nearest[0]):
            nearest = excess, move, there
        if excess == 0:
            break
        if excess < 0:
            low, step = scale, min(across / there.width, down / there.height)
        else:
            high, step = scale, 1 - 0.5 / max(there.width, there.height)
        scale = scale * step if low < scale * step < high else (low + high) / 2
    if nearest is not None and nearest[0] <= 1:
        return nearest[1:]
    sides = (max(1, round(side * nominal)) for side in (box.width, box.height))
    return Move(nominal, box.left, box.bottom), _copied(Box(0, 0, *sides))


def _placed(there: Box, size: tuple[int, int], baseline: float | None) -> Box:
    """The canvas around a product: it is in the middle, or its lowest line on the baseline."""
    height, width = size
    left = there.left - (width - there.width) // 2
    line = (height - there.height) // 2 + there.height if baseline is None else math.floor(baseline * height + 0.5)
    if there.height > line:
        raise InputError(
            "baseline",
            "a product {high} px high above a line at {line} px",
            "it must fit between that line and the top",
            "Choose a smaller fill or a lower line",
            high=there.height,
            line=line,
        )
    top = there.bottom - line
    return Box(left, top, left + width, top + height)


def _pixels(
    picture: Picture, alpha: Tensor, box: Box, move: Move, canvas: Box, ground: Ground | None
) -> tuple[Picture, tuple[str, ...]]:
    """The canvas's picture: with what the picture has around its product, or the product alone on a ground."""
    if picture.alpha is not None and has_transparency(picture):
        seen = picture.alpha if ground is None else torch.minimum(alpha, picture.alpha)
        rgb, opacity = moved_cut(picture.rgb, seen, move, canvas)
        made = picture.with_pixels(rgb, opacity)
        return (made if ground is None else laid_on(made, opacity, ground, rgb=rgb)), ()
    notices: tuple[str, ...] = (CUT_OFF,) if box.touches(picture.height_px, picture.width_px) else ()
    if ground is None:
        whole = moved_whole(picture.rgb, move, canvas)
        if whole is not None:
            return picture.with_pixels(whole, None), notices
        notices += (ON_WHITE,)
    # What came with transparency came with the product's own colors; what did not shows its ground along the edge.
    rgb, opacity = moved_cut(foreground(picture.rgb, alpha), alpha, move, canvas)
    return laid_on(picture.with_pixels(rgb, None), opacity, WHITE if ground is None else ground, rgb=rgb), notices
