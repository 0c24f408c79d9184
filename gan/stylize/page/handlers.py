"""What the Stylize tab runs: one function from files and options to a result, behind the page and behind the API."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from gan.core.contract import Progress
from gan.core.errors import Cancelled, InputError
from gan.imaging.io.codec import Encoding, decode
from gan.imaging.mask import Mask, decode_mask
from gan.imaging.picture import Picture
from gan.stylize.page.result import RenderedResult, from_result
from gan.stylize.page.style import chosen_styles, default_preset
from gan.stylize.pipeline import AUTO_MODEL, StylizeRequest, look_of
from gan.stylize.presets import preset_path
from gan.stylize.sources import styles_of
from gan.ui.background_job import follow
from gan.ui.i18n import Language, language
from gan.ui.protocols import Run
from gan.ui.result import encoding_of

EVERYWHERE = "everywhere"
CHOICES = 14
"""So many values `Settings.of_page` takes."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is asked besides the picture, as widgets hold it: files by their paths.

    Attributes:
        styles: pictures, or one .cube file.
        weights: one for each; empty for all alike.
        mask: of the product.
        content_px: 0 for the picture's own.
    """

    styles: tuple[Path, ...]
    weights: tuple[float, ...] = ()
    kind: str = "artistic"
    strength: float = 1.0
    preserve_color: bool = False
    where: str = EVERYWHERE
    mask: str | None = None
    content_px: float | None = 0
    style_px: float | None = 0
    model: str = AUTO_MODEL

    @classmethod
    def of_page(cls, *values: Any) -> Settings:
        """From the choice of a style, then the other fields in order. What is out of sight does not count.

        Raises:
            InputError: as of `gan.stylize.page.style.chosen_styles`.
        """
        *chosen, kind, strength, preserve_color, where, mask, content_px, style_px, model = values
        styles, weights = chosen_styles(*chosen)
        return cls(
            styles=styles,
            weights=weights,
            kind=kind,
            strength=strength,
            preserve_color=preserve_color,
            where=where,
            mask=None if where == EVERYWHERE else mask,
            content_px=content_px,
            style_px=style_px,
            model=model,
        )

    def read_styles(self) -> dict[str, Any]:
        """The style's fields of a request. Raises `InputError`, as `gan.stylize.sources.styles_of` does."""
        return styles_of(self.styles, self.weights or None)

    def read_mask(self) -> Mask | None:
        """The product. Raises `InputError`."""
        return decode_mask(self.mask) if self.mask else None

    def request(self, picture: Picture, styles: Mapping[str, Any], mask: Mask | None) -> StylizeRequest:
        """The request for a picture, with what `read_styles` and `read_mask` give; a .cube file is photographic.

        Raises:
            InputError: as `StylizeRequest` raises it.
        """
        return StylizeRequest(
            picture=picture,
            strength=self.strength,
            preserve_color=self.preserve_color,
            where=self.where,
            mask=mask,
            content_px=int(self.content_px or 0) or None,
            style_px=int(self.style_px or 0) or None,
            model=self.model,
            **{"kind": self.kind, **styles},
        )


class Handlers:
    """The handlers that make one result, for the page and for programs."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def carry_out(
        self,
        image: str | None,
        wish: Settings,
        encoding: Encoding,
        folder: Path,
        to: Language,
        progress: Progress,
        cancel: threading.Event,
    ) -> RenderedResult:
        """Make the result and write its files.

        Raises:
            InputError, WeightsError: as the request and the run raise them.
            Cancelled: nobody waits for it any longer.
        """
        picture = decode(given(image))
        request = wish.request(picture, wish.read_styles(), wish.read_mask())
        result = self._run(request, progress=progress, cancel=cancel)
        if cancel.is_set():
            raise Cancelled
        progress(0, 0, "Writing the files")
        look = look_of(request) if request.kind == "photographic" else None
        return from_result(result, picture, encoding, folder, to, look=look)

    def stylize(self, request: gr.Request, image: str | None, *values: Any) -> Iterator[tuple[Any, ...]]:
        """The page's: the result with its .cube file, the original, whether there is anything to hold, status."""
        to = language(request)
        with tempfile.TemporaryDirectory(prefix="packshot-", ignore_cleanup_errors=True) as folder:

            def job(progress: Progress, cancel: threading.Event) -> RenderedResult:
                wish, encoding = Settings.of_page(*values[:CHOICES]), encoding_of(*values[CHOICES:])
                return self.carry_out(image, wish, encoding, Path(folder), to, progress, cancel)

            shown = yield from follow(job, to, lambda line: (*(gr.skip() for _ in range(7)), line))
            *files, cube = shown.values()
            there = gr.update(value=cube, visible=cube is not None)
            yield *files, there, shown.pair[0], gr.update(visible=True), ""

    def api_stylize(
        self,
        image: str | None,
        style: str = "",
        style_files: Sequence[str] | None = None,
        weights: str = "",
        kind: str = "artistic",
        strength: float = 1.0,
        preserve_color: bool = False,
        where: str = EVERYWHERE,
        mask: str | None = None,
        content_px: float = 0,
        style_px: float = 0,
        model: str = AUTO_MODEL,
        file_format: str = "png",
        quality: float = 92,
        lossless: bool = False,
        keep_exif: bool = False,
        keep_location: bool = False,
        request: gr.Request | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        """Give a product photograph the look of a style, by strokes (artistic) or by tone and colour (photographic).

        A style is a preset's name, one or several pictures, or both, mixed by weights such as "0.7,0.3"; without any
        it is the first preset. A .cube file comes alone and is a photographic look. Where is everywhere, product or
        ground; the mask, white where the product is, says which is which. content_px is the longest side at which
        strokes are made; 0 is the picture's own. style_px is the longest side at which styles are looked
        at; 0 suits it to the picture.

        Returns the finished file, previews before and after, a summary as HTML, a JSON record, and a photographic
        look's .cube file.
        """
        to = language(request)
        with tempfile.TemporaryDirectory(prefix="packshot-", ignore_cleanup_errors=True) as folder:

            def job(progress: Progress, cancel: threading.Event) -> RenderedResult:
                wish = Settings(
                    styles=_styles(style, style_files or ()),
                    weights=_numbers(weights or ""),
                    kind=kind,
                    strength=strength,
                    preserve_color=preserve_color,
                    where=where,
                    mask=mask,
                    content_px=content_px,
                    style_px=style_px,
                    model=model,
                )
                encoding = encoding_of(file_format, quality, lossless, keep_exif, keep_location)
                return self.carry_out(image, wish, encoding, Path(folder), to, progress, cancel)

            shown = yield from follow(job, to, lambda line: (*(gr.skip() for _ in range(5)), line))
            yield *shown.values(), ""


def given(path: str | None) -> Path:
    """Raises `InputError` where there is no picture."""
    if path is None:
        raise InputError("image", "none was given", "a picture is needed", "Choose a file or one of the examples first")
    return Path(path)


def _styles(style: str, files: Sequence[str]) -> tuple[Path, ...]:
    names = [style] if style or not files else []
    return (*(preset_path(name or default_preset()) for name in names), *(Path(path) for path in files))


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise InputError(
            "weight",
            "{text}",
            "numbers with commas between them are expected, one for each style",
            "Correct the weights",
            text=text,
        ) from error
