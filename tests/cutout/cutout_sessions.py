"""Visits of the Cut-out page without a browser."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from cut_outs import CutOuts
from pages import within_a_loop
from PIL import Image

from gan.cutout.page.session import Session
from gan.cutout.page.settings import EDITS, options_of
from gan.cutout.page.stage import Page, Stage
from gan.imaging.io.codec import Encoding
from gan.ui.mask_editor import OPACITY
from gan.ui.widgets import OutputOptions, output_options

SIZE = (96, 72)
HELD: dict[str, Any] = {"ground": "transparent", "color": "#FFFFFF", "file": None}
"""What the page's widgets hold at first."""
for task in EDITS:
    HELD |= {task: False, **{one.public: 0 if one.default is None else one.default for one in options_of(task)}}
HELD["to"] = ""
PNG = ("png", 92, False, False, False)
FIELDS = [field.name for field in dataclasses.fields(Stage)] + ["download", "slider", "summary", "record", "status"]


def page() -> tuple[Page, CutOuts]:
    studio = CutOuts()
    return Page(studio.run, tuple(HELD), encoding), studio


def encoding(values: Sequence[Any]) -> Encoding:
    """Of the output's controls, whose names alone count here."""

    def make() -> OutputOptions:
        with gr.Blocks(analytics_enabled=False):
            return output_options("cutout")

    return within_a_loop(make).encoding(values)


def opened(desk: Page, path: Path) -> Session:
    *_, last = desk.open(str(path), None, None)  # type: ignore[arg-type]
    visit = last[0]
    assert isinstance(visit, Session)
    return visit


def made(
    desk: Page,
    visit: Session | None,
    value: Any = None,
    *,
    mask: str | None = None,
    protect: str | None = None,
    model: str = "auto",
    output: tuple[Any, ...] = PNG,
    **held: Any,
) -> dict[str, Any]:
    """What the page shows after a run, by the names of its widgets."""
    values = {**HELD, **held}.values()
    *_, last = desk.make(None, visit, value, mask, protect, model, *values, *output)  # type: ignore[arg-type]
    assert last[-1] == ""
    return dict(zip(FIELDS, last, strict=True))


def laid(
    desk: Page, visit: Session | None, ground: str, color: str = "#FFFFFF", file: str | None = None
) -> dict[str, Any]:
    *_, last = desk.lay(None, visit, ground, color, file, *PNG)  # type: ignore[arg-type]
    return dict(zip(FIELDS, last, strict=True))


def strokes(folder: Path, *drawn: tuple[tuple[int, int, int], tuple[int, int, int, int]]) -> dict[str, Any]:
    """What the editor gives for boxes (left, top, right, bottom) in colors, the later over the earlier."""
    pixels = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    for color, (left, top, right, bottom) in drawn:
        pixels[top:bottom, left:right] = (*color, OPACITY)
    path = folder / f"layer-{len(list(folder.iterdir()))}.png"
    Image.fromarray(pixels).save(path)
    return {"background": None, "layers": [str(path)], "composite": None}
