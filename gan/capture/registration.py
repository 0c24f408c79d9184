"""Registration: shifts between two shots to a fraction of a pixel, and pictures moved by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.imaging.row_chunks import bands

Array = np.ndarray[Any, Any]

COARSE_PX: Final = 768
"""Longest side at which a shift is looked for first."""

CROP_PX: Final = 768
"""Side of the part of full resolution in which it is refined."""

_LOBES: Final = 5
"""Of the kernel that moves a picture by parts of a pixel."""


@dataclass(frozen=True)
class Shift:
    """Shift of one picture against another, in pixels; a picture `moved` by it lies over the other one.

    Attributes:
        down, right: by how much its content has to be moved.
    """

    down: float
    right: float

    @property
    def length(self) -> float:
        return float(np.hypot(self.down, self.right))


def edges(rgb: Tensor) -> Array:
    """(h, w): magnitude of the gradient of luminance, which looks alike whatever lies behind an object.

    The square root of its value, so that a few strong edges do not outweigh all others.
    """
    from scipy import ndimage

    gray = ndimage.gaussian_filter((rgb[0].mean(0)).numpy(), 1.0)
    slopes: Array = np.hypot(ndimage.sobel(gray, 0), ndimage.sobel(gray, 1))
    return np.sqrt(slopes)


def shift_between(reference: Tensor, moving: Tensor) -> Shift:
    """Shift that brings `moving` over `reference`: by phase correlation of edges, at a reduced size first.

    Args:
        reference, moving: (1, 3, H, W), of equal size.
    """
    height_px, width_px = reference.shape[2:]
    scale = max(1.0, max(height_px, width_px) / COARSE_PX)
    size = (max(1, round(height_px / scale)), max(1, round(width_px / scale)))
    small = [x if scale == 1 else F.interpolate(x, size, mode="area") for x in (reference, moving)]
    coarse = _correlated(edges(small[0]), edges(small[1]), 20)
    if scale == 1:
        return Shift(*coarse)
    down, right = (round(value * scale) for value in coarse)
    rows, columns = _busiest(edges(small[0]), height_px, width_px)
    here = reference[:, :, rows, columns]
    there = moved_whole(moving, down, right)[:, :, rows, columns]
    fine = _correlated(edges(here), edges(there), 20)
    return Shift(down + fine[0], right + fine[1])


def moved(rgb: Tensor, shift: Shift) -> Tensor:
    """(1, C, H, W): a picture moved by a shift; the outermost pixels go on beyond its edge.

    Whole pixels are moved exactly, the rest by a Lanczos kernel of `2 * _LOBES` taps each way (Duchon, Lanczos
    filtering in one and two dimensions, 1979).
    """
    down, right = int(np.floor(shift.down)), int(np.floor(shift.right))
    whole = moved_whole(rgb, down, right)
    if max(shift.down - down, shift.right - right) < 1e-3:
        return whole
    vertical, horizontal = (_lanczos(rest).to(rgb) for rest in (shift.down - down, shift.right - right))
    made = torch.empty_like(rgb)
    height_px, width_px = rgb.shape[2:]
    for rows in bands(height_px, width_px):
        near = torch.arange(rows.start - _LOBES, rows.stop + _LOBES - 1).clamp(0, height_px - 1)
        part = F.pad(whole[0, :, near][:, None], (_LOBES, _LOBES - 1, 0, 0), mode="replicate")
        part = F.conv2d(F.conv2d(part, horizontal.view(1, 1, 1, -1)), vertical.view(1, 1, -1, 1))
        made[0, :, rows] = part[:, 0]
    return made.clamp_(0, 1)


def _lanczos(rest: float) -> Tensor:
    """(2 * _LOBES,): weights of the pixels from `_LOBES` before to `_LOBES - 1` behind, for a shift of 0 to 1."""
    x = torch.arange(-_LOBES, _LOBES, dtype=torch.float64) + rest
    weights = torch.sinc(x) * torch.sinc(x / _LOBES)
    return weights / weights.sum()


def moved_whole(rgb: Tensor, down: int, right: int) -> Tensor:
    """The same by whole pixels, a new tensor."""
    height_px, width_px = rgb.shape[2:]
    rows = (torch.arange(height_px) - down).clamp(0, height_px - 1)
    columns = (torch.arange(width_px) - right).clamp(0, width_px - 1)
    return rgb[:, :, rows][:, :, :, columns]


@dataclass(frozen=True, eq=False)
class Affine:
    """Map from a reference's places to those of another frame, for x and y in pixels from the outer corner.

    Attributes:
        matrix: (2, 2), of (y, x).
        offset: (2,).
    """

    matrix: Array
    offset: Array

    @staticmethod
    def identity() -> Affine:
        return Affine(np.eye(2), np.zeros(2))

    @property
    def still(self) -> bool:
        """True if it moves no pixel of a large picture by as much as a hundredth."""
        return bool(np.abs(self.matrix - np.eye(2)).max() < 1e-6 and np.abs(self.offset).max() < 0.01)

    def of(self, y: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Places in the other frame."""
        (a, b), (c, d) = self.matrix.tolist()
        return a * y + b * x + float(self.offset[0]), c * y + d * x + float(self.offset[1])

    def largest_px(self, height_px: int, width_px: int) -> float:
        """Largest distance that a corner of the picture moves."""
        corners = np.array([[0, 0], [0, width_px], [height_px, 0], [height_px, width_px]], dtype=np.float64)
        return float(np.hypot(*(corners @ self.matrix.T + self.offset - corners).T).max())


def affine_between(reference: Tensor, moving: Tensor) -> Affine:
    """Affine map between two frames of one scene, also where they are focused at different depths.

    A shift by phase correlation first; then Gauss and Newton's method on luminance, from small sizes to
    `COARSE_PX`, with a gain and an offset of brightness beside the six parameters, and robust against what has moved
    (Baker and Matthews, Lucas-Kanade 20 years on, 2004, section 2; weights after Huber).

    Args:
        reference, moving: (1, 3, H, W), of equal size.
    """
    height_px, width_px = reference.shape[2:]
    longest = max(height_px, width_px)
    start = shift_between(reference, moving)
    matrix, offset = np.eye(2), np.array([-start.down, -start.right])
    sides = sorted({min(longest, side) for side in (COARSE_PX // 4, COARSE_PX // 2, COARSE_PX, 2 * COARSE_PX)})
    for side in sides:
        scale = longest / side
        size = (max(1, round(height_px / scale)), max(1, round(width_px / scale)))
        here, there = (_gray(x, size) for x in (reference, moving))
        matrix, level = _refined(here, there, matrix, offset / scale)
        offset = level * scale
    return Affine(matrix, offset)


def warped(rgb: Tensor, place: Affine) -> Tensor:
    """(1, C, H, W): a frame laid over its reference, bicubic; what lies outside continues from the edge."""
    if place.still:
        return rgb
    height_px, width_px = rgb.shape[2:]
    made = torch.empty_like(rgb)
    x = torch.arange(width_px, dtype=torch.float64) + 0.5
    for rows in bands(height_px, width_px):
        y = torch.arange(rows.start, rows.stop, dtype=torch.float64) + 0.5
        down, across = place.of(y[:, None], x[None])
        grid = torch.stack([2 * across / width_px - 1, 2 * down / height_px - 1], 2)[None].float()
        made[:, :, rows] = F.grid_sample(rgb, grid, mode="bicubic", padding_mode="border", align_corners=False)
    return made.clamp_(0, 1)


def _gray(rgb: Tensor, size: tuple[int, int]) -> Array:
    """Luminance at a size, smoothed as much as frames of different focus need to be alike."""
    from scipy import ndimage

    small = rgb if rgb.shape[2:] == size else F.interpolate(rgb, size, mode="area")
    smoothed: Array = ndimage.gaussian_filter(small[0].mean(0).double().numpy(), 1.5)
    return smoothed


def _refined(here: Array, there: Array, matrix: Array, offset: Array) -> tuple[Array, Array]:
    """Gauss and Newton's steps at one size, until they are shorter than a thousandth of a pixel."""
    from scipy import ndimage

    tall, wide = here.shape
    y, x = np.mgrid[0:tall, 0:wide] + 0.5
    center, reach = np.array([tall / 2, wide / 2]), max(tall, wide) / 2
    v, u = (y - center[0]) / reach, (x - center[1]) / reach
    spline = ndimage.spline_filter(there, order=3, mode="nearest")
    # Parameters: the place of the center, and four of the matrix times `reach`, so that all are pixels.
    middle, turn = matrix @ center + offset, matrix.copy()
    for _ in range(25):
        down, across = (middle[i] + turn[i, 0] * (y - center[0]) + turn[i, 1] * (x - center[1]) for i in (0, 1))
        moved_there = ndimage.map_coordinates(
            spline, [down - 0.5, across - 0.5], order=3, mode="nearest", prefilter=False
        )
        inside = (down > 2) & (down < tall - 2) & (across > 2) & (across < wide - 2)
        inside[:2] = inside[-2:] = False
        inside[:, :2] = inside[:, -2:] = False
        if inside.sum() < 64:
            break
        slope_y, slope_x = np.gradient(moved_there)
        away = (here - moved_there)[inside]
        columns = [
            slope_y,
            slope_x,
            slope_y * v,
            slope_y * u,
            slope_x * v,
            slope_x * u,
            moved_there,
            np.ones_like(here),
        ]
        terms = np.stack([column[inside] for column in columns], 1)
        weight = np.ones(len(away))
        step = np.zeros(8)
        for _ in range(3):
            left = away - terms @ step
            limit = 1.345 * 1.48 * np.median(np.abs(left)) + 1e-6
            weight = np.minimum(1.0, limit / np.maximum(np.abs(left), 1e-12))
            normal = terms.T @ (terms * weight[:, None]) + 1e-9 * np.eye(8)
            step = np.linalg.solve(normal, terms.T @ (weight * away))
        middle = middle + step[:2]
        turn = turn + step[2:6].reshape(2, 2) / reach
        if np.abs(step[:6]).max() < 1e-3:
            break
    return turn, middle - turn @ center


def _correlated(reference: Array, moving: Array, parts: int) -> tuple[float, float]:
    """Shift of `moving` against `reference`, to 1 / parts of a pixel."""
    from skimage.registration import phase_cross_correlation

    window = np.outer(np.hanning(reference.shape[0] + 2)[1:-1], np.hanning(reference.shape[1] + 2)[1:-1])
    first, second = ((x - x.mean()) * window for x in (reference, moving))
    correlate: Any = phase_cross_correlation
    shift, *_ = correlate(first, second, upsample_factor=parts, normalization=None)
    return float(shift[0]), float(shift[1])


def _busiest(edge: Array, height_px: int, width_px: int) -> tuple[slice, slice]:
    """The square of `CROP_PX` of the full picture with most edges; a smaller picture whole."""
    from scipy import ndimage

    tall, wide = min(CROP_PX, height_px), min(CROP_PX, width_px)
    window = (max(1, tall * edge.shape[0] // height_px), max(1, wide * edge.shape[1] // width_px))
    sums = ndimage.uniform_filter(edge, window, mode="constant")
    center = np.unravel_index(int(sums.argmax()), sums.shape)
    top = int(np.clip(center[0] * height_px / edge.shape[0] - tall / 2, 0, height_px - tall))
    left = int(np.clip(center[1] * width_px / edge.shape[1] - wide / 2, 0, width_px - wide))
    return slice(top, top + tall), slice(left, left + wide)
