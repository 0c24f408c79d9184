"""The smooth continuation of a picture into its holes: what a network of ours starts from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

RIM_PX = 8
"""Depth to which slopes are continued too. Continued across a large hole, they run far beyond the colors around it."""

ACROSS = 2.0
"""Weight of a neighbor to the left or right beside one above or below: floors, walls and shelves lie in strips."""


def smooth_fill(rgb: Tensor, hole: Tensor) -> Tensor:
    """Fill holes by Laplace's equation, and their outermost pixels by the biharmonic one, which continues slopes.

    In large holes the biharmonic equation alone carries slopes far beyond the colors around, and takes longer.
    Method of the rim: Damelin and Hoang, On surface completion and image inpainting by biharmonic functions, 2018, as
    scikit-image has it. Time and memory grow with the number of unknown pixels; some ten thousand are well.

    Args:
        rgb: (1, 3, H, W) in [0, 1]; what it holds in the hole is not looked at.
        hole: (1, 1, H, W) of bool; something has to be known.

    Returns:
        (1, 3, H, W) in [0, 1], the same where nothing is to be filled.
    """
    # Here, because importing them takes a second.
    from scipy import ndimage
    from skimage.restoration import inpaint_biharmonic

    if not bool(hole.any()):
        return rgb
    gone = hole[0, 0].numpy()
    filled = rgb[0].masked_fill(hole[0], 0).permute(1, 2, 0).double().numpy()
    depth = ndimage.distance_transform_edt(gone)
    if depth.max() > RIM_PX:
        filled[gone] = _harmonic(filled, gone)
    filled = inpaint_biharmonic(filled, gone & (depth <= RIM_PX), channel_axis=-1)
    made = torch.from_numpy(filled).permute(2, 0, 1)[None].to(rgb.dtype).clamp(0, 1)
    return torch.where(hole, made, rgb)


def _harmonic(colors: npt.NDArray[np.float64], gone: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Colors (n, 3) of the n unknown pixels of (H, W, 3): each the weighted mean of its neighbors, of those that the
    picture has.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.linalg import spsolve

    rows, columns = np.nonzero(gone)
    count = len(rows)
    number = np.full(gone.shape, -1)
    number[rows, columns] = np.arange(count)
    weights, right = np.zeros(count), np.zeros((count, 3))
    entries: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]] = []
    for down, across, weight in ((0, 1, ACROSS), (0, -1, ACROSS), (1, 0, 1.0), (-1, 0, 1.0)):
        y, x = rows + down, columns + across
        here = np.flatnonzero((y >= 0) & (y < gone.shape[0]) & (x >= 0) & (x < gone.shape[1]))
        weights[here] += weight
        there = number[y[here], x[here]]
        unknown = there >= 0
        entries.append((here[unknown], there[unknown], np.full(int(unknown.sum()), -weight)))
        known = here[~unknown]
        right[known] += weight * colors[y[known], x[known]]
    entries.append((np.arange(count), np.arange(count), weights))
    i, j, values = (np.concatenate(parts) for parts in zip(*entries, strict=True))
    matrix = coo_array((values, (i, j)), (count, count)).tocsc()
    solved: npt.NDArray[np.float64] = spsolve(matrix, right, permc_spec="MMD_AT_PLUS_A")
    return solved.reshape(count, 3)
