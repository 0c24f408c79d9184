"""Clicks and strokes that say what is meant, as a network's prior holds them: 1 on it, 0 beside it."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

RADIUS = 0.02
"""Of a click's disc, as a share of the longer side of what the network looks at."""


def disc(height: int, width: int, y: float, x: float, radius_px: float) -> Tensor:
    """(1, height, width): 1 within `radius_px` of the middle of pixel (y, x), elsewhere 0."""
    down, across = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return (((down - y) ** 2 + (across - x) ** 2) <= radius_px**2).float()[None]


def marked(prior: Tensor, keep: Tensor | None, drop: Tensor | None) -> Tensor:
    """A prior with marks on it.

    Args:
        prior: (..., 1, h, w) in [0, 1].
        keep, drop: of the same shape, at least one half where something is marked, or None; where both are, drop holds.
    """
    if keep is not None:
        prior = torch.where(keep >= 0.5, torch.ones_like(prior), prior)
    return prior if drop is None else torch.where(drop >= 0.5, torch.zeros_like(prior), prior)


def at_size(marks: Tensor, height: int, width: int) -> Tensor:
    """Marks (1, 1, H, W) in [0, 1] at another size, (1, 1, height, width), 0 or 1: what was marked stays marked.

    A click that would be smaller than a network has learned to see grows to a disc of `RADIUS`.
    """
    shrinks = height <= marks.shape[2] and width <= marks.shape[3]
    kept = F.adaptive_max_pool2d(marks, (height, width)) if shrinks else F.interpolate(marks, (height, width))
    kept = (kept >= 0.5).float()
    radius = max(1, round(RADIUS * max(height, width)))
    if not bool(kept.any()) or float(kept.sum()) > 3 * radius**2:
        return kept
    rows, columns = (torch.nonzero(kept[0, 0].any(axis)).flatten().float() for axis in (1, 0))
    y, x = float(rows.mean()), float(columns.mean())
    small = max(float(rows[-1] - rows[0]), float(columns[-1] - columns[0])) < 2 * radius
    return torch.maximum(kept, disc(height, width, y, x, radius)[None]) if small else kept


def middles(marks: Tensor, most: int) -> list[tuple[float, float]]:
    """The innermost places of the largest strokes, x and y in shares of the picture's width and height.

    Args:
        marks: (1, 1, H, W) in [0, 1].
        most: how many strokes are looked at.
    """
    from scipy import ndimage  # here, because importing it takes longer than looking

    inside = F.pad(marks >= 0.5, (1, 1, 1, 1))[0, 0].numpy()
    depth = ndimage.distance_transform_edt(inside)
    parts, count = ndimage.label(inside)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    places = ndimage.maximum_position(depth, parts, np.argsort(-sizes)[:most] + 1) if count else []
    height, width = marks.shape[2:]
    return [((x - 0.5) / width, (y - 0.5) / height) for y, x in places]
