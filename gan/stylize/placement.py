"""Blend a look into the picture: by region, by strength, with or without its colors."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.errors import InputError
from gan.imaging.mask import Cover
from gan.imaging.picture import Picture
from gan.imaging.product import coverage, from_ycc, to_ycc
from gan.imaging.resize import shrunk
from gan.imaging.row_chunks import bands

FOUND_PX = 512
"""Longest side of the copy in which a product on a plain ground is looked for."""


def check_mask(where: str, given: bool) -> None:
    """Raise `InputError` for a mask that would have no effect."""
    if given and where == "everywhere":
        raise InputError(
            "mask",
            "a mask was given for the whole picture",
            "a mask separates the product from its background",
            "Choose the product or the background",
        )


def covered(picture: Picture, where: str, mask: Cover | None) -> Tensor | None:
    """Coverage of the restyled region.

    Args:
        where: "everywhere", "product" or "ground".
        mask: where the product is; None takes the transparency or, without any, what stands on a plain ground.

    Returns:
        (1, 1, H, W) in [0, 1], or None for all of all.

    Raises:
        InputError: the region needs the product's mask, and there is none.
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
    """Weight of each pixel's color in the statistics: restyled and visible pixels."""
    if picture.alpha is None:
        return cover
    return picture.alpha if cover is None else cover * picture.alpha


def with_detail(rgb: Tensor, change: Tensor) -> Tensor:
    """A picture plus a smaller picture's change, enlarged: (1, 3, H, W) in [0, 1]."""
    larger = F.interpolate(change, rgb.shape[2:], mode="bicubic", align_corners=False)
    return larger.add_(rgb).clamp_(0, 1)


def keep_chroma(made: Tensor, rgb: Tensor) -> None:
    """Give `made` the input's colors and keep its lightness, in place."""
    for band in bands(*rgb.shape[2:]):
        ycc = to_ycc(rgb[:, :, band])
        ycc[:, :1] = to_ycc(made[:, :, band])[:, :1]
        made[:, :, band] = from_ycc(ycc).clamp_(0, 1)


def mix(made: Tensor, rgb: Tensor, cover: Tensor | None, strength: float) -> None:
    """Blend `made` with the input by strength and coverage, in place; exact where nothing, or all, is covered."""
    if cover is None and strength == 1:
        return
    for band in bands(*rgb.shape[2:]):
        part, before = made[:, :, band], rgb[:, :, band]
        share = strength if cover is None else strength * cover[:, :, band]
        mixed = torch.lerp(before, part, share)  # at 1 this is `part` to the last bit, which a sum is not
        part.copy_(mixed if cover is None else torch.where(cover[:, :, band] > 0, mixed, before))


def _found(rgb: Tensor) -> Tensor:
    """The product's coverage on a plain ground."""
    small = coverage(shrunk(rgb, FOUND_PX))
    if not 0 < float(small.mean()) < 1:
        raise InputError(
            "where",
            "the picture has no plain background around its product",
            "a mask, transparency or a plain background is needed to find the product",
            "Add a mask, or choose the whole picture",
        )
    # Softened inwards, so that no ground is touched and no outline is a staircase.
    small = small * F.avg_pool2d(small, 3, stride=1, padding=1, count_include_pad=False)
    if small.shape[2:] == rgb.shape[2:]:
        return small
    return F.interpolate(small, rgb.shape[2:], mode="bilinear", align_corners=False)
