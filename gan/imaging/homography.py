"""Projective maps of the plane: from four points, their effect on points, and the rectangle that a quadrilateral shows.

Points are (x, y) in pixels; a pixel's middle lies at a half, so that (0, 0) is a picture's upper left corner and
(width, height) its lower right one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Matrix: TypeAlias = npt.NDArray[np.float64]
"""(3, 3), acting on (x, y, 1)."""

Point: TypeAlias = tuple[float, float]
Quad: TypeAlias = tuple[Point, Point, Point, Point]
"""Upper left, upper right, lower right, lower left."""

_PARALLEL = 1e-3


def corners_of(width: float, height: float) -> Quad:
    """The corners of a rectangle at the origin."""
    return (0.0, 0.0), (float(width), 0.0), (float(width), float(height)), (0.0, float(height))


def homography(source: Quad, target: Quad) -> Matrix:
    """The projective map that takes four points to four others, no three of which lie on a line.

    Heckbert, Fundamentals of texture mapping and image warping (1989), section 2.2.3: both from the unit square.
    """
    mapped = _from_square(target) @ np.linalg.inv(_from_square(source))
    return np.asarray(mapped / mapped[2, 2])


def applied(matrix: Matrix, points: Sequence[Point] | npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(N, 2) points after the map."""
    given = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    made = np.concatenate([given, np.ones((len(given), 1))], 1) @ matrix.T
    return np.asarray(made[:, :2] / made[:, 2:])


def rotation(angle_deg: float, center: Point, to: Point) -> Matrix:
    """Rotation clockwise on the screen, after which `center` lies at `to`."""
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    (x, y), (at_x, at_y) = center, to
    return np.array([[cos, -sin, at_x - cos * x + sin * y], [sin, cos, at_y - sin * x - cos * y], [0, 0, 1]])


def is_convex(quad: Quad) -> bool:
    """True if four points, in order, go clockwise on the screen around a convex area, none of them in line with two."""
    longest = max(math.dist(a, b) for a, b in zip(quad, (*quad[1:], quad[0]), strict=True))
    return longest > 0 and all(turn > _PARALLEL * longest**2 for turn in _turns(quad))


def ordered(points: Sequence[Point]) -> Quad:
    """Four points clockwise on the screen, from the one that is nearest to the upper left."""
    middle = np.mean(np.asarray(points, dtype=np.float64), 0)
    around = sorted(points, key=lambda point: math.atan2(point[1] - middle[1], point[0] - middle[0]))
    first = min(range(4), key=lambda index: sum(around[index]))
    a, b, c, d = (*around[first:], *around[:first])
    return a, b, c, d


def area(quad: Quad) -> float:
    """Of a polygon whose points go clockwise on the screen, by the shoelace formula."""
    pairs = zip(quad, (*quad[1:], quad[0]), strict=True)
    return 0.5 * sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairs)


def shown_size(quad: Quad, center: Point) -> tuple[float, float]:
    """Width and height, in pixels, at which a rectangle that was photographed as a quadrilateral keeps its detail.

    Their ratio is that of the rectangle, for a lens without distortion whose axis meets the picture at `center`
    (Zhang and He, Whiteboard scanning and image enhancement, 2007, section 4.1). Where a pair of sides is parallel the
    focal length cannot be told, and where what follows is no lens at all, the sides' own lengths hold.
    """
    a, b, c, d = quad
    width = max(math.dist(a, b), math.dist(d, c))
    height = max(math.dist(a, d), math.dist(b, c))
    ratio = _ratio(quad, center)
    if ratio is None:
        return width, height
    return (height * ratio, height) if height * ratio >= width else (width, width / ratio)


def _ratio(quad: Quad, center: Point) -> float | None:
    """Width over height of the rectangle; None where it cannot be told."""
    # The paper's m1 to m4 are upper left, upper right, lower left, lower right, around the optical axis.
    m1, m2, m4, m3 = (np.array([x - center[0], y - center[1], 1.0]) for x, y in quad)
    k2 = np.dot(np.cross(m1, m4), m3) / np.dot(np.cross(m2, m4), m3)
    k3 = np.dot(np.cross(m1, m4), m2) / np.dot(np.cross(m3, m4), m2)
    n2, n3 = k2 * m2 - m1, k3 * m3 - m1
    size = max(math.dist(quad[0], quad[2]), math.dist(quad[1], quad[3]))
    if min(abs(n2[2]), abs(n3[2])) < 0.02:
        return None
    square = -(n2[0] * n3[0] + n2[1] * n3[1]) / (n2[2] * n3[2])
    if not 0.25 * size**2 < square < 400 * size**2:
        return None
    across = (n2[0] ** 2 + n2[1] ** 2) / square + n2[2] ** 2
    down = (n3[0] ** 2 + n3[1] ** 2) / square + n3[2] ** 2
    ratio = math.sqrt(across / down)
    return ratio if 0.1 < ratio < 10 else None


def _from_square(quad: Quad) -> Matrix:
    """The map that takes (0, 0), (1, 0), (1, 1), (0, 1) to four points."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = quad
    sx, sy = x0 - x1 + x2 - x3, y0 - y1 + y2 - y3
    dx1, dx2, dy1, dy2 = x1 - x2, x3 - x2, y1 - y2, y3 - y2
    divisor = dx1 * dy2 - dx2 * dy1
    g, h = (sx * dy2 - dx2 * sy) / divisor, (dx1 * sy - sx * dy1) / divisor
    return np.array(
        [
            [x1 - x0 + g * x1, x3 - x0 + h * x3, x0],
            [y1 - y0 + g * y1, y3 - y0 + h * y3, y0],
            [g, h, 1.0],
        ]
    )


def _turns(quad: Quad) -> list[float]:
    """Cross products of sides that follow one another; positive where they turn clockwise on the screen."""
    made = []
    for index in range(4):
        (ax, ay), (bx, by), (cx, cy) = (quad[(index + step) % 4] for step in range(3))
        made.append((bx - ax) * (cy - by) - (by - ay) * (cx - bx))
    return made
