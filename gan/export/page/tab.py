"""Check & export's tab: its widgets, and which handler answers to which of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from gan.export.page import channel as tab_channel
from gan.export.page.handlers import Handlers, pick
from gan.export.pipeline import ExportRequest
from gan.ui import many_files, widgets
from gan.ui.endpoint import Endpoints
from gan.ui.form import Form
from gan.ui.i18n import label
from gan.ui.many_files import Tab, View, attach
from gan.ui.protocols import Choice, Run
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
        with gr.Column(scale=7, min_width=320):
            view = many_files.build_view("export", columns=4, elem_classes="pairs")
    given = [files, *channel.inputs, *form.controls()]
    _events(Handlers(run), check, export, given, tuple(form.fields), view)
    return Tab([channel.channel, *form.controls()], photograph, view.file)


def _events(desk: Handlers, check: Bar, export: Bar, given: Sequence[Any], names: Sequence[str], view: View) -> None:
    """Both buttons, and the choice of one picture.

    Args:
        given: the files, the channel, its file, and the widgets of the request's fields.
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
    desk.expose(Endpoints("export"), [*report, check.status], [*packed, export.status])
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
