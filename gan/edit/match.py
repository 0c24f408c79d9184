"""Match: give a product photograph the framing and the light of another one, for a uniform catalog page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.contract import Context, Output, Request
from gan.core.errors import InputError
from gan.core.option import Option
from gan.core.reader import PictureFile
from gan.cutout.segment import AUTO_MODEL, FindingModel, ProductMask, find, has_transparency
from gan.edit.color_transfer import luminance, named, oklab
from gan.edit.frame import aspect_of, framed
from gan.edit.recolor import delta_e
from gan.edit.shadow import shaded
from gan.edit.shadow_extract import shade_on_paper
from gan.edit.shadow_render import Light
from gan.imaging.box import Box, product_box
from gan.imaging.color import to_linear, to_srgb
from gan.imaging.picture import Picture
from gan.imaging.resize import shrunk
from gan.imaging.row_chunks import bands

MEASURED_PX = 512
"""Longest side at which colors are measured."""

MOST_GAIN = 2.5
"""Grounds whose light differs by more are different papers, and no exposure."""

MOST_CHROMA = 0.06
"""In OKLab: a ground that has more is colored paper, and no white balance."""

ALIKE = (0.15, 0.06)
"""Lightness and chroma, in OKLab, by which two products may differ and still show what light does to them."""

BALANCE_LEFT = "The backgrounds are colored or not plain; the white balance was not changed"
EXPOSURE_LEFT = "Neither the backgrounds nor the products can be compared; the exposure was not changed"
NO_SHADOW = "The reference shows no shadow that could be copied"
TOO_TALL = "The product is too tall for the reference's fill and baseline together; it was made smaller"
NOTICES = (BALANCE_LEFT, EXPOSURE_LEFT, NO_SHADOW, TOO_TALL)

_PLAIN = 0.6
"""Share of a plain ground that has about its dominant color."""

_LEAST_GROUND = 0.01
_NEAR = math.exp(-1)

_DARKEST = 0.3
_LEAST_FREE = 0.05
"""Share of the canvas that stays free above a product, if there is as much above the reference's."""

_LEAST_SHADOW = 0.03
_ROUNDING = 0.002


class MatchRequest(Request):
    """Give a product photograph the framing and light of a reference.

    For fill and baseline the canvas gets the reference's aspect, as large as leaves the product its own pixels.

    Raises:
        InputError: a mask of another size; nothing to match; a reference narrower or wider than 1:4 and 4:1.
    """

    picture: PictureFile
    reference: Annotated[PictureFile, Option("the picture to be like")]
    fill: Annotated[bool, Option("the share of the canvas that the product fills")] = True
    baseline: Annotated[bool, Option("the line that it stands on")] = True
    white_balance: Annotated[bool, Option("the light's color")] = True
    exposure: Annotated[bool, Option("the light's strength")] = True
    shadow: Annotated[bool, Option("a contact shadow as dark as the reference's")] = False
    mask: ProductMask = None
    model: FindingModel = AUTO_MODEL

    def check(self) -> None:
        if not (self.fill or self.baseline or self.white_balance or self.exposure or self.shadow):
            raise InputError(
                "reference",
                "nothing to match was chosen",
                "fill, baseline, white balance, exposure or shadow is needed",
                "Choose at least one",
            )
        if self.fill or self.baseline:
            aspect_of(self._aspect)

    @property
    def _aspect(self) -> str:
        return f"{self.reference.width_px}:{self.reference.height_px}"


def match(request: MatchRequest, context: Context) -> Output:
    """Match the light first, then the frame, then the shadow.

    Light is one smooth increasing curve per channel in linear light (von Kries): a gain up to what it was measured
    on, less above, so that nothing is clipped. It is measured on the grounds where both are plain, and
    otherwise on the products where these are of about one color.

    Details: what was measured of the `reference`, and of the picture `before` and `after`; `gains` of the channels;
    `delta_e`, the CIEDE2000 difference that is left between the `ground`s and, where the products are of about one
    color, between the `product`s' lightness.

    Raises:
        InputError: no product was found in one of the two.
    """
    picture, reference = request.picture, request.reference
    there = find(reference, context.within(0, 3), model=request.model)
    here = find(picture, context.within(1, 3), model=request.model, mask=request.mask)
    context.step(2, 3, "Matching the light")
    wanted, before = scene_of(reference, there.alpha), scene_of(picture, here.alpha)
    gains, known, notices = _gains(request, before, wanted)
    lit, alpha = picture.with_pixels(_lit(picture.rgb, gains, known), picture.alpha), here.alpha
    if request.fill or request.baseline:
        fill, line, added = _placed(request, before, wanted)
        made = framed(lit, alpha, fill=fill, aspect=request._aspect, baseline=line)
        lit, alpha, notices = made.picture, made.alpha, (*notices, *added, *made.notices)
    if request.shadow:
        lit, added = _shadowed(lit, alpha, reference, there.alpha, wanted)
        notices = (*notices, *added)
    context.step(3, 3, "Matching the light")
    after = scene_of(lit, alpha)
    details = {
        "reference": wanted.record(),
        "before": before.record(),
        "after": after.record(),
        "gains": [round(float(gain), 4) for gain in gains],
        "delta_e": _left(after, wanted),
        "confidence": round(min(here.confidence, there.confidence), 4),
    }
    return Output((lit,), (*picture.notices, *here.notices, *notices), details)


@dataclass(frozen=True, eq=False)
class Scene:
    """Measurements of a product photograph.

    Attributes:
        box: of the product, in pixels.
        fill: the larger of its width and height as a share of the frame's.
        baseline: its lowest line as a share of the frame's height, from the top.
        product: (3,), sRGB-encoded, its dominant color.
        ground: (3,), sRGB-encoded; None where it is transparent or not plain.
    """

    box: Box
    fill: float
    baseline: float
    product: Tensor
    ground: Tensor | None

    def record(self) -> dict[str, Any]:
        """JSON-ready; colors as CIE L*, a* and b* (D65)."""
        from skimage.color import rgb2lab  # here, because importing it takes longer than measuring

        def lab(color: Tensor) -> list[float]:
            return [round(float(value), 3) for value in rgb2lab(color.double().numpy())]

        values = {"fill": round(self.fill, 4), "baseline": round(self.baseline, 4), "product": lab(self.product)}
        return values if self.ground is None else {**values, "ground": lab(self.ground)}


def scene_of(picture: Picture, alpha: Tensor) -> Scene:
    """Measure a photograph of a product.

    Args:
        picture: H x W pixels.
        alpha: (1, 1, H, W) in [0, 1], the product's coverage.

    Raises:
        InputError: nothing is covered.
    """
    box = product_box(alpha)
    rgb, cover = (shrunk(x, MEASURED_PX) for x in (picture.rgb, alpha))
    inside = cover > 0.9 * cover.max()
    pixels, weight = rgb[0][:, inside[0, 0]], cover[inside]
    return Scene(
        box=box,
        fill=box.fill(picture.height_px, picture.width_px),
        baseline=box.bottom / picture.height_px,
        product=named(pixels, weight)[0],
        ground=None if has_transparency(picture) else _ground(rgb, cover),
    )


def _gains(request: MatchRequest, before: Scene, wanted: Scene) -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """Gain of each channel, (3,), the linear color it was measured on, (3,), and notices."""
    notices = []
    balance, strength, known = torch.ones(3), 1.0, torch.ones(3)
    pairs = [pair for pair in (_grounds(before, wanted), _products(before, wanted)) if pair is not None]
    if request.white_balance:
        pair = next((pair for pair in pairs if _neutral(pair)), None)
        if pair is None:
            notices.append(BALANCE_LEFT)
        else:
            known, aim = pair
            balance = aim / known * (luminance(known) / luminance(aim))
    if request.exposure:
        if not pairs:
            notices.append(EXPOSURE_LEFT)
        else:
            known, aim = pairs[0]
            strength = luminance(aim) / luminance(known)
    return balance * strength, known, tuple(notices)


def _ground(rgb: Tensor, cover: Tensor) -> Tensor | None:
    """Color of a plain background, free of shadows; None if it has no such color."""
    free = F.max_pool2d(cover, 5, 1, 2)[0, 0] < 0.01
    if float(free.float().mean()) < _LEAST_GROUND:
        return None
    pixels = rgb[0][:, free]
    color, near = named(pixels, torch.ones(pixels.shape[1]))
    return color if float((near > _NEAR * near.max()).float().mean()) >= _PLAIN else None


def _grounds(before: Scene, wanted: Scene) -> tuple[Tensor, Tensor] | None:
    """Linear colors of both backgrounds, if light alone may have made them different."""
    if before.ground is None or wanted.ground is None:
        return None
    return _in_light(before.ground, wanted.ground)


def _products(before: Scene, wanted: Scene) -> tuple[Tensor, Tensor] | None:
    """Linear colors of both products, if these are of about one color, and light enough to show a cast."""
    here, there = (oklab(color) for color in (before.product, wanted.product))
    if abs(float(here[0] - there[0])) > ALIKE[0] or float((here - there)[1:].norm()) > ALIKE[1]:
        return None
    if min(float(here[0]), float(there[0])) < _DARKEST:
        return None
    return _in_light(before.product, wanted.product)


def _in_light(before: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor] | None:
    """Both colors, linear, if one is no more than `MOST_GAIN` times as bright as the other."""
    here, there = (to_linear(color).clamp(min=1e-4) for color in (before, wanted))
    ratio = luminance(there) / luminance(here)
    return (here, there) if 1 / MOST_GAIN <= ratio <= MOST_GAIN else None


def _neutral(pair: tuple[Tensor, Tensor]) -> bool:
    """True if two colors differ by no more than lighting makes them differ."""
    here, there = (oklab(to_srgb(color)) for color in pair)
    return float((here - there)[1:].norm()) <= MOST_CHROMA


def _lit(rgb: Tensor, gains: Tensor, known: Tensor) -> Tensor:
    """Relight a picture: `gains` up to the linear color `known`, less above it so that white stays within reach.

    Above, brightening follows the hyperbola that goes on with the same slope and ends at (1, 1).
    """
    if float((gains - 1).abs().max()) < _ROUNDING:
        return rgb
    made = torch.empty_like(rgb)
    gain = gains.reshape(1, 3, 1, 1)
    knee = torch.minimum(known, 1 / gains).reshape(1, 3, 1, 1)
    above = (1 - knee).clamp(min=1e-4)
    room = (gain.clamp(max=1) - gain * knee).clamp(min=1e-4)
    bend = gain * above / room
    for rows in bands(*rgb.shape[2:]):
        light = to_linear(rgb[:, :, rows])
        share = (light - knee).clamp(min=0) / above
        curved = gain * torch.minimum(light, knee) + room * bend * share / (1 + (bend - 1) * share)
        made[:, :, rows] = to_srgb(curved).clamp_(0, 1)
    return made


def _placed(request: MatchRequest, before: Scene, wanted: Scene) -> tuple[float, float, tuple[str, ...]]:
    """Compatible fill and baseline, and notices: a product needs room above its line."""
    ratio, box = aspect_of(request._aspect), before.box
    fill = wanted.fill if request.fill else before.fill
    longer = box.width / ratio if box.width >= box.height * ratio else box.height
    share, pixel = fill * box.height / longer, fill / longer  # both are rounded to pixels
    if request.baseline:
        free = min(_LEAST_FREE, wanted.box.top / request.reference.height_px)
        fits = min(1.0, (wanted.baseline - max(free, pixel)) / share)
        return fill * fits, wanted.baseline, (TOO_TALL,) if fits < 1 - _ROUNDING else ()
    line = before.baseline if share + pixel <= before.baseline else (1 + share) / 2
    return fill, line, ()


def _shadowed(
    picture: Picture, alpha: Tensor, reference: Picture, there: Tensor, wanted: Scene
) -> tuple[Picture, tuple[str, ...]]:
    """Add a shadow as dark as the reference's, less the product's existing one."""
    shade = shade_on_paper(reference.rgb, there) if not has_transparency(reference) else None
    dark = None if shade is None else (1 - shade) * (there == 0)
    depth = 0.0 if dark is None else _depth(dark)
    if dark is None or depth < _LEAST_SHADOW:
        return picture, (NO_SHADOW,)
    own = shade_on_paper(picture.rgb, alpha) if not has_transparency(picture) else None
    more = depth - (0.0 if own is None else _depth((1 - own) * (alpha == 0)))
    if more < _LEAST_SHADOW:
        return picture, ()
    made = shaded(picture, alpha, "contact", _light(dark, wanted.box), opacity=min(1.0, more))
    return made.baked, made.notices


def _depth(dark: Tensor) -> float:
    """Darkness of a shadow at its darkest, (1, 1, H, W) to [0, 1]; a few pixels do not count."""
    small = shrunk(dark, MEASURED_PX).flatten()
    seen = small[small > 0.01]
    return float(seen.quantile(0.95)) if len(seen) else 0.0


def _light(dark: Tensor, box: Box) -> Light:
    """Estimate the light's direction and the shadow's length from such a shadow."""
    across = torch.arange(dark.shape[3]) + 0.5
    columns = dark[0, 0].sum(0)
    center = float((columns * across).sum() / columns.sum())
    lean = (center - (box.left + box.right) / 2) / box.width
    rows = torch.nonzero(dark[0, 0].amax(1) > _LEAST_SHADOW).flatten()
    below = (int(rows[-1]) + 1 - box.bottom) / box.height if len(rows) else 0.0
    angle = math.degrees(math.acos(max(-1.0, min(1.0, -2 * lean))))
    return Light(angle, 0.5, max(0.1, min(1.0, 2 * below)))


def _left(after: Scene, wanted: Scene) -> dict[str, float]:
    left = {}
    if after.ground is not None and wanted.ground is not None:
        left["ground"] = round(delta_e(after.ground, wanted.ground), 3)
    if _products(after, wanted) is not None:
        here, there = (_gray(color) for color in (after.product, wanted.product))
        left["product"] = round(delta_e(here, there), 3)
    return left


def _gray(color: Tensor) -> Tensor:
    """The gray of a color's luminance, (3,), sRGB-encoded."""
    return to_srgb(torch.full((3,), luminance(to_linear(color))))
