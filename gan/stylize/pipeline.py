"""Stylize: the same product in another look, at its own resolution."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import InstanceOf, ValidationInfo, WrapValidator
from pydantic_core.core_schema import ValidatorFunctionWrapHandler
from torch import Tensor

from gan.core.contract import Context, Model, Output, Request
from gan.core.errors import InputError, wrong_type
from gan.core.option import ModelName, Option
from gan.core.reader import READER, CoverFile, LookFile, PictureFile, Reader
from gan.imaging import color_grading, ocr
from gan.imaging.alpha import bleed
from gan.imaging.color_grading import Look
from gan.imaging.contact_sheet import contact_sheet
from gan.imaging.io.codec import decode
from gan.imaging.mask import Cover
from gan.imaging.picture import PARTLY_GENERATED, Picture, check_pixels
from gan.imaging.resize import resize, shrunk
from gan.stylize.placement import check_mask, counting, covered, keep_chroma, mix, with_detail
from gan.stylize.presets import PRESETS, preset_named, preset_path
from gan.stylize.style_transfer import paint

AUTO_MODEL = "auto"
OUR_MODEL = "stylize"
Where = Literal["everywhere", "product", "ground"]
Kind = Literal["artistic", "photographic"]
KINDS: tuple[str, ...] = get_args(Kind)
LEAST_PX, MOST_PX = 64, 8192
"""Of the sizes at which content and style are looked at."""

STYLE_SHARE = 0.5
"""Of the longest side at which the picture is looked at: strokes keep their size in it, whatever its resolution."""

AUTO_STYLE_PX = (128, 1024)
"""Between these; a style is enlarged to twice its size at most."""

MOST_STYLES = 8
MAX_OUTPUT_PIXELS = 100_000_000

SCALED = "The weights do not add up to 1 and were scaled in proportion"


@dataclass(frozen=True)
class Style:
    """A picture whose look is transferred.

    Attributes:
        picture: any size; transparency is laid on white.
        weight: its share among several; only the proportions count. 0 leaves it out.
    """

    picture: Picture
    weight: float = 1.0


def _style(value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    """A style, a picture, or {"picture": one of both, "weight": number}; a name may be a preset's."""
    reader: Reader | None = (info.context or {}).get(READER)
    if isinstance(value, Style) or reader is None:
        return handler(value)
    weight = 1.0
    if isinstance(value, Mapping) and "picture" in value:
        if set(value) - {"picture", "weight"}:
            raise wrong_type("style", value, "a picture and its weight")
        weight, value = value.get("weight", 1.0), value["picture"]
        if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not math.isfinite(weight):
            raise wrong_type("weight", weight, "a number")
    picture = value
    if not isinstance(value, Picture):
        picture = reader.open(
            value, info.field_name or "styles", lambda source, _: decode(source, field="style"), preset_named
        )
    return Style(picture, weight)


StyleFile = Annotated[InstanceOf[Style], WrapValidator(_style)]
"""The field of a request that holds a style."""


Strength = Annotated[float, Option("0 gives the input, 1 the full effect", ge=0, le=1, step=0.05)]
PreserveColor = Annotated[bool, Option("take the lightness alone")]
Region = Annotated[Where, Option("where the look goes")]
RegionMask = Annotated[
    CoverFile | None,
    Option("white where the product is; without it transparency or a plain ground tells", metavar="FILE_OR_FOLDER"),
]


class StylizeRequest(Request):
    """Transfer the look of one or more style pictures.

    "artistic" paints strokes and colors; "photographic" moves tone and color and no texture. A look, such as that of a
    .cube file, takes the place of styles and is photographic. `content_px` and `style_px`, the longest sides at which
    the network looks at the picture and at a style, are artistic only; the output always has the picture's own size.

    Raises:
        InputError: a value outside its range; a mask of another size; or more than `MAX_OUTPUT_PIXELS`.
    """

    picture: PictureFile
    styles: Annotated[tuple[StyleFile, ...], Option("pictures or presets, mixed by weight", many=True)] = ()
    look: Annotated[LookFile | None, Option("a .cube file, instead of styles")] = None
    kind: Annotated[Kind, Option("strokes and colors, or tone and color only")] = "artistic"
    strength: Strength = 1.0
    preserve_color: PreserveColor = False
    where: Region = "everywhere"
    mask: RegionMask = None
    protect_text: Annotated[
        bool, Option("leave lines of text as they are; requires the package rapidocr-onnxruntime")
    ] = False
    content_px: Annotated[
        int | None,
        Option("longest side at which strokes are made", ge=LEAST_PX, le=MOST_PX, unit="px", metavar="N"),
    ] = None
    style_px: Annotated[
        int | None,
        Option("longest side at which styles are looked at", ge=LEAST_PX, le=MOST_PX, unit="px", metavar="N"),
    ] = None
    model: ModelName = AUTO_MODEL

    def check(self) -> None:
        if self.look is not None and (self.styles or self.kind != "photographic"):
            raise InputError(
                "style",
                "a .cube file was combined with a style or the artistic type",
                "a .cube file must be used alone, as a photographic style",
                "Choose one of the two",
            )
        if self.look is None and not 1 <= len(self.styles) <= MOST_STYLES:
            raise InputError(
                "style",
                "{count} styles",
                "1 to {most} are allowed",
                "Choose a preset or add a picture",
                count=len(self.styles),
                most=MOST_STYLES,
            )
        weights = [style.weight for style in self.styles]
        if weights and not (all(w >= 0 and math.isfinite(w) for w in weights) and sum(weights) > 0):
            raise InputError(
                "weight",
                "{weights}",
                "numbers from 0 on, of which one at least is above 0, are allowed",
                "Correct the weights",
                weights=", ".join(f"{weight:g}" for weight in weights),
            )
        check_mask(self.where, self.mask is not None)
        width_px, height_px = self.picture.width_px, self.picture.height_px
        check_pixels(
            "image", width_px, height_px, MAX_OUTPUT_PIXELS, "Choose a smaller picture", "{width} x {height} px"
        )

    @property
    def shares(self) -> tuple[float, ...]:
        """The styles' weights, scaled to add up to 1."""
        total = sum(style.weight for style in self.styles)
        return tuple(style.weight / total for style in self.styles)


class SheetRequest(Request):
    """Draw a contact sheet: one picture in many presets.

    `captions`, one for each preset, default to the presets' titles.

    Raises:
        InputError: a value outside its range, or an unknown preset.
    """

    picture: PictureFile
    names: Annotated[tuple[str, ...], Option("presets; all by default", many=True)] = ()
    captions: Annotated[tuple[str, ...], Option(internal=True, many=True)] = ()
    strength: Strength = 1.0
    preserve_color: PreserveColor = False
    where: Region = "everywhere"
    mask: RegionMask = None
    cell_px: Annotated[int, Option("longest side of each picture on the sheet", ge=64, le=1024, unit="px")] = 384
    model: ModelName = AUTO_MODEL

    def check(self) -> None:
        for name in self.names:
            preset_path(name)
        if self.captions and len(self.captions) != len(self.chosen):
            raise InputError(
                "captions",
                "{count}",
                "one for each of {styles} styles is needed",
                "Use as many",
                count=len(self.captions),
                styles=len(self.chosen),
            )
        check_mask(self.where, self.mask is not None)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The presets' names, in order."""
        return self.names or tuple(PRESETS)


def stylize(request: StylizeRequest, context: Context) -> Output:
    """Stylize, then blend with the picture by strength and region; what is outside is the input's own tensor.

    Transparency is kept; colors behind full transparency are not looked at.

    Raises:
        InputError: the region needs the product's mask, and there is none; text is to be protected and nothing that
            reads it is installed.
    """
    picture = request.picture
    details: dict[str, Any] = {"size": [picture.width_px, picture.height_px], "shares": list(request.shares)}
    notices: list[str] = list(picture.notices)
    if request.styles and not math.isclose(sum(style.weight for style in request.styles), 1, abs_tol=1e-3):
        # One style alone has no share to speak of.
        notices += [SCALED] if len(request.styles) > 1 else []
    cover = covered(picture, request.where, request.mask)
    details["covered"] = 1.0 if cover is None else round(float(cover.mean()), 6)
    if request.strength == 0 or (cover is not None and not bool(cover.any())):
        return Output((picture,), tuple(notices), details)
    text = None
    if request.protect_text:
        context.step(0, 1, "Reading text")
        text = ocr.protected(picture)
        details["text"] = text.told
        notices.append(text.notice)
    rgb = picture.rgb if picture.alpha is None else bleed(picture.rgb, picture.alpha)
    if request.kind == "photographic":
        context.step(0, 1, "Adjusting the colors")
        made = look_of(request.replaced(strength=1.0)).apply(rgb)
        context.step(1, 1, "Adjusting the colors")
    else:
        model = context.model(OUR_MODEL if request.model == AUTO_MODEL else request.model)
        made = _painted(request, rgb, counting(picture, cover), model, context)
    # A look of our own making leaves the colors alone already, and its .cube file does so too.
    if request.preserve_color and (request.kind == "artistic" or request.look is not None):
        keep_chroma(made, rgb)
    mix(made, picture.rgb, cover if text is None else text.outside(cover), request.strength)
    styled = picture.with_pixels(made, picture.alpha)
    if request.kind == "artistic":
        styled = styled.with_source(PARTLY_GENERATED)
    return Output((styled,), tuple(notices), details)


def look_of(request: StylizeRequest) -> Look:
    """Color look-up table of a photographic request at its strength, for a .cube file.

    Raises:
        InputError: the region needs the product's mask, and there is none.
    """
    if request.look is not None:
        return request.look.at_strength(request.strength)
    return _matched([_sample(request)], request).at_strength(request.strength)


def common_look(requests: Iterable[StylizeRequest]) -> Look:
    """Common look-up table of photographic requests with the same styles, if all their pictures are to be mapped alike.

    Args:
        requests: looked at one after the other; only small copies of their pictures are kept. One whose product
            cannot be told from its ground is left out.

    Raises:
        InputError: no picture can be used.
    """
    samples, last = [], None
    for request in requests:
        if request.look is not None:
            return request.look
        with suppress(InputError):
            samples.append(_sample(request))
            last = request
    if last is None:
        raise InputError("image", "no picture can be used", "at least one picture is needed", "Choose other pictures")
    return _matched(samples, last)


def _sample(request: StylizeRequest) -> tuple[Tensor, Tensor | None]:
    """Sample of the picture's colors with their weights, as many as the statistics need."""
    picture = request.picture
    cover = counting(picture, covered(picture, request.where, request.mask))
    small = shrunk(picture.rgb, color_grading.STATISTICS_PX)
    return small, None if cover is None else shrunk(cover, color_grading.STATISTICS_PX)


def _matched(samples: Sequence[tuple[Tensor, Tensor | None]], request: StylizeRequest) -> Look:
    return color_grading.matched(
        [colors for colors, _ in samples],
        [_on_white(style.picture) for style in request.styles],
        request.shares,
        covers=[cover for _, cover in samples],
        tone_only=request.preserve_color,
    )


def sheet(request: SheetRequest, context: Context) -> Output:
    """The contact sheet, then each picture on it.

    Raises:
        InputError: as of `stylize`.
    """
    picture = request.picture
    small = picture.shrunk(request.cell_px)
    mask = None if request.mask is None else Cover(shrunk(request.mask.coverage, request.cell_px), request.mask.name)
    names = request.chosen
    cells = []
    for index, name in enumerate(names):
        context.step(index, len(names), "Styling")
        asked = StylizeRequest(
            picture=small,
            styles=(Style(decode(preset_path(name))),),
            strength=request.strength,
            preserve_color=request.preserve_color,
            where=request.where,
            mask=mask,
            model=request.model,
        )
        cells.append(stylize(asked, context.within(index, len(names))).pictures[0])
    context.step(len(names), len(names), "Styling")
    captions = request.captions or tuple(PRESETS[name].title for name in names)
    columns = math.ceil(math.sqrt(len(names)))
    page = contact_sheet(cells, captions, columns=columns, cell_px=request.cell_px)
    page = dataclasses.replace(page, source_type=cells[0].source_type)
    return Output((page, *cells), picture.notices, {"styles": list(names), "columns": columns})


def _painted(request: StylizeRequest, rgb: Tensor, counted: Tensor | None, model: Model, context: Context) -> Tensor:
    """The artistic look at the picture's size, a tensor of its own."""
    longest_px = request.content_px or max(rgb.shape[2:])
    seen = shrunk(rgb, longest_px)
    styles = [_seen(_on_white(style.picture), request.style_px, max(seen.shape[2:])) for style in request.styles]
    if seen is rgb:
        return paint(rgb, counted, styles, request.shares, model, context)
    made = paint(seen, None if counted is None else shrunk(counted, longest_px), styles, request.shares, model, context)
    # The strokes come from the smaller copy, and the detail that it lacks from the picture itself.
    return with_detail(rgb, made - seen)


def _seen(style: Tensor, style_px: int | None, content_px: int) -> Tensor:
    """The style, resized to the size at which it is encoded."""
    if style_px is not None:
        return shrunk(style, style_px)
    least_px, most_px = AUTO_STYLE_PX
    height_px, width_px = style.shape[2:]
    longest_px = min(max(round(STYLE_SHARE * content_px), least_px), most_px, 2 * max(height_px, width_px))
    scale = longest_px / max(height_px, width_px)
    return resize(style, max(1, round(height_px * scale)), max(1, round(width_px * scale)))


def _on_white(picture: Picture) -> Tensor:
    return picture.rgb if picture.alpha is None else picture.rgb * picture.alpha + (1 - picture.alpha)
