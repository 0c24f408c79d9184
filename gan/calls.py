"""Calls from Python: each task's method of `Studio`, its signature and docstring from the request."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Union, get_origin

from PIL import Image

from gan.core.contract import Progress, Result
from gan.core.option import PICTURE, Options, Parameter, names, nested, parameters, places
from gan.core.reader import AnySource, LatePicture, Source
from gan.imaging.color_grading import Look
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture
from gan.tasks import Task

IMAGE = "image"
"""What calls name the picture that a request is about."""

_ALONE = (str, bytes, Path, Image.Image, Picture)
"""What may stand for a list of one."""

_WORDS = inspect.Parameter.KEYWORD_ONLY
_PLACES = inspect.Parameter.POSITIONAL_OR_KEYWORD


def call_of(task: Task) -> Callable[..., Result]:
    """The method of `Studio` that makes the task's request of its arguments and runs it.

    Files are opened: a path, a file's content and an image of Pillow's are all taken for a picture or a mask. Options
    of a group are arguments too; the group may also be given whole.
    """
    kind = task.request
    signature = _signature(task)
    today = {name: _spelled(kind, parameter) for parameter in parameters(kind) for name in names(kind, parameter)}
    several = frozenset(_spelled(kind, parameter) for parameter in parameters(kind) if parameter.many)
    worded = {} if task.worded is None else inspect.signature(task.worded).parameters

    def call(*given: Any, **named: Any) -> Result:
        spelled = {today.get(name, name): value for name, value in named.items()}
        if len(spelled) < len(named):
            raise TypeError(f"{task.name}() got several values for one argument")
        values = signature.bind(*given, **spelled).arguments
        studio, progress, cancel = values.pop("self"), values.pop("progress", None), values.pop("cancel", None)
        said = {name: values.pop(name) for name in worded if name in values}
        fields = {} if task.worded is None else dict(task.worded(**said))
        if IMAGE in values:
            fields[PICTURE] = values.pop(IMAGE)
        for name in several & values.keys():
            values[name] = (values[name],) if isinstance(values[name], _ALONE) else tuple(values[name])
        left_out = [name for name, value in values.items() if value is None and name in _groups(kind)]
        fields |= nested(kind, {name: value for name, value in values.items() if name not in left_out})
        result: Result = studio.run(kind.read(fields, AnySource()), progress=progress, cancel=cancel)
        return result

    call.__name__ = task.name
    call.__qualname__ = f"Studio.{task.name}"
    call.__doc__ = _docstring(task)
    call.__signature__ = signature  # type: ignore[attr-defined]
    return call


def _signature(task: Task) -> inspect.Signature:
    """The picture, what is worded otherwise, what is required, and `second`; all else by name alone."""
    kind = task.request
    first: list[inspect.Parameter] = [inspect.Parameter("self", _PLACES)]
    rest: list[inspect.Parameter] = []
    if PICTURE in kind.model_fields:
        first.append(inspect.Parameter(IMAGE, _PLACES, annotation=Source))
    for worded in () if task.worded is None else inspect.signature(task.worded, eval_str=True).parameters.values():
        (rest if worded.kind is _WORDS else first).append(worded)
    for parameter in parameters(kind):
        if parameter.name == PICTURE:
            continue
        placed = parameter.required or parameter.name == task.second
        made = inspect.Parameter(
            _spelled(kind, parameter),
            _PLACES if placed else _WORDS,
            default=inspect.Parameter.empty if parameter.required else parameter.default,
            annotation=_annotation(parameter),
        )
        (first if placed else rest).append(made)
    shown = {parameter.name for parameter in (*first, *rest)} | {PICTURE}
    for name, info in kind.model_fields.items():
        if name not in shown:  # a whole group, or what other results give, such as a latent
            default = None if name in _groups(kind) else info.default
            rest.append(inspect.Parameter(name, _WORDS, default=default, annotation=_bare(info.annotation)))
    rest.append(inspect.Parameter("progress", _WORDS, default=None, annotation=Progress | None))
    rest.append(inspect.Parameter("cancel", _WORDS, default=None, annotation="threading.Event | None"))
    return inspect.Signature([*first, *rest], return_annotation=Result)


def _docstring(task: Task) -> str:
    return f"{task.description}\n\nArgs:\n{textwrap.indent(chr(10).join(_arguments(task)), '    ')}\n{_ENDING}"


_ENDING = """
Returns:
    A `Result` whose `.image` is Pillow's, RGB or RGBA; `.images` where there are several.

Raises:
    InputError: a picture or an option cannot be used.
    WeightsError: the model cannot be used.
    Cancelled: `cancel` was set."""


def _arguments(task: Task) -> Iterator[str]:
    kind = task.request
    if PICTURE in kind.model_fields:
        yield f"{IMAGE}: a file's path, its content, or an image of Pillow's."
    for parameter in parameters(kind):
        if parameter.name != PICTURE:
            yield f"{_spelled(kind, parameter)}: {'; '.join(_told(parameter))}."
    for name in _groups(kind):
        yield f"{name}: a whole group of these options."
    yield "progress: called with (steps done, steps in all, what is being done)."
    yield "cancel: an event that stops the work before its next step."


def _told(parameter: Parameter) -> Iterator[str]:
    yield parameter.option.help or parameter.name
    if parameter.option.ge is not None and parameter.option.le is not None:
        yield f"{parameter.option.ge:g} to {parameter.option.le:g}"
    if parameter.choices:
        yield ", ".join(map(str, parameter.choices))


def _groups(kind: type[Options]) -> Sequence[str]:
    return list(dict.fromkeys(parameter.path[0] for parameter in parameters(kind) if len(parameter.path) > 1))


def _spelled(kind: type[Options], parameter: Parameter) -> str:
    """Its own name, or its alias where another field has that name."""
    return parameter.name if places(kind).get(parameter.name) == parameter.path else parameter.public


def _bare(annotation: Any) -> Any:
    return annotation if isinstance(annotation, type) else Any


def _annotation(parameter: Parameter) -> Any:
    kind: Any = parameter.kind
    if parameter.choices:
        kind = Literal[parameter.choices]
    elif get_origin(kind) is Union:
        kind = str | Source
    elif isinstance(kind, type) and issubclass(kind, (Picture, Mask, Look, LatePicture)):
        kind = Source
    if parameter.many:
        kind = Sequence[kind] | str if kind is str else Sequence[kind]
    return kind | None if parameter.optional else kind
