"""What goes wrong in words a user can act on: what came, what is allowed, what to do.

The three sentences are templates; the values that fill them travel beside them, so that the interface can translate
a template first and fill it afterwards. `str(error)` is the English sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


class PackshotError(Exception):
    """Base of every error that is the user's to mend; shown in one line, never with a traceback.

    Args:
        field: which input is meant, in the words of the command line ("image", "scale").
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
        self.values = values
        super().__init__(str(self))

    def templates(self) -> tuple[str, str, str]:
        """The untranslated parts, in the order in which they are shown."""
        return (self.got, self.allowed, self.remedy)

    def __str__(self) -> str:
        got, allowed, remedy = (part.format(**self.values) for part in self.templates())
        return f"{self.field}: {got}; {allowed}. {remedy}."


class InputError(PackshotError):
    """A picture or an option that a request cannot be made of."""


def check_within(field: str, value: float, least: float, most: float) -> None:
    """Raise `InputError` for a number outside [least, most], or for one that is no number."""
    if not least <= value <= most:
        raise InputError(
            field,
            "{value:g}",
            "{least:g} to {most:g} is allowed",
            "Choose a number within",
            value=value,
            least=least,
            most=most,
        )


class StepError(InputError):
    """What cannot be used, and in which step, counted from 1; 0 for what is no step's, such as reading the picture.

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

    def __reduce__(self) -> tuple[Callable[..., StepError], tuple[Any, ...]]:
        """Errors travel between processes."""
        return _restored, (self.step, self.field, self.got, self.allowed, self.remedy, self.values)


class WeightsError(PackshotError):
    """A checkpoint that is missing, damaged, or not what its manifest says."""


class ConfigError(PackshotError):
    """A training or network configuration that contradicts itself."""


class Cancelled(Exception):
    """The user pressed Stop; whoever catches this throws the partial work away."""


def _restored(step: int, field_: str, got: str, allowed: str, remedy: str, values: Mapping[str, Any]) -> StepError:
    return StepError(step, InputError(field_, got, allowed, remedy, **values))
