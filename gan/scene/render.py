"""Draw a set: its surfaces in perspective, row by row, under the light computed for them, and blurred by depth."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.imaging.row_chunks import bands
from gan.scene.enlarge import sampled
from gan.scene.podium import Body, Rims
from gan.scene.stage import Stage
from gan.scene.view import Floats, View, meet

SUBROWS: Final = 8
"""Rays down a row, which smooth the edges between pieces."""

ROWS: Final = 48
"""Rows that are drawn from one size of a tile."""

FRESNEL: Final = 0.05
"""What a polished surface mirrors of what is straight above."""


def render(stage: Stage, contact: Tensor | None = None) -> Tensor:
    """Draw a prepared set without its product.

    Args:
        contact: (h, w) in [0, 1], of a small copy of the frame: light that stays where things touch the ground.

    Returns:
        (1, 3, H, W) in [0, 1].
    """
    view = stage.view
    height, width = view.height_px, view.width_px
    made = torch.zeros(1, 3, height, width)
    sub = (np.arange(height)[:, None] + (np.arange(SUBROWS)[None] + 0.5) / SUBROWS).reshape(-1)
    hits = meet(stage.pieces, view, sub)
    rims = [body.rims(view) for body in stage.bodies]
    for rows in bands(height, width):
        for top in range(rows.start, rows.stop, ROWS):
            chunk = slice(top, min(top + ROWS, rows.stop))
            _draw_rows(made, stage, chunk, hits.piece, hits.depth, hits.along, contact)
    for index, (body, rim) in enumerate(zip(stage.bodies, rims, strict=True)):
        _draw_body(made, stage, index, body, rim, contact if body.under else None)
    defocus(made, stage, hits.depth.reshape(height, SUBROWS).mean(1))
    return made


def _draw_rows(
    made: Tensor,
    stage: Stage,
    chunk: slice,
    piece: npt.NDArray[np.int64],
    depth: Floats,
    along: Floats,
    contact: Tensor | None,
) -> None:
    view = stage.view
    within = slice(chunk.start * SUBROWS, chunk.stop * SUBROWS)
    shape = (-1, SUBROWS)
    pieces, depths, lengths = (x[within].reshape(shape) for x in (piece, depth, along))
    columns = torch.arange(view.width_px) + 0.5
    podium = any(body.under for body in stage.bodies)
    for group in stage.groups:
        seen = np.isin(pieces, group.pieces)
        count = seen.sum(1)
        rows = np.flatnonzero(count)
        if len(rows) == 0:
            continue
        some = np.maximum(count[rows], 1)
        z = (np.where(seen, depths, 0).sum(1)[rows] / some).astype(np.float32)
        s = (np.where(seen, lengths, 0).sum(1)[rows] / some).astype(np.float32)
        step = float(np.median(np.abs(np.diff(s)))) if len(s) > 1 else view.depth / view.focal_px
        color = _textured(stage, group.part, torch.from_numpy(z), torch.from_numpy(s), step, columns)
        at = torch.from_numpy((rows + chunk.start + 0.5).astype(np.float32))
        color *= sampled(group.light, (at - group.first) / max(1e-6, group.last - group.first), view.width_px)
        surface = stage.surface(group.part)
        if group.part == "floor" and surface.gloss > 0:
            _mirror_wall(color, stage, at, surface.gloss)
        if group.part == "floor" and contact is not None and not podium:
            color *= 1 - sampled(contact[None], at / view.height_px, view.width_px)
        weight = torch.from_numpy((count[rows] / SUBROWS).astype(np.float32))[None, :, None]
        index = torch.from_numpy(rows + chunk.start)
        if len(rows) == int(rows[-1] - rows[0] + 1):
            made[0, :, chunk.start + int(rows[0]) : chunk.start + int(rows[-1]) + 1] += color * weight
        else:
            made[0].index_add_(1, index, color * weight)


def _textured(stage: Stage, part: str, depth: Tensor, along: Tensor, step: float, columns: Tensor) -> Tensor:
    """(3, R, W): a part's tile at rows of those depths and places."""
    view, surface = stage.view, stage.surface(part)
    tile = stage.tiles[part]
    size = tile.shape[1]
    across = (columns[None] - view.center_px) * (depth[:, None] / view.focal_px) / surface.scale
    footprint = float(depth.median()) / view.focal_px
    small = _filtered(stage, part, tile, step / surface.scale * size, footprint / surface.scale * size)
    down = (along / surface.scale)[:, None].expand_as(across)
    return _wrapped(small, -down if part != "floor" else down, across)


def _filtered(stage: Stage, part: str, tile: Tensor, down: float, across: float) -> Tensor:
    """A tile whose pixels are as large as a picture's are on it, down and across, to half octaves."""
    size = tile.shape[1]
    levels = tuple(max(0, round(2 * math.log2(max(1.0, texels)))) for texels in (down, across))
    key = (part, levels)
    if key not in stage.scaled:
        sides = [max(1, round(size / 2 ** (level / 2))) for level in levels]
        small = tile[None]
        if sides != [size, size]:
            small = F.interpolate(small, sides, mode="bilinear", antialias=True, align_corners=False)
        stage.scaled[key] = F.pad(small, (1, 1, 1, 1), mode="circular")
    return stage.scaled[key]


def _wrapped(padded: Tensor, down: Tensor, across: Tensor) -> Tensor:
    """(3, R, W): a periodic tile, padded by a pixel, at places in tiles."""
    height, width = padded.shape[2] - 2, padded.shape[3] - 2
    x = (across - across.floor()) * width + 1
    y = (down - down.floor()) * height + 1
    grid = torch.stack([2 * x / (width + 2) - 1, 2 * y / (height + 2) - 1], -1)[None]
    return F.grid_sample(padded, grid, mode="bilinear", padding_mode="border", align_corners=False)[0]


def _mirror_wall(color: Tensor, stage: Stage, rows: Tensor, gloss: float) -> None:
    """Let a polished floor show the wall behind it, in place."""
    walls = [group for group in stage.groups if group.part == "wall" and group.first < group.last]
    if not walls:
        return
    wall = walls[-1]
    tone = stage.tiles["wall"].mean((1, 2))[:, None, None]
    share = ((2 * wall.last - rows) - wall.first) / max(1e-6, wall.last - wall.first)
    mirrored = tone * sampled(wall.light, share.clamp(0, 1), color.shape[2])
    color.lerp_(mirrored, gloss * fresnel(stage.view, rows)[None, :, None])


def fresnel(view: View, rows: Tensor) -> Tensor:
    """(R,): share of light that a polished floor mirrors at rows (Schlick, 1994)."""
    slope = ((rows - view.horizon_px) / view.focal_px).clamp(min=0.01)
    sine = slope / (1 + slope**2).sqrt()
    return FRESNEL + (1 - FRESNEL) * (1 - sine) ** 5


def _draw_body(made: Tensor, stage: Stage, index: int, body: Body, rim: Rims, contact: Tensor | None) -> None:
    view, surface = stage.view, body.surface
    top_light, side_light = stage.body_light[index]
    columns = np.flatnonzero(rim.share > 0)
    if len(columns) == 0:
        return
    left, right = int(columns[0]), int(columns[-1]) + 1
    span = slice(left, right)
    share, near, back, upper, lower = (
        torch.from_numpy(x[span].astype(np.float32)) for x in (rim.share, rim.depth, rim.back, rim.upper, rim.lower)
    )
    first = max(0, math.floor(float(torch.minimum(back, upper).min())) - 1)
    last = min(view.height_px, math.ceil(float(lower.max())) + 2)
    ray = (torch.arange(left, right) + 0.5 - view.center_px) / view.focal_px
    tile = stage.body_tiles[index]
    texel = tile.shape[1] / surface.scale * body.z / view.focal_px
    bevel = max(0.8, 0.004 * view.px)
    for start in range(first, last, 256):
        rows = torch.arange(start, min(start + 256, last))
        at = (rows + 0.5)[:, None]
        on_top = (at - back + 0.5).clamp(0, 1) * (upper - at + 0.5).clamp(0, 1) * share
        on_side = (at - upper + 0.5).clamp(0, 1) * (lower - at + 0.5).clamp(0, 1) * share
        target = made[0, :, start : start + len(rows), span]
        if bool((on_top > 0).any()):
            z = view.focal_px * (view.camera - body.high) / (at - view.horizon_px).clamp(min=1e-3)
            x = ray * z
            small = _filtered(stage, f"top{index}", tile, 3 * texel, texel)
            color = _wrapped(small, (z / surface.scale).expand_as(x), x / surface.scale)
            color *= _square(top_light, (x - body.x) / body.half, (body.z - z) / body.half)
            if contact is not None:
                color *= 1 - sampled(contact[None], (rows + 0.5) / view.height_px, view.width_px)[:, :, span]
            target.copy_(torch.lerp(target, color, on_top[None]))
        if bool((on_side > 0).any()):
            height = view.camera - (at - view.horizon_px) * near / view.focal_px
            x = (ray * near - body.x) / body.half
            around = torch.asin(x.clamp(-1, 1)) if body.round else x
            small = _filtered(stage, f"side{index}", tile, texel, texel)
            color = _wrapped(small, -height / surface.scale, (around * body.half / surface.scale).expand_as(height))
            down = (body.high - height) / max(1e-6, body.high - body.low)
            color *= _square(side_light, x.expand_as(height), 2 * down - 1)
            color *= 1 + 0.10 * torch.exp(-(((at - upper - 0.5 * bevel) / bevel) ** 2))
            target.copy_(torch.lerp(target, color, on_side[None]))


def _square(light: Tensor, x: Tensor, y: Tensor) -> Tensor:
    grid = torch.stack([x, y.expand_as(x)], -1)[None]
    return F.grid_sample(light[None], grid, mode="bilinear", padding_mode="border", align_corners=False)[0]


FAR: Final = 50.0
"""Distance of what no piece of a stage stops."""

STRONGEST: Final = 0.045
"""Standard deviation of the blur of what is infinitely far, at full `focus`, in shorter sides of the frame."""

_SHARP_BEHIND, _SHARP_BEFORE = 0.12, 0.25
"""Depth around the product's foot, in units, that is sharp."""


def defocus(made: Tensor, stage: Stage, depth: Floats) -> None:
    """Blur rows by how far what they show is from the product, in place.

    Args:
        made: (1, 3, H, W).
        depth: (H,), Z of what each row shows.
    """
    view, focus = stage.view, stage.scene.focus
    if focus <= 0:
        return
    away = np.where(np.isfinite(depth), depth, FAR)
    behind = np.maximum(away - view.depth - _SHARP_BEHIND, 0) + 0.6 * np.maximum(view.depth - _SHARP_BEFORE - away, 0)
    scale = STRONGEST * focus * min(view.width_px, view.height_px)
    sigma = torch.from_numpy((scale * behind / np.maximum(away, 0.2)).astype(np.float32))
    most = float(sigma.max())
    if most < 0.5:
        return
    first, second = most / 4, most / 2
    ratio = min(1.0, 2.0 / first)
    size = [max(1, round(side * ratio)) for side in made.shape[2:]]
    base = made
    if size != list(made.shape[2:]):
        base = F.interpolate(made, size, mode="bilinear", antialias=True, align_corners=False)
    levels = [blurred(base, step * size[0] / view.height_px) for step in (first, second, most)]
    between = torch.where(
        sigma < second, 1 + (sigma - first) / (second - first), 2 + (sigma - second) / (most - second)
    )
    position = torch.where(sigma < first, sigma / first, between)
    for rows in bands(view.height_px, view.width_px):
        part = position[rows]
        if float(part.max()) <= 0:
            continue
        share = (torch.arange(rows.start, rows.stop) + 0.5) / view.height_px
        below = made[0, :, rows].clone()
        for number, level in enumerate(levels):
            weight = (part - number).clamp(0, 1)[None, :, None]
            if float(weight.max()) > 0:
                below = torch.lerp(below, sampled(level, share, view.width_px), weight)
        made[0, :, rows] = below


def blurred(x: Tensor, sigma_px: float) -> Tensor:
    """A Gaussian blur of (1, 3, H, W), (3, h, w) at a size that still holds it."""
    height, width = x.shape[2:]
    ratio = min(1.0, 2.0 / max(sigma_px, 1e-6))
    size = (max(1, round(height * ratio)), max(1, round(width * ratio)))
    small = x
    if size != (height, width):
        small = F.interpolate(x, size, mode="bilinear", antialias=True, align_corners=False)
    sigma = sigma_px * size[0] / height
    radius = max(1, math.ceil(2.5 * sigma))
    at = torch.arange(-radius, radius + 1, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (at / max(sigma, 0.2)) ** 2)
    kernel /= kernel.sum()
    for pad, axis in (((0, 0, radius, radius), 2), ((radius, radius, 0, 0), 3)):
        around, length = F.pad(small, pad, mode="replicate"), small.shape[axis]
        small = torch.zeros_like(small)
        for number, weight in enumerate(kernel.tolist()):  # several times as fast as a convolution by channel
            small.add_(around.narrow(axis, number, length), alpha=weight)
    return small[0]
