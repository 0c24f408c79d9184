"""Edges of cut-out products: their true place at full resolution, and the product's own color along them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.imaging.resize import resize

TILE_PX = 128
"""Only tiles in which something is half covered are worked on: most of a picture is product or ground."""

NEAR_PX = 3
"""The near mean's radius, by which the product's colors also go on beyond its edge."""

_COARSE, _STRIDE, _WIDE_CELLS = 8, 2, 6
"""The wide mean's radius is counted in cells of so many pixels."""

_FEW = 1e-3
_EPS, _TINY = 1e-5, 1e-9

_RADIUS_PX = 2
_SMOOTH = 5e-5
"""Variance that counts as flat for the guided filter: contrasts well below 1/100 of the range are no edges."""

_FLAT = 1e-6
_FIRST, _SECOND = [0, 1, 2, 0, 0, 1], [0, 1, 2, 1, 2, 2]
_ROWS = ([0, 3, 4], [3, 1, 5], [4, 5, 2])
"""The six pairs of channels, and which of them make the rows of their symmetric matrix."""

_EXACT = 0.02
"""So near to 0 or 1 coverage is 0 or 1."""

Window = tuple[slice, slice]
"""Rows and columns of a tile."""


def foreground(rgb: Tensor, alpha: Tensor) -> Tensor:
    """The product's own color at half-covered pixels, without the old ground's share in them.

    Method: Forte, Approximate Fast Foreground Colour Estimation, ICIP 2021 (arXiv 2006.14970): local means of product
    and ground, weighted by coverage, explain a pixel's color, and what they do not explain is the product's detail;
    once over a wide neighbourhood (here at an eighth of the size) and once more over a near one.

    Args:
        rgb: (1, 3, H, W) in [0, 1].
        alpha: (1, 1, H, W) in [0, 1], the product's coverage.

    Returns:
        (1, 3, H, W) in [0, 1]: `rgb` to the last bit where alpha is 1. The product's colors go on for `NEAR_PX`
        where alpha is 0, for programs that resample carelessly; farther away it is white, so that a cut-out does not
        carry its old ground along unseen.
    """
    made = torch.empty_like(rgb)
    for box in _tiles(alpha.shape):
        outer, inner = _widened(box, 2 * NEAR_PX, alpha.shape)
        cover = _part(alpha, outer)
        least, most = torch.aminmax(cover)
        if float(least) >= 1:
            _part(made, box).copy_(_part(rgb, box))
        elif float(most) <= 0:
            _part(made, box).fill_(1)
        else:
            _part(made, box).copy_(_part(_unmixed(rgb, alpha, outer), inner))
    return made


def guided(rgb: Tensor, alpha_small: Tensor, *, small: Tensor | None = None) -> Tensor:
    """Enlarge a coverage so that its edges lie where the picture's are.

    Method: the fast guided filter (He and Sun, arXiv 1505.00996) with the colors as guide: in every small window
    coverage is a linear function of color; the functions, not the coverage, are enlarged. What such a function does
    not explain (white on white has no edge to follow) is taken from the coverage itself, and nothing leaves the range
    that the coverage has nearby, so that texture is not taken for an edge.

    Args:
        rgb: (1, 3, H, W) in [0, 1].
        alpha_small: (1, 1, h, w) in [0, 1], of the same picture.
        small: (1, 3, h, w), the picture at that size where the caller has it already.

    Returns:
        (1, 1, H, W) in [0, 1]; exactly 0 or 1 away from edges.
    """
    guide = resize(rgb, alpha_small.shape[2], alpha_small.shape[3]) if small is None else small
    maps = torch.cat([_coefficients(guide, alpha_small), *_range(alpha_small)], 1)  # (1, 3 + 1 + 2, h, w)
    scale = (rgb.shape[2] / alpha_small.shape[2], rgb.shape[3] / alpha_small.shape[3])
    made = torch.empty(1, 1, *rgb.shape[2:])
    for box in _tiles(rgb.shape):
        near = [_samples(side, by, span) for side, by, span in zip(maps.shape[2:], scale, box, strict=True)]
        bounds = maps[:, 4:, near[0], near[1]]
        least, most = float(bounds[:, 0].min()), float(bounds[:, 1].max())
        if least == most:
            _part(made, box).fill_(least)
            continue
        slope, offset, lower, upper = torch.split(_enlarged(maps, scale, box), [3, 1, 1, 1], 1)
        cover = (slope * _part(rgb, box)).sum(1, keepdim=True) + offset
        _part(made, box).copy_(snapped_ends(cover.clamp(lower, upper)))
    return made


def snapped_ends(alpha: Tensor) -> Tensor:
    """Stretch a coverage so that what is within `_EXACT` of an end is exactly 0 or 1."""
    return ((alpha - _EXACT) / (1 - 2 * _EXACT)).clamp_(0, 1)


def mean(x: Tensor, radius_px: int) -> Tensor:
    """Means over squares of `2 * radius_px + 1` pixels, (1, C, H, W); at the border the outermost values go on."""
    from scipy import ndimage  # here, because importing it takes longer than most pictures

    size = 2 * radius_px + 1
    means = np.asarray(ndimage.uniform_filter(x.numpy(), (1, 1, size, size), mode="nearest"))
    return torch.from_numpy(means)


def _unmixed(rgb: Tensor, alpha: Tensor, box: Window) -> Tensor:
    """`foreground` within a box, true up to `2 * NEAR_PX` from its sides."""
    colors, cover = _part(rgb, box), _part(alpha, box)
    rest = 1 - cover
    product, ground = _wide_means(rgb, alpha, box)
    first, under = _explained(colors, cover, product, ground), _explained(colors, rest, ground, product)
    share = mean(cover, NEAR_PX)
    near = mean(first * cover, NEAR_PX) / (share + _EPS)
    behind = mean(under * rest, NEAR_PX) / (1 - share + _EPS)
    # Where no product lies within reach its mean means nothing, and the wide one goes on.
    product = torch.where(share > _FEW, near, product)
    ground = torch.where(share < 1 - _FEW, behind, ground)
    found = _explained(colors, cover, product, ground)
    found[((share < _EPS) & (cover <= 0)).expand_as(found)] = 1
    return torch.where(cover >= 1, colors, found)


def _explained(colors: Tensor, cover: Tensor, product: Tensor, ground: Tensor) -> Tensor:
    """Equation 4 of the paper."""
    return (product + cover * (colors - cover * product - (1 - cover) * ground)).clamp_(0, 1)


def _wide_means(rgb: Tensor, alpha: Tensor, box: Window) -> tuple[Tensor, Tensor]:
    """Mean colors of product and of ground over a wide neighbourhood, (1, 3, h, w) each, for a box.

    Boxes begin at any pixel, the cells of the smaller size at multiples of `_COARSE`, so that tiles fit together.
    """
    cells = tuple(
        slice(max(0, span.start // _COARSE - _WIDE_CELLS - 1), -(-span.stop // _COARSE) + _WIDE_CELLS + 1)
        for span in box
    )
    # Every second pixel of every second row says as much of so wide a mean.
    around = tuple(slice(span.start * _COARSE, span.stop * _COARSE, _STRIDE) for span in cells)
    colors, cover = rgb[:, :, around[0], around[1]], alpha[:, :, around[0], around[1]]
    means = []
    for share in (cover, 1 - cover):
        # Cubed, so that pixels that are of one kind only outweigh the mixed ones.
        pooled = F.avg_pool2d(
            torch.cat([colors * share**3, share**3], 1), _COARSE // _STRIDE, ceil_mode=True, count_include_pad=False
        )
        sums = mean(pooled, _WIDE_CELLS)
        means.append(sums[:, :3] / (sums[:, 3:] + _TINY))
    inner = tuple(
        slice(span.start - wide.start, span.stop - wide.start) for span, wide in zip(box, around, strict=True)
    )
    wide = _enlarged(torch.cat(means, 1), (float(_COARSE), float(_COARSE)), (inner[0], inner[1]))
    return wide[:, :3], wide[:, 3:]


def _coefficients(guide: Tensor, alpha: Tensor) -> Tensor:
    """(1, 4, h, w): the slope per channel and the offset that give coverage from color."""
    mean_i, mean_a = mean(guide, _RADIUS_PX), mean(alpha, _RADIUS_PX)
    cov = mean(guide * alpha, _RADIUS_PX) - mean_i * mean_a  # (1, 3, h, w)
    spread = mean(alpha * alpha, _RADIUS_PX) - mean_a * mean_a
    pairs = mean(guide[:, _FIRST] * guide[:, _SECOND], _RADIUS_PX) - mean_i[:, _FIRST] * mean_i[:, _SECOND]
    pairs[:, :3] += _SMOOTH
    # Cramer's rule for the symmetric matrix of the colors' covariances; its determinant of small numbers needs double.
    rows = [pairs[:, row].double() for row in _ROWS]
    crossed = [torch.linalg.cross(rows[i - 2], rows[i - 1], dim=1) for i in range(3)]
    det = (rows[0] * crossed[0]).sum(1, keepdim=True)
    slope = (sum(crossed[i] * cov[:, i : i + 1] for i in range(3)) / det).float()
    offset = mean_a - (slope * mean_i).sum(1, keepdim=True)
    explained = ((slope * cov).sum(1, keepdim=True) / (spread + _FLAT)).clamp_(0, 1)
    slope, offset, explained = (mean(part, _RADIUS_PX) for part in (slope, offset, explained))
    rest = alpha - (slope * guide).sum(1, keepdim=True) - offset
    return torch.cat([slope, offset + (1 - explained) * rest], 1)


def _range(alpha: Tensor) -> tuple[Tensor, Tensor]:
    """The least and the largest coverage nearby, (1, 1, h, w) each."""
    size = 2 * _RADIUS_PX + 1
    most = F.max_pool2d(alpha, size, 1, _RADIUS_PX)
    return -F.max_pool2d(-alpha, size, 1, _RADIUS_PX), most


def _enlarged(x: Tensor, scale: tuple[float, float], box: Window) -> Tensor:
    """A box of a bilinear enlargement, (1, C, h, w), by two products with matrices."""
    down, rows = _weights(x.shape[2], scale[0], box[0])
    across, columns = _weights(x.shape[3], scale[1], box[1])
    return down @ x[:, :, rows, columns] @ across.T


def _weights(length: int, scale: float, span: slice) -> tuple[Tensor, slice]:
    """(stop - start, n) bilinear weights of the n samples that a span of the longer side needs, and which these are."""
    place = ((torch.arange(span.start, span.stop) + 0.5) / scale - 0.5).clamp_(0, length - 1)
    needed = _samples(length, scale, span)
    samples = torch.arange(needed.start, needed.stop)
    return (1 - (place[:, None] - samples).abs()).clamp_(min=0), needed


def _samples(length: int, scale: float, span: slice) -> slice:
    first, last = ((pixel + 0.5) / scale - 0.5 for pixel in (span.start, span.stop - 1))
    start = min(max(math.floor(first), 0), length - 1)
    return slice(start, max(start + 1, min(math.ceil(last) + 1, length)))


def _tiles(shape: torch.Size) -> Iterator[Window]:
    for top in range(0, shape[2], TILE_PX):
        for left in range(0, shape[3], TILE_PX):
            yield slice(top, min(top + TILE_PX, shape[2])), slice(left, min(left + TILE_PX, shape[3]))


def _widened(box: Window, px: int, shape: torch.Size) -> tuple[Window, Window]:
    """The box with so much more on every side where the picture goes on, and where in it the box lies."""
    outer = tuple(
        slice(max(0, span.start - px), min(side, span.stop + px)) for span, side in zip(box, shape[2:], strict=True)
    )
    inner = tuple(slice(span.start - out.start, span.stop - out.start) for span, out in zip(box, outer, strict=True))
    return (outer[0], outer[1]), (inner[0], inner[1])


def _part(x: Tensor, box: Window) -> Tensor:
    return x[:, :, box[0], box[1]]
