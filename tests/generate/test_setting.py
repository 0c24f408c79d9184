"""Color and place of a product are set on its picture: measured afterwards they are what was asked for."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gan.generate.setting import as_measured
from gan.imaging.product import measure


def _products(size_px: int = 64) -> Tensor:
    """A wide red one with a black stripe, and a tall blue one, on white."""
    x = torch.ones(2, 4, size_px, size_px)
    x[:, 3] = 0
    x[0, :, 16:40, 12:52] = torch.tensor([0.8, 0.3, 0.2, 1.0])[:, None, None]
    x[0, :3, 24:30, 12:52] = 0.0
    x[1, :, 8:56, 24:40] = torch.tensor([0.2, 0.4, 0.7, 1.0])[:, None, None]
    return x


def _measured(x: Tensor) -> Tensor:
    x = x.clamp(0, 1)
    return measure(x[:, :3], x[:, 3:])


@pytest.mark.parametrize("asked", [(-0.5, 0.4, 0.1, -0.1), (-0.1, -0.8, 0.0, 0.05), (-1.0, 0.0, -0.3, 0.3)])
def test_a_product_stands_where_it_is_asked_to(asked: tuple[float, ...]) -> None:
    x = _products()
    wanted = _measured(x)
    wanted[:, 3:] = torch.tensor(asked)
    made = _measured(as_measured(x, wanted))
    assert torch.allclose(made[:, 3:], wanted[:, 3:], atol=0.06)
    assert torch.allclose(made[:, :3], wanted[:, :3], atol=0.03)  # the colors are its own


@pytest.mark.parametrize("lightness", [0.25, 0.5, 0.7])
@pytest.mark.parametrize("chroma", [(-0.1, 0.05), (0.05, 0.08), (0.0, 0.0)])
def test_a_product_has_the_color_it_is_asked_to(lightness: float, chroma: tuple[float, float]) -> None:
    x = _products()
    wanted = _measured(x)
    wanted[:, :3] = torch.tensor([lightness, *chroma])
    made = as_measured(x, wanted)
    assert torch.allclose(_measured(made)[:, :3], wanted[:, :3], atol=0.04)
    torch.testing.assert_close(made[:, 3], x[:, 3], atol=1e-3, rtol=0)
    torch.testing.assert_close(made[:, :3, :6], x[:, :3, :6])  # the ground


def test_black_stays_black() -> None:
    x = _products()[:1]
    wanted = _measured(x)
    wanted[:, 1:3] = torch.tensor([0.2, -0.1])
    made = as_measured(x, wanted)
    assert float(made[0, :3, 26:28, 20:40].max()) < 0.1


def test_a_gray_product_is_tinted() -> None:
    x = _products()[1:]
    x[0, :3, 8:56, 24:40] = 0.5
    wanted = _measured(x)
    wanted[:, 1:3] = torch.tensor([-0.1, 0.15])
    assert torch.allclose(_measured(as_measured(x, wanted))[:, 1:3], wanted[:, 1:3], atol=0.02)


def test_a_product_that_is_as_asked_stays_as_it_is() -> None:
    x = _products()
    x[:, :3] += 0.1 * torch.rand(x[:, :3].shape, generator=torch.Generator().manual_seed(0)) * x[:, 3:]
    torch.testing.assert_close(as_measured(x, measure(x[:, :3], x[:, 3:])), x, atol=1e-4, rtol=0)


def test_an_empty_picture_has_nothing_to_set() -> None:
    x = torch.rand(1, 4, 32, 32, generator=torch.Generator().manual_seed(0))
    x[:, 3] = 0.2
    asked = torch.tensor([[0.2, 0.3, 0.1, -2.0, 1.0, 0.5, 0.5]])
    torch.testing.assert_close(as_measured(x, asked), x, atol=1e-4, rtol=0)


def test_gradients_reach_the_picture_and_the_box_and_are_finite() -> None:
    x = _products().requires_grad_(True)
    asked = (_measured(x.detach()) + 0.1).requires_grad_(True)
    as_measured(x, asked).square().mean().backward()
    assert x.grad is not None
    assert asked.grad is not None
    assert bool(x.grad.isfinite().all())
    assert bool(asked.grad[:, 3:].any())


def test_a_pale_product_is_placed_by_all_that_is_seen_of_it() -> None:
    x = _products()[:1]
    asked = _measured(x)
    pale = x.clone()
    pale[:, 3] *= 0.4
    pale[:, 3, 28:32, 30:34] = 0.6  # alone above one half
    made = as_measured(pale, asked)
    assert float((made[:, 3] - pale[:, 3]).abs().mean()) < 0.01
