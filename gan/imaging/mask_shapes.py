"""Shape operations on masks: dilation by discs, ramps across edges, and regions of similar color.

Everything is worked on in tiles or bands, so that beside the masks themselves only a part is in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.imaging.picture import Picture
from gan.imaging.row_chunks import bands

TILE_PX = 768
INSIDE = 0.5
"""From this coverage on a pixel belongs to the mask's shape."""

ROUNDING = 1e-3
"""Delta E by which the same color may differ from itself, computed twice; a step of 8 bits is many times that."""

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]


def grow(coverage: Tensor, px: int) -> Tensor:
    """Widen, or below 0 narrow, a coverage by a disc of that radius.

    Pixels whose centers lie within `px` of the shape (of coverage from `INSIDE`) become 1; narrowing makes those
    within `px` of what is not the shape 0. Every other value stays. Beyond the picture's border nothing is known, so
    that a shape that touches it goes on touching it.

    Args:
        coverage: (1, 1, H, W), in [0, 1].
        px: radius in pixels.

    Returns:
        (1, 1, H, W), a new tensor.
    """
    value = np.float32(1 if px > 0 else 0)

    def on_tile(part: Floats) -> Floats:
        shape = (part >= INSIDE) == (px > 0)
        return np.where(_dilated(shape, abs(px)), value, part) if shape.any() else part

    return _by_tiles(coverage, abs(px), on_tile)


def max_within(x: Tensor, down_px: int, across_px: int | None = None) -> Tensor:
    """The highest value within a rectangle around each pixel, one axis after the other.

    Masks of bool take the same time whatever the rectangle's size (van Herk, 1992); floats are max-pooled at stride 1.

    Args:
        x: (..., H, W) with three or four dimensions, of floats or of bool.
        down_px, across_px: half the rectangle's height and width without its middle; a square by default.

    Returns:
        The same shape and type.
    """
    wide = down_px if across_px is None else across_px
    if x.dtype == torch.bool:
        from scipy import ndimage  # here, because importing it takes longer than most masks

        found = x.cpu().numpy().view(np.uint8)
        for axis, px in ((-2, down_px), (-1, wide)):
            found = ndimage.maximum_filter1d(found, 2 * px + 1, axis, mode="constant")
        return torch.from_numpy(found.view(np.bool_)).to(x.device)
    return F.max_pool2d(F.max_pool2d(x, (2 * down_px + 1, 1), 1, (down_px, 0)), (1, 2 * wide + 1), 1, (0, wide))


def feather(coverage: Tensor, px: int) -> Tensor:
    """Replace a hard edge by a smooth ramp (smoothstep) over the Euclidean distance to it.

    Args:
        coverage: (1, 1, H, W), in [0, 1].
        px: half the ramp's width in pixels, from 1.

    Returns:
        (1, 1, H, W), a new tensor: through 0.5 at the edge of the shape; as it was (0) wherever `grow` by `px` does
        not reach, and as it was (1) as deep inside. Where the edge was softer than the ramp, it stays as soft.
    """
    from scipy import ndimage  # here, because importing it takes longer than most masks

    def on_tile(part: Floats) -> Floats:
        shape = part >= INSIDE
        if shape.all() or not shape.any():
            return part
        # Between the centers of a pixel and of the nearest on the edge's other side; the edge runs half-way.
        distance = ndimage.distance_transform_edt(shape) + ndimage.distance_transform_edt(~shape)
        t = np.where(distance > px, 0, 0.5 - (distance - 0.5) / (2 * px)).astype(np.float32)
        ramp = t * t * (3 - 2 * t)
        softer: Floats = np.where(shape, np.minimum(part, 1 - ramp), np.maximum(part, ramp))
        return softer

    return _by_tiles(coverage, px, on_tile)


def similar(picture: Picture, x: int, y: int, *, tolerance: float, connected: bool) -> Tensor:
    """Select the region of a picture with about the color of one of its pixels.

    The measure is CIE 1976's Delta E. Opacity counts as a fourth coordinate as large as lightness, and colors as
    much as they are opaque, so that what hides behind full transparency is all the same.

    Args:
        picture: H x W pixels.
        x, y: of the pixel, from the left and from the top, within the picture.
        tolerance: largest Delta E, 0 to 100.
        connected: only the area around the pixel, through pixels that share a side.

    Returns:
        (1, 1, H, W), 0 or 1.
    """
    from scipy import ndimage

    wanted = _seen(picture, slice(y, y + 1), slice(x, x + 1))
    near = np.empty((picture.height_px, picture.width_px), bool)
    for rows in bands(*near.shape):
        difference = _seen(picture, rows, slice(None)) - wanted
        near[rows] = np.einsum("hwc,hwc->hw", difference, difference) <= (tolerance + ROUNDING) ** 2
    if connected:
        parts, _ = ndimage.label(near)
        near = parts == parts[y, x]
    return torch.from_numpy(near)[None, None].float()


def _seen(picture: Picture, rows: slice, columns: slice) -> Floats:
    """(h, w, 3) in Lab (D65), or (h, w, 4) with the opacity."""
    from skimage.color import rgb2lab

    lab: Floats = rgb2lab(picture.rgb[0, :, rows, columns].permute(1, 2, 0).numpy())
    if picture.alpha is None:
        return lab
    opacity = picture.alpha[0, 0, rows, columns].numpy()[..., None]
    return np.concatenate([lab * opacity, 100 * opacity], axis=2)


def _dilated(shape: Bools, px: int) -> Bools:
    """Dilate a shape by a disc of radius `px`; exact, in time independent of the radius.

    As in the distance transform of Meijster et al. (2000), columns come first and rows second: a pixel `g` rows away
    from the shape reaches sqrt(px**2 - g**2) along its row, and what is reached lies before the farthest end of all
    that begins on its left, or behind that of all on its right.
    """
    height, width = shape.shape
    down, across = np.arange(height, dtype=np.int32)[:, None], np.arange(width, dtype=np.int32)
    far = np.int32(height + width + px)
    above = np.maximum.accumulate(np.where(shape, down, -far), axis=0)
    below = np.minimum.accumulate(np.where(shape, down, far)[::-1], axis=0)[::-1]
    gap = np.minimum(np.minimum(down - above, below - down), px + 1)
    reaches = np.array([*(int((px * px - g * g) ** 0.5) for g in range(px + 1)), -far], dtype=np.int32)[gap]
    before = np.maximum.accumulate(across + reaches, axis=1) >= across
    behind = np.minimum.accumulate((across - reaches)[:, ::-1], axis=1)[:, ::-1] <= across
    reached: Bools = before | behind
    return reached


def _by_tiles(coverage: Tensor, reach_px: int, fn: Callable[[Floats], Floats]) -> Tensor:
    """`fn` of tiles, each with `reach_px` more on every side where the picture goes on, (h, w) -> (h, w)."""
    source = coverage[0, 0].numpy()
    result = np.empty_like(source)
    for top, bottom in _spans(source.shape[0]):
        for left, right in _spans(source.shape[1]):
            up, back = max(0, top - reach_px), max(0, left - reach_px)
            made = fn(source[up : bottom + reach_px, back : right + reach_px])
            result[top:bottom, left:right] = made[top - up : bottom - up, left - back : right - back]
    return torch.from_numpy(result)[None, None]


def _spans(length: int) -> Iterator[tuple[int, int]]:
    return ((start, min(start + TILE_PX, length)) for start in range(0, length, TILE_PX))
