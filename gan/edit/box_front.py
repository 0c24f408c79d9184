"""Find a box's front in a photograph: the largest quadrilateral of the product whose four sides are straight edges."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.imaging.box import box_of
from gan.imaging.homography import Point, Quad, area, is_convex
from gan.imaging.resize import shrunk
from gan.imaging.straight_edges import Array, Contrast, Segment, edges_of, segments_of

LOOK_PX: Final = 1024
"""Longest side at which edges are looked for."""

LEAST_SIDE: Final = 0.1
"""Of an edge, as a share of the product's larger extent."""

LEAST_SHARE: Final = 0.3
"""Of the product's area that a front takes."""

_STEEPEST_DEG: Final = 50
_MOST_LEAN_DEG: Final = 25
"""Of edges that run across, and of those that run down, which a camera that is held upright leaves upright."""

_MOST_EDGES: Final = 10
_OVERLAP: Final = 0.4
_CLEAR: Final = 2.0
"""Standard errors by which colors differ across each third of a side."""

_ENOUGH: Final = 12.0
_MOST_TRIED: Final = 60
_ROUNDS: Final = 4

_CONNECTED: Final = 4.0
"""As clear as this counts a side that shows no contrast, such as a crease, but connects two corners."""

JUNCTION: Final = 0.03
"""Of the product's larger extent: so near to one another edges end at a corner."""

_ALIKE: Final = 0.65
_MOST_BETWEEN_DEG: Final = 20
"""Opposite sides' lengths as shares of one another, and the angle between them."""

_TURN_DEG: Final = 12
_CORNER: Final = 0.42
_ROOM: Final = 0.015


def front_of(rgb: Tensor, cover: Tensor) -> Quad | None:
    """The corners of a box's front, in pixels, clockwise on the screen from the upper left.

    Straight edges of the picture and of the product's outline are paired, two that run across and two that run down.
    One side may be a crease without contrast, between two corners at which other edges end. What counts is that colors
    differ across the others along all of their length, and that no larger quadrilateral within the product is bounded
    so.

    Args:
        rgb: (1, 3, H, W) in [0, 1].
        cover: (1, 1, H, W) in [0, 1], the product's coverage.

    Returns:
        None where none is clear, or it is less than `LEAST_SHARE` of the product.
    """
    small, mask = shrunk(rgb, LOOK_PX), shrunk(cover, LOOK_PX)
    box = box_of(mask)
    if box is None:
        return None
    extent = max(box.width, box.height)
    near = 2 * round(_ROOM * extent) + 5
    within = F.max_pool2d((mask > 0.5).float(), near, 1, near // 2)
    outline, there = mask.expand_as(small), within[0, 0].numpy() > 0
    size, least_px = (small.shape[2], small.shape[3]), max(6.0, LEAST_SIDE * extent)
    # The outline too, which shadows hide in the picture.
    found = [
        segment
        for edges in (edges_of(small, within), edges_of(outline))
        for segment in segments_of(edges, size, least_px=least_px)
    ]
    least = LEAST_SHARE * float((mask > 0.5).sum())
    corner = _corners(mask, max(4.0, 2 * JUNCTION * extent))
    quads = {
        quad: connected
        for quad, connected in _distinct(_quads(found, JUNCTION * extent, corner), extent / 60)
        if is_convex(quad) and area(quad) >= least and _like_a_face(quad) and _inside(quad, there)
    }
    if not quads:
        return None
    contrasts = Contrast(small), Contrast(outline)
    best, most = None, 0.0
    for quad in sorted(quads, key=area, reverse=True)[:_MOST_TRIED]:
        corners, clear = _refined(np.array(quad), quads[quad], contrasts, max(1.0, extent / 250))
        # Of nearly equal areas the clearest sides win.
        score = area(quad) * min(1.0, 0.5 + clear / 20) if clear >= _CLEAR else 0.0
        if score > most:
            best, most = corners, score
    if best is None:
        return None
    scale = rgb.shape[3] / small.shape[3], rgb.shape[2] / small.shape[2]
    a, b, c, d = ((float(x * scale[0]), float(y * scale[1])) for x, y in best)
    return a, b, c, d


def _distinct(quads: Iterator[tuple[Quad, int | None]], step_px: float) -> Iterator[tuple[Quad, int | None]]:
    """Without those whose corners lie where another one's do; one with four edges comes before one with three."""
    seen = set()
    for quad, connected in sorted(quads, key=lambda one: one[1] is not None):
        key = tuple(round(value / step_px) for point in quad for value in point)
        if key not in seen:
            seen.add(key)
            yield quad, connected


def _refined(
    corners: Array, connected: int | None, contrasts: Sequence[Contrast], step_px: float
) -> tuple[Array, float]:
    """Corners (4, 2) moved to where the sides are clearest, and how clear the least clear side is.

    A side that only connects two corners counts as `_CONNECTED`, and does not move them.
    """
    shifts = np.array([(x, y) for y in (-1, 0, 1) for x in (-1, 0, 1)]) * step_px  # (9, 2)

    def clear(start: Array, stop: Array, side: int) -> Array:
        if side == connected:
            return np.full(len(start), _CONNECTED)
        return np.asarray(np.max([one.along(start, stop) for one in contrasts], 0))

    for _ in range(_ROUNDS):
        before = corners.copy()
        for index in range(4):
            moved = corners[index] + shifts
            into = clear(np.broadcast_to(corners[index - 1], moved.shape), moved, (index - 1) % 4)
            out = clear(moved, np.broadcast_to(corners[(index + 1) % 4], moved.shape), index)
            gain = np.minimum(into, _ENOUGH) + np.minimum(out, _ENOUGH)
            gain[4] += 0.05  # stay, unless it is better elsewhere
            corners[index] = moved[int(gain.argmax())]
        if (before == corners).all():
            break
    sides = [clear(corners[side : side + 1], corners[[(side + 1) % 4]], side)[0] for side in range(4)]
    return corners, float(min(sides))


def _quads(
    found: Sequence[Segment], junction_px: float, corner: Callable[[Point], bool]
) -> Iterator[tuple[Quad, int | None]]:
    """Four sides that go together, and which of them, counted from the upper one, only connects the ends of others."""
    across = [one for one in found if abs(one.angle_deg) <= _STEEPEST_DEG]
    down = [one for one in found if abs(one.angle_deg) > 90 - _MOST_LEAN_DEG]
    across, down = (sorted(some, key=lambda one: -one.length)[:_MOST_EDGES] for some in (across, down))
    for one, other in itertools.combinations(across, 2):
        upper, lower = sorted((one, other), key=lambda segment: segment.middle[1])
        yield from _bounded(
            upper, lower, down, lambda end, own: corner(end) or _is_junction(end, own, found, junction_px)
        )
    turned = [_turned(segment) for segment in found]

    def ends(end: Point, own: Segment) -> bool:
        return corner((end[1], end[0])) or _is_junction(end, own, turned, junction_px)

    for one, other in itertools.combinations(down, 2):
        left, right = sorted((one, other), key=lambda segment: segment.middle[0])
        # The same on its side: x and y exchanged.
        sides = [_turned(segment) for segment in across]
        for (a, b, c, d), side in _bounded(_turned(left), _turned(right), sides, ends):
            quad = (a[1], a[0]), (d[1], d[0]), (c[1], c[0]), (b[1], b[0])
            yield quad, None if side is None else 3 - side


def _bounded(
    upper: Segment, lower: Segment, down: Sequence[Segment], ends_at_corner: Callable[[Point, Segment], bool]
) -> Iterator[tuple[Quad, int | None]]:
    """Quadrilaterals between two sides; one of the others may connect two corners at which further edges end."""
    connected = [
        Segment(*one, *other, 0.0)
        for one, other in zip(_ends(upper), _ends(lower), strict=True)
        if ends_at_corner(one, upper) and ends_at_corner(other, lower)
    ]
    for one, other in itertools.combinations([*down, *connected], 2):
        left, right = sorted((one, other), key=lambda segment: segment.middle[0])
        if left.support == right.support == 0:
            continue
        corners = [_meeting(upper, left), _meeting(upper, right), _meeting(lower, right), _meeting(lower, left)]
        a, b, c, d = corners
        if a is None or b is None or c is None or d is None:
            continue
        sides = ((upper, a, b), (right, b, c), (lower, d, c), (left, a, d))
        if all(segment.support == 0 or _overlap(segment, start, stop) >= _OVERLAP for segment, start, stop in sides):
            yield (a, b, c, d), 3 if left.support == 0 else 1 if right.support == 0 else None


def _corners(mask: Tensor, radius_px: float) -> Callable[[Point], bool]:
    """Test for turns of a product's outline: around a corner it fills less of a disc than beside an edge."""
    reach = math.ceil(radius_px)
    down, across = torch.meshgrid(torch.arange(-reach, reach + 1), torch.arange(-reach, reach + 1), indexing="ij")
    disc = (down**2 + across**2 <= radius_px**2).float()
    padded = F.pad((mask > 0.5).float(), (reach,) * 4)
    height, width = mask.shape[2:]

    def turns(point: Point) -> bool:
        x, y = min(max(int(point[0]), 0), width - 1), min(max(int(point[1]), 0), height - 1)
        seen = padded[0, 0, y : y + 2 * reach + 1, x : x + 2 * reach + 1]
        return bool((seen * disc).sum() < _CORNER * disc.sum())

    return turns


def _is_junction(point: Point, own: Segment, found: Sequence[Segment], reach_px: float) -> bool:
    """True if an edge of another direction ends near one's end."""

    def turns(other: Segment) -> bool:
        between = abs(other.angle_deg - own.angle_deg) % 180
        return min(between, 180 - between) > _TURN_DEG

    return any(turns(other) and min(math.dist(point, end) for end in _ends(other)) <= reach_px for other in found)


def _ends(segment: Segment) -> tuple[Point, Point]:
    """Left end and right end."""
    ends = (segment.x0, segment.y0), (segment.x1, segment.y1)
    return ends if ends[0][0] <= ends[1][0] else (ends[1], ends[0])


def _turned(segment: Segment) -> Segment:
    return Segment(segment.y0, segment.x0, segment.y1, segment.x1, segment.support)


def _meeting(a: Segment, b: Segment) -> Point | None:
    """Intersection of two lines; None for parallel ones."""
    (ax, ay), (bx, by) = (a.x1 - a.x0, a.y1 - a.y0), (b.x1 - b.x0, b.y1 - b.y0)
    cross = ax * by - ay * bx
    if abs(cross) < 0.1 * a.length * b.length or cross == 0:
        return None
    share = ((b.x0 - a.x0) * by - (b.y0 - a.y0) * bx) / cross
    return float(a.x0 + share * ax), float(a.y0 + share * ay)


def _overlap(segment: Segment, start: Point, stop: Point) -> float:
    """The share of a side that a segment on its line covers; 0 where it reaches far beyond."""
    length = math.dist(start, stop)
    if length < 1:
        return 0.0
    ux, uy = (stop[0] - start[0]) / length, (stop[1] - start[1]) / length
    ends = sorted((x - start[0]) * ux + (y - start[1]) * uy for x, y in _ends(segment))
    return float(min(ends[1], length) - max(ends[0], 0.0)) / length


def _like_a_face(quad: Quad) -> bool:
    """True if opposite sides are of about one length and direction, as a rectangle's are from some distance."""
    for side in range(2):
        (ax, ay), (bx, by) = (
            (quad[(start + 1) % 4][0] - quad[start][0], quad[(start + 1) % 4][1] - quad[start][1])
            for start in (side, side + 2)
        )
        one, other = math.hypot(ax, ay), math.hypot(bx, by)
        if min(one, other) < _ALIKE * max(one, other):
            return False
        if -(ax * bx + ay * by) < math.cos(math.radians(_MOST_BETWEEN_DEG)) * one * other:
            return False
    return True


def _inside(quad: Quad, there: npt.NDArray[np.bool_]) -> bool:
    """True if every corner and every side's middle lies within the product or next to it."""
    height, width = there.shape
    points = [*quad, *(((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in zip(quad, (*quad[1:], quad[0]), strict=True))]
    return all(
        -1 <= x <= width + 1
        and -1 <= y <= height + 1
        and there[min(max(int(y), 0), height - 1), min(max(int(x), 0), width - 1)]
        for x, y in points
    )
