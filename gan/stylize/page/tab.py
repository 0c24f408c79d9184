"""Stylize's tab: its widgets, and which handler answers to which of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.stylize.page import folder as tab_folder
from gan.stylize.page import sheet as tab_sheet
from gan.stylize.page import style as tab_style
from gan.stylize.page import style_options
from gan.stylize.page.handlers import Handlers
from gan.stylize.page.preview import Previewer
from gan.stylize.page.style_options import StyleOptions
from gan.ui import compare_button, widgets
from gan.ui.i18n import label, language
from gan.ui.protocols import Choice, Run, say_why_not
from gan.ui.run_button import Bar, bar
from gan.ui.widgets import AT_ONCE, COMPUTING, LIGHT, OutputOptions, ResultView

EXAMPLE_STYLES: Final = {
    "chair": "woodcut",
    "dandelions": "oil-impasto",
    "helmet": "halftone-pop",
    "tulips": "watercolor",
}
"""Which style suits which example."""


@dataclass(frozen=True)
class Tab:
    """What the page needs of the tab.

    Attributes:
        settings: the controls whose settings are worth remembering.
        photograph: where a picture from another tab goes.
        picture: holds the result's file.
    """

    settings: list[Component]
    photograph: gr.File
    picture: gr.DownloadButton


@dataclass(frozen=True)
class _Parts:
    """The widgets between which events run."""

    photograph: gr.File
    shown: gr.Image
    facts: gr.HTML
    line: gr.HTML
    style: tab_style.Panel
    manner: StyleOptions
    bar: Bar
    output: OutputOptions
    view: ResultView
    cube: gr.DownloadButton
    original: gr.Image
    hold: gr.Button
    sheet: tab_sheet.Panel
    folder: tab_folder.Panel

    @property
    def choices(self) -> list[Component]:
        """What `gan.stylize.page.handlers.Wish.of_page` takes."""
        return [*self.style.inputs, *self.manner.all]


def build(run: Run, models: Sequence[Choice], *, examples: Path | None = None) -> Tab:
    """Add the tab's widgets to the current Blocks.

    Args:
        run: carries out a request.
        models: all that are known; with none ready the artistic kind is left out and the reasons are shown.
        examples: folder of pictures to offer.
    """
    ready = [choice for choice in models if choice.ready]
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            photograph = widgets.picture_file("stylize")
            facts = gr.HTML(visible=False, elem_id="stylize-facts", elem_classes="facts", padding=False)
            shown = gr.Image(
                type="filepath",
                interactive=False,
                visible=False,
                label=label("preview"),
                show_label=False,
                buttons=[],
                elem_id="stylize-preview",
                elem_classes="preview large",
            )
            line = gr.HTML(elem_id="stylize-line", elem_classes="facts heard", padding=False)
            shelf = gr.Column()
            if not ready:
                say_why_not("stylize", "stylize.unavailable", models)
            style = tab_style.build()
            strength = gr.Slider(0, 1, 1, step=0.05, label=label("strength"), elem_id="stylize-strength")
            running = bar("stylize", "stylize.run", primary=True)
            kind, *place = style_options.build_place(artistic=bool(ready))
            manner = StyleOptions(kind, strength, *place, *style_options.build_strokes(kind, ready))
            output = widgets.output_options("stylize")
        with gr.Column(scale=7, min_width=320):
            view = widgets.result_view("stylize")
            with view.files:
                cube = gr.DownloadButton(label("cube"), visible=False, min_width=200, elem_id="stylize-cube")
            original = compare_button.overlay("stylize", view)
            with view.around:
                hold = compare_button.button("stylize")
            sheet = tab_sheet.build(ready=bool(ready))
            folder = tab_folder.build()
    with shelf:
        widgets.shelf(
            "stylize",
            photograph,
            examples,
            tuple(EXAMPLE_STYLES),
            beside=style.put,
            values_beside=lambda name, request: tab_style.preset_put(EXAMPLE_STYLES[name], language(request)),
        )
    parts = _Parts(
        photograph=photograph,
        shown=shown,
        facts=facts,
        line=line,
        style=style,
        manner=manner,
        bar=running,
        output=output,
        view=view,
        cube=cube,
        original=original,
        hold=hold,
        sheet=sheet,
        folder=folder,
    )
    desk = Handlers(run)
    _endpoints(parts, desk, run)
    _previews(parts, Previewer(run))
    _results(parts, desk, run)
    settings = [item for item in manner.all if item is not manner.mask]
    return Tab([*settings, folder.together, *output.controls()], photograph, view.download)


def _endpoints(parts: _Parts, desk: Handlers, run: Run) -> None:
    """What programs call; nothing that the page only suggests holds for them."""
    manner = parts.manner

    def number(name: str, value: int) -> gr.Number:
        return gr.Number(value, precision=0, visible=False, elem_id=f"stylize-api-{name}")

    def text(name: str) -> gr.Textbox:
        return gr.Textbox("", visible=False, elem_id=f"stylize-api-{name}")

    how = [manner.strength, manner.preserve_color, manner.where, manner.mask]
    styles = [text("style"), parts.style.own, text("weights")]
    gr.on(
        [],
        desk.api_stylize,
        [
            parts.photograph,
            *styles,
            manner.kind,
            *how,
            number("content-px", 0),
            number("style-px", 0),
            manner.model,
            *parts.output.controls(),
        ],
        [*parts.view.values(), parts.cube, parts.bar.status],
        api_name="stylize",
        **COMPUTING,
    )
    sheet = parts.sheet
    made = sheet.bar.attach(
        sheet.bar.start.click,
        tab_sheet.Maker(run).sheet,
        [parts.photograph, *how, manner.model],
        sheet.values(),
        api_name="sheet",
    )
    made.success(lambda: [gr.update(visible=True)] * 2, None, sheet.values(), **LIGHT).then(
        None, js=widgets.SCROLL.format(sheet.gallery.elem_id), **LIGHT
    )


def _previews(parts: _Parts, previewer: Previewer) -> None:
    """Whatever is chosen shows at once on a small copy."""
    style, manner = parts.style, parts.manner
    inputs, outputs = [parts.photograph, *parts.choices], [parts.shown, parts.facts, parts.line]
    parts.photograph.change(previewer.open, inputs, outputs, **AT_ONCE)
    moved: list[Any] = [
        manner.strength,
        manner.preserve_color,
        manner.where,
        manner.style_px,
        manner.content_px,
        manner.model,
    ]
    triggers = [widget.input for widget in (*moved, *style.weights)]
    triggers += [manner.kind.change, manner.mask.upload, manner.mask.clear]
    gr.on(triggers, previewer.preview, inputs, outputs, **AT_ONCE)
    for gallery in (style.gallery, parts.sheet.gallery):
        chosen = gallery.select(tab_style.choose, None, style.put, **LIGHT)
        seen = chosen.success(previewer.preview, inputs, outputs, **AT_ONCE)
        if gallery is not style.gallery:
            seen.then(None, js=widgets.SCROLL.format(parts.shown.elem_id), **LIGHT)
    gr.on(
        [style.own.upload, style.own.clear, style.own.delete],
        tab_style.brought,
        [style.own, style.chosen],
        [style.gallery, *style.weights, style.line, manner.kind],
        **LIGHT,
    ).success(previewer.preview, inputs, outputs, **AT_ONCE)


def _results(parts: _Parts, desk: Handlers, run: Run) -> None:
    """The picture at full size, and many pictures."""
    view, folder, maker = parts.view, parts.folder, tab_folder.Maker(run)
    given = [*parts.choices, *parts.output.controls()]
    shown = [*view.values(), parts.cube, parts.original, parts.hold]
    view.reveal(parts.bar.attach(parts.bar.start.click, desk.stylize, [parts.photograph, *given], shown))
    folder.bar.attach(
        folder.bar.start.click,
        maker.folder,
        [folder.files, folder.together, *given],
        folder.values(),
        stop=maker.stop,
    )
    parts.manner.kind.change(
        lambda kind: gr.update(visible=kind == "photographic"), parts.manner.kind, folder.together, **LIGHT
    )
