"""Endpoints of the Cut-out tab: one request each, and its finished files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from gradio.components.base import Component

from gan.core.contract import Request, Result
from gan.cutout.page.result import SUFFIXES, from_results
from gan.cutout.page.settings import colors_of
from gan.cutout.pipeline import CutoutRequest
from gan.edit.frame import FrameRequest
from gan.edit.match import MatchRequest
from gan.edit.recolor import RecolorRequest
from gan.edit.shadow import ShadowRequest
from gan.edit.white import WhiteRequest
from gan.imaging.picture import Picture
from gan.ui.agents import former
from gan.ui.endpoint import Done, Endpoints
from gan.ui.form import hex_of
from gan.ui.i18n import Language
from gan.ui.protocols import Run
from gan.ui.result import stem_of, zipped

RETURNS: Final = "Returns the finished file, previews before and after, a summary as HTML, a JSON record, and"
NOTHING: Final = f"{RETURNS} nothing."
SEVERAL: Final = f"{RETURNS}, of several colors, a ZIP of all files; the others are then those of the first color."

FORMER: Final = "recolour"
"""The name of the first version, which programs may still call."""

TASKS: Final[Mapping[str, tuple[type[Request], str]]] = {
    "cutout": (CutoutRequest, NOTHING),
    "recolor": (RecolorRequest, SEVERAL),
    "shadow": (ShadowRequest, f"{RETURNS} the shadow alone."),
    "frame": (FrameRequest, NOTHING),
    "white": (WhiteRequest, NOTHING),
    "match": (MatchRequest, NOTHING),
    FORMER: (RecolorRequest, SEVERAL),
}
"""By the endpoint's name."""


def expose(public: Endpoints, run: Run, outputs: list[Component], status: Component) -> None:
    """Let programs call every task of the tab."""
    for name, (kind, returns) in TASKS.items():
        adapt = _colors if kind is RecolorRequest else _ground
        handler = public.expose(name, kind, run, finish, outputs, status, returns=returns, adapt=adapt)
        if name == FORMER:
            former(handler)


def finish(done: Done[Any]) -> tuple[Any, ...]:
    """Write the files of all pictures, of which the first is shown, and what comes beside them."""
    result, source = done.result, done.asked.request.picture
    shown = [
        from_results(
            [result], source, done.asked.encoding, done.folder, done.to, index=index, layer=_layer(result), stem=stem
        )
        for index, stem in enumerate(_stems(result, source))
    ]
    beside = shown[0].extra
    if len(shown) > 1:
        beside = zipped(shown, done.folder / f"{Path(source.name).stem or 'picture'}.zip")
    return *shown[0].values(), None if beside is None else str(beside)


def _stems(result: Result, source: Picture) -> list[str]:
    """Of the files' names: one for each color, or one."""
    stem = stem_of(source, SUFFIXES[result.task])
    colors = [target["to"].lstrip("#") for target in result.details.get("targets", ())]
    return [f"{stem}_{color}" for color in colors] if len(colors) > 1 else [stem]


def _layer(result: Result) -> Picture | None:
    return result.pictures[1] if result.task == "shadow" else None


def _ground(values: dict[str, Any], _to: Language) -> dict[str, Any]:
    """A color may be written as pickers write it."""
    ground = values.get("ground")
    return {**values, "ground": hex_of(ground)} if isinstance(ground, str) else values


def _colors(values: dict[str, Any], _to: Language) -> dict[str, Any]:
    """Colors that are the same are one; a file is named after each."""
    to = values["to"]
    return {**values, "to": colors_of(to)} if isinstance(to, str) else values
