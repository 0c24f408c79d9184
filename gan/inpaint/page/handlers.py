"""Endpoints of the Inpaint tab, /inpaint and /mask, and its results' rows, previews and strip of steps."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import gradio as gr
from gradio.components.base import Component

from gan.core.contract import Progress, Result
from gan.core.errors import InputError
from gan.core.files import write_atomic
from gan.core.option import Option, Options
from gan.core.reader import MaskFile, PictureFile
from gan.imaging.io.codec import Encoding
from gan.imaging.mask import MOST_PX, MOST_TOLERANCE, encode_mask
from gan.imaging.picture import Picture
from gan.inpaint.mask_builder import TOLERANCE, Marking, marked
from gan.inpaint.pipeline import InpaintRequest
from gan.ui.endpoint import Done, Endpoints, followed
from gan.ui.form import read
from gan.ui.i18n import Language, language, say
from gan.ui.preview import lay, write_preview
from gan.ui.protocols import Run
from gan.ui.result import RenderedResult, rendered, size_of, stem_of

RETURNS: Final = "Returns the finished file, previews before and after, a summary as HTML, and a JSON record."


class MaskOptions(Options):
    """Mark what /inpaint is to make anew.

    Marks of several kinds are united: scratches, dust and text that are found; what is transparent; what has the color
    of the pixel "x,y"; rectangles "left,top,width,height" in pixels, several with semicolons; a mask. Then the mask is
    inverted, grown and feathered.
    """

    picture: PictureFile
    suggest: Annotated[tuple[Literal["scratches", "dust", "text"], ...], Option("what to find", many=True)] = ()
    sensitivity: Annotated[float, Option("of finding", ge=0, le=1, step=0.05)] = 0.5
    from_alpha: Annotated[bool, Option("mark what is transparent")] = False
    color: Annotated[str, Option('mark what has the color of the pixel "x,y"')] = ""
    tolerance: Annotated[float, Option("of that color", ge=0, le=MOST_TOLERANCE, step=1)] = TOLERANCE
    everywhere: Annotated[bool, Option("that color wherever it is, not only around the pixel")] = False
    rectangle: Annotated[str, Option('"left,top,width,height" in pixels, several with semicolons')] = ""
    mask: Annotated[MaskFile | None, Option("a mask to begin with")] = None
    invert: Annotated[bool, Option("mark everything else instead")] = False
    grow: Annotated[int, Option("widen, or narrow below 0", ge=-MOST_PX, le=MOST_PX, unit="px")] = 0
    feather: Annotated[int, Option("soften the edge", ge=0, le=MOST_PX, unit="px")] = 0

    @property
    def marking(self) -> Marking:
        """Raises `InputError` for texts that are no numbers."""
        rectangles = [part for part in self.rectangle.split(";") if part.strip()]
        return Marking(
            given=self.mask,
            kinds=self.suggest,
            sensitivity=self.sensitivity,
            transparent=self.from_alpha,
            color=_numbers("color", self.color, 2) if self.color else None,  # type: ignore[arg-type]
            tolerance=self.tolerance,
            connected=not self.everywhere,
            rectangles=tuple(_numbers("rectangle", part, 4) for part in rectangles),  # type: ignore[misc]
            invert=self.invert,
            grow_px=self.grow,
            feather_px=self.feather,
        )


def expose(public: Endpoints, run: Run, outputs: list[Component], mask: Component, status: Component) -> None:
    """Let programs call both.

    Args:
        outputs: of /inpaint.
        mask: the output of /mask.
    """
    public.expose("inpaint", InpaintRequest, run, finish, outputs, status, returns=RETURNS)
    entries = public.entries(MaskOptions)

    def handle(values: dict[str, Any], request: gr.Request | None) -> Iterator[tuple[Any, ...]]:
        def work(folder: Path, _progress: Progress, _cancel: threading.Event) -> tuple[str]:
            asked = read(MaskOptions, values)
            path = folder / f"{Path(asked.picture.name).stem or 'picture'}_mask.png"
            write_atomic(path, encode_mask(marked(asked.picture, asked.marking)))
            return (str(path),)

        return followed(work, language(request), outputs=1)

    docs = f"{MaskOptions.__doc__}\nReturns the mask as PNG."
    public.serve("mask", handle, entries, [mask, status], docs=docs)


def finish(done: Done[InpaintRequest]) -> tuple[Any, ...]:
    """Write a result's files and sum it up."""
    request = done.asked.request
    return from_result(done.result, request.picture, done.asked.encoding, done.folder, done.to).values()


def _numbers(field: str, text: str, count: int) -> tuple[int, ...]:
    parts = text.split(",")
    if len(parts) != count or not all(re.fullmatch(r"\s*-?\d{1,9}\s*", part) for part in parts):
        raise InputError(
            field,
            "{text}",
            "{count} whole numbers separated by commas are expected",
            "Correct them",
            text=text,
            count=count,
        )
    return tuple(int(part) for part in parts)


def from_result(result: Result, source: Picture, encoding: Encoding, folder: Path, to: Language) -> RenderedResult:
    """Write the result's files into the folder and sum it up. Pixels that were not marked are promised to stay."""
    picture, details, request = result.picture, result.details, result.request
    left, top, *_ = margins = details["margins"]
    plain = write_preview(source, folder / "source.jpg")
    rows = [
        (say("Filled areas", to), str(details["holes"])),
        (say("New pixels", to), f"{100 * details['share']:.2f} %"),
    ]
    if request.get("mask") is not None and (request["grow_px"] or request["feather_px"]):
        edge = say(
            "grown by {grow} px, feathered by {feather} px",
            to,
            grow=request["grow_px"],
            feather=request["feather_px"],
        )
        rows.append((say("Edge", to), edge))
    return rendered(
        picture,
        source,
        result.record,
        encoding,
        folder,
        to,
        stem=stem_of(source, "inpainted"),
        before=lay(Path(plain), (source.width_px, source.height_px), (left, top), picture, folder / "before.jpg"),
        size=size_of(picture, source if any(margins) else None),
        rows=rows,
        exact=True,
    )
