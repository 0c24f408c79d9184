"""Cut-out & recolor's tab: its widgets, and which handler answers to which of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.cutout.page import edits as tab_edits
from gan.cutout.page.handlers import Handlers
from gan.cutout.page.session import BRUSHES
from gan.cutout.page.stage import Page, Stage
from gan.cutout.segment import AUTO_MODEL
from gan.ui import compare_button, mask_editor, widgets
from gan.ui.i18n import label
from gan.ui.protocols import Choice, Run, say_why_not
from gan.ui.run_button import Bar, bar
from gan.ui.session_files import Shelf
from gan.ui.widgets import COMPUTING, DECODING, LIGHT, OutputOptions, ResultView

TOOLS: Final = ("keep", "drop", "protect", "erase")
"""What the choice of a brush holds: one for each of `BRUSHES`, and the eraser."""

EXAMPLES: Final = ("carton", "chair", "helmet", "labelled")

TAKE_BRUSH: Final = """tool => {
  const editor = document.getElementById('cutout-editor')
  const press = name => editor?.querySelector(`[aria-label="${name}"]`)?.click()
  const number = ['keep', 'drop', 'protect'].indexOf(tool)
  if (number < 0) return press('Erase')
  press('Brush')
  setTimeout(() => {
    press('Color')
    setTimeout(() => {
      editor?.querySelectorAll('menu.swatch button')[number]?.click()
      setTimeout(() => document.body.dispatchEvent(new MouseEvent('mousedown', {bubbles: true})), 50)
    }, 50)
  }, 50)
}"""
"""The editor's own buttons, pressed for the user: its palette does not say what a colour means."""


@dataclass(frozen=True)
class Tab:
    """What the page needs of the tab.

    Attributes:
        settings: the controls whose settings are worth remembering.
        photograph: where a picture from another tab goes.
        picture: holds the result's file.
    """

    settings: list[Component]
    photograph: gr.File
    picture: gr.DownloadButton


@dataclass(frozen=True)
class _Parts:
    """The widgets between which events run."""

    photograph: gr.File
    stage: Stage
    bar: Bar
    edits: tab_edits.Panel
    mask: gr.File
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
                say_why_not("cutout", "cutout.unavailable", models)
            editor = mask_editor.build("cutout", "cutout.editor", BRUSHES)
            facts = gr.HTML(visible=False, elem_id="cutout-facts", elem_classes="facts", padding=False)
            brush = gr.Radio(
                [(label(f"brush.{tool}"), tool) for tool in TOOLS],
                value=TOOLS[0],
                label=label("brush"),
                info=label("brush.info"),
                elem_id="cutout-brush",
                elem_classes="brushes",
            )
            running = bar("cutout", "cutout.run", primary=True)
            folds = tab_edits.build_folds()
            with gr.Accordion(label("cutout.own"), open=False, elem_id="cutout-own"):
                mask = gr.File(label=label("cutout.mask"), type="filepath", height=150, elem_id="cutout-mask")
            output = widgets.output_options("cutout")
        with gr.Column(scale=6, min_width=320):
            edits = tab_edits.joined(tab_edits.build_ground(), folds, running.start)
            view = widgets.result_view("cutout")
            original = compare_button.overlay("cutout", view)
            with view.around:
                with gr.Row():
                    hold = compare_button.button("cutout")
                    undo, redo = (
                        gr.Button(label(key), size="sm", visible=False, min_width=90, elem_id=elem_id)
                        for key, elem_id in (("steps.undo", "cutout-undo"), ("steps.redo", "cutout-redo"))
                    )
                variants = gr.Gallery(
                    label=label("variants"),
                    visible=False,
                    columns=4,
                    height="auto",
                    object_fit="contain",
                    allow_preview=False,
                    interactive=False,
                    buttons=[],
                    elem_id="cutout-variants",
                    elem_classes="pickable sheet",
                )
                with gr.Row():
                    alpha, layer, archive = (
                        gr.DownloadButton(label(key), size="sm", visible=False, min_width=120, elem_id=elem_id)
                        for key, elem_id in (
                            ("cutout.alpha", "cutout-alpha"),
                            ("shadow.layer", "cutout-layer"),
                            ("variants.all", "cutout-archive"),
                        )
                    )
    stage = Stage(
        visit=gr.State(None, delete_callback=Shelf.forget),
        editor=editor,
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
    parts = _Parts(photograph, stage, running, edits, mask, output, view)
    _endpoints(parts, Handlers(run))
    _visits(parts, Page(run, edits.names))
    brush.input(None, brush, None, js=TAKE_BRUSH, **LIGHT)
    return Tab([*edits.remembered, *output.controls()], photograph, view.download)


def _endpoints(parts: _Parts, desk: Handlers) -> None:
    """What programs call; nothing that the page only suggests holds for them."""

    def text(name: str, value: str = "") -> gr.Textbox:
        return gr.Textbox(value, visible=False, elem_id=f"cutout-api-{name}")

    def number(name: str, value: float | None) -> gr.Number:
        return gr.Number(value, visible=False, elem_id=f"cutout-api-{name}")

    def tick(name: str, value: bool = False) -> gr.Checkbox:
        return gr.Checkbox(value, visible=False, elem_id=f"cutout-api-{name}")

    def file(name: str) -> gr.File:
        return gr.File(type="filepath", visible=False, elem_id=f"cutout-api-{name}")

    image, under, model = parts.photograph, file("ground-file"), text("model", AUTO_MODEL)
    ground, mask, protect, aspect = text("ground"), file("mask"), file("protect"), text("aspect", "1:1")
    shadow = [text("kind", "contact"), number("angle", 45), number("softness", 0.5), number("opacity", 0.35)]
    keep_shadow, looks = (
        tick("keep-shadow"),
        [tick(name, True) for name in ("same-fill", "same-baseline", "same-balance", "same-exposure")],
    )
    tasks: dict[str, tuple[Any, list[Component]]] = {
        "cutout": (desk.api_cutout, [text("lay"), under, mask, file("keep"), file("drop")]),
        "recolor": (desk.api_recolor, [text("to"), mask, protect, number("strength", 1)]),
        "shadow": (desk.api_shadow, [*shadow, number("length", 0.3), ground, under, mask]),
        "frame": (
            desk.api_frame,
            [
                number("fill", 0.85),
                aspect,
                number("width", 0),
                number("height", 0),
                number("baseline", None),
                ground,
                under,
                mask,
            ],
        ),
        "white": (desk.api_white, [mask, keep_shadow]),
        "match": (desk.api_match, [file("reference"), *looks, tick("same-shadow"), mask]),
    }
    beside = gr.File(visible=False, elem_id="cutout-api-beside")
    for name, (handler, inputs) in tasks.items():
        gr.on(
            [],
            handler,
            [image, *inputs, model, *parts.output.controls()],
            [*parts.view.values(), beside, parts.bar.status],
            api_name=name,
            **COMPUTING,
        )


def _visits(parts: _Parts, page: Page) -> None:
    """A photograph, a run, another ground at once, and the way back and forth."""
    stage, view, edits, running = parts.stage, parts.view, parts.edits, parts.bar
    options: list[Any] = parts.output.controls()
    shown = [*stage.values(), *view.values()]
    finished = running.attach(
        running.start.click,
        page.make,
        [stage.visit, stage.editor, parts.mask, edits.protect, *edits.inputs, *options],
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
