"""Edges: the product's own colors without the old ground's, and coverages that follow the picture."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.imaging import matting
from gan.imaging.matting import NEAR_PX, foreground, guided, snapped_ends
from gan.imaging.resize import resize

RED, GREEN = torch.tensor([0.8, 0.2, 0.1]).view(1, 3, 1, 1), torch.tensor([0.1, 0.7, 0.3]).view(1, 3, 1, 1)


def _ring(height_px: int, width_px: int, *, soft_px: float = 4.0) -> Tensor:
    """(1, 1, H, W): a ring around a hole, with soft edges."""
    y, x = torch.meshgrid(torch.arange(height_px) + 0.5, torch.arange(width_px) + 0.5, indexing="ij")
    radius = ((y - height_px / 2) ** 2 + (x - width_px / 2) ** 2).sqrt()
    inner, outer = min(height_px, width_px) * 0.2, min(height_px, width_px) * 0.4
    return ((torch.minimum(radius - inner, outer - radius) / soft_px + 0.5).clamp(0, 1))[None, None]


def _over(product: Tensor, ground: Tensor, alpha: Tensor) -> Tensor:
    return torch.lerp(ground.expand(1, 3, *alpha.shape[2:]), product.expand(1, 3, *alpha.shape[2:]), alpha)


@pytest.mark.parametrize("size", [(300, 210), (129, 257), (40, 30)])
def test_no_fringe_of_the_old_ground_is_left(size: tuple[int, int]) -> None:
    alpha = _ring(*size)
    own = foreground(_over(RED, GREEN, alpha), alpha)
    half = ((alpha > 0.05) & (alpha < 1)).expand_as(own)
    assert (own - RED).abs()[half].max() < 0.06
    assert (_over(RED, GREEN, alpha) - RED).abs()[half].max() > 0.4


def test_detail_of_the_product_stays_at_half_covered_pixels() -> None:
    alpha = _ring(200, 200)
    stripes = (0.5 + 0.3 * torch.sin(torch.arange(200) * 0.2)).view(1, 1, 1, 200).expand(1, 3, 200, 200)
    own = foreground(_over(stripes, GREEN, alpha), alpha)
    half = ((alpha > 0.5) & (alpha < 1)).expand_as(own)
    assert (own - stripes).abs()[half].mean() < 0.06


def test_covered_pixels_are_the_input_s_and_far_ones_carry_nothing_of_the_ground() -> None:
    alpha = _ring(300, 300)
    rgb = _over(RED, GREEN, alpha) + 0.01 * torch.rand(1, 3, 300, 300, generator=torch.Generator().manual_seed(0))
    own = foreground(rgb, alpha)
    whole = (alpha == 1).expand_as(own)
    assert torch.equal(own[whole], rgb[whole])
    far = F.max_pool2d(alpha, 2 * NEAR_PX + 1, 1, NEAR_PX) == 0
    assert far.any()
    assert (own[far.expand_as(own)] == 1).all()
    beside = (alpha == 0) & ~far
    assert (own - RED).abs()[beside.expand_as(own)].mean() < 0.05


def test_all_product_or_none() -> None:
    rgb = torch.rand(1, 3, 140, 30)
    assert torch.equal(foreground(rgb, torch.ones(1, 1, 140, 30)), rgb)
    assert (foreground(rgb, torch.zeros(1, 1, 140, 30)) == 1).all()


def test_tiles_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    alpha = _ring(230, 270)
    rgb = torch.rand(1, 3, 230, 270, generator=torch.Generator().manual_seed(1))
    small = resize(alpha, 77, 90)
    in_tiles = foreground(rgb, alpha), guided(rgb, small)
    monkeypatch.setattr(matting, "TILE_PX", 1024)
    for tiled, whole in zip(in_tiles, (foreground(rgb, alpha), guided(rgb, small)), strict=True):
        assert torch.allclose(tiled, whole, atol=2e-5)


def test_an_edge_is_found_at_full_resolution() -> None:
    alpha = _ring(480, 480, soft_px=1.0)
    small = resize(alpha, 120, 120)
    made = guided(_over(RED, GREEN, alpha), small)
    plain = F.interpolate(small, (480, 480), mode="bilinear")
    assert (made - alpha).abs().mean() < 0.2 * (plain - alpha).abs().mean()
    assert ((made > 0) & (made < 1)).float().mean() < 0.02


def test_white_on_white_keeps_the_coverage_it_was_given() -> None:
    alpha = _ring(240, 240)
    small = resize(alpha, 120, 120)
    made = guided(torch.ones(1, 3, 240, 240), small)
    plain = F.interpolate(small, (240, 240), mode="bilinear")
    assert (made - plain).abs().max() < 0.03


def test_texture_far_from_the_edge_is_no_edge() -> None:
    alpha = _ring(240, 240, soft_px=1.0)
    rgb = torch.rand(1, 3, 240, 240, generator=torch.Generator().manual_seed(2))
    made = guided(rgb, resize(alpha, 120, 120))
    near = 2 * 2 * 3  # twice the window's radius and a pixel, in pixels of the full size
    inside = -F.max_pool2d(-alpha, 2 * near + 1, 1, near) == 1
    outside = F.max_pool2d(alpha, 2 * near + 1, 1, near) == 0
    assert inside.any()
    assert outside.any()
    assert (made[inside] == 1).all()
    assert (made[outside] == 0).all()


@pytest.mark.parametrize(("size", "small"), [((1, 1), (1, 1)), ((7, 300), (3, 90)), ((64, 64), (64, 64))])
def test_odd_sizes(size: tuple[int, int], small: tuple[int, int]) -> None:
    rgb, alpha = torch.rand(1, 3, *size), torch.rand(1, 1, *small)
    made = guided(rgb, alpha)
    assert made.shape == (1, 1, *size)
    assert 0 <= made.min() <= made.max() <= 1
    own = foreground(rgb, made)
    assert own.shape == rgb.shape
    assert 0 <= own.min() <= own.max() <= 1


def test_a_box_of_the_enlargement_is_the_box_of_the_enlarged() -> None:
    x = torch.rand(1, 2, 20, 30)
    whole = F.interpolate(x, (53, 200), mode="bilinear")
    box = (slice(11, 53), slice(0, 170))
    assert torch.allclose(matting._enlarged(x, (53 / 20, 200 / 30), box), whole[:, :, box[0], box[1]], atol=1e-5)


def test_ends_are_exact() -> None:
    made = snapped_ends(torch.tensor([0.0, 0.01, 0.02, 0.5, 0.98, 0.995, 1.0]))
    assert made.tolist() == pytest.approx([0, 0, 0, 0.5, 1, 1, 1])
    assert made[1] == 0
    assert made[5] == 1
