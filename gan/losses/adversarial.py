"""Adversarial losses on logits; sigmoid and logarithm are never taken apart, so half precision is safe."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def generator_loss(fake_logits: Tensor) -> Tensor:
    """Non-saturating loss of the generator, softplus(-D(G)) (Goodfellow et al., arXiv 1406.2661), averaged."""
    return F.softplus(-fake_logits).mean()


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Logistic loss of the discriminator, softplus(D(G)) + softplus(-D(x)), averaged."""
    return F.softplus(fake_logits).mean() + F.softplus(-real_logits).mean()
