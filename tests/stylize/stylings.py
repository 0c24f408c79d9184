"""What the Stylize tab's tests share: a run without a network, and what the page's choices hold."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import torch
from pages import SHA256, FakeChoice, endpoint, within_a_loop

from gan.api import Studio
from gan.core.contract import Progress, Request, Result
from gan.core.errors import Cancelled
from gan.stylize.page import tab
from gan.stylize.page.handlers import Choices
from gan.stylize.pipeline import SheetRequest, StylizeRequest
from gan.stylize.presets import PRESETS

NAMES = tuple(PRESETS)
STYLE = (NAMES[0], None, 1, 1, 1, 1)
NAMES_OF_OPTIONS = (
    "strength",
    "kind",
    "preserve_color",
    "where",
    "mask",
    "protect_text",
    "content_px",
    "style_px",
    "model",
)
HOW = (1.0, "artistic", False, "everywhere", None, False, 0, 0, "auto")
FORMAT = ("png", 92, False, False, False)


class FakeRun:
    """Artistic is red and blue exchanged; remembers what it was asked."""

    def __init__(self, step_s: float = 0.0) -> None:
        self.step_s = step_s
        self.requests: list[Any] = []

    def __call__(
        self, request: Request, *, progress: Progress | None = None, cancel: threading.Event | None = None
    ) -> Result:
        self.requests.append(request)
        assert isinstance(request, (StylizeRequest, SheetRequest))
        for step in range(4):
            if cancel is not None and cancel.is_set():
                raise Cancelled
            time.sleep(self.step_s)
            if progress is not None:
                progress(step + 1, 4, "Painting strokes")
        picture = request.picture
        made = picture.with_pixels(torch.lerp(picture.rgb, picture.rgb.flip(1), request.strength), picture.alpha)
        count = 1 if isinstance(request, StylizeRequest) else len(request.chosen) + 1
        shares = list(request.shares) if isinstance(request, StylizeRequest) else []
        details = {"shares": shares, "covered": 0.25}
        return Result("stylize", (made,) * count, 0, 0.5, {"stylize": SHA256}, (), details, request.record())


def values(style: Sequence[Any] = STYLE, **changes: Any) -> tuple[Any, ...]:
    """What the page's choices hold."""
    return (*style, *{**dict(zip(NAMES_OF_OPTIONS, HOW, strict=True)), **changes}.values())


def held(given: Sequence[Any]) -> Choices:
    """What the page's widgets hold."""
    return Choices.held(given[: len(STYLE)], dict(zip(NAMES_OF_OPTIONS, given[len(STYLE) :], strict=True)))


def on_page(run: Any, path: Path | None, *given: Any) -> Iterator[tuple[Any, ...]]:
    """What a click on the button yields."""
    page = page_with([FakeChoice()], run)
    buttons = {block.elem_id: number for number, block in page.blocks.items() if getattr(block, "elem_id", None)}
    (began,) = [one for one in page.fns.values() if (buttons["stylize-run"], "click") in one.targets]
    (event,) = [one for one in page.fns.values() if one.trigger_after == began._id]
    assert event.fn is not None
    return event.fn(None, None if path is None else str(path), *given)


def call(run: Any, name: str, *given: Any, **options: Any) -> Iterator[tuple[Any, ...]]:
    """What programs get of the tab's endpoint of that name."""
    return endpoint(lambda: tab.build(run, [FakeChoice()]), name)(*given, **options)


def photographic(tmp_path: Path) -> Callable[..., Result]:
    """The real studio; such looks need no weights."""
    return Studio("cpu", tmp_path).run


def page_with(choices: list[FakeChoice], run: Any = None) -> gr.Blocks:
    """The tab alone on a page."""

    def make() -> gr.Blocks:
        blocks = gr.Blocks(analytics_enabled=False)
        with blocks:
            tab.build(run or FakeRun(), choices)
        return blocks

    return within_a_loop(make)
