"""What the procedural styles are drawn with: a square of pixels, noise, flow, and a few operators on arrays."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from scipy import ndimage

Floats = npt.NDArray[np.floating[Any]]
UNITS = 256
"""Sizes of patterns are given in this fraction of the side, so that one seed is one design at every size."""


class Canvas:
    """A square to draw on, with the random numbers and the coordinates that every kind needs.

    Attributes:
        side: in pixels.
        unit: pixels of one `UNITS`th of the side.
        x, y: (S, S) pixel centres from the left and the top, in units.
    """

    def __init__(self, side_px: int, rng: np.random.Generator) -> None:
        self.side = side_px
        self.rng = rng
        self.unit = side_px / UNITS
        line = ((np.arange(side_px) + 0.5) / self.unit).astype(np.float32)
        self.y, self.x = np.meshgrid(line, line, indexing="ij")

    def real(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def whole(self, low: int, high: int) -> int:
        """Both ends included."""
        return int(self.rng.integers(low, high + 1))

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def grain(self) -> Floats:
        """(S, S) standard normal, one draw a pixel."""
        return self._apart().standard_normal((self.side, self.side), dtype=np.float32)

    def noise(self, cells: float, octaves: int = 1, gain: float = 0.5) -> Floats:
        """(S, S) smooth noise of zero mean and unit deviation; `cells` bumps across, each octave twice as many."""
        total = np.zeros((self.side, self.side), np.float32)
        for octave in range(octaves):
            count = min(self.side, max(2, round(cells * 2**octave) + 1))
            spline = _spline(self.side, count)
            total += gain**octave * (
                spline @ self._apart().standard_normal((count, count), dtype=np.float32) @ spline.T
            )
        return standard(total)

    def streaks(self, u: Floats, v: Floats, along: float, across: float) -> Floats:
        """(S, S) noise that is stretched: bumps `along` units long in u and `across` units wide in v."""
        reach = 1.5 * UNITS
        columns, rows = max(3, round(reach / along)), max(3, round(reach / across))
        lattice = torch.from_numpy(self.rng.standard_normal((1, 1, rows, columns), dtype=np.float32))
        place = np.stack([(t - t.mean()) * (2 / reach) for t in (u, v)], -1).astype(np.float32)[None]
        found = F.grid_sample(
            lattice, torch.from_numpy(place), mode="bilinear", padding_mode="reflection", align_corners=False
        )
        return standard(found[0, 0].numpy())

    def turned(self, angle: float) -> tuple[Floats, Floats]:
        """Coordinates in units along and across a direction, 0 in the middle."""
        dx, dy = self.x - UNITS / 2, self.y - UNITS / 2
        c, s = math.cos(angle), math.sin(angle)
        return dx * c + dy * s, dy * c - dx * s

    def warped(self, x: Floats, units: float, cells: float = 5) -> Floats:
        """(S, S, C) with every pixel taken from up to about `units` away, so that outlines waver."""
        line = torch.linspace(-1 + 1 / self.side, 1 - 1 / self.side, self.side)
        home = torch.stack(torch.meshgrid(line, line, indexing="xy"), -1)
        shift = np.stack([self.noise(cells, 4, 0.6), self.noise(cells, 4, 0.6)], -1) * (2 * units / UNITS)
        there = (home + torch.from_numpy(shift))[None]
        planes = torch.from_numpy(np.ascontiguousarray(x.transpose(2, 0, 1)))[None]
        found = F.grid_sample(planes, there, mode="bilinear", padding_mode="reflection", align_corners=False)
        return found[0].permute(1, 2, 0).numpy()

    def blur(self, x: Floats, units: float) -> Floats:
        """Gaussian, over height and width only."""
        sigma = units * self.unit
        return gaussian(x, sigma)

    def flow(self, tone: Floats) -> Floats:
        """(S, S) angles of a field that follows the edges of `tone` where it has some, and bends slowly elsewhere."""
        base, bend = self.real(0, math.pi), self.real(0.2, 1.1)
        drift = base + bend * self.noise(self.real(1.5, 3.5))
        down, across = np.gradient(self.blur(tone, 5))
        pull = self.real(0.5, 3) * UNITS * self.unit / 8
        # Angles of lines repeat after half a turn, so the mean is taken of doubled angles.
        edge = 2 * np.arctan2(across, -down)
        weight = pull * np.hypot(down, across)
        turned = np.arctan2(np.sin(2 * drift) + weight * np.sin(edge), np.cos(2 * drift) + weight * np.cos(edge))
        half: Floats = (turned / 2).astype(np.float32)
        return half

    def smeared(self, x: Floats, angle: Floats, units: float) -> Floats:
        """(S, S) or (S, S, C) averaged along lines: line integral convolution (Cabral and Leedom, 1993)."""
        planes = torch.from_numpy(np.ascontiguousarray(x.reshape(self.side, self.side, -1).transpose(2, 0, 1)))[None]
        line = torch.linspace(-1 + 1 / self.side, 1 - 1 / self.side, self.side)
        home = torch.stack(torch.meshgrid(line, line, indexing="xy"), -1)[None]
        way = torch.from_numpy(np.stack([np.cos(angle), np.sin(angle)], -1).astype(np.float32))[None] * (2 / self.side)
        length = units * self.unit
        doublings = max(1, math.ceil(math.log2(max(2.0, length))))
        step = length / 2**doublings
        for k in range(doublings):
            sign = 1 if k % 2 else -1
            there = F.grid_sample(
                planes, home + sign * step * 2**k * way, mode="bilinear", padding_mode="reflection", align_corners=False
            )
            planes = 0.5 * (planes + there)
        return planes[0].permute(1, 2, 0).numpy().reshape(x.shape)

    def _apart(self) -> np.random.Generator:
        """For as many numbers as the size asks: what is drawn after them stays the same at every size."""
        return np.random.default_rng(int(self.rng.integers(2**62)))


@functools.lru_cache(maxsize=128)
def _spline(side: int, count: int) -> Floats:
    """(side, count) weights of a uniform cubic B-spline whose knots span the side."""
    t = np.abs(np.linspace(0, count - 1, side)[:, None] - np.arange(count)[None])
    weights = np.where(t < 1, 2 / 3 - t**2 + t**3 / 2, np.clip(2 - t, 0, None) ** 3 / 6)
    finished: Floats = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
    return finished


def ramp(colors: Floats, t: Floats) -> Floats:
    """(..., 3): colours blended along t in [0, 1]."""
    stops = np.linspace(0, 1, len(colors))
    return np.stack([np.interp(t, stops, colors[:, i]) for i in range(3)], -1).astype(np.float32)


def luma(rgb: Floats) -> Floats:
    weighed: Floats = (rgb @ np.array([0.299, 0.587, 0.114], np.float32)).astype(np.float32)
    return weighed


def standard(x: Floats) -> Floats:
    """Zero mean, unit deviation."""
    finished: Floats = (x - x.mean()) / (x.std() + np.float32(1e-6))
    return finished


def even(x: Floats) -> Floats:
    """Noise to [0, 1], evenly enough that no colour of a ramp is lost."""
    return 0.5 + 0.5 * np.tanh(standard(x))


def stretched(x: Floats) -> Floats:
    """[0, 1] between the second and the ninety-eighth percentile."""
    low, high = np.percentile(x[::4, ::4], (2, 98))
    finished: Floats = np.clip((x - low) / max(high - low, 0.05), 0, 1).astype(np.float32)
    return finished


def step(low: float | Floats, high: float | Floats, x: Floats) -> Floats:
    """Smoothly from 0 at `low` to 1 at `high`."""
    t = np.clip((x - low) / (np.asarray(high) - low), 0, 1).astype(np.float32)
    eased: Floats = t * t * (3 - 2 * t)
    return eased


def mixed(a: Floats, b: Floats, weight: Floats) -> Floats:
    """(S, S, 3): b where the (S, S) weight is 1."""
    out: Floats = a + weight[..., None] * (b - a)
    return out


def gaussian(x: Floats, sigma_px: float) -> Floats:
    """Over height and width; wide ones on a smaller copy, since nobody sees the difference."""
    axes = (sigma_px, sigma_px, 0)[: x.ndim]
    if sigma_px < 4 or min(x.shape[:2]) < 64:
        return np.asarray(ndimage.gaussian_filter(x, axes, truncate=2.5, mode="reflect"), np.float32)
    planes = torch.from_numpy(np.ascontiguousarray(x.reshape(*x.shape[:2], -1).transpose(2, 0, 1)))[None]
    small = F.avg_pool2d(planes, 4, ceil_mode=True)
    sigma = sigma_px / 4
    blurred = ndimage.gaussian_filter(small[0].numpy(), (0, sigma, sigma), truncate=2.5, mode="reflect")
    back = F.interpolate(torch.from_numpy(blurred)[None], x.shape[:2], mode="bilinear", align_corners=False)
    return back[0].permute(1, 2, 0).numpy().reshape(x.shape)


def slid(x: Floats, down_px: int, across_px: int) -> Floats:
    """(S, S) moved by whole pixels; what comes in repeats the edge."""
    rows, columns = (
        np.clip(np.arange(n) - by, 0, n - 1) for n, by in zip(x.shape[:2], (down_px, across_px), strict=True)
    )
    finished: Floats = x[rows][:, columns]
    return finished


def lit(height: Floats, azimuth: float) -> Floats:
    """How much brighter a relief gets from one side; slopes in height per pixel."""
    slopes = np.gradient(height)
    shine: Floats = (slopes[1] * math.cos(azimuth) + slopes[0] * math.sin(azimuth)).astype(np.float32)
    return shine
