"""A polynomial ground: exact where it is one, and not bent by what does not belong to it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gan.imaging import surface


def ground(height: int = 60, width: int = 80) -> Tensor:
    y, x = torch.linspace(-1, 1, height)[:, None], torch.linspace(-1, 1, width)[None]
    plane = 0.6 + 0.1 * y - 0.05 * x + 0.08 * x * y - 0.06 * y * y
    return torch.stack([plane, plane * 0.9, plane**1.0 + 0.02])[None]


@pytest.mark.parametrize("degree", [2, 3])
def test_a_polynomial_is_met_exactly_also_where_nothing_is_known(degree: int) -> None:
    known = torch.ones(1, 1, 60, 80, dtype=torch.bool)
    known[:, :, 10:50, 20:70] = False
    found = surface.fit(ground(), known, degree=degree)
    assert found is not None
    assert (found.at(60, 80) - ground()).abs().max() < 1e-4
    assert found.inliers == 1


def test_parts_of_it_are_the_whole_ones() -> None:
    found = surface.fit(ground(), torch.ones(1, 1, 60, 80, dtype=torch.bool))
    assert found is not None
    part = found.at(60, 80, slice(7, 20), slice(30, 33))
    assert torch.allclose(part, found.at(60, 80)[:, :, 7:20, 30:33], atol=1e-6)


def test_what_does_not_belong_to_it_bends_nothing() -> None:
    """A quarter is something dark at one side: a product's part that was taken for ground."""
    values = ground()
    values[:, :, 40:, :60] = 0.1
    known = torch.ones(1, 1, 60, 80, dtype=torch.bool)
    found = surface.fit(values, known)
    assert found is not None
    assert (found.at(60, 80) - ground())[:, :, :40].abs().max() < 0.02
    assert 0.6 < found.inliers < 0.85


def test_noise_is_measured() -> None:
    noise = torch.randn(1, 3, 60, 80, generator=torch.Generator().manual_seed(0)) * 0.02
    found = surface.fit(ground() + noise, torch.ones(1, 1, 60, 80, dtype=torch.bool))
    assert found is not None
    assert 0.015 < found.deviation < 0.045


def test_too_little_is_known() -> None:
    known = torch.zeros(1, 1, 60, 80, dtype=torch.bool)
    known[:, :, :2, :5] = True
    assert surface.fit(ground(), known) is None


def test_a_line_of_pixels() -> None:
    found = surface.fit(torch.full((1, 3, 1, 90), 0.4), torch.ones(1, 1, 1, 90, dtype=torch.bool))
    assert found is not None
    assert (found.at(1, 90) - 0.4).abs().max() < 1e-3
