"""The product as a solid: where it stands, and how deep it is, guessed from its outline, for the light to fall on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.edit.shadow_render import floor_line, outline_of
from gan.imaging.box import least_cover
from gan.imaging.resize import fitted, resize
from gan.scene.view import View

Floats = npt.NDArray[np.float32]

SMALL_PX: Final = 448
"""Longest side of the frame at which its solid is made."""

CARDS: Final = (7, 20)
"""Upright slices of the product, one behind the other: least and most; a flat thing needs more of them."""

MOST_BEHIND: Final = 3.0
"""In units; a leg further away is none."""

ROUND: Final = 0.85
"""Depth of a thing as a share of its width, where nothing is known of it: most things are about as deep as wide."""


WIDEST_LEG: Final = 0.16
"""Of a thing on legs, as a share of its width."""

MOST_FEET: Final = 0.4
"""Share of such a thing's width that its feet on the floor line take."""

STEEPEST: Final = 0.5
"""Rise of a leg's end above the floor line, as a share of the thing's width: of a square seat from 30 degrees above."""


@dataclass(frozen=True, eq=False)
class Volume:
    """A product's solid in a small copy of the frame.

    Attributes:
        view: of the small frame.
        cover: (h, w) in [0, 1].
        floor: (w,), the row on which each column, or the leg that is seen there, stands.
        gap: (w,), pixels of air between the product's lower outline and that row; infinite beside it.
        cards: (J, 1, h, w), the coverage of upright slices.
        depths: (J,), where they stand.
        bounds: least and most X, Y and Z of all slices.
        behind: how far behind its foot a product touches the ground, in units.
    """

    view: View
    cover: Floats
    floor: Floats
    gap: Floats
    cards: Tensor
    depths: Tensor
    bounds: tuple[tuple[float, float], ...]
    behind: float = 0.0

    def shade(self, points: Tensor, toward: Tensor, shift: float = 0.0) -> Tensor:
        """Share of the light from a direction that the product keeps from each point.

        Args:
            points: (N, 3).
            toward: (3,), to the light.
            shift: of the slices, in their distances; other rays' slices lie elsewhere, so that none is seen.

        Returns:
            (N,) in [0, 1].
        """
        made = torch.zeros(len(points))
        near = self._ahead(points, toward).nonzero()[:, 0]
        if len(near):
            made[near] = self._shade(points[near], toward, shift)
        return made

    def _ahead(self, points: Tensor, toward: Tensor) -> Tensor:
        """Mask of the rays that meet the box around the product, (N,)."""
        first, last = torch.full((len(points),), -1e-3), torch.full((len(points),), 1e9)
        for axis, (least, most) in enumerate(self.bounds):
            step = float(toward[axis])
            if axis == 2:
                step = _leaning(step)
            step = step if abs(step) > 1e-6 else 1e-6
            one, two = (least - points[:, axis]) / step, (most - points[:, axis]) / step
            first, last = torch.maximum(first, torch.minimum(one, two)), torch.minimum(last, torch.maximum(one, two))
        return first < last

    def _shade(self, points: Tensor, toward: Tensor, shift: float) -> Tensor:
        along = _leaning(float(toward[2]))
        depths = self.depths + shift * (self.depths[1] - self.depths[0])
        steps = (depths[:, None] - points[None, :, 2]) / along  # (J, N)
        ahead = steps > 1e-4
        across = points[None, :, 0] + steps * toward[0]
        height = points[None, :, 1] + steps * toward[1]
        view = self.view
        scale = view.focal_px / depths[:, None]
        columns = view.center_px + across * scale
        rows = view.horizon_px + (view.camera - height) * scale
        grid = torch.stack([2 * columns / view.width_px - 1, 2 * rows / view.height_px - 1], -1)[:, :, None]
        found = F.grid_sample(self.cards, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
        return (found[:, 0, :, 0] * (ahead & (height > -1e-4))).amax(0)


def foot_and_floor(cover: Floats) -> tuple[Floats, Floats]:
    """Rows of the floor and of the lower outline in every column, (w,) each; NaN beside the product."""
    columns, outline = outline_of(cover)
    size = math.sqrt(max(1.0, float(cover.sum())))
    floor = np.full(cover.shape[1], np.nan, np.float32)
    low = floor.copy()
    floor[columns.astype(int)] = floor_line(columns, outline, size)
    low[columns.astype(int)] = outline
    return floor, low


def _legs(floor: Floats, low: Floats, size: float) -> npt.NDArray[np.int64]:
    """Columns of legs that end above the floor line of something on thin legs: they stand further away.

    Args:
        floor, low: as of `foot_and_floor`.
        size: root of the product's area.
    """
    from scipy.signal import find_peaks  # here, because importing it takes long

    columns = np.flatnonzero(~np.isnan(low))
    line, outline = floor[columns], low[columns]
    width = columns[-1] - columns[0] + 1
    feet = np.flatnonzero(line - outline < 0.02 * size)
    runs = np.split(feet, np.flatnonzero(np.diff(columns[feet]) > 1) + 1)
    if len(feet) > MOST_FEET * width or min(map(len, runs)) > WIDEST_LEG * width:
        return columns[:0]
    lower = np.full(width + 2, outline.min() - size, np.float32)
    lower[columns - columns[0] + 1] = outline
    made = [columns[:0]]
    for peak in find_peaks(lower, prominence=0.15 * size)[0]:
        left, right = peak, peak
        while lower[left - 1] > lower[peak] - 0.02 * size:
            left -= 1
        while lower[right + 1] > lower[peak] - 0.02 * size:
            right += 1
        leg = np.flatnonzero((columns - columns[0] + 1 >= left) & (columns - columns[0] + 1 <= right))
        rise = float((line[leg] - outline[leg]).min())
        if len(leg) <= WIDEST_LEG * width and 0.02 * size < rise < STEEPEST * width:
            made.append(columns[leg])
    return np.concatenate(made)


def volume_of(alpha: Tensor, view: View) -> Volume | None:
    """The solid of a product on its canvas; None where nothing is covered.

    Every run of covered pixels in a row counts as a thing about as deep as it is wide; it stands above the place
    where its column meets the floor.

    Args:
        alpha: (1, 1, H, W), of the whole frame.
        view: of that frame.
    """
    size = fitted(alpha.shape[2], alpha.shape[3], SMALL_PX)
    small = view.scaled(size[1], size[0])
    cover = resize(alpha, *size)[0, 0].numpy()
    if not (cover > 0.02).any():
        return None
    floor, low = foot_and_floor(cover)
    known = np.flatnonzero(~np.isnan(floor))
    everywhere = np.interp(np.arange(cover.shape[1]), known, floor[known]).astype(np.float32)
    gap = np.where(np.isnan(low), np.inf, everywhere - np.nan_to_num(low)).astype(np.float32)
    legs = _legs(floor, low, math.sqrt(max(1.0, float(cover.sum()))))
    unit = small.px
    width = (known[-1] - known[0] + 1) / unit
    foot = np.minimum(everywhere, everywhere[known].max())
    depth = small.focal_px * small.camera / np.maximum(foot - small.horizon_px, 1e-3)
    depth = np.clip(depth, small.depth, small.depth + 1.2 * width)
    half = _half_depths(cover) / unit
    at_foot = np.clip(np.round(everywhere).astype(int) - 2, 0, cover.shape[0] - 1)
    base = half[at_foot, np.arange(cover.shape[1])]
    touching = (gap < 0.02 * cover.shape[0]) & (base > 0)
    if touching.any():
        places = np.flatnonzero(touching)
        base = np.interp(np.arange(len(base)), places, base[places])
    behind = float((depth + 2 * base - small.depth)[touching].max()) if touching.any() else 0.0
    if len(legs):
        away = small.focal_px * small.camera / np.maximum(low[legs] - small.horizon_px, 1e-3)
        behind = max(behind, min(MOST_BEHIND, float(away.max()) - small.depth))
        everywhere[legs], gap[legs] = low[legs], 0.0
    middle = depth + base
    near = float((middle[None] - half)[cover > 0.02].min())
    far = float((middle[None] + half)[cover > 0.02].max())
    near = max(near, 0.3 * small.depth)
    far = max(far, near + 1e-3)
    rows = np.flatnonzero((cover > 0.02).any(1))
    tall = max(1.0, float(everywhere.max()) - rows[0]) / unit
    count = int(np.clip(math.ceil(3 * (far - near) / tall), *CARDS))
    step = (far - near) / count
    depths = near + step * (np.arange(count) + 0.5)
    inside = np.clip((half[None] - np.abs(depths[:, None, None] - middle[None, None])) / step + 1.0, 0, 1)
    cards = torch.from_numpy((inside * cover[None]).astype(np.float32))[:, None]
    cards = F.avg_pool2d(cards, 3, 1, 1)
    deep = (float(depths[0]) - step, float(depths[-1]) + step)
    sides = [(edge - small.center_px) / small.focal_px * z for edge in (known[0] - 2, known[-1] + 3) for z in deep]
    top = max(small.camera - (rows[0] - 2 - small.horizon_px) * z / small.focal_px for z in deep)
    bounds = ((min(sides), max(sides)), (-1e-3, top), deep)
    return Volume(small, cover, everywhere, gap, cards, torch.from_numpy(depths.astype(np.float32)), bounds, behind)


def _leaning(along: float) -> float:
    """A ray's part away from the camera, which slices of no depth need some of."""
    return math.copysign(max(abs(along), 0.12), along or 1.0)


def _half_depths(cover: Floats) -> npt.NDArray[np.float64]:
    """Half the depth of what each pixel shows, in pixels: of a rounded box over the run of its row."""
    made = np.zeros(cover.shape)
    inside = np.pad(cover > 0.6 * least_cover(cover), ((0, 0), (1, 1))).astype(np.int8)
    edges = np.diff(inside, axis=1)
    rows, starts = np.nonzero(edges == 1)
    _, ends = np.nonzero(edges == -1)
    columns = np.arange(cover.shape[1])
    for row, start, end in zip(rows, starts, ends, strict=True):
        half = (end - start) / 2
        side = np.abs((columns[start:end] + 0.5 - start - half) / half)
        made[row, start:end] = ROUND * half * (1 - side**3) ** 0.5
    return made
