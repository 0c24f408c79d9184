"""Colours moved onto colours: known answers, what holds for every map, and pictures that arrive where they should."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gan.imaging.optimal_transport import FLOOR, MOST_GAIN, moments, moved, transport

EYE = torch.eye(3, dtype=torch.float64)


def _covariance(seed: int, least: float = 0.01) -> Tensor:
    """(1, 3, 3), its axes turned at random."""
    generator = torch.Generator().manual_seed(seed)
    axes, _ = torch.linalg.qr(torch.randn(3, 3, generator=generator, dtype=torch.float64))
    values = least + 0.03 * torch.rand(3, generator=generator, dtype=torch.float64)
    return (axes * values @ axes.T)[None]


def _picture(seed: int, gains: tuple[float, float, float] = (0.05, 0.04, 0.03), mean: float = 0.5) -> Tensor:
    """(1, 3, 40, 50), correlated colours far from both ends of the range."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(3, 2000, generator=generator).clamp(-2, 2)
    turn, _ = torch.linalg.qr(torch.randn(3, 3, generator=generator))
    return (mean + turn @ (torch.tensor(gains)[:, None] * noise)).view(1, 3, 40, 50)


def test_moments_by_hand() -> None:
    rgb = torch.tensor([[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]).view(1, 3, 1, 2)
    mean, covariance = moments(rgb)
    assert mean.tolist() == [[0.5, 0.5, 0.5]]
    expected = torch.tensor([[0.25, 0, -0.25], [0, 0, 0], [-0.25, 0, 0.25]], dtype=torch.float64)
    torch.testing.assert_close(covariance[0], expected)


def test_weights_count_pixels() -> None:
    """A pixel of weight 2 is as two pixels, and one of weight 0 as none."""
    rgb = torch.rand(1, 3, 1, 4, generator=torch.Generator().manual_seed(0))
    twice = torch.cat([rgb[..., :1], rgb[..., :1], rgb[..., 1:3]], 3)
    for got, expected in zip(moments(rgb, torch.tensor([[[[2.0, 1, 1, 0]]]])), moments(twice), strict=True):
        torch.testing.assert_close(got, expected)


def test_weights_of_nothing_count_everything() -> None:
    """Each picture for itself."""
    rgb = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    weight = torch.zeros(2, 1, 4, 5)
    weight[1, :, 2:] = 1
    mean, covariance = moments(rgb, weight)
    for index, part in enumerate((rgb[:1], rgb[1:, :, 2:])):
        expected_mean, expected = moments(part)
        torch.testing.assert_close(mean[index], expected_mean[0])
        torch.testing.assert_close(covariance[index], expected[0])


def test_equal_moments_need_no_map() -> None:
    covariance = torch.cat([_covariance(seed) for seed in range(4)])
    torch.testing.assert_close(transport(covariance, covariance), EYE.expand(4, 3, 3), atol=1e-9, rtol=0)


def test_one_color_to_one_color_is_no_map() -> None:
    nothing = torch.zeros(1, 3, 3, dtype=torch.float64)
    torch.testing.assert_close(transport(nothing, nothing)[0], EYE, atol=1e-9, rtol=0)


def test_diagonal_gaussians_are_scaled() -> None:
    source, target = torch.tensor([0.04, 0.01, 0.02]).double(), torch.tensor([0.01, 0.04, 0.02]).double()
    expected = ((target + FLOOR) / (source + FLOOR)).sqrt().diag()
    torch.testing.assert_close(transport(source.diag()[None], target.diag()[None])[0], expected)


@pytest.mark.parametrize("seed", range(4))
def test_the_target_is_reached_without_a_turn(seed: int) -> None:
    source, target = _covariance(seed), _covariance(seed + 100)
    matrix = transport(source, target)
    torch.testing.assert_close(matrix, matrix.mT)
    assert torch.linalg.eigvalsh(matrix).min() > 0
    torch.testing.assert_close(matrix @ (source + FLOOR * EYE) @ matrix, target + FLOOR * EYE)


def test_the_way_back_is_the_inverse() -> None:
    source, target = _covariance(1), _covariance(2)
    torch.testing.assert_close((transport(source, target) @ transport(target, source))[0], EYE, atol=1e-8, rtol=0)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("from_gain", "to_gain"), [(0.0, 1.0), (1.0, 0.0), (1e-4, 9.0), (9.0, 1e-4)])
def test_gains_are_bounded(seed: int, from_gain: float, to_gain: float) -> None:
    matrix = transport(from_gain * _covariance(seed, 0.05), to_gain * _covariance(seed + 50, 0.05))
    values = torch.linalg.eigvalsh(matrix)
    assert values.min() >= 1 / MOST_GAIN - 1e-9
    assert values.max() <= MOST_GAIN + 1e-9
    torch.testing.assert_close(matrix, matrix.mT)
    bound = MOST_GAIN if to_gain > from_gain else 1 / MOST_GAIN
    assert (values - bound).abs().min() < 1e-9  # these ask for more than is given


def test_pictures_arrive_at_mean_and_covariance() -> None:
    rgb = torch.cat([_picture(0), _picture(1)])
    target = torch.cat([_picture(2, (0.08, 0.03, 0.04), 0.4), _picture(3, (0.03, 0.06, 0.05), 0.6)])
    (mean, covariance), (wanted_mean, wanted) = moments(rgb), moments(target)
    before = rgb.clone()
    got = moved(rgb, mean, transport(covariance, wanted), wanted_mean)
    got_mean, got_covariance = moments(got)
    torch.testing.assert_close(got_mean, wanted_mean, atol=1e-3, rtol=0)
    # The floor, which is on both sides, is all that is between them: M (C + f) M = W + f.
    matrix = transport(covariance, wanted)
    expected = wanted + FLOOR * (EYE - matrix @ matrix)
    torch.testing.assert_close(got_covariance, expected, atol=1e-6, rtol=0)
    assert (got_covariance - wanted).abs().max() < 2 * FLOOR
    assert torch.equal(rgb, before)
    assert got.dtype == rgb.dtype


def test_a_picture_of_one_color_takes_the_mean() -> None:
    flat, style = torch.full((1, 3, 8, 8), 0.9), _picture(0, mean=0.4)
    (mean, covariance), (wanted_mean, wanted) = moments(flat), moments(style)
    got = moved(flat, mean, transport(covariance, wanted), wanted_mean)
    torch.testing.assert_close(got, wanted_mean.float()[:, :, None, None].expand_as(flat), atol=1e-5, rtol=0)


def test_to_one_color_contrast_shrinks_to_its_bound() -> None:
    rgb = _picture(0, (0.2, 0.18, 0.17))
    (mean, covariance), gray = moments(rgb), torch.full((1, 3), 0.5, dtype=torch.float64)
    got = moved(rgb, mean, transport(covariance, torch.zeros_like(covariance)), gray)
    torch.testing.assert_close(got - 0.5, (rgb - mean.float()[:, :, None, None]) / MOST_GAIN, atol=1e-5, rtol=0)


def test_what_leaves_the_range_is_clamped() -> None:
    rgb = torch.tensor([0.0, 1.0]).expand(1, 3, 1, 2)
    got = moved(rgb, torch.full((1, 3), 0.5), 2 * torch.eye(3)[None], torch.full((1, 3), 0.5))
    assert torch.equal(got, rgb)
