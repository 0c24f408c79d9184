"""Distances between coverages."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

SIZES = 3


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
