"""Stylize's tab: its widgets, and which handler answers to which of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.stylize.page import handlers
from gan.stylize.page import style as tab_style
from gan.stylize.page.handlers import EVERYWHERE, Choices
from gan.stylize.page.preview import StylePreviewer
from gan.stylize.pipeline import KINDS, SheetRequest, StylizeRequest
from gan.ui import compare_button, pictures, widgets
from gan.ui.belonging import Belonging
from gan.ui.endpoint import Asked, Done, Endpoints, carry_out
from gan.ui.form import Form, choice_label
from gan.ui.i18n import label, language
from gan.ui.protocols import Choice, Run, Tab
from gan.ui.run_button import Bar, bar
from gan.ui.sheet import Kind, Sheet
from gan.ui.sheet import build as build_sheet
from gan.ui.widgets import AT_ONCE, LIGHT, OutputOptions, ResultView

EXAMPLE_STYLES: Final = {
    "chair": "woodcut",
    "dandelions": "oil-impasto",
    "sneakers": "halftone-pop",
    "bowl": "watercolor",
}
"""Styles that suit the examples, by the examples' names."""

SHEET: Final = Kind(SheetRequest, "styles", tab_style.titles, 384, handlers.seen)
RETURNS_SHEET: Final = "Returns the sheet as PNG, the single pictures with the styles' names, and nothing."


@dataclass(frozen=True)
class _Parts:
    """The widgets between which events run."""

    photograph: gr.File
    shown: gr.Image
    facts: gr.HTML
    line: gr.HTML
    style: tab_style.Panel
    form: Form[StylizeRequest]
    bar: Bar
    output: OutputOptions
    view: ResultView
    cube: gr.DownloadButton
    original: gr.Image
    hold: gr.Button
    many: gr.Button
    sheet: Sheet

    @property
    def choices(self) -> list[Component]:
        """Widgets whose values `held` takes."""
        return [*self.style.inputs, *self.form.controls()]

    def held(self, values: Sequence[Any]) -> Choices:
        """Choices from the values of `choices`. Raises `InputError`, as `Choices.held` does."""
        count = len(self.style.inputs)
        return Choices.held(values[:count], dict(zip(self.form.fields, values[count:], strict=True)))


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
            shown = pictures.preview("stylize-preview", label("stylize.preview"), "preview large")
            line = gr.HTML(elem_id="stylize-line", elem_classes="facts heard", padding=False)
            shelf = gr.Column()
            if not ready:
                widgets.say_why_not("stylize", "stylize.unavailable", models)
            style = tab_style.build()
            form = Form(StylizeRequest, "stylize")
            form.add("strength")
            running = bar("stylize", "stylize.run", primary=True)
            _build_place(form, artistic=bool(ready))
            _build_strokes(form, ready)
            output = widgets.output_options("stylize")
        with gr.Column(scale=7, min_width=320):
            view = widgets.result_view("stylize")
            with view.files:
                cube = gr.DownloadButton(label("stylize.cube"), visible=False, min_width=200, elem_id="stylize-cube")
                many = gr.Button(label("stylize.many"), min_width=200, elem_id="stylize-many")
            original = compare_button.overlay("stylize", view)
            with view.around:
                hold = compare_button.button("stylize")
            sheet = build_sheet("stylize.sheet", ready=bool(ready))
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
        form=form,
        bar=running,
        output=output,
        view=view,
        cube=cube,
        original=original,
        hold=hold,
        many=many,
        sheet=sheet,
    )
    public = Endpoints("stylize")
    handlers.expose(public, run, [*view.values(), cube], running.status)
    sheet.expose(public, "sheet", SHEET, run, RETURNS_SHEET)
    _previews(parts, StylePreviewer(run, parts.held))
    _results(parts, run)
    _sheets(parts, run)
    settings = [widget for name, widget in form.fields.items() if name != "mask"]
    return Tab([*settings, *output.controls()], photograph, view.download)


def _previews(parts: _Parts, previewer: StylePreviewer) -> None:
    """Whatever is chosen shows at once on a small copy."""
    style, form = parts.style, parts.form
    inputs, outputs = [parts.photograph, *parts.choices], [parts.shown, parts.facts, parts.line]
    parts.photograph.change(previewer.open, inputs, outputs, **AT_ONCE)
    moved = [
        form[name]
        for name in ("strength", "preserve_color", "where", "protect_text", "style_px", "content_px", "model")
    ]
    triggers = [widget.input for widget in (*moved, *style.weights)]
    triggers += [form["kind"].change, form["mask"].upload, form["mask"].clear]
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
        [style.gallery, *style.weights, style.line, form["kind"]],
        **LIGHT,
    ).success(previewer.preview, inputs, outputs, **AT_ONCE)


def _results(parts: _Parts, run: Run) -> None:
    """The picture at full size."""
    view, output, count = parts.view, parts.output, len(parts.choices)
    shown = [*view.values(), parts.cube, parts.original, parts.hold]

    def on_page(request: gr.Request, image: str | None, *values: Any) -> Iterator[tuple[Any, ...]]:
        def ask() -> Asked[StylizeRequest]:
            encoding = output.encoding(values[count:])
            return Asked(parts.held(values[:count]).request(image), encoding)

        def finish(done: Done[StylizeRequest]) -> tuple[Any, ...]:
            *files, cube = handlers.finish(done)
            original = files[1][0]
            return *files, gr.update(value=cube, visible=cube is not None), original, gr.update(visible=True)

        yield from carry_out(run, ask, finish, language(request), outputs=len(shown))

    inputs = [parts.photograph, *parts.choices, *output.controls()]
    belongs = view.of(parts.photograph, [parts.cube, parts.original, parts.hold])
    view.reveal(parts.bar.attach(parts.bar.start.click, on_page, inputs, shown, of=belongs), belongs)


def _sheets(parts: _Parts, run: Run) -> None:
    """The contact sheet."""
    sheet, names = parts.sheet, ("strength", "preserve_color", "where", "mask", "model")
    belongs = Belonging(parts.photograph, sheet.values(), sheet.values())
    sheet.attach(SHEET, run, parts.photograph, {name: parts.form[name] for name in names}, belongs)


CONTENT_SIZES: Final = (0, 2048, 1024, 512)
STYLE_SIZES: Final = (0, 256, 384, 512, 768, 1024)


def _build_place(form: Form[StylizeRequest], *, artistic: bool) -> None:
    """Add kind, colors, place, mask and what happens to text."""
    kinds = KINDS if artistic else KINDS[1:]
    form.add("kind", choices=[(choice_label("stylize", "kind", kind), kind) for kind in kinds], value=kinds[0])
    form.add("preserve_color")
    where = form.add("where", info=None)
    with gr.Column(visible=False, elem_id="stylize-product") as product:
        gr.Markdown(label("stylize.where.info"), elem_classes="facts")
        form.add("mask", height=130)
    form.add("protect_text")
    where.change(lambda place: gr.update(visible=place != EVERYWHERE), where, product, **LIGHT)


def _build_strokes(form: Form[StylizeRequest], ready: Sequence[Choice]) -> None:
    """Add sizes of strokes and the model, which only the artistic kind has."""
    with gr.Accordion(label("stylize.strokes"), open=False, visible=bool(ready), elem_id="stylize-strokes") as fold:
        gr.Markdown(label("stylize.strokes.info"), elem_classes="facts")
        for name, sizes, own, elem_id in (
            ("content_px", CONTENT_SIZES, "stylize.content_px.auto", "stylize-content-px"),
            ("style_px", STYLE_SIZES, "stylize.style_px.auto", "stylize-px"),
        ):
            choices = [(label(own) if size == 0 else str(size), size) for size in sizes]
            form.add_choice(name, choices, kind=gr.Radio, value=0, elem_id=elem_id)
        form.add_model(ready)
    kind = form["kind"]
    kind.change(lambda name: gr.update(visible=name == "artistic"), kind, fold, **LIGHT)
