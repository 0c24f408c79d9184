"""Generate's tab: its widgets, and which handler answers to which of them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.generate.page import directions as tab_directions
from gan.generate.page import nearest, result, video
from gan.generate.page import photo as tab_photo
from gan.generate.page.directions import Find
from gan.generate.page.handlers import Handlers
from gan.generate.page.settings import AS_DRAWN, SAID, VIEW, Controls, Models
from gan.ui import widgets
from gan.ui.belonging import Belonging
from gan.ui.endpoint import Endpoints
from gan.ui.i18n import label
from gan.ui.protocols import Choice, Run, Tab
from gan.ui.run_button import Bar, bar
from gan.ui.widgets import AT_ONCE, DECODING, LIGHT

DICE: Final = 1_000_000
"""The dice gives seeds below this: short enough to be read out."""

_CLOSE: Final = """() => {
  const large = document.querySelector('#generate-gallery .preview')
  large?.dispatchEvent(new KeyboardEvent('keydown', {code: 'Escape', key: 'Escape', bubbles: true}))
}"""
"""Back to the small pictures: the files below a new set are its first picture's, not those of one chosen before."""


@dataclass(frozen=True)
class _Parts:
    """The widgets between which events run."""

    text: gr.Textbox
    heard: gr.HTML
    dice: gr.Button
    bar: Bar
    preview: gr.Image
    line: gr.HTML
    keep: gr.Button
    release: gr.Button
    upload: gr.UploadButton
    controls: Controls
    directions: tab_directions.Panel
    photo: tab_photo.Panel
    film: video.Panel
    view: result.View
    held: gr.State
    records: gr.State

    @property
    def values(self) -> list[Component]:
        """Components that handlers take as `*values`."""
        return [*self.controls.all, self.held, *self.directions.inputs]

    @property
    def put(self) -> list[Component]:
        """Components that change when another product replaces the current one."""
        return [*self.controls.all, self.held, self.release, *self.directions.shown]


def build(run: Run, models: Sequence[Choice], find: Find, *, examples: Path | None = None) -> Tab:
    """Add the tab's widgets to the current Blocks.

    Args:
        run: carries out a request.
        models: all that are known; with none ready the buttons are disabled and the reasons are shown.
        find: gives the unsupervised directions of a model; called when they are first asked for.
        examples: folder of pictures to offer for projection.
    """
    known = Models(models)
    ready = bool(known.ready)
    library = tab_directions.Library(find, known)
    controls = Controls(known)
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            text = gr.Textbox(
                "",
                label=label("generate.text"),
                placeholder=label("generate.text.example"),
                max_length=200,
                elem_id="generate-text",
            )
            heard = gr.HTML(elem_id="generate-heard", elem_classes="facts heard", padding=False)
            if not ready:
                widgets.say_why_not("generate", "generate.unavailable", models)
            dice = controls.add_drawn()
            running = bar("generate", "generate.run", enabled=ready, primary=True)
            with gr.Row(elem_id="generate-product"):
                with gr.Column(scale=2, min_width=150, elem_id="generate-at-hand"):
                    preview = gr.Image(
                        type="filepath",
                        interactive=False,
                        label=label("generate.preview"),
                        show_label=False,
                        height=200,
                        buttons=[],
                        elem_id="generate-preview",
                    )
                    line = gr.HTML(elem_id="generate-line", elem_classes="facts heard", padding=False)
                    keep = gr.Button(label("generate.keep"), size="sm", interactive=ready, elem_id="generate-keep")
                    release = gr.Button(label("generate.release"), size="sm", visible=False, elem_id="generate-release")
                with gr.Column(scale=3, min_width=220, elem_id="generate-sliders"):
                    controls.add_sliders()
            controls.add_more()
            desk = Handlers(run, known, library, controls.names)
            directions = tab_directions.build(library, desk.identify, controls["model"])
        with gr.Column(scale=7, min_width=320):
            view = result.build_view()
            nearest.build(view, controls["model"], run)
            upload = gr.UploadButton(label("generate.open"), size="sm", interactive=ready, elem_id="generate-saved")
            photo = tab_photo.build(ready=ready, examples=examples)
            film = video.build(ready=ready)
    parts = _Parts(
        text=text,
        heard=heard,
        dice=dice,
        bar=running,
        preview=preview,
        line=line,
        keep=keep,
        release=release,
        upload=upload,
        controls=controls,
        directions=directions,
        photo=photo,
        film=film,
        view=view,
        held=gr.State(""),
        records=gr.State([]),
    )
    _endpoints(parts, desk)
    if ready:
        _previews(parts, desk)
    _sets(parts, desk)
    _projections(parts, desk)
    _films(parts, desk)
    controls["model"].change(
        controls.suited,
        [controls["model"], controls["category"]],
        [controls[name] for name in SAID],
        **LIGHT,
    )
    settings = [*controls.remembered(), film.seeds, film.frames, film.loop, film.file_format, film.size]
    return Tab(settings, photo.photograph, view.download)


def _endpoints(parts: _Parts, desk: Handlers) -> None:
    """Register the API's endpoints. They come first, since the page's own events would take their names."""
    public = Endpoints("generate")
    desk.expose(public, [*parts.view.values(), parts.bar.status])
    tab_photo.expose(public, desk.run, parts.photo)
    video.Maker(desk).expose(public, parts.film)
    nearest.expose(public, desk.run)


def _previews(parts: _Parts, desk: Handlers) -> None:
    """Every slider redraws the preview; another seed or category lets go of what was held."""
    controls, shown = parts.controls, [parts.preview, parts.line]
    seed, view, as_drawn = controls["seed"], controls[VIEW], controls[AS_DRAWN]
    view.input(None, js="() => false", outputs=as_drawn, **LIGHT)
    moved: list[Any] = [*controls.named(), *parts.directions.moved]
    moved.remove(as_drawn)
    gr.on([widget.input for widget in moved], desk.preview, parts.values, shown, **AT_ONCE)
    # A view that is set counts more than the tick, so the tick takes it back first.
    as_drawn.input(lambda drawn: 0 if drawn else gr.skip(), as_drawn, view, **LIGHT).then(
        desk.preview, parts.values, shown, **AT_ONCE
    )
    afresh = [*shown, parts.held, parts.release]
    triggers = [seed.input, controls["category"].input, parts.release.click]
    gr.on(triggers, desk.fresh, parts.values, afresh, **AT_ONCE)
    parts.dice.click(lambda: secrets.randbelow(DICE), None, seed, **LIGHT).then(
        desk.fresh, parts.values, afresh, **AT_ONCE
    )
    said = [controls[name] for name in SAID]
    parts.text.change(  # the first `input` of a text box is lost in Gradio 6.31, and a paste is one only
        desk.tell,
        [parts.text, controls["category"], controls["model"]],
        [*said, parts.held, parts.release, parts.heard],
        **{**LIGHT, "trigger_mode": "always_last"},
    ).then(desk.preview, parts.values, shown, **AT_ONCE)


def _sets(parts: _Parts, desk: Handlers) -> None:
    """Making a set, adding to it, choosing of it, reading what was saved."""
    view = parts.view
    outputs = [*view.values(), parts.preview, parts.line, parts.records]
    made = (
        parts.bar.attach(parts.bar.start.click, desk.generate, parts.values, outputs),
        parts.bar.attach(parts.keep.click, desk.keep, [view.gallery, parts.records, *parts.values], outputs),
    )
    for finished in made:
        finished.success(lambda: gr.update(visible=True), None, view.files, js=_CLOSE, **LIGHT).then(
            None, js=widgets.SCROLL.format("generate-gallery"), **LIGHT
        )
    view.gallery.select(
        desk.choose,
        [view.gallery, parts.records],
        [*parts.put, parts.preview, parts.line, view.download, view.record],
        **DECODING,
    )
    parts.upload.upload(desk.load, [parts.upload, *parts.values], [*parts.put, parts.preview, parts.line], **DECODING)


def _projections(parts: _Parts, desk: Handlers) -> None:
    photo, controls, projector = parts.photo, parts.controls, tab_photo.Projector(desk)
    belongs = Belonging(photo.photograph, photo.values(), [photo.pair, photo.files])
    done = photo.bar.attach(
        photo.bar.start.click,
        projector.project,
        [photo.photograph, photo.steps, *controls.all],
        [*photo.values(), *parts.put, parts.preview, parts.line],
        of=belongs,
    )
    shown = done.success(lambda: [gr.update(visible=True)] * 2, None, [photo.pair, photo.files], **LIGHT)
    belongs.settle(shown.then)


def _films(parts: _Parts, desk: Handlers) -> None:
    film, maker = parts.film, video.Maker(desk)
    film.add.click(video.with_seed, [film.seeds, parts.controls["seed"]], film.seeds, **LIGHT)
    film.reveal(film.bar.attach(film.bar.start.click, maker.film, [*film.inputs, *parts.values], film.values()))
