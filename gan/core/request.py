"""Requests: frozen models of what a task may be asked, checked strictly, with one clear sentence for what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from operator import attrgetter
from typing import Annotated, Any

from pydantic import create_model

from gan.core.errors import InputError
from gan.core.option import PICTURE, Option, Options
from gan.core.reader import READER, LatePicture, Reader
from gan.imaging.color_grading import Look
from gan.imaging.mask import Mask, check_size
from gan.imaging.picture import Picture
from gan.imaging.pixel_hash import sha256_of

SEED_LIMIT = 2**32


class Request(Options):
    """Base of every task's request. Pixels stay out of the record.

    Raises:
        InputError: a field is unknown, missing, of another type or out of its range; a mask is of another size than the
            picture; or what `check` refuses.
    """

    seed: Annotated[int, Option("of the random numbers", metavar="N")] = 0

    @classmethod
    def read_fields(cls, values: Mapping[str, Any], reader: Reader, *, without: frozenset[str]) -> dict[str, Any]:
        """Those fields that are given, each read and checked alone; arguments of a request without `without`."""
        part = _part(cls, without)
        made = part._validated(values, {READER: reader})
        return {name: getattr(made, name) for name in part.model_fields if name in made.model_fields_set}

    def model_post_init(self, _context: Any) -> None:
        if not 0 <= self.seed < SEED_LIMIT:
            raise InputError("seed", "{seed}", "a whole number from 0 to 4294967295", "Choose another", seed=self.seed)
        values = self._values()
        for value in values.values():
            if isinstance(value, Mask) and isinstance(picture := values.get(PICTURE), Picture):
                check_size(value, picture)
        self.check()

    def _values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in type(self).model_fields}

    def check(self) -> None:
        """Raise `InputError` for values that do not go together; each alone has been checked."""

    def record(self) -> dict[str, Any]:
        """The request as JSON-ready values; a picture, a mask or a look is represented by its file's name."""
        return {name: plain(value) for name, value in self._values().items() if value is not None}

    def as_step(self) -> dict[str, Any]:
        """The fields that differ from their defaults, without `picture`, as JSON-ready values for a recipe.

        A further picture, a mask or a look is {"file": its name, "sha256": of its pixels}.
        """
        return {
            name: plain(getattr(self, name), _reference)
            for name, info in type(self).model_fields.items()
            if name != PICTURE
            and (info.is_required() or getattr(self, name) != info.get_default(call_default_factory=True))
        }

    def alone(self, index: int) -> Request:
        """The request whose first picture is this one's picture `index`; itself where a task makes them together."""
        return self


@cache
def _part(kind: type[Request], without: frozenset[str]) -> type[Options]:
    """The fields of a request without some of them, none of which need go with another."""
    fields = {name: (info.annotation, info) for name, info in kind.model_fields.items() if name not in without}
    return create_model(kind.__name__, __base__=Options, **fields)  # type: ignore[call-overload,no-any-return]


def plain(value: Any, pixels: Callable[[Any], Any] = attrgetter("name")) -> Any:
    """Convert a value to JSON-ready data; `pixels` gives what stands for a picture, a mask or a look."""
    if isinstance(value, (Picture, Mask, Look, LatePicture)):
        return pixels(value)
    if isinstance(value, Options):
        return {name: plain(getattr(value, name), pixels) for name in type(value).model_fields}
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name), pixels) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item, pixels) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, pixels) for item in value]
    return value


def _reference(pixels: Picture | Mask | Look | LatePicture) -> dict[str, str]:
    if isinstance(pixels, LatePicture):
        return {"file": pixels.name, "sha256": "".join(pixels.hashes)}
    return {"file": pixels.name, "sha256": sha256_of(pixels)}
