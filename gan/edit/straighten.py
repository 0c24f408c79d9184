"""Straighten: turn a picture by some degrees, or until the product's or its label's edges are upright."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.contract import Context, Output, Request
from gan.core.errors import InputError
from gan.core.option import Option
from gan.core.reader import PictureFile
from gan.cutout.segment import AUTO_MODEL, FindingModel, ProductMask, find, has_transparency
from gan.edit.background import GroundFile, laid_on
from gan.edit.frame import check_canvas
from gan.imaging.box import Box, box_of
from gan.imaging.homography import rotation
from gan.imaging.picture import Picture
from gan.imaging.resize import shrunk
from gan.imaging.straight_edges import Segment, edges_of, segments_of
from gan.imaging.warp import warped, warped_cut

By = Literal["auto", "product", "label"]
Canvas = Literal["same", "grow", "crop"]

MOST_DEG = 45
MOST_FOUND_DEG = 20.0
"""A photograph that leans more was taken so on purpose."""

LOOK_PX = 1024
LEAST_EDGES = 0.35
"""Length of all edges that agree, as a share of the product's height, or width, from which on they are relied on."""

_LEAST_SIDE = 0.08
_AGREE_DEG = 2.5
_CONVERGING_DEG = 7.0
"""From the direction of most, upright edges that converge differ by no more."""

_LEAST_AGREEING = 0.55
"""Share of the edges, by length, that agree."""

_MOST_ASIDE = 0.5
"""So far from the product's middle, 1 being its side, edges lie in the mean: one leg of a chair tells nothing."""

_REST_DEG = 1.2
"""By so much edges differ from what was fitted to them."""

_EVEN, _PARALLEL = 0.02, 100.0
"""By so much edges rather agree than converge."""

_EXACT_DEG = 1e-3


class StraightenRequest(Request):
    """Turn a picture until it is straight: by an angle, or by the product's own edges.

    Colors and transparency are resampled once, bicubically; at 0 degrees nothing is.

    Raises:
        InputError: a value outside its range; a mask of another size.
    """

    picture: PictureFile
    angle_deg: Annotated[
        float | None,
        Option("clockwise; without it the angle is found", ge=-MOST_DEG, le=MOST_DEG, unit="deg", alias="angle"),
    ] = None
    by: Annotated[By, Option("whose edges become upright: the product's outline, what is on it, or all")] = "auto"
    canvas: Annotated[
        Canvas, Option("same size, grown so that nothing is cut off, or cropped to what has no empty corners")
    ] = "same"
    ground: Annotated[GroundFile | None, Option("of empty corners; without it what the picture has at its edge")] = None
    mask: ProductMask = None
    model: FindingModel = AUTO_MODEL


def straighten(request: StraightenRequest, context: Context) -> Output:
    """Find the angle where none is given, and turn the picture about its middle.

    Details: `angle_deg`, clockwise; `found`, whether it was found; `size` of the result.

    Raises:
        InputError: no product was found, or none of its edges tells what is upright.
    """
    picture, angle = request.picture, request.angle_deg
    notices: tuple[str, ...] = ()
    if angle is None:
        found = find(picture, context, model=request.model, mask=request.mask)
        tilt = tilt_of(picture.rgb, found.alpha, by=request.by)
        if tilt is None:
            raise InputError(
                "angle",
                "no straight edges that agree were found",
                "the product or its label needs clear upright edges",
                "Type the angle instead",
            )
        angle, notices = -tilt, found.notices
    context.step(2, 3, "Straightening")
    made = turned(picture, angle, canvas=request.canvas, ground=request.ground)
    details = {
        "angle_deg": round(angle, 3),
        "found": request.angle_deg is None,
        "size": [made.width_px, made.height_px],
    }
    return Output((made,), (*picture.notices, *notices), details)


def turned(picture: Picture, angle_deg: float, *, canvas: str = "same", ground: GroundFile | None = None) -> Picture:
    """A picture turned clockwise about its middle; the arguments are `StraightenRequest`'s.

    Raises:
        InputError: the grown canvas is too large.
    """
    if abs(angle_deg) < _EXACT_DEG:
        return picture.with_pixels(picture.rgb.clone(), None if picture.alpha is None else picture.alpha.clone())
    width, height = picture.width_px, picture.height_px
    size = width, height
    if canvas == "grow":
        cos, sin = abs(math.cos(math.radians(angle_deg))), abs(math.sin(math.radians(angle_deg)))
        size = math.ceil(width * cos + height * sin - 1e-6), math.ceil(width * sin + height * cos - 1e-6)
        check_canvas(*size)
    back = rotation(-angle_deg, (size[0] / 2, size[1] / 2), (width / 2, height / 2))
    alpha = picture.alpha if has_transparency(picture) else None
    if canvas == "crop":
        # What is cropped away is not computed.
        box = _without_corners(width, height, angle_deg)
        back = back @ np.array([[1, 0, box.left], [0, 1, box.top], [0, 0, 1.0]])
        size = box.width, box.height
    if alpha is None and (ground is None or canvas == "crop"):
        return picture.with_pixels(warped(picture.rgb, back, size[1], size[0]), None)
    whole = torch.ones_like(picture.rgb[:, :1]) if alpha is None else alpha
    rgb, cover = warped_cut(picture.rgb, whole, back, size[1], size[0])
    made = picture.with_pixels(rgb, cover)
    return made if ground is None else laid_on(made, cover, ground, rgb=rgb)


def tilt_of(rgb: Tensor, cover: Tensor, *, by: str = "auto") -> float | None:
    """Angle by which a product leans, in degrees clockwise.

    Upright edges are asked, since a camera above or beside a box leaves them upright and not the others. Of a label,
    which may have no other ones, lines that run across count too.

    Args:
        rgb: (1, 3, H, W) in [0, 1].
        cover: (1, 1, H, W) in [0, 1], the product's coverage.
        by: "product" for the outline, "label" for what is inside of it, "auto" for all.

    Returns:
        In `MOST_FOUND_DEG` to either side; None where the edges do not tell.
    """
    small, mask = shrunk(rgb, LOOK_PX), shrunk(cover, LOOK_PX)
    box = box_of(mask)
    if box is None:
        return None
    found = segments_of(
        edges_of(small, _where(mask, box, by)),
        (small.shape[2], small.shape[3]),
        least_px=max(6.0, _LEAST_SIDE * min(box.width, box.height)),
    )
    if by != "label":
        outline = segments_of(
            edges_of(mask.expand_as(small)),
            (small.shape[2], small.shape[3]),
            least_px=max(6.0, _LEAST_SIDE * min(box.width, box.height)),
        )
        found = [*found, *outline]
    upright = [(_from_upright(one), _along(one.middle[0], box.left, box.right), one.length) for one in found]
    across = [(one.angle_deg, _along(one.middle[1], box.top, box.bottom), one.length) for one in found]
    least_px = LEAST_EDGES * box.height
    angle = _agreed(upright, least_px, _CONVERGING_DEG)
    angle = _agreed(upright, least_px, _AGREE_DEG) if angle is None else angle
    return _agreed(across, LEAST_EDGES * box.width, _AGREE_DEG) if angle is None and by == "label" else angle


def _where(mask: Tensor, box: Box, by: str) -> Tensor:
    """Places whose edges count: everything of the product and next to it, its outline, or what is well inside."""
    reach = max(2, round(0.015 * max(box.width, box.height)))
    inside = (mask > 0.5).float()
    grown = F.max_pool2d(inside, 2 * reach + 1, 1, reach)
    core = 1 - F.max_pool2d(1 - inside, 2 * reach + 1, 1, reach)
    return core if by == "label" else grown - core if by == "product" else grown


def _from_upright(segment: Segment) -> float:
    angle = segment.angle_deg - 90
    return angle + 180 if angle < -90 else angle


def _along(at: float, first: int, last: int) -> float:
    """A place as -1 to 1 from the product's one side to the other."""
    return 2 * (at - first) / max(1, last - first) - 1


def _agreed(edges: list[tuple[float, float, float]], least_px: float, within_deg: float) -> float | None:
    """The angle in the product's middle of edges (angle, place, length) that nearly agree, by length; or None.

    Sides of a box converge: from one side to the other the angle changes evenly, for which a line is fitted.
    """
    near = np.array([edge for edge in edges if abs(edge[0]) <= MOST_FOUND_DEG]).reshape(-1, 3)
    if len(near) == 0:
        return None
    angles, places, lengths = near.T
    weights = lengths**1.5
    apart = np.abs(angles - angles[:, None])
    best = int((np.exp(-0.5 * (2 * apart / within_deg) ** 2) @ weights).argmax())
    agreeing = apart[best] <= within_deg
    if lengths[agreeing].sum() < least_px or weights[agreeing].sum() < _LEAST_AGREEING * weights.sum():
        return None
    weight, place, angle = weights[agreeing], places[agreeing], angles[agreeing]
    if abs(weight @ place) > _MOST_ASIDE * weight.sum():
        return None
    terms = np.stack([np.ones_like(place), place], 1) * weight[:, None]
    matrix = terms.T @ np.stack([np.ones_like(place), place], 1)
    matrix[1, 1] += weight.sum() * (_EVEN if within_deg > _AGREE_DEG else _PARALLEL)
    middle, slope = np.linalg.solve(matrix, terms.T @ angle)
    rest = math.sqrt(weight @ (angle - middle - slope * place) ** 2 / weight.sum())
    return float(middle) if rest <= _REST_DEG else None


def _without_corners(width: int, height: int, angle_deg: float) -> Box:
    """The largest upright rectangle in the middle of a turned one that is within it, in the same canvas."""
    sin, cos = abs(math.sin(math.radians(angle_deg))), abs(math.cos(math.radians(angle_deg)))
    longer, shorter = max(width, height), min(width, height)
    if shorter <= 2 * sin * cos * longer or abs(sin - cos) < 1e-9:
        half = shorter / 2
        wide, high = (half / sin, half / cos) if width >= height else (half / cos, half / sin)
    else:
        double = cos * cos - sin * sin
        wide, high = (width * cos - height * sin) / double, (height * cos - width * sin) / double
    across, down = max(1, math.floor(wide - 1)), max(1, math.floor(high - 1))
    left, top = (width - across) // 2, (height - down) // 2
    return Box(left, top, left + across, top + down)
