"""Set a product into a rendered set: contact shadow, reflection, light that matches the set's, grain."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.edit.shadow_render import Light, mirrored
from gan.imaging.box import Box, box_of
from gan.imaging.picture import Picture
from gan.imaging.pixel_hash import sha256_of
from gan.imaging.row_chunks import bands
from gan.scene.enlarge import sampled
from gan.scene.materials import GAMMA
from gan.scene.render import fresnel
from gan.scene.stage import Stage
from gan.scene.volume import Volume

MOST_BRIGHTER, MOST_DARKER = 1.15, 0.72
"""Within these, in linear light, a product is made as bright as its set."""

MOST_TINT: Final = 0.10
"""By so much, in linear light, a channel leaves the others."""

GRAIN: Final = (0.0025, 0.018)
"""Least and most standard deviation of a set's grain."""

SHOULDER: Final = 0.92
"""Encoded value from which what would be too bright bends toward white."""

_TIGHT, _BROAD = 0.62, 0.30


def contact_of(volume: Volume) -> Tensor:
    """(h, w): light that stays in the gap between a product and its ground, dark and narrow where they touch."""
    from scipy import ndimage  # here, because importing it takes longer than most scenes

    height, width = volume.cover.shape
    size = math.sqrt(max(1.0, float(volume.cover.sum())))
    sine = math.sin(math.atan2(volume.view.camera, volume.view.depth))
    columns = np.flatnonzero(np.isfinite(volume.gap))
    dark = torch.zeros(height, width)
    for reach, across, share in ((0.012, 0.012, _TIGHT), (0.06, 0.045, _BROAD)):
        near = np.exp(-((volume.gap[columns] / (reach * size)) ** 2))
        drawn = np.zeros((height, width), np.float32)
        row = np.clip(volume.floor[columns] - 0.5, 0, height - 1)
        above = np.floor(row).astype(int)
        part = row - above
        np.maximum.at(drawn, (above, columns), near * (1 - part))
        np.maximum.at(drawn, (np.minimum(above + 1, height - 1), columns), near * part)
        down = max(0.7, across * size * max(0.22, 1.4 * sine))
        soft = ndimage.gaussian_filter(drawn, (down, max(0.7, across * size)), mode="constant")
        soft *= math.sqrt(2 * math.pi) * down
        dark = 1 - (1 - dark) * (1 - share * torch.from_numpy(soft).clamp(0, 1))
    return dark


@dataclass(frozen=True, eq=False)
class Placed:
    """A product on its canvas.

    Attributes:
        picture: with its own colors and its coverage.
        alpha: (1, 1, H, W).
        box: where that is above one half.
    """

    picture: Picture
    alpha: Tensor
    box: Box


def reflect(made: Tensor, stage: Stage, placed: Placed) -> None:
    """Let a polished ground mirror the product, in place."""
    gloss = stage.ground.gloss
    if gloss <= 0.02:
        return
    light = Light(90.0, min(1.0, 1.25 - gloss), 0.75)
    colors, seen, there = mirrored(placed.picture.rgb, placed.alpha, placed.box, light)
    under = next((body for body in stage.bodies if body.under), None)
    upper = None if under is None else torch.from_numpy(under.rims(stage.view).upper.astype(np.float32))
    target = there.of(made)
    for rows in bands(there.height, there.width):
        at = there.top + torch.arange(rows.start, rows.stop) + 0.5
        share = seen[0, :, rows] * (1.9 * gloss * fresnel(stage.view, at)[None, :, None]).clamp(max=0.85)
        if upper is not None:
            share = share * (upper[there.left : there.right] - at[:, None] + 0.5).clamp(0, 1)
        target[0, :, rows].lerp_(colors[0, :, rows], share)


def gains_of(stage: Stage, placed: Placed, amount: float) -> Tensor:
    """(3, n, m): encoded gains over the product's box that give it the set's light, within limits.

    Light on an upright sheet in the product's place, its tone and warmth; less near the ground, which hides half of
    what there is, but returns some of its own color.
    """
    view, box = stage.view, placed.box
    n, m = 24, 16
    columns = box.left + (torch.arange(m) + 0.5) / m * box.width
    rows = box.top + (torch.arange(n) + 0.5) / n * box.height
    y = ((view.row(0.0, view.depth) - rows.numpy()) / view.px).clip(0.01)
    x = (columns.numpy() - view.center_px) / view.px
    points = np.stack(np.broadcast_arrays(x[None], y[:, None], np.float64(view.depth)), -1)
    normals = ((0.0, 0.35, -0.94), (0.55, 0.35, -0.76), (-0.55, 0.35, -0.76))
    flat = torch.from_numpy(points.reshape(-1, 3).astype(np.float32))
    free = stage.shading.without_product()
    light = torch.stack([free.irradiance(flat, torch.tensor(normal)) for normal in normals]).mean(0)
    light = (light * stage.shading.exposure).T.reshape(3, n, m)
    tone = light.mean(0, keepdim=True)
    middle = tone.mean()
    color = (light / tone).mean((1, 2), keepdim=True).clamp(1 - MOST_TINT, 1 + MOST_TINT)
    level = (1.12 * middle).clamp(MOST_DARKER, 1.02)
    shape = (tone / middle).clamp(0.82, 1.12)
    above = torch.from_numpy(y.astype(np.float32))[None, :, None] / max(1e-6, box.height / view.px)
    hidden = 1 - 0.20 * torch.exp(-above / 0.05) - 0.06 * torch.exp(-above / 0.25)
    ground = stage.ground_color().pow(GAMMA)[:, None, None]
    bounce = 1 + 0.10 * torch.exp(-above / 0.3) * (ground / ground.mean().clamp(min=0.05) - 1).clamp(-0.6, 0.6)
    wanted = (color * level * shape * hidden * bounce).clamp(0.6, MOST_BRIGHTER)
    return torch.lerp(torch.ones_like(wanted), wanted, amount).pow(1 / GAMMA)


def grain_of(rgb: Tensor, alpha: Tensor) -> float:
    """Standard deviation of a product's grain: of what is left of its smoothest pixels after a small blur."""
    step = max(1, math.ceil(math.sqrt(rgb.shape[2] * rgb.shape[3] / 2e6)))
    rows = max(1, rgb.shape[2] // step)
    top = (rgb.shape[2] - rows) // 2
    part, cover = rgb[:, :, top : top + rows].mean(1, keepdim=True), alpha[:, :, top : top + rows]
    if min(part.shape[2:]) < 5:
        return GRAIN[0]
    inside = cover[:, :, 1:-1, 1:-1] > 0.999
    down = part[:, :, 2:] - 2 * part[:, :, 1:-1] + part[:, :, :-2]
    both = (down[..., 2:] - 2 * down[..., 1:-1] + down[..., :-2]) / 6
    left = both[inside].abs()  # Immerkaer, Fast noise variance estimation, 1996
    if len(left) < 200:
        return GRAIN[0]
    least, most = GRAIN
    return float(min(most, max(least, float(left[:: max(1, len(left) // 200_000)].quantile(0.35)) * 2.2)))


def finish(made: Tensor, deviation: float, seed: int) -> None:
    """Bend what is too bright below white, and add the grain of a camera, less where it is dark or white; in place."""
    generator = torch.Generator().manual_seed(seed + 4242)
    height, width = made.shape[2:]
    for rows in bands(height, width):
        count = rows.stop - rows.start
        noise = torch.randn(1, count, width, generator=generator)
        part = made[0, :, rows]
        strength = 0.4 + 2.4 * part.mean(0, keepdim=True) * (1 - part.mean(0, keepdim=True))
        part = bent(part)
        made[0, :, rows] = (part + deviation * strength * noise).clamp_(0, 1)


def lay(made: Tensor, rgb: Tensor, alpha: Tensor, gains: Tensor | None, box: Box) -> None:
    """Lay a product over a rendered set, in place.

    Args:
        made: (1, 3, H, W), the set.
        rgb, alpha: (1, 3, H, W) and (1, 1, H, W), the product.
        gains: (3, n, m), over its box, by which its colors are multiplied; what would clip is bent below white. None
            leaves them: where it covers wholly, its pixels are then its own to the last bit.
    """
    there = box_of(alpha, least=0.0)
    if there is None:
        return
    made, rgb, alpha = there.of(made), there.of(rgb), there.of(alpha)
    top = (torch.arange(there.top, there.bottom) + 0.5 - box.top) / max(1, box.height)
    sides = (box.left - there.left, there.right - box.right, 0, 0)
    for rows in bands(there.height, there.width):
        own = rgb[0, :, rows]
        if gains is not None:
            inner = sampled(gains, top[rows].clamp(0, 1), max(1, box.width))
            own = bent(own * F.pad(inner[None], sides, mode="replicate")[0])
        made[0, :, rows] = torch.lerp(made[0, :, rows], own, alpha[0, :, rows])


def bent(x: Tensor) -> Tensor:
    """Encoded values, of which those that are too bright bend toward white."""
    over = (x - SHOULDER).clamp(min=0)
    return (x - over * over / (over + 1 - SHOULDER)).clamp(0, 1)


def proof(source: Tensor, made: Tensor, alpha: Tensor, picture: Picture) -> dict[str, Any]:
    """The record of kept pixels: how many there are, how many changed, and one hash of both if none did.

    `partly` counts those that the product covers in part: they are mixed with the set by their coverage, and with
    nothing else.
    """
    whole = (alpha >= 1).expand_as(source)
    before, after = source[whole], made[whole]
    changed = int((before != after).sum())
    pixels = Picture(after.reshape(1, 3, -1, 1)) if after.numel() else None
    return {
        "pixels": int(whole[:, :1].sum()),
        "changed": changed,
        "partly": int(((alpha > 0) & (alpha < 1)).sum()),
        "sha256": sha256_of(pixels) if pixels is not None else "",
    }
