"""Errors in words that a user can act on: the value given, the values allowed, the remedy.

The three sentences are templates; the values that fill them travel beside them, so that the interface can translate
a template first and fill it afterwards. `str(error)` is the English sentence.
"""

from __future__ import annotations

import json
import math
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from gan.core.message import Message

MOST_SHOWN: Final = 60
"""Characters of a wrong value that a message repeats."""

MOST_REPEATED: Final = 400
"""Characters of anything that a message repeats, such as a list of what is known or a path."""

E = TypeVar("E", bound=BaseException)


class PackshotError(Exception):
    """Base of all errors that the user can fix; shown in one line, never with a traceback.

    Args:
        field: the input, as named on the command line ("image", "scale").
        got: template for what came.
        allowed: template for what is allowed.
        remedy: template for what to do about it.
        values: what fills the `{placeholders}` of the three templates.
    """

    def __init__(self, field: str, got: str, allowed: str, remedy: str, /, **values: object) -> None:
        self.field = field
        self.got = got
        self.allowed = allowed
        self.remedy = remedy
        self.values = {name: _clipped(value) for name, value in values.items()}
        super().__init__(str(self))

    def templates(self) -> tuple[str, str, str]:
        """The untranslated parts, in the order in which they are shown."""
        return (self.got, self.allowed, self.remedy)

    def __str__(self) -> str:
        got, allowed, remedy = (part.format(**self.values) for part in self.templates())
        return f"{self.field}: {got}; {allowed}. {remedy}."

    def __reduce__(self) -> tuple[Callable[..., PackshotError], tuple[Any, ...]]:
        """Pickle support: errors travel between processes."""
        return _restored, (type(self), (self.field, *self.templates()), self.values)


class InputError(PackshotError):
    """Invalid picture or option of a request."""


def check_within(field: str, value: float, least: float, most: float) -> None:
    """Raise `InputError` for a number outside [least, most], or for NaN."""
    if not least <= value <= most:
        raise outside(field, value, least, most)


def outside(field: str, value: float, least: float, most: float) -> InputError:
    """The error for a number outside [least, most], or for NaN."""
    if isinstance(value, int) and abs(value) > 10**300:  # no float holds it, and "g" needs one
        value = math.inf if value > 0 else -math.inf
    return InputError(
        field,
        "{value:g}",
        "{least:g} to {most:g} is allowed",
        "Choose a number in this range",
        value=value,
        least=least,
        most=most,
    )


def wrong_type(field: str, value: object, wanted: str) -> InputError:
    """The error for a value of another type than what is wanted, a text of the catalogs without placeholders."""
    return InputError(
        field, "{value}", "{wanted} is expected", "Correct the value", value=shown(value), wanted=Message(wanted)
    )


def unreadable(field: str, name: str, error: OSError) -> InputError:
    """The error for a file that the system does not open."""
    return InputError(
        field,
        "{name} cannot be read: {reason}",
        "a readable file is needed",
        "Check its permissions",
        name=name,
        reason=error.strerror or type(error).__name__,
    )


def unwritable(name: object, error: OSError) -> InputError:
    """The error for results that the system does not write."""
    return InputError(
        "output",
        "{name} cannot be written: {reason}",
        "a folder that can be written is needed",
        "Check its permissions and free space, or choose another",
        name=name,
        reason=error.strerror or type(error).__name__,
    )


def shown(value: object) -> str:
    """A value on one short line."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "..."


def _clipped(value: object) -> object:
    """A text that a message can repeat; whoever sends five thousand characters does not want to read them."""
    long = type(value) is str and len(value) > MOST_REPEATED + len("...")
    return f"{value}"[:MOST_REPEATED] + "..." if long else value


def without_frames(error: E) -> E:
    """Empty the frames in the tracebacks of an error and of what led to it, for an error that outlives its `except`.

    A frame holds the pictures that were being worked on when the error was raised, and an error that is kept, in a
    future or in a report, keeps its frames. Files and lines stay for the log.

    Returns:
        The error itself.
    """
    pending: list[BaseException | None] = [error]
    seen: set[int] = set()
    while pending:
        one = pending.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        traceback.clear_frames(one.__traceback__)
        pending += [one.__cause__, one.__context__, getattr(one, "inner", None)]
    return error


def as_data(error: E) -> E:
    """An error that is kept as a value, in a report: without traceback, and without what led to it.

    Returns:
        The error itself.
    """
    without_frames(error)
    for one in (error, getattr(error, "inner", None)):
        if one is not None:
            one.__traceback__ = one.__cause__ = one.__context__ = None
    return error


class StepError(InputError):
    """Invalid input and its step, counted from 1; 0 for errors outside any step, such as reading the picture.

    Args:
        step: the number.
        error: what the step's request, or its files, said.
    """

    def __init__(self, step: int, error: InputError) -> None:
        self.step = step
        self.inner = error
        super().__init__(error.field, error.got, error.allowed, error.remedy, **error.values)

    def __str__(self) -> str:
        return f"step {self.step}: {super().__str__()}" if self.step else super().__str__()

    def __reduce__(self) -> tuple[Callable[..., PackshotError], tuple[Any, ...]]:
        return type(self), (self.step, self.inner)


class WeightsError(PackshotError):
    """A checkpoint that is missing, damaged, or not what its manifest says."""


class ConfigError(PackshotError):
    """A training or network configuration that contradicts itself."""


class Cancelled(Exception):
    """The user pressed Stop; whoever catches this discards the partial work."""


def _restored(kind: type[PackshotError], texts: tuple[str, str, str, str], values: Mapping[str, Any]) -> PackshotError:
    return kind(*texts, **values)
