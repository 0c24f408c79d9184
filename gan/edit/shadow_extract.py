"""The shadow that a product throws on paper, told from the paper itself."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.imaging.alpha import bleed
from gan.imaging.resize import fitted, resize

SMALL_PX = 768
"""Longest side at which paper and shadow, both smooth, are looked at."""

DARKEST_PAPER = 0.3
LEAST_PAPER = 0.3
"""Share of the ground that has to be paper in full light."""

_DEGREE = 3
_FULL_LIGHT = 0.02
"""How far below the paper's course a pixel still counts as paper."""

_UPPER = 0.97
_SAMPLES = 20_000
_STEPS = 12
_NOISE_PX = 2.0
_LEAST_DEPTH = 0.02
"""A shadow as faint as this is noise of the paper."""

Floats = npt.NDArray[np.float32]


def shade_on_paper(rgb: Tensor, alpha: Tensor) -> Tensor | None:
    """How much light of the paper's a shadow leaves, without the paper's own color, gradient and grain.

    The ground is divided by the smooth course that it has in full light. That is a polynomial over the frame, fitted
    by asymmetric least squares (Newey and Powell, 1987), because shadows lie below it and nothing above. What does not
    reach the product is no shadow of its.

    Args:
        rgb: (1, 3, H, W) in [0, 1].
        alpha: (1, 1, H, W) in [0, 1], the product's coverage.

    Returns:
        (1, 1, H, W) in [0, 1], exactly 1 on paper in full light; continued below the product. None where the ground is
        no paper: too uneven, too dark, or nearly all covered.
    """
    height, width = fitted(rgb.shape[2], rgb.shape[3], SMALL_PX)
    free = resize((alpha == 0).float(), height, width)
    known = free > 0.5
    if float(known.float().mean()) < 1e-3:
        return None
    # Averaged over the ground only, so that no product's color gets into it.
    ground = torch.cat([resize(rgb[:, c : c + 1] * (alpha == 0), height, width) for c in range(3)], 1)
    ground = (ground / free.clamp(min=0.5)).clamp_(0, 1)
    inside = known[0, 0].numpy()
    ratios = []
    for plane in ground[0].numpy():
        paper = _paper(plane, inside)
        if float(paper[inside].min()) < DARKEST_PAPER:
            return None
        ratios.append(plane / np.maximum(paper, DARKEST_PAPER))
    ratio: Floats = np.stack(ratios).mean(0)
    if float((np.abs(ratio[inside] - 1) < _FULL_LIGHT).mean()) < LEAST_PAPER:
        return None
    shade = _shadow(ratio, inside, alpha)
    return F.interpolate(shade, rgb.shape[2:], mode="bilinear", align_corners=False).clamp_(0, 1)


def _paper(plane: Floats, inside: npt.NDArray[np.bool_]) -> Floats:
    """(h, w): the course of what is lightest in (h, w), a polynomial of both coordinates."""
    height, width = plane.shape
    down, across = np.linspace(-1, 1, height), np.linspace(-1, 1, width)
    terms = [np.outer(down**i, across**j) for i in range(_DEGREE + 1) for j in range(_DEGREE + 1 - i)]
    every = max(1, int(inside.sum()) // _SAMPLES)
    basis = np.stack([term[inside][::every] for term in terms], 1)
    values = plane[inside][::every].astype(np.float64)
    weight = np.ones_like(values)
    for step in range(_STEPS):
        weighted = basis.T * weight
        factors = np.linalg.lstsq(weighted @ basis, weighted @ values, rcond=None)[0]
        rest = values - basis @ factors
        if step < _STEPS // 2:
            weight = np.where(rest > 0, _UPPER, 1 - _UPPER)
        else:
            weight = np.where(rest > -_FULL_LIGHT, 1.0, 1e-6)
    course: Floats = np.einsum("t,thw->hw", factors, np.stack(terms)).astype(np.float32)
    return course


def _shadow(ratio: Floats, inside: npt.NDArray[np.bool_], alpha: Tensor) -> Tensor:
    """(1, 1, h, w): smoothed over the ground, 1 where it is paper or has nothing to do with the product."""
    from scipy import ndimage  # here, because importing it takes longer than finding the shadow

    weight = ndimage.gaussian_filter(inside.astype(np.float32), _NOISE_PX)
    mean = ndimage.gaussian_filter(np.where(inside, ratio, 0).astype(np.float32), _NOISE_PX)
    smooth = np.where(weight > 0.05, mean / np.maximum(weight, 0.05), 0).astype(np.float32)
    noise = 1.4826 * float(np.median(np.abs(smooth[inside] - np.median(smooth[inside]))))
    full = 1 - max(_LEAST_DEPTH, 3 * noise)
    shade = np.minimum(smooth / full, 1)
    known = torch.from_numpy((weight > 0.05).astype(np.float32))[None, None]
    below = bleed(torch.from_numpy(shade)[None, None].expand(1, 3, -1, -1).contiguous(), known)[:, :1]
    parts, _ = ndimage.label(below[0, 0].numpy() < 1)
    reached = np.unique(parts[~inside])
    own = torch.from_numpy(np.isin(parts, reached[reached > 0]))
    return torch.where(own, below, 1.0)
