"""Plan of the views before anything is rendered: from where a product is seen, and in which colours."""

from __future__ import annotations

import hashlib
import math
import random
from dataclasses import dataclass

AZIMUTH_DEG = (-41.0, 41.0)
ELEVATION_DEG = (8.0, 25.0)
FILL = (0.78, 0.86)
HUE_SHIFT = (0.12, 0.88)
TINT_SATURATION = (0.35, 0.75)

GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class View:
    """One picture of a product.

    Attributes:
        azimuth_deg: 0 is from the front; positive, the camera stands to the right of it.
        elevation_deg: of the camera above the horizon.
        fill: the product's larger side as a fraction of the frame's.
        hue_shift: turns of the colour circle, in [0, 1); 0 where the picture is not recolored.
        tint: (hue, saturation) for plain white and grey materials, or None.
        seed: of the sampling noise.
    """

    id: str
    azimuth_deg: float
    elevation_deg: float
    fill: float
    hue_shift: float
    tint: tuple[float, float] | None
    seed: int


def plan_views(product: str, count: int, seed: int) -> list[View]:
    """The first `count` views of a product. They depend on (product, seed) alone, so that more can be added later.

    The azimuths follow the golden ratio from a start that is the product's own: any number of views is spread
    evenly, and so are all views of the catalogue. Odd-numbered views are recolored.
    """
    start = seeded(product, seed).random()
    views = []
    for index in range(count):
        rng = seeded(f"{product}-{index}", seed)
        turn = (start + index * GOLDEN) % 1
        fill, elevation = rng.uniform(*FILL), rng.uniform(*ELEVATION_DEG)
        hue, tint = rng.uniform(*HUE_SHIFT), (rng.random(), rng.uniform(*TINT_SATURATION))
        views.append(
            View(
                id=f"{product}-{index}",
                azimuth_deg=round(AZIMUTH_DEG[0] + turn * (AZIMUTH_DEG[1] - AZIMUTH_DEG[0]), 1),
                elevation_deg=round(elevation, 1),
                fill=round(fill, 3),
                hue_shift=round(hue, 3) if index % 2 else 0.0,
                tint=tint if index % 2 else None,
                seed=rng.getrandbits(31),
            )
        )
    return views


def shuffled(products: list[str], seed: int) -> list[str]:
    """In an order in which any beginning is a fair sample, and a longer beginning contains the shorter ones."""
    return sorted(products, key=lambda product: _digest(product, seed))


def _digest(text: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}/{text}".encode()).digest()


def seeded(text: str, seed: int) -> random.Random:
    """The dice of a name, the same on every machine."""
    return random.Random(int.from_bytes(_digest(text, seed)[:8], "big"))
