"""Each alarm at its threshold, and silence on the other side of it."""

from __future__ import annotations

import json
import math

import pytest

from gan.training.collapse import Alarms, AlarmThresholds


def last(name: str, values: list[float], alarms: Alarms | None = None) -> str:
    """Alarms at the last of several validations."""
    alarms = alarms or Alarms()
    found = []
    for value in values:
        found = alarms.look({name: value, "psnr": 0.0})
    return found[0].why if found else ""


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("diversity_ratio", [0.49], "lost modes"),
        ("diversity_ratio", [0.0], "lost modes"),
        ("diversity_ratio", [0.5], ""),
        ("diversity_ratio", [0.2, 0.8], ""),
        ("coverage", [0.01, 0.05, 0.09], ""),  # a young generator
        ("coverage", [0.31, 0.25, 0.2, 0.15, 0.099], "has collapsed"),
        ("coverage", [0.3, 0.25, 0.2, 0.15, 0.099], ""),
        ("coverage", [0.8, 0.39], "fell from 0.800 to 0.390"),
        ("coverage", [0.8, 0.4], ""),
        ("coverage", [0.09, 0.02], ""),  # a few pictures more or less
        ("coverage", [0.8, 0.39, 0.39], ""),
        ("d_real_sign", [0.96, 0.96, 0.96], "at 3 validations running"),
        ("d_real_sign", [0.96, 0.96], ""),
        ("d_real_sign", [0.96, 0.95, 0.96, 0.96], ""),
        ("d_real_sign", [0.49], "it has lost"),
        ("d_real_sign", [0.5], ""),
        ("coverage", [math.nan], ""),
        ("diversity", [0.0], ""),
    ],
)
def test_each_alarm_at_its_threshold(name: str, values: list[float], said: str) -> None:
    sentence = last(name, values)
    assert said in sentence
    assert bool(said) == bool(sentence)


def test_several_at_once_are_records() -> None:
    alarms = Alarms()
    found = alarms.look({"diversity_ratio": 0.1, "d_real_sign": 0.2, "coverage": 0.5})
    assert [alarm.figure for alarm in found] == ["diversity_ratio", "d_real_sign"]
    assert alarms.active == found
    assert json.loads(json.dumps(found[0].record()))["value"] == 0.1
    alarms.look({"diversity_ratio": 0.9})
    assert alarms.active == []


def test_the_state_goes_on_where_it_was() -> None:
    for name, values in (("d_real_sign", [0.97, 0.97]), ("coverage", [0.9, 0.5])):
        one, other = Alarms(), Alarms()
        last(name, values, one)
        other.load_state_dict(json.loads(json.dumps(one.state_dict())))
        final = {"d_real_sign": 0.97, "coverage": 0.2}[name]
        assert last(name, [final], other) == last(name, [final], one) != ""


def test_active_alarms_are_part_of_the_state() -> None:
    one, other = Alarms(), Alarms()
    one.look({"diversity_ratio": 0.1})
    other.load_state_dict(one.state_dict())
    assert other.active == one.active != []


def test_thresholds_can_be_others() -> None:
    strict = Alarms(AlarmThresholds(diversity_ratio=0.9, overfit_validations=1))
    assert last("diversity_ratio", [0.8], strict)
    assert last("d_real_sign", [0.96], strict)
