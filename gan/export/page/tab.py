"""Check & export's tab: its widgets, which handler answers to which, and the channels' rules for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from gan.core.errors import InputError, shown
from gan.export.channels import CHANNELS
from gan.export.delivery import Delivery
from gan.export.page import channel as tab_channel
from gan.export.page.handlers import Handlers, pick
from gan.export.pipeline import ExportRequest
from gan.ui import many_files, widgets
from gan.ui.endpoint import Endpoints
from gan.ui.form import Form
from gan.ui.i18n import label, language, sentence
from gan.ui.many_files import View, attach
from gan.ui.protocols import Choice, Run, Tab
from gan.ui.run_button import Bar, bar
from gan.ui.widgets import DECODING


def build(run: Run, models: Sequence[Choice], *, examples: Path | None = None) -> Tab:
    """Add the tab's widgets to the current Blocks.

    Args:
        run: carries out a request.
        models: all that are known; with none ready the reasons are shown, and pictures with transparency still work.
        examples: folder of pictures to offer.
    """
    ready = [choice for choice in models if choice.ready]
    form = Form(ExportRequest, "export")
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            files, photograph = many_files.build_list("export", examples)
            if not ready:
                widgets.say_why_not("export", "export.unavailable", models)
            choice = tab_channel.build_choice()
            with gr.Row():
                with gr.Column(min_width=150):
                    check = bar("export-check", "export.check", primary=True)
                with gr.Column(min_width=150):
                    export = bar("export", "export.run")
            channel = tab_channel.build_rules(choice)
            with gr.Accordion(label("page.more"), open=False, elem_id="export-more"):
                form.add("fill")
                form.add_model(ready)
                form.add_rest(without=("channel",))
            delivery = Form(Delivery, "export")
            with gr.Accordion(label("export.delivery"), open=False, elem_id="export-delivery"):
                names = [(each.title or name, name) for name, each in CHANNELS.items()]
                delivery.add_choice("also", names, multiselect=True, value=[])
                for name in ("names", "table", "barcode", "slots", "sizes"):
                    delivery.add(name)
            with gr.Accordion(label("export.stored"), open=False, elem_id="export-stored-fold"):
                gr.Markdown(label("export.stored.info"), elem_classes="facts")
                kept = gr.File(
                    label=label("export.stored.file"),
                    file_types=[".zip", ".json"],
                    type="filepath",
                    height=110,
                    elem_id="export-stored-file",
                )
                stored = bar("export-stored", "export.stored.run")
        with gr.Column(scale=7, min_width=320):
            view = many_files.build_view("export", columns=4, elem_classes="pairs")
    fields = {**form.fields, **delivery.fields}
    given = [files, *channel.inputs, *fields.values()]
    desk = Handlers(run)
    _events(desk, check, export, given, tuple(fields), view)
    judged = attach(stored, _on_page(desk), [kept], [view.report, view.told], desk.checking)
    view.reveal(judged, packs=False)
    return Tab([channel.channel, *form.controls()], photograph, view.file)


def _on_page(desk: Handlers) -> Callable[..., Iterator[tuple[Any, ...]]]:
    def stored(request: gr.Request, kept: str | None) -> Iterator[tuple[Any, ...]]:
        yield from desk.stored({"stored": kept}, request)

    return stored


def _events(desk: Handlers, check: Bar, export: Bar, given: Sequence[Any], names: Sequence[str], view: View) -> None:
    """Both buttons, and the choice of one picture.

    Args:
        given: the files, the channel, its file, and the widgets of the fields of the request and the delivery.
        names: of these fields.
    """

    def from_page(handler: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
        def on_page(
            request: gr.Request, files: list[str] | None, channel: str, rules: str | None, *values: Any
        ) -> Iterator[Any]:
            told = {"files": files, "channel": channel, "channel_file": rules}
            yield from handler({**told, **dict(zip(names, values, strict=True))}, request)

        return on_page

    report, packed = [view.report, view.told], [view.archive, view.file, view.gallery, view.told]
    public = Endpoints("export")
    desk.expose(public, [*report, check.status], [*packed, export.status])
    expose_channels(public)
    checked = attach(check, from_page(desk.check), given, report, desk.checking)
    exported = attach(export, from_page(desk.export), given, packed, desk.exporting)
    fore = [check.start, export.start]
    view.reveal(checked, beside=fore, values_beside=lambda there, _: _fore(export=there), packs=False)
    view.reveal(exported, beside=fore, values_beside=lambda _, there: _fore(export=not there), reports=False)
    view.gallery.select(pick, view.archive, view.file, **DECODING)


def _fore(*, export: bool) -> tuple[Any, Any]:
    """Mark one of the two buttons as the primary one: what was checked is exported next."""
    first, second = ("secondary", "primary") if export else ("primary", "secondary")
    return gr.update(variant=first), gr.update(variant=second)


def expose_channels(public: Endpoints) -> None:
    """Let programs read which channels there are, and what each requires."""
    told = public.text("rules", "JSON").component
    name = public.text("name", "of a channel, as /channels lists it")
    docs = "List the sales channels: name, title, and the day on which the rules were checked. Returns JSON."
    public.serve("channels", _channels, [], [told], docs=docs, uri="channels://all")
    docs = "Tell a sales channel's rules for pictures, with their source. Returns JSON."
    public.serve("channel", _channel, [name], [told], docs=docs, uri="channels://{name}")


def _channels(*_: Any) -> Iterator[Any]:
    listed = [{"name": each.name, "title": each.title, "checked": each.checked} for each in CHANNELS.values()]
    yield json.dumps(listed, ensure_ascii=False)


def _channel(values: dict[str, Any], request: gr.Request | None) -> Iterator[Any]:
    name = values["name"]
    if name not in CHANNELS:
        known = ", ".join(CHANNELS)
        error = InputError(
            "channel", "{value}", "{known} is allowed", "Choose one of these", value=shown(name), known=known
        )
        raise gr.Error(sentence(error, language(request)), print_exception=False)
    yield json.dumps(CHANNELS[name].record(), ensure_ascii=False)
