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


def test_slopes_do_not_run_on_across_a_large_hole() -> None:
    """A glow rises towards the hole; the biharmonic equation alone would go on to white in its middle."""
    down, across = torch.meshgrid(torch.arange(128.0), torch.arange(128.0), indexing="ij")
    away = ((down - 64).square() + (across - 64).square()).sqrt() - 40
    picture = (0.2 + 0.4 * torch.exp(-away.clamp(min=0) / 10)).expand(1, 3, 128, 128).contiguous()
    picture[..., :8, :8], picture[..., :8, -8:] = 1, 0  # what is filled stays within the colors of the picture
    hole = (away < 0)[None, None]
    made = smooth_fill(picture, hole)
    assert 0.5 < float(made[0, 0, 64, 64]) < 0.75
    assert float(made[hole.expand_as(made)].max()) < 0.7
