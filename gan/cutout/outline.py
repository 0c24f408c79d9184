"""Shape of a product's outline: rectangles, frames, and openings that are open in part."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]

RECTANGLE = 0.96
"""Share of its tightest rectangle that the outline of a box, a book or a label fills."""

LEAST_OPEN = 0.3
"""Share of an opening that has to be left open for the rest to be taken for open too."""

LEAST_OPENING = 0.15
"""Share of the outline from which on an opening is no print in the ground's color."""

RING = 0.5
"""Share of the outline from which on what looks like the ground all over is an opening, even where the network saw a
solid thing: a necklace, a bracelet, a wreath."""

ENCLOSED = 0.7
"""Share of a part's rim from which on it belongs to what it borders on."""

_GAP_PX = 3
"""Between beads or links of a chain, which enclose an opening nevertheless."""


def without_half_filled(cover: Floats, unlike: Bools, clipped: Bools) -> Floats:
    """The coverage without what it fills of an opening that it leaves open elsewhere, or that is most of the outline.

    Within an opening everything looks like the ground, so no edge parts what is covered of it from what is not: the
    inside of a necklace, of a wreath or of a frame is open as a whole, or not at all.

    Args:
        cover: (h, w) in [0, 1].
        unlike: (h, w), what is neither ground nor a shadow on it.
        clipped: (h, w), too bright to tell a white plate from white paper.
    """
    from scipy import ndimage

    rim = ndimage.binary_dilation(unlike, iterations=_GAP_PX)
    outline = ndimage.binary_fill_holes(rim)
    openings, _ = ndimage.label(outline & ~rim)
    area = float(outline.sum())
    made = cover.copy()
    for index, place in enumerate(ndimage.find_objects(openings), start=1):
        around = tuple(slice(max(0, part.start - _GAP_PX), part.stop + _GAP_PX) for part in place)
        opening = openings[around] == index
        left_open = float((cover[around][opening] < 0.5).mean())
        share = int(opening.sum()) / area
        half_open = LEAST_OPEN < left_open < 1 and share > LEAST_OPENING
        ring = left_open <= LEAST_OPEN and share > RING and float(clipped[around][opening].mean()) < 0.5
        if half_open or ring:
            whole = ndimage.binary_dilation(opening, iterations=_GAP_PX) & ~unlike[around]
            made[around] = np.where(whole, 0.0, made[around])
    return made


def open_share(holes: Bools, outline: Bools) -> float:
    """Share of the outline that lies open, without the largest opening, which may be that of a frame."""
    from scipy import ndimage

    parts, count = ndimage.label(holes)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    return float(sizes.sum() - sizes.max(initial=0)) / max(1.0, float(outline.sum()))


def in_the_middle(place: tuple[slice, ...], outline: Bools) -> bool:
    """True if an opening lies in the middle of an outline, within 15% of its sides."""
    rows, columns = np.flatnonzero(outline.any(1)), np.flatnonzero(outline.any(0))
    ends = ((rows[0], rows[-1] + 1), (columns[0], columns[-1] + 1))
    return all(
        abs((part.start + part.stop) - (first + last)) < 0.15 * (last - first)
        for part, (first, last) in zip(place, ends, strict=True)
    )


def is_rectangle(outline: Bools) -> bool:
    """True if an outline fills its tightest rectangle, at whatever angle: boxes, books, cards, bottles' labels."""
    from scipy import ndimage
    from scipy.spatial import ConvexHull, QhullError

    edge = np.argwhere(outline & ~ndimage.binary_erosion(outline))
    if len(edge) < 16:
        return False
    try:
        corners = edge[ConvexHull(edge).vertices].astype(np.float64)
    except QhullError:  # all on one line
        return False
    steps = np.diff(corners, axis=0, append=corners[:1])
    angles = np.unique(np.round(np.arctan2(steps[:, 1], steps[:, 0]) % (np.pi / 2), 3))
    turned = np.stack([np.cos(angles), np.sin(angles)], 1) @ corners.T
    across = np.stack([-np.sin(angles), np.cos(angles)], 1) @ corners.T
    # Pixels are counted from their centers.
    areas = (np.ptp(turned, axis=1) + 1) * (np.ptp(across, axis=1) + 1)
    return bool(outline.sum() >= RECTANGLE * areas.min())


def with_bites(cover: Floats, unlike: Bools) -> Floats:
    """The coverage with what was bitten out of it: parts that are no ground and lie between the product and the frame.

    Args:
        cover: (h, w) in [0, 1].
        unlike: (h, w), neither ground nor a shadow on it.
    """
    from scipy import ndimage

    solid = np.pad(cover > 0.5, 1, constant_values=True)
    parts, _ = ndimage.label(np.pad(unlike, 1) & ~solid)
    made = cover.copy()
    for index, place in enumerate(ndimage.find_objects(parts), start=1):
        around = tuple(slice(max(0, part.start - 1), part.stop + 1) for part in place)
        part = parts[around] == index
        rim = ndimage.binary_dilation(part) & ~part
        if float(solid[around][rim].mean()) > ENCLOSED:
            made = np.maximum(made, _unpadded(parts == index))
    return made


def _unpadded(x: Bools) -> Floats:
    made: Floats = x[1:-1, 1:-1].astype(np.float32)
    return made
