"""The fold "Nearest training pictures" below Generate's results, and its endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.generate.nearest import NearestRequest
from gan.generate.page.result import View
from gan.imaging.io.codec import Encoding, write
from gan.ui.endpoint import Asked, Done, Endpoints, carry_out
from gan.ui.form import read
from gan.ui.i18n import label, language, notice
from gan.ui.protocols import Run
from gan.ui.result import stem_of, write_record
from gan.ui.widgets import COMPUTING, LIGHT, facts_list

RETURNS: Final = "Returns a sheet of the picture and its neighbors, a summary as HTML, and a JSON record."
NAME: Final = "nearest"
_SHEET: Final = Encoding(file_format="webp", quality=90)


def build(view: View, model: Component, run: Run) -> None:
    """Add the fold to the files of the chosen picture; closed at first, and again with every other picture.

    Args:
        view: the results.
        model: the choice of the model.
        run: carries out a request.
    """
    with view.files, gr.Accordion(label("nearest.title"), open=False, elem_id=f"generate-{NAME}") as fold:
        gr.Markdown(label("nearest.info"), elem_classes="facts")
        status = gr.HTML(elem_id=f"generate-{NAME}-status", elem_classes="status", padding=False)
        sheet = gr.Image(
            type="filepath",
            interactive=False,
            label=label("nearest.title"),
            show_label=False,
            buttons=["download", "fullscreen"],
            elem_id=f"generate-{NAME}-sheet",
        )
        summary = gr.HTML(elem_id=f"generate-{NAME}-summary", elem_classes="summary", padding=False)

    def looked_up(request: gr.Request, made: str | None, name: str) -> Iterator[tuple[Any, ...]]:
        def ask() -> Asked[NearestRequest]:
            return Asked(read(NearestRequest, {"image": made, "model": name}), _SHEET)

        yield from carry_out(run, ask, lambda done: finish(done)[:2], language(request), outputs=2)

    fold.expand(looked_up, [view.download, model], [sheet, summary, status], api_visibility="private", **COMPUTING)
    for event in (view.summary.change, view.gallery.select):
        event(lambda: (gr.update(open=False), None, ""), None, [fold, sheet, summary], **LIGHT)


def expose(public: Endpoints, run: Run) -> None:
    """Let programs call /nearest."""
    with gr.Column(visible=False):
        sheet, record = (
            gr.File(elem_id=f"{NAME}-{name}", label=label("nearest.title")) for name in ("sheet", "record")
        )
        summary, status = (gr.HTML(elem_id=f"{NAME}-{name}") for name in ("summary", "status"))
    public.expose(NAME, NearestRequest, run, finish, [sheet, summary, record], status, returns=RETURNS)


def finish(done: Done[NearestRequest]) -> tuple[Any, ...]:
    """Write the sheet and its record, and name the neighbors."""
    encoding = done.asked.encoding
    file = done.folder / f"{stem_of(done.asked.request.picture, NAME)}{encoding.suffix}"
    write(done.result.picture, file, encoding)
    told = facts_list([], [notice(text, done.to) for text in done.result.notices])
    return str(file), told, str(write_record(done.result.record, file, encoding))
