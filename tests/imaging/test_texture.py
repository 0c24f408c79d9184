"""Texture: what a blur takes away, spread without pale seams over any area."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gan.imaging.texture import COARSE_PX, OVERLAP_PX, PATCH_PX, Guide, detail_of, patch_means, spread


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _noise(height_px: int, width_px: int) -> Tensor:
    return torch.rand(1, 3, height_px, width_px, generator=_generator(height_px))


def test_detail_has_about_no_mean_and_nothing_coarse() -> None:
    y = torch.linspace(0.2, 0.6, 120)[:, None].expand(1, 3, 120, 120)
    rgb = (y + 0.2 * _noise(120, 120)).clamp(0, 1)
    detail = detail_of(rgb)
    assert detail.shape == rgb.shape
    assert detail.abs().max() <= 1
    assert detail.mean((2, 3)).abs().max() < 1e-3
    inner = detail[..., 20:-20, :]  # away from the border, where the ramp is mirrored
    assert inner.mean((1, 3)).abs().max() < 0.05  # the ramp went from 0.2 to 0.6
    assert inner.std() > 0.8 * 0.2 / 12**0.5  # the noise is left


def test_a_sine_keeps_what_the_blur_passes_not() -> None:
    """A Gaussian passes exp(-(2 pi s / period)^2 / 2) of a sine; here that is nearly nothing, or nearly all."""
    across = torch.arange(400.0)
    for period_px, kept in ((8.0, 1.0), (200.0, 0.02)):
        wave = (0.5 + 0.4 * torch.sin(2 * torch.pi * across / period_px)).expand(1, 3, 40, 400)
        left = detail_of(wave)[..., 60:-60].abs().max() / 0.4
        assert left == pytest.approx(kept, abs=0.03)
    assert COARSE_PX == 6.0


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (5, 40), (64, 64)])
def test_a_flat_picture_has_none(size: tuple[int, int]) -> None:
    flat = torch.tensor([1.0, 0.3, 0.0])[None, :, None, None].expand(1, 3, *size)
    assert detail_of(flat).abs().max() < 1e-5


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (3, 2), (10, 300), (PATCH_PX, PATCH_PX), (130, 97)])
@pytest.mark.parametrize("area", [(1, 1), (16, 40), (97, 131)])
def test_any_size_over_any_area(size: tuple[int, int], area: tuple[int, int]) -> None:
    detail = detail_of(_noise(*size))
    texture = spread(detail, *area, _generator())
    assert texture.shape == (1, 3, *area)
    assert texture.isfinite().all()
    # Four patches meet at most, whose weights are then 1/2 each.
    assert texture.abs().max() <= 2 * detail.abs().max() + 1e-6


def test_seams_are_as_strong_as_the_rest() -> None:
    """White noise has the same variance in every row and column; weights that added up would halve it in seams."""
    noise = torch.randn(1, 8, 250, 250, generator=_generator(1))
    period = PATCH_PX - OVERLAP_PX
    textures = torch.cat([spread(noise, 6 * period, 6 * period, _generator(seed)) for seed in range(2)])
    for along in (2, 3):
        # (6 periods) folded, so that every column between two seams is measured on many pixels
        variance = textures.square().mean((0, 1, 5 - along)).view(6, period).mean(0)
        assert variance.min() > 0.93
        assert variance.max() < 1.07


def test_the_first_patches_do_not_fade_in() -> None:
    noise = torch.randn(1, 8, 250, 250, generator=_generator(1))
    edge = torch.cat([spread(noise, 200, 200, _generator(seed))[..., :3] for seed in range(4)])
    assert edge.square().mean() > 0.9


def test_an_area_within_one_patch_is_a_piece_of_the_detail() -> None:
    """Between two seams nothing is mixed: those pixels are found in the detail as they are."""
    detail = torch.rand(1, 1, 3 * PATCH_PX, 3 * PATCH_PX, generator=_generator())
    clear = PATCH_PX - 2 * OVERLAP_PX
    texture = spread(detail, clear, clear, _generator(3))
    places = detail[0, 0].unfold(0, clear, 1).unfold(1, clear, 1)  # (rows, columns, clear, clear)
    distance = (places - texture[0, 0]).abs().amax((2, 3))
    assert distance.min() == 0


def test_a_guide_takes_patches_where_their_tone_fits() -> None:
    """Left of the style is dark and striped along, right is light and striped across."""
    stripes = (torch.arange(300) % 6 < 3).float()[None, None]
    along, across = stripes[:, :, :, None].expand(1, 1, 300, 150), stripes[:, :, None, :150].expand(1, 1, 300, 150)
    style = torch.cat([0.2 + 0.1 * along, 0.7 + 0.1 * across], 3)
    content = torch.cat([torch.full((1, 1, 8, 8), 0.75), torch.full((1, 1, 8, 8), 0.25)], 3)
    texture = spread(detail_of(style), 288, 576, _generator(), Guide(patch_means(style), content))
    for part, still, moving in ((texture[..., 24:240], 2, 3), (texture[..., 336:552], 3, 2)):
        steps = [part.diff(dim=axis).abs().mean() for axis in (still, moving)]
        assert steps[1] > 5 * steps[0]


def test_patch_means_are_those_of_all_patches() -> None:
    style = torch.rand(1, 3, 30, 33, generator=_generator())
    means = patch_means(style)
    assert means.shape == (3, 21, 24)
    torch.testing.assert_close(means[:, 4, 7], style[0, :, 4:14, 7:17].mean((1, 2)))


def test_the_same_seed_gives_the_same_pixels() -> None:
    detail = detail_of(_noise(150, 150))
    first, again, other = (spread(detail, 120, 200, _generator(seed)) for seed in (4, 4, 5))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_patches_come_from_all_over() -> None:
    """A detail that is 1 in one half and -1 in the other gives both."""
    detail = torch.ones(1, 1, 200, 400)
    detail[..., 200:] = -1
    texture = spread(detail, 500, 500, _generator())
    assert (texture == 1).any()
    assert (texture == -1).any()
