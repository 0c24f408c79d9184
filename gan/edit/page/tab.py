"""Shape & print's tab: straighten, perspective, crop, rotate, border or print, with clicks on the photograph."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.core.contract import Request, Result
from gan.core.errors import InputError
from gan.edit.canvas import CropRequest, PadRequest, RotateRequest, crop_box
from gan.edit.page import marks
from gan.edit.page.marks import Photograph
from gan.edit.perspective import PerspectiveRequest
from gan.edit.printing import PrintRequest, pattern_stems
from gan.edit.straighten import StraightenRequest
from gan.imaging.box import Box
from gan.imaging.io.codec import decode
from gan.imaging.picture import Picture
from gan.ui import widgets
from gan.ui.background_job import one_sentence
from gan.ui.endpoint import Asked, Done, Endpoints, carry_out
from gan.ui.form import Form
from gan.ui.i18n import Language, label, language, say
from gan.ui.preview import lay, preview_size, write_preview
from gan.ui.protocols import Run
from gan.ui.result import RenderedResult, rendered, size_of, stem_of, zipped
from gan.ui.run_button import bar
from gan.ui.session import Shelf

RETURNS: Final = (
    "Returns the finished file, previews before and after, a summary as HTML, a JSON record, and, of several patterns, "
    "a ZIP of all files; the others are then those of the first one."
)

TASKS: Final[Mapping[str, tuple[type[Request], str]]] = {
    "straighten": (StraightenRequest, "straight"),
    "perspective": (PerspectiveRequest, "perspective"),
    "crop": (CropRequest, "cropped"),
    "rotate": (RotateRequest, "rotated"),
    "pad": (PadRequest, "padded"),
    "print": (PrintRequest, "printed"),
}
"""In the order of the choice: the request, and what its result's file name ends in."""

FIRST: Final = "straighten"
CLICKED: Final = ("perspective", "crop", "print")
"""Tasks for which clicks on the photograph mean something."""

BOX: Final = ("left", "top", "width", "height")
THUMB_PX: Final = 320
NOT_SHOWN: Final = ("model",)
EXAMPLES: Final = ("carton", "chair", "helmet")


@dataclass(frozen=True)
class Tab:
    """Components of the tab that the page connects.

    Attributes:
        settings: the controls whose settings are worth remembering.
        photograph: where a picture from another tab goes.
        picture: holds the result's file.
    """

    settings: list[Component]
    photograph: gr.File
    picture: gr.DownloadButton


@dataclass(frozen=True)
class _Part:
    """The widgets of one task, shown while it is chosen."""

    form: Form[Any]
    around: gr.Column


def build(run: Run, *, examples: Path | None = None) -> Tab:
    """Add the tab's widgets to the current Blocks.

    Args:
        run: carries out a request.
        examples: folder of pictures to offer.
    """
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            photograph = widgets.picture_file("edit")
            widgets.shelf("edit", photograph, examples, EXAMPLES)
            chosen = gr.Radio(
                [(label(f"{task}.title"), task) for task in TASKS],
                value=FIRST,
                label=label("edit.task"),
                elem_id="edit-task",
            )
            hint = gr.Markdown(label(f"edit.hint.{FIRST}"), elem_id="edit-hint", elem_classes="facts")
            shown = gr.Image(
                type="filepath",
                interactive=False,
                visible=False,
                label=label("picture.preview"),
                show_label=False,
                buttons=[],
                elem_id="edit-preview",
                elem_classes="clicked",
            )
            facts = gr.HTML(visible=False, elem_id="edit-facts", elem_classes="facts", padding=False)
            clear = gr.Button(label("edit.clear"), size="sm", visible=False, elem_id="edit-clear")
            parts = {name: _part(name) for name in TASKS}
            work = bar("edit", "edit.run", primary=True)
            output = widgets.output_options("edit")
        with gr.Column(scale=7, min_width=320):
            view = widgets.result_view("edit")
            sheet = gr.Gallery(
                label=label("edit.variants"),
                visible=False,
                columns=3,
                height="auto",
                object_fit="contain",
                interactive=False,
                buttons=[],
                elem_id="edit-variants",
                elem_classes="sheet",
            )
            archive = gr.DownloadButton(
                label("result.download.all"), size="sm", visible=False, min_width=120, elem_id="edit-archive"
            )
    state = gr.State(None, delete_callback=Shelf.forget)
    clicks = _Clicks(parts, Shelf())
    texts = clicks.widgets()
    photograph.change(
        clicks.open, [photograph, state, chosen], [state, shown, facts, clear, *texts], **widgets.DECODING
    )

    def show(name: str) -> list[Any]:
        return [label(f"edit.hint.{name}"), *(gr.update(visible=each == name) for each in TASKS)]

    chosen.change(show, chosen, [hint, *(part.around for part in parts.values())], **widgets.LIGHT)
    chosen.change(clicks.redraw, [state, chosen, *texts], [shown, clear], **widgets.DECODING)
    shown.select(clicks.click, [state, chosen, *texts], [state, shown, clear, *texts], **widgets.DECODING)
    clear.click(clicks.clear, [state, chosen, *texts], [state, shown, clear, *texts], **widgets.DECODING)
    gr.on(
        [text.input for text in texts],
        clicks.redraw,
        [state, chosen, *texts],
        [shown, clear],
        trigger_mode="always_last",
        **widgets.DECODING,
    )

    inputs, slices = [photograph, chosen, *output.controls()], {}
    encoding_end = len(inputs) - 2
    for name, part in parts.items():
        start = len(inputs) - 2
        inputs += part.form.controls()
        slices[name] = slice(start, len(inputs) - 2)
    outputs: list[Component] = [*view.values(), sheet, archive]

    def on_page(request: gr.Request, image: str | None, name: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        def ask() -> Asked[Any]:
            return Asked(
                parts[name].form.read(values[slices[name]], image=image), output.encoding(values[:encoding_end])
            )

        yield from carry_out(run, ask, _on_page, language(request), outputs=len(outputs))

    view.reveal(work.attach(work.start.click, on_page, inputs, outputs))
    public = Endpoints("edit")
    beside = gr.File(visible=False, elem_id="edit-api-beside")
    for name, (kind, _) in TASKS.items():
        public.expose(name, kind, run, finish, [*view.values(), beside], work.status, returns=RETURNS)
    remembered = [
        control
        for name, part in parts.items()
        for field, control in part.form.fields.items()
        if not isinstance(control, gr.File) and field not in ("corners", *(BOX if name == "crop" else ()))
    ]
    return Tab([chosen, *output.controls(), *remembered], photograph, view.download)


def _part(name: str) -> _Part:
    """A task's own pictures and options."""
    form: Form[Any] = Form(TASKS[name][0], name, prefix=f"edit-{name}")
    with gr.Column(visible=name == FIRST, elem_id=f"edit-{name}") as around:
        if name in ("crop", "pad"):
            sides = BOX if name == "crop" else ("left", "top", "right", "bottom")
            for pair in (sides[:2], sides[2:]):
                with gr.Row():
                    for side in pair:
                        form.add(side, min_width=110)
        form.add_rest(without=NOT_SHOWN)
    return _Part(form, around)


class _Clicks:
    """Handlers of clicks on the photograph and of typed places: both fill the same fields, and are drawn over it.

    Args:
        parts: by task.
        shelf: keeps the previews.
    """

    def __init__(self, parts: Mapping[str, _Part], shelf: Shelf) -> None:
        self._parts = parts
        self._shelf = shelf

    def widgets(self) -> list[Any]:
        """The corners of a perspective and of a label; a crop's left, top, width, height and aspect."""
        crop = self._parts["crop"].form
        return [
            self._parts["perspective"].form["corners"],
            self._parts["print"].form["corners"],
            *(crop[side] for side in (*BOX, "aspect")),
        ]

    def open(
        self, path: str | None, before: Photograph | None, task: str, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        """A photograph in place of another: state, preview, facts, the button that clears, and empty fields."""
        self._shelf.forget(before)
        empty = ("", "", 0, 0, 0, 0, gr.skip())
        off = gr.update(value=None, visible=False)
        yield None, off, gr.update(value="", visible=False), gr.update(visible=False), *empty
        if path is None:
            return
        to = language(request)
        with one_sentence(to):
            picture = decode(Path(path))
            at = marks.opened(picture, self._shelf.folder())
            told = widgets.facts(picture, Path(path), to)
        nothing = tuple(gr.skip() for _ in empty)
        yield (
            at,
            gr.update(value=str(at.preview), visible=True),
            gr.update(value=told, visible=True),
            gr.update(visible=False),
            *nothing,
        )

    def click(self, event: gr.SelectData, at: Photograph | None, task: str, *given: Any) -> tuple[Any, ...]:
        """A corner more, or one of the two that a crop's box lies between: state, preview, button, fields."""
        values, clicked = list(given), event.index
        if at is None or task not in CLICKED or not isinstance(clicked, (list, tuple)) or len(clicked) != 2:
            return tuple(gr.skip() for _ in range(3 + len(values)))
        point = at.at(clicked)
        if task == "crop":
            if at.first is None:
                at = dataclasses.replace(at, first=point)
            else:
                box = marks.box_between(at.first, point, at.size)
                values[2:6] = [box.left, box.top, box.width, box.height]
                at = dataclasses.replace(at, first=None)
        else:
            values[_CORNERS[task]] = marks.with_point(values[_CORNERS[task]], point, at.size)
        return at, *self.redraw(at, task, *values), *values

    def clear(self, at: Photograph | None, task: str, *given: Any) -> tuple[Any, ...]:
        """Take the task's marks away."""
        values = list(given)
        if task == "crop":
            values[2:6] = [0, 0, 0, 0]
        elif task in _CORNERS:
            values[_CORNERS[task]] = ""
        at = None if at is None else dataclasses.replace(at, first=None)
        return at, *self.redraw(at, task, *values), *values

    def redraw(self, at: Photograph | None, task: str, *values: Any) -> tuple[Any, Any]:
        """The preview with what the fields say, and whether there is anything to clear."""
        if at is None:
            return gr.skip(), gr.skip()
        if task == "crop":
            box = _box(at, values[2:])
            points = [] if at.first is None else [at.first]
            return marks.draw(at, points, box), gr.update(visible=box is not None or bool(points))
        points = marks.points_of(values[_CORNERS[task]], at.size) if task in _CORNERS else []
        return marks.draw(at, points), gr.update(visible=bool(points))


_CORNERS: Final = {"perspective": 0, "print": 1}
"""Where the corners of a task are among the fields that clicks fill."""


def _box(at: Photograph, values: Any) -> Box | None:
    """The crop that fields describe; None for the whole picture, and for what is not yet a box."""
    *sides, aspect = values
    left, top, width, height = (max(0, int(side or 0)) for side in sides)
    whole = Box(0, 0, *at.size)
    try:
        box = crop_box(whole, left, top, width, height, aspect or "")
    except InputError:
        return None
    return None if box.empty or box == whole else box


def finish(done: Done[Any]) -> tuple[Any, ...]:
    """Write the files of all pictures, of which the first is shown, and a ZIP of several: for programs."""
    shown = _shown(done)
    beside = zipped(shown, _archive(done)) if len(shown) > 1 else None
    return *shown[0].values(), None if beside is None else str(beside)


def _on_page(done: Done[Any]) -> tuple[Any, ...]:
    """The same, with all pictures as a sheet."""
    shown, result = _shown(done), done.result
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


def _archive(done: Done[Any]) -> Path:
    return done.folder / f"{Path(done.asked.request.picture.name).stem or 'picture'}.zip"


def _shown(done: Done[Any]) -> list[RenderedResult]:
    result, source = done.result, done.asked.request.picture
    stem = stem_of(source, TASKS[result.task][1])
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
            rows=_ROWS[result.task](result, done.to, index) if result.task in _ROWS else [],
            exact=result.task in ("crop", "rotate", "pad"),
            checkered=True,
        )
        for index, (picture, each) in enumerate(zip(result.pictures, stems, strict=True))
    ]


def _before(source: Picture, made: Picture, result: Result, folder: Path, stem: str) -> str | None:
    """The photograph's preview on another canvas: within its border, or all of it in the middle; None on its own."""
    if (source.width_px, source.height_px) == (made.width_px, made.height_px):
        return None
    plain = write_preview(source, folder / f"{stem}-source.jpg", checkered=True)
    if result.task == "pad":
        left, top, right, bottom = result.details["box"]
        return lay(Path(plain), (right - left, bottom - top), (left, top), made, folder / f"{stem}-before.jpg")
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


_ROWS: Final[Mapping[str, Callable[[Result, Language, int], list[tuple[str, str]]]]] = {
    "straighten": _angle,
    "perspective": _corners,
    "print": _covered,
}
