"""What the Inpaint tab runs: one function from files and options to a result, behind the page and behind the API."""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from gan.core.contract import Progress, Result
from gan.core.errors import Cancelled, InputError
from gan.core.files import write_atomic
from gan.imaging.io.codec import Encoding, decode
from gan.imaging.mask import decode_mask, encode_mask
from gan.imaging.picture import Picture
from gan.inpaint.mask_builder import TOLERANCE, Marking, marked
from gan.inpaint.page.result import RenderedResult, from_result
from gan.inpaint.pipeline import AUTO_MODEL, InpaintRequest
from gan.ui.background_job import follow
from gan.ui.i18n import Language, language
from gan.ui.protocols import Run
from gan.ui.result import encoding_of


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is asked besides the picture and its mask, as widgets hold it: numbers may be floats, or nothing."""

    left: float | None = 0
    top: float | None = 0
    right: float | None = 0
    bottom: float | None = 0
    aspect: str = ""
    grow: float | None = 0
    feather: float | None = 0
    model: str = AUTO_MODEL
    file_format: str = "png"
    quality: float = 92
    lossless: bool = False
    keep_exif: bool = False
    keep_location: bool = False

    @property
    def extends(self) -> bool:
        return bool(self.aspect or self.left or self.top or self.right or self.bottom)

    @property
    def encoding(self) -> Encoding:
        """Raises `InputError` for choices that contradict each other."""
        return encoding_of(self.file_format, self.quality, self.lossless, self.keep_exif, self.keep_location)

    def request(self, picture: Picture, mask: Path | None) -> InpaintRequest:
        """Raises `InputError`, as `InpaintRequest` does."""
        return InpaintRequest(
            picture=picture,
            mask=None if mask is None else decode_mask(mask),
            left=int(self.left or 0),
            top=int(self.top or 0),
            right=int(self.right or 0),
            bottom=int(self.bottom or 0),
            aspect=self.aspect or "",
            grow_px=int(self.grow or 0),
            feather_px=int(self.feather or 0),
            model=self.model,
        )


class Handlers:
    """The handlers that programs call, and what they share with the page's."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def carry_out(
        self,
        picture: Picture,
        mask: Path | None,
        wish: Settings,
        folder: Path,
        to: Language,
        progress: Progress,
        cancel: threading.Event,
    ) -> tuple[Result, RenderedResult]:
        """Make the result and write its files.

        Raises:
            InputError, WeightsError: as the request and the run raise them.
            Cancelled: nobody waits for it any longer.
        """
        encoding = wish.encoding
        result = self._run(wish.request(picture, mask), progress=progress, cancel=cancel)
        if cancel.is_set():
            raise Cancelled
        progress(0, 0, "Writing the files")
        return result, from_result(result, picture, encoding, folder, to)

    def api_inpaint(
        self,
        image: str | None,
        mask: str | None = None,
        left: float = 0,
        top: float = 0,
        right: float = 0,
        bottom: float = 0,
        aspect: str = "",
        grow: float = 0,
        feather: float = 0,
        model: str = AUTO_MODEL,
        file_format: str = "png",
        quality: float = 92,
        lossless: bool = False,
        keep_exif: bool = False,
        keep_location: bool = False,
        request: gr.Request | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        """Remove what a mask marks from a product photograph, or extend it.

        The mask is white where pixels are to be made anew. Sides are in pixels; an aspect such as 4:5 takes their
        place.

        Returns the finished file, previews before and after, a summary as HTML, and a JSON record.
        """
        to = language(request)
        wish = Settings(
            left=left,
            top=top,
            right=right,
            bottom=bottom,
            aspect=aspect,
            grow=grow,
            feather=feather,
            model=model,
            file_format=file_format,
            quality=quality,
            lossless=lossless,
            keep_exif=keep_exif,
            keep_location=keep_location,
        )
        with tempfile.TemporaryDirectory(prefix="packshot-", ignore_cleanup_errors=True) as folder:

            def job(progress: Progress, cancel: threading.Event) -> RenderedResult:
                marks = Path(mask) if mask else None
                return self.carry_out(decode(given(image)), marks, wish, Path(folder), to, progress, cancel)[1]

            shown = yield from follow(job, to, lambda line: (*(gr.skip() for _ in range(4)), line))
            yield *shown.values(), ""

    def api_mask(
        self,
        image: str | None,
        suggest: Sequence[str] = (),
        sensitivity: float = 0.5,
        from_alpha: bool = False,
        color: str = "",
        tolerance: float = TOLERANCE,
        everywhere: bool = False,
        rectangle: str = "",
        mask: str | None = None,
        invert: bool = False,
        grow: float = 0,
        feather: float = 0,
        request: gr.Request | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        """Mark what /inpaint is to make anew.

        Marks of several kinds are united: scratches, dust and text that are found; what is transparent; what has the
        colour of the pixel "x,y"; rectangles "left,top,width,height" in pixels, several with semicolons; a mask. Then
        the mask is inverted, grown and feathered.

        Returns the mask as PNG.
        """
        to = language(request)
        with tempfile.TemporaryDirectory(prefix="packshot-", ignore_cleanup_errors=True) as folder:

            def job(progress: Progress, cancel: threading.Event) -> Path:
                source = given(image)
                marking = Marking(
                    given=decode_mask(mask) if mask else None,
                    kinds=tuple(suggest or ()),
                    sensitivity=sensitivity,
                    transparent=from_alpha,
                    color=_numbers("color", color, 2) if color else None,  # type: ignore[arg-type]
                    tolerance=tolerance,
                    connected=not everywhere,
                    rectangles=tuple(
                        _numbers("rectangle", one, 4)  # type: ignore[misc]
                        for one in (rectangle or "").split(";")
                        if one.strip()
                    ),
                    invert=invert,
                    grow_px=int(grow or 0),
                    feather_px=int(feather or 0),
                )
                path = Path(folder) / f"{source.stem or 'picture'}_mask.png"
                write_atomic(path, encode_mask(marked(decode(source), marking)))
                return path

            path = yield from follow(job, to, lambda line: (gr.skip(), line))
            yield str(path), ""


def given(path: str | None) -> Path:
    """Raises `InputError` where there is no picture."""
    if path is None:
        raise no_picture()
    return Path(path)


def no_picture() -> InputError:
    """What is said where there is none."""
    return InputError("image", "none was given", "a picture is needed", "Choose a file or one of the examples first")


def _numbers(field: str, text: str, count: int) -> tuple[int, ...]:
    parts = text.split(",")
    if len(parts) != count or not all(re.fullmatch(r"\s*-?\d+\s*", part) for part in parts):
        raise InputError(
            field,
            "{text}",
            "{count} whole numbers with commas between them are expected",
            "Correct them",
            text=text,
            count=count,
        )
    return tuple(int(part) for part in parts)
