"""What is measured of a photograph of a product, so that two of them can be compared."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.errors import InputError
from gan.cutout.segment import has_transparency
from gan.edit.color_transfer import named
from gan.edit.geometry import Box, measured
from gan.imaging.picture import Picture
from gan.imaging.resize import shrunk

MEASURED_PX = 512
"""Longest side at which colors are measured."""

_PLAIN = 0.6
"""Share of a plain ground that has about its dominant color."""

_LEAST_GROUND = 0.01
_NEAR = math.exp(-1)


@dataclass(frozen=True, eq=False)
class Scene:
    """What is measured of a photograph of a product.

    Attributes:
        box: of the product, in pixels.
        fill: the larger of its width and height as a share of the frame's.
        baseline: its lowest line as a share of the frame's height, from the top.
        product: (3,), sRGB-encoded, its dominant color.
        ground: (3,), sRGB-encoded; None where it is transparent or not plain.
    """

    box: Box
    fill: float
    baseline: float
    product: Tensor
    ground: Tensor | None

    def record(self) -> dict[str, Any]:
        """JSON-ready; colors as CIE L*, a* and b* (D65)."""
        from skimage.color import rgb2lab  # here, because importing it takes longer than measuring

        def lab(color: Tensor) -> list[float]:
            return [round(float(value), 3) for value in rgb2lab(color.double().numpy())]

        told = {"fill": round(self.fill, 4), "baseline": round(self.baseline, 4), "product": lab(self.product)}
        return told if self.ground is None else {**told, "ground": lab(self.ground)}


def scene_of(picture: Picture, alpha: Tensor) -> Scene:
    """Measure a photograph of a product.

    Args:
        picture: H x W pixels.
        alpha: (1, 1, H, W) in [0, 1], the product's coverage.

    Raises:
        InputError: nothing is covered.
    """
    box = measured(alpha)
    if box is None:
        raise InputError("mask", "it is empty", "the product has to be marked", "Mark it, or leave the mask out")
    rgb, cover = (shrunk(x, MEASURED_PX) for x in (picture.rgb, alpha))
    inside = cover > 0.9 * cover.max()
    pixels, weight = rgb[0][:, inside[0, 0]], cover[inside]
    return Scene(
        box=box,
        fill=box.fill(picture.height_px, picture.width_px),
        baseline=box.bottom / picture.height_px,
        product=named(pixels, weight)[0],
        ground=None if has_transparency(picture) else _ground(rgb, cover),
    )


def _ground(rgb: Tensor, cover: Tensor) -> Tensor | None:
    """The color of a plain ground, free of shadows; None where it has no such color."""
    free = F.max_pool2d(cover, 5, 1, 2)[0, 0] < 0.01
    if float(free.float().mean()) < _LEAST_GROUND:
        return None
    pixels = rgb[0][:, free]
    color, near = named(pixels, torch.ones(pixels.shape[1]))
    return color if float((near > _NEAR * near.max()).float().mean()) >= _PLAIN else None
