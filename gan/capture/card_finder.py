"""Find a 24-patch color card, or a gray card, in a photograph: even patches that lie on a grid, in any perspective."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.capture.card_values import COLUMNS, LAB, ROWS, linear_of
from gan.imaging.color import to_linear
from gan.imaging.resize import fitted

Array = np.ndarray[Any, Any]

SEARCHED_PX: Final = 900
"""Longest side at which a card is looked for."""

_FLAT: Final = (0.008, 0.016, 0.032)
"""Slopes, in code values of 1 a pixel, below which a surface counts as even: from clean pictures to noisy ones."""

_LEAST_PX, _MOST_SHARE = 5, 0.25
"""Sides of patches: from that many pixels of the searched size to that share of its shorter side."""

_LEAST_FOUND: Final = 9
"""Patches of the 24 that have to be seen; the others are where the grid says."""

_LEAST_LIKE: Final = 0.75
"""Mean correlation of what is seen with the card's colors."""

_INNER: Final = 0.5
"""Share of a patch's side that is measured, around its middle."""

_LEAST_GRAY_SHARE, _MOST_GRAY_CHROMA = 0.002, 0.12


@dataclass(frozen=True, eq=False)
class Patch:
    """An even, roughly square region at the searched size."""

    center: Array
    area: float


@dataclass(frozen=True, eq=False)
class Card:
    """A card that was found.

    Attributes:
        colors: (24, 3) or (1, 3), linear: what its patches show, in the card's order.
        corners: (4, 2), x and y in pixels of the picture: top left, top right, bottom right, bottom left of the
            outermost patches.
        clipped: (24,) or (1,) of bool: patches that are overexposed or black.
    """

    colors: Array
    corners: Array
    clipped: Array


def find_card(rgb: Tensor) -> Card | None:
    """The 24-patch card in a picture, (1, 3, H, W) sRGB-encoded; None where there is none."""
    small, scale = _searched(rgb)
    best: tuple[float, Array] | None = None
    for limit in _FLAT:
        patches = _patches(small, limit)
        for grid in _grids(patches):
            found = _placed(grid, small)
            if found is not None and (best is None or found[0] > best[0]):
                best = found
        if best is not None and best[0] > 0.95:
            break
    if best is None or best[0] < _LEAST_LIKE:
        return None
    plane = np.diag([scale[0], scale[1], 1.0]) @ best[1]
    corners = _mapped(plane, np.array([[0.0, 0.0], [COLUMNS, 0], [COLUMNS, ROWS], [0, ROWS]]))
    colors = _measured(rgb, plane)
    return Card(colors, corners, _clipped(colors))


def find_gray(rgb: Tensor) -> Card | None:
    """The largest even, nearly neutral surface of medium brightness that has four sides and no part outside."""
    small, scale = _searched(rgb)
    best: tuple[float, Any, Array] | None = None
    for limit in _FLAT:
        for patch, inside in _regions(small, limit, most=0.9):
            color = np.median(small[inside], 0)
            chroma, level = float(np.ptp(color)), float(color.mean())
            share = patch.area / small[..., 0].size
            if share < _LEAST_GRAY_SHARE or chroma > _MOST_GRAY_CHROMA + 0.1 or not 0.2 < level < 0.85:
                continue
            score = patch.area * (1 - chroma / (_MOST_GRAY_CHROMA + 0.1)) * (1 - abs(level - 0.46))
            if best is None or score > best[0]:
                best = (score, inside, color)
    if best is None:
        return None
    rows, columns = np.nonzero(best[1])
    color = to_linear(_tensor(best[2])).numpy()[None].astype(np.float64)
    left, right, top, bottom = columns.min(), columns.max() + 1, rows.min(), rows.max() + 1
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) * scale
    return Card(color, corners, _clipped(color))


def _tensor(values: Array) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))


def _searched(rgb: Tensor) -> tuple[Array, Array]:
    """(h, w, 3) at the searched size, and pixels of the picture for each of its own, across and down."""
    size = fitted(rgb.shape[2], rgb.shape[3], SEARCHED_PX)
    small = F.interpolate(rgb, size, mode="area") if size != tuple(rgb.shape[2:]) else rgb
    return small[0].permute(1, 2, 0).numpy(), np.array([rgb.shape[3] / size[1], rgb.shape[2] / size[0]])


def _patches(small: Array, limit: float) -> list[Patch]:
    return [patch for patch, _ in _regions(small, limit, most=_MOST_SHARE)]


def _regions(small: Array, limit: float, *, most: float) -> Iterator[tuple[Patch, Array]]:
    """Even regions with four sides: as a parallelogram's, their area is 12 times the root of their moments' product."""
    from scipy import ndimage

    slope = np.zeros(small.shape[:2])
    for channel in range(3):
        slope = np.maximum(slope, ndimage.gaussian_gradient_magnitude(small[..., channel], 1.0, mode="nearest"))
    labels = ndimage.label(slope < limit)[0]
    tall, wide = labels.shape
    for number, part in enumerate(ndimage.find_objects(labels), 1):
        rows, columns = part
        height, width = rows.stop - rows.start, columns.stop - columns.start
        if min(height, width) < _LEAST_PX or max(height, width) > most * min(tall, wide):
            continue
        if rows.start == 0 or columns.start == 0 or rows.stop == tall or columns.stop == wide:
            continue  # a part of something larger
        inside = ndimage.binary_fill_holes(labels[part] == number)
        area = float(inside.sum())
        y, x = np.nonzero(inside)
        moments = np.cov(np.stack([x, y])) if len(x) > 3 else np.zeros((2, 2))
        low, high = np.linalg.eigvalsh(moments)
        if low <= 0 or high > 12 * low or not 0.82 < area / (12 * np.sqrt(low * high)) < 1.035:
            continue
        whole = np.zeros((tall, wide), dtype=bool)
        whole[part] = inside
        yield Patch(np.array([x.mean() + columns.start + 0.5, y.mean() + rows.start + 0.5]), area), whole


def _grids(patches: list[Patch]) -> Iterator[dict[tuple[int, int], Array]]:
    """Centers by column and row, of every set of patches that lie on a grid; the largest first."""
    if len(patches) < _LEAST_FOUND:
        return
    centers = np.stack([patch.center for patch in patches])
    areas = np.array([patch.area for patch in patches])
    found: list[dict[tuple[int, int], int]] = []
    for start in range(len(patches)):
        if any(start in grid.values() for grid in found):
            continue
        alike = np.nonzero((areas > 0.4 * areas[start]) & (areas < 2.5 * areas[start]))[0]
        away = centers[alike] - centers[start]
        length = np.hypot(*away.T)
        order = [index for index in np.argsort(length)[1:7] if length[index] < 3.5 * np.sqrt(areas[start])]
        best: dict[tuple[int, int], int] = {}
        for first in order:
            for second in order:
                right, down = away[first], away[second]
                turn = float(right[0] * down[1] - right[1] * down[0])
                ratio = float(np.hypot(*right) / np.hypot(*down))
                if turn <= 0.6 * np.hypot(*right) * np.hypot(*down) or not 0.5 < ratio < 2:
                    continue
                grid = _grown(centers, alike, {(0, 0): start, (1, 0): alike[first], (0, 1): alike[second]})
                if len(grid) > len(best):
                    best = grid
        if len(best) >= _LEAST_FOUND:
            found.append(best)
    for grid in sorted(found, key=len, reverse=True)[:6]:
        yield {place: centers[index] for place, index in grid.items()}


def _grown(centers: Array, usable: Array, seeds: dict[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    """The patches that a grid reaches from three of them, cell by cell, following its perspective."""
    grid = dict(seeds)
    for _ in range(12):
        places = np.array(list(grid), dtype=np.float64)
        plane = _plane(places, centers[list(grid.values())])
        if plane is None:
            break
        taken, added = set(grid.values()), False
        around = {(i + di, j + dj) for i, j in grid for di, dj in ((1, 0), (-1, 0), (0, 1), (0, -1))} - set(grid)
        free = np.array([index for index in usable if index not in taken])
        if not len(free):
            break
        for place in sorted(around):
            cell = np.array([place, (place[0] + 1, place[1]), (place[0], place[1] + 1)], dtype=np.float64)
            at, right, down = _mapped(plane, cell)
            reach = 0.25 * min(np.hypot(*(right - at)), np.hypot(*(down - at)))
            away = np.hypot(*(centers[free] - at).T)
            nearest = int(away.argmin())
            if away[nearest] < reach and int(free[nearest]) not in grid.values():
                grid[place] = int(free[nearest])
                added = True
        columns, rows = zip(*grid, strict=True)
        if not added or max(columns) - min(columns) > COLUMNS or max(rows) - min(rows) > COLUMNS:
            break
    return grid


def _plane(places: Array, centers: Array) -> Array | None:
    """(3, 3): from a grid to the picture, a homography from 8 patches on that span it, an affine map before."""
    spans = min(len(set(places[:, 0])), len(set(places[:, 1])))
    if len(places) < 8 or spans < 2:
        terms = np.hstack([places, np.ones((len(places), 1))])
        solved, _, rank, _ = np.linalg.lstsq(terms, centers, rcond=None)
        return np.vstack([solved.T, [0, 0, 1]]) if rank == 3 else None
    # Normalized direct linear transform (Hartley, In defense of the eight-point algorithm, 1997).
    there, here = (_normalizing(points) for points in (places, centers))
    first, second = _mapped(there, places), _mapped(here, centers)
    rows = []
    for (x, y), (u, v) in zip(first, second, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y, -u], [0, 0, 0, x, y, 1, -v * x, -v * y, -v]]
    solved = np.linalg.svd(np.array(rows))[2][-1].reshape(3, 3)
    plane: Array = np.linalg.inv(here) @ solved @ there
    return plane


def _normalizing(points: Array) -> Array:
    center, spread = points.mean(0), max(1e-9, float(points.std()))
    return np.array([[1 / spread, 0, -center[0] / spread], [0, 1 / spread, -center[1] / spread], [0, 0, 1]])


def _mapped(plane: Array, points: Array) -> Array:
    made = np.hstack([points, np.ones((len(points), 1))]) @ plane.T
    places: Array = made[:, :2] / made[:, 2:]
    return places


def _placed(grid: dict[tuple[int, int], Array], small: Array) -> tuple[float, Array] | None:
    """Fit of the card's colors to a grid, at its best, and the plane from the card: (column, row) to pixels."""
    places, centers = np.array(list(grid), dtype=np.float64), np.stack(list(grid.values()))
    wanted = np.log(np.maximum(linear_of(LAB["new"]), 0.01))
    best: tuple[float, Array] | None = None
    turned = places
    for _ in range(4):
        low, high = turned.min(0), turned.max(0)
        for column in range(int(high[0]) - COLUMNS + 1, int(low[0]) + 1):
            for row in range(int(high[1]) - ROWS + 1, int(low[1]) + 1):
                plane = _plane(turned - [column, row] + 0.5, centers)
                seen = None if plane is None else _seen(small, plane)
                if plane is not None and seen is not None:
                    like = _likeness(np.log(np.maximum(seen, 0.003)), wanted)
                    if best is None or like > best[0]:
                        best = (like, plane)
        turned = np.stack([-turned[:, 1], turned[:, 0]], 1)  # by a quarter
    return best


def _seen(small: Array, plane: Array) -> Array | None:
    """(24, 3), linear: the colors at the patches' middles; None where these lie outside."""
    at = _mapped(plane, _centers()).astype(int)
    tall, wide = small.shape[:2]
    if (at < 1).any() or (at[:, 0] >= wide - 1).any() or (at[:, 1] >= tall - 1).any():
        return None
    near = np.mean([small[at[:, 1] + i, at[:, 0] + j] for i in (-1, 0, 1) for j in (-1, 0, 1)], 0)
    return to_linear(_tensor(near)).numpy()


def _likeness(seen: Array, wanted: Array) -> float:
    """Mean of the channels' correlations, and of that of their differences: a cast and an exposure do not count."""
    kinds = [(seen, wanted), (np.diff(seen, axis=1), np.diff(wanted, axis=1))]
    values = []
    for one, other in kinds:
        for channel in range(one.shape[1]):
            a, b = one[:, channel] - one[:, channel].mean(), other[:, channel] - other[:, channel].mean()
            values.append(float((a * b).sum() / (np.sqrt((a**2).sum() * (b**2).sum()) + 1e-9)))
    return float(np.mean(values))


def _centers() -> Array:
    return np.array([(column + 0.5, row + 0.5) for row in range(ROWS) for column in range(COLUMNS)])


def _measured(rgb: Tensor, plane: Array) -> Array:
    """(24, 3), linear: the mean over the inner part of each patch without its darkest and brightest quarter."""
    steps = (np.arange(24) + 0.5) / 24 - 0.5
    inner = np.stack(np.meshgrid(steps, steps), 2).reshape(-1, 2) * _INNER
    colors = []
    for center in _centers():
        at = _mapped(plane, center + inner).astype(int)
        x, y = at[:, 0].clip(0, rgb.shape[3] - 1), at[:, 1].clip(0, rgb.shape[2] - 1)
        light = np.sort(to_linear(rgb[0, :, y, x]).double().numpy(), 1)
        quarter = light.shape[1] // 4
        colors.append(light[:, quarter:-quarter].mean(1))
    return np.stack(colors)


def _clipped(colors: Array) -> Array:
    clipped: Array = (colors.max(1) > 0.985) | (colors.max(1) < 0.0005)
    return clipped
