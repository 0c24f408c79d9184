"""Projective resampling of pictures of any size: bicubic, antialiased where it reduces, in bands of rows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.imaging.homography import Matrix, applied
from gan.imaging.resize import resize

Outside = Literal["edge", "nothing"]
"""Seen beyond the source: its outermost pixels again, or 0."""

BAND_SAMPLES = 2**20
MOST_SAMPLES = 6
"""Along each side of a pixel, so many points of the source are averaged at most."""

_ROUNDING = 1e-4


def warped(x: Tensor, back: Matrix, height_px: int, width_px: int, *, outside: Outside = "edge") -> Tensor:
    """A picture seen through a projective map.

    Each output pixel is the mean of as many bicubic samples as the map reduces the source there. Where it reduces
    everywhere by 2 or more the source is resized first, so that samples stay few.

    Args:
        x: (1, C, H, W) in [0, 1]; colors of a picture with transparency are to be premultiplied.
        back: from the output's coordinates to the source's, as of `gan.imaging.homography`.
        height_px, width_px: of the output.

    Returns:
        (1, C, height_px, width_px) in [0, 1], a new tensor.
    """
    x, back = _shrunk(x, back, height_px, width_px)
    made = torch.empty(1, x.shape[1], height_px, width_px)
    across = np.arange(width_px)
    for rows, samples in _bands(back, height_px, width_px):
        steps = (np.arange(samples) + 0.5) / samples
        columns = (across[:, None] + steps).ravel()
        lines = (np.arange(rows.start, rows.stop)[:, None] + steps).ravel()
        band = sampled(x, *_mapped(back, columns, lines), outside=outside)
        made[:, :, rows] = band if samples == 1 else F.avg_pool2d(band, samples)
    return made.clamp_(0, 1)


def warped_cut(rgb: Tensor, alpha: Tensor, back: Matrix, height_px: int, width_px: int) -> tuple[Tensor, Tensor]:
    """Colors and opacity through a projective map; colors are averaged by their opacity (Porter and Duff, 1984).

    Args:
        rgb: (1, 3, H, W) in [0, 1], not premultiplied.
        alpha: (1, 1, H, W) in [0, 1]; beyond it there is nothing.
        back, height_px, width_px: as of `warped`.

    Returns:
        (1, 3, h, w) and (1, 1, h, w); white where nothing is seen.
    """
    made = warped(torch.cat([rgb * alpha, alpha], 1), back, height_px, width_px, outside="nothing")
    colors, share = made[:, :3], made[:, 3:]
    seen = share > _ROUNDING
    colors.div_(torch.where(seen, share, 1.0)).clamp_(0, 1).masked_fill_(~seen, 1.0)
    # After rounding and overshooting, what is nearly nothing or whole is so.
    share.masked_fill_(~seen, 0.0).masked_fill_(share > 1 - _ROUNDING, 1.0)
    return colors, share


def sampled(x: Tensor, across: Tensor, down: Tensor, *, outside: Outside = "edge") -> Tensor:
    """Bicubic samples of (1, C, H, W) at coordinates (h, w) in pixels, a pixel's middle at a half: (1, C, h, w)."""
    height, width = x.shape[2:]
    grid = torch.stack([2 * across / width - 1, 2 * down / height - 1], -1)[None]
    padding = "border" if outside == "edge" else "zeros"
    return F.grid_sample(x, grid, mode="bicubic", padding_mode=padding, align_corners=False)


def reduction(back: Matrix, points: np.ndarray) -> tuple[float, float]:
    """The least and the most that a map reduces at some points (N, 2) of its output, in source pixels per pixel."""
    step = 0.5
    ends = [
        applied(back, points + offset) - applied(back, points - offset)
        for offset in (np.array([step, 0.0]), np.array([0.0, step]))
    ]
    lengths = np.stack([np.hypot(end[:, 0], end[:, 1]) for end in ends])
    return float(lengths.min()), float(lengths.max())


def _shrunk(x: Tensor, back: Matrix, height_px: int, width_px: int) -> tuple[Tensor, Matrix]:
    """A source of half the size or less, and the map to it, where the output needs no more."""
    least, _ = reduction(back, _grid(0, height_px, width_px))
    if least < 2:
        return x, back
    height, width = x.shape[2:]
    size = (max(1, round(height / least)), max(1, round(width / least)))
    scale = np.diag([size[1] / width, size[0] / height, 1.0])
    return resize(x, *size), np.asarray(scale @ back)


def _bands(back: Matrix, height_px: int, width_px: int) -> Iterator[tuple[slice, int]]:
    """Rows from top to bottom, and how many samples along each side of a pixel they need."""
    top = 0
    while top < height_px:
        rows = max(1, min(height_px - top, BAND_SAMPLES // max(1, width_px)))
        _, most = reduction(back, _grid(top, top + rows, width_px))
        samples = min(MOST_SAMPLES, max(1, math.ceil(most - 0.1)))
        rows = max(1, rows // samples**2)
        yield slice(top, top + rows), samples
        top += rows


def _grid(top: int, bottom: int, width_px: int) -> np.ndarray:
    down, across = np.meshgrid(np.linspace(top + 0.5, bottom - 0.5, 5), np.linspace(0.5, width_px - 0.5, 5))
    return np.stack([across.ravel(), down.ravel()], 1)


def _mapped(back: Matrix, columns: np.ndarray, lines: np.ndarray) -> tuple[Tensor, Tensor]:
    """Source coordinates, (h, w) each, of the output's columns and lines."""
    rows = [line[:, None] for line in (back[:, 1:2] * lines + back[:, 2:3])]  # three of (h, 1)
    depth = back[2, 0] * columns + rows[2]
    x, y = ((back[index, 0] * columns + rows[index]) / depth for index in range(2))
    return torch.from_numpy(x.astype(np.float32)), torch.from_numpy(y.astype(np.float32))
