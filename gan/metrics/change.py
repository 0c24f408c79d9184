"""Differences between two pictures of one size: CIEDE2000 for each pixel, channels in steps of 8 bits, a heat map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from gan.imaging.color import luma

VISIBLE: Final = 2.0
"""CIEDE2000 from which on a difference is seen side by side."""

CHANNELS: Final = ("red", "green", "blue", "alpha")

STEPS_PER_DEGREE: Final = 4.0
"""Steps of 8 bits in a channel that the heat map draws as a CIEDE2000 of 1: mid gray is 4 steps from one so far off."""

SCALE: Final = (
    (VISIBLE, (0.98, 0.85, 0.25)),
    (5.0, (0.97, 0.52, 0.16)),
    (10.0, (0.84, 0.12, 0.16)),
    (20.0, (0.35, 0.05, 0.45)),
)
"""Colors of the heat map, by CIEDE2000: yellow, orange, red, and violet from the last on."""

_OPAQUE: Final = 1 - 0.5 / 255
_GRAY_LEAST, _GRAY_ROOM = 0.72, 0.26
_FAINTEST, _STRONGEST = 0.25, 0.92


@dataclass(frozen=True, eq=False)
class Change:
    """Difference of two pictures.

    Attributes:
        delta_e: (1, 1, h, w), CIEDE2000 of the colors as seen on white.
        channels: {name: (1, 1, h, w)}, absolute differences in steps of 8 bits, 0 to 255; alpha where either has one.
        compared: (1, 1, h, w) of bool: where both pictures have something to compare.
    """

    delta_e: Tensor
    channels: dict[str, Tensor]
    compared: Tensor

    def share(self, where: Tensor | None = None, least: float = VISIBLE) -> float | None:
        """Share of the compared pixels that differ by more than `least`, 0 to 1.

        Args:
            where: (1, 1, h, w) of bool: only of these.

        Returns:
            None where there are none.
        """
        place = self.compared if where is None else self.compared & where
        return float((self.delta_e[place] > least).float().mean()) if bool(place.any()) else None

    def figures(self) -> dict[str, dict[str, float]]:
        """Mean and largest of CIEDE2000 ("delta_e") and of each channel, over the compared pixels."""
        maps = {"delta_e": self.delta_e, **self.channels}
        values = {name: plane[self.compared] for name, plane in maps.items()}
        return {
            name: {"mean": round(float(of.mean()), 4), "max": round(float(of.max()), 4)}
            for name, of in values.items()
            if len(of)
        }


def ciede2000(first: Tensor, second: Tensor) -> Tensor:
    """CIEDE2000 (Sharma et al. 2005) of sRGB colors (N, 3, H, W) in [0, 1], under D65: (N, 1, H, W).

    It is computed where the two differ, since most of a picture often stays as it is.
    """
    from skimage.color import deltaE_ciede2000, rgb2lab  # here, because importing it takes longer than measuring

    apart = (first != second).any(1)
    made = torch.zeros(apart.shape, dtype=torch.float32)
    if bool(apart.any()):
        labs = (rgb2lab(x.movedim(1, -1)[apart].numpy()) for x in (first, second))
        found = np.asarray(deltaE_ciede2000(*labs), np.float32)  # type: ignore[no-untyped-call]
        made[apart] = torch.from_numpy(found)
    return made[:, None]


def changed(before: Tensor, after: Tensor, compared: Tensor | None = None) -> Change:
    """Measure how far two pictures of one size differ.

    Args:
        before, after: (1, 4, h, w) in [0, 1]: colors, and coverage, 1 for pictures without transparency.
        compared: (1, 1, h, w) of bool; by default everywhere.
    """
    # What full transparency hides is no color of the picture.
    old, new = on_white(before), on_white(after)
    apart = 255 * torch.cat([new - old, after[:, 3:] - before[:, 3:]], 1).abs()
    opaque = bool((before[:, 3] > _OPAQUE).all() and (after[:, 3] > _OPAQUE).all())
    channels = {name: apart[:, index : index + 1] for index, name in enumerate(CHANNELS[: 3 if opaque else 4])}
    everywhere = torch.ones_like(apart[:, :1], dtype=torch.bool)
    return Change(ciede2000(old, new), channels, everywhere if compared is None else compared)


def on_white(planes: Tensor) -> Tensor:
    """(N, 4, h, w), colors and coverage, to the colors on white, (N, 3, h, w)."""
    return torch.lerp(torch.ones_like(planes[:, :3]), planes[:, :3], planes[:, 3:])


def heat_map(values: Tensor, below: Tensor, compared: Tensor | None = None) -> Tensor:
    """Draw differences in the colors of `SCALE` over a pale gray copy of the picture, (1, 3, h, w).

    Args:
        values: (1, 1, h, w), in units of CIEDE2000; those under half of `VISIBLE` are left gray.
        below: (1, 3, h, w) in [0, 1], the picture.
        compared: (1, 1, h, w) of bool; elsewhere the copy is white.
    """
    gray = (_GRAY_LEAST + _GRAY_ROOM * luma(below)).expand_as(below)
    marks = torch.tensor([mark for mark, _ in SCALE])
    colors = torch.tensor([color for _, color in SCALE])
    place = torch.bucketize(values.clamp(marks[0], marks[-1]), marks[1:-1])  # (1, 1, h, w), which span of the scale
    share = ((values - marks[place]) / (marks[place + 1] - marks[place])).clamp(0, 1)[0, 0, ..., None]
    drawn = torch.lerp(colors[place[0, 0]], colors[place[0, 0] + 1], share).movedim(-1, 0)[None]
    least = VISIBLE / 2
    strength = _FAINTEST + (_STRONGEST - _FAINTEST) * ((values - least) / (2 * VISIBLE - least)).clamp(0, 1)
    made = torch.lerp(gray, drawn, torch.where(values > least, strength, torch.zeros_like(strength)))
    return made if compared is None else torch.where(compared, made, torch.ones_like(made))
