"""Lines and labels as a task of the Shape & print tab: how its options are laid out, previewed and summed up."""

from __future__ import annotations

from typing import Any, Final, get_args

import gradio as gr

from gan.core.contract import Result
from gan.core.option import parameters
from gan.edit.page.results import Kind
from gan.export.annotate import AnnotateRequest
from gan.export.channels import CHANNELS
from gan.export.page.channel import chosen
from gan.export.painter import Corner
from gan.ui.endpoint import Endpoints
from gan.ui.form import Form, choice_label
from gan.ui.hidden import Entry
from gan.ui.i18n import Language, label, say


def _arrange(form: Form[Any]) -> None:
    """Lengths first, then what goes into corners, each beside its place; the rest folded."""
    with gr.Row():
        for name in ("width", "height"):
            form.add(name, min_width=90)
        form.add_choice("unit", _choices("unit"), min_width=80)
    form.add_choice("lines", _choices("lines"), kind=gr.Radio)
    for name, own in (("badge", {"max_length": 80}), ("text", {"lines": 2, "max_length": 400})):
        with gr.Row():
            form.add(name, scale=3, min_width=180, **own)
            _place(form, name)
    with gr.Accordion(label("annotate.logo"), open=False, elem_id="edit-annotate-logo-fold"):
        form.add("logo", height=110)
        with gr.Row():
            _place(form, "logo")
            form.add("logo_size", scale=2, min_width=200)
    with gr.Accordion(label("annotate.table"), open=False, elem_id="edit-annotate-table-fold"):
        form.add("table", lines=4, max_length=1000)
        _place(form, "table")
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


def _place(form: Form[Any], name: str) -> None:
    """Add the choice of a corner as a list, which is short."""
    corners = [(label(f"annotate.{corner}"), corner) for corner in get_args(Corner)]
    form.add_choice(f"{name}_at", corners, scale=1, min_width=120)


def _choices(name: str) -> list[Any]:
    known = next(option.choices for option in parameters(AnnotateRequest) if option.name == name)
    return [(choice_label("annotate", name, choice), choice) for choice in known]


def _channel(public: Endpoints) -> list[Entry]:
    about = "the channel whose main picture it is to be; refused where it forbids text"
    return [public.text("channel", about), public.file("channel_file", "rules of your own as TOML, in its place")]


def _with_channel(values: dict[str, Any], _to: Language) -> dict[str, Any]:
    name, file = values.pop("channel", ""), values.pop("channel_file", None)
    return {**values, "channel": chosen(name, file)} if name or file else values


def _lengths(result: Result, to: Language, _: int) -> list[tuple[str, str]]:
    details = result.details
    if "unit" not in details:
        return []
    return [(say("Product's width and height", to), f"{details['width']:g} × {details['height']:g} {details['unit']}")]


ANNOTATE: Final = Kind(
    AnnotateRequest,
    "annotated",
    _lengths,
    arrange=_arrange,
    also=_channel,
    adapt=_with_channel,
    looks=lambda request: request.measures,
)
"""For the tab's `also`."""
