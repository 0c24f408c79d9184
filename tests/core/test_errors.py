"""Errors repeat what came, but not at any length."""

from __future__ import annotations

import pickle

import pytest

from gan.core.errors import (
    MOST_REPEATED,
    ConfigError,
    InputError,
    PackshotError,
    StepError,
    WeightsError,
    check_within,
)
from gan.core.message import Message


def test_a_message_repeats_no_more_than_somebody_reads() -> None:
    error = InputError("weight", "{value}", "a number is expected", "Correct the value", value="a" * 5000)
    assert str(error) == f"weight: {'a' * MOST_REPEATED}...; a number is expected. Correct the value."
    travelled = pickle.loads(pickle.dumps(StepError(2, error)))
    assert str(travelled) == f"step 2: {error}"


def test_what_is_no_longer_than_that_and_what_is_translated_stay() -> None:
    message = Message("{most} or {last}", {"most": "x" * 500, "last": "y"})
    error = InputError("style", "{value}", "{known}", "Choose", value="x" * MOST_REPEATED, known=message, number=3)
    assert error.values == {"value": "x" * MOST_REPEATED, "known": message, "number": 3}
    assert error.values["known"] is message


@pytest.mark.parametrize("kind", [InputError, WeightsError, ConfigError])
def test_every_error_travels_between_processes(kind: type[PackshotError]) -> None:
    error = kind("model", "{name} is missing", "a model is needed", "Download it", name="net")
    travelled = pickle.loads(pickle.dumps(error))
    assert type(travelled) is kind
    assert (str(travelled), travelled.values) == (str(error), error.values)


@pytest.mark.parametrize(("value", "said"), [(10**400, "inf"), (-(10**400), "-inf")])
def test_a_number_that_no_float_holds_is_out_of_range(value: int, said: str) -> None:
    with pytest.raises(InputError, match=f"^left: {said}; 0 to 9 is allowed"):
        check_within("left", value, 0, 9)
