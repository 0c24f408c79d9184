"""The Scene tab's choice of a set: thumbnails of all, or a set's file of one's own."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component
from PIL import Image

from gan.scene.sets import NAMES, SETS, SceneSet, read_set, thumbnail
from gan.ui import pictures
from gan.ui.background_job import one_sentence
from gan.ui.i18n import Language, label, language, say, word
from gan.ui.selected import number
from gan.ui.widgets import LIGHT

FROM_SET: Final[Mapping[str, str]] = {
    "fill": "fill",
    "baseline": "baseline",
    "elevation": "elevation_deg",
    "focus": "focus",
    "angle": "key.azimuth_deg",
    "softness": "key.softness",
    "warmth": "key.warmth",
}
"""Sliders that a set puts to its own values, by public name."""


@dataclass(frozen=True)
class Panel:
    """The widgets by which a set is chosen.

    Attributes:
        gallery: of the sets that come with the package.
        line: says which is in use.
        own: a file of one's own, which counts instead.
        chosen: the name.
    """

    gallery: gr.Gallery
    line: gr.HTML
    own: gr.File
    chosen: gr.State

    @property
    def inputs(self) -> list[Component]:
        return [self.chosen, self.own]

    @property
    def put(self) -> list[Component]:
        """Outputs of `choose` before the sliders."""
        return [self.chosen, self.gallery, self.own, self.line]


def build() -> Panel:
    gallery = pictures.strip("scene-sets", label("scene.set"))
    line = gr.HTML(elem_id="scene-chosen", elem_classes="facts heard", padding=False)
    with gr.Accordion(label("scene.own"), open=False, elem_id="scene-own-fold"):
        own = gr.File(
            label=label("scene.own.file"), type="filepath", file_types=[".toml"], height=110, elem_id="scene-own"
        )
    gr.on(None, _fill, None, [gallery, line], **LIGHT)
    return Panel(gallery, line, own, gr.State(NAMES[0]))


def set_in_use(chosen: str, own: str | None) -> SceneSet:
    """Raises `InputError` for a file that is no set."""
    return SETS[chosen] if own is None else read_set(Path(own))


def choose(event: gr.SelectData, request: gr.Request) -> tuple[Any, ...]:
    """A set was chosen, among the thumbnails or on the contact sheet: for `Panel.put` and the sliders."""
    name, to = NAMES[number(event, len(NAMES))], language(request)
    gallery = gr.update(selected_index=NAMES.index(name))
    return name, gallery, None, _line(title_of(name, to), to), *values_of(SETS[name])


def brought(own: str | None, chosen: str, request: gr.Request) -> tuple[Any, ...]:
    """A file came or went: the line, and the sliders."""
    to = language(request)
    with one_sentence(to):
        used = set_in_use(chosen, own)
    title = title_of(chosen, to) if own is None else used.title or used.name
    return _line(title, to), *values_of(used)


def values_of(scene: SceneSet) -> tuple[float, ...]:
    """Of the sliders, in `FROM_SET`'s order."""
    values = []
    for path in FROM_SET.values():
        value: Any = scene
        for name in path.split("."):
            value = getattr(value, name)
        values.append(float(value))
    return tuple(values)


def title_of(name: str, to: Language) -> str:
    return word(f"scene.set.{name}", to)


def titles(to: Language) -> list[str]:
    """Of all sets, in their order."""
    return [title_of(name, to) for name in NAMES]


def _fill(request: gr.Request) -> tuple[Any, str]:
    to = language(request)
    shown = list(zip(_thumbnails(), titles(to), strict=True))
    return gr.update(value=shown, selected_index=0), _line(title_of(NAMES[0], to), to)


@lru_cache(maxsize=1)
def _thumbnails() -> list[Image.Image]:
    return pictures.thumbnails(thumbnail(name) for name in NAMES)


def _line(title: str, to: Language) -> str:
    return f"<span>{html.escape(say('Set: {title}', to, title=title))}</span>"
