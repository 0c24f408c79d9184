"""Depth of focus: rows of a rendered set are blurred by how far what they show is from the product."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.imaging.row_chunks import bands
from gan.scene.enlarge import sampled
from gan.scene.stage import Stage
from gan.scene.view import Floats

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
