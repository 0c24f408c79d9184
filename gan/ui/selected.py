"""Places and numbers of a click on the page, which a program may send as it likes, or leave out."""

from __future__ import annotations

import functools
import html
import math
from collections.abc import Callable
from typing import Any, Final

import gradio as gr
from gradio.context import LocalContext

from gan.core.errors import InputError, outside, wrong_type
from gan.ui.i18n import language, sentence

_NONE: Final = {"index": None, "value": None}


def take_any_selection() -> None:
    """Let Gradio hand on an event without a selection, or with nonsense in its place; once is enough."""
    if not hasattr(gr.SelectData.__init__, "__wrapped__"):
        gr.SelectData.__init__ = _with_defaults(gr.SelectData.__init__)  # type: ignore[method-assign]


def _with_defaults(init: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(init)
    def made(self: Any, target: Any, data: Any) -> None:
        init(self, target, {**_NONE, **(data if isinstance(data, dict) else {})})

    return made


def place(event: gr.SelectData) -> tuple[float, float]:
    """Column and row of a clicked pixel.

    Raises:
        gr.Error: it is no place.
    """
    at = event.index
    if not isinstance(at, (list, tuple)) or len(at) != 2 or not all(_is_number(one) for one in at):
        raise _shown(wrong_type("click", at, "a place in the picture"))
    return float(at[0]), float(at[1])


def number(event: gr.SelectData, count: int) -> int:
    """The number of what was clicked among so many, from 0.

    Raises:
        gr.Error: it is none of them.
    """
    at = event.index
    if not isinstance(at, int) or isinstance(at, bool):
        raise _shown(wrong_type("click", at, "a whole number"))
    if not 0 <= at < count:
        raise _shown(outside("click", at, 0, count - 1))
    return at


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _shown(error: InputError) -> gr.Error:
    text = sentence(error, language(LocalContext.request.get(None)))
    return gr.Error(html.escape(text, quote=False), print_exception=False)
