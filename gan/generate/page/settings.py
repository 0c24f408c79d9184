"""The Generate tab's settings: their widgets, and the way from what these hold to requests and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.core.option import parameters
from gan.generate import latent as latents
from gan.generate.attributes import Sliders, available
from gan.generate.latent import Latent
from gan.generate.pipeline import AUTO_MODEL, DEFAULT_MODEL, MIXES, Edit, GenerateRequest, record_of
from gan.generate.text import COLOURS, Parsed, parse
from gan.ui.form import Form, read, shown_value, shown_values
from gan.ui.i18n import LABELS, label
from gan.ui.protocols import Choice

PAGE_COUNT: Final = 16
SIZES_PX: Final = (128, 256, 512)
MAX_SAVED_BYTES: Final = 16 * 2**20
"""Of a record or latents; a projected latent has some 60 KB."""

AS_DRAWN: Final = "as_drawn"
"""A tick beside the request's fields: the view is the latent's own, unless an angle is set."""
VIEW: Final = "azimuth"
SLIDERS: Final = {parameter.public: parameter.name for parameter in parameters(Sliders)}
"""Public names of the named sliders, and their fields of `Sliders`."""
NAMED: Final = (*SLIDERS, AS_DRAWN)
"""Settings whose neutral place is that of the latent itself."""
SAID: Final = ("category", *NAMED)
"""Settings that a line of text can change."""
MIX_LABELS: Final = {name: f"generate.mix.{name}" for name in MIXES}

Settings = Mapping[str, Any]
"""Values of the widgets, by the fields' public names, and `AS_DRAWN`."""


def defaults() -> dict[str, Any]:
    """Settings of an untouched request."""
    shown = {parameter.public: shown_value(parameter, parameter.default) for parameter in parameters(GenerateRequest)}
    return {**shown, VIEW: 0.0, AS_DRAWN: True, "mix_seed": 1}


def settings_of(request: GenerateRequest) -> dict[str, Any]:
    """The settings that lead to this request."""
    azimuth_deg, latent = request.sliders.azimuth_deg, request.latent
    return {
        **shown_values(request),
        "category": request.category if latent is None else latent.category,
        "mix_seed": 1 if request.mix_seed is None else request.mix_seed,
        VIEW: azimuth_deg or 0.0,
        AS_DRAWN: azimuth_deg is None,
    }


def fields_of(settings: Settings) -> dict[str, Any]:
    """A request's fields by public name. A second seed counts only where something of it is mixed in.

    Raises:
        InputError: as the fields raise it.
    """
    given = {**settings}
    if given.pop(AS_DRAWN, True) and not given.get(VIEW):
        given.pop(VIEW, None)
    if not given.get("mix"):
        given.pop("mix_seed", None)
    return given


def to_requests(
    settings: Settings, *, held: Sequence[Latent] = (), edits: Sequence[Edit] = ()
) -> list[GenerateRequest]:
    """One request for a set from seeds, or one for each product that is held.

    Raises:
        InputError: as `GenerateRequest` raises it.
    """
    base = read(GenerateRequest, {**fields_of(settings), "edits": tuple(edits)})
    alone = [base.replaced(latent=latent, seed=base.seed + i, count=1) for i, latent in enumerate(held)]
    return alone or [base]


def told(settings: Settings, text: str, categories: Sequence[str]) -> tuple[dict[str, Any], Parsed]:
    """The settings with what a line of text says, and how it was understood."""
    parsed = parse(text, tuple(categories))
    said = {"category": parsed.category}
    said |= {name: getattr(parsed, field) for name, field in SLIDERS.items() if hasattr(parsed, field)}
    changes = {name: value for name, value in said.items() if value is not None}
    if VIEW in changes:
        changes[AS_DRAWN] = False  # type: ignore[assignment]
    return {**settings, **changes}, parsed


def neutral(settings: Settings, names: Sequence[str] = NAMED) -> dict[str, Any]:
    """The settings with these back where they change nothing."""
    plain = defaults()
    return {**settings, **{name: plain[name] for name in names}}


def placed(settings: Settings) -> dict[str, Any]:
    """Updates of the widgets; what a record from elsewhere holds beyond the page's own choices is made room for."""
    values = {**settings}
    size, count = int(settings["size"]), int(settings["count"])
    if size not in SIZES_PX:
        values["size"] = gr.update(choices=_sizes(sorted((*SIZES_PX, size))), value=size)
    if count > PAGE_COUNT:
        values["count"] = gr.update(maximum=count, value=count)
    return values


def read_saved(path: Path) -> tuple[GenerateRequest | None, tuple[Latent, ...]]:
    """A file that the tab saved: a picture's record, or latents.

    Returns:
        The record's request, whose latent is among the latents, or None; the latents.

    Raises:
        InputError: it is neither.
    """
    with path.open("rb") as file:
        data = file.read(MAX_SAVED_BYTES)  # what is longer is cut off, and refused as no JSON
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        data, content = b"", None  # `latents.load` says what is wrong with it
    if isinstance(content, dict) and "request" in content:
        request = record_of(content["request"])
        return request, () if request.latent is None else (request.latent,)
    return None, latents.load(data)


class Models:
    """Models offered, and their configurations."""

    def __init__(self, choices: Sequence[Choice]) -> None:
        self.choices = choices
        self.ready = [choice for choice in choices if choice.ready]
        self._configs = {choice.name: choice.config for choice in self.ready}
        self.default = AUTO_MODEL if not self.ready or DEFAULT_MODEL in self._configs else self.ready[0].name

    def offered(self) -> list[tuple[Any, str]]:
        auto = [(label("model.auto"), AUTO_MODEL)] if self.default == AUTO_MODEL else []
        return [*auto, *((choice.title, choice.name) for choice in self.ready)]

    def name(self, model: str) -> str:
        return DEFAULT_MODEL if model == AUTO_MODEL else model

    def categories(self, model: str) -> tuple[str, ...]:
        return tuple(self._config(model).get("categories", ()))

    def obeyed(self, model: str) -> tuple[str, ...]:
        """The fields of `Sliders` that it obeys."""
        return available(tuple(self._config(model).get("attributes", ())))

    def _config(self, model: str) -> Mapping[str, Any]:
        return self._configs.get(self.name(model), {})


def choices_of(family: str, names: Sequence[str], nothing: str) -> list[tuple[Any, str]]:
    """Names to choose among, in the user's language where we know a word, behind one that stands for none."""
    keys = [(f"generate.{family}.{name}", name) for name in names]
    return [(label(nothing), ""), *((label(key) if key in LABELS else name, name) for key, name in keys)]


class Controls:
    """The settings' widgets, added part by part to the current Blocks: the request's form, and a tick for the view."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self.form = Form(GenerateRequest, "generate")

    def __getitem__(self, name: str) -> Any:
        return self.as_drawn if name == AS_DRAWN else self.form[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the settings in the order of `all`."""
        return (*self.form.fields, AS_DRAWN)

    @property
    def all(self) -> list[Component]:
        return [*self.form.controls(), self.as_drawn]

    def named(self) -> list[Component]:
        """Those whose change shows in the preview at once."""
        still = ("count", "size", "transparent", "model", "seed", "category")
        return [self[name] for name in self.names if name not in still]

    def remembered(self) -> list[Component]:
        """Not what belongs to one product."""
        return [self[name] for name in self.names if name not in ("mix", "mix_seed")]

    def add_drawn(self) -> gr.Button:
        """Add category, seed and count, what a set is drawn from. Returns the dice."""
        form, models = self.form, self._models
        with gr.Row(equal_height=True):
            known = choices_of("category", models.categories(models.default), "generate.category.any")
            form.add_choice("category", known, min_width=140)
            form.add("count", maximum=PAGE_COUNT, value=4, min_width=200)
        with gr.Row(elem_classes="beside"):
            form.add("seed", min_width=140)
            return gr.Button(label("generate.dice"), size="md", min_width=120, elem_id="generate-dice")

    def add_sliders(self) -> None:
        """Add the named sliders, each shown only where the default model obeys it."""
        form, obeyed = self.form, self._models.obeyed(self._models.default)
        for name, field in SLIDERS.items():
            visible = field in obeyed
            if name == VIEW:
                form.add_slider(name, step=5, value=0, visible=visible)
                self.as_drawn = gr.Checkbox(
                    True, label=label(f"generate.{AS_DRAWN}"), visible=visible, elem_id="generate-as-drawn"
                )
            elif name == "colour":
                colors = choices_of("colour", tuple(COLOURS), "generate.colour.own")
                form.add_choice(name, colors, visible=visible)
            else:
                form.add(name, visible=visible)

    def add_more(self) -> None:
        """Add size, background, truncation and model, and what else a request has; folded. Then a second product."""
        form, models = self.form, self._models
        with gr.Accordion(label("page.more"), open=False, elem_id="generate-more"):
            form.add_choice("size", _sizes(SIZES_PX), kind=gr.Radio)
            form.add("transparent")
            form.add("truncation")
            form.add_choice("model", models.offered(), value=models.default)
            form.add_rest(without=("mix_seed", "mix"))
        with gr.Accordion(label("generate.mixing"), open=False, elem_id="generate-mixing"):
            gr.Markdown(label("generate.mixing.info"), elem_classes="facts")
            form.add("mix_seed", value=1)
            form.add("mix")

    def suited(self, model: str, category: str | None) -> list[Any]:
        """Updates of `SAID` for another model.

        A slider that the model does not have is taken away and put back to its neutral place, so that nothing unseen
        is asked for.
        """
        obeyed, known, plain = self._models.obeyed(model), self._models.categories(model), defaults()

        def shown(name: str) -> Any:
            field = SLIDERS[VIEW if name == AS_DRAWN else name]
            return gr.update(visible=True) if field in obeyed else gr.update(visible=False, value=plain[name])

        choices = choices_of("category", known, "generate.category.any")
        return [
            gr.update(choices=choices, value=category if category in known else ""),
            *(shown(name) for name in NAMED),
        ]


def _sizes(sizes_px: Sequence[int]) -> list[tuple[str, int]]:
    return [(f"{px} px", px) for px in sizes_px]
