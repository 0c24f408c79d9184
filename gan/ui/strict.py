"""Checks of what widgets take over the network: values of their own type, and for all others one sentence.

Gradio 6.31 hands a checkbox's text, a number's list or a NaN on to the handler, and lists numbers to choose from as
texts. The page itself sends none of these; programs do.
"""

from __future__ import annotations

import functools
import html
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.context import LocalContext

from gan.core.errors import InputError, shown, wrong_type
from gan.ui.i18n import language, sentence
from gan.ui.storage import touch

MOST_INTEGER: Final = 2**53
"""Beyond it JSON's numbers are no longer exact."""

MOST_TEXT: Final = 100_000
"""Characters; a message or an HTML report comes back to the server in some events, a setting never is as long."""

TOUCHES: Final = "packshot_touches"
"""Mark of a method that was made to do so; others wrap these methods too."""


def make_strict() -> None:
    """Let Gradio's widgets of this process check types before anything else; once is enough."""
    for kind, check in _CHECKS.items():
        if not hasattr(kind.preprocess, "__wrapped__"):
            kind.preprocess = _checked(kind.preprocess, check)
    for kind in (gr.File, gr.DownloadButton):
        if not hasattr(kind.preprocess, TOUCHES):
            kind.preprocess = _touching(kind.preprocess)  # type: ignore[method-assign]
    for kind in (gr.Radio, gr.Dropdown):
        if not hasattr(kind.api_info, "__wrapped__"):
            kind.api_info = _with_numbers(kind.api_info)  # type: ignore[method-assign]


def _checked(preprocess: Callable[..., Any], check: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    @functools.wraps(preprocess)
    def checked(self: Any, payload: Any) -> Any:
        return preprocess(self, check(self, payload))

    return checked


def _touching(preprocess: Callable[..., Any]) -> Callable[..., Any]:
    """An upload or a result that an event takes is in use, and stays on the server."""

    @functools.wraps(preprocess)
    def touched(self: Any, payload: Any) -> Any:
        given = preprocess(self, payload)
        touch(*(Path(path) for path in (given if isinstance(given, list) else [given]) if isinstance(path, str)))
        return given

    setattr(touched, TOUCHES, True)
    return touched


def _with_numbers(api_info: Callable[..., Any]) -> Callable[..., Any]:
    """A choice of numbers is listed as one, and with its values; Gradio would list it as a choice of texts."""

    @functools.wraps(api_info)
    def described(self: Any) -> Any:
        told, values = api_info(self), [value for _, value in self.choices]
        if values and all(_is_number(value) for value in values):
            kind = "integer" if all(isinstance(value, int) for value in values) else "number"
            return {"type": kind, "description": f"one of {', '.join(map(str, values))}"}
        return told

    return described


def _truth(widget: Any, payload: Any) -> Any:
    return payload if isinstance(payload, bool) else refuse(widget, payload, "true or false")


def _number(widget: Any, payload: Any) -> Any:
    if payload in (None, "") and isinstance(widget, gr.Number):
        return None
    if not _is_number(payload) or not math.isfinite(payload) or abs(payload) > MOST_INTEGER:
        return refuse(widget, payload, "a number")
    least, most = widget.minimum, widget.maximum
    if (least is not None and payload < least) or (most is not None and payload > most):
        return _refuse(_out_of_range(widget, payload, least, most))
    return payload


def _text(widget: Any, payload: Any) -> Any:
    if payload is None:
        return ""
    if not isinstance(payload, str) or len(payload) > MOST_TEXT:
        return refuse(widget, payload, "a text")
    return payload


def _markup(widget: Any, payload: Any) -> Any:
    if payload is None:
        return ""
    return payload if isinstance(payload, str) else refuse(widget, payload, "a text")


def _example(widget: Any, payload: Any) -> Any:
    if not isinstance(payload, int) or isinstance(payload, bool):
        return refuse(widget, payload, "a whole number")
    most = len(widget.raw_samples) - 1
    return payload if 0 <= payload <= most else _refuse(_out_of_range(widget, payload, 0, most))


def _choice(widget: Any, payload: Any) -> Any:
    """A choice's text stands for its number: programs that read an older listing send it."""
    if payload is None:  # what one is chosen of cannot be emptied on the page, once it has a value
        return widget.value if isinstance(widget, gr.Radio) else None
    values = [value for _, value in widget.choices]
    if isinstance(payload, list):
        if not getattr(widget, "multiselect", False):
            return _refuse(_not_one_of(widget, payload, values))
        return [_known(widget, one, values) for one in payload]
    if getattr(widget, "allow_custom_value", False) and isinstance(payload, str):
        return payload
    return _known(widget, payload, values)


def _choices(widget: Any, payload: Any) -> Any:
    values = [value for _, value in widget.choices]
    if payload is None:
        return []
    if not isinstance(payload, list):
        return refuse(widget, payload, "a list")
    return list(dict.fromkeys(_known(widget, one, values) for one in payload))


def _known(widget: Any, payload: Any, values: Sequence[Any]) -> Any:
    for value in values:
        if type(value) is type(payload) and value == payload:
            return value
    for value in values:
        if _is_number(value) and (str(value) == payload or (_is_number(payload) and value == payload)):
            return value
    return _refuse(_not_one_of(widget, payload, values))


_CHECKS: Final[dict[Any, Callable[[Any, Any], Any]]] = {
    gr.Checkbox: _truth,
    gr.Number: _number,
    gr.Slider: _number,
    gr.Textbox: _text,
    gr.Radio: _choice,
    gr.Dropdown: _choice,
    gr.CheckboxGroup: _choices,
    gr.HTML: _markup,
    gr.Dataset: _example,
}


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def refuse(widget: Any, payload: Any, wanted: str) -> Any:
    """Raise the sentence on a widget's value of another type; `wanted` is a text of the catalogs."""
    return _refuse(wrong_type(_name(widget), payload, wanted))


def _not_one_of(widget: Any, payload: Any, values: Sequence[Any]) -> InputError:
    return InputError(
        _name(widget),
        "{value}",
        "{known} are allowed",
        "Choose one of these",
        value=shown(payload),
        known=", ".join(map(str, values)),
    )


def _out_of_range(widget: Any, payload: float, least: float | None, most: float | None) -> InputError:
    allowed = "{least:g} to {most:g} is allowed"
    if least is None or most is None:
        allowed = "{least:g} or more is allowed" if most is None else "{most:g} or less is allowed"
    values = {"value": payload, "least": least, "most": most}
    return InputError(_name(widget), "{value:g}", allowed, "Choose a number in this range", **values)


def _refuse(error: InputError) -> Any:
    """Raise the sentence as Gradio shows it."""
    text = sentence(error, language(LocalContext.request.get(None)))
    raise gr.Error(html.escape(text, quote=False), print_exception=False)


def _name(widget: Any) -> str:
    """Name in the API and on the command line: by the element's id, without its tab, or by the label's key."""
    if widget.elem_id:
        return str(widget.elem_id).partition("-")[2].replace("-", "_") or str(widget.elem_id)
    key = getattr(widget.label, "key", "")
    return key.rpartition(".")[2].rpartition(":")[2] or str(widget.get_block_name())
