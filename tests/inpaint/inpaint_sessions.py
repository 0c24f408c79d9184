"""Visits of the Inpaint page without a browser."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import torch
from pages import FakeStudio, endpoint, within_a_loop
from PIL import Image

from gan.imaging.io.codec import Encoding
from gan.imaging.mask import Mask, rectangle
from gan.inpaint.page import tab
from gan.inpaint.page.session import Session
from gan.inpaint.page.stage import Page, Stage
from gan.ui import mask_editor
from gan.ui.widgets import OutputOptions, output_options

SHOWN = len(dataclasses.fields(Stage))
FILES = ("download", "slider", "summary", "record")
NOT_EXTENDED = ("sides", "", 0, 0, 0, 0)
AS_IT_IS = (0, 0, "auto", False, "png", 92, False, False, False)
"""grow, feather, model, shadow, and the output's options."""


def box(left: int, top: int, width: int, height: int, *, of: tuple[int, int] = (48, 32)) -> Mask:
    return rectangle(of[1], of[0], left=left, top=top, width=width, height=height)


def layers(folder: Path, cover: torch.Tensor) -> dict[str, Any]:
    """What the editor gives for a layer of that cover, (h, w) in [0, 1]."""
    pixels = np.zeros((*cover.shape, 4), np.uint8)
    pixels[..., 3] = (cover * mask_editor.OPACITY).round().numpy()
    path = folder / f"layer-{len(list(folder.iterdir()))}.png"
    Image.fromarray(pixels).save(path)
    return {"background": None, "layers": [str(path)], "composite": None}


def strokes(folder: Path, *boxes: Mask) -> dict[str, Any]:
    return layers(folder, torch.stack([mask_editor.shown(one) for one in boxes]).amax(0))


def page() -> tuple[Page, FakeStudio]:
    studio = FakeStudio()
    return Page(studio.run, encoding), studio


def encoding(values: Sequence[Any]) -> Encoding:
    """Of the output's controls, whose names alone count here."""

    def make() -> OutputOptions:
        with gr.Blocks(analytics_enabled=False):
            return output_options("inpaint")

    return within_a_loop(make).encoding(values)


def call(studio: FakeStudio, name: str, *given: Any, **options: Any) -> Iterator[tuple[Any, ...]]:
    """What programs get of the tab's endpoint of that name."""
    return endpoint(lambda: tab.build(studio.run, studio.choices), name)(*given, **options)


def opened(page: Page, path: Path) -> Session:
    *_, last = page.open(str(path), None, None)  # type: ignore[arg-type]
    visit = last[0]
    assert isinstance(visit, Session)
    return visit


def ran(page: Page, visit: Session | None, value: Any, *options: Any, extend: tuple[Any, ...] = NOT_EXTENDED) -> Any:
    """The new visit and {name: value} of the result."""
    given = (*options, *AS_IT_IS[len(options) :])
    *_, last = page.inpaint(None, visit, value, *extend, *given)  # type: ignore[arg-type]
    assert len(last) == SHOWN + 5
    assert last[-1] == ""
    return last[0], dict(zip(FILES, last[SHOWN:], strict=False))


def kept(steps: Iterator[tuple[Any, ...]], folder: Path) -> Iterator[tuple[Any, ...]]:
    """With the first file copied, as Gradio does before the handler goes on."""
    for step in steps:
        if isinstance(step[0], str):
            copy = folder / f"kept-{Path(step[0]).name}"
            copy.write_bytes(Path(step[0]).read_bytes())
            yield str(copy), *step[1:]
