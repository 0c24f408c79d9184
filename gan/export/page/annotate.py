"""Lines and labels as a task of the Shape & print tab: how its options are laid out, previewed and summed up."""

from __future__ import annotations

from typing import Any, Final

import gradio as gr

from gan.core.contract import Result
from gan.edit.page.results import Kind
from gan.export.annotate import AnnotateRequest
from gan.export.channels import CHANNELS
from gan.ui.form import Form
from gan.ui.i18n import Language, label, say


def _arrange(form: Form[Any]) -> None:
    """Lengths first, then what goes into corners, each beside its place; the rest folded."""
    with gr.Row():
        for name in ("width", "height"):
            form.add(name, min_width=90)
    with gr.Row():
        for name in ("unit", "lines"):
            form.add(name, min_width=150)
    form.add("badge", max_length=80)
    form.add("badge_at")
    form.add("text", lines=2, max_length=400)
    form.add("text_at")
    for name, group in (("logo", ("logo", "logo_at", "logo_size")), ("table", ("table", "table_at"))):
        with gr.Accordion(label(f"annotate.{name}"), open=False, elem_id=f"edit-annotate-{name}-fold"):
            for each in group:
                form.add(each, **_OWN.get(each, {}))
    with gr.Accordion(label("annotate.look"), open=False, elem_id="edit-annotate-look"):
        for name in ("size", "margin"):
            form.add(name)
        with gr.Row():
            for name, color in (("color", "#222222"), ("accent", "#C62828")):
                form.fields[name] = gr.ColorPicker(
                    color, label=label(f"annotate.{name}"), min_width=100, elem_id=f"edit-annotate-{name}"
                )
        form.add("font")
    titles = [(each.title or name, name) for name, each in CHANNELS.items()]
    form.add_choice("channel", [(label("annotate.channel.none"), ""), *titles], value="")
    form.add("mask", height=110)


_OWN: Final[dict[str, dict[str, Any]]] = {"logo": {"height": 110}, "table": {"lines": 4, "max_length": 1000}}


def _lengths(result: Result, to: Language, _: int) -> list[tuple[str, str]]:
    details = result.details
    if "unit" not in details:
        return []
    return [(say("Product's width and height", to), f"{details['width']:g} × {details['height']:g} {details['unit']}")]


ANNOTATE: Final = Kind(AnnotateRequest, "annotated", _lengths, arrange=_arrange, looks=lambda request: request.measures)
"""For the tab's `also`."""
