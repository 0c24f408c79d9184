"""Drizzle: frames shifted by parts of a pixel, dropped on a grid twice as fine.

Source: Fruchter and Hook, "Drizzle: A method for the linear reconstruction of undersampled images", PASP 114 (2002):
each pixel shrinks to a smaller square, which is dropped on the fine grid and shared out by the area of overlap. Here
the grid gathers what falls on it, band by band; squares stay parallel to the grid, as in that method's "turbo" kernel.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from gan.capture.registration import Affine
from gan.imaging.color import to_linear, to_srgb
from gan.imaging.resize import resize
from gan.imaging.row_chunks import bands

SCALE: Final = 2
_HALF: Final = 0.5 / SCALE
"""Half the side of a fine pixel, in pixels of a frame."""

_BASE: Final = 0.02
"""Weight of the reference, enlarged: it shows where no frame's drop fell."""


class Drizzle:
    """Sums over frames on the fine grid.

    Args:
        reference: (1, 3, H, W), sRGB-encoded; the grid is its own, twice as fine.
        drop: side of a dropped square, in pixels of a frame, in (0, 1].
    """

    def __init__(self, reference: Tensor, drop: float) -> None:
        self._drop = drop / 2
        height_px, width_px = (SCALE * side for side in reference.shape[2:])
        self._total = resize(reference, height_px, width_px)
        for rows in bands(height_px, width_px):
            self._total[:, :, rows] = to_linear(self._total[:, :, rows]) * _BASE
        self._weights = torch.full((1, 1, height_px, width_px), _BASE)

    def add(self, rgb: Tensor, place: Affine, agreement: Tensor) -> None:
        """Drop a frame.

        Args:
            rgb: (1, 3, H, W), sRGB-encoded, as it was taken.
            place: from the reference to the frame.
            agreement: (1, 1, H, W), on the reference's grid: how much each of its pixels counts.
        """
        height_px, width_px = rgb.shape[2:]
        planes = rgb[0].flatten(1)
        x = (torch.arange(SCALE * width_px, dtype=torch.float64) + 0.5) / SCALE
        for rows in bands(SCALE * height_px, SCALE * width_px):
            y = (torch.arange(rows.start, rows.stop, dtype=torch.float64) + 0.5) / SCALE
            down, across = place.of(y[:, None], x[None])
            counts = agreement[0, 0, torch.arange(rows.start, rows.stop) // SCALE].repeat_interleave(SCALE, dim=1)
            top, left = (torch.floor(at - 0.5) for at in (down, across))
            for i in (0, 1):
                row = top + i
                tall = self._overlap(down - row - 0.5)
                for j in (0, 1):
                    column = left + j
                    inside = (row >= 0) & (row < height_px) & (column >= 0) & (column < width_px)
                    weight = tall * self._overlap(across - column - 0.5) * counts * inside
                    index = row.clamp(0, height_px - 1).long() * width_px + column.clamp(0, width_px - 1).long()
                    light = to_linear(planes[:, index.flatten()].view(3, *index.shape))
                    self._total[0, :, rows] += (light * weight).float()
                    self._weights[0, 0, rows] += weight.float()

    def result(self) -> Tensor:
        """(1, 3, 2 H, 2 W), sRGB-encoded."""
        for rows in bands(*self._total.shape[2:]):
            self._total[:, :, rows] = to_srgb(self._total[:, :, rows] / self._weights[:, :, rows])
        return self._total.clamp_(0, 1)

    def _overlap(self, away: Tensor) -> Tensor:
        """Length that a fine pixel and a drop share, in pixels of a frame, by the distance of their centers."""
        reach = torch.minimum(away + _HALF, torch.full_like(away, self._drop))
        return (reach - torch.maximum(away - _HALF, torch.full_like(away, -self._drop))).clamp(min=0) / (2 * _HALF)
