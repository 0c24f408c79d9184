"""Tell a mask's marks from its noise: a black that is not quite black, and what JPEG leaves around hard edges."""

from __future__ import annotations

from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.errors import InputError
from gan.imaging.mask_shapes import INSIDE

BLACK: Final = 24 / 255
"""Up to here a pixel is unmarked, and from 1 less this on wholly marked."""

EDGE_PX: Final = 2
"""A hard edge's own width; soft values further away from it are a ramp, or noise."""

RAMP_SHARE: Final = 0.05
"""Share of the values between black and white that a ramp has in its middle; noise stays near its ends."""

NEITHER_SHARE: Final = 0.2
ROUGH: Final = 0.03
"""A picture is taken for no mask where so much of it is gray, and half of that varies by more than this."""


def settled(coverage: Tensor) -> Tensor:
    """A mask's coverage without noise: marked from a half on; values below that only soften its edge.

    Args:
        coverage: (1, 1, H, W) in [0, 1].

    Returns:
        (1, 1, H, W); `coverage` itself where it holds nothing but 0 and 1.

    Raises:
        InputError: nothing in it is as bright as a half although something is gray, or most of it is neither black
            nor white: a photograph, or another picture's mask in faint gray.
    """
    soft = (coverage > 0) & (coverage < 1)
    if not bool(soft.any()):
        return coverage
    clean = torch.where(coverage <= BLACK, 0.0, torch.where(coverage >= 1 - BLACK, 1.0, coverage))
    shape = clean >= INSIDE
    if not bool(shape.any()) and bool(clean.any()):
        raise InputError(
            "mask",
            "its brightest gray is {percent} % of white",
            "white where pixels are to be made, black where they stay",
            "Paint what is to be made anew in white",
            percent=round(100 * float(clean.max())),
        )
    middle = (clean > 0.25) & (clean < 0.75)
    between = (clean > 0) & (clean < 1)
    if _is_no_mask(clean, middle):
        raise InputError(
            "mask",
            "a picture of many grays",
            "white where pixels are to be made, black where they stay",
            "Choose the mask, and not the picture that it belongs to",
        )
    size = 2 * EDGE_PX + 1
    most, least = F.max_pool2d(shape.float(), size, 1, EDGE_PX), -F.max_pool2d(-shape.float(), size, 1, EDGE_PX)
    away = between & (most == least)
    if not bool(away.any()):
        return clean  # hard edges and the one soft pixel along them
    if int((middle & away).sum()) < RAMP_SHARE * int(away.sum()):
        return shape.to(coverage.dtype)
    return clean


def _is_no_mask(clean: Tensor, middle: Tensor) -> bool:
    if float(middle.float().mean()) < NEITHER_SHARE:
        return False
    near = F.avg_pool2d(clean, 3, 1, 1, count_include_pad=False)
    return float(((clean - near).abs()[middle] > ROUGH).float().mean()) > 0.5
