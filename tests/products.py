"""Fake networks that answer from colour, pictures whose coverage is known, and pictures as files."""

from __future__ import annotations

import io
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from gan.core.contract import Context, Model, Progress

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


def context_of(network: nn.Module, *, progress: Progress | None = None) -> Context:
    model = Model("cutout", "ab" * 32, network, task="cutout")
    return Context(torch.device("cpu"), lambda *_: model, progress=progress)


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
