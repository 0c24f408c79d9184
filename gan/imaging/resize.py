"""Resampling to an exact size."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def resize(x: Tensor, height_px: int, width_px: int) -> Tensor:
    """Bicubic interpolation with a filter as wide as the reduction needs.

    Args:
        x: (N, C, H, W), in [0, 1].
        height_px: of the result, from 1.
        width_px: of the result, from 1.

    Returns:
        (N, C, height_px, width_px), clamped to [0, 1]; `x` itself where it has this size.
    """
    if x.shape[2:] == (height_px, width_px):
        return x
    resized: Tensor = F.interpolate(x, (height_px, width_px), mode="bicubic", antialias=True, align_corners=False)
    return resized.clamp_(0, 1)


def fitted(height_px: int, width_px: int, longest_px: int) -> tuple[int, int]:
    """The size with no side above `longest_px`, in proportion; the same where it fits already."""
    scale = min(1.0, longest_px / max(height_px, width_px))
    return max(1, round(height_px * scale)), max(1, round(width_px * scale))


def shrunk(x: Tensor, longest_px: int) -> Tensor:
    """`resize` to `fitted`: (N, C, H, W) with no side above `longest_px`; `x` itself where it fits already."""
    return resize(x, *fitted(x.shape[2], x.shape[3], longest_px))
