"""Adversarial losses on logits; sigmoid and logarithm are never taken apart, so half precision is safe."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.errors import ConfigError


def generator_loss(fake_logits: Tensor) -> Tensor:
    """Non-saturating loss of the generator, softplus(-D(G)) (Goodfellow et al., arXiv 1406.2661), averaged."""
    return F.softplus(-fake_logits).mean()


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Logistic loss of the discriminator, softplus(D(G)) + softplus(-D(x)), averaged."""
    return F.softplus(fake_logits).mean() + F.softplus(-real_logits).mean()


def hinge_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Hinge loss of the discriminator, relu(1 - D(x)) + relu(1 + D(G)) (arXiv 1705.02894), averaged."""
    return F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()


def relativistic_loss(ahead: Tensor, behind: Tensor) -> Tensor:
    """softplus(behind - ahead), averaged: how far one side's logits are not yet ahead of the other's.

    With the real logits ahead it is the discriminator's loss, with the made ones ahead the generator's; pairs are
    formed row by row (RpGAN, arXiv 1807.00734; with penalties on both sides R3GAN, arXiv 2501.05441).
    """
    return F.softplus(behind - ahead).mean()


def gradient_penalty(logits: Tensor, pictures: Tensor) -> Tensor:
    """|grad of the logits with respect to the pictures|^2, averaged over pictures; times gamma / 2 it is R1 on real
    pictures and R2 on made ones (Mescheder et al., arXiv 1801.04406, equation 9).

    Args:
        logits: (N, ...), computed from `pictures` in float32.
        pictures: (N, C, H, W) with `requires_grad`.
    """
    (gradient,) = torch.autograd.grad(logits.sum(), pictures, create_graph=True)
    return gradient.square().sum((1, 2, 3)).mean()


def check_single_precision(logits: Tensor) -> None:
    """Raise `ConfigError` for logits in half precision, in which gradient penalties overflow."""
    if logits.dtype != torch.float32:
        raise ConfigError(
            "precision",
            "{dtype}",
            "gradient penalties need 32-true",
            "Leave --precision out for this preset",
            dtype=logits.dtype,
        )
