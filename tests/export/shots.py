"""Pictures of products with known measures."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from gan.imaging.io.codec import to_pil
from gan.imaging.picture import Picture

RED = (200, 40, 40)
Box = tuple[int, int, int, int]


def shot(
    width: int = 1000,
    height: int = 1000,
    box: Box | None = None,
    *,
    ground: int = 255,
    color: tuple[int, int, int] = RED,
) -> tuple[Picture, Tensor]:
    """A plain rectangle on a grey ground, and its coverage; by default it fills 88 % of both sides."""
    left, top, right, bottom = box or (width * 6 // 100, height * 6 // 100, width * 94 // 100, height * 94 // 100)
    rgb = torch.full((1, 3, height, width), ground / 255)
    alpha = torch.zeros(1, 1, height, width)
    rgb[:, :, top:bottom, left:right] = torch.tensor(color).view(1, 3, 1, 1) / 255
    alpha[:, :, top:bottom, left:right] = 1
    return Picture(rgb), alpha


def painted(picture: Picture, box: Box, grey: int = 0) -> Picture:
    """With a grey rectangle."""
    left, top, right, bottom = box
    rgb = picture.rgb.clone()
    rgb[:, :, top:bottom, left:right] = grey / 255
    return picture.with_pixels(rgb, picture.alpha)


def file_of(picture: Picture, file_format: str = "JPEG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    to_pil(picture).save(buffer, file_format, **options)
    return buffer.getvalue()


def cut(picture: Picture, alpha: Tensor) -> Picture:
    """The same with the coverage as its transparency: no network is needed to find the product."""
    return picture.with_pixels(picture.rgb, alpha)


def save(path: Path, picture: Picture, **options: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image: Image.Image = to_pil(picture)
    image.save(path, **options)
