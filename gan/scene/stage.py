"""A set that is ready to be drawn: its materials as tiles, its podiums, the light on each of its planes."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import torch
from torch import Tensor

from gan.edit.background import hex_color
from gan.scene.light import Shading, leaves, lights_of
from gan.scene.materials import GAMMA, Paint, draw
from gan.scene.noise import Noise
from gan.scene.podium import Body, bodies_of
from gan.scene.sets import SceneSet, Surface
from gan.scene.view import Floats, Hits, Piece, View, meet, profile
from gan.scene.volume import Volume

LEAST_TILE_PX, MOST_TILE_PX = 64, 2048
GRID: Final = 200
"""Longest side of the grid on which light is computed; it has no finer detail than this, but where things touch."""

Kept = Callable[[Hashable, Callable[[], Tensor]], Tensor]


@dataclass(frozen=True, eq=False)
class Group:
    """Pieces of a profile under one smooth light.

    Attributes:
        part: whose surface.
        pieces: indices.
        first, last: rows between which it is seen.
        light: (3, n, m), encoded light between these rows, from the frame's left to its right.
    """

    part: str
    pieces: tuple[int, ...]
    first: float
    last: float
    light: Tensor


@dataclass(frozen=True, eq=False)
class Stage:
    """A set that is ready to be drawn in a frame.

    Attributes:
        tiles: by part, as the materials were drawn.
        floor_light: encoded light at the product's foot, (3,).
    """

    scene: SceneSet
    view: View
    pieces: tuple[Piece, ...]
    groups: tuple[Group, ...]
    bodies: tuple[Body, ...]
    shading: Shading
    tiles: dict[str, Tensor]
    body_tiles: tuple[Tensor, ...]
    body_light: tuple[tuple[Tensor, Tensor], ...]
    scaled: dict[tuple[str, tuple[int, ...]], Tensor] = field(default_factory=dict)

    def surface(self, part: str) -> Surface:
        scene = self.scene
        return scene.floor if part == "floor" else scene.wall if part == "wall" else scene.edge or scene.floor

    @property
    def ground(self) -> Surface:
        """The surface under the product."""
        return next((body.surface for body in self.bodies if body.under), self.scene.floor)

    def ground_color(self) -> Tensor:
        """Its mean color, (3,), encoded."""
        index = next((number for number, body in enumerate(self.bodies) if body.under), None)
        tile = self.tiles["floor"] if index is None else self.body_tiles[index]
        return tile.mean((1, 2))

    def unshaded_floor(self) -> Tensor:
        """The floor group's light without the product, (3, n, m), encoded."""
        group = next(group for group in self.groups if group.part == "floor")
        members = tuple(self.pieces[index] for index in group.pieces)
        return _group_light(members, self.view, group.first, group.last, self.shading.without_product())


def stage_of(
    scene: SceneSet,
    view: View,
    volume: Volume | None,
    *,
    seed: int,
    kept: Kept,
    foot_width: float = 0.4,
    shadow: float = 1.0,
) -> Stage:
    """Prepare a set: draw its tiles and compute its light.

    Args:
        kept: a cache for what was drawn.
        foot_width: of what stands on it, in units.
        shadow: how dark the product's shadow is, 0 to 1.
    """
    drop = next((each.height for each in scene.podiums if each.under), 0.0)
    pieces = profile(scene, view, drop, 0.0 if volume is None or drop else volume.behind)
    bodies = bodies_of(scene.podiums, view, drop, foot_width)
    lights = lights_of(scene)
    pattern = leaves(scene.key, seed + 77) if scene.key.pattern == "leaves" else None
    foot = torch.tensor([0.0, 0.0, view.depth])
    shading = Shading(lights, scene, pieces, bodies, volume, foot, pattern, shadow).exposed()
    toward = (float(-lights.toward[2]) + 0.25, float(lights.toward[0]))
    long = max(1.0, math.hypot(*toward))

    def tile(surface: Surface, number: int, depth: float) -> Tensor:
        size = _tile_px(surface, view, depth)
        aim = (toward[0] / long, toward[1] / long)
        if surface.turned:
            aim = (aim[1], aim[0])
        key = ("scene", surface.model_dump_json(), size, seed, number, aim)
        return kept(key, lambda: drawn(surface, size, seed * 31 + number, aim))

    surfaces = {"floor": scene.floor, "wall": scene.wall, "edge": scene.edge or scene.floor}
    depths = {"floor": view.depth, "wall": view.depth + scene.distance, "edge": view.depth}
    used = {piece.part for piece in pieces}
    tiles = {
        part: tile(surface, number, depths[part])
        for number, (part, surface) in enumerate(surfaces.items())
        if part in used
    }
    body_tiles = tuple(tile(body.surface, 3 + number, body.z) for number, body in enumerate(bodies))
    groups = _groups(scene, pieces, view, shading)
    body_light = tuple(_body_light(body, view, shading) for body in bodies)
    return Stage(scene, view, pieces, groups, bodies, shading, tiles, body_tiles, body_light)


def drawn(surface: Surface, size_px: int, seed: int, toward: tuple[float, float]) -> Tensor:
    """A surface's tile, (3, T, T), encoded."""
    color = _encoded(surface.color)
    second = _encoded(surface.second) if surface.second else color * 0.86
    paint = Paint(Noise(size_px, seed), color, second, surface.count, toward, surface.relief)
    made = draw(surface.material, paint)
    return made.transpose(1, 2).contiguous() if surface.turned else made


def _encoded(color: str) -> Tensor:
    return torch.tensor(hex_color(color)).view(3, 1, 1)


def _tile_px(surface: Surface, view: View, depth: float) -> int:
    need = view.focal_px / depth * surface.scale
    size = 2 ** math.floor(math.log2(max(1.0, 1.25 * need)))
    return int(min(MOST_TILE_PX, max(LEAST_TILE_PX, size)))


def _groups(scene: SceneSet, pieces: tuple[Piece, ...], view: View, shading: Shading) -> tuple[Group, ...]:
    rows = np.linspace(0, view.height_px, 8 * 256 + 1)[:-1] + view.height_px / (16 * 256)
    hits = meet(pieces, view, rows)
    numbers = [0] * len(pieces) if scene.stage == "sweep" else list(range(len(pieces)))
    made = []
    for number in dict.fromkeys(numbers):
        members = tuple(index for index, of in enumerate(numbers) if of == number)
        seen = rows[np.isin(hits.piece, members)]
        if len(seen) == 0:
            continue
        half = view.height_px / (16 * 256)
        first, last = float(seen.min()) - half, float(seen.max()) + half
        if scene.stage == "open" and pieces[members[0]].part == "wall":  # the sky gives light and takes none
            light = torch.full((3, 2, 2), shading.exposure ** (1 / GAMMA))
        else:
            light = _group_light(tuple(pieces[index] for index in members), view, first, last, shading)
        made.append(Group(pieces[members[0]].part, members, first, last, light))
    return tuple(made)


def _group_light(pieces: tuple[Piece, ...], view: View, first: float, last: float, shading: Shading) -> Tensor:
    longest = max(view.width_px, view.height_px)
    fine = min(GRID, max(24, longest // 3))
    tall = max(2, math.ceil(fine * (last - first) / longest))
    wide = max(2, math.ceil(fine * view.width_px / longest))
    rows = first + (np.arange(tall) + 0.5) * (last - first) / tall
    columns = (np.arange(wide) + 0.5) * view.width_px / wide
    hits = meet(pieces, view, rows)
    depth = np.where(np.isfinite(hits.depth), hits.depth, view.depth)
    height = view.camera - (rows - view.horizon_px) * depth / view.focal_px
    normals = _normals(pieces, hits)
    across = (columns[None] - view.center_px) * depth[:, None] / view.focal_px
    points = np.stack([across, *(np.broadcast_to(x[:, None], across.shape) for x in (height, depth))], -1)
    normal = np.broadcast_to(normals[:, None], points.shape)
    return _lit(points, normal, shading)


def _normals(pieces: tuple[Piece, ...], hits: Hits) -> Floats:
    """(n, 3): normals at hits, which turn smoothly from piece to piece."""
    own = np.array([piece.normal for piece in pieces])
    ends = np.concatenate([own[:1], (own[1:] + own[:-1]) / 2, own[-1:]])
    index = np.maximum(hits.piece, 0)
    start = np.array([piece.start for piece in pieces])
    length = np.array([piece.length for piece in pieces])
    share = np.clip((hits.along - start[index]) / length[index], 0, 1)
    # Only the pieces of a bend are short; in others the normal is that of the piece.
    turning = (length[index] < 0.2)[:, None]
    smooth = ends[index] + share[:, None] * (ends[index + 1] - ends[index])
    made = np.where(turning, smooth, own[index])
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return np.stack([np.zeros(len(made)), made[:, 1], made[:, 0]], 1)


def _lit(points: Floats, normal: Floats, shading: Shading) -> Tensor:
    """(3, n, m): encoded light on a grid of points, (n, m, 3)."""
    tall, wide = points.shape[:2]
    flat = torch.from_numpy(points.reshape(-1, 3).astype(np.float32))
    facing = torch.from_numpy(normal.reshape(-1, 3).astype(np.float32))
    made = shading.irradiance(flat, facing) * shading.exposure
    return made.clamp(min=1e-4).pow(1 / GAMMA).T.reshape(3, tall, wide)


def _body_light(body: Body, view: View, shading: Shading) -> tuple[Tensor, Tensor]:
    """Light on a body's top, over its bounding square, near side last; and on its side, by column over its width."""
    n = 72
    at = (np.arange(n) + 0.5) / n * 2 - 1
    x, z = np.meshgrid(body.x + at * body.half, body.z - at * body.half)
    top = np.stack([x, np.full_like(x, body.high), z], -1)
    up = np.broadcast_to(np.array([0.0, 1.0, 0.0]), top.shape)
    side = np.clip(at, -0.999, 0.999)
    front = -np.sqrt(1 - side**2) if body.round else np.full_like(side, -1.0)
    turn = side if body.round else np.zeros_like(side)
    heights = body.high - (np.arange(24) + 0.5) / 24 * (body.high - body.low)
    wall = np.stack(
        [
            np.broadcast_to(body.x + side * body.half, (24, n)),
            np.broadcast_to(heights[:, None], (24, n)),
            np.broadcast_to(body.z + front * body.half, (24, n)),
        ],
        -1,
    )
    out = np.broadcast_to(np.stack([turn, np.zeros_like(turn), front], -1)[None], wall.shape)
    return _lit(top, up, shading), _lit(wall, out, shading)
