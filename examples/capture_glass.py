"""Synthetic shots with known answers, as functions of continuous coordinates, so that a shift is exact."""

from __future__ import annotations

import torch
from torch import Tensor

from gan.imaging.color import to_linear, to_srgb
from gan.imaging.picture import Picture


def places(height: int, width: int, down: float = 0.0, right: float = 0.0) -> tuple[Tensor, Tensor]:
    """y and x of pixel centers in pixels, (1, 1, H, W) each; content moved by `down` and `right`."""
    y = torch.arange(height, dtype=torch.float64)[None, None, :, None] + 0.5 - down
    x = torch.arange(width, dtype=torch.float64)[None, None, None, :] + 0.5 - right
    return torch.broadcast_tensors(y, x)  # type: ignore[return-value]


def soft(distance: Tensor, blur_px: float = 1.2) -> Tensor:
    """1 within, 0 beyond, over an edge as a lens draws it."""
    return torch.sigmoid(-distance / (blur_px / 2))


def glass(height: int, width: int, down: float = 0.0, right: float = 0.0) -> tuple[Tensor, Tensor]:
    """A tumbler with a thick rim and a printed label: cover and linear color, (1, 1, H, W) and (1, 3, H, W)."""
    y, x = places(height, width, down, right)
    cy, cx, r = height * 0.5, width * 0.5, min(height, width) * 0.32
    away = (((y - cy) / 1.2) ** 2 + (x - cx) ** 2).sqrt()
    inside, rim = soft(away - r), soft((away - 0.94 * r).abs() - 0.05 * r)
    alpha = 0.18 * inside + 0.5 * rim * inside + 0.08 * inside * torch.sin(x / 5.0) ** 2
    label = soft(((x - cx).abs() - 0.35 * r).maximum((y - cy).abs() - 0.25 * r))
    print_ = 0.5 + 0.4 * torch.sin(x / 2.3) * torch.sin(y / 3.1)
    alpha = alpha + (1 - alpha) * label
    tint = torch.tensor([0.35, 0.6, 0.5], dtype=torch.float64).view(1, 3, 1, 1)
    paper = torch.cat([print_, 0.8 * print_, 0.4 + 0 * print_], 1)
    color = torch.lerp(tint.expand(1, 3, height, width), paper, label.expand(1, 3, -1, -1))
    return alpha, color


def on_ground(alpha: Tensor, color: Tensor, ground: float, noise: float = 0.0, seed: int = 0) -> Picture:
    """What a camera sees, sRGB-encoded; noise is added to linear light."""
    light = color * alpha + (1 - alpha) * ground
    light = light + noise * torch.randn(light.shape, generator=torch.Generator().manual_seed(seed), dtype=light.dtype)
    return Picture(to_srgb(light.clamp(0, 1)).float(), name="glass.png")


def linear(picture: Picture) -> Tensor:
    return to_linear(picture.rgb)
