"""Straight edges of a picture as line segments: a Hough transform of thinned gradients, each line refined by a fit."""

from __future__ import annotations

import math
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from torch import Tensor

from gan.imaging.color import luma

Array: TypeAlias = npt.NDArray[np.float64]

SMOOTH_PX = 1.0
STEP_DEG = 0.5
VOTES_DEG = 4.0
"""A point votes for lines that differ by no more from its own direction."""

NEAR_PX = 1.5
"""So far from a line its points lie at most."""

MOST_POINTS = 60_000
MOST_LINES = 60
LEAST_CONTRAST = 0.012
"""Least change of lightness from pixel to pixel along an edge, after smoothing."""

GAP = 0.02
"""Longest gap in a segment, as a share of the picture's longer side."""


SAG_PX, SAG = 0.7, 0.004
"""An edge bends by no more pixels, or no larger share of its length, as lenses bend it."""


class Segment(NamedTuple):
    """A straight edge from (x0, y0) to (x1, y1), pixels' middles at a half.

    `support` is the share of its length at which the picture has such an edge.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    support: float

    @property
    def length(self) -> float:
        return math.hypot(self.x1 - self.x0, self.y1 - self.y0)

    @property
    def angle_deg(self) -> float:
        """Direction, clockwise on the screen from horizontal, in (-90, 90]."""
        angle = math.degrees(math.atan2(self.y1 - self.y0, self.x1 - self.x0))
        return angle - 180 if angle > 90 else angle + 180 if angle <= -90 else angle

    @property
    def middle(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2


class Edges(NamedTuple):
    """Points of edges, thinned to one pixel: places in pixels, unit normals, strengths."""

    x: Array
    y: Array
    normal_x: Array
    normal_y: Array
    strength: Array

    def of(self, kept: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> Edges:
        return Edges(*(part[kept] for part in self))


def edges_of(rgb: Tensor, where: Tensor | None = None) -> Edges:
    """Edge points, placed to a fraction of a pixel (Canny, 1986; Devernay, 1995).

    Args:
        rgb: (1, 3, H, W) in [0, 1]; sides of about 1000 pixels suffice.
        where: (1, 1, H, W), above one half where edges count; everywhere by default.
    """
    from scipy import ndimage  # here, because importing it takes longer than looking

    gray = luma(rgb)[0, 0].double().numpy()
    across, down = (ndimage.gaussian_filter(gray, SMOOTH_PX, order=order) for order in ((0, 1), (1, 0)))
    size = np.hypot(across, down)
    floor = max(LEAST_CONTRAST, 2.5 * float(np.median(size)))
    rows, columns = np.nonzero(size > floor)
    if where is not None:
        inside = where[0, 0].numpy()[rows, columns] > 0.5
        rows, columns = rows[inside], columns[inside]
    strength = size[rows, columns]
    normal_x, normal_y = across[rows, columns] / strength, down[rows, columns] / strength
    before, after = (
        ndimage.map_coordinates(size, (rows + step * normal_y, columns + step * normal_x), order=1, mode="nearest")
        for step in (-1, 1)
    )
    peak = (strength >= before) & (strength > after)
    bend = before + after - 2 * strength
    shift = np.where(bend < -1e-9, (before - after) / (2 * np.minimum(bend, -1e-9)), 0.0).clip(-0.5, 0.5)
    made = Edges(columns + 0.5 + shift * normal_x, rows + 0.5 + shift * normal_y, normal_x, normal_y, strength).of(peak)
    if len(made.x) > MOST_POINTS:
        made = made.of(np.argsort(-made.strength, kind="stable")[:MOST_POINTS])
    return made


def segments_of(edges: Edges, size: tuple[int, int], *, least_px: float) -> list[Segment]:
    """Line segments of at least a length, the one with the most points first.

    Args:
        edges: of a picture.
        size: its height and width.
        least_px: shortest segment.
    """
    votes = _Votes(edges, math.hypot(*size))
    gap_px, found = max(3.0, GAP * max(size)), []
    for _ in range(MOST_LINES):
        line = votes.best(least_px / 3)
        if line is None:
            break
        near = votes.near(*line)
        fitted = near
        for _ in range(2):
            if len(fitted) < 2:
                break
            line = _fit(edges.of(fitted))
            fitted = votes.near(*line)
        part = edges.of(fitted)
        if len(fitted) >= 2:
            segment = _longest(part, line, gap_px)
            if segment.length >= least_px and segment.support > 0.5:
                found.append(segment)
        votes.drop(np.union1d(near, fitted))
    return found


class _Votes:
    """A Hough accumulator over the angle of a line's normal and its distance from the origin."""

    def __init__(self, edges: Edges, reach: float) -> None:
        self._edges = edges
        self._reach = math.ceil(reach) + 2
        self._angles = round(180 / STEP_DEG)
        around = round(VOTES_DEG / STEP_DEG)
        own = np.degrees(np.arctan2(edges.normal_y, edges.normal_x)) % 180
        index = np.round(own / STEP_DEG).astype(np.int64)[:, None] + np.arange(-around, around + 1)
        index %= self._angles  # (N, 2 * around + 1)
        angle = np.radians(index * STEP_DEG)
        offset = edges.x[:, None] * np.cos(angle) + edges.y[:, None] * np.sin(angle)
        self._cells = index * (2 * self._reach) + np.round(offset).astype(np.int64) + self._reach
        self._free = np.ones(len(edges.x), dtype=bool)
        self._counts = np.bincount(self._cells.ravel(), minlength=self._angles * 2 * self._reach)

    def best(self, least: float) -> tuple[float, float] | None:
        """(angle of the normal in radians, offset) of the line with the most points; None below so many."""
        cell = int(self._counts.argmax())
        if self._counts[cell] < max(least, 4):
            return None
        index, offset = divmod(cell, 2 * self._reach)
        return math.radians(index * STEP_DEG), float(offset - self._reach)

    def near(self, angle: float, offset: float) -> npt.NDArray[np.intp]:
        """Points that are free, lie on a line and run along it."""
        edges, cos, sin = self._edges, math.cos(angle), math.sin(angle)
        on = np.abs(edges.x * cos + edges.y * sin - offset) <= NEAR_PX
        along = np.abs(edges.normal_x * cos + edges.normal_y * sin) > math.cos(math.radians(3 * VOTES_DEG))
        return np.nonzero(on & along & self._free)[0]

    def drop(self, points: npt.NDArray[np.intp]) -> None:
        """Take points out."""
        self._free[points] = False
        cells, counts = np.unique(self._cells[points], return_counts=True)
        self._counts[cells] -= counts


def _fit(part: Edges) -> tuple[float, float]:
    """Total least squares, twice, the second time with less weight on what lies off: (angle of the normal, offset)."""
    weight = part.strength.copy()
    angle = offset = 0.0
    for _ in range(2):
        total = weight.sum()
        x, y = (weight @ part.x) / total, (weight @ part.y) / total
        dx, dy = part.x - x, part.y - y
        angle = 0.5 * math.atan2(2 * (weight @ (dx * dy)), weight @ (dx * dx) - weight @ (dy * dy)) + math.pi / 2
        offset = x * math.cos(angle) + y * math.sin(angle)
        weight = part.strength / (1 + (4 * (part.x * math.cos(angle) + part.y * math.sin(angle) - offset)) ** 2)
    return angle, offset


def _longest(part: Edges, line: tuple[float, float], gap_px: float) -> Segment:
    """The run of points along a line, without gaps, that is longest; one of no length where that is bent."""
    angle, offset = line
    cos, sin = math.cos(angle), math.sin(angle)
    along = part.y * cos - part.x * sin
    order = np.argsort(along, kind="stable")
    along, off = along[order], (part.x * cos + part.y * sin - offset)[order]
    breaks = np.nonzero(np.diff(along) > gap_px)[0]
    starts, stops = np.r_[0, breaks + 1], np.r_[breaks, len(along) - 1]
    longest = int((along[stops] - along[starts]).argmax())
    run = slice(starts[longest], stops[longest] + 1)
    first, last = float(along[run][0]), float(along[run][-1])
    if _sag(along[run], off[run]) > max(SAG_PX, SAG * (last - first)):
        return Segment(0.0, 0.0, 0.0, 0.0, 0.0)
    covered = len(np.unique(np.floor(along[run])))
    ends = [(offset * cos - at * sin, offset * sin + at * cos) for at in (first, last)]
    return Segment(*ends[0], *ends[1], min(1.0, covered / max(1.0, last - first)))


def _sag(along: Array, off: Array) -> float:
    """Distance in pixels by which points bend away from a straight line in the middle."""
    span = along[-1] - along[0]
    if len(along) < 5 or span < 4:
        return 0.0
    place = 2 * (along - along[0]) / span - 1
    return abs(float(np.polyfit(place, off, 2)[0]))


class Contrast:
    """Evidence of straight edges: the mean difference across a line, in units of its standard error.

    Args:
        rgb: (1, 3, H, W) in [0, 1].
    """

    def __init__(self, rgb: Tensor) -> None:
        from scipy import ndimage

        gray = luma(rgb)[0, 0].double().numpy()
        self._across, self._down = (
            ndimage.gaussian_filter(gray, 1.5 * SMOOTH_PX, order=order) for order in ((0, 1), (1, 0))
        )

    def along(self, starts: Array, stops: Array) -> Array:
        """(N,) from lines (N, 2) to (N, 2): the least among a line's thirds, 0 where these disagree on the sign.

        A line through even noise has about 0.5, one along a clear edge more than 5.
        """
        from scipy import ndimage

        run = stops - starts
        length = np.maximum(np.hypot(run[:, 0], run[:, 1]), 1e-6)
        shares = np.linspace(0.06, 0.94, 48)
        at = starts[:, None] + run[:, None] * shares[:, None]  # (N, 48, 2)
        places = (at[..., 1] - 0.5, at[..., 0] - 0.5)
        across, down = (ndimage.map_coordinates(x, places, order=1, mode="nearest") for x in (self._across, self._down))
        normal = (down * run[:, :1] - across * run[:, 1:]) / length[:, None]
        thirds = normal.reshape(len(normal), 3, 16)
        # Neighboring samples of a short line are one and the same.
        free = np.clip(length / 3 / (2 * 1.5 * SMOOTH_PX), 1.5, 16)[:, None]
        score = thirds.mean(2) / (thirds.std(2) / np.sqrt(free) + 1e-3)
        agreed = np.abs(np.sign(score).sum(1)) == 3
        return np.asarray(np.where(agreed, np.abs(score).min(1), 0.0))
