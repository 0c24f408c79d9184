"""Named sliders: each moves one measurable input of the network, by steps that can be verified on the pictures."""

from __future__ import annotations

import math
from typing import Annotated, Any

import torch
from torch import Tensor

from gan.core.errors import InputError
from gan.core.option import Option, Options
from gan.generate.text import COLOURS

HUE_STEP_DEG = 30.0
LEAST_CHROMA = 0.08
"""A gray product whose hue is asked for gets this much color, since gray has no hue to turn."""
MOST_CHROMA = 0.22
LARGEST = math.log(0.96)
DARKEST, LIGHTEST = 0.08, 0.95
VIEW_UNIT_DEG = 45.0

LIGHTNESS_REACH, SIZE_REACH, ASPECT_REACH = 0.3, 0.3, 0.35


class Sliders(Options):
    """Positions of the named sliders; 0 or None leaves the product as the latent has it.

    At 1, lightness is 0.3 of the way from black to white, size 35% larger and aspect 42% wider.

    Raises:
        InputError: a value outside its range, or an unknown color.
    """

    hue_deg: Annotated[
        float, Option("turn of the hue, -180 to 180 degrees", ge=-180, le=180, step=5, unit="deg", alias="hue")
    ] = 0.0
    lightness: Annotated[float, Option("-1 to 1", ge=-1, le=1, step=0.05)] = 0.0
    size: Annotated[
        float, Option("of the product in the frame, -1 to 1", ge=-1, le=1, step=0.05, alias="size_in_frame")
    ] = 0.0
    aspect: Annotated[float, Option("width to height, -1 to 1", ge=-1, le=1, step=0.05)] = 0.0
    azimuth_deg: Annotated[
        float | None,
        Option("seen from, -45 to 45", ge=-VIEW_UNIT_DEG, le=VIEW_UNIT_DEG, step=1, unit="deg", alias="azimuth"),
    ] = None
    colour: Annotated[str, Option("red, blue, brown ...", alias="colour")] = ""

    def model_post_init(self, _context: Any) -> None:
        if self.colour and self.colour not in COLOURS:
            raise InputError(
                "colour",
                '"{colour}"',
                "{known} are known",
                "Choose one of these",
                colour=self.colour,
                known=", ".join(COLOURS),
            )


def available(attributes: tuple[str, ...]) -> tuple[str, ...]:
    """Sliders that a network with these inputs supports, as fields of `Sliders`."""
    needs = {
        "hue_deg": "blue",
        "lightness": "lightness",
        "size": "size",
        "aspect": "aspect",
        "azimuth_deg": "azimuth",
        "colour": "red",
    }
    return tuple(field for field, needed in needs.items() if needed in attributes)


def apply(attributes: Tensor, names: tuple[str, ...], sliders: Sliders) -> Tensor:
    """Apply the sliders to attributes (A,); sliders of inputs that the network lacks are ignored."""
    moved = attributes.clone()
    places = {name: index for index, name in enumerate(names)}
    if "lightness" in places:
        light, blue, red = places["lightness"], places["blue"], places["red"]
        if sliders.colour:
            target = torch.tensor(COLOURS[sliders.colour])
            chroma = target[1:].norm().clamp(min=1e-6)
            moved[light] = (moved[light] + target[0]) / 2
            moved[[blue, red]] = target[1:] * (chroma.clamp(max=MOST_CHROMA) / chroma)
        if sliders.hue_deg:
            moved[[blue, red]] = _turned(moved[[blue, red]], sliders.hue_deg)
        moved[light] = _within(moved[light], LIGHTNESS_REACH * sliders.lightness, DARKEST, LIGHTEST)
    if "size" in places:
        size = places["size"]
        moved[size] = _within(moved[size], SIZE_REACH * sliders.size, -math.inf, LARGEST)
    if "aspect" in places:
        moved[places["aspect"]] += ASPECT_REACH * sliders.aspect
    if "azimuth" in places and sliders.azimuth_deg is not None:
        moved[places["azimuth"]] = sliders.azimuth_deg / VIEW_UNIT_DEG
        if "view_known" in places:
            moved[places["view_known"]] = 1
    return moved


def _within(value: Tensor, change: float, least: float, most: float) -> Tensor:
    """Add within limits; a value already outside of them is only moved inward."""
    return (value + change).clamp(min(least, float(value)), max(most, float(value)))


def _turned(plane: Tensor, angle_deg: float) -> Tensor:
    """Rotate (Cb, Cr); a gray gets some chroma first."""
    distance = plane.norm()
    if distance < LEAST_CHROMA:
        direction = plane / distance if distance > 1e-4 else torch.tensor([0.0, 1.0])
        plane = direction * LEAST_CHROMA
    angle = math.radians(angle_deg)
    cos, sin = math.cos(angle), math.sin(angle)
    return torch.stack([cos * plane[0] - sin * plane[1], sin * plane[0] + cos * plane[1]])
