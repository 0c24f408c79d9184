"""Distances between coverages."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.imaging.mask_shapes import max_within

SIZES = 3

WINDOW_PX = 7
C1, C2 = 0.01**2, 0.03**2
"""Of SSIM, for a range of 1 (Wang et al. 2004)."""


def edge_distance(made: Tensor, wanted: Tensor) -> Tensor:
    """The mean L1 distance of the slopes across and down, at the full size, a half and a quarter.

    Most of a coverage is flat, so that its plain distance hardly sees the edges (Xu et al., Deep Image Matting, 2017,
    weigh the unknown band for that; slopes need no band).

    Args:
        made, wanted: (N, 1, H, W) in [0, 1].
    """
    total = made.new_zeros(())
    for size in range(SIZES):
        if size:
            made, wanted = F.avg_pool2d(made, 2), F.avg_pool2d(wanted, 2)
        for axis in (2, 3):
            total = total + (made.diff(dim=axis) - wanted.diff(dim=axis)).abs().mean()
    return total / SIZES


def soft_iou(made: Tensor, wanted: Tensor) -> Tensor:
    """The intersection over the union of coverages, (N,) in [0, 1]; 1 for two that are empty.

    Args:
        made, wanted: (N, 1, H, W) in [0, 1].
    """
    common = torch.minimum(made, wanted).sum((1, 2, 3))
    either = torch.maximum(made, wanted).sum((1, 2, 3))
    return (common + 1e-6) / (either + 1e-6)


def edge_band(wanted: Tensor, reach_px: int, times: float) -> Tensor:
    """Weights of the pixels, of mean 1 in each picture: `times` as much near an edge as elsewhere.

    Args:
        wanted: (N, 1, H, W) in [0, 1].
        reach_px: how far from an edge.
    """
    most, least = max_within(wanted, reach_px, reach_px), -max_within(-wanted, reach_px, reach_px)
    weight = 1 + (times - 1) * (most - least > 0.1).to(wanted.dtype)
    return weight / weight.mean((1, 2, 3), keepdim=True)


def structure_distance(made: Tensor, wanted: Tensor) -> Tensor:
    """1 - SSIM of coverages, (N,), in a square window (BASNet, CVPR 2019, takes it to keep outlines crisp).

    Args:
        made, wanted: (N, 1, H, W) in [0, 1], sides of at least the window's.
    """
    mean_a, mean_b = (F.avg_pool2d(x, WINDOW_PX, 1) for x in (made, wanted))
    var_a = (F.avg_pool2d(made * made, WINDOW_PX, 1) - mean_a * mean_a).clamp(min=0)
    var_b = (F.avg_pool2d(wanted * wanted, WINDOW_PX, 1) - mean_b * mean_b).clamp(min=0)
    common = F.avg_pool2d(made * wanted, WINDOW_PX, 1) - mean_a * mean_b
    ssim = ((2 * mean_a * mean_b + C1) * (2 * common + C2)) / ((mean_a**2 + mean_b**2 + C1) * (var_a + var_b + C2))
    return 1 - ssim.mean((1, 2, 3))
