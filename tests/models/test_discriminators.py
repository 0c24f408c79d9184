"""The discriminator's verdicts: one per pixel, bounded steepness, gradients everywhere."""

from __future__ import annotations

import pytest
import torch

from gan.models.discriminators import UNetDiscriminator
from gan.training.losses.adversarial import discriminator_loss, generator_loss


def test_one_logit_per_pixel_and_gradients_everywhere() -> None:
    discriminator = UNetDiscriminator(channels=4)
    x = torch.rand(2, 3, 16, 24, requires_grad=True)
    logits = discriminator(x)
    assert logits.shape == (2, 1, 16, 24)
    logits.sum().backward()
    assert all(p.grad is not None for p in discriminator.parameters())
    assert x.grad is not None
    assert bool(x.grad.abs().sum() > 0)


@pytest.mark.parametrize("size", [(8, 8), (8, 40)])
def test_smallest_sizes(size: tuple[int, int]) -> None:
    assert UNetDiscriminator(channels=2)(torch.rand(1, 3, *size)).shape == (1, 1, *size)


def test_losses_by_hand() -> None:
    zero = torch.zeros(1, 1, 2, 2)
    assert generator_loss(zero).item() == pytest.approx(0.693147, abs=1e-6)
    assert discriminator_loss(zero, zero).item() == pytest.approx(2 * 0.693147, abs=1e-6)
    assert discriminator_loss(zero + 20, zero - 20).item() < 1e-6


def test_losses_survive_half_precision_logits() -> None:
    huge = torch.full((1, 1, 1, 1), 60000.0, dtype=torch.float16)
    assert bool(torch.isfinite(generator_loss(-huge)))
