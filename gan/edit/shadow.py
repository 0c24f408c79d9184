"""Shadow: a product gets the shadow or the reflection that a studio would give it, baked in and as its own layer."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gan.core.contract import Context, Output, Request
from gan.core.errors import InputError, check_within
from gan.cutout.segment import AUTO_MODEL, find, has_transparency
from gan.edit.background import Ground, check_ground, laid_on
from gan.edit.geometry import measured
from gan.edit.shadow_render import Light, contact, drop, mirrored
from gan.imaging.mask import Mask, check_size
from gan.imaging.matting import foreground
from gan.imaging.picture import Picture
from gan.imaging.row_chunks import bands

KINDS = ("contact", "drop", "reflection")
CUT_OFF = "The shadow is cut off at the picture's edge; frame the product smaller to give it room"
NOTICES = (CUT_OFF,)
_SEEN = 4 / 255


@dataclass(frozen=True, kw_only=True)
class ShadowRequest(Request):
    """What Shadow is asked.

    Attributes:
        picture: a product, cut out or on its ground; the canvas stays as it is.
        kind: "contact", the darkness where a product stands; "drop", its outline moved away from the light, as of what
            lies flat; or "reflection", what a polished floor mirrors.
        angle_deg: where the light comes from: 0 from the right, 90 from above, 180 from the left; 0 to 360.
        softness: 0 to 1: how blurred it is.
        opacity: 0 to 1: how dark it is at its darkest, or how clear a reflection at its clearest.
        length: 0 to 1, in heights of the product: where a reflection ends, how far around it a contact shadow is
            seen; a drop shadow is moved by a fifth of it.
        ground: what product and shadow are laid on; None keeps what the picture has.
        mask: where the product is; None finds it.
        model: "auto" for ours; else a manifest name, a path, or a Hub id.

    Raises:
        InputError: a value outside these; a mask of another size.
    """

    picture: Picture
    kind: str = "contact"
    angle_deg: float = 45.0
    softness: float = 0.5
    opacity: float = 0.35
    length: float = 0.3
    ground: Ground | None = None
    mask: Mask | None = None
    model: str = AUTO_MODEL

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.kind not in KINDS:
            raise InputError(
                "kind",
                "{kind}",
                "contact, drop or reflection is allowed",
                "Choose one of these",
                kind=self.kind,
            )
        check_within("angle_deg", self.angle_deg, 0, 360)
        for name in ("softness", "opacity", "length"):
            check_within(name, getattr(self, name), 0, 1)
        if self.ground is not None:
            check_ground(self.ground)
        if self.mask is not None:
            check_size(self.mask, self.picture)


@dataclass(frozen=True, eq=False)
class Shaded:
    """A product with its shadow.

    Attributes:
        baked: the product over its shadow.
        layer: the shadow alone, with transparency, to be laid below the product; of the same size.
        notices: what the user should be told.
    """

    baked: Picture
    layer: Picture
    notices: tuple[str, ...] = ()


def shadow(request: ShadowRequest, context: Context) -> Output:
    """Find the product and lay a shadow below it; pictures are the baked one and the shadow's layer.

    Raises:
        InputError: no product was found.
    """
    picture = request.picture
    found = find(picture, context, model=request.model, mask=request.mask)
    context.step(2, 3, "Casting the shadow")
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
    box = measured(alpha)
    if box is None:
        raise InputError("mask", "it is empty", "the product has to be marked", "Mark it, or leave the mask out")
    transparent = has_transparency(picture)
    own = picture.rgb if transparent else foreground(picture.rgb, alpha)
    if kind == "reflection":
        colors, dark = mirrored(own, alpha, box, light)
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
    """Whether the frame ends where the shadow is still seen."""
    seen = (dark > _SEEN) & (alpha < 0.5)
    ends = (seen[:, :, 0], seen[:, :, -1], seen[..., 0], seen[..., -1])
    return any(bool(end.any()) for end in ends)
