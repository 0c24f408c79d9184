"""The evaluation of any task: figures by group and method, targets, the table, what is kept."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from statistics import fmean
from unittest.mock import Mock, call

import pytest
import torch

from gan.core.errors import InputError, WeightsError
from gan.training.evaluation import (
    OURS,
    Evaluation,
    Figure,
    Table,
    as_records,
    check_at_least,
    each,
    in_8_bits,
    metric,
    opencv,
    timed,
)


@dataclass(frozen=True)
class Score:
    method: str
    value: float
    seconds: float | None = None


SCORES = (Score(OURS, 1.0, 0.5), Score(OURS, 2.0, 0.5), Score("peer", 4.0), Score("unlisted", 9.0))
FIGURES: tuple[Figure[Score], ...] = (
    Figure("mean", lambda some: fmean(s.value for s in some), " mean {:.2f} of {n}", "mean value"),
    Figure("seconds", lambda some: some[0].seconds, "  {:.1f} s"),
)


def table() -> Table[Score]:
    return Table({"all": SCORES, "small": SCORES[:1], "none": ()}, (OURS, "peer"), FIGURES, width=6)


def test_a_table_has_the_figures_of_each_method_in_each_group() -> None:
    assert table().values == {
        "all": {OURS: {"n": 2, "mean": 1.5, "seconds": 0.5}, "peer": {"n": 1, "mean": 4.0, "seconds": None}},
        "small": {OURS: {"n": 1, "mean": 1.0, "seconds": 0.5}},
    }
    assert table().lines() == [
        "all, 2 pictures",
        "  ours   mean 1.50 of 2  0.5 s",
        "  peer   mean 4.00 of 1",
        "small, 1 pictures",
        "  ours   mean 1.00 of 1  0.5 s",
    ]


def test_only_figures_that_no_machine_changes_are_kept() -> None:
    assert table().metrics("d") == {
        "mean value, all": {"dataset": "d", "n": 2, "value": 1.5, "baseline": {"peer": 4.0}},
        "mean value, small": {"dataset": "d", "n": 1, "value": 1.0, "baseline": {}},
    }
    assert list(table().metrics("d", {"all": ""})) == ["mean value"]
    assert metric("d", 3, 1 / 3, {"x": 2 / 3}) == {"dataset": "d", "n": 3, "value": 0.3333, "baseline": {"x": 0.6667}}


def test_targets_are_kept_or_missed_and_the_rest_is_said() -> None:
    found = Evaluation(
        "d",
        ["  a line"],
        {"m": metric("d", 1, 1.0)},
        title="x2: d",
        targets={"more": ("at least", 2.0), "less": ("at most", 2.0), "unmeasured": ("at most", 1.0)},
        reached={"more": 1.99, "less": 2.0},
        left_out=["something, since it is not there"],
        details={"readings": as_records(SCORES[:1])},
    )
    assert found.missed() == ["more"]
    assert found.table().splitlines() == [
        "x2: d",
        "  a line",
        "Bars",
        "  more      1.99   at least 2: MISSED",
        "  less         2   at most 2: kept",
        "Left out: something, since it is not there",
    ]
    assert json.loads(json.dumps(found.record())) == {
        "dataset": "d",
        "readings": [{"method": OURS, "value": 1.0, "seconds": 0.5}],
        "bars": {"more": 1.99, "less": 2.0},
        "left_out": ["something, since it is not there"],
        "metrics": {"m": {"dataset": "d", "n": 1, "value": 1.0, "baseline": {}}},
    }


def test_cases_are_reported_when_they_are_done() -> None:
    told = Mock()
    cases = each("ab", told, "Sampling")
    assert (next(cases), told.mock_calls) == ("a", [])
    assert (next(cases), told.mock_calls) == ("b", [call(1, 2, "Sampling")])
    assert list(cases) == []
    assert told.mock_calls[-1] == call(2, 2, "Sampling")
    assert list(each("ab", None)) == ["a", "b"]


def test_helpers(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter((1.0, 3.5))
    monkeypatch.setattr("gan.training.evaluation.time.perf_counter", lambda: next(clock))
    assert timed(divmod, 7, 2) == ((3, 1), 2.5)
    assert torch.equal(in_8_bits(torch.tensor([0.0, 0.3, 1.0])) * 255, torch.tensor([0.0, 76.0, 255.0]))
    check_at_least("limit", None)
    with pytest.raises(InputError, match="limit: 0; 1 or more is allowed"):
        check_at_least("limit", 0)
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(WeightsError, match="opencv-python-headless is not installed"):
        opencv()
