"""Shadows around a hole: where they are looked for, that fills do not continue them, and their removal on demand."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from gan.api import Studio
from gan.core.contract import Context, Model
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture
from gan.inpaint import pipeline
from gan.inpaint.filling import holes
from gan.inpaint.network import InpaintConfig, InpaintNet
from gan.inpaint.pipeline import InpaintRequest
from gan.inpaint.shadow import shadows

SMALL = InpaintConfig(channels=(4, 4, 8, 4), blocks=(1, 1, 1, 1), heads=2, shadow=8)
GROUND, DARK = 0.8, 0.4
THING = slice(60, 120), slice(80, 120)
SHADOW = slice(120, 132), slice(80, 150)


class DarkGround(InpaintNet):
    """Finds what is darker than a ground of `GROUND`."""

    def __init__(self) -> None:
        super().__init__(SMALL)
        self.given: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.given.append(x)
        return 40 * (0.6 - x[:, :3].mean(1, keepdim=True))


def _scene(thing: float = 0.1) -> tuple[Tensor, Tensor]:
    rgb = torch.full((1, 3, 200, 200), GROUND)
    hole = torch.zeros(1, 1, 200, 200, dtype=torch.bool)
    rgb[0][:, SHADOW[0], SHADOW[1]], hole[0, 0][THING] = DARK, True
    return torch.where(hole, thing, rgb), hole


def _found(network: nn.Module, rgb: Tensor, hole: Tensor) -> Tensor:
    context = Context(torch.device("cpu"), lambda *_: pytest.fail("it asks for another network"))
    return shadows(rgb, hole, holes(hole, 0), Model("inpaint", "0" * 64, network), context)


def test_a_shadow_beside_a_hole_is_found_and_the_hole_is_none() -> None:
    rgb, hole = _scene()
    found = _found(DarkGround(), rgb, hole)
    assert bool(found[0, 0][SHADOW].all())
    assert not bool((found & hole).any())
    assert float(found.float().mean()) < 2 * 12 * 70 / 200**2


@pytest.mark.parametrize("color", [(0.55, 0.3, 0.2), (0.1, 0.1, 0.1)], ids=["tinted", "too dark"])
def test_what_no_shadow_looks_like_is_none(color: tuple[float, float, float]) -> None:
    """A product's own color beside a hole over its edge, whatever the network says."""
    rgb, hole = _scene()
    rgb[0][:, SHADOW[0], SHADOW[1]] = torch.tensor(color)[:, None, None]
    assert not bool(_found(DarkGround(), rgb, hole).any())


def test_what_lies_in_the_hole_is_not_looked_at() -> None:
    networks = DarkGround(), DarkGround()
    for network, thing in zip(networks, (0.0, 1.0), strict=True):
        _found(network, *_scene(thing))
    # Within the hole colors mean nothing, and the network blanks them out.
    known = networks[0].given[0][:, 3:] == 0
    assert torch.allclose(networks[0].given[0] * known, networks[1].given[0] * known, atol=1e-5)


def test_a_scratch_throws_none() -> None:
    rgb, hole = _scene()
    hole[:] = False
    hole[0, 0, 100:102, 100:110] = True
    network = DarkGround()
    assert not bool(_found(network, rgb, hole).any())
    assert network.given == []


def test_a_network_that_finds_none_is_not_asked() -> None:
    assert not bool(_found(InpaintNet(dataclasses.replace(SMALL, shadow=0)).eval(), *_scene()).any())


def test_until_it_is_trained_it_finds_none_and_the_fill_does_not_depend_on_it() -> None:
    torch.manual_seed(0)
    network = InpaintNet(SMALL).eval()
    assert not bool(_found(network, *_scene()).any())
    alone = InpaintNet(dataclasses.replace(SMALL, shadow=0)).eval()
    alone.load_state_dict({k: v for k, v in network.state_dict().items() if not k.startswith("shadow.")})
    given = torch.rand(1, 7, 32, 32)
    with torch.no_grad():
        assert torch.equal(network(given), alone(given))
        with pytest.raises(RuntimeError, match="finds no shadows"):
            alone(given[:, :4])


@pytest.fixture
def studio(tiny_weights: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """One whose network finds the dark ground."""

    def found(rgb: Tensor, hole: Tensor, *_: object) -> Tensor:
        return (rgb.mean(1, keepdim=True) < 0.6) & ~hole

    monkeypatch.setattr(pipeline, "shadows", found)
    return Studio("cpu", weights_dir=tiny_weights)


def _request(**options: bool) -> tuple[InpaintRequest, Tensor]:
    rgb, hole = _scene()
    return InpaintRequest(picture=Picture((rgb * 255).round() / 255), mask=Mask(hole.float()), **options), hole


def test_a_shadow_is_not_continued_into_the_hole_and_stays_where_it_is(studio: Studio) -> None:
    request, hole = _request()
    result = studio.run(request)
    made = result.picture.rgb
    assert float((made[hole.expand_as(made)] - GROUND).abs().max()) < 0.02
    assert torch.equal(made[~hole.expand_as(made)], request.picture.rgb[~hole.expand_as(made)])
    assert result.details["share"] == pytest.approx(float(hole.float().mean()), abs=1e-5)


def test_on_demand_the_shadow_goes_too_and_nothing_else_moves(studio: Studio) -> None:
    request, hole = _request(shadow=True)
    result = studio.run(request)
    made = result.picture.rgb
    assert float((made - GROUND).abs().max()) < 0.02
    far = torch.ones_like(hole)
    far[:, :, 57:136, 76:154] = False
    assert torch.equal(made[far.expand_as(made)], request.picture.rgb[far.expand_as(made)])
    assert result.details["share"] > 1.2 * float(hole.float().mean())
