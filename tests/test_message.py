"""A message is its English text everywhere, and can be translated wherever it came."""

from __future__ import annotations

import copy
import json
import pickle

from gan.core.errors import InputError, wrong_type
from gan.core.message import Message


def test_a_message_is_text() -> None:
    made = Message("{count} of {most:,} px", {"count": 3, "most": 4000})
    assert made == "3 of 4,000 px"
    assert type(str(made)) is str
    assert {made: 1}["3 of 4,000 px"] == 1
    assert json.dumps([made]) == '["3 of 4,000 px"]'
    assert Message(**made.record()).values == made.values


def test_a_message_travels_between_processes() -> None:
    made = Message("{what} is expected", {"what": Message("a {kind}", {"kind": "number"})})
    for back in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
        assert (back, back.template) == (made, made.template)
        assert back.values["what"].template == "a {kind}"


def test_values_with_braces_are_values() -> None:
    assert Message("{name}", {"name": "{name}"}) == "{name}"
    error = wrong_type("scale", "{x}", "a whole number")
    assert isinstance(error, InputError)
    assert str(error) == 'scale: "{x}"; a whole number is expected. Correct the value.'
