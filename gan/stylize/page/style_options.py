"""Style options of the Stylize tab: kind, strength, colors, region, stroke size, model."""

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
    """Components of the style options, in the order of `gan.stylize.page.handlers.Settings`' fields."""

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
        [(label(f"stylize.kind.{name}"), name) for name in kinds],
        value=kinds[0],
        label=label("stylize.kind"),
        info=label("stylize.kind.info"),
        elem_id="stylize-kind",
    )
    preserve_color = gr.Checkbox(False, label=label("stylize.preserve_color"), elem_id="stylize-preserve-color")
    where = gr.Radio(
        [(label(f"stylize.where.{place}"), place) for place in PLACES],
        value=EVERYWHERE,
        label=label("stylize.where"),
        elem_id="stylize-where",
    )
    with gr.Column(visible=False, elem_id="stylize-product") as product:
        gr.Markdown(label("stylize.where.info"), elem_classes="facts")
        mask = gr.File(label=label("stylize.mask"), type="filepath", height=130, elem_id="stylize-mask")
    where.change(lambda place: gr.update(visible=place != EVERYWHERE), where, product, **LIGHT)
    return kind, preserve_color, where, mask


def build_strokes(kind: gr.Radio, ready: Sequence[Choice]) -> tuple[Any, ...]:
    """Sizes of strokes and the model, which only the artistic kind has."""
    with gr.Accordion(label("stylize.strokes"), open=False, visible=bool(ready), elem_id="stylize-strokes") as fold:
        gr.Markdown(label("stylize.strokes.info"), elem_classes="facts")
        content_px = gr.Radio(
            [(label("stylize.content_px.auto") if size == 0 else str(size), size) for size in CONTENT_SIZES],
            value=0,
            label=label("stylize.content_px"),
            elem_id="stylize-content-px",
        )
        style_px = gr.Radio(
            [(label("stylize.style_px.auto") if size == 0 else str(size), size) for size in STYLE_SIZES],
            value=0,
            label=label("stylize.style_px"),
            elem_id="stylize-px",
        )
        model = gr.Dropdown(
            [(label("model.auto"), AUTO_MODEL), *((choice.title, choice.name) for choice in ready)],
            value=AUTO_MODEL,
            label=label("stylize.model"),
            filterable=False,
            elem_id="stylize-model",
        )
    kind.change(lambda name: gr.update(visible=name == "artistic"), kind, fold, **LIGHT)
    return content_px, style_px, model
