"""One's own background photograph: its horizon, and the product's shadow on its ground."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import torch
from torch import Tensor

from gan.edit.background import covering
from gan.imaging.picture import Picture
from gan.imaging.resize import shrunk
from gan.imaging.row_chunks import bands
from gan.scene.enlarge import sampled
from gan.scene.stage import Stage

LOOK_PX: Final = 400
USUAL: Final = 0.38
"""Horizon of a picture that does not tell."""

LEAST, MOST = 0.05, 0.7
APART_RAD: Final = 0.3
"""Angle between two edges from which on their crossing is well known."""

_LINES: Final = 4
"""As few lines that meet say nothing."""


def horizon_of(picture: Picture) -> float:
    """The horizon's row as a share of the height: where lines that run away from the camera meet.

    Straight edges (probabilistic Hough transform) that are neither level nor upright vote for the row in which pairs
    of them cross; without enough of them, the row at which the picture changes most from top to bottom, such as the
    sea's, or the foot of a wall, counts a little above itself.

    Args:
        picture: any size.

    Returns:
        0 at the upper edge, 1 at the lower one.
    """
    gray = shrunk(picture.rgb, LOOK_PX).mean(1)[0].numpy()
    height, width = gray.shape
    if min(height, width) < 16:
        return USUAL
    crossings = _crossings(gray)
    if len(crossings) >= _LINES:
        return float(np.clip(np.median(crossings) / height, LEAST, MOST))
    return _change(gray)


def _crossings(gray: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> list[float]:
    """Rows in which pairs of receding edges cross."""
    from skimage.feature import canny
    from skimage.transform import probabilistic_hough_line

    edges = canny(gray, 1.5)  # type: ignore[no-untyped-call]
    length = gray.shape[1] // 7
    lines = probabilistic_hough_line(edges, threshold=12, line_length=length, line_gap=4, rng=0)  # type: ignore[no-untyped-call]
    slopes = []
    for (x0, y0), (x1, y1) in lines:
        if x0 == x1:
            continue
        slope = (y1 - y0) / (x1 - x0)
        if 0.12 < abs(slope) < 3:
            slopes.append((slope, y0 - slope * x0, math.hypot(x1 - x0, y1 - y0)))
    slopes.sort(key=lambda line: -line[2])
    rows = []
    for i, (m, b, _) in enumerate(slopes[:14]):
        for n, c, _ in slopes[i + 1 : 14]:
            if abs(math.atan(m) - math.atan(n)) > APART_RAD:
                x = (c - b) / (m - n)
                y = m * x + b
                if -0.5 * gray.shape[1] < x < 1.5 * gray.shape[1] and -0.2 * gray.shape[0] < y < 0.8 * gray.shape[0]:
                    rows.append(y)
    return rows


def _change(gray: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> float:
    """The row that best divides a picture into an upper and a lower half of one tone each (Otsu, by rows)."""
    height = gray.shape[0]
    mean = gray.mean(1)
    best, where = 0.0, USUAL
    for row in range(int(0.1 * height), int(0.75 * height)):
        step = abs(float(mean[max(0, row - height // 8) : row].mean() - mean[row : row + height // 8].mean()))
        if step > best:
            best, where = step, row / height
    if best < 0.05:
        return USUAL
    return float(np.clip(where, LEAST, MOST))


def stretch_of(background: Picture, height_px: int, width_px: int) -> float:
    """Height of a photograph that covers the frame, in frames; what is more than one is cut off evenly."""
    scale = max(height_px / background.height_px, width_px / background.width_px)
    return background.height_px * scale / height_px


def in_frame(share: float, stretch: float) -> float:
    """A share of a photograph's height as one of the frame's, outside of 0 and 1 where it is cut off."""
    return share * stretch - (stretch - 1) / 2


def drawn_on(background: Picture, stage: Stage, contact: Tensor | None) -> Tensor:
    """(1, 3, H, W): a photograph that covers the frame, with the product's shadow on the floor below its horizon."""
    view = stage.view
    made = covering(background, view.height_px, view.width_px).clone()
    floor = next((group for group in stage.groups if group.part == "floor"), None)
    if floor is None:
        return made
    free = stage.unshaded_floor()
    for rows in bands(view.height_px, view.width_px):
        at = torch.arange(rows.start, rows.stop) + 0.5
        share = (at - floor.first) / max(1e-6, floor.last - floor.first)
        ratio = (sampled(floor.light, share, view.width_px) / sampled(free, share, view.width_px)).clamp(0, 1)
        ratio = torch.where((share >= 0)[None, :, None], ratio, torch.ones_like(ratio))
        if contact is not None:
            ratio = ratio * (1 - sampled(contact[None], at / view.height_px, view.width_px))
        made[0, :, rows] *= ratio
    return made
