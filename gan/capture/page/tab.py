"""Capture's tab: what several shots of one table make of a picture, one of four tasks at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.capture.colorcard import ColorcardRequest
from gan.capture.flatfield import FlatfieldRequest
from gan.capture.matte import MatteRequest
from gan.capture.stack import StackRequest
from gan.core.contract import Request, Result
from gan.ui import widgets
from gan.ui.endpoint import Asked, Done, Endpoints, carry_out
from gan.ui.form import Form
from gan.ui.i18n import Language, label, language, say
from gan.ui.protocols import Run
from gan.ui.result import rendered, size_of, stem_of
from gan.ui.run_button import bar

RETURNS: Final = "Returns the finished file, previews before and after, a summary as HTML, and a JSON record."

TASKS: Final[Mapping[str, tuple[type[Request], str]]] = {
    "flatfield": (FlatfieldRequest, "even"),
    "colorcard": (ColorcardRequest, "corrected"),
    "matte": (MatteRequest, "cut"),
    "stack": (StackRequest, "stacked"),
}
"""In the order of the choice: the request, and what its result's file name ends in."""

FIRST: Final = "flatfield"
FRAMES: Final = "stack"
"""The task that takes many pictures, and none of its own."""


@dataclass(frozen=True)
class _Part:
    """The widgets of one task, shown while it is chosen."""

    form: Form[Any]
    around: gr.Column
    options: list[Component]


def build(run: Run) -> list[Component]:
    """Add the tab's widgets to the current Blocks.

    Args:
        run: carries out a request.

    Returns:
        The controls whose settings are worth remembering.
    """
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            chosen = gr.Radio(
                [(label(f"capture.task.{name}"), name) for name in TASKS],
                value=FIRST,
                label=label("capture.task"),
                elem_id="capture-task",
            )
            info = gr.Markdown(label(f"capture.info.{FIRST}"), elem_id="capture-info", elem_classes="facts")
            with gr.Column(elem_id="capture-one") as one:
                picture = widgets.picture_input("capture")
            parts = {name: _part(name) for name in TASKS}
            work = bar("capture", "capture.run", primary=True)
            output = widgets.output_options("capture")
        with gr.Column(scale=7, min_width=320):
            view = widgets.result_view("capture")

    def show(name: str) -> list[Any]:
        shown = [gr.update(visible=each == name) for each in TASKS]
        return [label(f"capture.info.{name}"), gr.update(visible=name != FRAMES), *shown]

    chosen.change(show, chosen, [info, one, *(part.around for part in parts.values())], **widgets.LIGHT)
    slices, inputs = {}, [picture, chosen, *output.controls()]
    before = len(inputs) - 2
    for name, part in parts.items():
        start = len(inputs) - 2
        inputs += part.form.controls()
        slices[name] = slice(start, len(inputs) - 2)

    def on_page(request: gr.Request, image: str | None, name: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        def ask() -> Asked[Any]:
            form = parts[name].form
            own = {} if name == FRAMES else {"image": image}
            return Asked(form.read(values[slices[name]], **own), output.encoding(values[:before]))

        yield from carry_out(run, ask, finish, language(request), outputs=len(view.values()))

    view.reveal(work.attach(work.start.click, on_page, inputs, view.values()))
    public = Endpoints("capture")
    for name, (kind, _) in TASKS.items():
        public.expose(name, kind, run, finish, view.values(), work.status, returns=RETURNS)
    return [chosen, *output.controls(), *(option for part in parts.values() for option in part.options)]


def _part(name: str) -> _Part:
    """A task's pictures beside the first one, and its options."""
    form: Form[Any] = Form(TASKS[name][0], name, prefix=f"capture-{name}")
    with gr.Column(visible=name == FIRST, elem_id=f"capture-{name}") as around:
        if name == "matte":
            form.add("blend", value="encoded")  # what a page or a browser mixes
        form.add_rest()
    return _Part(form, around, [control for control in form.controls() if not isinstance(control, gr.File)])


def finish(done: Done[Any]) -> tuple[Any, ...]:
    """Write a result's files and sum it up; before and after are the first frame of a stack and the stack."""
    result, request = done.result, done.asked.request
    source = request.frames[len(request.frames) // 2].read() if isinstance(request, StackRequest) else request.picture
    return rendered(
        result.picture,
        source,
        result.record,
        done.asked.encoding,
        done.folder,
        done.to,
        stem=stem_of(source, TASKS[result.task][1]),
        size=size_of(result.picture, source),
        rows=_ROWS[result.task](result, done.to),
        checkered=result.task == "matte",
    ).values()


def _light(result: Result, to: Language) -> list[tuple[str, str]]:
    details = result.details
    rows = [(say("Light was uneven by", to), say("{stops} stops", to, stops=f"{details['unevenness']:.2f}"))]
    if "off_white" in details:
        shares = f"{details['off_white_before']:.1%} → {details['off_white']:.1%}"
        rows.append((say("Bare table that is not white", to), shares))
    return rows


def _colors(result: Result, to: Language) -> list[tuple[str, str]]:
    before, after = result.details["delta_e_before"], result.details["delta_e"]
    return [
        (say("Mean difference (CIEDE2000)", to), f"{before['mean']:.1f} → {after['mean']:.1f}"),
        (say("Largest difference (CIEDE2000)", to), f"{before['max']:.1f} → {after['max']:.1f}"),
    ]


def _cover(result: Result, to: Language) -> list[tuple[str, str]]:
    down, right = result.details["shift"]
    return [
        (say("Shift between the shots", to), f"{right:+.1f}, {down:+.1f} px"),
        (say("Partly transparent", to), f"{result.details['partly']:.1%}"),
    ]


def _frames(result: Result, to: Language) -> list[tuple[str, str]]:
    details = result.details
    rows = [
        (say("Frames merged", to), str(details["frames"])),
        (say("Frames moved by up to", to), f"{max(details['moved_px']):.1f} px"),
    ]
    if "weight" in details:
        rows.append((say("Frames averaged per pixel", to), f"{details['weight']:.1f}"))
    return rows


_ROWS: Final[Mapping[str, Callable[[Result, Language], list[tuple[str, str]]]]] = {
    "flatfield": _light,
    "colorcard": _colors,
    "matte": _cover,
    "stack": _frames,
}
