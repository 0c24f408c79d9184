"""White: make the background around a product exactly 255, and measure how much of it was not."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor

from gan.core.contract import Context, Output, Request
from gan.core.option import Option
from gan.core.reader import PictureFile
from gan.cutout.segment import AUTO_MODEL, FindingModel, ProductMask, find, has_transparency
from gan.edit.background import WHITE, laid_on
from gan.edit.shadow_extract import shade_on_paper
from gan.imaging import color
from gan.imaging.mask_shapes import grow
from gan.imaging.matting import foreground
from gan.imaging.row_chunks import bands

NO_PAPER = "The background is not plain enough to separate a shadow from it; the shadow was not kept"
NOTICES = (NO_PAPER,)


class WhiteRequest(Request):
    """Make the background around a product pure white, 255 in every channel.

    Raises:
        InputError: a mask of another size.
    """

    picture: PictureFile
    mask: ProductMask = None
    keep_shadow: Annotated[bool, Option("the paper becomes white, a soft shadow on it stays")] = False
    model: FindingModel = AUTO_MODEL


def white(request: WhiteRequest, context: Context) -> Output:
    """Composite the product on pure white, without color spill along the edge, with or without its shadow.

    Details: `off_white_before` and `off_white`, as of `off_white_share`.

    Raises:
        InputError: no product was found.
    """
    picture = request.picture
    found = find(picture, context, model=request.model, mask=request.mask)
    alpha = found.alpha
    context.step(2, 3, "Whitening the background")
    notices = (*picture.notices, *found.notices)
    if picture.alpha is not None and has_transparency(picture):
        seen = picture.alpha if request.keep_shadow else torch.minimum(alpha, picture.alpha)
        before = laid_on(picture, picture.alpha, WHITE, rgb=picture.rgb)
        made = laid_on(picture, seen, WHITE, rgb=picture.rgb)
    else:
        before = picture
        shade = shade_on_paper(picture.rgb, alpha) if request.keep_shadow else None
        if request.keep_shadow and shade is None:
            notices += (NO_PAPER,)
        if shade is None:
            made = laid_on(picture, alpha, WHITE)
        else:
            made = picture.with_pixels(_over(foreground(picture.rgb, alpha), alpha, shade), None)
    details = {
        "off_white_before": round(off_white_share(before.rgb, alpha), 6),
        "off_white": round(off_white_share(made.rgb, alpha), 6),
        "confidence": round(found.confidence, 4),
    }
    return Output((made,), notices, details)


def off_white_share(rgb: Tensor, alpha: Tensor, *, margin_px: int = 0) -> float:
    """Share of a background that is not pure white in 8 bits.

    Args:
        rgb: (1, 3, H, W) in [0, 1].
        alpha: (1, 1, H, W) in [0, 1], the product's coverage; the ground is where it is 0.
        margin_px: ground as near as this to the product does not count.

    Returns:
        The share, 0 to 1, of the ground's pixels with a channel below 255; 0 where there is no ground.
    """
    near = alpha if margin_px == 0 else grow((alpha > 0).float(), margin_px)
    ground, off = 0, 0
    for rows in bands(*rgb.shape[2:]):
        free = near[:, :, rows] == 0
        ground += int(free.sum())
        off += int(((rgb[:, :, rows] < color.WHITE).any(1, keepdim=True) & free).sum())
    return off / ground if ground else 0.0


def snapped(rgb: Tensor, alpha: Tensor) -> Tensor:
    """The picture with its ground, where the product's coverage is 0, at exactly 1: (1, 3, H, W), a new tensor."""
    return rgb.masked_fill(alpha == 0, 1.0)


def _over(rgb: Tensor, alpha: Tensor, shade: Tensor) -> Tensor:
    made = torch.empty_like(rgb)
    for rows in bands(*rgb.shape[2:]):
        torch.lerp(shade[:, :, rows].expand(-1, 3, -1, -1), rgb[:, :, rows], alpha[:, :, rows], out=made[:, :, rows])
    return made
