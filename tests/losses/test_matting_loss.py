"""Distances between coverages: known answers."""

from __future__ import annotations

import pytest
import torch

from gan.training.losses.matting import WINDOW_PX, edge_band, edge_distance, soft_iou, structure_distance


def _half(split: int) -> torch.Tensor:
    x = torch.zeros(1, 1, 16, 16)
    x[..., :split] = 1
    return x


def test_the_same_coverage_has_no_distance() -> None:
    assert edge_distance(_half(8), _half(8)) == 0
    assert soft_iou(_half(8), _half(8)) == pytest.approx(1)


def test_overlap_is_the_share_of_common_pixels() -> None:
    assert soft_iou(_half(8), _half(4)).tolist() == pytest.approx([0.5], abs=1e-5)
    assert soft_iou(_half(8), 1 - _half(8)).tolist() == pytest.approx([0.0], abs=1e-5)
    assert soft_iou(_half(0), _half(0)).tolist() == pytest.approx([1.0])


def test_an_edge_elsewhere_costs_and_an_offset_does_not() -> None:
    assert edge_distance(_half(6), _half(8)) > 0.02
    assert edge_distance(0.5 * _half(8) + 0.2, 0.5 * _half(8)) == pytest.approx(0, abs=1e-6)


def test_a_gradient_leads_to_the_edge() -> None:
    made = torch.full((1, 1, 16, 16), 0.5, requires_grad=True)
    edge_distance(made, _half(8)).backward()
    assert made.grad is not None
    assert made.grad.abs().sum() > 0


def test_a_band_around_the_edge_counts_more() -> None:
    weight = edge_band(_half(8), 2, 4.0)
    assert weight.mean() == pytest.approx(1)
    assert weight[0, 0, 3, 8] == pytest.approx(4 * float(weight[0, 0, 3, 0]))
    # The edge lies between columns 7 and 8: two pixels on either side of it see it.
    assert (weight[0, 0, 3] > weight[0, 0, 3, 0]).nonzero().flatten().tolist() == [6, 7, 8, 9]
    assert torch.equal(edge_band(_half(0), 2, 4.0), torch.ones(1, 1, 16, 16))


def test_structure_is_lost_where_an_edge_is_blurred_or_elsewhere() -> None:
    assert structure_distance(_half(8), _half(8)).tolist() == pytest.approx([0.0], abs=1e-6)
    blurred = torch.nn.functional.avg_pool2d(_half(8), 5, 1, 2, count_include_pad=False)
    moved = structure_distance(_half(5), _half(8))
    assert 0.01 < structure_distance(blurred, _half(8)) < moved
    assert structure_distance(1 - _half(8), _half(8)) > 0.9
    # A window of a constant has no structure of its own: SSIM is then (2ab + C1) / (a^2 + b^2 + C1), by hand.
    flat = structure_distance(
        torch.full((1, 1, WINDOW_PX, WINDOW_PX), 0.25), torch.full((1, 1, WINDOW_PX, WINDOW_PX), 0.75)
    )
    assert flat.tolist() == pytest.approx([1 - (2 * 0.25 * 0.75 + 1e-4) / (0.25**2 + 0.75**2 + 1e-4)], abs=1e-5)
