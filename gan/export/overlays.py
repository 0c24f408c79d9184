"""Detect overlays on the background beside the product: borders, separate things such as text, and shadows.

All three go by a plain ground, of one color or of a smooth course (the light of a studio falls off as a polynomial
of second order does, near enough). On other grounds they say that they cannot tell.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gan.imaging import ocr
from gan.imaging.box import Box, box_of
from gan.imaging.mask_shapes import max_within
from gan.imaging.picture import Picture
from gan.imaging.resize import shrunk
from gan.inpaint.defects import suggest

Floats = npt.NDArray[np.float32]

LONGEST_PX = 1024
"""Longest side of the copy that is searched for things and shadows; lengths below are in its pixels."""

NEAR_PX = 6
"""So near to the product nothing is told apart from its edge."""

COVERED = 0.02
"""From here on a pixel may hold some of the product."""

SAMPLES, LEAST_SAMPLES = 20_000, 50
"""Pixels by which a ground's course is found."""

UNEVEN = 0.08
"""Difference from the background's smooth course above which a pixel is not background."""

PLAIN = 0.75
"""Share of the ground that has to follow its smooth course for the rest to be told apart."""

FAINT, CLEAR = 0.02, 0.08
"""Bounds of the difference from which on something is seen; between them five times the ground's own noise."""

DISTINCT = 0.1
"""A thing differs from the ground by this somewhere; fainter ones are not told from the light's own course."""

SHARP = 0.5
"""A thing's edge rises by this share of its difference within two pixels; a shadow takes longer."""

LETTERS_PX = 4
"""Letters that are as near as twice this make one thing."""

LEAST_SHARE, LEAST_AREA_PX = 1e-4, 24
"""Of the frame, and in pixels: what is smaller is dust."""

COLORED = 0.05
"""Shadows are gray: a channel may lose this much more than another."""

BEYOND = 0.25
"""A line of text of which this share lies beyond the product is no print on it, though parts of it be taken for it."""

MOST_LETTERS = 40
"""Of a line of text, as findings and records hold it."""

BORDER_DEPTH = 0.1
"""Depth from the frame's edge in which borders are searched for, as a share of the side."""

BORDER_STEP = 16 / 255
BORDER_LENGTH = 0.8
"""Share of a line across the frame along which a border ends."""

BORDER_EVEN = 0.9
BORDER_EDGE_PX = 2
"""Pixels over which a border's edge may be blurred."""

BORDER_SAMPLES = 512

BORDER_NEAR_PX = 16
"""So near to the product JPEG's blocks carry its colors over the ground."""


class Beside(NamedTuple):
    """Things found on a plain background beside a product.

    Attributes:
        things: how many separate things with clear edges there are.
        largest: the largest one's share of the frame.
        shadow: share of the frame that is softly darker than the ground, and gray.
    """

    things: int
    largest: float
    shadow: float


def borders(rgb: Tensor, alpha: Tensor | None) -> Box:
    """Depth of uniform bands or lines along the frame's four sides, in pixels; 0 where there are none.

    Args:
        rgb: (1, 3, H, W) in [0, 1].
        alpha: (1, 1, H, W) in [0, 1]: what the product covers is not looked at; None where it is not known.
    """
    cover = torch.zeros_like(rgb[:, :1]) if alpha is None else alpha
    upright = (rgb[0], cover[0])
    turned = (rgb[0].transpose(1, 2), cover[0].transpose(1, 2))
    left, right = _border(*turned), _border(*(x.flip(1) for x in turned))
    top, bottom = _border(*upright), _border(*(x.flip(1) for x in upright))
    return Box(left, top, right, bottom)


def beside(rgb: Tensor, alpha: Tensor) -> Beside | None:
    """Find things beside the product; None if the background is not plain, or there is none.

    Args:
        rgb: (1, 3, H, W) in [0, 1].
        alpha: (1, 1, H, W) in [0, 1], the product's coverage.
    """
    from scipy import ndimage  # here, because importing it takes longer than measuring

    picture = shrunk(rgb, LONGEST_PX)[0].numpy()  # (3, h, w)
    cover = shrunk(alpha, LONGEST_PX)
    near = max_within((cover > COVERED).float(), NEAR_PX)[0, 0].numpy() > 0
    free = ~near
    if free.mean() < LEAST_SHARE:
        return None
    difference = picture - _course(picture, free)
    away = np.abs(difference).max(axis=0)
    if (away[free] <= UNEVEN).mean() < PLAIN:
        return None
    noise = 1.4826 * float(np.median(away[free]))
    seen = (away > min(max(5 * noise, FAINT), CLEAR)) & free

    parts, count = ndimage.label(
        ndimage.binary_dilation(seen, iterations=LETTERS_PX), structure=np.ones((3, 3), dtype=bool)
    )
    own = np.where(seen, parts, 0)
    areas, heights = np.bincount(own.ravel(), minlength=count + 1), _most(away, own, count)
    separate = (areas >= max(LEAST_AREA_PX, LEAST_SHARE * free.size)) & (heights >= DISTINCT)
    separate &= _most(_rise(picture), own, count) >= SHARP * heights
    separate[np.unique(parts[near])] = False  # attached to the product, or all of the rest
    separate[0] = False

    least, most = -difference.max(axis=0), -difference.min(axis=0)
    dark = seen & (least > 0) & (most - least < COLORED) & ~separate[parts]
    # A shadow is an area: what opening removes is a line or noise.
    shadow = ndimage.binary_opening(dark, iterations=2)
    return Beside(
        things=int(separate.sum()),
        largest=float(areas[separate].max(initial=0) / free.size),
        shadow=float(shadow.mean()),
    )


def text_lines(rgb: Tensor, alpha: Tensor | None) -> int:
    """Count plain lines of text that do not lie on the product as its own print does, on any background.

    What is looked for is what `gan.inpaint.defects` finds, which prefers to miss a line to inventing one.

    Args:
        rgb: (1, 3, H, W) in [0, 1].
        alpha: (1, 1, H, W) in [0, 1], the product's coverage; None where it is not known, then none is counted.
    """
    from scipy import ndimage

    if alpha is None:
        return 0
    letters = suggest(Picture(shrunk(rgb, LONGEST_PX)), kinds=("text",)).coverage[0, 0].numpy() > 0
    if not letters.any():
        return 0
    lines, count = ndimage.label(ndimage.binary_dilation(letters, iterations=2 * LETTERS_PX))
    own = shrunk(alpha, LONGEST_PX)[0, 0].numpy() > 0.5
    areas = np.bincount(lines[letters], minlength=count + 1)[1:]
    beyond = np.bincount(lines[letters & ~own], minlength=count + 1)[1:]
    return int((beyond > BEYOND * np.maximum(areas, 1)).sum())


def texts_beyond(picture: Picture, alpha: Tensor | None) -> list[list[Any]]:
    """Lines of text that do not lie on the product as its own print does, as [text, left, top, right, bottom].

    Args:
        picture: H x W pixels; the extra [ocr] reads it.
        alpha: as of `text_lines`.
    """
    if alpha is None:
        return []
    found = []
    for line in ocr.read_lines(picture):
        box = line.box
        if float((box.of(alpha) <= 0.5).float().mean()) > BEYOND:
            found.append([line.text[:MOST_LETTERS], *box])
    return found


def cut_off(alpha: Tensor) -> int:
    """Number of sides of the frame that the product touches, 0 to 4."""
    box = box_of(alpha)
    height, width = alpha.shape[2:]
    return 0 if box is None else (box.left <= 0) + (box.top <= 0) + (box.right >= width) + (box.bottom >= height)


def _border(rgb: Tensor, cover: Tensor) -> int:
    """Depth of a border along the first rows of (3, H, W), ignoring pixels in or near the cover (1, H, W)."""
    depth = max(1, round(BORDER_DEPTH * rgb.shape[1])) + BORDER_EDGE_PX + 1
    step = max(1, rgb.shape[2] // BORDER_SAMPLES)
    product = (cover[None, :, : depth + BORDER_NEAR_PX] > COVERED).float()
    near = max_within(product, BORDER_NEAR_PX) if bool(product.any()) else product
    ground = near[0, 0, :depth, ::step] == 0  # (d, n)
    rows = rgb[:, :depth, ::step]
    colors = torch.where(ground, rows, torch.nan)
    middle = colors.nanmedian(2, keepdim=True).values
    even = ((rows - middle).abs().amax(0) <= BORDER_STEP) & ground
    counted = ground.sum(1)
    uniform = (even.sum(1) >= BORDER_EVEN * counted) & (2 * counted >= ground.shape[1])
    # A border ends between row r - 1 and row r + BORDER_EDGE_PX.
    across = 1 + BORDER_EDGE_PX
    both = ground[:-across] & ground[across:]
    jump = ((rows[:, across:] - rows[:, :-across]).abs().amax(0) > BORDER_STEP) & both
    ends = uniform[:-across] & (jump.sum(1) >= (BORDER_LENGTH * both.sum(1)).clamp(min=1))
    within = uniform.int().cumprod(0)[:-across] > 0  # the rows up to here all are even
    return int((torch.nonzero(ends & within).flatten() + 1).max()) if bool((ends & within).any()) else 0


def _most(values: Floats, parts: npt.NDArray[np.int32], count: int) -> Floats:
    """The largest value in every part, from part 0 on."""
    most = np.zeros(count + 1, dtype=np.float32)
    inside = parts > 0
    np.maximum.at(most, parts[inside], values[inside])
    return most


def _course(picture: Floats, free: npt.NDArray[np.bool_]) -> Floats:
    """(3, h, w): the smooth course of a ground, a polynomial of second order fitted to what is not far from it."""
    height, width = free.shape
    down, across = np.linspace(-1, 1, height, dtype=np.float32)[:, None], np.linspace(-1, 1, width, dtype=np.float32)
    flat = np.zeros((height, width), dtype=np.float32)
    terms = [flat + 1, flat + down, flat + across, down * across, flat + down**2, flat + across**2]
    places = np.flatnonzero(free)[:: max(1, int(free.sum()) // SAMPLES)]
    at = np.stack([term.ravel()[places] for term in terms], axis=1)  # (n, 6)
    values = picture.reshape(3, -1)[:, places].T  # (n, 3)
    weights = np.zeros((6, 3), dtype=np.float32)
    weights[0] = np.median(values, axis=0)
    tolerance = 2 * UNEVEN
    for _ in range(3):
        kept = np.abs(values - at @ weights).max(axis=1) <= tolerance
        if kept.sum() < LEAST_SAMPLES:
            break
        weights = np.linalg.lstsq(at[kept], values[kept], rcond=None)[0].astype(np.float32)
        tolerance = UNEVEN
    course: Floats = np.tensordot(weights, np.stack(terms), axes=(0, 0))
    return course


def _rise(picture: Floats) -> Floats:
    """(h, w): how much the color changes across two pixels, across or down."""
    rise = np.zeros(picture.shape[1:], dtype=np.float32)
    rise[:, 1:-1] = np.abs(picture[:, :, 2:] - picture[:, :, :-2]).max(axis=0)
    rise[1:-1] = np.maximum(rise[1:-1], np.abs(picture[:, 2:] - picture[:, :-2]).max(axis=0))
    return rise
