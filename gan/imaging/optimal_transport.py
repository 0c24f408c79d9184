"""How the colours of one picture are moved onto those of another, as far as a linear map can: in closed form."""

from __future__ import annotations

import torch
from torch import Tensor

FLOOR = 1e-3
"""Added to every variance, so that a picture of one colour has a map, and to it there is one."""

MOST_GAIN = 3.0
"""Contrast is raised or lowered to this at most in any direction: beyond it noise and JPEG's blocks show."""


def moments(rgb: Tensor, weight: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Mean and covariance of a picture's colours.

    Args:
        rgb: (N, 3, H, W); any colour space.
        weight: (N, 1, H, W), how much each pixel counts; None, or all 0: all alike.

    Returns:
        (N, 3) and (N, 3, 3), float64.
    """
    points = rgb.flatten(2).double()  # (N, 3, H * W)
    share = torch.ones_like(points[:, :1]) if weight is None else weight.flatten(2).double()
    share = torch.where(share.sum(2, keepdim=True) > 0, share, torch.ones_like(share))
    share = share / share.sum(2, keepdim=True)
    mean = (points * share).sum(2)
    centred = points - mean[:, :, None]
    return mean, (centred * share) @ centred.transpose(1, 2)


def transport(source: Tensor, target: Tensor) -> Tensor:
    """The matrix that moves a Gaussian of covariance `source` onto one of `target` with the least work.

    It is A^-1/2 (A^1/2 B A^1/2)^1/2 A^-1/2, symmetric and positive definite, hence invertible and free of turns
    (Pitié and Kokaram, "The linear Monge-Kantorovitch linear colour mapping", CVMP 2007).

    Args:
        source, target: (N, 3, 3), as `moments` gives them.

    Returns:
        (N, 3, 3), float64, eigenvalues within `MOST_GAIN` and its inverse.
    """
    floor = FLOOR * torch.eye(3, dtype=torch.float64, device=source.device)
    root, inverse = _roots(source + floor)
    middle, _ = _roots(root @ (target + floor) @ root)
    values, vectors = torch.linalg.eigh(inverse @ middle @ inverse)
    bounded = values.clamp(1 / MOST_GAIN, MOST_GAIN)
    matrix: Tensor = vectors * bounded[..., None, :] @ vectors.transpose(-1, -2)
    return matrix


def moved(rgb: Tensor, source_mean: Tensor, matrix: Tensor, target_mean: Tensor) -> Tensor:
    """The map applied: (N, 3, H, W) to the same shape, clamped to [0, 1]; means (N, 3), matrix (N, 3, 3)."""
    weight = matrix.to(rgb)
    offset = target_mean.to(rgb) - (weight @ source_mean.to(rgb)[:, :, None])[:, :, 0]
    flat: Tensor = torch.baddbmm(offset[:, :, None], weight, rgb.flatten(2))
    return flat.view_as(rgb).clamp_(0, 1)


def _roots(x: Tensor) -> tuple[Tensor, Tensor]:
    """Square root of a symmetric positive definite matrix, and the root's inverse."""
    values, vectors = torch.linalg.eigh(x)
    values = values.clamp(min=1e-12).sqrt()
    turned = vectors.transpose(-1, -2)
    return vectors * values[..., None, :] @ turned, vectors / values[..., None, :] @ turned
