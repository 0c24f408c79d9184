"""Check & export's tab: its widgets, and which handler answers to which of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.cutout.segment import AUTO_MODEL
from gan.export.page import channel as tab_channel
from gan.export.page.handlers import Handlers, pick
from gan.ui import widgets
from gan.ui.i18n import label
from gan.ui.protocols import Choice, Run
from gan.ui.run_button import Bar, bar
from gan.ui.widgets import DECODING, LIGHT, SCROLL

EXAMPLES: Final = ("carton", "chair", "helmet", "labelled")


@dataclass(frozen=True)
class Tab:
    """Components of the tab that the page connects.

    Attributes:
        settings: the controls whose settings are worth remembering.
        photograph: where a picture from another tab goes, from where it joins the list.
        picture: holds the file of the finished picture that is chosen.
    """

    settings: list[Component]
    photograph: gr.File
    picture: gr.DownloadButton


@dataclass(frozen=True)
class _Parts:
    """The widgets between which events run."""

    files: gr.File
    photograph: gr.File
    channel: tab_channel.Panel
    fill: gr.Slider
    model: gr.Dropdown
    check: Bar
    export: Bar
    empty: gr.Markdown
    report: gr.DownloadButton
    made: gr.Column
    archive: gr.DownloadButton
    file: gr.DownloadButton
    gallery: gr.Gallery
    cards: gr.HTML


def build(run: Run, models: Sequence[Choice], *, examples: Path | None = None) -> Tab:
    """Add the tab's widgets to the current Blocks.

    Args:
        run: carries out a request.
        models: all that are known; with none ready the reasons are shown, and pictures with transparency still work.
        examples: folder of pictures to offer.
    """
    ready = [choice for choice in models if choice.ready]
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            files = gr.File(
                label=label("export.files"), file_count="multiple", type="filepath", height=200, elem_id="export-files"
            )
            photograph = gr.File(type="filepath", visible="hidden", elem_id="export-picture")
            widgets.shelf("export", photograph, examples, EXAMPLES)
            if not ready:
                widgets.say_why_not("export", "export.unavailable", models)
            choice = tab_channel.build_choice()
            with gr.Row():
                with gr.Column(min_width=150):
                    check = bar("export-check", "export.check", primary=True)
                with gr.Column(min_width=150):
                    export = bar("export", "export.run")
            channel = tab_channel.build_rules(choice)
            fill, model = _options(ready)
        with gr.Column(scale=7, min_width=320):
            empty = gr.Markdown(label("export.empty"), elem_id="export-empty", elem_classes="facts")
            with gr.Column(visible=False, elem_id="export-made") as made:
                with gr.Row():
                    archive = gr.DownloadButton(
                        label("result.download.all"), variant="primary", min_width=170, elem_id="export-archive"
                    )
                    file = gr.DownloadButton(label("export.download"), min_width=170, elem_id="export-download")
                gallery = gr.Gallery(
                    label=label("export.gallery"),
                    columns=4,
                    height="auto",
                    object_fit="contain",
                    interactive=False,
                    buttons=["fullscreen"],
                    elem_id="export-gallery",
                    elem_classes="pairs",
                )
            cards = gr.HTML(elem_id="export-cards", padding=False)
            report = gr.DownloadButton(
                label("export.report"), size="sm", visible=False, min_width=200, elem_id="export-report"
            )
    parts = _Parts(
        files, photograph, channel, fill, model, check, export, empty, report, made, archive, file, gallery, cards
    )
    _events(parts, Handlers(run))
    return Tab([channel.channel, fill, model], photograph, file)


def _options(ready: Sequence[Choice]) -> tuple[gr.Slider, gr.Dropdown]:
    with gr.Accordion(label("page.more"), open=False, elem_id="export-more"):
        fill = gr.Slider(
            0, 1, 0, step=0.01, label=label("export.fill"), info=label("export.fill.info"), elem_id="export-fill"
        )
        model = gr.Dropdown(
            [(label("model.auto"), AUTO_MODEL), *((choice.title, choice.name) for choice in ready)],
            value=AUTO_MODEL,
            label=label("export.model"),
            info=label("export.model.info"),
            filterable=False,
            elem_id="export-model",
        )
    return fill, model


def _events(parts: _Parts, desk: Handlers) -> None:
    joined = [parts.photograph, parts.files]
    parts.photograph.change(_join, joined, joined, **LIGHT)
    given: list[Any] = [parts.files, *parts.channel.inputs]
    shown = [parts.empty, parts.report, parts.made, parts.check.start, parts.export.start]
    checked = parts.check.attach(
        parts.check.start.click,
        desk.check,
        [*given, parts.model],
        [parts.report, parts.cards],
        api_name="check",
        stop=desk.checking.stop,
    )
    exported = parts.export.attach(
        parts.export.start.click,
        desk.export,
        [*given, parts.fill, parts.model],
        [parts.archive, parts.file, parts.gallery, parts.cards],
        api_name="export",
        stop=desk.exporting.stop,
    )
    checked.success(_after_check, parts.report, shown, **LIGHT).then(
        None, js=SCROLL.format(parts.cards.elem_id), **LIGHT
    )
    exported.success(_after_export, [parts.archive, parts.file], [*shown, parts.file, parts.gallery], **LIGHT).then(
        None, js=SCROLL.format(parts.made.elem_id), **LIGHT
    )
    parts.gallery.select(pick, parts.archive, parts.file, **DECODING)


def _join(path: str | None, files: list[str] | None) -> tuple[Any, Any]:
    """Append a picture from another tab, or an example, to the list of files."""
    return (gr.skip(), gr.skip()) if path is None else (None, [*(files or ()), path])


def _after_check(report: str | None) -> tuple[Any, ...]:
    """The findings take the place of what was exported before; the next step comes to the fore."""
    there = gr.update(visible=report is not None)
    return gr.update(visible=False), there, gr.update(visible=False), *_fore(export=report is not None)


def _after_export(archive: str | None, file: str | None) -> tuple[Any, ...]:
    made, one = (gr.update(visible=path is not None) for path in (archive, file))
    return gr.update(visible=False), gr.update(visible=False), made, *_fore(export=archive is None), one, one


def _fore(*, export: bool) -> tuple[Any, Any]:
    """Mark one of the two buttons as the primary one."""
    first, second = ("secondary", "primary") if export else ("primary", "secondary")
    return gr.update(variant=first), gr.update(variant=second)
