"""A picture's fine structure without what it shows, spread over an area of any size."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.transforms.v2.functional import gaussian_blur

COARSE_PX = 6.0
"""Standard deviation of the blur that tells structure from what is shown."""

PATCH_PX = 96
OVERLAP_PX = 24


def detail_of(rgb: Tensor) -> Tensor:
    """What a blur takes away: (N, 3, h, w) in [0, 1] to the same shape, in [-1, 1], of mean 0 nearly everywhere."""
    # The kernel's radius has to stay within the picture, which is mirrored at its border.
    radius = min(int(2.5 * COARSE_PX), min(rgb.shape[2:]) - 1)
    kernel = 2 * radius + 1
    coarse: Tensor = gaussian_blur(rgb, [kernel, kernel], [COARSE_PX, COARSE_PX])
    return rgb - coarse


def spread(detail: Tensor, height_px: int, width_px: int, generator: torch.Generator) -> Tensor:
    """Patches from random places of a detail, side by side, each fading into the next.

    Where patches meet, their weights' squares add up to 1 and not the weights: patches are unrelated, so that it is
    their variances which add up, and the seams would be pale otherwise (Heitz and Neyret, "High-performance
    by-example noise", 2018).

    Args:
        detail: (1, C, h, w), as `detail_of` gives it.
        generator: on the CPU, draws the places.

    Returns:
        (1, C, height_px, width_px).
    """
    # Of a small detail only a part, so that there are places to choose from.
    patch = min(PATCH_PX, max(1, 2 * min(detail.shape[2:]) // 3))
    overlap = min(OVERLAP_PX, patch // 4)
    step = patch - overlap
    ramp = torch.ones(patch)
    if overlap:
        # sin^2 + cos^2 = 1
        rise = torch.sin(0.5 * torch.pi * (torch.arange(overlap) + 0.5) / overlap)
        ramp[:overlap] = rise
        ramp[patch - overlap :] = rise.flip(0)
    window = ramp[:, None] * ramp
    rows, columns = -(-height_px // step) + 1, -(-width_px // step) + 1
    area = torch.zeros(1, detail.shape[1], rows * step + overlap, columns * step + overlap)
    tops = torch.randint(detail.shape[2] - patch + 1, (rows, columns), generator=generator).tolist()
    lefts = torch.randint(detail.shape[3] - patch + 1, (rows, columns), generator=generator).tolist()
    for row in range(rows):
        for column in range(columns):
            top, left = tops[row][column], lefts[row][column]
            part = detail[:, :, top : top + patch, left : left + patch]
            area[:, :, row * step : row * step + patch, column * step : column * step + patch] += part * window
    # The first patches have no neighbour to fade into.
    return area[:, :, overlap : overlap + height_px, overlap : overlap + width_px]
