"""Style options of the Stylize tab: kind, strength, colors, region, stroke size, model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import gradio as gr

from gan.stylize.page.handlers import EVERYWHERE
from gan.stylize.pipeline import KINDS, StylizeRequest
from gan.ui.form import Form, choice_label
from gan.ui.i18n import label
from gan.ui.protocols import Choice
from gan.ui.widgets import LIGHT

CONTENT_SIZES: Final = (0, 2048, 1024, 512)
STYLE_SIZES: Final = (0, 256, 384, 512, 768, 1024)


def build_place(form: Form[StylizeRequest], *, artistic: bool) -> None:
    """Add kind, colors, place, mask and what happens to text."""
    kinds = KINDS if artistic else KINDS[1:]
    form.add("kind", choices=[(choice_label("stylize", "kind", kind), kind) for kind in kinds], value=kinds[0])
    form.add("preserve_color")
    where = form.add("where", info=None)
    with gr.Column(visible=False, elem_id="stylize-product") as product:
        gr.Markdown(label("stylize.where.info"), elem_classes="facts")
        form.add("mask", height=130)
    form.add("protect_text")
    where.change(lambda place: gr.update(visible=place != EVERYWHERE), where, product, **LIGHT)


def build_strokes(form: Form[StylizeRequest], ready: Sequence[Choice]) -> None:
    """Add sizes of strokes and the model, which only the artistic kind has."""
    with gr.Accordion(label("stylize.strokes"), open=False, visible=bool(ready), elem_id="stylize-strokes") as fold:
        gr.Markdown(label("stylize.strokes.info"), elem_classes="facts")
        for name, sizes, own, elem_id in (
            ("content_px", CONTENT_SIZES, "stylize.content_px.auto", "stylize-content-px"),
            ("style_px", STYLE_SIZES, "stylize.style_px.auto", "stylize-px"),
        ):
            choices = [(label(own) if size == 0 else str(size), size) for size in sizes]
            form.add_choice(name, choices, kind=gr.Radio, value=0, elem_id=elem_id)
        form.add_model(ready)
    kind = form["kind"]
    kind.change(lambda name: gr.update(visible=name == "artistic"), kind, fold, **LIGHT)
