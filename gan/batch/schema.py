"""JSON to the typed fields of a request, strictly: what has another type is refused, nothing is converted silently."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import operator
import types
from collections.abc import Callable, Mapping
from typing import Any, Union, get_args, get_origin, get_type_hints

from gan.core.errors import InputError

Leaf = Callable[[Any, str], Any]
"""Reads one JSON value of a type of its own, given the name of its field."""

MOST_INTEGER = 2**53
"""Beyond it numbers of other programs' JSON are no longer exact."""

_SHOWN = 60

_PLAIN: Mapping[type, tuple[tuple[type, ...], str]] = {
    bool: ((bool,), "true or false"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    str: ((str,), "a text"),
}


def fields_of(
    kind: type, given: Mapping[str, Any], leaves: Mapping[Any, Leaf], *, without: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The arguments of a dataclass from JSON.

    Args:
        kind: the dataclass.
        given: by field's name; what is missing keeps its default.
        leaves: how values are read whose types are not JSON's, such as pictures; a union's too.
        without: fields that may not be given.

    Raises:
        InputError: an unknown field, a missing one, a value of another type, or as of a leaf or a nested dataclass.
    """
    known = {item.name: item for item in dataclasses.fields(kind) if item.init and item.name not in without}
    for name in given:
        if name not in known:
            raise InputError(
                "request",
                "there is no field {name}",
                "the fields are {known}",
                "Correct the name, or leave it out",
                name=shown(name),
                known=", ".join(known),
            )
    for name, item in known.items():
        if name not in given and item.default is item.default_factory is dataclasses.MISSING:
            raise wrong(name, None, "a value")
    hints = get_type_hints(kind)
    return {name: _value(hints[name], value, leaves, name) for name, value in given.items()}


def shown(value: Any) -> str:
    """A JSON value on one short line."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def wrong(name: str, value: Any, wanted: str) -> InputError:
    """For a value of another type than what is wanted."""
    return InputError(name, "{value}", "{wanted} is expected", "Correct the recipe", value=shown(value), wanted=wanted)


def _value(kind: Any, value: Any, leaves: Mapping[Any, Leaf], name: str) -> Any:
    if kind in leaves:
        return leaves[kind](value, name)
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        members = [member for member in get_args(kind) if member is not type(None)]
        if value is None and len(members) < len(get_args(kind)):
            return None
        whole = functools.reduce(operator.or_, members)
        return _value(whole, value, leaves, name) if len(members) == 1 else leaves[whole](value, name)
    if origin is tuple:
        return _items(get_args(kind), value, leaves, name)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(value, Mapping):
            raise wrong(name, value, "an object")
        return kind(**fields_of(kind, value, leaves))
    return _plain(kind, value, name)


def _plain(kind: type, value: Any, name: str) -> Any:
    types_, wanted = _PLAIN[kind]
    # In Python true is a whole number; in JSON it is none.
    fits = isinstance(value, types_) and (kind is bool or not isinstance(value, bool))
    if not fits:
        raise wrong(name, value, wanted)
    if kind is int and abs(value) > MOST_INTEGER:
        raise wrong(name, value, wanted)
    if kind is float:
        _check_finite(value, name)
    # 0 stays 0 and does not become 0.0: a replay's history is to be the recipe's to the letter.
    return value


def _items(kinds: tuple[Any, ...], value: Any, leaves: Mapping[Any, Leaf], name: str) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise wrong(name, value, "a list")
    if kinds[-1] is Ellipsis:
        return tuple(_value(kinds[0], item, leaves, name) for item in value)
    if len(kinds) != len(value):
        raise wrong(name, value, "a list of another length")
    return tuple(_value(kind, item, leaves, name) for kind, item in zip(kinds, value, strict=True))


def _check_finite(value: Any, name: str) -> None:
    try:
        finite = math.isfinite(value)
    except OverflowError:  # a whole number of hundreds of digits
        finite = False
    if not finite:
        raise wrong(name, value, "a number")
