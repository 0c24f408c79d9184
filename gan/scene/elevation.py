"""Camera height above a product, from the front half of the ellipse as which its round base is seen."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from torch import Tensor

from gan.imaging.box import Box, box_of, least_cover
from gan.imaging.resize import fitted, resize

Floats = npt.NDArray[np.float64]

SMALL_PX: Final = 512
"""Longest side of the product's copy in which the base is looked for."""

LEAST_DEG, MOST_DEG = 4.0, 36.0
"""A base that is seen flatter is a straight edge; one that is seen steeper is a ball, or lies on its side."""

MIDDLE: Final = 0.94
"""Share of the base's half width within which its outline is fitted; beyond, the sides begin."""

MOST_AWAY: Final = 0.10
"""Standard deviation of the outline from the ellipse, as a share of the outline's own, up to which it is one."""

MOST_WIDER: Final = 1.1
"""Width of the sides as a share of the base's, up to which it is a base and not the underside of a ball."""

LEAST_WIDTH_PX: Final = 16


NEAR_ENOUGH_DEG: Final = 5.0
"""Nobody sees so small a difference between a product and its set."""

STEP_DEG: Final = 5.0
"""Pictures of one shoot differ by less, and are to stay alike."""


def camera_above(alpha: Tensor, usual_deg: float) -> float:
    """Elevation of a set's camera for a product: the set's, unless the product's base is seen from quite another."""
    seen = seen_from(alpha)
    if seen is None or abs(seen - usual_deg) <= NEAR_ENOUGH_DEG:
        return usual_deg
    return STEP_DEG * max(1, round(seen / STEP_DEG))


def seen_from(alpha: Tensor) -> float | None:
    """Degrees above the floor from which a product that stands on a round base was photographed.

    The lower outline of such a base is half an ellipse, whose axes have the ratio of the elevation's sine. None where
    the outline is no such ellipse: of a box, of legs, of what is cut off.

    Args:
        alpha: (1, 1, H, W), coverage.
    """
    level = least_cover(alpha)
    box = box_of(alpha, least=level)
    if box is None:
        return None
    part = box.grown(2).within(Box.whole(alpha)).of(alpha)
    cover = resize(part, *fitted(part.shape[2], part.shape[3], SMALL_PX))[0, 0].double().numpy()
    inside = cover >= level
    if inside[-1].any() or not inside.any():
        return None
    low = _lower_outline(cover, level)
    # From above: there the sides are upright, while any row further down would seem to be the widest of its own arc.
    bottom, down = np.nanmax(low), math.sin(math.radians(MOST_DEG)) * inside.any(0).sum() / 2
    for _ in range(6):
        across, above = (np.flatnonzero(inside[max(0, int(bottom - times * down) - 1)]) for times in (1, 2))
        if len(across) < LEAST_WIDTH_PX or len(across) < across[-1] - across[0] + 1:
            return None
        half = len(across) / 2
        away = (np.arange(len(low)) + 0.5 - across[0] - half) / half
        near = np.abs(away) < MIDDLE
        if np.isnan(low[near]).any():
            return None
        arc, outline = np.sqrt(1 - away[near] ** 2), low[near]
        before, down = down, float(np.polyfit(arc, outline, 1)[0])
        if not 0 < down < half:
            return None
        if abs(down - before) < 0.25:
            break
    rest = outline - np.polyval(np.polyfit(arc, outline, 1), arc)
    seen = math.degrees(math.asin(down / half))
    fits = rest.std() < MOST_AWAY * outline.std() and len(above) < MOST_WIDER * len(across)
    return seen if fits and LEAST_DEG < seen < MOST_DEG else None


def _lower_outline(cover: Floats, level: float) -> Floats:
    """(w,): row at which each column's coverage falls below a level, to a fraction; NaN where it never reaches it."""
    height, width = cover.shape
    inside = cover >= level
    last = height - 1 - np.argmax(inside[::-1], 0)
    columns = np.arange(width)
    here, below = cover[last, columns], cover[np.minimum(last + 1, height - 1), columns]
    row = last + 0.5 + (here - level) / np.maximum(here - below, 1e-6)
    return np.where(inside.any(0), row, np.nan)
