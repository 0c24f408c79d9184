"""Distances between made pictures and real ones, in their pixels and as a frozen network sees them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.generate.train.presets import GenerateRecipe
from gan.imaging.product import to_ycc
from gan.models.features import Features

LIGHT_CHROMA_COVERAGE = (2.0, 4.0, 4.0, 1.0)
"""Weights of the differences in Y', Cb, Cr and coverage."""


def stages_seen(features: Features, pictures: Tensor, config: GenerateRecipe) -> list[Tensor]:
    """Stages of a frozen network for the colors of (N, 3 or 4, R, R), enlarged first where the recipe says so."""
    x = pictures[:, :3]
    if config.seen_px > x.shape[-1]:
        x = F.interpolate(x, size=(config.seen_px, config.seen_px), mode="bicubic", align_corners=False)
    stages: list[Tensor] = features(x)
    return stages


def picture_distance(made: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference in lightness, chroma and coverage of (N, 4, H, W), the product counting four times as
    much as the ground. In RGB, chroma counts for so little beside light and shade that parts of a product lose their
    colors."""
    apart = torch.cat([to_ycc(made[:, :3] - target[:, :3]), made[:, 3:] - target[:, 3:]], 1).abs()
    weights = torch.tensor(LIGHT_CHROMA_COVERAGE, dtype=apart.dtype, device=apart.device)[None, :, None, None]
    return (apart * weights * (0.5 + 1.5 * target[:, 3:])).mean()
