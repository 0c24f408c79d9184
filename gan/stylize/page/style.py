"""The Stylize tab's choice of a style: a gallery of presets, or pictures of one's own with a weight for each."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component
from PIL import Image

from gan.core.errors import InputError
from gan.stylize.presets import PRESETS, preset_path
from gan.stylize.sources import CUBE
from gan.ui import pictures
from gan.ui.background_job import one_sentence
from gan.ui.i18n import Language, label, language, say
from gan.ui.selected import number
from gan.ui.widgets import LIGHT

MOST_OWN: Final = 4

_UNUSED: Final = [*pictures.STRIP, "unused"]
"""Of the gallery, whose choice stays marked while files of one's own are in use."""


@dataclass(frozen=True)
class Panel:
    """The widgets by which a style is chosen.

    Attributes:
        gallery: of presets.
        line: says which style is in use.
        own: files of one's own, which count instead of the preset.
        weights: one for each of them, shown where there are several.
        chosen: the preset's name.
    """

    gallery: gr.Gallery
    line: gr.HTML
    own: gr.File
    weights: tuple[gr.Slider, ...]
    chosen: gr.State

    @property
    def inputs(self) -> list[Component]:
        """Components whose values `chosen_styles` takes."""
        return [self.chosen, self.own, *self.weights]

    @property
    def put(self) -> list[Component]:
        """Components that `choose` fills."""
        return [self.chosen, self.gallery, self.own, *self.weights, self.line]


def default_preset() -> str:
    """The one that is chosen until someone chooses."""
    return next(iter(PRESETS))


def build() -> Panel:
    """The gallery, the line below it, and a fold for pictures of one's own."""
    gallery = pictures.strip("stylize-presets", label("stylize.style"))
    line = gr.HTML(elem_id="stylize-chosen", elem_classes="facts heard", padding=False)
    with gr.Accordion(label("stylize.style.own"), open=False, elem_id="stylize-own-fold"):
        gr.Markdown(label("stylize.style.own.info"), elem_classes="facts")
        own = gr.File(
            label=label("stylize.style.files"),
            file_count="multiple",
            type="filepath",
            height=140,
            elem_id="stylize-own",
        )
        weights = tuple(
            gr.Slider(
                0,
                1,
                1,
                step=0.05,
                label=label(f"stylize.weight.{number}"),
                visible=False,
                elem_id=f"stylize-weight-{number}",
            )
            for number in range(1, MOST_OWN + 1)
        )
    gr.on(None, _fill, None, [gallery, line], **LIGHT)
    return Panel(gallery, line, own, weights, gr.State(default_preset()))


def chosen_styles(
    chosen: str, own: Sequence[str] | None, *weights: float
) -> tuple[tuple[Path, ...], tuple[float, ...]]:
    """Paths and shares of what is in use; no shares where it is one.

    Raises:
        InputError: an unknown preset, or more than `MOST_OWN` files.
    """
    if not own:
        return (preset_path(chosen),), ()
    _check_count(own)
    used = weights[: len(own)] if len(own) > 1 else ()
    total = sum(used)
    # On the page only proportions are set: nothing has to be said of them. That all are 0 is said by the request.
    return tuple(Path(path) for path in own), tuple(weight / total for weight in used) if total > 0 else used


def choose(event: gr.SelectData, request: gr.Request) -> tuple[Any, ...]:
    """A preset was chosen, among the thumbnails or on the contact sheet: for `Panel.put`."""
    return preset_put(tuple(PRESETS)[number(event, len(PRESETS))], language(request))


def preset_put(name: str, to: Language) -> tuple[Any, ...]:
    """That preset instead of all that was chosen before: for `Panel.put`."""
    hidden = [gr.update(visible=False) for _ in range(MOST_OWN)]
    gallery = gr.update(selected_index=tuple(PRESETS).index(name), elem_classes=pictures.STRIP)
    return name, gallery, None, *hidden, _line([title_of(name, to)], to)


def brought(own: Sequence[str] | None, chosen: str, request: gr.Request) -> tuple[Any, ...]:
    """Files came or went: the gallery, the weights, the line, and the kind that a look needs."""
    to = language(request)
    files = own or ()
    with one_sentence(to):
        _check_count(files)
    several = len(files) > 1
    names = [Path(path).stem for path in files] or [title_of(chosen, to)]
    look = any(Path(path).suffix.lower() == CUBE for path in files)
    return (
        gr.update(elem_classes=_UNUSED if files else pictures.STRIP),
        *(gr.update(visible=several and number < len(files)) for number in range(MOST_OWN)),
        _line(names, to),
        gr.update(value="photographic") if look else gr.skip(),
    )


def title_of(name: str, to: Language) -> str:
    """Title of a preset; of any other style, its file's name."""
    return say(PRESETS[name].title, to) if name in PRESETS else name


def titles(to: Language) -> list[str]:
    """Of all presets, in their order."""
    return [title_of(name, to) for name in PRESETS]


def _fill(request: gr.Request) -> tuple[Any, str]:
    """The thumbnails as the page opens; they are made for the first one only."""
    to = language(request)
    shown = list(zip(_thumbnails(), titles(to), strict=True))
    return gr.update(value=shown, selected_index=0), _line([title_of(default_preset(), to)], to)


@lru_cache(maxsize=1)
def _thumbnails() -> list[Image.Image]:
    return pictures.thumbnails(preset_path(name) for name in PRESETS)


def _line(names: Sequence[str], to: Language) -> str:
    return f"<span>{html.escape(say('Style: {names}', to, names=', '.join(names)))}</span>"


def _check_count(own: Sequence[str]) -> None:
    if len(own) > MOST_OWN:
        raise InputError(
            "style",
            "{count} files",
            "at most {most} are mixed",
            "Remove some of them",
            count=len(own),
            most=MOST_OWN,
        )
