"""Scene's tab: its widgets, and which handler answers to which of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.scene.page import choice, handlers
from gan.scene.page.preview import ScenePreviewer, horizon_overlay
from gan.scene.pipeline import SceneRequest
from gan.scene.sets import NAMES, SETS
from gan.ui import pictures, widgets
from gan.ui.endpoint import Asked, Endpoints, carry_out
from gan.ui.form import Form, common_of, field_label, read
from gan.ui.i18n import label, language
from gan.ui.protocols import Choice, Run, Tab
from gan.ui.run_button import Bar, bar
from gan.ui.sheet import Sheet
from gan.ui.sheet import build as build_sheet
from gan.ui.widgets import AT_ONCE, LIGHT, OutputOptions, ResultView

EXAMPLES: Final = ("carton", "sneakers", "coffee")
ASPECTS: Final = ("1:1", "4:5", "3:4", "4:3", "16:9")

SLIDERS: Final[Mapping[str, tuple[float, float, float]]] = {
    "fill": (0.1, 0.95, 0.01),
    "baseline": (0.3, 0.98, 0.01),
    "elevation": (3, 45, 1),
    "angle": (-180, 180, 5),
    "softness": (0, 1, 0.05),
    "warmth": (-1, 1, 0.05),
    "focus": (0, 1, 0.05),
}
"""Ends and step of what the page sets by a slider, which stands where the set has it until it is moved."""


@dataclass(frozen=True)
class _Parts:
    """The widgets between which events run."""

    photograph: gr.File
    shown: gr.Image
    facts: gr.HTML
    line: gr.HTML
    horizon: gr.HTML
    sets: choice.Panel
    form: Form[SceneRequest]
    bar: Bar
    output: OutputOptions
    view: ResultView
    sheet: Sheet

    @property
    def choices(self) -> list[Component]:
        """Inputs of `held`."""
        return [*self.sets.inputs, *self.form.controls()]

    def held(self, values: Sequence[Any]) -> dict[str, Any]:
        """The request's options by public name. Raises `InputError` for a file that is no set."""
        count = len(self.sets.inputs)
        used = choice.set_in_use(*values[:count])
        given = self.form.given(values[count:])
        if given.get("season") == "":
            given.pop("season")
        # What stands where the set has it need not be said, and is not remembered as a choice of one's own.
        for name, own in zip(choice.FROM_SET, choice.values_of(used), strict=True):
            if given.get(name) == own:
                given.pop(name)
        if not (given.get("background") and given.get("horizon")):
            given.pop("horizon", None)
        return {**given, "set": used}


def build(run: Run, models: Sequence[Choice], *, examples: Path | None = None) -> Tab:
    """Add the tab's widgets to the current Blocks.

    Args:
        run: carries out a request.
        models: all that find products; with none ready cut-outs and masks still work.
        examples: folder of pictures to offer.
    """
    ready = [each for each in models if each.ready]
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            photograph = widgets.picture_file("scene")
            facts = gr.HTML(visible=False, elem_id="scene-facts", elem_classes="facts", padding=False)
            with gr.Column(elem_classes="stage"):
                shown = pictures.preview("scene-preview", label("scene.preview"), "preview large")
                over = horizon_overlay()
            line = gr.HTML(elem_id="scene-line", elem_classes="facts heard", padding=False)
            widgets.shelf("scene", photograph, examples, EXAMPLES)
            sets = choice.build()
            form = Form(SceneRequest, "scene")
            form.fields["season"] = gr.Radio(
                [(label("scene.season.none"), ""), *((label(f"scene.season.{each}"), each) for each in _SEASONS)],
                value="",
                label=field_label("scene", "season"),
                elem_id="scene-season",
            )
            running = bar("scene", "scene.run", primary=True)
            _options(form, ready)
            output = widgets.output_options("scene")
        with gr.Column(scale=7, min_width=320):
            view = widgets.result_view("scene")
            sheet = build_sheet("scene.sheet")
    parts = _Parts(photograph, shown, facts, line, over, sets, form, running, output, view, sheet)
    public = Endpoints("scene")
    handlers.expose(public, run, view.values(), running.status)
    sheet.expose(public, "scenes", handlers.SHEET, run, handlers.RETURNS_SHEET)
    _previews(parts, ScenePreviewer(run, parts.held))
    _results(parts, run)
    sheet.attach(handlers.SHEET, run, photograph, {name: form[name] for name in ("season", "mask", "model")})
    kept = [form[name] for name in ("season", "aspect", "keep_pixels", "match", "shadow")]
    return Tab([*kept, *output.controls()], photograph, view.download)


_SEASONS: Final = ("spring", "summer", "autumn", "winter")


def _options(form: Form[SceneRequest], ready: Sequence[Choice]) -> None:
    """Sliders that stand where the set has them, and folds for what is needed less often."""
    own = dict(zip(choice.FROM_SET, choice.values_of(SETS[NAMES[0]]), strict=True))

    def slider(name: str) -> None:
        least, most, step = SLIDERS[name]
        form.fields[name] = gr.Slider(
            least,
            most,
            own[name],
            step=step,
            min_width=200,  # on a phone one below the other, with room for their labels
            **common_of("scene", "scene", name),
        )

    with gr.Row():
        for name in ("fill", "baseline"):
            slider(name)
    form.fields["aspect"] = gr.Radio(
        list(ASPECTS), value=ASPECTS[0], label=field_label("scene", "aspect"), elem_id="scene-aspect"
    )
    with gr.Accordion(label("scene.light"), open=False, elem_id="scene-light"):
        for name in ("angle", "softness", "warmth"):
            slider(name)
        form.add("shadow")
        form.add("match")
        form.add("keep_pixels")
    with gr.Accordion(label("scene.camera"), open=False, elem_id="scene-camera"):
        for name in ("elevation", "focus"):
            slider(name)
        with gr.Row():
            form.add("width")
            form.add("height")
        form.add("seed", precision=0)
    with gr.Accordion(label("scene.more"), open=False, elem_id="scene-more"):
        form.add("others", height=110)
        form.add("background", height=110)
        form.fields["horizon"] = gr.Slider(
            0,
            0.95,
            0,
            step=0.01,
            label=field_label("scene", "horizon"),
            info=label("scene.horizon.info"),
            elem_id="scene-horizon",
        )
        form.add("mask", height=110)
        form.add_model(ready)


def _previews(parts: _Parts, previewer: ScenePreviewer) -> None:
    """Whatever is chosen shows at once on a small copy."""
    sets, form = parts.sets, parts.form
    inputs, outputs = [parts.photograph, *parts.choices], [parts.shown, parts.facts, parts.line, parts.horizon]
    parts.photograph.change(previewer.open, inputs, outputs, **AT_ONCE)
    unseen = {"width", "height", "keep_pixels", "seed", "others", "background", "mask", "model"}
    triggers = [widget.input for name, widget in form.fields.items() if name not in unseen]  # type: ignore[attr-defined]
    for name in ("others", "background", "mask"):
        triggers += [form[name].upload, form[name].clear]
    gr.on(triggers, previewer.preview, inputs, outputs, **AT_ONCE)
    sliders = [form[name] for name in choice.FROM_SET]
    for gallery in (sets.gallery, parts.sheet.gallery):
        chosen = gallery.select(choice.choose, None, [*sets.put, *sliders], **LIGHT)
        seen = chosen.success(previewer.preview, inputs, outputs, **AT_ONCE)
        if gallery is not sets.gallery:
            seen.then(None, js=widgets.SCROLL.format(parts.shown.elem_id), **LIGHT)
    gr.on(
        [sets.own.upload, sets.own.clear], choice.brought, [sets.own, sets.chosen], [sets.line, *sliders], **LIGHT
    ).success(previewer.preview, inputs, outputs, **AT_ONCE)


def _results(parts: _Parts, run: Run) -> None:
    """The picture at full size."""
    view, output, count = parts.view, parts.output, len(parts.choices)

    def on_page(request: gr.Request, image: str | None, *values: Any) -> Iterator[tuple[Any, ...]]:
        def ask() -> Asked[SceneRequest]:
            encoding = output.encoding(values[count:])
            asked = {**parts.held(values[:count]), "image": image}
            return Asked(read(SceneRequest, asked), encoding)

        yield from carry_out(run, ask, handlers.finish, language(request), outputs=len(view.values()))

    inputs = [parts.photograph, *parts.choices, *output.controls()]
    view.reveal(parts.bar.attach(parts.bar.start.click, on_page, inputs, view.values()))
