"""Options of a command, built from its request's fields, and what of them was given."""

from __future__ import annotations

import argparse
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import Any, Union, get_origin

from gan.core.option import PICTURE, Options, Parameter, names, nested, parameters
from gan.imaging.color_grading import Look
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture

_PLAIN = (bool, int, float, str)
_METAVARS = {"px": "PX", "deg": "DEG"}
_NAMED: Mapping[type, str] = {int: "N", Picture: "FILE", Mask: "MASK_OR_FOLDER", Look: "CUBE"}
_GROUPS = {"delivery": "names and folders", "size": "size", "adjust": "tone and color", "extend": "extending"}


def source(text: str) -> str:
    """The type of an option whose text may name a file that is read, such as a ground's; argparse asks for one."""
    return text


def reads_file(parameter: Parameter) -> bool:
    """True if its value stands for a file, or may do so."""
    return parameter.kind not in _PLAIN


def add(
    command: argparse.ArgumentParser,
    kind: type[Options],
    *,
    without: Container[str] = (),
    helps: Mapping[str, str] | None = None,
    listed: bool | None = None,
    optional: Container[str] = (),
) -> None:
    """One option for each parameter; its name is the field's and, where there is one, its alias: --angle-deg, --angle.

    What is not given stays None, so that the request's default holds. A tuple is given by repeating its option, or,
    where the command takes no pictures, as several values too.

    Args:
        without: names of fields that have no option here.
        helps: by field's name what is said instead of the declared help and default.
        optional: names of required fields that something else on the command may stand for.
        listed: whether the command takes pictures; by default whether `kind` has one.
    """
    groups: dict[str, Any] = {"": command}
    for parameter in parameters(kind):
        if parameter.name == PICTURE or parameter.name in without:
            continue
        group = parameter.option.group
        if group not in groups:
            groups[group] = command.add_argument_group(_GROUPS.get(group, group))
        text = (helps or {}).get(parameter.name) or "; ".join(_help(parameter)) + _default(parameter)
        flags = [f"--{name.replace('_', '-')}" for name in names(kind, parameter)]
        settings: dict[str, Any] = {"dest": parameter.public, "help": text.replace("%", "%%")}
        if parameter.kind is bool:
            _add_switch(groups[group], flags, parameter, settings)
        else:
            pictures = PICTURE in kind.model_fields if listed is None else listed
            value = _value(parameter, listed=pictures)
            if parameter.name in optional:
                value["required"] = False
            groups[group].add_argument(*flags, **settings, **value)


def given(arguments: argparse.Namespace, kind: type[Options], *, without: Container[str] = ()) -> dict[str, Any]:
    """The options that were given, by field, groups nested."""
    return nested(kind, flat(arguments, kind, without=without))


def flat(arguments: argparse.Namespace, kind: type[Options], *, without: Container[str] = ()) -> dict[str, Any]:
    """The options that were given, by public name."""
    wanted = (each.public for each in parameters(kind) if each.name != PICTURE and each.name not in without)
    return {name: value for name in wanted if (value := getattr(arguments, name)) is not None}


def _add_switch(group: Any, flags: list[str], parameter: Parameter, settings: dict[str, Any]) -> None:
    """--name; --no-name is listed where it changes something, and understood where it does not."""
    if parameter.default:
        group.add_argument(*flags, action=argparse.BooleanOptionalAction, default=None, **settings)
        return
    group.add_argument(*flags, action="store_const", const=True, **settings)
    off = [flag.replace("--", "--no-", 1) for flag in flags]
    group.add_argument(*off, action="store_const", const=False, dest=settings["dest"], help=argparse.SUPPRESS)


def _value(parameter: Parameter, *, listed: bool) -> dict[str, Any]:
    """Arguments of `add_argument` that say how to read a value."""
    settings: dict[str, Any] = {"required": parameter.required}
    kind = parameter.kind
    if kind in (int, float):
        settings["type"] = kind
    elif isinstance(kind, type) and issubclass(kind, (Picture, Mask, Look)):
        settings["type"] = Path
    elif reads_file(parameter):
        settings["type"] = source
    if parameter.many:
        settings |= {"action": "append"} if listed else {"action": "extend", "nargs": "+"}
    if parameter.choices:
        settings["choices"] = parameter.choices
    if not parameter.choices or parameter.option.metavar:
        settings["metavar"] = parameter.option.metavar or _metavar(parameter)
    return settings


def _metavar(parameter: Parameter) -> str:
    option = parameter.option
    if option.unit:
        return _METAVARS[option.unit]
    if option.ge is not None and option.le is not None and parameter.kind is float:
        return f"{option.ge:g}..{option.le:g}"
    if get_origin(parameter.kind) is Union:
        return "transparent|white|'#RRGGBB'|FILE"
    return _NAMED.get(parameter.kind, parameter.public.upper())


def _help(parameter: Parameter) -> Iterator[str]:
    """Phrases of --help: the declared one, a range that the metavar does not say, and how to give masks and lists."""
    option = parameter.option
    yield option.help
    if option.ge is not None and option.le is not None:
        span = f"{_number(option.ge)} to {_number(option.le)}"
        if span not in option.help and (option.unit or parameter.kind is int or option.metavar):
            yield span
    if parameter.kind is Mask:
        yield "one for all, or a folder with NAME.png or NAME_mask.png for each"
    if get_origin(parameter.kind) is Union:
        yield "the # may be left out, and needs quotes in most shells; a picture is scaled to cover"
    if parameter.many:
        yield "repeatable"


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"


def _default(parameter: Parameter) -> str:
    """In brackets, where there is one that can be typed."""
    default = parameter.default
    if parameter.required or parameter.many or default is None or default == "" or default is False:
        return ""
    if default is True:
        return " (yes)"
    if not isinstance(default, (str, int, float)):  # one of those that come with the package
        default = default.name
    return f" ({default if isinstance(default, str) else _number(default)})"
