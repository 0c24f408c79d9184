"""Widgets from a request's options, and a request from what the widgets, or a program's parameters, hold."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import gradio as gr
from gradio.components.base import Component

from gan.core.errors import InputError, wrong_type
from gan.core.option import PICTURE, Options, Parameter, nested, parameters
from gan.core.reader import READER, Reader, Source
from gan.core.request import Request
from gan.ui.i18n import LABELS, label
from gan.ui.protocols import Choice

Group = TypeVar("Group", bound=Options)

IMAGE: Final = "image"
"""Name over HTTP and in messages of a request's main picture."""

FILE_SUFFIX: Final = "_file"
"""Of the parameter beside one that takes a text or a file, such as a ground."""

MOST_STOPS: Final = 1000
"""A number with more places than this is typed: no slider is so fine."""

NOT_ON_PAGES: Final = (PICTURE, "seed")
"""Fields that no form adds unasked: a picture has its own place, and few results depend on a seed."""

SEPARATOR: Final = re.compile(r"[\s,;，；、]+")
_NUMBERS: Final = (int, float)
_PART: Final = r"(\d{1,3}(?:\.\d*)?)"
_RGB: Final = re.compile(rf"rgba?\(\s*{_PART}[\s,]+{_PART}[\s,]+{_PART}[^)]*\)")
_SCALARS: Final = (bool, int, float, str)


class Uploads(Reader):
    """Opens uploaded files, which a component has turned into paths; a text opens nothing."""

    def source(self, value: Any, field: str) -> Source:
        if not isinstance(value, Path):
            raise wrong_type(field, value, "a file")
        return value


UPLOADS: Final = Uploads()


def field_label(task: str, name: str) -> Any:
    """The label of a field or a group of fields, from the catalog; its name where the catalog has none."""
    key = label_key(task, name)
    return name.replace("_", " ").capitalize() if key is None else label(key)


def label_key(task: str, name: str) -> str | None:
    """The message id of a field's label, `task.name`; None where the catalogs have none."""
    key = f"{task}.{name}"
    return key if key in LABELS else None


def choice_label(task: str, name: str, choice: Any) -> Any:
    """The label of one of a field's choices, from the catalog; the choice itself where the catalog has none."""
    key = choice_key(task, name, choice)
    return str(choice) if key is None else label(key)


def choice_key(task: str, name: str, choice: Any) -> str | None:
    """The message id of a choice's label, `task.name.choice`; None where the catalogs have none."""
    key = f"{task}.{name}.{choice}"
    return key if key in LABELS else None


class Form(Generic[Group]):
    """Widgets of a group of options, added one by one to the current Blocks, and the way back.

    Args:
        kind: a request, or another group of options.
        task: whose labels the fields have.
        prefix: of the element ids; the task's name by default.
    """

    def __init__(self, kind: type[Group], task: str, *, prefix: str = "") -> None:
        self.kind = kind
        self._task = task
        self.prefix = prefix or task
        self._parameters = {parameter.public: parameter for parameter in parameters(kind)}
        self.fields: dict[str, Component] = {}

    def __getitem__(self, name: str) -> Any:
        """The widget of a field, by its public name."""
        return self.fields[name]

    def controls(self) -> list[Any]:
        """The widgets in the order in which they were added, which is that of `given`."""
        return list(self.fields.values())

    def add(self, name: str, **changes: Any) -> Any:
        """Add the widget of a field.

        Args:
            name: the field's public name.
            changes: arguments of the component in place of those that follow from the field.
        """
        return self._keep(name, widget(self._parameters[name], self._task, self.prefix, **changes))

    def add_slider(self, name: str, **changes: Any) -> Any:
        """Add a field that may be left out as a slider, where something else on the page stands for leaving it out."""
        parameter = dataclasses.replace(self._parameters[name], optional=False)
        return self._keep(name, widget(parameter, self._task, self.prefix, **changes))

    def add_choice(
        self, name: str, choices: Sequence[Any], *, kind: Callable[..., Any] = gr.Dropdown, **changes: Any
    ) -> Any:
        """Add a field as a choice among values that are known only when the page is built.

        Args:
            choices: values, or labels with values.
            kind: of the component.
        """
        default = self._parameters[name].default
        common = common_of(self._task, self.prefix, name)
        own = {"filterable": False} if kind is gr.Dropdown else {}
        return self._keep(name, kind(choices, **{"value": default, **common, **own, **changes}))

    def add_model(self, ready: Sequence[Choice], **changes: Any) -> Any:
        """Add the choice of a model: automatic, or one of those that can be used."""
        automatic = (label("model.auto"), self._parameters["model"].default)
        return self.add_choice("model", [automatic, *((choice.title, choice.name) for choice in ready)], **changes)

    def add_rest(self, *, without: Collection[str] = ()) -> None:
        """Add every field that is not there yet: those of a group in its fold, others to the current context.

        What a request gains is on the page by this, with no line there.

        Args:
            without: fields that the page leaves out, besides the picture and the seed.
        """
        left = [
            (name, parameter)
            for name, parameter in self._parameters.items()
            if name not in self.fields and name not in {*NOT_ON_PAGES, *without}
        ]
        for name, parameter in left:
            if not parameter.option.group:
                self.add(name)
        for group in dict.fromkeys(parameter.option.group for _, parameter in left if parameter.option.group):
            self.add_group(group)

    def _keep(self, name: str, component: Any) -> Any:
        self.fields[name] = component
        return component

    def add_group(self, group: str, *, info: str = "", row: bool = False) -> None:
        """Add every field of a group that is not there yet, in a fold named after it.

        Args:
            info: key of a text above the fields.
            row: whether they stand side by side.
        """
        with gr.Accordion(field_label(self._task, group), open=False, elem_id=f"{self.prefix}-{group}"):
            if info:
                gr.Markdown(label(info), elem_classes="facts")
            with gr.Row() if row else gr.Column():
                for name, parameter in self._parameters.items():
                    if parameter.option.group == group and name not in self.fields:
                        self.add(name)

    def given(self, values: Sequence[Any]) -> dict[str, Any]:
        """Values of the widgets, by public name; an emptied one counts as untouched."""
        held = {
            name: hex_of(value) if isinstance(self.fields[name], gr.ColorPicker) else value
            for name, value in zip(self.fields, values, strict=True)
        }
        return {name: value for name, value in held.items() if value is not None}

    def read(self, values: Sequence[Any], **others: Any) -> Group:
        """The options that the widgets hold.

        Args:
            values: of `controls`, in order.
            others: further fields by public name, such as `image`.

        Raises:
            InputError: as the options raise it.
        """
        return read(self.kind, {**self.given(values), **others})


def shown_values(options: Options) -> dict[str, Any]:
    """Values of the widgets for these options, by public name: the inverse of `read`, but for files."""
    values = {}
    for parameter in parameters(type(options)):
        value: Any = options
        for field in parameter.path:
            value = getattr(value, field)
        if not holds_pixels(parameter):
            values[parameter.public] = shown_value(parameter, value)
    return values


def shown_value(parameter: Parameter, value: Any) -> Any:
    """Value of a field's widget for a request's value: a list for several, 0 or an empty text where that is nothing."""
    if parameter.many:
        return list(value or ())
    if value is not None:
        return value
    return 0 if _zero_is_none(parameter) else "" if parameter.kind is str else None


def common_of(task: str, prefix: str, name: str) -> dict[str, Any]:
    """Label, element id, and where the catalog has one a line of information, of a field's component."""
    common: dict[str, Any] = {"label": field_label(task, name), "elem_id": f"{prefix}-{name.replace('_', '-')}"}
    info = f"{label_key(task, name)}.info"
    return {**common, "info": label(info)} if info in LABELS else common


def widget(parameter: Parameter, task: str, prefix: str, **changes: Any) -> Any:
    """The component that suits a field's type, range and choices."""
    name, option = parameter.public, parameter.option
    common = common_of(task, prefix, name)
    if holds_pixels(parameter):
        common.pop("info", None)  # a file has no place for it
        several = {"file_count": "multiple"} if parameter.many else {}
        return gr.File(**{"type": "filepath", "height": 140, **several, **common, **changes})
    default = parameter.default
    if parameter.choices:
        choices = [(choice_label(task, name, choice), choice) for choice in parameter.choices]
        if parameter.many:
            return gr.CheckboxGroup(**{"choices": choices, "value": list(default or ()), **common, **changes})
        return gr.Radio(**{"choices": choices, "value": default, **common, **changes})
    if parameter.kind is bool:
        return gr.Checkbox(**{"value": bool(default), **common, **changes})
    if parameter.kind in _NUMBERS and not parameter.many:
        least = 0 if _zero_is_none(parameter) else option.ge
        empty = parameter.optional and not _zero_is_none(parameter)  # nothing on a slider stands for nothing
        value = 0 if default is None and not empty else default
        if least is not None and option.le is not None and not empty and _stops(parameter) <= MOST_STOPS:
            ends = {"minimum": least, "maximum": option.le, "step": step_of(parameter)}
            return gr.Slider(**{**ends, "value": value, **common, **changes})
        whole = {"precision": 0} if parameter.kind is int else {}
        number = gr.Number(**{"value": value, "minimum": least, "maximum": option.le, **whole, **common, **changes})
        if number.value is None:
            number.value = ""  # the page would show, and send, 0 for none
        return number
    return gr.Textbox(**{"value": default or "", "max_length": 200, **common, **changes})


def step_of(parameter: Parameter) -> float:
    """Of a slider."""
    option = parameter.option
    if option.step or parameter.kind is int:
        return option.step or 1
    return ((option.le or 0) - (option.ge or 0)) / 100


def _stops(parameter: Parameter) -> float:
    """Number of steps of a slider over its range."""
    return ((parameter.option.le or 0) - (parameter.option.ge or 0)) / step_of(parameter)


def holds_pixels(parameter: Parameter) -> bool:
    """True if the parameter is a file and nothing else."""
    return isinstance(parameter.kind, type) and parameter.kind not in _SCALARS


def takes_file(parameter: Parameter) -> bool:
    """True if the parameter is a text or a file, for which there are two parameters over HTTP."""
    return not isinstance(parameter.kind, type)


def read(kind: type[Group], values: Mapping[str, Any]) -> Group:
    """Options from values by public name, as components and JSON have them.

    Uploaded files are paths as texts; where a field's range leaves 0 out, 0 is nothing, and so is an empty text where
    there may be none; a list may be a text with commas; a whole number may be written 2.0.

    Raises:
        InputError: no picture, or as the options raise it.
    """
    return kind._validated(_fields(kind, values), {READER: UPLOADS})


def read_fields(kind: type[Request], values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a request's fields that are given, each read and checked alone: a request whose picture is to come.

    Raises:
        InputError: as the fields raise it.
    """
    fields = _fields(kind, values)
    return kind.read_fields(fields, UPLOADS, without=frozenset(set(kind.model_fields) - set(fields)))


def _fields(kind: type[Options], values: Mapping[str, Any]) -> dict[str, Any]:
    fields = {name: value for name, value in values.items() if not name.endswith(FILE_SUFFIX)}
    if IMAGE in fields:
        fields[PICTURE] = fields.pop(IMAGE)
    for parameter in parameters(kind):
        name = parameter.public
        if name in fields:
            file = values.get(f"{name}{FILE_SUFFIX}") if takes_file(parameter) else None
            taken = _taken(parameter, fields.pop(name)) if file is None else Path(file)
            if taken is not _ABSENT:
                fields[name] = taken
    return nested(kind, fields)


def hex_of(text: str | None) -> str:
    """A colour as a picker gives it, "rgba(31, 111, 235, 1)" or "#1f6feb", as "#1F6FEB"; other texts as they are."""
    found = _RGB.fullmatch((text or "").strip())
    if found is None:
        return (text or "").strip()
    return "#" + "".join(f"{min(255, round(float(part))):02X}" for part in found.groups())


def none_given(field: str) -> InputError:
    """Error for a missing picture or file."""
    if field == IMAGE:
        return InputError(field, "missing", "one picture is required", "Upload one or click an example")
    allowed = "an export's ZIP or its measurements.json is required" if field == "stored" else "a file is required"
    return InputError(field, "missing", allowed, "Upload it")


_ABSENT: Final = object()
"""Marks a value that is left to the field's default."""


def _taken(parameter: Parameter, value: Any) -> Any:
    """A value as the field has it. None stays, for the field to refuse, where it is not what the field has anyway."""
    if holds_pixels(parameter):
        if not value and parameter.required:
            raise none_given(IMAGE if parameter.name == PICTURE else parameter.public)
        given = (value or ()) if parameter.many else [value]
        files = [Path(one) if isinstance(one, str) else one for one in given if one]
        return files if parameter.many else files[0] if files else _ABSENT
    if parameter.many and not parameter.choices and isinstance(value, str):
        between = parameter.option.between
        parts = (part.strip() for part in (value.split(between) if between else SEPARATOR.split(value)))
        return [_number(parameter, part) for part in dict.fromkeys(parts) if part]
    if value is None:
        return None if parameter.required or parameter.default is not None else _ABSENT
    if value == "" and (parameter.optional or takes_file(parameter)):
        return _ABSENT
    if isinstance(value, bool) or not isinstance(value, _NUMBERS):
        return value
    if value == 0 and _zero_is_none(parameter):
        return _ABSENT
    return int(value) if parameter.kind is int and isinstance(value, float) and value.is_integer() else value


def _number(parameter: Parameter, text: str) -> Any:
    """A whole number written as text, where the field has such; else the text, for the field to refuse."""
    return int(text) if parameter.kind is int and text.isascii() and text.isdigit() else text


def _zero_is_none(parameter: Parameter) -> bool:
    least = parameter.option.ge
    return parameter.optional and parameter.kind in _NUMBERS and (least is None or least > 0) and not parameter.choices
