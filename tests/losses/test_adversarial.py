"""Adversarial losses against values computed by hand, and the gradient penalty by gradcheck."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from gan.training.losses.adversarial import (
    discriminator_loss,
    generator_loss,
    gradient_penalty,
    hinge_discriminator_loss,
    relativistic_loss,
)

REAL, FAKE = torch.tensor([2.0, 0.5, -1.0]), torch.tensor([-3.0, 0.0, 1.5])


def _softplus(x: float) -> float:
    return math.log(1 + math.exp(x))


def test_logistic_losses_by_hand() -> None:
    by_hand = sum(_softplus(-f) for f in FAKE.tolist()) / 3
    assert float(generator_loss(FAKE)) == pytest.approx(by_hand, rel=1e-6)
    by_hand = sum(_softplus(f) for f in FAKE.tolist()) / 3 + sum(_softplus(-r) for r in REAL.tolist()) / 3
    assert float(discriminator_loss(REAL, FAKE)) == pytest.approx(by_hand, rel=1e-6)
    assert float(discriminator_loss(torch.zeros(4), torch.zeros(2))) == pytest.approx(2 * math.log(2))


def test_hinge_by_hand() -> None:
    # real: 0, 0.5, 2; made: 0, 1, 2.5
    assert float(hinge_discriminator_loss(REAL, FAKE)) == pytest.approx(2.5 / 3 + 3.5 / 3)
    assert float(hinge_discriminator_loss(torch.tensor([1.0, 7.0]), torch.tensor([-1.0, -9.0]))) == 0


def test_relativistic_by_hand() -> None:
    # made - real: -5, -0.5, 2.5
    by_hand = (_softplus(-5) + _softplus(-0.5) + _softplus(2.5)) / 3
    assert float(relativistic_loss(REAL, FAKE)) == pytest.approx(by_hand, rel=1e-6)
    assert float(relativistic_loss(FAKE, REAL)) == pytest.approx(
        (_softplus(5) + _softplus(0.5) + _softplus(-2.5)) / 3, rel=1e-6
    )
    # Only differences count.
    assert torch.allclose(relativistic_loss(REAL + 40, FAKE + 40), relativistic_loss(REAL, FAKE), atol=1e-5)


@pytest.mark.parametrize("size", [1e4, -1e4])
def test_large_logits_give_finite_losses_and_gradients(size: float) -> None:
    logits = torch.full((3,), size, requires_grad=True)
    for loss in (generator_loss(logits), discriminator_loss(logits, logits), relativistic_loss(logits, -logits)):
        (gradient,) = torch.autograd.grad(loss, logits)
        assert loss.isfinite()
        assert gradient.isfinite().all()


def test_each_side_pulls_its_own_way() -> None:
    real, fake = REAL.clone().requires_grad_(), FAKE.clone().requires_grad_()
    for loss in (discriminator_loss, hinge_discriminator_loss, relativistic_loss):
        for_real, for_fake = torch.autograd.grad(loss(real, fake), (real, fake))
        assert (for_real <= 0).all()
        assert for_real.any()
        assert (for_fake >= 0).all()
        assert for_fake.any()


def _pictures(count: int = 3) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(count, 2, 3, 3, generator=generator, dtype=torch.float64).requires_grad_()


def test_the_penalty_of_a_quadratic_by_hand() -> None:
    """D(x) = a |x|^2 / 2 has the gradient a x, so the penalty is a^2 |x|^2."""
    x = _pictures()
    a = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    penalty = gradient_penalty(a * x.square().sum((1, 2, 3)) / 2, x)
    squares = x.detach().square().sum((1, 2, 3))
    assert penalty.item() == pytest.approx(float(2.25 * squares.mean()))
    (by_a,) = torch.autograd.grad(penalty, a)
    assert float(by_a) == pytest.approx(float(3.0 * squares.mean()))


def test_maps_of_logits_are_summed_for_each_picture() -> None:
    x = _pictures()
    one = gradient_penalty(x.square().sum((1, 2, 3)), x)
    assert torch.allclose(gradient_penalty(x.square().flatten(1), x), one)


def test_a_constant_slope_has_its_square() -> None:
    x = _pictures()
    slope = torch.arange(18, dtype=torch.float64).reshape(2, 3, 3)
    assert (gradient_penalty((x * slope).sum((1, 2, 3)), x)).item() == pytest.approx(float(slope.square().sum()))


def test_the_penalty_passes_gradcheck() -> None:
    torch.manual_seed(0)
    judge = torch.nn.Sequential(
        torch.nn.Conv2d(2, 3, 2), torch.nn.Softplus(), torch.nn.Flatten(), torch.nn.Linear(12, 1)
    ).double()
    weights = dict(judge.named_parameters())

    def penalty(x: Tensor, kernel: Tensor, head: Tensor) -> Tensor:
        replaced = {**weights, "0.weight": kernel, "3.weight": head}
        return gradient_penalty(torch.func.functional_call(judge, replaced, (x,)), x)

    inputs = (
        _pictures(2),
        weights["0.weight"].detach().requires_grad_(),
        weights["3.weight"].detach().requires_grad_(),
    )
    assert torch.autograd.gradcheck(penalty, inputs)
