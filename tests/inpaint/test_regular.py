"""What needs no guess: smooth grounds and repeating textures are continued exactly, other things are left alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from gan.inpaint.regular import NEAR, on_surface, repeated

SIDE = 240


def gradient(noise: float = 0.0) -> Tensor:
    down = torch.linspace(0, 1, SIDE).view(1, 1, SIDE, 1)
    across = torch.linspace(-1, 1, SIDE).view(1, 1, 1, SIDE)
    made = (0.97 - 0.07 * down - 0.02 * across**2).expand(1, 3, SIDE, SIDE)
    generator = torch.Generator().manual_seed(0)
    return ((made + noise * torch.randn(1, 3, SIDE, SIDE, generator=generator)) * 255).round() / 255


def hole(top: int = 80, left: int = 70, bottom: int = 160, right: int = 150) -> Tensor:
    made = torch.zeros(1, 1, SIDE, SIDE, dtype=torch.bool)
    made[:, :, top:bottom, left:right] = True
    return made


def bricks(height: int, width: int, *, period: tuple[float, float] = (24.0, 61.5), light: float = 0.0) -> Tensor:
    """A running bond with mortar; the same brick everywhere, light falling off to one side."""
    y, x = np.mgrid[:height, :width].astype(np.float64)
    row = np.floor(y / period[0])
    along = (x + (row % 2) * period[1] / 2) % period[1]
    brick = (y % period[0] > 4) & (along > 4)
    grain = 0.05 * np.sin(along * 1.7) * np.cos((y % period[0]) * 1.3)
    red = np.where(brick, 0.6 + grain, 0.85)
    picture = np.stack([red, np.where(brick, 0.3 + grain, 0.83), np.where(brick, 0.22 + grain, 0.8)])
    picture = picture * (1 - light * x / width)
    return torch.from_numpy(picture).float()[None].clamp(0, 1)


@pytest.mark.parametrize("noise", [0.0, 1 / 255])
def test_a_plain_gradient_goes_on(noise: float) -> None:
    seen = gradient(noise)
    marked = hole()
    given = torch.where(marked, 0.3, seen)
    made, whole = on_surface(given, given, marked)
    assert whole
    assert float((made - gradient())[marked.expand_as(made)].abs().max()) <= 2 / 255


def test_a_cloud_on_a_gradient_goes_and_a_product_stays() -> None:
    marked = hole()
    seen = gradient()
    seen[:, :, 140:] = torch.tensor([0.2, 0.3, 0.6]).view(1, 3, 1, 1)
    fill = seen + 0.8 * NEAR * (torch.arange(SIDE).view(1, 1, SIDE, 1) < 140)
    made, _ = on_surface(fill, torch.where(marked, 0.0, seen), marked)
    marked[:, :, 139:142] = False  # the edge itself may be a part of a pixel off
    assert float((made - seen)[marked.expand_as(made)].abs().max()) <= 2 / 255


@pytest.mark.parametrize("slope", [0.4, 0.7, 1.2])
def test_a_peak_before_a_gradient_is_a_peak(slope: float) -> None:
    """Straight edges run into the hole and meet in it: a garment whose hanger is taken away."""
    y, x = torch.arange(SIDE).view(1, 1, SIDE, 1), torch.arange(SIDE).view(1, 1, 1, SIDE)
    share = (y - 150 - slope * (x - 110).abs() + 0.5).clamp(0, 1)
    seen = gradient() + share * (torch.tensor([0.2, 0.3, 0.6]).view(1, 3, 1, 1) - gradient())
    marked = hole(60, 80, 160, 140)
    given = torch.where(marked, 0.0, seen)
    made, whole = on_surface(given, given, marked)
    assert whole
    error = (made - seen).abs().amax(1, keepdim=True)[marked]
    assert float((error > 0.05).float().mean()) < 0.02


def test_a_soft_shadow_across_the_hole_is_left_to_the_network() -> None:
    marked = hole()
    y = torch.arange(SIDE).view(1, 1, SIDE, 1)
    seen = gradient() - 0.1 * torch.exp(-(((y - 120) / 25.0) ** 2))
    fill = torch.where(marked, seen + 0.01, seen)
    made, whole = on_surface(fill, torch.where(marked, 0.0, seen), marked)
    assert not whole
    assert torch.equal(made, fill)


def test_photographed_grounds_are_left_to_the_network() -> None:
    seen = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    fill = torch.full_like(seen, 0.5)
    made, whole = on_surface(fill, seen, hole())
    assert not whole
    assert torch.equal(made, fill)


def test_a_gradient_goes_on_beyond_the_border() -> None:
    marked = hole(0, 0, SIDE, 40)
    made, whole = on_surface(gradient(), gradient(), marked)
    assert whole
    assert float((made - gradient())[marked.expand_as(made)].abs().max()) < 0.05


@pytest.mark.parametrize("period", [(24.0, 61.5), (18.0, 40.0), (31.3, 75.0)])
@pytest.mark.parametrize("light", [0.0, 0.15])
def test_bricks_go_on(period: tuple[float, float], light: float) -> None:
    wall = bricks(300, 400, period=period, light=light)
    marked = torch.zeros(1, 1, 300, 400, dtype=torch.bool)
    marked[:, :, 110:190, 150:240] = True
    made = repeated(torch.where(marked, 0.5, wall), marked)
    assert made is not None
    error = (made - wall)[marked.expand_as(made)].abs()
    assert float(error.mean()) < 0.05
    assert float((error > 0.2).float().mean()) < 0.06


def test_stripes_and_checks_go_on() -> None:
    y, x = np.mgrid[:200, :200]
    for pattern in ((x // 8) % 2, ((x // 10) + (y // 10)) % 2):
        wall = torch.from_numpy(0.2 + 0.6 * pattern).float().expand(1, 3, 200, 200).contiguous()
        marked = torch.zeros(1, 1, 200, 200, dtype=torch.bool)
        marked[:, :, 70:120, 60:130] = True
        made = repeated(torch.where(marked, 0.5, wall), marked)
        assert made is not None
        assert float((made - wall)[marked.expand_as(made)].abs().mean()) < 0.01


def test_what_does_not_repeat_is_left_to_the_network() -> None:
    noise = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    assert repeated(noise, hole()) is None
    assert repeated(gradient(), hole()) is None
    assert repeated(torch.full((1, 3, 8, 8), 0.5), torch.zeros(1, 1, 8, 8, dtype=torch.bool)) is None


def test_a_wall_with_something_else_around_the_hole_is_not_repeated() -> None:
    wall = bricks(300, 400)
    wall[:, :, 80:220, 120:270] = torch.rand(1, 3, 140, 150, generator=torch.Generator().manual_seed(3))
    marked = torch.zeros(1, 1, 300, 400, dtype=torch.bool)
    marked[:, :, 110:190, 150:240] = True
    assert repeated(wall, marked) is None
