"""Shape & print's tab: one photograph, what to do with it, clicks on it, and the result."""

from __future__ import annotations

import html
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import gradio as gr
import torch
from gradio.components.base import Component

from gan.core.contract import Cache
from gan.core.errors import PackshotError
from gan.cutout.pipeline import CutoutRequest
from gan.edit.page.clicks import BOX, Clicks
from gan.edit.page.marks import Photograph
from gan.edit.page.painting import Painting
from gan.edit.page.results import KINDS, Kind, Results
from gan.imaging.mask import Mask, check_size, decode_mask
from gan.imaging.picture import Picture
from gan.imaging.resize import resize
from gan.ui import pictures, widgets
from gan.ui.endpoint import Asked, Endpoints, carry_out
from gan.ui.events import CLICKING
from gan.ui.form import Form, read
from gan.ui.i18n import Language, label, language, say, sentence
from gan.ui.preview import write_preview
from gan.ui.protocols import Run, Tab
from gan.ui.run_button import bar
from gan.ui.session import Shelf

RETURNS: Final = (
    "Returns the finished file, previews before and after, a summary as HTML, a JSON record, and, of several patterns, "
    "a ZIP of all files; the others are then those of the first one."
)
FIRST: Final = "straighten"
EXAMPLES: Final = ("carton", "sneakers", "coffee")


def build(run: Run, *, also: Mapping[str, Kind] = MappingProxyType({}), examples: Path | None = None) -> Tab:
    """Add the tab's widgets to the current Blocks.

    Args:
        run: carries out a request.
        also: further tasks, which modules above this one have.
        examples: folder of pictures to offer.
    """
    kinds = {**KINDS, **also}
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            photograph = widgets.picture_file("edit")
            widgets.shelf("edit", photograph, examples, EXAMPLES)
            chosen = gr.Radio(
                [(label(f"{task}.title"), task) for task in kinds],
                value=FIRST,
                label=label("edit.task"),
                elem_id="edit-task",
            )
            hint = gr.Markdown(label(f"edit.hint.{FIRST}"), elem_id="edit-hint", elem_classes="facts")
            shown = pictures.preview("edit-preview", elem_classes="clicked")
            line = gr.HTML(elem_id="edit-line", elem_classes="facts heard", padding=False)
            facts = gr.HTML(visible=False, elem_id="edit-facts", elem_classes="facts", padding=False)
            clear = gr.Button(label("edit.clear"), size="sm", visible=False, elem_id="edit-clear")
            parts = {name: _part(name, kind) for name, kind in kinds.items()}
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
    clicks = Clicks({name: part.form for name, part in parts.items()}, Shelf())
    texts = clicks.widgets()
    opened = photograph.change(
        clicks.open, [photograph, state, chosen], [state, shown, facts, clear, *texts], **widgets.DECODING
    )

    def show(at: Photograph | None, name: str, *values: Any) -> list[Any]:
        around = (gr.update(visible=each == name) for each in kinds)
        return [label(f"edit.hint.{name}"), *around, *clicks.redraw(at, name, *values)]

    # One event: a preview that came after the fields would take the mark of a first click away again.
    redrawn = chosen.change(
        show,
        [state, chosen, *texts],
        [hint, *(part.around for part in parts.values()), shown, clear],
        **widgets.DECODING,
    )
    live = Live(run)
    for name, kind in kinds.items():
        brush = parts[name].brush
        painted = [] if brush is None else [brush.attach(photograph, state)]
        if kind.looks is not None:
            _preview(live, name, kind, parts[name].form, [state, chosen], [shown, line], [opened, redrawn, *painted])
    gr.on(
        [text.input for text in texts],
        clicks.typed,
        [state, chosen, *texts],
        [state, shown, clear],
        **{**CLICKING, "trigger_mode": "always_last"},
    )
    marking = ([state, chosen, *texts], [state, shown, clear, *texts])
    shown.select(clicks.click, *marking, **CLICKING)
    clear.click(clicks.clear, *marking, **CLICKING)

    inputs, slices = [photograph, chosen, *output.controls()], {}
    encoding_end = len(inputs) - 2
    for name, part in parts.items():
        start = len(inputs) - 2
        inputs += part.form.controls()
        slices[name] = slice(start, len(inputs) - 2)
    outputs: list[Component] = [*view.values(), sheet, archive]
    results = Results(kinds)

    def on_page(request: gr.Request, image: str | None, name: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        to = language(request)

        def ask() -> Asked[Any]:
            given = kinds[name].adapt(parts[name].form.given(values[slices[name]]), to)
            asked = read(kinds[name].request, {**given, "image": image})
            return Asked(asked, output.encoding(values[:encoding_end]))

        yield from carry_out(run, ask, results.on_page, to, outputs=len(outputs))

    view.reveal(work.attach(work.start.click, on_page, inputs, outputs))
    public = Endpoints("edit")
    beside = gr.File(visible=False, elem_id="edit-beside")
    for name, kind in kinds.items():
        further = kind.also(public)
        public.expose(
            name,
            kind.request,
            run,
            results.finish,
            [*view.values(), beside],
            work.status,
            returns=RETURNS,
            also=further,
            adapt=kind.adapt,
            without=[entry.name for entry in further],
        )
    remembered = [
        control
        for name, part in parts.items()
        for field, control in part.form.fields.items()
        if not isinstance(control, gr.File) and field not in ("corners", *(BOX if name == "crop" else ()))
    ]
    return Tab([chosen, *output.controls(), *remembered], photograph, view.download)


@dataclass(frozen=True)
class _Part:
    """The widgets of one task, shown while it is chosen."""

    form: Form[Any]
    around: gr.Column
    brush: Painting | None


def _part(name: str, kind: Kind) -> _Part:
    """A task's own pictures and options."""
    form: Form[Any] = Form(kind.request, name, prefix=f"edit-{name}")
    with gr.Column(visible=name == FIRST, elem_id=f"edit-{name}") as around:
        kind.arrange(form)
        brush = Painting(f"edit-{name}", lambda: form.add(kind.painted)) if kind.painted else None
    return _Part(form, around, brush)


def _preview(
    live: Live,
    name: str,
    kind: Kind,
    form: Form[Any],
    inputs: list[Any],
    outputs: list[Any],
    after: list[gr.events.Dependency],
) -> None:
    """Draw a task's preview as its options change, and after the events that put another picture in its place."""

    def draw(request: gr.Request, at: Photograph | None, chosen: str, *values: Any) -> tuple[Any, Any]:
        if chosen != name:
            return gr.skip(), ""
        return live.shown(at, kind, form.given(values), language(request))

    inputs = [*inputs, *form.controls()]
    triggers: list[Any] = []
    for widget in form.controls():
        # A text that was put back when the page was opened keeps Gradio 6.31 from seeing the next one as input.
        own = widget.change if isinstance(widget, gr.Textbox) else getattr(widget, "input", None)
        triggers += [widget.upload, widget.clear] if isinstance(widget, gr.File) else [own]
    gr.on(triggers, draw, inputs, outputs, **widgets.AT_ONCE)
    for event in after:
        event.then(draw, inputs, outputs, **widgets.AT_ONCE)


KEPT: Final = 40


class Live:
    """The preview's handler; the product is found once for a photograph."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._masks = Cache(KEPT)

    def shown(self, at: Photograph | None, kind: Kind, given: Mapping[str, Any], to: Language) -> tuple[Any, str]:
        """The preview, and a line about it; the photograph as it is, and the reason, where nothing can be made yet.

        Args:
            given: the request's options, by public name.
        """
        if at is None:
            return gr.skip(), ""
        try:
            picture = self.made(at, kind, kind.adapt(dict(given), to))
        except PackshotError as error:
            return str(at.preview), f"<span>{html.escape(sentence(error, to))}</span>"
        with tempfile.NamedTemporaryFile(dir=at.folder, suffix=".jpg", delete=False) as file:
            path = write_preview(picture, Path(file.name), checkered=True)
        line = say("Preview at {px} px", to, px=max(picture.width_px, picture.height_px))
        return path, f"<span>{html.escape(line)}</span>"

    def made(self, at: Photograph, kind: Kind, given: Mapping[str, Any]) -> Picture:
        """The small picture.

        Raises:
            InputError, WeightsError: as the request and its run raise them.
        """
        copy, file = at.copy.picture(), given.get("mask")
        values = {name: value for name, value in given.items() if name not in ("mask", "model")}
        request = read(kind.request, {**values, "image": copy})
        if kind.looks is not None and kind.looks(request):
            request = request.replaced(mask=self._masks.get((at.folder, file), lambda: self._mask(at, copy, file)))
        return self._run(request).picture

    def _mask(self, at: Photograph, copy: Picture, file: str | None) -> Mask:
        if file is not None:
            given = decode_mask(Path(file))
            check_size(given, at.frame)
            return Mask(resize(given.coverage, copy.height_px, copy.width_px).clamp(0, 1), given.name)
        alpha = self._run(CutoutRequest(picture=copy)).picture.alpha
        return Mask(torch.ones_like(copy.rgb[:, :1]) if alpha is None else alpha)
