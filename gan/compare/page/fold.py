"""The fold "What changed" below every result that was made of a photograph, and its endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import gradio as gr

from gan.compare.pipeline import CompareRequest, reason
from gan.core.contract import Result
from gan.imaging.io.codec import Encoding, write
from gan.ui.endpoint import Asked, Done, Endpoints, carry_out
from gan.ui.form import Form
from gan.ui.i18n import LABELS, Language, field_name, label, language, notice, say, word
from gan.ui.protocols import Run
from gan.ui.result import stem_of, write_record
from gan.ui.send_to import Place, part
from gan.ui.widgets import COMPUTING, LIGHT, facts_list

RETURNS: Final = "Returns the heat map, a summary as HTML, and a JSON record."
NAME: Final = "changed"
_PREVIEW: Final = Encoding(file_format="jpeg", quality=90)


def add(page: gr.Blocks, places: Sequence[Place], run: Run) -> None:
    """Let every result be compared with its photograph, on the page and by programs.

    Args:
        places: results and what they were made of; those without a photograph are passed over.
        run: carries out a request.
    """
    known = {block.elem_id for block in page.blocks.values()}
    for place in places:
        if place.photograph is not None and f"{place.name}-slider" in known:
            _fold(page, place, run)
    with gr.Column(visible=False):
        heat, record = (gr.File(elem_id=f"compare-{name}", label=label("compare.map")) for name in ("map", "record"))
        summary, status = (gr.HTML(elem_id=f"compare-{name}") for name in ("summary", "status"))
    outputs = [heat, summary, record]
    Endpoints("compare").expose("compare", CompareRequest, run, finish, outputs, status, returns=RETURNS)


def _fold(page: gr.Blocks, place: Place, run: Run) -> None:
    """Closed at first, and again with every new result; comparing begins as it is opened."""
    name = f"{place.name}-{NAME}"
    form = Form(CompareRequest, "compare", prefix=name)
    with place.files, gr.Accordion(label("compare.title"), open=False, elem_id=name, elem_classes="wide") as fold:
        show, step = form.add("show"), form.add("step")
        status = gr.HTML(elem_id=f"{name}-status", elem_classes="status", padding=False)
        heat = gr.Image(
            type="filepath",
            interactive=False,
            label=label("compare.map"),
            buttons=["download", "fullscreen"],
            elem_id=f"{name}-map",
        )
        summary = gr.HTML(elem_id=f"{name}-summary", elem_classes="summary", padding=False)

    def compared(request: gr.Request, made: str | None, before: str | None, *chosen: Any) -> Iterator[tuple[Any, ...]]:
        def ask() -> Asked[CompareRequest]:
            return Asked(form.read(chosen, image=made, before=before), _PREVIEW)

        yield from carry_out(run, ask, lambda done: finish(done)[:2], language(request), outputs=2)

    inputs = [place.picture, place.photograph, *form.controls()]
    shown = [heat, summary, status]
    gr.on([fold.expand, show.input, step.input], compared, inputs, shown, api_visibility="private", **COMPUTING)
    part(page, f"{place.name}-summary").change(
        lambda: (gr.update(open=False), None, "", 0), None, [fold, heat, summary, step], **LIGHT
    )


def finish(done: Done[CompareRequest]) -> tuple[Any, ...]:
    """Write the heat map and its record, and sum it up."""
    encoding = done.asked.encoding
    file = done.folder / f"{stem_of(done.asked.request.picture, NAME)}{encoding.suffix}"
    write(done.result.picture, file, encoding)
    return str(file), _summary(done.result, done.to), str(write_record(done.result.record, file, encoding))


def _summary(result: Result, to: Language) -> str:
    details = result.details
    shares = {"Picture changed": "share", "Product changed": "product", "Background changed": "ground"}
    rows = [(say(text, to), f"{details[key]:.1%}") for text, key in shares.items() if details[key] is not None]
    figures = {
        name: say("{mean} on average, {most} at most", to, mean=f"{of['mean']:.1f}", most=f"{of['max']:.0f}")
        for name, of in details["figures"].items()
    }
    rows += [(word(f"compare.show.{_LABELED.get(name, name)}", to), text) for name, text in figures.items()]
    if details["doubt"] is not None:
        rows.append((word("compare.show.doubt", to), f"{details['doubt']:.1%}"))
    notices = [SCALE_TOLD, *(_told(step, to) for step in details["steps"])] if details["steps"] else []
    return facts_list(rows, [notice(text, to) for text in notices or [SCALE_TOLD, *result.notices]])


_LABELED: Final = {"delta_e": "difference"}
SCALE_TOLD: Final = "Gray: unchanged. Yellow: barely visible. Orange, red, violet: increasingly different."


def _told(step: dict[str, Any], to: Language) -> str:
    """The reason with the task and the settings as the page calls them."""
    key = f"task.{step['task']}"
    settings = {field_name(name, to): value for name, value in step["settings"].items()}
    return reason({**step, "task": word(key, to) if key in LABELS else step["task"], "settings": settings})
