"""Batch's tab: its widgets, and which handler answers to which of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.batch.page import recipe as tab_recipe
from gan.batch.page.handlers import Handlers
from gan.ui import widgets
from gan.ui.i18n import label
from gan.ui.protocols import Choice, Run
from gan.ui.run_button import Bar, bar
from gan.ui.widgets import LIGHT, SCROLL

EXAMPLES: Final = ("carton", "chair", "helmet", "labelled")


@dataclass(frozen=True)
class Tab:
    """Components of the tab that the page connects.

    Attributes:
        settings: the controls whose settings are worth remembering.
        photograph: where a picture from another tab goes, from where it joins the list.
        picture: holds the file of the first finished picture.
    """

    settings: list[Component]
    photograph: gr.File
    picture: gr.DownloadButton


@dataclass(frozen=True)
class _Parts:
    """The widgets between which events run."""

    files: gr.File
    photograph: gr.File
    recipe: tab_recipe.Panel
    bar: Bar
    empty: gr.Markdown
    made: gr.Column
    archive: gr.DownloadButton
    file: gr.DownloadButton
    report: gr.DownloadButton
    sheets: gr.Gallery
    told: gr.HTML


def build(run: Run, offered: Callable[[str], Sequence[Choice]], *, examples: Path | None = None) -> Tab:
    """Add the tab's widgets to the current Blocks.

    Args:
        run: carries out a request.
        offered: the models of a task; a recipe may name these.
        examples: folder of pictures to offer.
    """
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            files = gr.File(
                label=label("batch.files"), file_count="multiple", type="filepath", height=200, elem_id="batch-files"
            )
            photograph = gr.File(type="filepath", visible="hidden", elem_id="batch-picture")
            widgets.shelf("batch", photograph, examples, EXAMPLES)
            recipe = tab_recipe.build(offered)
            running = bar("batch", "batch.run", primary=True)
        with gr.Column(scale=7, min_width=320):
            empty = gr.Markdown(label("batch.empty"), elem_id="batch-empty", elem_classes="facts")
            with gr.Column(visible=False, elem_id="batch-made") as made:
                with gr.Row():
                    archive = gr.DownloadButton(
                        label("result.download.all"), variant="primary", min_width=170, elem_id="batch-archive"
                    )
                    file = gr.DownloadButton(label("batch.download"), min_width=170, elem_id="batch-download")
                sheets = gr.Gallery(
                    label=label("batch.sheets"),
                    columns=1,
                    height="auto",
                    object_fit="contain",
                    interactive=False,
                    buttons=["fullscreen"],
                    elem_id="batch-sheets",
                )
            told = gr.HTML(elem_id="batch-report", elem_classes="around", padding=False)
            report = gr.DownloadButton(
                label("batch.report"), size="sm", visible=False, min_width=200, elem_id="batch-json"
            )
    _events(
        _Parts(files, photograph, recipe, running, empty, made, archive, file, report, sheets, told),
        Handlers(run, offered),
    )
    return Tab([recipe.ready], photograph, file)


def _events(parts: _Parts, desk: Handlers) -> None:
    joined = [parts.photograph, parts.files]
    parts.photograph.change(_join, joined, joined, **LIGHT)
    filled: list[Any] = [parts.archive, parts.report, parts.file, parts.sheets, parts.told]
    ran = parts.bar.attach(
        parts.bar.start.click,
        desk.run,
        [parts.files, *parts.recipe.inputs],
        filled,
        api_name="run",
        stop=desk.running.stop,
    )
    shown = [parts.empty, parts.made, parts.report, parts.file, parts.sheets]
    ran.success(_after, filled[:4], shown, **LIGHT).then(None, js=SCROLL.format(parts.told.elem_id), **LIGHT)


def _join(path: str | None, files: list[str] | None) -> tuple[Any, Any]:
    """Append a picture from another tab, or an example, to the list of files."""
    return (gr.skip(), gr.skip()) if path is None else (None, [*(files or ()), path])


def _after(archive: str | None, report: str | None, file: str | None, sheets: object) -> tuple[Any, ...]:
    """Hide the introduction and show the results that exist."""
    made, told, one = (gr.update(visible=path is not None) for path in (archive, report, file))
    return gr.update(visible=False), made, told, one, gr.update(visible=bool(sheets))
