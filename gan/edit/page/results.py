"""Tasks of the Shape & print tab, and their results as the page and programs get them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr

from gan.core.contract import Request, Result
from gan.edit.canvas import CropRequest, PadRequest, RotateRequest
from gan.edit.page.clicks import BOX
from gan.edit.perspective import PerspectiveRequest
from gan.edit.printing import PrintRequest, pattern_stems
from gan.edit.straighten import StraightenRequest
from gan.imaging.picture import Picture
from gan.ui.endpoint import Done, Endpoints
from gan.ui.form import Form
from gan.ui.hidden import Entry
from gan.ui.i18n import Language, say
from gan.ui.preview import lay, preview_size, write_preview
from gan.ui.result import RenderedResult, rendered, size_of, stem_of, zipped

NOT_SHOWN: Final = ("model",)
THUMB_PX: Final = 320

Rows = Callable[[Result, Language, int], list[tuple[str, str]]]
"""Lines of a summary, of a result, in a language, of which of its pictures."""


def every_option(form: Form[Any]) -> None:
    """Add all of a task's options in their order."""
    form.add_rest(without=NOT_SHOWN)


@dataclass(frozen=True)
class Kind:
    """A task as the tab offers it.

    Attributes:
        request: its options.
        ending: of its results' file names.
        rows: of the summary.
        exact: whether pixels are promised to stay.
        arrange: adds its widgets.
        also: further parameters of its endpoint, which `adapt` turns into fields; it takes their place.
        adapt: changes values by public name before the request reads them.
        looks: of a task that is previewed while its options change: whether a request has to know the product. None
            of others, which the button alone makes.
        painted: a mask of its options that a brush can paint, added below those that `arrange` adds.
    """

    request: type[Request]
    ending: str
    rows: Rows = lambda *_: []
    exact: bool = False
    arrange: Callable[[Form[Any]], None] = every_option
    also: Callable[[Endpoints], list[Entry]] = lambda _: []
    adapt: Callable[[dict[str, Any], Language], dict[str, Any]] = lambda values, _: values
    looks: Callable[[Any], bool] | None = None
    painted: str = ""


@dataclass(frozen=True)
class Results:
    """Handlers of finished tasks.

    Attributes:
        kinds: by task.
    """

    kinds: Mapping[str, Kind]

    def finish(self, done: Done[Any]) -> tuple[Any, ...]:
        """Write the files of all pictures, of which the first is shown, and a ZIP of several: for programs."""
        shown = self._shown(done)
        beside = zipped(shown, _archive(done)) if len(shown) > 1 else None
        return *shown[0].values(), None if beside is None else str(beside)

    def on_page(self, done: Done[Any]) -> tuple[Any, ...]:
        """The same, with all pictures as a sheet."""
        shown, result = self._shown(done), done.result
        if len(shown) == 1:
            return *shown[0].values(), gr.update(value=[], visible=False), gr.update(value=None, visible=False)
        captions = pattern_stems(result.details["patterns"])
        thumbs = []
        for number, (picture, caption) in enumerate(zip(result.pictures, captions, strict=True)):
            path = done.folder / f"thumb-{number}.jpg"
            thumbs.append((write_preview(picture, path, preview_size(picture, THUMB_PX), checkered=True), caption))
        return (
            *shown[0].values(),
            gr.update(value=thumbs, visible=True),
            gr.update(value=str(zipped(shown, _archive(done))), visible=True),
        )

    def _shown(self, done: Done[Any]) -> list[RenderedResult]:
        result, source = done.result, done.asked.request.picture
        kind = self.kinds[result.task]
        stem = stem_of(source, kind.ending)
        several = len(result.pictures) > 1
        stems = [f"{stem}_{name}" for name in pattern_stems(result.details["patterns"])] if several else [stem]
        return [
            rendered(
                picture,
                source,
                result.record,
                done.asked.encoding,
                done.folder,
                done.to,
                stem=each,
                before=_before(source, picture, result, done.folder, each),
                size=size_of(picture, source),
                rows=kind.rows(result, done.to, index),
                exact=kind.exact,
                checkered=True,
            )
            for index, (picture, each) in enumerate(zip(result.pictures, stems, strict=True))
        ]


def _archive(done: Done[Any]) -> Path:
    return done.folder / f"{Path(done.asked.request.picture.name).stem or 'picture'}.zip"


def _before(source: Picture, made: Picture, result: Result, folder: Path, stem: str) -> str | None:
    """The photograph's preview on another canvas: within its border, or all of it in the middle; None on its own."""
    edge = result.details["box"] if result.task == "pad" else result.details.get("extended_px")
    if edge is not None and any(edge):
        plain = write_preview(source, folder / f"{stem}-source.jpg", checkered=True)
        return lay(
            Path(plain), (source.width_px, source.height_px), (edge[0], edge[1]), made, folder / f"{stem}-before.jpg"
        )
    return in_the_middle(source, made, folder, stem)


def in_the_middle(source: Picture, made: Picture, folder: Path, stem: str) -> str | None:
    """A photograph's preview, all of it in the middle of another picture's canvas; None where both are of one size."""
    if (source.width_px, source.height_px) == (made.width_px, made.height_px):
        return None
    plain = write_preview(source, folder / f"{stem}-source.jpg", checkered=True)
    scale = min(made.width_px / source.width_px, made.height_px / source.height_px)
    size = max(1, round(scale * source.width_px)), max(1, round(scale * source.height_px))
    origin = (made.width_px - size[0]) // 2, (made.height_px - size[1]) // 2
    return lay(Path(plain), size, origin, made, folder / f"{stem}-before.jpg")


def _angle(result: Result, to: Language, _: int) -> list[tuple[str, str]]:
    return [(say("Turned clockwise", to), f"{result.details['angle_deg']:.2f}°")]


def _corners(result: Result, to: Language, _: int) -> list[tuple[str, str]]:
    return [(say("Corners", to), "  ".join(f"{x:.0f},{y:.0f}" for x, y in result.details["corners"]))]


def _covered(result: Result, to: Language, index: int) -> list[tuple[str, str]]:
    return [(say("Printed share of the region", to), f"{result.details['covered'][index]:.0%}")]


def _sides(*names: str) -> Callable[[Form[Any]], None]:
    """Add four numbers in two rows of two, then the others."""

    def arrange(form: Form[Any]) -> None:
        for pair in (names[:2], names[2:]):
            with gr.Row():
                for side in pair:
                    form.add(side, min_width=110)
        every_option(form)

    return arrange


def _but(name: str) -> Callable[[Form[Any]], None]:
    """Add all of a task's options but one."""
    return lambda form: form.add_rest(without=(*NOT_SHOWN, name))


KINDS: Final[Mapping[str, Kind]] = {
    "straighten": Kind(StraightenRequest, "straight", _angle),
    "perspective": Kind(PerspectiveRequest, "perspective", _corners),
    "crop": Kind(CropRequest, "cropped", exact=True, arrange=_sides(*BOX)),
    "rotate": Kind(RotateRequest, "rotated", exact=True),
    "pad": Kind(PadRequest, "padded", exact=True, arrange=_sides("left", "top", "right", "bottom")),
    "print": Kind(PrintRequest, "printed", _covered, arrange=_but("mask"), painted="mask"),
}
"""In the order of the choice."""
