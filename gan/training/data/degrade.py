"""Degrade a picture as on its way to a shop: blur, downscaling, noise, compression.

The order and the ranges are those of Real-ESRGAN (arXiv 2107.10833) for `heavy`; `light` is one round in the range
of a careless photographer with a decent camera, and `clean` only shrinks. Every random choice comes from the
generator that is handed in, so one seed is one degradation.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from gan.training.data.dice import Dice, of_item


@dataclass(frozen=True, kw_only=True)
class DegradationMix:
    """Relative frequencies of the kinds of degradation; they need not add up to one.

    Attributes:
        clean, light, heavy: relative frequencies.
        again: how often `heavy` goes its second round.
        soft: how often what is shrunk already is blurred once more, as by a lens that resolves less than the sensor.
    """

    clean: float = 0.1
    light: float = 0.6
    heavy: float = 0.3
    again: float = 1.0
    soft: float = 0.0


class Crops(Protocol):
    """Source of sharp crops: `gan.training.data.pictures.Pictures`, `gan.training.data.stock.Stock`."""

    def crop(self, size_px: int, generator: torch.Generator) -> Tensor:
        """(3, size_px, size_px) float32 in [0, 1]."""


class DegradedPairs(Dataset[tuple[Tensor, Tensor]]):
    """Item i is (damaged (3, patch / scale, patch / scale), sharp (3, patch, patch)), drawn from seed and i.

    Args:
        pictures: where the patches come from.
        patch_px: side of the sharp patch; divisible by scale.
    """

    def __init__(self, pictures: Crops, patch_px: int, scale: int, mix: DegradationMix, seed: int) -> None:
        self.pictures = pictures
        self.patch_px = patch_px
        self.scale = scale
        self.mix = mix
        self.seed = seed

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        generator = of_item(self.seed, index)
        sharp = self.pictures.crop(self.patch_px, generator)
        return degrade(sharp, self.scale, generator, self.mix), sharp


def degrade(sharp: Tensor, scale: int, generator: torch.Generator, mix: DegradationMix | None = None) -> Tensor:
    """Apply one random degradation.

    Args:
        sharp: (3, H, W) float32 in [0, 1]; H and W divisible by scale.
        scale: how much smaller the result is.

    Returns:
        (3, H / scale, W / scale) float32 in [0, 1], on the 8-bit grid.
    """
    mix = mix or DegradationMix()
    dice = Dice(generator)
    kind = dice.choose([mix.clean, mix.light, mix.heavy])
    if kind == 0:
        x = clean(sharp[None], scale, dice)
    elif kind == 1:
        x = light(sharp[None], scale, dice, soft=mix.soft)
    else:
        x = heavy(sharp[None], scale, dice, again=mix.again, soft=mix.soft)
    return (x[0].clamp(0, 1) * 255).round() / 255


def realistic(sharp: Tensor, scale: int, generator: torch.Generator) -> Tensor:
    """The fixed test degradation: blur sigma 0.5-2.2, bicubic, Gaussian noise of sigma 0-8/255, JPEG 55-92.

    Shapes as in `degrade`. It is for measuring; training never draws it.
    """
    dice = Dice(generator)
    x = blur(sharp[None], gaussian_kernel(dice.uniform(0.5, 2.2)))
    x = shrink(x, sharp.shape[1] // scale, sharp.shape[2] // scale, "bicubic")
    x = x + dice.normal(tuple(x.shape)) * dice.uniform(0, 8 / 255)
    return jpeg(x, round(dice.uniform(55, 92)))[0]


def clean(x: Tensor, scale: int, dice: Dice) -> Tensor:
    """Antialiased shrinking only."""
    return shrink(x, x.shape[2] // scale, x.shape[3] // scale, "bicubic")


def light(x: Tensor, scale: int, dice: Dice, *, soft: float = 0.0) -> Tensor:
    """One round: blur sigma 0.2-2.6, noise up to 10/255, JPEG 50-96; each may be left out.

    Args:
        soft: as in `DegradationMix`.
    """
    height, width = x.shape[2] // scale, x.shape[3] // scale
    if dice.chance(0.9):
        sigma = dice.uniform(0.2, 2.6)
        ratio = dice.uniform(0.6, 1.0) if dice.chance(0.3) else 1.0
        x = blur(x, gaussian_kernel(sigma, sigma * ratio, dice.uniform(0, math.pi)))
    x = _softened(shrink(x, height, width, _shrink_mode(dice)), dice, soft)
    if dice.chance(0.8):
        x = noise(x, dice, sigma_255=(0, 10), poisson=(0.05, 0.8))
    if dice.chance(0.85):
        x = jpeg(x, round(dice.uniform(50, 96)))
    return x


def heavy(x: Tensor, scale: int, dice: Dice, *, again: float = 1.0, soft: float = 0.0) -> Tensor:
    """Two rounds of blur, resizing, noise and JPEG, the last of them with a final sinc filter.

    Args:
        again, soft: as in `DegradationMix`.
    """
    height, width = x.shape[2] // scale, x.shape[3] // scale
    x = blur(x, _random_kernel(dice, sigma=(0.2, 3.0)))
    x = _resize_about(x, dice, [0.2, 0.7, 0.1], (0.15, 1.5), least=(height, width), scale=scale)
    x = noise(x, dice, sigma_255=(1, 30), poisson=(0.05, 3.0))
    x = jpeg(x, round(dice.uniform(30, 95)))
    if again < 1 and not dice.chance(again):
        return _softened(shrink(x, height, width, _shrink_mode(dice)), dice, soft)
    if dice.chance(0.8):
        x = blur(x, _random_kernel(dice, sigma=(0.2, 1.5)))
    x = _resize_about(x, dice, [0.3, 0.4, 0.3], (0.3, 1.2), least=(height, width), scale=scale)
    x = noise(x, dice, sigma_255=(1, 25), poisson=(0.05, 2.5))
    sinc_first = dice.chance(0.5)
    with_sinc = dice.chance(0.8)
    kernel = sinc_kernel(dice.uniform(math.pi / 3, math.pi), 2 * int(dice.uniform(3, 10.99)) + 1)
    quality = round(dice.uniform(30, 95))
    if not sinc_first:
        x = jpeg(x, quality)
    x = _softened(shrink(x, height, width, _shrink_mode(dice)), dice, soft)
    if with_sinc:
        x = blur(x, kernel)
    return jpeg(x, quality) if sinc_first else x


def gaussian_kernel(
    sigma: float, sigma_across: float | None = None, angle: float = 0.0, *, beta: float = 1.0, plateau: bool = False
) -> Tensor:
    """A normalized kernel, (k, k), wide enough for three sigma and at most 21 wide.

    Args:
        sigma, sigma_across: pixels along and across the axis.
        angle: of the axis, radians.
        beta: shape of the generalised Gaussian exp(-(d^2 / 2)^beta); below 1 it has longer tails.
        plateau: 1 / (1 + (d^2)^beta) instead.
    """
    across = sigma if sigma_across is None else sigma_across
    radius = min(max(math.ceil(3 * max(sigma, across)), 1), 10)
    grid = torch.arange(-radius, radius + 1, dtype=torch.float32)
    y, x = torch.meshgrid(grid, grid, indexing="ij")
    u = (x * math.cos(angle) + y * math.sin(angle)) / sigma
    v = (-x * math.sin(angle) + y * math.cos(angle)) / across
    distance = u.square() + v.square()
    kernel = 1 / (1 + distance.pow(beta)) if plateau else torch.exp(-(distance / 2).pow(beta))
    return kernel / kernel.sum()


def sinc_kernel(cutoff: float, size: int) -> Tensor:
    """The circular low-pass filter J1(cutoff r) cutoff / (2 pi r), which rings as oversharpened pictures do.

    Args:
        cutoff: radians per pixel, up to pi.
        size: odd width in pixels.
    """
    grid = torch.arange(size, dtype=torch.float32) - size // 2
    y, x = torch.meshgrid(grid, grid, indexing="ij")
    radius = (x.square() + y.square()).sqrt()
    kernel: Tensor = cutoff * torch.special.bessel_j1(cutoff * radius) / (2 * math.pi * radius.clamp(min=1e-6))
    kernel[size // 2, size // 2] = cutoff**2 / (4 * math.pi)
    return kernel / kernel.sum()


def blur(x: Tensor, kernel: Tensor) -> Tensor:
    """Every channel filtered with the same kernel; the border is reflected. (N, C, H, W) -> the same."""
    pad = kernel.shape[0] // 2
    n, c, height, width = x.shape
    padded = F.pad(x, (pad,) * 4, mode="reflect" if pad < min(height, width) else "replicate")
    flat = padded.reshape(n * c, 1, height + 2 * pad, width + 2 * pad)
    return F.conv2d(flat, kernel[None, None]).reshape(n, c, height, width)


def shrink(x: Tensor, height: int, width: int, mode: str) -> Tensor:
    """Resampled to a size; "bicubic" and "bilinear" antialiased, or "area"."""
    if x.shape[2:] == (height, width):
        return x
    if mode == "area":
        return F.interpolate(x, (height, width), mode="area")
    return F.interpolate(x, (height, width), mode=mode, antialias=True)


def noise(x: Tensor, dice: Dice, *, sigma_255: tuple[float, float], poisson: tuple[float, float]) -> Tensor:
    """Gaussian or Poisson noise with even odds, in gray four times in ten."""
    n, _, height, width = x.shape
    grey = dice.chance(0.4)
    if dice.chance(0.5):
        return x + dice.normal((n, 1 if grey else 3, height, width)) * (dice.uniform(*sigma_255) / 255)
    scale = dice.uniform(*poisson)
    clean_8bit = x.clamp(0, 1).mul(255).round() / 255
    if grey:
        clean_8bit = clean_8bit.mean(1, keepdim=True)
    return x + scale * (dice.poisson(clean_8bit * 255) / 255 - clean_8bit)


def jpeg(x: Tensor, quality: int) -> Tensor:
    """Compressed by the real encoder and back. (N, 3, H, W) in [0, 1] -> the same."""
    frames = []
    for frame in (x.clamp(0, 1) * 255).round().to(torch.uint8):
        file = io.BytesIO()
        Image.fromarray(frame.permute(1, 2, 0).numpy()).save(file, "JPEG", quality=quality)
        frames.append(torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1))
    return torch.stack(frames).float() / 255


def _random_kernel(dice: Dice, sigma: tuple[float, float]) -> Tensor:
    if dice.chance(0.1):
        return sinc_kernel(dice.uniform(math.pi / 3, math.pi), 2 * int(dice.uniform(3, 10.99)) + 1)
    # isotropic, anisotropic, generalised isotropic, generalised anisotropic, plateau isotropic, plateau anisotropic
    kind = dice.choose([0.45, 0.25, 0.12, 0.03, 0.12, 0.03])
    along = dice.uniform(*sigma)
    across = dice.uniform(*sigma) if kind % 2 else along
    beta = (1.0, dice.uniform(0.5, 4), dice.uniform(1, 2))[kind // 2]
    return gaussian_kernel(along, across, dice.uniform(0, math.pi), beta=beta, plateau=kind >= 4)


def _softened(x: Tensor, dice: Dice, chance: float) -> Tensor:
    """Blurred with sigma 0.3-1.0 that often; without a chance nothing is drawn, so that old seeds stay as they were."""
    return blur(x, gaussian_kernel(dice.uniform(0.3, 1.0))) if chance and dice.chance(chance) else x


def _shrink_mode(dice: Dice) -> str:
    return ("area", "bilinear", "bicubic")[dice.choose([1.0, 1.0, 1.0])]


def _resize_about(
    x: Tensor,
    dice: Dice,
    up_down_keep: list[float],
    around: tuple[float, float],
    *,
    least: tuple[int, int],
    scale: int,
) -> Tensor:
    """Resize up, down or not at all; x1 and x2 keep more pixels than x4, which the ranges are made for."""
    kind = dice.choose(up_down_keep)
    low = around[0] if scale == 4 else max(around[0], 0.5)
    factor = (dice.uniform(1, around[1]), dice.uniform(low, 1), 1.0)[kind]
    height = max(round(x.shape[2] * factor), least[0] // 2, 4)
    width = max(round(x.shape[3] * factor), least[1] // 2, 4)
    return shrink(x, height, width, _shrink_mode(dice))
