"""Cut-out: from a request to the product alone, transparent or on another ground."""

from __future__ import annotations

import math
from typing import Annotated, Any

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.contract import Context, Output, Request
from gan.core.errors import InputError
from gan.core.option import Option
from gan.core.reader import CoverFile, MaskFile, PictureFile
from gan.cutout.segment import AUTO_MODEL, OUR_MODEL, STEPS, FindingModel, Found, ProductMask, find, has_transparency
from gan.edit.background import TRANSPARENT, GroundFile, laid_on
from gan.imaging.box import Box, box_of
from gan.imaging.click import check_clicks
from gan.imaging.mask import Cover, Mask
from gan.imaging.matting import guided, mean
from gan.imaging.picture import Picture
from gan.imaging.resize import shrunk
from gan.select.pipeline import Clicks
from gan.select.thing import selected

STROKE_PX = 384
"""Longest side at which the picture around strokes is looked at."""

RIM = 0.04
"""Depth of a stroke's rim, as a share of the longer side of the region; at most half the stroke."""

SETTLED = 0.1
COLOR_NOISE = 0.03
"""By so much colors of one kind differ at least."""


class CutoutRequest(Request):
    """Cut a product out of its picture.

    Corrections need no network: ask again with the picture, the first result's alpha as `mask`, and the strokes.

    Clicks ask for one of several things, or several: each that is meant adds the thing under it, each other removes it.

    Strokes are shown to the networks too where there is no mask: one on one of several things asks for this one.

    Raises:
        InputError: a ground that is none; a mask or strokes of another size than the picture.
    """

    picture: PictureFile
    ground: Annotated[GroundFile, Option("what the product is laid on")] = TRANSPARENT
    mask: ProductMask = None
    keep: Annotated[CoverFile | None, Option("white where the product is, whatever was found")] = None
    drop: Annotated[MaskFile | None, Option("white where it is not, whatever was found")] = None
    clicks: Clicks = ()
    model: FindingModel = AUTO_MODEL

    def check(self) -> None:
        check_clicks(self.clicks, self.picture, begun=self.mask is not None)


def cutout(request: CutoutRequest, context: Context) -> Output:
    """Find the product or take the mask, correct it, clean its edge's colors, and lay it on the ground.

    Details: `confidence` of the finding, `share` of the frame that is covered, `box` as left, top, right, bottom.

    Raises:
        InputError: no product was found, or nothing is left of it.
    """
    picture = request.picture
    found = _found(request, context)
    alpha = corrected(picture, found.alpha, request.keep, request.drop)
    box = box_of(alpha)
    if box is None:
        raise InputError(
            "drop",
            "no part of the product is left",
            "a part of it must stay",
            "Undo some strokes",
        )
    context.step(STEPS - 1, STEPS, "Cleaning the edge")
    # What a file holds under its own transparency is the product's own color already.
    rgb = picture.rgb if has_transparency(picture) else None
    details: dict[str, Any] = {
        "confidence": round(found.confidence, 4),
        "share": round(float(alpha.mean()), 6),
        "box": list(box),
    }
    made = laid_on(picture, alpha, request.ground, rgb=rgb)
    # On a ground of its own the picture no longer says where the product is.
    masks = {} if request.ground == TRANSPARENT else {"product": Mask(alpha)}
    return Output((made,), (*picture.notices, *found.notices), details, masks)


def corrected(picture: Picture, alpha: Tensor, keep: Cover | None, drop: Mask | None) -> Tensor:
    """A coverage after strokes of the brush.

    A stroke's core becomes 1 or 0. Its rim does so except where its colors speak for what lies beside the stroke, so
    that strokes may be a little too wide. Outside strokes nothing changes.

    Args:
        picture: H x W pixels.
        alpha: (1, 1, H, W) in [0, 1].
        keep, drop: strokes of the same size, or None; where both lie, drop holds.

    Returns:
        (1, 1, H, W): `alpha` itself where there are no strokes.
    """
    for mask, value in ((keep, 1.0), (drop, 0.0)):
        box = None if mask is None else box_of(mask.coverage, least=0.0)
        if mask is not None and box is not None:
            alpha = _stroked(picture.rgb, alpha, mask.coverage, value, box)
    return alpha


def _found(request: CutoutRequest, context: Context) -> Found:
    """Select what was clicked on, or else segment the product with `find`; if that fails and strokes mark the product,
    use the strokes alone.
    """
    if request.clicks:
        return _clicked(request, context)
    try:
        return find(
            request.picture,
            context,
            model=request.model,
            mask=request.mask,
            keep=request.keep,
            drop=request.drop,
        )
    except InputError:
        if request.keep is None or not bool(request.keep.coverage.any()):
            raise
        return Found(torch.zeros_like(request.keep.coverage), 1.0)


def _clicked(request: CutoutRequest, context: Context) -> Found:
    picture = request.picture
    start = None if request.mask is None else request.mask.coverage
    context.step(0, STEPS, "Selecting the clicked item")
    name = OUR_MODEL if request.model == AUTO_MODEL else request.model
    made = selected(picture, request.clicks, context, start=start, name=name)
    alpha = made.cover if picture.alpha is None else torch.minimum(made.cover, picture.alpha)
    return Found(alpha, made.confidence)


def _stroked(rgb: Tensor, alpha: Tensor, stroke: Tensor, value: float, box: Box) -> Tensor:
    """A new coverage with one kind of strokes, which lie within the box."""
    left, top, right, bottom = box
    reach = max(8, round(4 * RIM * max(right - left, bottom - top)))
    rows, columns = slice(max(0, top - reach), bottom + reach), slice(max(0, left - reach), right + reach)
    made = alpha.clone()
    part, colors, marked = (x[:, :, rows, columns] for x in (made, rgb, stroke))
    small, before, coarse = (shrunk(x, STROKE_PX) for x in (colors, part, marked))
    effect, rim = _effect(small, before, coarse, value)
    wanted = guided(colors, torch.lerp(before, torch.full_like(before, value), effect), small=small)
    wanted = torch.lerp(torch.full_like(part, value), wanted, F.interpolate(rim, part.shape[2:], mode="bilinear"))
    part.copy_(torch.lerp(part, wanted, marked))
    return made


def _effect(rgb: Tensor, before: Tensor, stroke: Tensor, value: float) -> tuple[Tensor, Tensor]:
    """Change that a stroke makes to each pixel, and its rim, (1, 1, h, w) in [0, 1] each.

    A rim's pixel is compared with the colors of the stroke's core and of what has that value already, and with those
    of what has the other value, in a window around it; where the two do not differ, the stroke holds.
    """
    from scipy import ndimage

    inside = torch.from_numpy(ndimage.distance_transform_edt(stroke[0, 0].numpy() >= 0.5))[None, None].float()
    width_px = min(max(2.0, RIM * max(stroke.shape[2:])), 0.5 * float(inside.max()))
    core = inside > width_px
    rim = (stroke > 0) & ~core
    if not bool(rim.any()) or not bool(core.any()):
        return stroke, torch.zeros_like(stroke)
    untouched = stroke <= 0
    own = core | (untouched & ((before - value).abs() < SETTLED))
    other = untouched & ((before - value).abs() > 1 - SETTLED)
    radius_px = math.ceil(2 * width_px) + 1
    (near, to_own), (beside, to_other) = (_distance(rgb, kind.float(), radius_px) for kind in (own, other))
    likely = (2 * torch.sigmoid((to_other - to_own) / 2)).clamp_(max=1)
    likely = torch.where(near & beside & rim, likely, 1.0)
    # Beyond the stroke too, so that at full size its outermost pixels are wholly the rim's.
    return stroke * likely, F.max_pool2d(rim.float(), 3, 1, 1) * ~core


def _distance(rgb: Tensor, kind: Tensor, radius_px: int) -> tuple[Tensor, Tensor]:
    """Pixels near a kind's, and the squared distance to its mean color in units of its variance."""
    share = mean(kind, radius_px)
    near = share > 1e-3
    weight = share + 1e-6
    color = mean(rgb * kind, radius_px) / weight
    spread = (mean(rgb * rgb * kind, radius_px) / weight - color * color).clamp_(min=0)
    return near, ((rgb - color) ** 2 / (spread + COLOR_NOISE**2)).sum(1, keepdim=True)
