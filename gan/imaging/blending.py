"""Mixing what a network made with what it was given."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.imaging.resize import resize
from gan.imaging.row_chunks import bands

_REACH_PX = 3
"""Rows that bicubic interpolation looks to either side, and one to spare."""


def blend(output: Tensor, reference: Tensor, *, scale: int, strength: float | Tensor) -> None:
    """Move the output towards the reference resampled to its size, in place and in bands of rows.

    Args:
        output: (1, C, H * scale, W * scale), in [0, 1].
        reference: (1, C, H, W), in [0, 1].
        scale: output pixels per reference pixel in each direction.
        strength: 1 leaves the output as it is; at 0 it is `resize(reference, H * scale, W * scale)`. A tensor
            (1, 1, H, W) says it for each pixel of the reference.
    """
    if isinstance(strength, float) and strength == 1:
        return
    height_px, width_px = reference.shape[2:]
    for band in bands(height_px, width_px * scale**2):
        above, below = max(band.start - _REACH_PX, 0), min(band.stop + _REACH_PX, height_px)
        rows = reference[:, :, above:below]
        size = ((below - above) * scale, width_px * scale)
        known = slice((band.start - above) * scale, (band.stop - above) * scale)
        base = resize(rows, *size)[:, :, known]
        share = strength
        if isinstance(strength, Tensor):
            # Linear, so that the ends 0 and 1 stay exact and nothing overshoots.
            share = F.interpolate(strength[:, :, above:below], size, mode="bilinear")[:, :, known]
        part = output[:, :, band.start * scale : band.stop * scale]
        part.copy_(torch.lerp(base, part, share))
