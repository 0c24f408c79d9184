"""Differentiable augmentation of what a discriminator sees, real and made alike (Zhao et al., arXiv 2006.10738).

The generator is never shown its effect as a target, so augmentations do not leak into its pictures as they do when
only real ones are augmented.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

SHIFT = 0.125
CUTOUT = 0.5


def augment(x: Tensor, generator: torch.Generator) -> Tensor:
    """Colour, translation and cutout, drawn for each picture on its own.

    Args:
        x: (N, 4, H, W) in [0, 1]: colours and coverage; only colours change colour.
        generator: on the CPU.

    Returns:
        (N, 4, H, W), differentiable with respect to `x`.
    """
    return _cut_out(_shifted(_coloured(x, generator), generator), generator)


def _coloured(x: Tensor, generator: torch.Generator) -> Tensor:
    """Brightness by up to 0.25, saturation times 0 to 2, contrast times 0.5 to 1.5."""
    brightness, saturation, contrast = _uniform(len(x), 3, generator, x)
    rgb = x[:, :3] + (brightness - 0.5) * 0.5
    grey = rgb.mean(1, keepdim=True)
    rgb = grey + (rgb - grey) * (2 * saturation)
    middle = rgb.mean((1, 2, 3), keepdim=True)
    rgb = middle + (rgb - middle) * (contrast + 0.5)
    return torch.cat([rgb, x[:, 3:]], 1)


def _shifted(x: Tensor, generator: torch.Generator) -> Tensor:
    """By up to an eighth of the frame in each direction; what comes in is zero."""
    across, down = ((share * 2 - 1)[:, 0, 0, 0] * 2 * SHIFT for share in _uniform(len(x), 2, generator, x))
    theta = torch.zeros(len(x), 2, 3, dtype=x.dtype, device=x.device)
    theta[:, 0, 0] = theta[:, 1, 1] = 1
    # Whole pixels, so that shifting does not blur.
    height, width = x.shape[2:]
    theta[:, 0, 2] = (across * width / 2).round() * 2 / width
    theta[:, 1, 2] = (down * height / 2).round() * 2 / height
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    shifted: Tensor = F.grid_sample(x, grid, mode="nearest", padding_mode="zeros", align_corners=False)
    return shifted


def _cut_out(x: Tensor, generator: torch.Generator) -> Tensor:
    """A square of half the frame's side is zero, its centre anywhere."""
    height, width = x.shape[2:]
    across, down = _uniform(len(x), 2, generator, x)
    rows = torch.arange(height, device=x.device)[None, None, :, None]
    columns = torch.arange(width, device=x.device)[None, None, None, :]
    inside = ((rows - down * height).abs() < CUTOUT * height / 2) & (
        (columns - across * width).abs() < CUTOUT * width / 2
    )
    kept: Tensor = x * (~inside).to(x.dtype)
    return kept


def _uniform(count: int, numbers: int, generator: torch.Generator, like: Tensor) -> Tensor:
    """(numbers, count, 1, 1, 1) in [0, 1)."""
    return torch.rand(numbers, count, 1, 1, 1, generator=generator).to(like)
