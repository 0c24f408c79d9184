"""Pictures in pieces: cells, their distance to the next one, and one colour for each."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from gan.training.data.procedural_canvas import UNITS, Canvas, Floats

Labels = npt.NDArray[np.int32]


def cells(canvas: Canvas, size: float, loose: float = 0.75) -> Labels:
    """(S, S) Voronoi cells of a jittered grid, `size` units apart."""
    count = max(2, math.ceil(UNITS / size) + 2)
    rows, columns = np.mgrid[:count, :count]
    jitter = canvas.rng.uniform(-loose / 2, loose / 2, (2, count, count))
    most = canvas.side - 1
    y = np.clip(((rows + jitter[0] - 0.5) * size * canvas.unit).astype(int), 0, most)
    x = np.clip(((columns + jitter[1] - 0.5) * size * canvas.unit).astype(int), 0, most)
    seeds = np.zeros((canvas.side, canvas.side), np.int32)
    seeds[y, x] = np.arange(count * count).reshape(count, count) + 1
    nearest = ndimage.distance_transform_edt(seeds == 0, return_distances=False, return_indices=True)
    labels: Labels = seeds[tuple(nearest)] - 1
    return labels


def numbered(*parts: npt.NDArray[np.generic]) -> Labels:
    """(S, S) whole numbers from 0, one for each combination."""
    joined = np.zeros(parts[0].shape, np.int64)
    for part in parts:
        values = part.astype(np.int64)
        joined = joined * (int(values.max()) - int(values.min()) + 1) + values - values.min()
    _, numbers = np.unique(joined, return_inverse=True)
    return numbers.reshape(joined.shape).astype(np.int32)


def inset(labels: Labels) -> Floats:
    """(S, S) pixels to the nearest place where the label changes."""
    inside = np.ones(labels.shape, bool)
    down, across = labels[1:] == labels[:-1], labels[:, 1:] == labels[:, :-1]
    inside[1:] &= down
    inside[:, 1:] &= across
    if inside.all():
        return np.full(labels.shape, 1e3, np.float32)
    return np.asarray(ndimage.distance_transform_edt(inside), np.float32)


def averaged(canvas: Canvas, rgb: Floats, labels: Labels, spread: float) -> tuple[Floats, Floats]:
    """(S, S, 3) mean colour of each cell, varied; and (N, 2) a pair of random numbers for each."""
    flat = labels.ravel()
    count = int(flat.max()) + 1
    sizes = np.maximum(np.bincount(flat, minlength=count), 1)
    means = np.stack([np.bincount(flat, rgb[..., i].ravel(), count) / sizes for i in range(3)], -1)
    means = means + canvas.rng.normal(0, 1, (count, 1)) * spread + canvas.rng.normal(0, 1, (count, 3)) * spread / 3
    return means.astype(np.float32)[labels], canvas.rng.random((count, 2), dtype=np.float32)
