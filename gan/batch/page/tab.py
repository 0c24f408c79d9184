"""Batch's tab: its widgets, and which handler answers to which of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from gan.batch.page import recipe as tab_recipe
from gan.batch.page.handlers import Handlers
from gan.core.option import parameters
from gan.export.naming import Naming
from gan.ui import many_files
from gan.ui.endpoint import Endpoints
from gan.ui.form import Form
from gan.ui.i18n import label
from gan.ui.many_files import attach
from gan.ui.protocols import Choice, Run, Tab
from gan.ui.run_button import bar


def build(run: Run, offered: Callable[[str], Sequence[Choice]], *, examples: Path | None = None) -> Tab:
    """Add the tab's widgets to the current Blocks.

    Args:
        run: carries out a request.
        offered: the models of a task; a recipe may name these.
        examples: folder of pictures to offer.
    """
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            files, photograph = many_files.build_list("batch", examples)
            recipe = tab_recipe.build(offered)
            running = bar("batch", "batch.run", primary=True)
            naming = Form(Naming, "export", prefix="batch")
            with gr.Accordion(label("batch.names"), open=False, elem_id="batch-names-fold"):
                for parameter in parameters(Naming):
                    naming.add(parameter.public)
        with gr.Column(scale=7, min_width=320):
            view = many_files.build_view("batch", columns=1, elem_classes="sheets")
    fields = {**recipe.form.fields, **naming.fields}
    desk, names = Handlers(run, offered), tuple(fields)

    def on_page(
        request: gr.Request, given: list[str] | None, file: str | None, more: list[str] | None, *values: Any
    ) -> Iterator[Any]:
        told = {"files": given, "recipe_file": file, "more_files": more}
        yield from desk.run({**told, **dict(zip(names, values, strict=True))}, request)

    outputs: list[Any] = [view.archive, view.report, view.file, view.gallery, view.told]
    desk.expose(Endpoints("batch"), [*outputs, running.status])
    inputs = [files, recipe.file, recipe.more, *fields.values()]
    view.reveal(attach(running, on_page, inputs, outputs, desk.running))
    return Tab(recipe.form.controls(), photograph, view.file)
