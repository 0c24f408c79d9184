"""Distances between pictures: Charbonnier, MS-SSIM, how flat a flat ground stays, and stages of frozen features."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Of the scales, from the finest (Wang, Simoncelli, Bovik: Multi-scale structural similarity, Asilomar 2003)."""

WINDOW_PX = 11
SIGMA_PX = 1.5
FLAT_WINDOW_PX = 5
FLAT_STEP = 1.5 / 255
"""A place is flat where no pixel of the window around it differs from the window's mean by more than this."""


def charbonnier(made: Tensor, target: Tensor, epsilon: float = 1e-3) -> Tensor:
    """sqrt(difference^2 + epsilon^2) - epsilon, averaged: L1 that is smooth at zero (Charbonnier et al., ICIP 1994).

    Args:
        made, target: of the same shape, any range; `epsilon` in their unit.

    Returns:
        A scalar; 0 for equal pictures.
    """
    return ((made - target).square() + epsilon**2).sqrt().mean() - epsilon


def ms_ssim_loss(made: Tensor, target: Tensor, scales: int = 4) -> Tensor:
    """1 - MS-SSIM over the given number of scales, their weights scaled to add up to one.

    Args:
        made, target: (N, C, H, W) in [0, 1]; the shorter side at least 11 * 2^(scales - 1).

    Returns:
        A scalar; 0 for equal pictures. Negative structure counts as none, so that its power is defined.
    """
    weights = torch.tensor(MS_SSIM_WEIGHTS[:scales])
    weights = weights / weights.sum()
    product = torch.ones(len(made), made.shape[1])
    for scale in range(scales):
        luminance, structure = _ssim_parts(made, target)
        part = luminance * structure if scale == scales - 1 else structure
        product = product * part.mean((2, 3)).clamp(min=1e-4) ** weights[scale]
        made, target = F.avg_pool2d(made, 2), F.avg_pool2d(target, 2)
    return 1 - product.mean()


def unrest(made: Tensor, target: Tensor) -> Tensor:
    """Distance of a pixel from its neighborhood's mean where the target is flat, averaged over those places.

    Args:
        made, target: (N, 3, H, W) in [0, 1]; the gradient flows to `made`.

    Returns:
        A scalar, about 0.8 of the standard deviation of fine noise on a flat ground; 0 where nothing is flat.
    """
    with torch.no_grad():
        target = target.contiguous()
        step = (target - _local_mean(target)).abs().amax(1, keepdim=True)
        flat = (F.max_pool2d(step, FLAT_WINDOW_PX, 1, FLAT_WINDOW_PX // 2) <= FLAT_STEP).float()  # (N, 1, H, W)
    made = made.contiguous()  # pooling is slow in channels_last
    apart = (made - _local_mean(made)).abs().mean(1, keepdim=True)
    return (apart * flat).sum() / flat.sum().clamp(min=1)


def _local_mean(x: Tensor) -> Tensor:
    pad = FLAT_WINDOW_PX // 2
    return F.avg_pool2d(x, FLAT_WINDOW_PX, 1, pad, count_include_pad=False)


def _ssim_parts(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """SSIM's luminance and its contrast times structure, where the window lies fully inside."""
    c1, c2 = 0.01**2, 0.03**2
    planes = a.shape[1]
    means = _windowed(torch.cat([a, b, a * a, b * b, a * b], 1))
    mean_a, mean_b, square_a, square_b, both = torch.split(means, planes, 1)
    luminance = (2 * mean_a * mean_b + c1) / (mean_a.square() + mean_b.square() + c1)
    variance_a, variance_b = square_a - mean_a.square(), square_b - mean_b.square()
    structure = (2 * (both - mean_a * mean_b) + c2) / (variance_a + variance_b + c2)
    return luminance, structure


def _windowed(x: Tensor) -> Tensor:
    grid = torch.arange(WINDOW_PX, dtype=torch.float32, device=x.device) - WINDOW_PX // 2
    line = torch.exp(-grid.square() / (2 * SIGMA_PX**2))
    line = (line / line.sum()).expand(x.shape[1], 1, 1, WINDOW_PX)
    return F.conv2d(F.conv2d(x, line, groups=x.shape[1]), line.transpose(2, 3), groups=x.shape[1])


FLOOR = 0.05
"""Fraction of the mean feature length below which a position counts as empty. A flat ground has hardly any features,
and what it has is rounding noise: scaled to length 1 it would outweigh the product."""


def stage_distance(made: list[Tensor], targets: list[Tensor]) -> Tensor:
    """Relative L1 distance plus the squared distance of directions, averaged over the stages.

    The first term is the perceptual loss of Johnson et al. (arXiv 1603.08155) in L1, divided by the target's mean
    feature so that every stage weighs the same; it looks where features are strong. The second is LPIPS's (arXiv
    1801.03924) with w = 1 and a floor under the lengths; it looks everywhere.

    Args:
        made, targets: stages of "lite0", as `gan.models.features.Features` gives them; the gradient flows to `made`.

    Returns:
        A scalar; 0 for equal pictures, about 1.5 for a picture against its bicubic shadow.
    """
    terms = []
    for a, b in zip(made, targets, strict=True):
        floor = FLOOR * b.norm(dim=1).mean()
        terms.append((a - b).abs().mean() / b.abs().mean().clamp(min=1e-6))
        terms.append((_direction(a, floor) - _direction(b, floor)).square().sum(1).mean())
    return torch.stack(terms).sum() / len(targets)


def _direction(x: Tensor, floor: Tensor) -> Tensor:
    """(N, C, h, w) scaled to length 1 along C, shorter where there is hardly any length."""
    return x / (x.square().sum(1, keepdim=True) + floor.square() + 1e-12).sqrt()
