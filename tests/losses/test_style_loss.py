"""Style losses of equal maps, of maps worked out by hand, and their gradients."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from gan.training.losses.style import (
    content_distance,
    moments_distance,
    sliced_wasserstein,
    smoothed,
    structure_distance,
)


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _map(seed: int = 0, size_px: int = 16, channels: int = 4) -> Tensor:
    return torch.randn(2, channels, size_px, size_px, generator=_generator(seed))


def _wasserstein(made: list[Tensor], wanted: list[Tensor]) -> Tensor:
    return sliced_wasserstein(made, wanted, _generator())


def _structure(made: list[Tensor], wanted: list[Tensor]) -> Tensor:
    planes = [torch.sigmoid(y[:, :1]) for y in (*made, *wanted)]
    return structure_distance(*planes)


BOTH = {
    "moments": moments_distance,
    "histograms": _wasserstein,
    "content": content_distance,
    "structure": _structure,
}
Loss = Callable[[list[Tensor], list[Tensor]], Tensor]


@pytest.mark.parametrize("name", ["moments", "content", "structure"])
def test_nothing_lies_between_equal_maps(name: str) -> None:
    assert BOTH[name]([_map()], [_map()]).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("loss", BOTH.values(), ids=BOTH.keys())
def test_the_gradient_leads_downhill(loss: Loss) -> None:
    made, wanted = _map(0).requires_grad_(), 2 * _map(1) + 1
    before = loss([made], [wanted])
    (gradient,) = torch.autograd.grad(before, made)
    assert gradient.isfinite().all()
    assert loss([made - 0.1 * gradient / gradient.norm()], [wanted]) < before


@pytest.mark.parametrize("loss", BOTH.values(), ids=BOTH.keys())
@pytest.mark.parametrize("flat", ["made", "wanted", "both"])
def test_maps_without_any_contrast_have_finite_gradients(loss: Loss, flat: str) -> None:
    """Square roots and quotients of nothing."""
    made = (torch.zeros_like(_map()) if flat != "wanted" else _map()).requires_grad_()
    wanted = torch.zeros_like(_map()) if flat != "made" else _map(1)
    distance = loss([made], [wanted])
    (gradient,) = torch.autograd.grad(distance, made)
    assert distance.isfinite()
    assert gradient.isfinite().all()


def test_moments_by_hand() -> None:
    """Mean 0 and deviation 1 against mean 3 and deviation 2; a hundredth is added to the unit."""
    a = torch.tensor([-1.0, 1.0]).repeat(8).view(1, 1, 4, 4)
    assert moments_distance([a], [2 * a + 3]).item() == pytest.approx((3 + 1) / 2.01, rel=1e-4)
    assert moments_distance([a, a], [2 * a + 3, a]).item() == pytest.approx(2 / 2.01, rel=1e-4)


def test_moments_know_no_place_and_no_size() -> None:
    """The same values elsewhere, and in a map of another size."""
    a = _map()
    mixed = a.flatten(2)[:, :, torch.randperm(256, generator=_generator())].view_as(a)
    assert moments_distance([mixed], [a]).item() == pytest.approx(0, abs=1e-5)
    assert moments_distance([a.repeat(1, 1, 2, 3)], [a]).item() == pytest.approx(0, abs=1e-5)


def test_histograms_by_hand() -> None:
    """A map of one pixel is that pixel 256 times; without a deviation the unit is a hundredth."""
    made, wanted = torch.full((1, 2, 1, 1), 0.25), torch.full((1, 2, 1, 1), 0.05)
    assert _wasserstein([made], [wanted]).item() == pytest.approx(20, rel=1e-4)
    assert _wasserstein([wanted], [wanted]).item() == 0


def test_a_shifted_map_is_as_far_as_its_shift() -> None:
    wanted = _map(0, 64)
    for shift in (2.0, -3.0):
        assert _wasserstein([wanted + shift], [wanted]).item() == pytest.approx(abs(shift), rel=0.05)


def test_histograms_see_what_moments_do_not() -> None:
    """Two values against a normal distribution, both of mean 0 and deviation 1, in maps of different sizes."""
    normal, two = _map(0, 64), _map(1, 48).sign()
    assert moments_distance([two], [normal]).item() < 0.1
    noise = _wasserstein([_map(2, 48)], [normal]).item()
    # Quantiles of both differ by 0.48 in the mean: E|N| is sqrt(2 / pi), and |1 - |N|| has that mean.
    assert noise < 0.2
    assert _wasserstein([two], [normal]).item() == pytest.approx(0.48, abs=0.1)


def test_the_same_generator_looks_at_the_same_positions() -> None:
    a, b = _map(0, 32), _map(1, 32)
    assert _wasserstein([a], [b]) == _wasserstein([a], [b])
    assert sliced_wasserstein([a], [b], _generator(1)) != _wasserstein([a], [b])


def test_smoothed_maps_have_mean_one_and_no_scale() -> None:
    y = _map(0, 8, 6)
    (smooth,) = smoothed([y])
    torch.testing.assert_close(smooth.mean(1), torch.ones(2, 8, 8))
    torch.testing.assert_close(smoothed([50 * y])[0], smooth, atol=2e-3, rtol=0)
    assert torch.equal(smooth.argmax(1), y.argmax(1))
    assert smoothed([torch.zeros(1, 3, 4, 4)])[0].unique().tolist() == pytest.approx([1.0])


def test_smoothing_bounds_a_peak() -> None:
    y = 0.1 * _map(0, 16, 8)
    y[:, 3, 5, 5] = 40
    (smooth,) = smoothed([y])
    assert smooth[:, 3, 5, 5].min() == pytest.approx(8, abs=1e-3)
    assert smooth.max() <= 8 + 1e-5
    assert smooth.min() > 0


def test_content_cares_for_neither_gain_nor_offset() -> None:
    content = _map(0, 32)
    gain, offset = torch.tensor([0.5, 2.0, 3.0, 7.0])[:, None, None], torch.tensor([4.0, 0.0, -1.0, 2.0])[:, None, None]
    assert content_distance([gain * content + offset], [content]).item() < 1e-5


def test_content_by_hand() -> None:
    """Rows against columns are unrelated, 2; a negative is the contrary, 4; over stages it is the mean."""
    rows = torch.tensor([-1.0, 1.0])[:, None].repeat(4, 8).view(1, 1, 8, 8)
    columns = rows.mT
    assert content_distance([rows], [columns]).item() == pytest.approx(2, rel=5e-3)
    assert content_distance([-rows], [rows]).item() == pytest.approx(4, rel=5e-3)
    assert content_distance([-rows, rows], [rows, rows]).item() == pytest.approx(2, rel=5e-3)


def test_structure_cares_not_for_lightness() -> None:
    y = 0.2 + 0.4 * torch.rand(1, 1, 40, 37, generator=_generator())
    assert structure_distance(y + 0.3, y).item() == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(("gain", "bound"), [(0.5, 0.2), (2.0, 0.2), (0.0, 1.0), (-1.0, 2.0)])
def test_structure_by_hand(gain: float, bound: float) -> None:
    """1 - 2 g / (1 + g^2) for a gain of g, where contrast is far above the constant of 0.0009."""
    y = 0.3 * torch.rand(1, 1, 64, 64, generator=_generator()).round()
    assert structure_distance(gain * y + 0.3, y).item() == pytest.approx(bound, abs=0.04)


def test_structure_of_flat_pictures_is_the_same() -> None:
    assert structure_distance(torch.full((1, 1, 16, 16), 0.9), torch.full((1, 1, 16, 16), 0.1)).item() < 1e-3


def test_gradcheck() -> None:
    a, b = (torch.rand(1, 1, 6, 7, generator=_generator(seed), dtype=torch.float64) for seed in (0, 1))
    assert torch.autograd.gradcheck(lambda x: structure_distance(x, b, 5), a.requires_grad_())
    y = torch.randn(1, 3, 3, 3, generator=_generator(2), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: smoothed([x])[0], y)
