"""Where a look goes and how it is laid over the picture: by place, by strength, with or without its colours."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.errors import InputError
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture
from gan.imaging.product import coverage, from_ycc, to_ycc
from gan.imaging.resize import shrunk
from gan.imaging.row_chunks import bands

PLACES = ("everywhere", "product", "ground")
FOUND_PX = 512
"""Longest side of the copy in which a product on a plain ground is looked for."""


def check_mask(where: str, given: bool) -> None:
    """Raise `InputError` for a mask that would have no effect."""
    if given and where == "everywhere":
        raise InputError(
            "mask",
            "a mask for everywhere",
            "a mask tells the product from its ground",
            "Choose the product or the ground",
        )


def covered(picture: Picture, where: str, mask: Mask | None) -> Tensor | None:
    """How much of each pixel is restyled.

    Args:
        where: of `PLACES`.
        mask: where the product is; None takes the transparency or, without any, what stands on a plain ground.

    Returns:
        (1, 1, H, W) in [0, 1], or None for all of all.

    Raises:
        InputError: the product is to be told from its ground, and nothing says where it is.
    """
    if where == "everywhere":
        return None
    if mask is not None:
        product = mask.coverage
    elif picture.alpha is not None and bool((picture.alpha < 1).any()):
        product = picture.alpha
    else:
        product = _found(picture.rgb)
    return product if where == "product" else 1 - product


def counting(picture: Picture, cover: Tensor | None) -> Tensor | None:
    """How much each pixel's colour counts for the statistics: what is restyled and seen."""
    if picture.alpha is None:
        return cover
    return picture.alpha if cover is None else cover * picture.alpha


def with_detail(rgb: Tensor, change: Tensor) -> Tensor:
    """A picture plus a smaller picture's change, enlarged: (1, 3, H, W) in [0, 1]."""
    larger = F.interpolate(change, rgb.shape[2:], mode="bicubic", align_corners=False)
    return larger.add_(rgb).clamp_(0, 1)


def keep_chroma(made: Tensor, rgb: Tensor) -> None:
    """Give `made` the input's colours and keep its lightness, in place."""
    for band in bands(*rgb.shape[2:]):
        ycc = to_ycc(rgb[:, :, band])
        ycc[:, :1] = to_ycc(made[:, :, band])[:, :1]
        made[:, :, band] = from_ycc(ycc).clamp_(0, 1)


def mix(made: Tensor, rgb: Tensor, cover: Tensor | None, strength: float) -> None:
    """Bring `made` back to the input by strength and place, in place; where nothing is covered, exactly."""
    if cover is None and strength == 1:
        return
    for band in bands(*rgb.shape[2:]):
        part, before = made[:, :, band], rgb[:, :, band]
        share = strength if cover is None else strength * cover[:, :, band]
        mixed = before + share * (part - before)
        part.copy_(mixed if cover is None else torch.where(cover[:, :, band] > 0, mixed, before))


def _found(rgb: Tensor) -> Tensor:
    """The product's coverage on a plain ground."""
    small = coverage(shrunk(rgb, FOUND_PX))
    if not 0 < float(small.mean()) < 1:
        raise InputError(
            "where",
            "a picture without a plain ground around its product",
            "a mask, transparency or a plain ground is needed to tell the product",
            "Give a mask, or choose everywhere",
        )
    # Softened inwards, so that no ground is touched and no outline is a staircase.
    small = small * F.avg_pool2d(small, 3, stride=1, padding=1, count_include_pad=False)
    if small.shape[2:] == rgb.shape[2:]:
        return small
    return F.interpolate(small, rgb.shape[2:], mode="bilinear", align_corners=False)
