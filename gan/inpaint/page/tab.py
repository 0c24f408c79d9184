"""Inpaint's tab: its widgets, and which handler answers to which of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.inpaint.page import clicking, handlers, masks
from gan.inpaint.page.stage import FEATHER_PX, FIELDS, GROW_PX, OTHER, SIDES, Page, Stage
from gan.inpaint.pipeline import ASPECTS, InpaintRequest
from gan.inpaint.pipeline import SIDES as SIDE_FIELDS
from gan.ui import click_panel, compare_button, mask_editor, pictures, widgets
from gan.ui.endpoint import Endpoints
from gan.ui.form import Form
from gan.ui.i18n import label
from gan.ui.protocols import Choice, Run, Tab
from gan.ui.run_button import Bar, bar
from gan.ui.session import Shelf
from gan.ui.widgets import DECODING, LIGHT, OutputOptions, ResultView

EXAMPLES: Final = ("labelled", "bowl", "carton", "dandelions", "sneakers")
"""First the one that has something to remove."""


@dataclass(frozen=True)
class _Parts:
    """The widgets between which events run."""

    photograph: gr.File
    stage: Stage
    bar: Bar
    tools: masks.Panel
    way: list[Component]
    form: Form[InpaintRequest]
    output: OutputOptions
    view: ResultView

    @property
    def where(self) -> list[Component]:
        """Components of the visit that handlers take."""
        return [self.stage.visit, self.stage.editor]


def build(run: Run, models: Sequence[Choice], *, examples: Path | None = None) -> Tab:
    """Add the tab's widgets to the current Blocks.

    Args:
        run: carries out a request.
        models: all that are known; with none ready the button is disabled and the reasons are shown.
        examples: folder of pictures to offer.
    """
    ready = [choice for choice in models if choice.ready]
    form = Form(InpaintRequest, "inpaint")
    with gr.Row(equal_height=False):
        with gr.Column(scale=6, min_width=320):
            photograph = widgets.picture_file("inpaint")
            widgets.shelf("inpaint", photograph, examples, EXAMPLES)
            if not ready:
                widgets.say_why_not("inpaint", "inpaint.unavailable", models)
            editor = mask_editor.build("inpaint", "inpaint.editor")
            gr.Markdown(label("inpaint.keys"), elem_classes="facts keys")
            line = gr.HTML(elem_id="inpaint-marked", elem_classes="facts heard", padding=False)
            click = click_panel.build("inpaint", undo=False)
            facts = gr.HTML(visible=False, elem_id="inpaint-facts", elem_classes="facts", padding=False)
            row = masks.build_row()
            form.add("shadow")
            running = bar("inpaint", "inpaint.run", enabled=bool(ready), primary=True)
            tools = masks.build(row)
            way = _extension(form)
            with gr.Accordion(label("inpaint.edge"), open=False, elem_id="inpaint-edge"):
                gr.Markdown(label("inpaint.edge.info"), elem_classes="facts")
                form.add("grow", value=GROW_PX)
                form.add("feather", value=FEATHER_PX)
                form.add_model(ready)
            output = widgets.output_options("inpaint")
        with gr.Column(scale=6, min_width=320):
            view = widgets.result_view("inpaint")
            original = compare_button.overlay("inpaint", view)
            with view.around:
                with gr.Row():
                    hold = compare_button.button("inpaint")
                    undo, redo = pictures.undo_and_redo("inpaint")
                strip = pictures.pickable(
                    "inpaint-strip", label("result.steps"), columns=6, elem_classes="pickable strip"
                )
    stage = Stage(
        visit=gr.State(None, delete_callback=Shelf.forget),
        editor=editor,
        line=line,
        pick=tools.pick,
        click=click.pick,
        facts=facts,
        original=original,
        hold=hold,
        strip=strip,
        undo=undo,
        redo=redo,
    )
    parts = _Parts(photograph, stage, running, tools, way, form, output, view)
    handlers.expose(Endpoints("inpaint"), run, view.values(), tools.saved, running.status)
    shown = _visits(parts, Page(run, output.encoding))
    masks.attach(tools, stage.visit, editor, line)
    clicking.attach(click, stage, shown, run)
    settings = [*tools.remembered, form["model"], *output.controls()]
    return Tab(settings, photograph, view.download)


def _visits(parts: _Parts, page: Page) -> list[gr.events.Dependency]:
    """A photograph, a run, and the way back and forth.

    Returns:
        The events that have opened a photograph, and made another picture of it.
    """
    stage, view, running = parts.stage, parts.view, parts.bar
    options = [*parts.way, *(parts.form[name] for name in FIELDS), *parts.output.controls()]
    shown = [*stage.values(), *view.values()]
    finished = running.attach(running.start.click, page.inpaint, [*parts.where, *options], shown)
    view.reveal(finished)
    opened = parts.photograph.change(
        page.open,
        [parts.photograph, stage.visit],
        [*stage.values(), parts.form["grow"], parts.form["feather"], *view.values()],
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
    return [opened, finished]


def _extension(form: Form[InpaintRequest]) -> list[Component]:
    """Add how to extend: which way, another aspect, pixels for each side. Gives the first two."""
    with gr.Accordion(label("inpaint.extend"), open=False, elem_id="inpaint-extend"):
        gr.Markdown(label("inpaint.extend.info"), elem_classes="facts")
        way = gr.Radio(
            [
                (label("inpaint.extend.sides"), SIDES),
                *((aspect, aspect) for aspect in ASPECTS),
                (label("inpaint.extend.other"), OTHER),
            ],
            value=SIDES,
            label=label("inpaint.extend.to"),
            elem_id="inpaint-aspect",
        )
        other = gr.Textbox(
            "", label=label("inpaint.aspect"), placeholder="3:2", visible=False, max_length=20, elem_id="inpaint-other"
        )
        with gr.Row() as row:
            for side in SIDE_FIELDS:
                form.add(side, min_width=110)
    way.change(
        lambda chosen: (gr.update(visible=chosen == OTHER), gr.update(visible=chosen == SIDES)),
        way,
        [other, row],
        **LIGHT,
    )
    return [way, other]
