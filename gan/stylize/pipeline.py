"""Stylize: from a request to the same product in another look, at its own resolution."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from gan.core.contract import Context, Model, Output, Request
from gan.core.errors import InputError, check_within
from gan.imaging import color_grading
from gan.imaging.alpha import bleed
from gan.imaging.color_grading import Look
from gan.imaging.contact_sheet import contact_sheet
from gan.imaging.io.codec import decode
from gan.imaging.mask import Mask, check_size
from gan.imaging.picture import PARTLY_GENERATED, Picture
from gan.imaging.resize import resize, shrunk
from gan.stylize.placement import PLACES, check_mask, counting, covered, keep_chroma, mix, with_detail
from gan.stylize.presets import PRESETS, preset_path
from gan.stylize.style_transfer import paint

AUTO_MODEL = "auto"
OUR_MODEL = "stylize"
KINDS = ("artistic", "photographic")
LEAST_PX, MOST_PX = 64, 8192
"""Of the sizes at which content and style are looked at."""

STYLE_SHARE = 0.5
"""Of the longest side at which the picture is looked at: strokes keep their size in it, whatever its resolution."""

AUTO_STYLE_PX = (128, 1024)
"""Between these; a style is enlarged to twice its size at most."""

MOST_STYLES = 8
MAX_OUTPUT_PIXELS = 100_000_000

SCALED = "The weights do not add up to 1: they were scaled in proportion"


@dataclass(frozen=True)
class Style:
    """A picture whose look is wanted.

    Attributes:
        picture: any size; transparency is laid on white.
        weight: its share among several; only the proportions count. 0 leaves it out.
    """

    picture: Picture
    weight: float = 1.0


@dataclass(frozen=True, kw_only=True)
class StylizeRequest(Request):
    """What Stylize is asked.

    Attributes:
        picture: what to restyle.
        styles: one to `MOST_STYLES`, mixed by weight; none where a look is given.
        look: a look that is ready, such as that of a .cube file; photographic only, instead of styles.
        kind: "artistic" paints strokes and colours; "photographic" moves tone and colour and no texture.
        strength: 0 gives the input exactly, 1 the full effect, between them a blend.
        preserve_color: take the lightness alone and keep the input's colours.
        where: "everywhere", or on the "product" or the "ground" alone; every other pixel stays as it is.
        mask: where the product is; None takes the transparency or, without any, what stands on a plain ground.
        content_px: longest side at which the network looks at the picture: smaller gives broader strokes. None for its
            own. The output always has the picture's own size. Artistic only.
        style_px: longest side at which it looks at a style: smaller gives finer strokes. None for half of the
            picture's, within `AUTO_STYLE_PX`. Artistic only.
        model: "auto" for ours; else a manifest name, a path, or a Hub id. Artistic only.

    Raises:
        InputError: a value outside these; a mask of another size; or more than `MAX_OUTPUT_PIXELS`.
    """

    picture: Picture
    styles: tuple[Style, ...] = ()
    look: Look | None = None
    kind: str = "artistic"
    strength: float = 1.0
    preserve_color: bool = False
    where: str = "everywhere"
    mask: Mask | None = None
    content_px: int | None = None
    style_px: int | None = None
    model: str = AUTO_MODEL

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_manner(self.kind, self.strength, self.where)
        for name in ("content_px", "style_px"):
            if (size_px := getattr(self, name)) is not None:
                check_within(name, size_px, LEAST_PX, MOST_PX)
        if self.look is not None and (self.styles or self.kind != "photographic"):
            raise InputError(
                "style",
                "a look together with a style or the artistic kind",
                "a look is used alone, and photographically",
                "Choose one of the two",
            )
        if self.look is None and not 1 <= len(self.styles) <= MOST_STYLES:
            raise InputError(
                "style",
                "{count} styles",
                "1 to {most} are allowed",
                "Choose a preset or give a picture",
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
        if self.mask is not None:
            check_size(self.mask, self.picture)
        check_mask(self.where, self.mask is not None)
        width_px, height_px = self.picture.width_px, self.picture.height_px
        if width_px * height_px > MAX_OUTPUT_PIXELS:
            raise InputError(
                "image",
                "{width} x {height} px",
                "at most {most} megapixels are made at once",
                "Choose a smaller picture",
                width=width_px,
                height=height_px,
                most=MAX_OUTPUT_PIXELS // 10**6,
            )

    @property
    def shares(self) -> tuple[float, ...]:
        """The styles' weights, scaled to add up to 1."""
        total = sum(style.weight for style in self.styles)
        return tuple(style.weight / total for style in self.styles)


@dataclass(frozen=True, kw_only=True)
class SheetRequest(Request):
    """A contact sheet is asked: one picture in many presets.

    Attributes:
        picture: what to restyle.
        names: of presets; empty for all.
        captions: one for each; empty for the presets' titles.
        strength, preserve_color, where, mask: as of `StylizeRequest`.
        cell_px: longest side of each picture on the sheet, 64 to 1024.
        model: as of `StylizeRequest`.

    Raises:
        InputError: a value outside these, or an unknown preset.
    """

    picture: Picture
    names: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()
    strength: float = 1.0
    preserve_color: bool = False
    where: str = "everywhere"
    mask: Mask | None = None
    cell_px: int = 384
    model: str = AUTO_MODEL

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_manner("artistic", self.strength, self.where)
        check_within("cell_px", self.cell_px, 64, 1024)
        for name in self.names:
            preset_path(name)
        if self.captions and len(self.captions) != len(self.chosen):
            raise InputError(
                "captions",
                "{count}",
                "one for each of {styles} styles is needed",
                "Give as many",
                count=len(self.captions),
                styles=len(self.chosen),
            )
        if self.mask is not None:
            check_size(self.mask, self.picture)
        check_mask(self.where, self.mask is not None)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The presets' names, in order."""
        return self.names or tuple(PRESETS)


def stylize(request: StylizeRequest, context: Context) -> Output:
    """The look over the picture, mixed with it by strength and place; what is outside is the input's own tensor.

    Transparency is kept; colours behind full transparency are not looked at.

    Raises:
        InputError: the product is to be told from its ground, and nothing says where it is.
    """
    picture = request.picture
    details: dict[str, Any] = {"size": [picture.width_px, picture.height_px], "shares": list(request.shares)}
    notices = list(picture.notices)
    if request.styles and not math.isclose(sum(style.weight for style in request.styles), 1, abs_tol=1e-3):
        # One style alone has no share to speak of.
        notices += [SCALED] if len(request.styles) > 1 else []
    cover = covered(picture, request.where, request.mask)
    details["covered"] = 1.0 if cover is None else round(float(cover.mean()), 6)
    if request.strength == 0 or (cover is not None and not bool(cover.any())):
        return Output((picture,), tuple(notices), details)
    rgb = picture.rgb if picture.alpha is None else bleed(picture.rgb, picture.alpha)
    if request.kind == "photographic":
        context.step(0, 1, "Moving the colours")
        made = look_of(dataclasses.replace(request, strength=1.0)).apply(rgb)
        context.step(1, 1, "Moving the colours")
    else:
        model = context.model(OUR_MODEL if request.model == AUTO_MODEL else request.model)
        made = _painted(request, rgb, counting(picture, cover), model, context)
    # A look of our own making leaves the colours alone already, and its .cube file does so too.
    if request.preserve_color and (request.kind == "artistic" or request.look is not None):
        keep_chroma(made, rgb)
    mix(made, picture.rgb, cover, request.strength)
    styled = picture.with_pixels(made, picture.alpha)
    if request.kind == "artistic":
        styled = styled.with_source(PARTLY_GENERATED)
    return Output((styled,), tuple(notices), details)


def look_of(request: StylizeRequest) -> Look:
    """What a photographic request does to every colour at its strength: for a .cube file.

    Raises:
        InputError: the product is to be told from its ground, and nothing says where it is.
    """
    if request.look is not None:
        return request.look.at_strength(request.strength)
    return _matched([_sample(request)], request).at_strength(request.strength)


def common_look(requests: Iterable[StylizeRequest]) -> Look:
    """The full look of photographic requests of the same styles, if all their pictures are to be moved alike.

    Args:
        requests: looked at one after the other; only small copies of their pictures are kept. One whose product
            cannot be told from its ground is left out.

    Raises:
        InputError: there is none that can be used.
    """
    samples, last = [], None
    for request in requests:
        if request.look is not None:
            return request.look
        with suppress(InputError):
            samples.append(_sample(request))
            last = request
    if last is None:
        raise InputError(
            "image", "no picture that can be used", "at least one picture is needed", "Choose other pictures"
        )
    return _matched(samples, last)


def _sample(request: StylizeRequest) -> tuple[Tensor, Tensor | None]:
    """The picture's colours, and how much each of them counts, as large as statistics need them."""
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
    alpha = None if picture.alpha is None else shrunk(picture.alpha, request.cell_px)
    small = picture.with_pixels(shrunk(picture.rgb, request.cell_px), alpha)
    mask = None if request.mask is None else Mask(shrunk(request.mask.coverage, request.cell_px), request.mask.name)
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


def _check_manner(kind: str, strength: float, where: str) -> None:
    for name, value, allowed in (("kind", kind, KINDS), ("where", where, PLACES)):
        if value not in allowed:
            raise InputError(
                name,
                "{value}",
                "{allowed} are allowed",
                "Choose one of these",
                value=value,
                allowed=", ".join(allowed),
            )
    check_within("strength", strength, 0, 1)


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
    """The style at the size at which it is looked at."""
    if style_px is not None:
        return shrunk(style, style_px)
    least_px, most_px = AUTO_STYLE_PX
    height_px, width_px = style.shape[2:]
    longest_px = min(max(round(STYLE_SHARE * content_px), least_px), most_px, 2 * max(height_px, width_px))
    scale = longest_px / max(height_px, width_px)
    return resize(style, max(1, round(height_px * scale)), max(1, round(width_px * scale)))


def _on_white(picture: Picture) -> Tensor:
    return picture.rgb if picture.alpha is None else picture.rgb * picture.alpha + (1 - picture.alpha)
