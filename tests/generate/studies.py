"""Products drawn in code, and a run that obeys sliders as far as it is told to: for the tests of evaluation."""

from __future__ import annotations

import math
from types import SimpleNamespace

import torch
from torch import Tensor

from gan.core.contract import Request, Result
from gan.generate.pipeline import GenerateRequest
from gan.imaging.picture import Picture
from gan.imaging.product import from_ycc, rotation
from gan.training.data.catalogue import ATTRIBUTES

SIDE = 64


def drawn(
    plane: Tensor, *, light: float = 0.5, size: float = 0.5, aspect: float = 1.0, across: float = 0.0
) -> tuple[Tensor, Tensor]:
    """An ellipse of one colour (Cb, Cr) on white, and its coverage; `size` is its longer side over the frame's."""
    axis = (torch.arange(SIDE) + 0.5) / SIDE * 2 - 1
    wide, high = size * min(aspect, 1.0), size * min(1 / aspect, 1.0)
    distance = (((axis[None] - across) / wide).square() + (axis[:, None] / high).square()).sqrt()
    alpha = ((1 - distance) * SIDE / 2 * size + 0.5).clamp(0, 1)[None, None]
    rgb = from_ycc(torch.cat([torch.tensor([light]), plane])[None, :, None, None]).expand(-1, -1, SIDE, SIDE)
    return rgb.contiguous(), alpha


class Studied:
    """Stands for a studio whose sliders obey by the share given: 1 as asked, 0 not at all, -1 the other way."""

    def __init__(self, obeys: float = 1.0, *, grey: int = 0, hue_shifts: float = 0.0, empty: int = 0) -> None:
        self.obeys, self.grey, self.hue_shifts, self.empty = obeys, grey, hue_shifts, empty

    def __call__(self, request: Request) -> Result:
        assert isinstance(request, GenerateRequest)
        generator = torch.Generator().manual_seed(request.seed)
        start, azimuth = (torch.rand(2, generator=generator) * 2 - 1).tolist()
        sliders, share = request.sliders, self.obeys
        plane = rotation(torch.tensor([start * math.pi + math.radians(share * sliders.hue_deg)]))[0, :, 0] * 0.15
        if request.seed < self.grey:
            plane = plane * 0
        seen = azimuth if sliders.azimuth_deg is None or not share else share * sliders.azimuth_deg / 45
        rgb, alpha = drawn(
            plane,
            light=0.5 + share * 0.3 * sliders.lightness,
            size=0.5 * math.exp(share * 0.3 * sliders.size),
            aspect=0.8 * math.exp(share * 0.35 * sliders.aspect),
            across=0.2 * seen + self.hue_shifts * (sliders.hue_deg != 0),
        )
        if request.seed < self.empty:
            alpha = alpha * 0
        picture = Picture(rgb, alpha) if request.transparent else Picture(rgb * alpha + 1 - alpha)
        latent = SimpleNamespace(attributes=tuple(azimuth if name == "azimuth" else 0.0 for name in ATTRIBUTES))
        return Result("generate", (picture,), request.seed, 0.25, {}, (), {"latents": [latent]}, {})
