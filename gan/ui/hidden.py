"""Hidden components and handlers that stand for the parameters of an endpoint: what Gradio lists of it and calls."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component
from gradio.context import Context

from gan.core.errors import wrong_type
from gan.core.option import Parameter
from gan.ui.background_job import one_sentence
from gan.ui.i18n import language

PAGE: Final = "endpoints"
"""Address of the page that the endpoints' parameters lie on."""

Handle = Callable[[dict[str, Any], gr.Request | None], Iterator[tuple[Any, ...]]]
"""Yields the outputs of a call, by the names of its parameters and the visitor's request."""


@dataclass(frozen=True)
class Entry:
    """One parameter over HTTP.

    Attributes:
        name: as programs write it.
        component: hidden; gives type, choices and default to the API's listing, and the value as it came.
        default: None for none where `required`.
        is_text: whether anything but a text is refused before the handler sees it, and null stands for the default; a
            request refuses by itself.
    """

    name: str
    component: Component
    default: Any
    required: bool = False
    is_text: bool = False


@contextmanager
def apart() -> Iterator[None]:
    """Put what is made within on a page of its own, `PAGE`, which no visitor opens.

    A browser goes through every component and every event of its page each time it draws one; those of the endpoints,
    which are half of all, would be among them.
    """
    block, root = Context.block, Context.root_block
    if root is None:
        raise RuntimeError("endpoints are made within gr.Blocks")
    if PAGE not in {path for path, *_ in root.pages}:
        root.pages.append((PAGE, PAGE, False))
    page, root.current_page, Context.block = root.current_page, PAGE, root
    try:
        yield
    finally:
        root.current_page, Context.block = page, block


def with_signature(
    handle: Handle,
    name: str,
    entries: Sequence[Entry],
    docs: str,
    *,
    asks: bool = True,
) -> Callable[..., Iterator[tuple[Any, ...]]]:
    """A handler that Gradio sees as a function of these parameters and, where it `asks`, of the visitor's request."""
    kept = [
        inspect.Parameter(
            entry.name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=inspect.Parameter.empty if entry.required else entry.default,
        )
        for entry in entries
    ]
    texts = {entry.name: entry.default for entry in entries if entry.is_text}
    asked = inspect.Parameter(
        "request", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=gr.Request | None
    )
    signature = inspect.Signature([*kept, asked] if asks else kept)

    def handler(*args: Any, **named: Any) -> Iterator[tuple[Any, ...]]:
        bound = signature.bind(*args, **named)
        bound.apply_defaults()
        values = dict(bound.arguments)
        request = values.pop("request", None)
        with one_sentence(language(request)):
            for parameter, default in texts.items():
                if values[parameter] is None:
                    values[parameter] = default
                if not isinstance(values[parameter], str):
                    raise wrong_type(parameter, values[parameter], "a text")
        yield from handle(values, request)

    handler.__name__ = handler.__qualname__ = name
    handler.__doc__ = docs
    handler.__signature__ = signature  # type: ignore[attr-defined]
    handler.__annotations__ = {"request": gr.Request | None} if asks else {}
    return handler


def component_of(parameter: Parameter, common: dict[str, Any]) -> Component:
    default, option = plain(parameter.default), parameter.option
    if parameter.choices:
        choices = [(str(choice), choice) for choice in parameter.choices]
        if parameter.many:
            return hidden(gr.CheckboxGroup(choices, value=default, **common))
        # Gradio's own client writes every choice of an "enum" as a text.
        one_of = None if parameter.kind is str else {"anyOf": [{"const": choice} for choice in parameter.choices]}
        return hidden(gr.Radio(choices, value=default, **common), one_of)
    if parameter.kind is bool:
        return hidden(gr.Checkbox(bool(default), **common))
    if parameter.kind in (int, float):
        precision = 0 if parameter.kind is int else None
        about = {"type": "integer" if parameter.kind is int else "number"}
        limits: dict[str, Any] = {"minimum": option.ge, "maximum": option.le}
        ranged = {**about, **{name: limit for name, limit in limits.items() if limit is not None}}
        return hidden(gr.Number(default, precision=precision, **limits, **common), ranged)
    return hidden(gr.Textbox(", ".join(default or ()), **common))


def hidden(component: Component, about: Mapping[str, Any] | None = None) -> Component:
    """The component, which hands its value over as it came, so that the request alone says what is wrong with it.

    Gradio's own check is one of a list of choices that it prints with types, or an error that nobody may see. A
    subclass would not do: Gradio writes a stub file beside each.
    """
    own: dict[str, Any] = {} if about is None else {"api_info": lambda: dict(about)}
    if not isinstance(component, gr.File):
        own["preprocess"] = lambda value: value
    for name, method in own.items():
        setattr(component, name, method)
    return component


def plain(default: Any) -> Any:
    return list(default) if isinstance(default, tuple) else default
