"""Options: what a request's fields declare, and the parameters that every surface derives from them.

A field of a request is `name: Annotated[type, Option("help", ge=0, le=1)] = default`. From its type, range, default
and `Option` come the checks, the command line's option, the parameter of the HTTP endpoint, the widget of the page, the
argument of `Studio`'s call and the entry of a recipe's JSON; nothing of these is written down a second time.
"""

from __future__ import annotations

import math
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, GroupedMetadata, Le
from pydantic import BaseModel, ConfigDict, Strict, ValidationError, WrapValidator, model_validator
from pydantic_core import PydanticUndefined
from typing_extensions import Self

from gan.core.errors import InputError, outside, shown, wrong_type
from gan.core.message import Message
from gan.limits import MAX_ITEMS

if TYPE_CHECKING:
    from gan.core.reader import Reader

PICTURE = "picture"
"""Name of the field that holds the picture that a request is about."""


@dataclass(frozen=True)
class Option(GroupedMetadata):
    """Metadata of a request field beside its type and default: help, range, group, unit.

    Attributes:
        help: one phrase in English, as --help and the API's listing show it.
        ge, le: smallest and largest value; None for no limit.
        step: of a slider; 0 for whole numbers 1, for others a hundredth of the range.
        group: name of the folded group in which a page and --help show it; empty for none.
        unit: "px", "deg" or empty.
        alias: the name that HTTP and older scripts use; empty for the field's own.
        metavar: what --help shows for the value; empty for a name by type.
        internal: not an option: set by the program and offered on no surface.
        many: the field is a tuple; lists are taken too.
        between: what separates the items of such a list that is written as one text; empty for commas and spaces.
    """

    help: str = ""
    ge: float | None = None
    le: float | None = None
    step: float = 0.0
    group: str = ""
    unit: str = ""
    alias: str = ""
    metavar: str = ""
    internal: bool = False
    many: bool = False
    between: str = ""

    def __iter__(self) -> Iterator[Any]:
        """The constraints that pydantic checks."""
        if self.ge is not None:
            yield Ge(self.ge)
        if self.le is not None:
            yield Le(self.le)
        if self.many:
            yield Strict(False)


ModelName = Annotated[str, Option("ours, a checkpoint file, or a Hub id", metavar="NAME_OR_PATH")]
"""The field of a request whose network may be another one."""


class Options(BaseModel):
    """Base of a frozen group of options; a request's fields may be such groups, whose fields then count as its own.

    Raises:
        InputError: a field is unknown, missing, of another type or out of its range.
    """

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", arbitrary_types_allowed=True, allow_inf_nan=False
    )

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise refused(type(self), error) from None

    # Groups within a request are validated as fields and not constructed, which would lose the reader.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @classmethod
    def read(cls, values: Mapping[str, Any], reader: Reader) -> Self:
        """Options whose pictures, masks and other files are still paths, names or bytes.

        Args:
            values: by field name, groups nested.
            reader: opens them.
        """
        from gan.core.reader import READER  # here, because it knows pictures, whose formats are options

        return cls._validated(values, {READER: reader})

    @classmethod
    def _validated(cls, values: Mapping[str, Any], context: Mapping[str, Any]) -> Self:
        try:
            return cls.model_validate(
                values if not isinstance(values, Mapping) else dict(values), context=dict(context)
            )
        except ValidationError as error:
            raise refused(cls, error) from None

    @model_validator(mode="before")
    @classmethod
    def _choices_have_their_type(cls, values: Any) -> Any:
        """Python takes True and 1.0 for the number 1; a choice of 1, 2 or 4 does not."""
        for parameter in parameters(cls) if isinstance(values, Mapping) else ():
            value = values.get(parameter.name) if len(parameter.path) == 1 else None
            if parameter.many:
                if isinstance(value, (list, tuple)) and len(value) > MAX_ITEMS:
                    raise _too_many(parameter, len(value))
                continue
            if parameter.choices and value is not None and type(value) is not parameter.kind:
                raise _not_one_of(parameter, value)
        return values

    def replaced(self, **changes: Any) -> Self:
        """The same with other values, checked again."""
        return type(self)(**{**{name: getattr(self, name) for name in type(self).model_fields}, **changes})


@dataclass(frozen=True)
class Parameter:
    """One option as the surfaces see it.

    Attributes:
        path: names of the fields that lead to it: ("strength",), or ("adjustments", "sharpness") in a group.
        kind: its type without None, and of a tuple the type of its items.
        choices: of a Literal; empty for others.
        optional: whether None is allowed.
        many: whether it is a tuple of such values.
        required: whether it has no default.
        default: otherwise.
    """

    path: tuple[str, ...]
    kind: Any
    choices: tuple[Any, ...]
    optional: bool
    many: bool
    required: bool
    default: Any
    option: Option

    @property
    def name(self) -> str:
        """The field's own name."""
        return self.path[-1]

    @property
    def public(self) -> str:
        """The name over HTTP, unique within a request."""
        return self.option.alias or self.name


@cache
def parameters(kind: type[Options]) -> tuple[Parameter, ...]:
    """Every option of a request in the order of its fields, groups flattened, internal fields left out."""
    return tuple(_parameters(kind, ()))


def refused(kind: type[Options], error: ValidationError) -> InputError:
    """Pydantic's first complaint as one sentence in the words of this project."""
    first = error.errors(include_url=False)[0]
    location = tuple(part for part in first["loc"] if isinstance(part, str))
    parameter, what, value = _located(kind, location), first["type"], first["input"]
    last = next((part for part in reversed(location) if part.isidentifier()), "request")
    name = last if parameter is None else names(kind, parameter)[0]
    if what == "extra_forbidden":
        return InputError(
            "request",
            "there is no field {name}",
            "the fields are {known}",
            "Correct the name, or remove it",
            name=shown(location[-1] if location else "?"),
            known=", ".join(kind.model_fields),
        )
    if what == "missing":
        return wrong_type(name, None, "a value")
    if parameter is not None and what in ("greater_than_equal", "less_than_equal", "finite_number"):
        return _out_of_range(parameter, name, value)
    if parameter is not None and what == "literal_error":
        return _not_one_of(parameter, value)
    return wrong_type(name, value, _WANTED.get(what, "another value"))


def _located(kind: type[Options], location: tuple[str, ...]) -> Parameter | None:
    """The option that an error's location lies at, or within; two groups may have fields of one name."""
    known = {parameter.path: parameter for parameter in parameters(kind)}
    parts = (location[:length] for length in range(len(location), 0, -1))
    return next((known[part] for part in parts if part in known), None)


_WANTED: Mapping[str, str] = {
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a number",
    "string_type": "a text",
    "tuple_type": "a list",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "dataclass_type": "an object",
    "dict_type": "an object",
    "is_instance_of": "a file",
}
"""Allowed values in words, by pydantic's name of the error."""

_TEXTS: Mapping[type, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


@cache
def places(kind: type[Options]) -> Mapping[str, tuple[str, ...]]:
    """{name: path} of every name that an option is known by: its alias, and its own unless that means another one."""
    own = sorted(parameters(kind), key=lambda parameter: len(parameter.path))
    found = {parameter.public: parameter.path for parameter in own}
    for parameter in own:
        found.setdefault(parameter.name, parameter.path)
    return types.MappingProxyType(found)


def names(kind: type[Options], parameter: Parameter) -> tuple[str, ...]:
    """Names of an option, its own first; without it where another option of the request has it too."""
    known = [name for name, path in places(kind).items() if path == parameter.path]
    return tuple(sorted(known, key=lambda name: name != parameter.name))


def nested(kind: type[Options], values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a request from a flat mapping by any of their names; unknown names stay as they are.

    A group may also be given whole, as its `Options`.
    """
    groups = {name: value for name, value in values.items() if isinstance(value, Options)}
    made: dict[str, Any] = {
        name: {field: getattr(value, field) for field in type(value).model_fields} for name, value in groups.items()
    }
    for name, value in values.items():
        if name not in groups:
            *above, last = places(kind).get(name, (name,))
            inner = made
            for group in above:
                inner = inner.setdefault(group, {})
            inner[last] = value
    return made


def _parameters(kind: type[Options], above: tuple[str, ...]) -> Iterator[Parameter]:
    for name, info in kind.model_fields.items():
        option = next((item for item in info.metadata if isinstance(item, Option)), Option())
        if option.internal:
            continue
        bare, optional = _without_none(info.annotation)
        # What has a reader of its own, such as a set's file, is one value.
        whole = any(isinstance(item, WrapValidator) for item in info.metadata)
        if isinstance(bare, type) and issubclass(bare, Options) and not whole:
            yield from _parameters(bare, (*above, name))
            continue
        choices: tuple[Any, ...] = ()
        if option.many:
            bare = get_args(bare)[0]
        if get_origin(bare) is Annotated:
            bare = get_args(bare)[0]
        if get_origin(bare) is Literal:
            choices = get_args(bare)
            bare = type(choices[0])
        required = info.is_required()
        default = None if required else info.get_default(call_default_factory=True)
        default = None if default is PydanticUndefined else default
        yield Parameter((*above, name), bare, choices, optional, option.many, required, default, option)


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in (Union, types.UnionType):
        members = [member for member in get_args(annotation) if member is not type(None)]
        optional = len(members) < len(get_args(annotation))
        if len(members) == 1:
            return members[0], optional
        return Union[tuple(members)], optional  # noqa: UP007 - built from a list
    return annotation, False


def _too_many(parameter: Parameter, count: int) -> InputError:
    return InputError(
        parameter.public, "a list of {count}", "at most {most} are allowed", "Give fewer", count=count, most=MAX_ITEMS
    )


def _not_one_of(parameter: Parameter, value: Any) -> InputError:
    if type(value) is not parameter.kind:
        return wrong_type(parameter.public, value, _TEXTS.get(parameter.kind, "another value"))
    *most, last = [str(choice) for choice in parameter.choices]
    known = Message("{most} or {last}", {"most": ", ".join(most), "last": last}) if most else last
    return InputError(
        parameter.public, "{value}", "{known} is allowed", "Choose one of these", value=str(value), known=known
    )


def _out_of_range(parameter: Parameter, name: str, value: Any) -> InputError:
    least = -math.inf if parameter.option.ge is None else parameter.option.ge
    most = math.inf if parameter.option.le is None else parameter.option.le
    return outside(name, value, least, most)
