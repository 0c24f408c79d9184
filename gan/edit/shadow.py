"""Shadow: add a studio shadow or reflection to a product, composited and as a layer of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from torch import Tensor

from gan.core.contract import Context, Output, Request
from gan.core.option import Option
from gan.core.reader import PictureFile
from gan.cutout.segment import AUTO_MODEL, FindingModel, ProductMask, find, has_transparency
from gan.edit.background import Ground, GroundFile, laid_on
from gan.edit.shadow_render import Light, contact, drop, mirrored
from gan.imaging.box import product_box
from gan.imaging.matting import foreground
from gan.imaging.picture import Picture
from gan.imaging.row_chunks import bands

Kind = Literal["contact", "drop", "reflection"]
CUT_OFF = "The shadow is cut off at the picture's edge; frame the product smaller to make room"
NOTICES = (CUT_OFF,)
_SEEN = 4 / 255


class ShadowRequest(Request):
    """Add a contact shadow, a drop shadow or a reflection to a product; the canvas stays as it is.

    Raises:
        InputError: a value outside its range; a mask of another size.
    """

    picture: PictureFile
    kind: Annotated[Kind, Option("the kind of shadow")] = "contact"
    angle_deg: Annotated[
        float,
        Option(
            "where the light comes from: 0 right, 90 above, 180 left",
            ge=0,
            le=360,
            step=5,
            unit="deg",
            alias="angle",
        ),
    ] = 45.0
    softness: Annotated[float, Option("how blurred it is", ge=0, le=1, step=0.05)] = 0.5
    opacity: Annotated[float, Option("at its darkest", ge=0, le=1, step=0.05)] = 0.35
    length: Annotated[float, Option("how far it reaches, in heights of the product", ge=0, le=1, step=0.05)] = 0.3
    ground: Annotated[GroundFile | None, Option("what both are laid on; without it what the picture has")] = None
    mask: ProductMask = None
    model: FindingModel = AUTO_MODEL


@dataclass(frozen=True, eq=False)
class Shaded:
    """A product with its shadow.

    Attributes:
        baked: the product over its shadow.
        layer: the shadow alone, with transparency, to be laid below the product; of the same size.
        notices: for the user.
    """

    baked: Picture
    layer: Picture
    notices: tuple[str, ...] = ()


def shadow(request: ShadowRequest, context: Context) -> Output:
    """Segment the product and render a shadow below it; pictures are the composite and the shadow's layer.

    Raises:
        InputError: no product was found.
    """
    picture = request.picture
    found = find(picture, context, model=request.model, mask=request.mask)
    context.step(2, 3, "Adding the shadow")
    light = Light(request.angle_deg, request.softness, request.length)
    made = shaded(picture, found.alpha, request.kind, light, opacity=request.opacity, ground=request.ground)
    details = {
        "darkest": round(float(made.layer.alpha.max()) if made.layer.alpha is not None else 0.0, 4),
        "confidence": round(found.confidence, 4),
    }
    return Output((made.baked, made.layer), (*picture.notices, *found.notices, *made.notices), details)


def shaded(
    picture: Picture, alpha: Tensor, kind: str, light: Light, *, opacity: float = 0.35, ground: Ground | None = None
) -> Shaded:
    """A product with its shadow, by its coverage; the arguments are `ShadowRequest`'s.

    Where alpha is 1 every pixel is the picture's own. A cut-out stays one, with the shadow in its transparency; an
    opaque picture keeps its ground, darkened.

    Args:
        alpha: (1, 1, H, W) in [0, 1], the product's coverage.

    Raises:
        InputError: nothing is covered.
    """
    box = product_box(alpha)
    transparent = has_transparency(picture)
    own = picture.rgb if transparent else foreground(picture.rgb, alpha)
    if kind == "reflection":
        colors, dark = torch.ones_like(picture.rgb), torch.zeros_like(alpha)
        part, share, there = mirrored(own, alpha, box, light)
        there.of(colors).copy_(part)
        there.of(dark).copy_(share)
    else:
        cast = {"contact": contact, "drop": drop}[kind]
        colors, dark = torch.zeros_like(picture.rgb), cast(alpha, box, light)
    dark *= opacity
    layer = picture.with_pixels(colors, dark)
    # Below what stands on the picture's last row there is no room at all.
    none = kind != "drop" and opacity > 0 and box.bottom == picture.height_px
    notices = (CUT_OFF,) if none or _cut_off(dark, alpha) else ()
    if ground is None and not transparent:
        return Shaded(picture.with_pixels(_below(picture.rgb, alpha, colors, dark), None), layer, notices)
    seen = alpha if picture.alpha is None else torch.minimum(alpha, picture.alpha)
    if ground is None and picture.alpha is not None:
        seen = picture.alpha
    rgb, cover = _over(own, seen, colors, dark)
    cut = picture.with_pixels(rgb, cover)
    return Shaded(cut if ground is None else laid_on(cut, cover, ground, rgb=rgb), layer, notices)


def _below(rgb: Tensor, alpha: Tensor, colors: Tensor, dark: Tensor) -> Tensor:
    """The layer between an opaque picture's product and its ground."""
    made = torch.empty_like(rgb)
    for rows in bands(*rgb.shape[2:]):
        share = dark[:, :, rows] * (1 - alpha[:, :, rows])
        torch.lerp(rgb[:, :, rows], colors[:, :, rows], share, out=made[:, :, rows])
    return made


def _over(rgb: Tensor, alpha: Tensor, colors: Tensor, dark: Tensor) -> tuple[Tensor, Tensor]:
    """A cut-out over the layer, not premultiplied (Porter and Duff, 1984)."""
    made, cover = torch.empty_like(rgb), torch.empty_like(alpha)
    for rows in bands(*rgb.shape[2:]):
        behind = dark[:, :, rows] * (1 - alpha[:, :, rows])
        both = alpha[:, :, rows] + behind
        share = torch.where(both > 0, behind / both.clamp(min=1e-6), 0)
        torch.lerp(rgb[:, :, rows], colors[:, :, rows], share, out=made[:, :, rows])
        cover[:, :, rows] = both
    return made, cover.clamp_(0, 1)


def _cut_off(dark: Tensor, alpha: Tensor) -> bool:
    """True if the frame cuts a visible shadow off."""
    seen = (dark > _SEEN) & (alpha < 0.5)
    ends = (seen[:, :, 0], seen[:, :, -1], seen[..., 0], seen[..., -1])
    return any(bool(end.any()) for end in ends)
