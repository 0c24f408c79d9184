"""Fake networks that answer from colour, pictures whose coverage is known, and pictures as files."""

from __future__ import annotations

import io
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from gan.core.contract import Context, Model, Progress
from gan.select.network import NOT_MEANT

RED = torch.tensor([0.8, 0.2, 0.1]).view(1, 3, 1, 1)
GREEN = torch.tensor([0.2, 0.6, 0.3]).view(1, 3, 1, 1)


class RedIsProduct(nn.Module):
    """Logits from how red a pixel is, as `gan.cutout.network.CutoutNet` gives them; notes what it was given."""

    def __init__(self, slope: float = 40.0) -> None:
        super().__init__()
        self.slope = slope
        self.seen: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(x)
        return (x[:, :1] - x[:, 1:2] - 0.1) * self.slope


PADDING = 0.5


class SameColor(nn.Module):
    """Masks of what has the color of the first click and not that of another, as `gan.select.network.PromptNet` gives
    them; without clicks of what is red. Notes how often it was asked for what.

    Args:
        near: distance of colors up to which they are the same.
        quality: the IoU that it expects.
    """

    side_px = 1024

    def __init__(self, near: float = 0.3, quality: float = 0.95) -> None:
        super().__init__()
        self.near = near
        self.quality = quality
        self.seen: list[str] = []

    def encode(self, rgb: Tensor) -> Tensor:
        self.seen.append("encode")
        side = self.side_px // 4
        height, width = (max(1, round(size * side / max(rgb.shape[2:]))) for size in rgb.shape[2:])
        small = F.interpolate(rgb, (height, width), mode="bilinear", antialias=True)
        return F.pad(small, (0, side - width, 0, side - height), value=PADDING)

    def forward(
        self, features: Tensor, clicks: Tensor | None = None, prior: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        self.seen.append("forward")
        if clicks is None:
            return (features[:, :1] - features[:, 1:2] - 0.1) * 40, torch.tensor([self.quality])
        (x, y, _), *others = (clicks[0] / 4).tolist()
        apart = self._apart(features, x, y)
        logits = self._meant(features, apart)
        for x, y, kind in others:
            if kind * 4 == NOT_MEANT:
                logits = torch.minimum(logits, self._apart(features, x, y) - apart)
        return logits * 60, torch.tensor([self.quality])

    def _meant(self, features: Tensor, apart: Tensor) -> Tensor:
        """Above 0 where the thing is, from the features and how far they are from the first click's."""
        return self.near - apart

    def _apart(self, features: Tensor, x: float, y: float) -> Tensor:
        color = features[:, :, int(y), int(x)][:, :, None, None]
        return (features - color).square().sum(1, keepdim=True).sqrt()


def context_of(network: nn.Module, *, prompted: nn.Module | None = None, progress: Progress | None = None) -> Context:
    models = {
        "cutout": Model("cutout", "ab" * 32, network, task="cutout"),
        "select": Model("select", "cd" * 32, prompted or SameColor(), task="select"),
    }
    return Context(torch.device("cpu"), lambda name, *_: models.get(name, models["cutout"]), progress=progress)


def no_network() -> Context:
    """A context in which asking for a model fails the test."""

    def load(name: str) -> Model:
        raise AssertionError(f"{name} was loaded")

    return Context(torch.device("cpu"), load)


def ring(height_px: int, width_px: int, *, soft_px: float = 2.0) -> Tensor:
    """(1, 1, H, W): a ring around a hole."""
    y, x = torch.meshgrid(torch.arange(height_px) + 0.5, torch.arange(width_px) + 0.5, indexing="ij")
    radius = ((y - height_px / 2) ** 2 + (x - width_px / 2) ** 2).sqrt()
    inner, outer = min(height_px, width_px) * 0.15, min(height_px, width_px) * 0.35
    return (torch.minimum(radius - inner, outer - radius) / soft_px + 0.5).clamp(0, 1)[None, None]


def over(product: Tensor, ground: Tensor, alpha: Tensor) -> Tensor:
    """(1, 3, H, W): a product on a ground; colours may be single pixels."""
    size = (1, 3, *alpha.shape[2:])
    return torch.lerp(ground.expand(size), product.expand(size), alpha)


def saved(image: Image.Image, file_format: str, **options: Any) -> bytes:
    """The content of a file."""
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()
