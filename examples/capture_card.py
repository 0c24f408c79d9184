"""A color card rendered in perspective under a known cast."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from gan.capture.card_values import COLUMNS, LAB, ROWS, linear_of
from gan.imaging.color import to_srgb
from gan.imaging.picture import Picture

CAST = np.array([[0.62, 0.12, 0.03], [0.05, 0.52, 0.04], [0.02, 0.10, 0.33]])
"""Linear sRGB to what the camera makes of it: dim, warm, and a little pale."""

OVER = 3


def plane_of(corners: list[tuple[float, float]]) -> Any:
    """(3, 3): from the card, columns 0 to 6 and rows 0 to 4, to pixels; the corners clockwise from its top left."""
    rows = []
    for (x, y), (u, v) in zip([(0, 0), (COLUMNS, 0), (COLUMNS, ROWS), (0, ROWS)], corners, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y, -u], [0, 0, 0, x, y, 1, -v * x, -v * y, -v]]
    return np.linalg.svd(np.array(rows, dtype=float))[2][-1].reshape(3, 3)


def photograph(
    corners: list[tuple[float, float]],
    size: tuple[int, int] = (360, 480),
    *,
    cast: Any = CAST,
    noise: float = 0.004,
    colors: Any = None,
) -> Picture:
    """The card with black gaps on a mottled gray table, seen from anywhere."""
    height, width = size
    generator = np.random.default_rng(0)
    y, x = (np.mgrid[0 : height * OVER, 0 : width * OVER] + 0.5) / OVER
    back = np.stack([x, y, np.ones_like(x)], 2) @ np.linalg.inv(plane_of(corners)).T
    u, v = back[..., 0] / back[..., 2], back[..., 1] / back[..., 2]
    table = 0.25 + 0.05 * np.sin(x / 7.0) * np.sin(y / 5.0) + 0.03 * np.sin(x / 1.7 + y / 2.3)
    light = np.repeat(table[..., None], 3, 2)
    light[(u > -0.25) & (u < COLUMNS + 0.25) & (v > -0.25) & (v < ROWS + 0.25)] = 0.02
    wanted = linear_of(LAB["new"]) if colors is None else colors
    column, row = np.floor(u).astype(int), np.floor(v).astype(int)
    inside = (abs(u - column - 0.5) < 0.43) & (abs(v - row - 0.5) < 0.43)
    inside &= (column >= 0) & (column < COLUMNS) & (row >= 0) & (row < ROWS)
    light[inside] = wanted[(row * COLUMNS + column)[inside]]
    light = light.reshape(height, OVER, width, OVER, 3).mean((1, 3)) @ np.asarray(cast).T
    light = light + noise * generator.standard_normal(light.shape)
    rgb = torch.from_numpy(light.clip(0, 1)).float().permute(2, 0, 1)[None]
    return Picture(to_srgb(rgb), name="card.png")
