"""Camera and stage: the profile of a set, where every row of the picture meets it, and what lies where."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from gan.scene.sets import SceneSet

Floats = npt.NDArray[np.float64]

BEHIND: Final = 0.15
"""So much floor is left behind what stands on it."""

_ARC: Final = 14
"""Straight pieces of a sweep's bend."""


@dataclass(frozen=True)
class View:
    """A view camera, whose back is upright: verticals stay parallel, and every depth has its own scale.

    A unit is the frame's shorter side at the product's depth. X goes to the right from the product's middle, Y up from
    where it stands, Z away from the camera. A point is seen at column `center_px + focal_px * X / Z` and row
    `horizon_px + focal_px * (camera - Y) / Z`.

    Attributes:
        width_px, height_px: of the frame.
        focal_px: focal length.
        center_px: column of the product's middle.
        horizon_px: row of the horizon; may lie outside the frame.
        camera: height above what the product stands on.
        depth: of the product's foot.
    """

    width_px: int
    height_px: int
    focal_px: float
    center_px: float
    horizon_px: float
    camera: float
    depth: float

    @property
    def px(self) -> float:
        """Pixels of a unit at the product's depth."""
        return self.focal_px / self.depth

    def scaled(self, width_px: int, height_px: int) -> View:
        """The same view in a frame of another size and the same aspect."""
        by = height_px / self.height_px
        across = width_px / self.width_px
        return View(
            width_px,
            height_px,
            self.focal_px * by,
            self.center_px * across,
            self.horizon_px * by,
            self.camera,
            self.depth,
        )

    def row(self, height: Floats | float, depth: Floats | float) -> Floats:
        """Row at which a height is seen at a depth."""
        return np.asarray(self.horizon_px + self.focal_px * (self.camera - height) / np.asarray(depth, float))

    def column(self, across: Floats | float, depth: Floats | float) -> Floats:
        """Column at which something is seen."""
        return np.asarray(self.center_px + self.focal_px * across / np.asarray(depth, float))


def view_of(
    width_px: int, height_px: int, *, center_px: float, foot_px: float, elevation_deg: float, lens: float
) -> View:
    """The camera that sees a foot at that row under that angle.

    Args:
        foot_px: row at which the product stands.
        elevation_deg: of the ray to the foot, below the horizon.
        lens: focal length in shorter sides of the frame.
    """
    shorter = min(width_px, height_px)
    focal = lens * shorter
    fall = math.tan(math.radians(elevation_deg))
    return View(width_px, height_px, focal, center_px, foot_px - focal * fall, lens * fall, lens)


@dataclass(frozen=True, eq=False)
class Piece:
    """A straight piece of the profile, from its near or lower end on.

    Attributes:
        part: "floor", "wall" or "edge": whose surface it has.
        z0, y0, z1, y1: its ends.
        start: length of the same part's profile before it, where its texture goes on.
    """

    part: str
    z0: float
    y0: float
    z1: float
    y1: float
    start: float

    @property
    def length(self) -> float:
        return math.hypot(self.z1 - self.z0, self.y1 - self.y0)

    @property
    def normal(self) -> tuple[float, float]:
        """Toward the camera's side, (z, y)."""
        return -(self.y1 - self.y0) / self.length, (self.z1 - self.z0) / self.length


def profile(scene: SceneSet, view: View, drop: float, behind: float = 0.0) -> tuple[Piece, ...]:
    """The stage's profile in Z and Y.

    Args:
        drop: how far the floor lies below what the product stands on.
        behind: how far behind its foot the product touches the ground: the floor goes on behind that.
    """
    base, foot = -drop, view.depth
    distance = max(scene.distance, behind + BEHIND)
    near, back = 0.02 * view.depth, view.depth + distance
    tall = base + 40.0
    thick = scene.thickness
    stage = scene.stage
    if stage == "sweep":
        radius = min(scene.bend, 0.9 * scene.distance, distance - behind)
        angles = [math.pi / 2 * i / _ARC for i in range(_ARC + 1)] if radius > 0 else [math.pi / 2]
        bend = [(back - radius + radius * math.sin(a), base + radius - radius * math.cos(a)) for a in angles]
        return _pieces(("floor", [(near, base), *bend, (back, tall)]))
    if stage == "table":
        return _pieces(
            ("floor", [(near, base), (foot + max(min(0.5, 0.6 * distance), behind + BEHIND / 2), base)]),
            ("wall", [(back, base - 40), (back, tall)]),
        )
    if stage == "shelf":
        front = foot - min(0.32, 0.8 * foot)
        return _pieces(
            ("wall", [(back, base - 40), (back, base - thick)]),
            ("edge", [(front, base - thick), (front, base)]),
            ("floor", [(front, base), (back, base)]),
            ("wall", [(back, base), (back, tall)]),
        )
    if stage == "room":
        board = 0.012
        return _pieces(
            ("floor", [(near, base), (back - board, base)]),
            ("edge", [(back - board, base), (back - board, base + thick), (back, base + thick + 0.3 * board)]),
            ("wall", [(back, base + thick), (back, tall)]),
        )
    if stage == "steps":
        first = foot + max(0.42 * distance, behind + BEHIND / 3)
        deep = (back - first) / 2
        return _pieces(
            ("floor", [(near, base), (first, base)]),
            ("edge", [(first, base), (first, base + thick)]),
            ("floor", [(first, base + thick), (first + deep, base + thick)]),
            ("edge", [(first + deep, base + thick), (first + deep, base + 2 * thick)]),
            ("floor", [(first + deep, base + 2 * thick), (back, base + 2 * thick)]),
            ("wall", [(back, base + 2 * thick), (back, tall)]),
        )
    return _pieces(("floor", [(near, base), (back, base)]), ("wall", [(back, base), (back, tall)]))


def _pieces(*parts: tuple[str, list[tuple[float, float]]]) -> tuple[Piece, ...]:
    made: list[Piece] = []
    lengths: dict[str, float] = {}
    for part, points in parts:
        for (z0, y0), (z1, y1) in itertools.pairwise(points):
            piece = Piece(part, z0, y0, z1, y1, lengths.get(part, 0.0))
            if piece.length > 1e-9:
                made.append(piece)
                lengths[part] = piece.start + piece.length
    return tuple(made)


@dataclass(frozen=True, eq=False)
class Hits:
    """Meetings of rays at some rows with a profile.

    Attributes:
        piece: index of the piece that each row sees; -1 for none.
        depth: Z there.
        along: length along that part's profile.
    """

    piece: npt.NDArray[np.int64]
    depth: Floats
    along: Floats


def meet(pieces: tuple[Piece, ...], view: View, rows: Floats) -> Hits:
    """First meetings of rays through rows, (n,), in pixels from the frame's upper edge."""
    slope = (view.horizon_px - rows) / view.focal_px  # Y over Z
    found = np.full(len(rows), -1)
    depth = np.full(len(rows), np.inf)
    along = np.zeros(len(rows))
    for index, piece in enumerate(pieces):
        dz, dy = piece.z1 - piece.z0, piece.y1 - piece.y0
        # camera + slope * (z0 + t dz) = y0 + t dy
        divisor = dy - slope * dz
        safe = np.where(np.abs(divisor) < 1e-12, 1e-12, divisor)
        share = (view.camera + slope * piece.z0 - piece.y0) / safe
        there = piece.z0 + share * dz
        hit = (share >= -1e-9) & (share <= 1 + 1e-9) & (there > 0) & (there < depth)
        found[hit], depth[hit] = index, there[hit]
        along[hit] = piece.start + share[hit] * piece.length
    return Hits(found, depth, along)
