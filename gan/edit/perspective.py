"""Perspective: look straight at a surface that was photographed at an angle, such as a box's front or a label."""

from __future__ import annotations

import math
import re
from typing import Annotated

import numpy as np
import torch

from gan.core.contract import Context, Output, Request
from gan.core.errors import InputError
from gan.core.option import Option
from gan.core.reader import PictureFile
from gan.cutout.segment import AUTO_MODEL, FindingModel, ProductMask, find, has_transparency
from gan.edit.background import GroundFile, laid_on
from gan.edit.box_front import front_of
from gan.edit.frame import MOST_SIDE_PX, aspect_of, check_canvas
from gan.imaging.homography import Matrix, Quad, applied, area, corners_of, homography, is_convex, shown_size
from gan.imaging.picture import Picture
from gan.imaging.warp import warped, warped_cut

MOST_GROWTH = 2.0
"""A picture that is kept around the four corners grows to at most so many times its own sides."""

LEAST_AREA = 16.0
"""Pixels within the four corners."""

_NUMBER = r"(-?\d+(?:\.\d+)?)\s*(%?)"
_POINT = re.compile(rf"{_NUMBER}\s*,\s*{_NUMBER}")


class PerspectiveRequest(Request):
    """Straighten the perspective of a surface, so that its four corners become those of a rectangle.

    The result is as large as keeps the surface's detail. Without an aspect the rectangle's own is worked out from the
    perspective, for a picture whose middle is where the camera looked. Pixels are resampled once.

    Raises:
        InputError: corners that are none, or that go around no area; an aspect that is none; a mask of another size.
    """

    picture: PictureFile
    corners: Annotated[
        str,
        Option(
            "left,top of the four corners clockwise from the upper left, in pixels or %; empty to find a box's front",
            metavar="'X,Y X,Y X,Y X,Y'",
        ),
    ] = ""
    aspect: Annotated[
        str, Option("width:height of the surface, within 1:4 and 4:1; empty to work it out", metavar="W:H")
    ] = ""
    width_px: Annotated[
        int,
        Option(
            "of the surface in the result; 0 for as many as keep its detail",
            ge=0,
            le=MOST_SIDE_PX,
            unit="px",
            alias="width",
        ),
    ] = 0
    surroundings: Annotated[bool, Option("keep what lies around the corners too")] = False
    ground: Annotated[
        GroundFile | None, Option("of what the picture does not show; without it what it has at its edge")
    ] = None
    mask: ProductMask = None
    model: FindingModel = AUTO_MODEL

    def check(self) -> None:
        if self.corners:
            quad_of(self.corners, self.picture)
        if self.aspect:
            aspect_of(self.aspect)


def perspective(request: PerspectiveRequest, context: Context) -> Output:
    """Find the corners where none are given, and map them to a rectangle's.

    Details: `corners` in pixels; `found`, whether they were found; `size` of the result; `surface`, where the rectangle
    lies in it as left, top, right, bottom.

    Raises:
        InputError: no product was found, or no front of a box that is clear; the result is too large.
    """
    picture = request.picture
    notices: tuple[str, ...] = ()
    if request.corners:
        quad = quad_of(request.corners, picture)
    else:
        found = find(picture, context, model=request.model, mask=request.mask)
        front = front_of(picture.rgb, found.alpha)
        if front is None:
            raise InputError(
                "corners",
                "no front of a box was found",
                "four clear straight edges are needed",
                "Click the four corners, or type them",
            )
        quad, notices = front, found.notices
    context.step(2, 3, "Straightening")
    width, height = _size(request, quad)
    matrix = homography(quad, corners_of(width, height))
    left, top, right, bottom = (
        _around(picture, quad, matrix, width, height) if request.surroundings else (0, 0, width, height)
    )
    check_canvas(right - left, bottom - top)
    back = np.linalg.inv(matrix) @ np.array([[1, 0, left], [0, 1, top], [0, 0, 1.0]])
    made = _seen(picture, back, right - left, bottom - top, request.ground)
    details = {
        "corners": [[round(x, 2), round(y, 2)] for x, y in quad],
        "found": not request.corners,
        "size": [made.width_px, made.height_px],
        "surface": [-left, -top, width - left, height - top],
    }
    return Output((made,), (*picture.notices, *notices), details)


def quad_of(text: str, picture: Picture, *, field: str = "corners") -> Quad:
    """Four corners as a user writes them, "x,y x,y x,y x,y", in pixels or with % of the picture's sides.

    Raises:
        InputError: there are not four; or they do not go clockwise around an area.
    """
    rest = _POINT.sub(" ", text).strip(" ;\t\n")
    points = [
        (_length(x, x_percent, picture.width_px), _length(y, y_percent, picture.height_px))
        for x, x_percent, y, y_percent in _POINT.findall(text)
    ]
    if rest or len(points) != 4:
        raise InputError(
            field,
            "{corners}",
            "four corners such as 10,10 90,10 90,90 10,90 are needed",
            "Write left,top of each, with a space between",
            corners=text[:60],
        )
    quad = points[0], points[1], points[2], points[3]
    if not is_convex(quad) or area(quad) < LEAST_AREA:
        raise InputError(
            field,
            "{corners}",
            "corners that go clockwise around an area, without a dent, are needed",
            "Give them in order: upper left, upper right, lower right, lower left",
            corners=text[:60],
        )
    return quad


def _length(number: str, percent: str, side_px: int) -> float:
    return float(number) * side_px / 100 if percent else float(number)


def _size(request: PerspectiveRequest, quad: Quad) -> tuple[int, int]:
    """Width and height of the rectangle in the result."""
    picture = request.picture
    width, height = shown_size(quad, (picture.width_px / 2, picture.height_px / 2))
    if request.aspect:
        ratio = aspect_of(request.aspect)
        width, height = (height * ratio, height) if height * ratio >= width else (width, width / ratio)
    if request.width_px:
        width, height = float(request.width_px), height * request.width_px / width
    return max(1, round(width)), max(1, round(height))


def _around(picture: Picture, quad: Quad, matrix: Matrix, width: int, height: int) -> tuple[int, int, int, int]:
    """The box, in the rectangle's coordinates, that shows the picture's own sides as far as they lie this side of the
    horizon, and no more than `MOST_GROWTH` of the picture."""
    corners = np.array(corners_of(picture.width_px, picture.height_px))
    depth = corners @ matrix[2, :2] + matrix[2, 2]
    inside = float(np.mean(np.array(quad) @ matrix[2, :2] + matrix[2, 2]))
    grown = (MOST_GROWTH - 1) / 2
    room_x, room_y = grown * max(picture.width_px, width), grown * max(picture.height_px, height)
    limits = (-room_x, -room_y, width + room_x, height + room_y)
    if (depth * inside > 1e-6 * inside**2).all():
        mapped = applied(matrix, corners)
        limits = (
            max(limits[0], float(mapped[:, 0].min())),
            max(limits[1], float(mapped[:, 1].min())),
            min(limits[2], float(mapped[:, 0].max())),
            min(limits[3], float(mapped[:, 1].max())),
        )
    return (
        min(0, math.floor(limits[0] + 1e-6)),
        min(0, math.floor(limits[1] + 1e-6)),
        max(width, math.ceil(limits[2] - 1e-6)),
        max(height, math.ceil(limits[3] - 1e-6)),
    )


def _seen(picture: Picture, back: Matrix, width: int, height: int, ground: GroundFile | None) -> Picture:
    if ground is None and not has_transparency(picture):
        return picture.with_pixels(warped(picture.rgb, back, height, width), None)
    whole = torch.ones_like(picture.rgb[:, :1]) if picture.alpha is None else picture.alpha
    rgb, cover = warped_cut(picture.rgb, whole, back, height, width)
    made = picture.with_pixels(rgb, cover)
    return made if ground is None else laid_on(made, cover, ground, rgb=rgb)
