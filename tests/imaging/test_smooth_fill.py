"""The smooth fill: known answers."""

from __future__ import annotations

import torch

from gan.imaging.smooth_fill import smooth_fill


def _hole(height_px: int = 24, width_px: int = 30) -> torch.Tensor:
    hole = torch.zeros(1, 1, height_px, width_px, dtype=torch.bool)
    hole[..., 8:14, 10:20] = True
    return hole


def test_a_ramp_goes_on() -> None:
    ramp = torch.linspace(0.1, 0.9, 30).expand(1, 3, 24, 30).contiguous()
    damaged = ramp.masked_fill(_hole(), 1.0)
    assert torch.allclose(smooth_fill(damaged, _hole()), ramp, atol=1e-3)


def test_what_is_known_stays_and_what_is_not_is_not_looked_at() -> None:
    picture = torch.rand(1, 3, 24, 30, generator=torch.Generator().manual_seed(0))
    hole = _hole()
    made = smooth_fill(picture, hole)
    known = (~hole).expand_as(picture)
    assert torch.equal(made[known], picture[known])
    assert torch.equal(made, smooth_fill(picture.masked_fill(hole, 0.3), hole))
    assert 0 <= made.min() <= made.max() <= 1


def test_without_a_hole_it_is_the_picture() -> None:
    picture = torch.rand(1, 3, 4, 5)
    assert smooth_fill(picture, torch.zeros(1, 1, 4, 5, dtype=torch.bool)) is picture


def test_a_large_hole_stays_between_the_colors_around_it() -> None:
    columns = torch.linspace(0, 1, 96)
    picture = (0.4 + 0.2 * torch.sin(9 * columns)).expand(1, 3, 96, 96).contiguous()
    hole = torch.zeros(1, 1, 96, 96, dtype=torch.bool)
    hole[..., 20:90, 10:96] = True
    made = smooth_fill(picture, hole)
    assert 0.2 <= made.min() <= made.max() <= 0.6


def test_a_hole_at_the_pictures_edge_takes_the_colors_beside_it() -> None:
    picture = torch.full((1, 3, 64, 64), 0.3)
    hole = torch.zeros(1, 1, 64, 64, dtype=torch.bool)
    hole[..., :, 24:] = True
    assert torch.allclose(smooth_fill(picture, hole), picture, atol=1e-4)
