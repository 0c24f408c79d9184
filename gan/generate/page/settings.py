"""The Generate tab's settings: their widgets, and the way from what these hold to requests and back."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.core.errors import InputError
from gan.generate import latent as latents
from gan.generate.attributes import VIEW_UNIT_DEG, Sliders, available
from gan.generate.latent import Latent
from gan.generate.pipeline import AUTO_MODEL, DEFAULT_MODEL, MIXES, Edit, GenerateRequest, record_of
from gan.generate.text import COLOURS, Parsed, parse
from gan.ui.i18n import LABELS, label
from gan.ui.protocols import Choice

PAGE_COUNT: Final = 16
SIZES_PX: Final = (128, 256, 512)
MAX_SAVED_BYTES: Final = 16 * 2**20
"""Of a record or latents; a projected latent has some 60 KB."""
SLIDER_OF: Final = {"hue": "hue_deg", "lightness": "lightness", "fill": "size", "aspect": "aspect"}
"""The page's name of each plain slider, and its field of `Sliders`."""
SLIDER_LABELS: Final = {name: f"slider.{name}" for name in SLIDER_OF}
MIX_LABELS: Final = {name: f"mix.{name}" for name in MIXES}


@dataclass(frozen=True)
class Settings:
    """What the widgets hold, in the order of `Controls.all`; the same words as the API's parameters.

    Attributes:
        fill: the size in the frame, `Sliders.size`.
        view: the angle in degrees; 0 together with `as_drawn` leaves it as the latent has it.
        mix_seed: counts only where something is mixed.
    The others are those of `GenerateRequest` and `Sliders`.
    """

    category: str | None = ""
    seed: float | None = 0
    count: float = 1
    truncation: float = 0.8
    size: int = 256
    transparent: bool = False
    hue: float = 0.0
    lightness: float = 0.0
    fill: float = 0.0
    aspect: float = 0.0
    view: float = 0.0
    as_drawn: bool = True
    colour: str | None = ""
    model: str = AUTO_MODEL
    mix_seed: float | None = 1
    mix: Sequence[str] = ()

    @classmethod
    def of(cls, request: GenerateRequest) -> Settings:
        """The settings that lead to this request."""
        sliders = request.sliders
        return cls(
            category=request.category if request.latent is None else request.latent.category,
            seed=request.seed,
            count=request.count,
            truncation=request.truncation,
            size=request.size,
            transparent=request.transparent,
            view=sliders.azimuth_deg or 0.0,
            as_drawn=sliders.azimuth_deg is None,
            colour=sliders.colour,
            model=request.model,
            mix_seed=1 if request.mix_seed is None else request.mix_seed,
            mix=request.mix,
            **{name: getattr(sliders, field) for name, field in SLIDER_OF.items()},
        )

    def values(self) -> list[Any]:
        """In the fields' order, as the widgets take them."""
        held = [getattr(self, field.name) for field in dataclasses.fields(self)]
        return [list(value) if isinstance(value, tuple) else value for value in held]


INDEX: Final = {field.name: number for number, field in enumerate(dataclasses.fields(Settings))}
NAMED: Final = ("hue", "lightness", "fill", "aspect", "view", "as_drawn", "colour")
"""The named sliders."""


def to_requests(
    settings: Settings, *, held: Sequence[Latent] = (), edits: Sequence[Edit] = ()
) -> list[GenerateRequest]:
    """One request for a set from seeds, or one for each product that is held.

    Raises:
        InputError: as `GenerateRequest` raises it, or a seed is missing.
    """
    seed = _whole(settings.seed, "seed")
    base = GenerateRequest(
        category=settings.category or "",
        seed=seed,
        count=1 if held else int(settings.count),
        truncation=settings.truncation,
        size=int(settings.size),
        transparent=settings.transparent,
        model=settings.model,
        sliders=sliders_of(settings),
        edits=tuple(edits),
        mix_seed=_whole(settings.mix_seed, "mix seed") if settings.mix else None,
        mix=tuple(settings.mix),
    )
    return [dataclasses.replace(base, latent=latent, seed=seed + i) for i, latent in enumerate(held)] or [base]


def sliders_of(settings: Settings) -> Sliders:
    """The named sliders.

    Raises:
        InputError: as `Sliders` raises it.
    """
    drawn = settings.as_drawn and not settings.view
    plain = {field: getattr(settings, name) for name, field in SLIDER_OF.items()}
    return Sliders(**plain, azimuth_deg=None if drawn else settings.view, colour=settings.colour or "")


def told(settings: Settings, text: str, categories: Sequence[str]) -> tuple[Settings, Parsed]:
    """The settings with what a line of text says, and how it was understood."""
    parsed = parse(text, tuple(categories))
    said: dict[str, Any] = {
        "category": parsed.category,
        "colour": parsed.colour,
        "lightness": parsed.lightness,
        "fill": parsed.size,
        "aspect": parsed.aspect,
        "view": parsed.azimuth_deg,
    }
    changes = {name: value for name, value in said.items() if value is not None}
    if "view" in changes:
        changes["as_drawn"] = False
    return dataclasses.replace(settings, **changes), parsed


def neutral(settings: Settings, names: Sequence[str] = NAMED) -> Settings:
    """The settings with these back where they change nothing."""
    plain = Settings()
    return dataclasses.replace(settings, **{name: getattr(plain, name) for name in names})


def placed(settings: Settings) -> list[Any]:
    """Values of `Controls.all`; what a record from elsewhere holds beyond the page's own choices is made room for."""
    values = settings.values()
    size, count = int(settings.size), int(settings.count)
    if size not in SIZES_PX:
        values[INDEX["size"]] = gr.update(choices=[(f"{px} px", px) for px in sorted((*SIZES_PX, size))], value=size)
    if count > PAGE_COUNT:
        values[INDEX["count"]] = gr.update(maximum=count, value=count)
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
    """What is known of the models that are offered."""

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
    keys = [(f"{family}.{name}", name) for name in names]
    return [(label(nothing), ""), *((label(key) if key in LABELS else name, name) for key, name in keys)]


@dataclass(frozen=True)
class Controls:
    """The widgets of `Settings`."""

    all: list[Component]

    def __getitem__(self, name: str) -> Component:
        return self.all[INDEX[name]]

    def named(self) -> list[Component]:
        """Those whose change shows in the preview at once."""
        still = ("count", "size", "transparent", "model", "seed", "category")
        return [self[name] for name in INDEX if name not in still]


def build_drawn(models: Models) -> tuple[dict[str, Component], gr.Button]:
    """Category, seed and count, what a set is drawn from, and the dice."""
    with gr.Row(equal_height=True):
        category = gr.Dropdown(
            choices_of("category", models.categories(models.default), "category.any"),
            value="",
            label=label("category"),
            filterable=False,
            min_width=140,
            elem_id="generate-category",
        )
        count = gr.Slider(1, PAGE_COUNT, 4, step=1, label=label("count"), min_width=200, elem_id="generate-count")
    with gr.Row(elem_classes="beside"):
        seed = gr.Number(0, precision=0, label=label("seed"), min_width=140, elem_id="generate-seed")
        dice = gr.Button(label("dice"), size="md", min_width=120, elem_id="generate-dice")
    return {"category": category, "count": count, "seed": seed}, dice


def build_sliders(models: Models) -> dict[str, Component]:
    """The named sliders, each only where the default model obeys it."""
    obeyed = models.obeyed(models.default)
    made: dict[str, Component] = {}
    limits = {"hue": (180, 5), "lightness": (1, 0.05), "fill": (1, 0.05), "aspect": (1, 0.05)}
    for name, (most, step) in limits.items():
        made[name] = gr.Slider(
            -most,
            most,
            0,
            step=step,
            label=label(SLIDER_LABELS[name]),
            visible=SLIDER_OF[name] in obeyed,
            elem_id=f"generate-{name}",
        )
    turned = "azimuth_deg" in obeyed
    view = gr.Slider(
        -VIEW_UNIT_DEG, VIEW_UNIT_DEG, 0, step=5, label=label("slider.view"), visible=turned, elem_id="generate-view"
    )
    as_drawn = gr.Checkbox(True, label=label("as_drawn"), visible=turned, elem_id="generate-as-drawn")
    colour = gr.Dropdown(
        choices_of("colour", tuple(COLOURS), "colour.own"),
        value="",
        label=label("colour"),
        visible="colour" in obeyed,
        filterable=False,
        elem_id="generate-colour",
    )
    return {**made, "view": view, "as_drawn": as_drawn, "colour": colour}


def build_more(models: Models) -> dict[str, Component]:
    """Truncation, size, ground, model; folded."""
    with gr.Accordion(label("more"), open=False, elem_id="generate-more"):
        size = gr.Radio([(f"{px} px", px) for px in SIZES_PX], value=256, label=label("side"), elem_id="generate-size")
        transparent = gr.Checkbox(False, label=label("transparent"), elem_id="generate-transparent")
        truncation = gr.Slider(
            0,
            1,
            0.8,
            step=0.05,
            label=label("truncation"),
            info=label("truncation.info"),
            elem_id="generate-truncation",
        )
        model = gr.Dropdown(
            models.offered(), value=models.default, label=label("model"), filterable=False, elem_id="generate-model"
        )
    return {"size": size, "transparent": transparent, "truncation": truncation, "model": model}


def build_mixing() -> dict[str, Component]:
    """A second seed and what it lends; folded."""
    with gr.Accordion(label("mixing"), open=False, elem_id="generate-mixing"):
        gr.Markdown(label("mixing.info"), elem_classes="facts")
        mix_seed = gr.Number(1, precision=0, label=label("mix_seed"), elem_id="generate-mix-seed")
        mix = gr.CheckboxGroup(
            [(label(MIX_LABELS[name]), name) for name in MIXES], label=label("mix"), elem_id="generate-mix"
        )
    return {"mix_seed": mix_seed, "mix": mix}


def controls_of(made: Mapping[str, Component]) -> Controls:
    return Controls([made[name] for name in INDEX])


def suited(models: Models, model: str, category: str | None) -> list[Any]:
    """Updates of category, the plain sliders, view, as_drawn and colour for another model.

    What the model does not have is taken away and put back to its neutral place, so that nothing unseen is asked.
    """
    obeyed, plain, known = models.obeyed(model), Settings(), models.categories(model)

    def shown(field: str, name: str) -> Any:
        return gr.update(visible=True) if field in obeyed else gr.update(visible=False, value=getattr(plain, name))

    chosen = category if category in known else ""
    return [
        gr.update(choices=choices_of("category", known, "category.any"), value=chosen),
        *(shown(field, name) for name, field in SLIDER_OF.items()),
        shown("azimuth_deg", "view"),
        shown("azimuth_deg", "as_drawn"),
        shown("colour", "colour"),
    ]


def _whole(value: float | None, field: str) -> int:
    if value is None:
        raise InputError(field, "none was given", "a whole number from 0 to 4294967295", "Choose another")
    return int(value)
