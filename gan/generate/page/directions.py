"""The Generate tab's unsupervised directions: choosing one, a list of steps along several, naming, saving, loading."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.core.errors import InputError
from gan.generate.directions import Direction, layer_ranges, load, save
from gan.generate.page.settings import MIX_LABELS, Models
from gan.generate.pipeline import Edit
from gan.ui.background_job import one_sentence
from gan.ui.i18n import Language, label, language, word
from gan.ui.widgets import DECODING, LIGHT

Find = Callable[[str], Sequence[Direction]]
"""The directions of the model of that name."""
Identify = Callable[[str], tuple[str, str]]
"""Name and SHA-256 of a model's weights."""

FILE_NAME: Final = "directions.json"
LAYERS: Final = {
    "own": "directions.layers.own",
    "all": "directions.layers.all",
    **MIX_LABELS,
    "range": "directions.layers.range",
}
"""Layer ranges that a direction can be limited to, and their labels."""


@dataclass(frozen=True)
class Panel:
    """The widgets. `inputs` are what `Library.edits` takes behind the model; `moved` change the preview at once."""

    edits: gr.State
    active: gr.CheckboxGroup
    saved: gr.State
    direction: gr.Dropdown
    amount: gr.Slider
    layers: gr.Radio
    first: gr.Number
    last: gr.Number

    @property
    def inputs(self) -> list[Component]:
        return [getattr(self, field.name) for field in dataclasses.fields(self)]

    @property
    def moved(self) -> list[Any]:
        return [self.active, self.direction, self.amount, self.layers, self.first, self.last]

    @property
    def shown(self) -> list[Component]:
        """Components that `show` updates."""
        return [self.edits, self.active, self.amount]


class Library:
    """The directions of each model, found once, and the steps that the panel asks for."""

    def __init__(self, find: Find, models: Models) -> None:
        self._find = find
        self._models = models
        self._found: dict[str, tuple[Direction, ...]] = {}

    def of(self, model: str) -> tuple[Direction, ...]:
        """Raises `WeightsError` where the model cannot be used."""
        name = self._models.name(model)
        if name not in self._found:
            self._found[name] = tuple(self._find(name))
        return self._found[name]

    def named(self, model: str, saved: Sequence[Direction], name: str) -> Direction:
        """The latest direction of that name, a user's own first.

        Raises:
            InputError: there is none.
        """
        for direction in (*reversed(saved), *self.of(model)):
            if direction.name == name:
                return direction
        raise InputError("direction", '"{name}"', "a direction of this model is expected", "Choose another", name=name)

    def limited(
        self, model: str, direction: Direction, layers: str, first: float | None, last: float | None
    ) -> Direction:
        """The direction in those layers; `first` and `last` count from 1, as people do.

        Raises:
            InputError: a range without layers.
        """
        count = max(found.layers[1] for found in (*self.of(model), direction))
        ranges: dict[str, tuple[int, int]] = {"all": (0, count), "own": direction.layers}
        ranges.update({str(name): between for name, between in layer_ranges(count).items()})
        chosen = (int(first or 1) - 1, int(last or count)) if layers == "range" else ranges[layers]
        if not 0 <= chosen[0] < chosen[1] <= count:
            raise InputError(
                "layers",
                "layers {first} to {last}",
                "a range within 1 to {count} is allowed",
                "Choose a number in this range",
                first=chosen[0] + 1,
                last=chosen[1],
                count=count,
            )
        return dataclasses.replace(direction, layers=chosen)

    def edits(
        self,
        model: str,
        edits: Sequence[Edit],
        active: Sequence[int],
        saved: Sequence[Direction],
        name: str | None,
        amount: float,
        layers: str,
        first: float | None,
        last: float | None,
    ) -> tuple[Edit, ...]:
        """The list's active steps, and the one that is being tried.

        Raises:
            InputError: as of `named` and `limited`.
        """
        kept = tuple(edit for number, edit in enumerate(edits) if number in active)
        if not name or not amount:
            return kept
        chosen = self.limited(model, self.named(model, saved, name), layers, first, last)
        return *kept, Edit(direction=chosen, amount=amount)


def build(library: Library, identify: Identify, model: Component) -> Panel:
    """Add the folded panel."""
    with gr.Accordion(label("directions.title"), open=False, elem_id="generate-directions") as folded:
        gr.Markdown(label("directions.info"), elem_classes="facts")
        direction = gr.Dropdown(
            [], value=None, label=label("directions.direction"), filterable=False, elem_id="generate-direction"
        )
        amount = gr.Slider(-5, 5, 0, step=0.25, label=label("directions.amount"), elem_id="generate-amount")
        layers = gr.Radio(
            [(label(key), name) for name, key in LAYERS.items()],
            value="own",
            label=label("directions.layers"),
            elem_id="generate-layers",
        )
        with gr.Row(visible=False) as between:
            first = gr.Number(
                1, precision=0, label=label("directions.layers.first"), min_width=120, elem_id="generate-first"
            )
            last = gr.Number(
                None, precision=0, label=label("directions.layers.last"), min_width=120, elem_id="generate-last"
            )
        add = gr.Button(label("directions.edits.add"), size="md", elem_id="generate-add")
        active = gr.CheckboxGroup([], label=label("directions.edits"), visible=False, elem_id="generate-edits")
        with gr.Row(elem_classes="beside"):
            name = gr.Textbox(label=label("directions.name"), max_length=80, min_width=160, elem_id="generate-name")
            keep = gr.Button(label("directions.name.keep"), size="md", min_width=120, elem_id="generate-name-keep")
        with gr.Row():
            download = gr.DownloadButton(
                label("directions.save"),
                size="sm",
                interactive=False,
                min_width=140,
                elem_id="generate-directions-save",
            )
            upload = gr.UploadButton(
                label("directions.load"),
                size="sm",
                min_width=140,
                elem_id="generate-directions-load",
            )
        panel = Panel(gr.State(()), active, gr.State(()), direction, amount, layers, first, last)

    def offered(model: str, saved: Sequence[Direction], chosen: str | None, to: Language) -> Any:
        choices = [(shown_name(found, to), found.name) for found in (*saved, *library.of(model))]
        still = chosen if chosen in [value for _, value in choices] else None
        return gr.update(choices=choices, value=still)

    def offer(request: gr.Request, model: str, saved: Sequence[Direction], chosen: str | None) -> Any:
        to = language(request)
        with one_sentence(to):
            return offered(model, saved, chosen, to)

    def put(request: gr.Request, model: str, *held: Any) -> list[Any]:
        to = language(request)
        with one_sentence(to):
            steps = library.edits(model, *held)
        return show(steps, to)

    def rename(
        request: gr.Request, model: str, saved: Sequence[Direction], chosen: str | None, name: str, *where: Any
    ) -> Iterator[tuple[Any, ...]]:
        to = language(request)
        with one_sentence(to), tempfile.TemporaryDirectory(prefix="packshot-") as folder:
            if not chosen:
                raise InputError("direction", "missing", "a direction is needed", "Choose one first")
            limited = library.limited(model, library.named(model, saved, chosen), *where)
            own = dataclasses.replace(limited, name=name.strip(), kind="saved")
            kept = (*(found for found in saved if found.name != own.name), own)
            path = Path(folder) / FILE_NAME
            save(path, kept, *identify(model))
            yield kept, offered(model, kept, own.name, to), "own", gr.update(value=str(path), interactive=True)

    def fetch(request: gr.Request, model: str, saved: Sequence[Direction], path: str) -> tuple[Any, ...]:
        to = language(request)
        with one_sentence(to):
            found = load(Path(path), identify(model)[1])
            names = {item.name for item in found}
            kept = (*(item for item in saved if item.name not in names), *found)
            return kept, offered(model, kept, found[-1].name if found else None, to)

    choosing = [model, panel.saved, direction]
    for event in (folded.expand, model.input):  # type: ignore[attr-defined]
        event(offer, choosing, direction, **DECODING)
    layers.change(lambda chosen: gr.update(visible=chosen == "range"), layers, between, **LIGHT)
    add.click(put, [model, *panel.inputs], panel.shown, **LIGHT)
    keep.click(
        rename,
        [model, panel.saved, direction, name, layers, first, last],
        [panel.saved, direction, layers, download],
        **DECODING,
    )
    upload.upload(fetch, [model, panel.saved, upload], [panel.saved, direction], **DECODING)
    return panel


def show(edits: Sequence[Edit], to: Language) -> list[Any]:
    """Values of `Panel.shown` for a list of steps, all of them active."""
    choices = []
    for number, edit in enumerate(edits):
        first, last = edit.direction.layers
        choices.append((f"{shown_name(edit.direction, to)} {edit.amount:+g} · {first + 1}–{last}", number))
    group = gr.update(choices=choices, value=[number for _, number in choices], visible=bool(choices))
    return [tuple(edits), group, 0]


def shown_name(direction: Direction, to: Language) -> str:
    """A direction's name for people; of ours the level is translated."""
    if to == "en" or direction.kind == "saved":
        return direction.name
    words = [word(MIX_LABELS[part], to) if part in MIX_LABELS else part for part in direction.name.split()]
    return " ".join(words)
