"""Enhance's tab: its widgets, and what is shown of a result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.core.contract import Result
from gan.core.errors import InputError
from gan.core.option import Option, Options, parameters
from gan.core.reader import PictureFile
from gan.enhance.adjust import Adjustments
from gan.enhance.pipeline import EnhanceRequest
from gan.imaging.picture import Picture
from gan.ui import widgets
from gan.ui.endpoint import Asked, Done, Endpoints, carry_out
from gan.ui.form import Form
from gan.ui.i18n import Language, label, language, say, sentence, word
from gan.ui.protocols import Choice, Run
from gan.ui.result import rendered, size_of, stem_of
from gan.ui.run_button import bar

STRENGTHS: Final = tuple(parameter.name for parameter in parameters(Adjustments) if parameter.kind is float)

RETURNS: Final = "Returns the finished file, previews before and after, a summary as HTML, and a JSON record."


class Measured(Options):
    """Reference picture to compare a result with."""

    reference: Annotated[PictureFile | None, Option("a picture as large as the result, to measure it against")] = None


def build(run: Run, models: Sequence[Choice], *, examples: Path | None = None) -> list[Component]:
    """Add the tab's widgets to the current Blocks.

    Args:
        run: carries out a request.
        models: all that are known; with none ready the button is disabled and the reasons are shown.
        examples: folder of pictures to offer.

    Returns:
        The controls whose settings are worth remembering.
    """
    ready = [choice for choice in models if choice.ready]
    form, measured = Form(EnhanceRequest, "enhance"), Form(Measured, "enhance")
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            picture = widgets.picture_input("enhance", examples, press="enhance-run")
            if not ready:
                widgets.say_why_not("enhance", "enhance.unavailable", models)
            form.add("scale")
            work = bar("enhance", "enhance.run", enabled=bool(ready), primary=True)
            with gr.Row(equal_height=True):
                form.add("strength", min_width=200)
                form.add_model(ready, min_width=200)
            form.add("protect_text")
            form.add_group("size", info="enhance.size.info", row=True)
            form.add_group("adjust")
            output = widgets.output_options("enhance")
            with gr.Accordion(label("enhance.reference"), open=False, elem_id="enhance-measure"):
                measured.add("reference", label=label("enhance.reference.file"))
        with gr.Column(scale=7, min_width=320):
            view = widgets.result_view("enhance")

    adjusted = [form[name] for name in STRENGTHS]
    form["auto"].change(
        lambda chosen: [gr.update(interactive=not chosen) for _ in adjusted], form["auto"], adjusted, **widgets.LIGHT
    )
    count = len(form.controls())

    def on_page(
        request: gr.Request, image: str | None, reference: str | None, *values: Any
    ) -> Iterator[tuple[Any, ...]]:
        def ask() -> Asked[EnhanceRequest]:
            encoding, beside = output.encoding(values[count:]), measured.read([reference])
            return Asked(form.read(values[:count], image=image), encoding, beside)

        yield from carry_out(run, ask, finish, language(request), outputs=len(view.values()))

    settings = [*form.controls(), *output.controls()]
    inputs = [picture, *measured.controls(), *settings]
    belongs = view.of(picture)
    view.reveal(work.attach(work.start.click, on_page, inputs, view.values(), of=belongs), belongs)
    Endpoints("enhance").expose(
        "enhance",
        EnhanceRequest,
        run,
        finish,
        view.values(),
        work.status,
        returns=RETURNS,
        beside=Measured,
    )
    return settings


def finish(done: Done[EnhanceRequest]) -> tuple[Any, ...]:
    """Write a result's files and sum it up.

    A reference of another size does not cost the user the result: the reason stands where the figures would.
    """
    result, source, to = done.result, done.asked.request.picture, done.to
    return rendered(
        result.picture,
        source,
        result.record,
        done.asked.encoding,
        done.folder,
        to,
        stem=stem_of(source, "enhanced"),
        size=size_of(result.picture, source),
        rows=[*_chosen(result, to), *_measured(result.picture, done.asked.beside.reference, to)],
    ).values()


def _chosen(result: Result, to: Language) -> list[tuple[str, str]]:
    found = result.details.get("adjustments", {})
    words = {name: word(f"enhance.{name}", to) for name in STRENGTHS}
    set_ones = [f"{words[name]} {found[name]:+.2f}" for name in STRENGTHS if found.get(name)]
    return [(say("Adjusted", to), " · ".join(set_ones))] if set_ones else []


def _measured(picture: Picture, reference: Picture | None, to: Language) -> list[tuple[str, str]]:
    if reference is None:
        return []
    from gan.metrics.fidelity import compare  # scipy's statistics take a second, and few give a reference

    try:
        figures = compare(picture, reference)
    except InputError as error:
        return [(say("Measured", to), sentence(error, to))]
    units = {"MSE": "{:.6f}", "PSNR": "{:.2f} dB", "SSIM": "{:.4f}"}
    return [(name, units[name].format(value)) for name, value in figures.items() if name in units]
