"""Seeded periodic noise: fields that tile without a seam, from which materials are drawn."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

_TINY = 1e-6
_SMALLEST_PX = 32


class Noise:
    """Draws periodic fields of one size, each call from the next random numbers of one seed.

    Args:
        size_px: side of the square fields.
        seed: of the random numbers.
    """

    def __init__(self, size_px: int, seed: int) -> None:
        self.size_px = size_px
        self.generator = torch.Generator().manual_seed(seed)
        self._seed, self._drawn = seed, 0

    def field(
        self,
        wavelength: float,
        *,
        slope: float = 1.0,
        shortest: float = 0.0,
        band: tuple[float, float] = (1.0, 1.0),
    ) -> Tensor:
        """A fractal field, (T, T), of mean 0 and standard deviation 1.

        Random phases under a spectrum that falls as |k|^-slope between two wavelengths (spectral synthesis: Saupe,
        Algorithms for random fractals, 1988).

        Args:
            wavelength: the longest, as a share of the tile.
            slope: of the amplitudes; 0 for white noise.
            shortest: the shortest, as a share of the tile; 0 for two pixels.
            band: share of the frequencies down and across; 0.1 makes features ten times as long in that direction.
        """
        size = self.size_px
        down = torch.fft.fftfreq(size, 1 / size)[:, None] / band[0]
        across = torch.fft.rfftfreq(size, 1 / size)[None, :] / band[1]
        k = (down**2 + across**2).sqrt()
        lowest = 1 / wavelength
        amplitude = (k.clamp(min=lowest) / lowest) ** (-slope - 0.5)
        amplitude *= torch.sigmoid((k - 0.7 * lowest) / (0.12 * lowest))
        if shortest:
            amplitude *= torch.exp(-((k * shortest) ** 2))
        amplitude[0, 0] = 0
        self._drawn += 1
        made = torch.fft.irfft2(_spectrum(size, 1000 * self._seed + self._drawn) * amplitude, s=(size, size))
        scaled: Tensor = made / made.std().clamp(min=_TINY)
        return scaled

    def uniform(self, *shape: int) -> Tensor:
        """Numbers in [0, 1)."""
        return torch.rand(*shape, generator=self.generator)

    def normal(self, *shape: int) -> Tensor:
        """Numbers of mean 0 and standard deviation 1."""
        return torch.randn(*shape, generator=self.generator)


def _spectrum(size_px: int, seed: int) -> Tensor:
    """Random complex amplitudes; the low frequencies are those of every smaller size, so that sizes look alike."""
    generator = torch.Generator().manual_seed(seed * 16384 + size_px)
    half = size_px // 2
    made = torch.complex(*torch.randn(2, size_px, half + 1, generator=generator).unbind(0))
    if half >= _SMALLEST_PX:
        smaller, inner = _spectrum(half, seed), half // 2
        made[:inner, :inner] = smaller[:inner, :inner]
        made[-inner + 1 :, :inner] = smaller[-inner + 1 :, :inner]
    return made


def slope(height: Tensor, toward: tuple[float, float]) -> Tensor:
    """Slope of a relief toward the light: its periodic derivative in a direction (down, across), (T, T)."""
    down = (height.roll(-1, 0) - height.roll(1, 0)) / 2
    across = (height.roll(-1, 1) - height.roll(1, 1)) / 2
    return down * toward[0] + across * toward[1]


def blurred(field: Tensor, sigma_px: float) -> Tensor:
    """Periodic Gaussian blur of (T, T) or (C, T, T)."""
    if sigma_px < 0.2:
        return field
    height, width = field.shape[-2:]
    down = torch.fft.fftfreq(height)[:, None]
    across = torch.fft.rfftfreq(width)[None, :]
    kernel = torch.exp(-2 * (math.pi * sigma_px) ** 2 * (down**2 + across**2))
    soft: Tensor = torch.fft.irfft2(torch.fft.rfft2(field) * kernel, s=(height, width))
    return soft


def warped(field: Tensor, down: Tensor, across: Tensor) -> Tensor:
    """A periodic field, (T, T), read at places moved by so many pixels."""
    height, width = field.shape
    y = (torch.arange(height)[:, None] + down) % height
    x = (torch.arange(width)[None, :] + across) % width
    padded = F.pad(field[None, None], (0, 1, 0, 1), mode="circular")
    grid = torch.stack([2 * x / width - 1, 2 * y / height - 1], -1)[None]
    return F.grid_sample(padded, grid, mode="bilinear", align_corners=True)[0, 0]


def smooth(x: Tensor, least: float, most: float) -> Tensor:
    """0 up to `least`, 1 from `most`, a cubic between."""
    share = ((x - least) / (most - least)).clamp(0, 1)
    return share * share * (3 - 2 * share)
