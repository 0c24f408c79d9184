"""Turn the Stylize tab's choices into requests, and serve /stylize to programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from gradio.components.base import Component

from gan.core.contract import Result
from gan.core.errors import InputError
from gan.imaging.color_grading import Look
from gan.imaging.io.codec import Encoding
from gan.imaging.io.cube import write_cube
from gan.imaging.picture import Picture
from gan.imaging.resize import shrunk
from gan.stylize.page.style import chosen_styles, default_preset, title_of
from gan.stylize.pipeline import StylizeRequest, look_of
from gan.stylize.presets import preset_path
from gan.stylize.sources import styles_of
from gan.ui.endpoint import Done, Endpoints
from gan.ui.form import read
from gan.ui.i18n import Language, say
from gan.ui.protocols import Run
from gan.ui.result import RenderedResult, rendered, stem_of

EVERYWHERE: Final = "everywhere"

RETURNS: Final = """A style is a preset's name, one or several pictures, or both, mixed by weights such as "0.7,0.3";
without any it is the first preset. A .cube file comes alone and is a photographic look.

Returns the finished file, previews before and after, a summary as HTML, a JSON record, and a photographic look's .cube
file."""


@dataclass(frozen=True)
class Choices:
    """Choices beside the picture.

    Attributes:
        styles: pictures, or one .cube file.
        weights: one for each; empty for all alike.
        options: the request's other options by public name, as widgets and programs have them.
    """

    styles: tuple[Path, ...]
    weights: tuple[float, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def held(cls, style: Sequence[Any], options: Mapping[str, Any]) -> Choices:
        """Choices from the page's widgets. A mask that is out of sight does not count.

        Raises:
            InputError: as of `gan.stylize.page.style.chosen_styles`.
        """
        known = {name: value for name, value in options.items() if value is not None}
        return cls(*chosen_styles(*style), seen(known))

    @property
    def key(self) -> tuple[Any, ...]:
        """The same for choices that differ in strength only, which is mixed in afterwards."""
        options = tuple(sorted((name, value) for name, value in self.options.items() if name != "strength"))
        return self.styles, self.weights, options

    def read_styles(self) -> dict[str, Any]:
        """The style's fields of a request. Raises `InputError`, as `gan.stylize.sources.styles_of` does."""
        return styles_of(self.styles, self.weights or None)

    def request(self, picture: Picture | str | None, **fields: Any) -> StylizeRequest:
        """The request for a picture; a .cube file is photographic.

        Args:
            picture: or its file.
            fields: in place of what is chosen, by public name.

        Raises:
            InputError: as `StylizeRequest` raises it.
        """
        styles = {} if "styles" in fields or "look" in fields else self.read_styles()
        return read(StylizeRequest, {**self.options, **styles, **fields, "image": picture})


def seen(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options without a mask that is out of sight, which does not count."""
    return {name: value for name, value in options.items() if name != "mask" or options.get("where") != EVERYWHERE}


def expose(public: Endpoints, run: Run, outputs: list[Component], status: Component) -> None:
    """Let programs call /stylize."""
    public.expose(
        "stylize",
        StylizeRequest,
        run,
        finish,
        outputs,
        status,
        returns=RETURNS,
        also=[
            public.text("style", "a preset's name"),
            public.file("style_files", "pictures to take the style of, or one .cube file", many=True),
            public.text("weights", "one number for each style, with commas"),
        ],
        adapt=_with_styles,
        without=("styles", "look"),
    )


def finish(done: Done[StylizeRequest]) -> tuple[Any, ...]:
    """Write a result's files and sum it up; the .cube file comes last."""
    request = done.asked.request
    look = look_of(request) if request.kind == "photographic" else None
    shown = from_result(done.result, request.picture, done.asked.encoding, done.folder, done.to, look=look)
    return *shown.values(), shown.extra_value


def _with_styles(values: dict[str, Any], _to: Language) -> dict[str, Any]:
    """The styles in place of the three parameters that name them."""
    style, files, weights = (values.pop(name) for name in ("style", "style_files", "weights"))
    names = [style] if style or not files else []
    paths = (*(preset_path(name or default_preset()) for name in names), *(Path(path) for path in files or ()))
    return {**values, **Choices(paths, _numbers(weights or "")).read_styles()}


def _numbers(text: object) -> tuple[float, ...]:
    """The numbers of a text with commas; anything else is refused, as HTTP may send it."""
    try:
        return tuple(float(part) for part in text.split(",") if part.strip())  # type: ignore[attr-defined]
    except (ValueError, AttributeError) as error:
        raise InputError(
            "weight",
            "{text}",
            "numbers separated by commas are expected, one for each style",
            "Correct the weights",
            text=str(text)[:80],
        ) from error


MEASURED_PX: Final = 512


def from_result(
    result: Result, source: Picture, encoding: Encoding, folder: Path, to: Language, *, look: Look | None = None
) -> RenderedResult:
    """Write the result's files into the folder and sum it up.

    Args:
        look: what a photographic result does to colors, for a .cube file.
    """
    cube = None
    if look is not None:
        stem = Path(source.name).stem or "picture"
        cube = folder / f"{stem}-look.cube"
        write_cube(look, cube, title=", ".join(style_names(result)) or stem)
    details, asked = result.details, result.request
    names, shares = [title_of(name, to) for name in style_names(result)], details["shares"]
    mixed = [f"{name} {share:.0%}" for name, share in zip(names, shares, strict=True)] if len(names) > 1 else names
    rows = [(say("Style", to), " · ".join(mixed))] if mixed else []
    partial = asked["where"] != "everywhere"
    if partial:
        rows.append((say("Restyled area", to), f"{100 * details['covered']:.2f} %"))
    return rendered(
        result.picture,
        source,
        result.record,
        encoding,
        folder,
        to,
        stem=stem_of(source, "stylized"),
        rows=[*rows, *_measured(result.picture, source, to)],
        exact=partial,
        extra=cube,
    )


def style_names(result: Result) -> list[str]:
    """Of the style pictures, without endings; none where a ready look was applied."""
    return [Path(style["picture"]).stem for style in result.request.get("styles", ())]


def _measured(picture: Picture, source: Picture, to: Language) -> list[tuple[str, str]]:
    """SSIM with the photograph, measured on small copies: on large pictures it takes many seconds."""
    from gan.metrics.fidelity import compare  # scipy takes a moment, and the page is to open at once

    small = (Picture(shrunk(one.rgb, MEASURED_PX)) for one in (picture, source))
    try:
        figure = compare(*small)["SSIM"]
    except InputError:  # smaller than the measure's window
        return []
    text = say("{figure} of 1 (SSIM at {size} px)", to, figure=f"{figure:.2f}", size=MEASURED_PX)
    return [(say("Structure kept", to), text)]
