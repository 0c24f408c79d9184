"""The perceptual loss: distances between the stages of a frozen network, without learned weights."""

from __future__ import annotations

import torch
from torch import Tensor

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
