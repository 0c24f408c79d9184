"""Recolor: the same product, photographed in other colors."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gan.core.contract import Context, Output, Request
from gan.core.errors import InputError, check_within
from gan.cutout.segment import AUTO_MODEL, find, has_transparency
from gan.edit.background import hex_color
from gan.edit.color_transfer import fitted, named, shown
from gan.edit.repaint import Product, product_of
from gan.imaging.mask import Mask, check_size
from gan.imaging.picture import Picture

MOST_TARGETS = 12
MAX_OUTPUT_PIXELS = 200_000_000
"""Of all targets together; a finished picture takes 12 bytes a pixel, so that these fit into 3 GB."""

CLOSE = 3.0
"""Delta E up to which a color counts as met: side by side in two photographs the difference is not seen."""

MISSED = "A color was not quite met: the product's light and shade leave no room for it"
NOTICES = (MISSED,)

SWATCH_PX = 2
"""A swatch is the median of what lies within so many pixels."""


@dataclass(frozen=True, kw_only=True)
class RecolorRequest(Request):
    """What Recolor is asked.

    Attributes:
        picture: a product, cut out or on its ground.
        to: the colors that its dominant color becomes, one picture for each; 1 to 12 hex colors such as "#1F2A4D".
        mask: what is recolored, 1 inside; None finds the product.
        protect: what stays as it is, such as wooden legs; 1 inside.
        strength: 0 gives the picture as it is, 1 the color that is asked for, between them a blend.
        model: "auto" for ours; else a manifest name, a path, or a Hub id.

    Raises:
        InputError: a value outside these; a mask of another size; or more than `MAX_OUTPUT_PIXELS` in all.
    """

    picture: Picture
    to: tuple[str, ...]
    mask: Mask | None = None
    protect: Mask | None = None
    strength: float = 1.0
    model: str = AUTO_MODEL

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= len(self.to) <= MOST_TARGETS:
            raise InputError(
                "to",
                "{count} colors",
                "1 to {most} are allowed",
                "Name as many",
                count=len(self.to),
                most=MOST_TARGETS,
            )
        for text in self.to:
            hex_color(text, field="to")
        check_within("strength", self.strength, 0, 1)
        for mask in (self.mask, self.protect):
            if mask is not None:
                check_size(mask, self.picture)
        if len(self.to) * self.picture.height_px * self.picture.width_px > MAX_OUTPUT_PIXELS:
            raise InputError(
                "to",
                "{count} pictures of {width} x {height} px",
                "at most {most} megapixels are made at once",
                "Name fewer colors or choose a smaller picture",
                count=len(self.to),
                width=self.picture.width_px,
                height=self.picture.height_px,
                most=MAX_OUTPUT_PIXELS // 10**6,
            )

    def alone(self, index: int) -> RecolorRequest:
        """The request that gives the product color `index` and no other."""
        return self if len(self.to) == 1 else dataclasses.replace(self, to=(self.to[index],))


def recolor(request: RecolorRequest, context: Context) -> Output:
    """Find the product, and change its dominant color and all that varies with it; see `gan.edit.color_transfer`.

    Parts in clearly other colors, white and black parts of a colored product, and mirrored light keep their colors.
    Pixels outside the product, and under full protection, are the input's to the last bit.

    Details: `dominant`, the product's color as it was; `confidence` of the finding; `targets`, for each its hex color
    (`to`) and the CIEDE2000 difference of the product's dominant color to it, before and after.

    Raises:
        InputError: no product was found, or all of it is protected.
    """
    picture, steps = request.picture, len(request.to) + 1
    found = find(picture, context, model=request.model, mask=request.mask)
    context.step(0, steps, "Cleaning the edge")
    product = _product(request, found.alpha)
    pixels, weight = product.looked_at()
    color, near = named(pixels, weight)
    made, targets, missed = [], [], False
    for index, text in enumerate(request.to):
        context.step(index + 1, steps, "Changing the color")
        target = torch.tensor(hex_color(text))
        tint = fitted(pixels, near, target)
        made.append(picture.with_pixels(product.painted(tint, request.strength, context.generator), picture.alpha))
        after = torch.lerp(pixels, tint(pixels[None])[0], request.strength)
        left = delta_e(shown(after, near), target)
        missed |= request.strength == 1 and left > CLOSE
        told = {"delta_e_before": round(delta_e(color, target), 3), "delta_e": round(left, 3)}
        targets.append({"to": _hex(target), **told})
    details: dict[str, Any] = {
        "dominant": _hex(color),
        "confidence": round(found.confidence, 4),
        "targets": targets,
    }
    notices = (*picture.notices, *found.notices, *((MISSED,) if missed else ()))
    return Output(tuple(made), notices, details)


def dominant_color(picture: Picture, alpha: Tensor) -> str:
    """The color that most of a product has, free of highlights and shadows, as "#RRGGBB".

    Args:
        picture: H x W pixels.
        alpha: (1, 1, H, W) in [0, 1], the product's coverage; not 0 everywhere.
    """
    return _hex(named(*Product(picture.rgb, picture.rgb, alpha, alpha).looked_at())[0])


def swatch(picture: Picture, x: int, y: int) -> str:
    """The color around the pixel `x` from the left and `y` from the top, as "#RRGGBB".

    Raises:
        InputError: a pixel outside the picture.
    """
    if not (0 <= x < picture.width_px and 0 <= y < picture.height_px):
        raise InputError(
            "color",
            "the pixel {x}, {y}",
            "one within {width} x {height} px is needed, counted from 0",
            "Choose another",
            x=x,
            y=y,
            width=picture.width_px,
            height=picture.height_px,
        )
    rows, columns = (slice(max(0, at - SWATCH_PX), at + SWATCH_PX + 1) for at in (y, x))
    return _hex(picture.rgb[0, :, rows, columns].flatten(1).median(1).values)


def delta_e(a: Tensor, b: Tensor) -> float:
    """The CIEDE2000 difference of two sRGB-encoded colors, (3,) in [0, 1]; about 1 is just seen side by side."""
    from skimage.color import deltaE_ciede2000, rgb2lab  # here, because importing it takes longer than measuring

    first, second = (rgb2lab(color.double().numpy()) for color in (a, b))
    return float(deltaE_ciede2000(first, second))  # type: ignore[no-untyped-call]


def _product(request: RecolorRequest, alpha: Tensor) -> Product:
    """What a request recolors.

    Raises:
        InputError: all of it is protected.
    """
    picture = request.picture
    free: Tensor | float = 1.0 if request.protect is None else 1 - request.protect.coverage
    if picture.alpha is not None and has_transparency(picture):  # such a picture holds the product's own colors
        cover = (picture.alpha > 0) * free * (1.0 if request.mask is None else alpha)
        product = Product(picture.rgb, picture.rgb, cover, cover * picture.alpha)
    else:
        product = product_of(picture.rgb, alpha, free)
    if not bool(product.counts.any()):
        raise InputError(
            "protect",
            "all of the product is protected",
            "a part of it has to change",
            "Take strokes back",
        )
    return product


def _hex(color: Tensor) -> str:
    return "#" + "".join(f"{round(255 * float(part)):02X}" for part in color)
