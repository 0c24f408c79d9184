"""Distances between coverages: known answers."""

from __future__ import annotations

import pytest
import torch

from gan.training.losses.matting import edge_distance, soft_iou


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
