"""Cut-outs without trained weights: the real pipelines over a network that tells things by their ground's color."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import torch
from PIL import Image, ImageDraw
from products import PADDING, SameColor
from torch import Tensor, nn

from gan.core.contract import Context, Model, Progress, Request, Result, run
from gan.tasks import task_of

GROUND = (226, 226, 222)
SHA256 = "c0ffee00" * 8


class ByColor(nn.Module):
    """Logits of being unlike the median of the picture's border; counts how often it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def forward(self, x: Tensor) -> Tensor:
        self.asked += 1
        rim = torch.cat([x[:, :, :2].flatten(2), x[:, :, -2:].flatten(2), x[..., :2].flatten(2)], 2)
        far = (x - rim.median(2).values[..., None, None]).abs().amax(1, keepdim=True)
        return (far - 0.14) * 80


class UnlikeItsBorder(SameColor):
    """Without clicks, what is unlike the median of the picture's upper and left border."""

    def forward(
        self, features: Tensor, clicks: Tensor | None = None, prior: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        if clicks is not None:
            return super().forward(features, clicks, prior)
        rim = torch.cat([features[:, :, :2].flatten(2), features[..., :2].flatten(2)], 2)
        inside = rim[:, :, (rim != PADDING).any(1)[0]]
        far = (features - inside.median(2).values[..., None, None]).abs().amax(1, keepdim=True)
        return (far - 0.14) * 80, torch.tensor([self.quality])


class CutOuts:
    """Carries out what a studio does; remembers the requests."""

    def __init__(self) -> None:
        self.network = ByColor()
        self.prompted = UnlikeItsBorder()
        self.requests: list[Any] = []

    def run(
        self, request: Request, *, progress: Progress | None = None, cancel: threading.Event | None = None
    ) -> Result:
        self.requests.append(request)
        task = task_of(request)
        model = Model("cutout", SHA256, self.network, task="cutout")
        prompted = Model("select", SHA256[::-1], self.prompted, task="select")
        context = Context(
            torch.device("cpu"),
            lambda name, *_: prompted if name == "select" else model,
            progress=progress,
            cancel=cancel,
            seed=request.seed,
        )
        return run(task.pipeline, request, context, task=task.step)


def product(path: Path, size: tuple[int, int] = (96, 72), **options: Any) -> Path:
    """Write a green ring on light grey; `size` is (width, height)."""
    drawn(size).save(path, **options)
    return path


def cut_product(path: Path, size: tuple[int, int] = (96, 72)) -> Path:
    """The same, cut out."""
    image, alpha = drawn(size), Image.new("L", size, 0)
    _ring(ImageDraw.Draw(alpha), size, 255, 0)
    image.putalpha(alpha)
    image.save(path)
    return path


def drawn(size: tuple[int, int]) -> Image.Image:
    image = Image.new("RGB", size, GROUND)
    _ring(ImageDraw.Draw(image), size, (60, 150, 70), GROUND)
    return image


def _ring(draw: ImageDraw.ImageDraw, size: tuple[int, int], inside: Any, hole: Any) -> None:
    width, height = size
    draw.ellipse((width * 0.25, height * 0.2, width * 0.75, height * 0.8), fill=inside)
    draw.ellipse((width * 0.42, height * 0.4, width * 0.58, height * 0.6), fill=hole)
