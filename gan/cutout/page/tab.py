"""Cut-out & recolor's tab: its widgets, and which handler answers to which of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr

from gan.cutout.page import edits as tab_edits
from gan.cutout.page import handlers
from gan.cutout.page.clicking import Clicking
from gan.cutout.page.session import BRUSHES
from gan.cutout.page.stage import Page, Stage
from gan.cutout.pipeline import CutoutRequest
from gan.ui import click_panel, compare_button, mask_editor, pictures, widgets
from gan.ui.assets import asset
from gan.ui.endpoint import Endpoints
from gan.ui.events import BEFOREHAND
from gan.ui.form import Form
from gan.ui.i18n import label
from gan.ui.protocols import Choice, Run, Tab
from gan.ui.run_button import Bar, bar
from gan.ui.session import Shelf
from gan.ui.widgets import DECODING, LIGHT, OutputOptions, ResultView

TOOLS: Final = ("keep", "drop", "protect", "erase")
"""Choices of a brush: one for each of `BRUSHES`, and the eraser."""

EXAMPLES: Final = ("carton", "sneakers", "coffee", "labelled")


@dataclass(frozen=True)
class _Parts:
    """The widgets between which events run."""

    photograph: gr.File
    stage: Stage
    bar: Bar
    edits: tab_edits.Panel
    mask: gr.File
    model: gr.Dropdown
    output: OutputOptions
    view: ResultView


def build(run: Run, models: Sequence[Choice], *, examples: Path | None = None) -> Tab:
    """Add the tab's widgets to the current Blocks.

    Args:
        run: carries out a request.
        models: all that are known; with none ready the reasons are shown, and cut-outs and masks can still be used.
        examples: folder of pictures to offer.
    """
    ready = [choice for choice in models if choice.ready]
    with gr.Row(equal_height=False):
        with gr.Column(scale=6, min_width=320):
            photograph = widgets.picture_file("cutout")
            widgets.shelf("cutout", photograph, examples, EXAMPLES)
            if not ready:
                widgets.say_why_not("cutout", "cutout.unavailable", models)
            editor = mask_editor.build("cutout", "cutout.editor", BRUSHES)
            click = click_panel.build("cutout", undo=True)
            facts = gr.HTML(visible=False, elem_id="cutout-facts", elem_classes="facts", padding=False)
            brush = gr.Radio(
                [(label(f"cutout.brush.{tool}"), tool) for tool in TOOLS],
                value=TOOLS[0],
                label=label("cutout.brush"),
                info=label("cutout.brush.info"),
                elem_id="cutout-brush",
                elem_classes="brushes",
            )
            running = bar("cutout", "cutout.run", primary=True)
            folds = tab_edits.build_folds()
            with gr.Accordion(label("cutout.own"), open=False, elem_id="cutout-own"):
                mask = gr.File(label=label("cutout.mask"), type="filepath", height=150, elem_id="cutout-mask")
                model = Form(CutoutRequest, "cutout").add_model(ready)
            output = widgets.output_options("cutout")
        with gr.Column(scale=6, min_width=320):
            edits = tab_edits.joined(tab_edits.build_ground(), folds, running.start)
            view = widgets.result_view("cutout")
            original = compare_button.overlay("cutout", view)
            with view.around:
                with gr.Row():
                    hold = compare_button.button("cutout")
                    undo, redo = pictures.undo_and_redo("cutout")
                variants = pictures.pickable("cutout-variants", label("recolor.variants"), columns=4)
                with gr.Row():
                    alpha, layer, archive = (
                        gr.DownloadButton(label(key), size="sm", visible=False, min_width=120, elem_id=elem_id)
                        for key, elem_id in (
                            ("cutout.alpha", "cutout-alpha"),
                            ("shadow.layer", "cutout-layer"),
                            ("recolor.variants.all", "cutout-archive"),
                        )
                    )
    stage = Stage(
        visit=gr.State(None, delete_callback=Shelf.forget),
        editor=editor,
        pick=click.pick,
        facts=facts,
        original=original,
        hold=hold,
        variants=variants,
        undo=undo,
        redo=redo,
        archive=archive,
        layer=layer,
        mask=alpha,
    )
    parts = _Parts(photograph, stage, running, edits, mask, model, output, view)
    beside = gr.File(visible=False, elem_id="cutout-beside")
    handlers.expose(Endpoints("cutout"), run, [*view.values(), beside], running.status)
    opened = _visits(parts, Page(run, edits.names, output.encoding))
    _clicks(click, stage, opened, Clicking(run))
    brush.input(None, brush, None, js=asset("take_brush.js"), **LIGHT)
    return Tab([*edits.remembered, model, *output.controls()], photograph, view.download)


def _clicks(panel: click_panel.ClickPanel, stage: Stage, opened: gr.events.Dependency, clicking: Clicking) -> None:
    """Clicks on the picture, and the way back."""
    opened.success(clicking.look, stage.visit, None, **BEFOREHAND)
    shown = [stage.visit, stage.pick]
    panel.pick.select(clicking.click, [stage.visit, panel.way], shown, **panel.event)
    for button, handler in ((panel.back, clicking.back), (panel.clear, clicking.clear)):
        if button is not None:
            button.click(handler, stage.visit, shown, **panel.event)


def _visits(parts: _Parts, page: Page) -> gr.events.Dependency:
    """A photograph, a run, another ground at once, and the way back and forth.

    Returns:
        The event that has opened a photograph.
    """
    stage, view, edits, running = parts.stage, parts.view, parts.edits, parts.bar
    options: list[Any] = parts.output.controls()
    shown = [*stage.values(), *view.values()]
    finished = running.attach(
        running.start.click,
        page.make,
        [stage.visit, stage.editor, parts.mask, edits.protect, parts.model, *edits.inputs, *options],
        shown,
    )
    view.reveal(finished)
    opened = parts.photograph.change(page.open, [parts.photograph, stage.visit], shown, cancels=[finished], **DECODING)
    view.reveal(opened)
    ground: list[Any] = edits.ground
    choice, color, file = ground
    given, outputs = [stage.visit, *ground, *options], [*shown, running.status]
    chosen = [choice.input, color.release, color.submit, file.upload]
    view.reveal(gr.on(chosen, page.lay, given, outputs, trigger_mode="always_last", **DECODING))
    view.reveal(finished.success(page.lay, given, outputs, **DECODING))  # what was chosen meanwhile holds too
    view.reveal(stage.undo.click(page.undo, stage.visit, shown, **DECODING))
    view.reveal(stage.redo.click(page.redo, stage.visit, shown, **DECODING))
    view.reveal(stage.variants.select(page.choose, stage.visit, shown, **DECODING))
    gr.on(
        [control.input for control in options],
        page.write_again,
        [stage.visit, *options],
        [stage.visit, stage.archive, view.download, view.summary, view.record],
        trigger_mode="always_last",
        **DECODING,
    )
    return opened
