"""Recolor: the same product in other colors."""

from __future__ import annotations

from typing import Annotated, Any

import torch
from torch import Tensor

from gan.core.contract import Context, Output, Request
from gan.core.errors import InputError
from gan.core.option import Option
from gan.core.reader import CoverFile, MaskFile, PictureFile
from gan.cutout.segment import AUTO_MODEL, FindingModel, find, has_transparency
from gan.edit.background import hex_color
from gan.edit.color_transfer import fitted, named, shown
from gan.edit.repaint import Product, product_of
from gan.imaging.picture import check_pixels

MOST_TARGETS = 12
MAX_OUTPUT_PIXELS = 200_000_000
"""Of all targets together; a finished picture takes 12 bytes a pixel, so that these fit into 3 GB."""

CLOSE = 3.0
"""Delta E up to which a color counts as met: side by side in two photographs the difference is not seen."""

MISSED = "A color was not fully reached: the product is too light or too dark for it"
NOTICES = (MISSED,)


class RecolorRequest(Request):
    """Recolor a product; its texture and highlights stay.

    Raises:
        InputError: a value outside its range; a mask of another size; or more than `MAX_OUTPUT_PIXELS` in all.
    """

    picture: PictureFile
    to: Annotated[
        tuple[str, ...],
        Option("hex colors that its dominant color becomes, one picture for each", many=True, metavar="#RRGGBB"),
    ]
    mask: Annotated[CoverFile | None, Option("white where the color changes; without it the product is found")] = None
    protect: Annotated[MaskFile | None, Option("white where nothing may change")] = None
    strength: Annotated[float, Option("0 gives the picture, 1 the color that is asked for", ge=0, le=1, step=0.05)] = (
        1.0
    )
    model: FindingModel = AUTO_MODEL

    def check(self) -> None:
        if not 1 <= len(self.to) <= MOST_TARGETS:
            raise InputError(
                "to",
                "{count} colors",
                "1 to {most} are allowed",
                "Choose that many",
                count=len(self.to),
                most=MOST_TARGETS,
            )
        for text in self.to:
            hex_color(text, field="to")
        check_pixels(
            "to",
            self.picture.width_px,
            self.picture.height_px,
            MAX_OUTPUT_PIXELS,
            "Choose fewer colors or a smaller picture",
            "{count} pictures of {width} x {height} px",
            count=len(self.to),
        )

    def alone(self, index: int) -> RecolorRequest:
        """The request that gives the product color `index` and no other."""
        return self if len(self.to) == 1 else self.replaced(to=(self.to[index],))


def recolor(request: RecolorRequest, context: Context) -> Output:
    """Segment the product, and change its dominant color and all that varies with it; see `gan.edit.color_transfer`.

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
        differences = {"delta_e_before": round(delta_e(color, target), 3), "delta_e": round(left, 3)}
        targets.append({"to": _hex(target), **differences})
    details: dict[str, Any] = {
        "dominant": _hex(color),
        "confidence": round(found.confidence, 4),
        "targets": targets,
    }
    notices = (*picture.notices, *found.notices, *((MISSED,) if missed else ()))
    return Output(tuple(made), notices, details)


def delta_e(a: Tensor, b: Tensor) -> float:
    """The CIEDE2000 difference of two sRGB-encoded colors, (3,) in [0, 1]; about 1 is just seen side by side."""
    from skimage.color import deltaE_ciede2000, rgb2lab  # here, because importing it takes longer than measuring

    first, second = (rgb2lab(color.double().numpy()) for color in (a, b))
    return float(deltaE_ciede2000(first, second))  # type: ignore[no-untyped-call]


def _product(request: RecolorRequest, alpha: Tensor) -> Product:
    """Product pixels that a request recolors.

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
            "a part of it must change",
            "Undo some strokes",
        )
    return product


def _hex(color: Tensor) -> str:
    return "#" + "".join(f"{round(255 * float(part)):02X}" for part in color)
