"""Inpaint's tab: its widgets, and which handler answers to which of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components.base import Component

from gan.inpaint.page import masks
from gan.inpaint.page.handlers import Handlers
from gan.inpaint.page.masks import KINDS
from gan.inpaint.page.stage import FEATHER_PX, GROW_PX, OTHER, SIDES, Page, Stage
from gan.inpaint.pipeline import ASPECTS, AUTO_MODEL, MOST_GROW_PX
from gan.ui import compare_button, mask_editor, widgets
from gan.ui.i18n import label
from gan.ui.protocols import Choice, Run, say_why_not
from gan.ui.run_button import Bar, bar
from gan.ui.session_files import Shelf
from gan.ui.widgets import COMPUTING, DECODING, LIGHT, OutputOptions, ResultView


@dataclass(frozen=True)
class Tab:
    """What the page needs of the tab.

    Attributes:
        settings: the controls whose settings are worth remembering.
        photograph: where a picture from another tab goes.
        picture: holds the result's file.
        ready: whether any model can be used.
    """

    settings: list[Component]
    photograph: gr.File
    picture: gr.DownloadButton
    ready: bool


@dataclass(frozen=True)
class _Parts:
    """The widgets between which events run."""

    photograph: gr.File
    stage: Stage
    bar: Bar
    tools: masks.Panel
    extend: list[Component]
    grow: gr.Slider
    feather: gr.Slider
    model: gr.Dropdown
    output: OutputOptions
    view: ResultView

    @property
    def where(self) -> list[Component]:
        """What handlers take of a visit."""
        return [self.stage.visit, self.stage.editor]


def build(run: Run, models: Sequence[Choice], *, examples: Path | None = None) -> Tab:
    """Add the tab's widgets to the current Blocks.

    Args:
        run: carries out a request.
        models: all that are known; with none ready the button is disabled and the reasons are shown.
        examples: folder of pictures to offer.
    """
    ready = [choice for choice in models if choice.ready]
    with gr.Row(equal_height=False):
        with gr.Column(scale=6, min_width=320):
            photograph = widgets.picture_file("inpaint")
            widgets.shelf("inpaint", photograph, examples)
            if not ready:
                say_why_not("inpaint", "inpaint.unavailable", models)
            editor = mask_editor.build("inpaint", "inpaint.editor")
            line = gr.HTML(elem_id="inpaint-marked", elem_classes="facts heard", padding=False)
            facts = gr.HTML(visible=False, elem_id="inpaint-facts", elem_classes="facts", padding=False)
            row = masks.build_row()
            running = bar("inpaint", "inpaint.run", enabled=bool(ready), primary=True)
            tools = masks.build(row)
            extend = _extension()
            with gr.Accordion(label("edge"), open=False, elem_id="inpaint-edge"):
                gr.Markdown(label("edge.info"), elem_classes="facts")
                grow = gr.Slider(
                    -MOST_GROW_PX, MOST_GROW_PX, GROW_PX, step=1, label=label("edge.grow"), elem_id="inpaint-grow"
                )
                feather = gr.Slider(
                    0, MOST_GROW_PX, FEATHER_PX, step=1, label=label("edge.feather"), elem_id="inpaint-feather"
                )
                model = gr.Dropdown(
                    [(label("model.auto"), AUTO_MODEL), *((choice.title, choice.name) for choice in ready)],
                    value=AUTO_MODEL,
                    label=label("model"),
                    filterable=False,
                    elem_id="inpaint-model",
                )
            output = widgets.output_options("inpaint")
        with gr.Column(scale=6, min_width=320):
            view = widgets.result_view("inpaint")
            original = compare_button.overlay("inpaint", view)
            with view.around:
                with gr.Row():
                    hold = compare_button.button("inpaint")
                    undo = gr.Button(
                        label("steps.undo"), size="sm", visible=False, min_width=90, elem_id="inpaint-undo"
                    )
                    redo = gr.Button(
                        label("steps.redo"), size="sm", visible=False, min_width=90, elem_id="inpaint-redo"
                    )
                strip = gr.Gallery(
                    label=label("steps.strip"),
                    visible=False,
                    columns=6,
                    height="auto",
                    object_fit="contain",
                    allow_preview=False,
                    interactive=False,
                    buttons=[],
                    elem_id="inpaint-strip",
                    elem_classes="pickable strip",
                )
    stage = Stage(
        visit=gr.State(None, delete_callback=Shelf.forget),
        editor=editor,
        line=line,
        pick=tools.pick,
        facts=facts,
        original=original,
        hold=hold,
        strip=strip,
        undo=undo,
        redo=redo,
    )
    parts = _Parts(photograph, stage, running, tools, extend, grow, feather, model, output, view)
    desk = Handlers(run)
    _endpoints(parts, desk)
    _visits(parts, Page(desk))
    masks.attach(tools, stage.visit, editor, line)
    settings = [*tools.remembered, model, *output.controls()]
    return Tab(settings, photograph, view.download, bool(ready))


def _endpoints(parts: _Parts, desk: Handlers) -> None:
    """What programs call; nothing that the page only suggests holds for them."""

    def number(name: str) -> gr.Number:
        return gr.Number(0, precision=0, visible=False, elem_id=f"inpaint-api-{name}")

    def text(name: str) -> gr.Textbox:
        return gr.Textbox("", visible=False, elem_id=f"inpaint-api-{name}")

    def tick(name: str) -> gr.Checkbox:
        return gr.Checkbox(False, visible=False, elem_id=f"inpaint-api-{name}")

    image, mask, tools = parts.photograph, parts.tools.file, parts.tools
    sides, grow, feather = parts.extend[2:], number("grow"), number("feather")
    gr.on(
        [],
        desk.api_inpaint,
        [image, mask, *sides, text("aspect"), grow, feather, parts.model, *parts.output.controls()],
        [*parts.view.values(), parts.bar.status],
        api_name="inpaint",
        **COMPUTING,
    )
    kinds = gr.CheckboxGroup(list(KINDS), value=[], visible=False, elem_id="inpaint-api-suggest")
    gr.on(
        [],
        desk.api_mask,
        [
            image,
            kinds,
            tools.sensitivity,
            tick("from-alpha"),
            text("color"),
            tools.tolerance,
            tick("everywhere"),
            text("rectangle"),
            mask,
            tick("invert"),
            grow,
            feather,
        ],
        [tools.saved, parts.bar.status],
        api_name="mask",
        **COMPUTING,
    )


def _visits(parts: _Parts, page: Page) -> None:
    """A photograph, a run, and the way back and forth."""
    stage, view, running = parts.stage, parts.view, parts.bar
    options = [parts.grow, parts.feather, parts.model, *parts.output.controls()]
    shown = [*stage.values(), *view.values()]
    finished = running.attach(running.start.click, page.inpaint, [*parts.where, *parts.extend, *options], shown)
    view.reveal(finished)
    opened = parts.photograph.change(
        page.open,
        [parts.photograph, stage.visit],
        [*stage.values(), parts.grow, parts.feather, *view.values()],
        cancels=[finished],
        **DECODING,
    )
    view.reveal(opened)
    for trigger, handler in (
        (stage.undo.click, page.undo),
        (stage.redo.click, page.redo),
        (stage.strip.select, page.go_to),
    ):
        view.reveal(trigger(handler, parts.where, shown, **DECODING))
    controls: list[Any] = parts.output.controls()
    gr.on(
        [control.input for control in controls],
        page.write_again,
        [stage.visit, *controls],
        [stage.visit, view.download, view.summary, view.record],
        trigger_mode="always_last",
        **DECODING,
    )


def _extension() -> list[Component]:
    """How to extend: which way, another aspect, pixels for each side."""
    with gr.Accordion(label("extend"), open=False, elem_id="inpaint-extend"):
        gr.Markdown(label("extend.info"), elem_classes="facts")
        way = gr.Radio(
            [(label("extend.sides"), SIDES), *((aspect, aspect) for aspect in ASPECTS), (label("extend.other"), OTHER)],
            value=SIDES,
            label=label("extend.to"),
            elem_id="inpaint-aspect",
        )
        other = gr.Textbox(
            "", label=label("extend.aspect"), placeholder="3:2", visible=False, max_length=20, elem_id="inpaint-other"
        )
        with gr.Row() as row:
            sides = [
                gr.Number(0, label=label(key), precision=0, minimum=0, min_width=110, elem_id=elem_id)
                for key, elem_id in (
                    ("extend.left", "inpaint-left"),
                    ("extend.top", "inpaint-top"),
                    ("extend.right", "inpaint-right"),
                    ("extend.bottom", "inpaint-bottom"),
                )
            ]
    way.change(
        lambda chosen: (gr.update(visible=chosen == OTHER), gr.update(visible=chosen == SIDES)),
        way,
        [other, row],
        **LIGHT,
    )
    return [way, other, *sides]
