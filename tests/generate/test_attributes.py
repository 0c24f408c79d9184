"""Named sliders on the level of the network's inputs: each moves what it names, and nothing else."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from gan.core.errors import InputError
from gan.generate.attributes import LEAST_CHROMA, MOST_CHROMA, Sliders, apply, available
from gan.generate.text import COLOURS
from gan.imaging.product import chroma, hue_deg
from gan.training.data.catalogue import ATTRIBUTES

PLACES = {name: index for index, name in enumerate(ATTRIBUTES)}
COLOURED = torch.tensor([0.5, 0.1, -0.12, -0.4, 0.1, 0.02, -0.03, 0.3, 0.1, 1.0])


def _changed(before: Tensor, after: Tensor) -> set[str]:
    return {name for name, place in PLACES.items() if before[place] != after[place]}


def _apply(sliders: Sliders, attributes: Tensor = COLOURED) -> Tensor:
    kept = attributes.clone()
    moved = apply(attributes, ATTRIBUTES, sliders)
    assert torch.equal(attributes, kept), "the input was changed"
    return moved


@pytest.mark.parametrize("lightness", [0.0, 0.02, 0.5, 0.97, 1.0])
@pytest.mark.parametrize("size", [-2.0, -0.4, 0.0])
def test_sliders_at_zero_leave_every_product_as_it_is(lightness: float, size: float) -> None:
    attributes = COLOURED.clone()
    attributes[PLACES["lightness"]], attributes[PLACES["size"]] = lightness, size
    assert torch.equal(_apply(Sliders(), attributes), attributes)


@pytest.mark.parametrize("turn", [-180.0, -75.0, -30.0, 30.0, 60.0, 120.0, 180.0])
def test_hue_turns_by_that_angle_and_keeps_the_chroma(turn: float) -> None:
    moved = _apply(Sliders(hue_deg=turn))
    assert _changed(COLOURED, moved) <= {"blue", "red"}
    rows = torch.stack([COLOURED, moved])
    before, after = hue_deg(rows).tolist()
    assert (after - before - turn + 180) % 360 - 180 == pytest.approx(0, abs=1e-3)
    assert float(chroma(rows)[0]) == pytest.approx(float(chroma(rows)[1]), abs=1e-6)


@pytest.mark.parametrize("grey", [0.0, 1e-5, 0.01])
def test_a_grey_product_takes_on_colour_where_a_hue_is_asked_for(grey: float) -> None:
    attributes = COLOURED.clone()
    attributes[1:3] = torch.tensor([grey, 0.0])
    assert torch.equal(_apply(Sliders(), attributes), attributes)
    found = {}
    for turn in (30.0, 60.0):
        moved = _apply(Sliders(hue_deg=turn), attributes)[None]
        assert float(chroma(moved)) == pytest.approx(LEAST_CHROMA, abs=1e-6)
        found[turn] = float(hue_deg(moved))
    assert found[60.0] - found[30.0] == pytest.approx(30, abs=1e-3)


@pytest.mark.parametrize(
    ("field", "name", "reach"), [("lightness", "lightness", 0.3), ("size", "size", 0.3), ("aspect", "aspect", 0.35)]
)
@pytest.mark.parametrize("amount", [-1.0, 0.5, 1.0])
def test_each_moves_its_own_input(field: str, name: str, reach: float, amount: float) -> None:
    moved = _apply(Sliders(**{field: amount}))
    assert _changed(COLOURED, moved) == {name}
    assert float(moved[PLACES[name]] - COLOURED[PLACES[name]]) == pytest.approx(reach * amount, abs=1e-6)


def test_nothing_is_pushed_beyond_what_can_be_drawn() -> None:
    attributes = COLOURED.clone()
    attributes[PLACES["lightness"]], attributes[PLACES["size"]] = 0.9, -0.1
    moved = _apply(Sliders(lightness=1, size=1), attributes)
    assert float(moved[PLACES["lightness"]]) == pytest.approx(0.95)
    assert float(moved[PLACES["size"]]) == pytest.approx(math.log(0.96))
    assert float(_apply(Sliders(lightness=-1), 0 * attributes)[PLACES["lightness"]]) == 0


def test_a_slider_never_goes_the_other_way() -> None:
    """Also for a product that is already beyond what the slider would reach."""
    white = COLOURED.clone()
    white[PLACES["lightness"]], white[PLACES["size"]] = 0.99, 0.0
    values = [_apply(Sliders(lightness=amount, size=amount), white) for amount in (-1, -0.2, -0.01, 0, 0.01, 0.5, 1)]
    for name in ("lightness", "size"):
        column = [float(value[PLACES[name]]) for value in values]
        assert column == sorted(column), name


def test_the_view_is_set_and_otherwise_as_drawn() -> None:
    assert float(_apply(Sliders(azimuth_deg=None))[PLACES["azimuth"]]) == pytest.approx(0.3)
    for angle in (-45.0, 0.0, 22.5):
        moved = _apply(Sliders(azimuth_deg=angle))
        assert float(moved[PLACES["azimuth"]]) == pytest.approx(angle / 45)
        assert _changed(COLOURED, moved) == {"azimuth"}
    unknown = COLOURED.clone()
    unknown[PLACES["azimuth"]], unknown[PLACES["view_known"]] = 0, 0
    assert float(_apply(Sliders(azimuth_deg=30.0), unknown)[PLACES["view_known"]]) == 1
    assert torch.equal(_apply(Sliders(), unknown), unknown)


@pytest.mark.parametrize("colour", list(COLOURS))
def test_a_colour_has_its_own_hue(colour: str) -> None:
    moved = _apply(Sliders(colour=colour))
    assert _changed(COLOURED, moved) <= {"lightness", "blue", "red"}
    light, *plane = COLOURS[colour]
    assert float(moved[0]) == pytest.approx(min(max((0.5 + light) / 2, 0.08), 0.95), abs=1e-5)
    target = torch.tensor([[0.0, *plane]])
    assert float(chroma(moved[None])) == pytest.approx(min(float(chroma(target)), MOST_CHROMA), abs=1e-5)
    if float(chroma(target)) > 1e-3:
        assert float(hue_deg(moved[None])) == pytest.approx(float(hue_deg(target)), abs=0.01)


def test_a_hue_turns_the_colour_that_was_chosen() -> None:
    red, turned = (_apply(Sliders(colour="red", hue_deg=turn))[None] for turn in (0.0, 90.0))
    difference = float(hue_deg(turned) - hue_deg(red))
    assert (difference - 90 + 180) % 360 - 180 == pytest.approx(0, abs=1e-3)


def test_a_network_without_an_input_ignores_its_slider() -> None:
    every = Sliders(hue_deg=30, lightness=1, size=1, aspect=1, azimuth_deg=10, colour="red")
    assert apply(torch.zeros(0), (), every).shape == (0,)
    only = apply(torch.tensor([0.2]), ("aspect",), every)
    assert only.tolist() == pytest.approx([0.55])
    assert available(()) == ()
    assert available(("aspect",)) == ("aspect",)
    assert set(available(ATTRIBUTES)) == {"hue_deg", "lightness", "size", "aspect", "azimuth_deg", "colour"}


@pytest.mark.parametrize(
    "options",
    [
        {"hue_deg": 180.5},
        {"hue_deg": -181},
        {"lightness": 1.01},
        {"size": -1.01},
        {"aspect": 2},
        {"azimuth_deg": 46},
        {"azimuth_deg": -45.1},
        {"aspect": math.nan},
        {"hue_deg": math.inf},
        {"azimuth_deg": math.nan},
        {"colour": "gaudy"},
    ],
)
def test_values_outside_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="Choose"):
        Sliders(**options)


def test_the_limits_themselves_are_allowed() -> None:
    for sign in (-1, 1):
        Sliders(hue_deg=180 * sign, lightness=sign, size=sign, aspect=sign, azimuth_deg=45 * sign)
