"""The named sliders: each moves one measurable input of the network, by steps that can be checked on the pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gan.core.errors import InputError, check_within
from gan.generate.text import COLOURS

HUE_STEP_DEG = 30.0
LEAST_CHROMA = 0.08
"""A grey product whose hue is asked for gets this much colour, since grey has no hue to turn."""
MOST_CHROMA = 0.22
LARGEST = math.log(0.96)
DARKEST, LIGHTEST = 0.08, 0.95
VIEW_UNIT_DEG = 45.0

LIGHTNESS_REACH, SIZE_REACH, ASPECT_REACH = 0.3, 0.3, 0.35


@dataclass(frozen=True, kw_only=True)
class Sliders:
    """What the named sliders say; 0 or None leaves the product as the latent has it.

    Attributes:
        hue_deg: turn of the product's hue, -180 to 180.
        lightness: -1 to 1; 1 is 0.3 of the way from black to white.
        size: of the product in the frame, -1 to 1; 1 is 35% larger.
        aspect: width to height, -1 to 1; 1 is 42% wider.
        azimuth_deg: the angle that the product is seen from, -45 to 45; negative shows its left side.
        colour: one of `COLOURS`; empty for the product's own.

    Raises:
        InputError: a value outside these.
    """

    hue_deg: float = 0.0
    lightness: float = 0.0
    size: float = 0.0
    aspect: float = 0.0
    azimuth_deg: float | None = None
    colour: str = ""

    def __post_init__(self) -> None:
        limits = (("hue", self.hue_deg, 180.0), ("view", self.azimuth_deg, VIEW_UNIT_DEG))
        for name, value, most in (
            *limits,
            ("lightness", self.lightness, 1.0),
            ("size", self.size, 1.0),
            ("aspect", self.aspect, 1.0),
        ):
            if value is not None:
                check_within(name, value, -most, most)
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
    """The sliders that a network with these inputs obeys, as fields of `Sliders`."""
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
    """Attributes (A,) as the sliders want them; a network without an input ignores its slider."""
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
    """The sum, within limits that a value may lie outside of as long as nothing pushes it further."""
    return (value + change).clamp(min(least, float(value)), max(most, float(value)))


def _turned(plane: Tensor, angle_deg: float) -> Tensor:
    """(Cb, Cr) turned, and lifted off grey."""
    distance = plane.norm()
    if distance < LEAST_CHROMA:
        direction = plane / distance if distance > 1e-4 else torch.tensor([0.0, 1.0])
        plane = direction * LEAST_CHROMA
    angle = math.radians(angle_deg)
    cos, sin = math.cos(angle), math.sin(angle)
    return torch.stack([cos * plane[0] - sin * plane[1], sin * plane[0] + cos * plane[1]])
