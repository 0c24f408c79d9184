"""Errors repeat what came, but not at any length."""

from __future__ import annotations

import pickle

from gan.core.errors import MOST_REPEATED, InputError, StepError
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
