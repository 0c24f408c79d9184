"""Charbonnier, MS-SSIM and the unrest of flat grounds against values known beforehand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from gan.training.losses.pictures import charbonnier, ms_ssim_loss, unrest


def _picture(seed: int, side: int = 96) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    small = torch.rand(2, 3, 12, 12, generator=generator)
    return torch.nn.functional.interpolate(small, (side, side), mode="bicubic").clamp(0, 1)


def test_charbonnier_by_hand() -> None:
    made, target = torch.tensor([0.0, 0.3, 0.5]), torch.tensor([0.0, 0.0, 0.9])
    by_hand = (0 + math.hypot(0.3, 1e-3) - 1e-3 + math.hypot(0.4, 1e-3) - 1e-3) / 3
    assert float(charbonnier(made, target)) == pytest.approx(by_hand, rel=1e-5)
    assert float(charbonnier(target, target)) == pytest.approx(0, abs=1e-9)


def test_one_scale_of_ms_ssim_is_ssim() -> None:
    a, b = _picture(1), (_picture(1) + 0.1 * torch.randn(2, 3, 96, 96, generator=torch.Generator().manual_seed(3)))
    ours = 1 - float(ms_ssim_loss(a, b, scales=1))
    theirs = [
        structural_similarity(
            x.numpy().astype(np.float64),
            y.numpy().astype(np.float64),
            data_range=1.0,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            full=True,
        )[1][5:-5, 5:-5].mean()
        for x, y in zip(a.flatten(0, 1), b.flatten(0, 1), strict=True)
    ]
    assert ours == pytest.approx(float(np.mean(theirs)), abs=1e-4)


def test_ms_ssim_knows_equal_worse_and_opposite() -> None:
    a = _picture(2)
    fine, coarse = (ms_ssim_loss(a + s * torch.randn_like(a), a) for s in (0.02, 0.2))
    assert float(ms_ssim_loss(a, a)) == pytest.approx(0, abs=1e-5)
    assert 0 < float(fine) < float(coarse) < 1
    opposite = (1 - a).requires_grad_()
    loss = ms_ssim_loss(opposite, a)
    loss.backward()
    assert float(loss.detach()) > 0.9
    assert opposite.grad is not None
    assert bool(torch.isfinite(opposite.grad).all())


def test_unrest_is_the_noise_on_a_flat_ground_and_nothing_beside_it() -> None:
    generator = torch.Generator().manual_seed(0)
    white = torch.ones(1, 3, 64, 64) * 0.9
    noisy = white + 0.02 * torch.randn(white.shape, generator=generator)
    expected = 0.02 * math.sqrt(1 - 1 / 25) * math.sqrt(2 / math.pi)
    assert float(unrest(noisy, white)) == pytest.approx(expected, rel=0.05)
    assert float(unrest(white, white)) == pytest.approx(0, abs=1e-6)
    assert float(unrest(noisy, torch.rand(white.shape, generator=generator))) == 0


def test_unrest_lets_an_edge_be_an_edge() -> None:
    halves = torch.cat([torch.zeros(1, 3, 32, 16), torch.ones(1, 3, 32, 16)], 3)
    assert float(unrest(halves, halves)) == pytest.approx(0, abs=1e-6)
    beside = halves.clone()
    beside[..., 15] = 0.5  # a soft edge is a matter of the other losses
    assert float(unrest(beside, halves)) == pytest.approx(0, abs=1e-6)
