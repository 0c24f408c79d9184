"""How a style is laid on, in the Stylize tab: kind, strength, colours, place, the size of strokes, the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import gradio as gr

from gan.stylize.page.handlers import EVERYWHERE
from gan.stylize.pipeline import AUTO_MODEL, KINDS
from gan.stylize.placement import PLACES
from gan.ui.i18n import label
from gan.ui.protocols import Choice
from gan.ui.widgets import LIGHT

CONTENT_SIZES: Final = (0, 2048, 1024, 512)
STYLE_SIZES: Final = (0, 256, 384, 512, 768, 1024)


@dataclass(frozen=True)
class StyleOptions:
    """How the style is laid on, in the order of `gan.stylize.page.handlers.Wish`'s fields."""

    kind: gr.Radio
    strength: gr.Slider
    preserve_color: gr.Checkbox
    where: gr.Radio
    mask: gr.File
    content_px: gr.Radio
    style_px: gr.Radio
    model: gr.Dropdown

    @property
    def all(self) -> list[Any]:
        return [getattr(self, name) for name in self.__dataclass_fields__]


def build_place(*, artistic: bool) -> tuple[Any, ...]:
    """Kind, colours, place and mask."""
    kinds = KINDS if artistic else KINDS[1:]
    kind = gr.Radio(
        [(label(f"kind.{name}"), name) for name in kinds],
        value=kinds[0],
        label=label("kind"),
        info=label("kind.info"),
        elem_id="stylize-kind",
    )
    preserve_color = gr.Checkbox(False, label=label("preserve_color"), elem_id="stylize-preserve-color")
    where = gr.Radio(
        [(label(f"where.{place}"), place) for place in PLACES],
        value=EVERYWHERE,
        label=label("where"),
        elem_id="stylize-where",
    )
    with gr.Column(visible=False, elem_id="stylize-product") as product:
        gr.Markdown(label("where.info"), elem_classes="facts")
        mask = gr.File(label=label("where.mask"), type="filepath", height=130, elem_id="stylize-mask")
    where.change(lambda place: gr.update(visible=place != EVERYWHERE), where, product, **LIGHT)
    return kind, preserve_color, where, mask


def build_strokes(kind: gr.Radio, ready: Sequence[Choice]) -> tuple[Any, ...]:
    """Sizes of strokes and the model, which only the artistic kind has."""
    with gr.Accordion(label("strokes"), open=False, visible=bool(ready), elem_id="stylize-strokes") as fold:
        gr.Markdown(label("strokes.info"), elem_classes="facts")
        content_px = gr.Radio(
            [(label("strokes.own") if size == 0 else str(size), size) for size in CONTENT_SIZES],
            value=0,
            label=label("content_px"),
            elem_id="stylize-content-px",
        )
        style_px = gr.Radio(
            [(label("strokes.match") if size == 0 else str(size), size) for size in STYLE_SIZES],
            value=0,
            label=label("style_px"),
            elem_id="stylize-px",
        )
        model = gr.Dropdown(
            [(label("model.auto"), AUTO_MODEL), *((choice.title, choice.name) for choice in ready)],
            value=AUTO_MODEL,
            label=label("model"),
            filterable=False,
            elem_id="stylize-model",
        )
    kind.change(lambda name: gr.update(visible=name == "artistic"), kind, fold, **LIGHT)
    return content_px, style_px, model
