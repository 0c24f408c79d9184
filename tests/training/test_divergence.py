"""Divergence, figure by figure; known series in, a known step out."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import chain, repeat

import pytest

from gan.training.divergence import Divergence, Watch, WatchLimits


def first(watch: Watch, name: str, values: Iterable[float]) -> tuple[int, Divergence] | None:
    """At which of the values the watch speaks, counted from 1, and what it says."""
    for index, value in enumerate(values, start=1):
        found = watch.look({name: value})
        if found is not None:
            return index, found
    return None


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", ["l1", "d_real", "r1", "grad_norm"])
def test_what_is_no_number_is_one_too_many(name: str, value: float) -> None:
    found = Watch().look({"other": 1.0, name: value})
    assert found is not None
    assert found.figure == name
    assert found.why == f"{name} is {value}"


@pytest.mark.parametrize("name", ["d_real", "d_fake", "d_real_logits"])
@pytest.mark.parametrize(("value", "diverged"), [(50.0, False), (-50.0, False), (50.1, True), (-50.1, True)])
def test_logits_beyond_fifty_diverge_at_once(name: str, value: float, diverged: bool) -> None:
    found = Watch().look({name: value})
    assert (found is not None) == diverged
    if found:
        assert found.why == f"{name} is {value}, beyond 50"


def test_a_penalty_that_comes_now_and_then_spikes() -> None:
    """Median 2 and 20 times that is 40: 40 is allowed, 40.1 is not."""
    watch = Watch()
    for step in range(160):
        assert watch.look({"adversarial": 0.7} | ({"r1": 2.0} if step % 16 == 0 else {})) is None
    assert watch.look({"r1": 40.0}) is None
    found = watch.look({"r1": 40.1})
    assert found is not None
    assert found.why == "r1 spiked to 40.1, 20 times its median 2"


def test_a_penalty_needs_some_values_and_a_floor() -> None:
    assert first(Watch(), "r1", [*repeat(0.001, 7), 1e6]) is None
    assert first(Watch(), "r1", [*repeat(0.001, 8), 9.9]) is None
    assert first(Watch(), "r1", [*repeat(0.001, 8), 10.1]) is not None
    assert first(Watch(), "r1_penalty", [*repeat(0.001, 8), 10.1]) is not None


def test_zeros_of_a_lazy_penalty_are_no_measurements() -> None:
    series = chain.from_iterable([2.0, *repeat(0.0, 15)] for _ in range(20))
    assert first(Watch(), "r1", [*series, 39.0]) is None


def test_a_loss_must_stay_beyond_ten_times_its_median() -> None:
    found = first(Watch(), "features", [*repeat(0.9, 100), *repeat(9.1, 10)])
    assert found is not None
    assert found[0] == 110
    assert found[1].why == "features is 9.1, 10 times its median, for 10 steps in a row"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("features", [*repeat(0.9, 99), *repeat(9.1, 10)]),  # too few values for a median
        ("features", [*repeat(0.9, 100), *repeat(9.0, 10)]),  # ten times, not more
        (
            "features",
            [*repeat(0.9, 100), *chain.from_iterable([*repeat(9.1, 9), 0.9] for _ in range(4))],
        ),  # interrupted
        ("l1", [*repeat(0.01, 100), *repeat(0.49, 40)]),  # under the floor
        ("grad_norm", [*repeat(0.05, 600), *repeat(12.5, 30)]),  # a gauge: features join the loss of enhance/x4
        ("kl", [0.001 * 1.1**step for step in range(100)]),  # a young run
        ("kl", [0.01 * step for step in range(1000)]),
        ("hinge", [*(0.01 * (-1) ** step for step in range(100)), *repeat(1.0, 30)]),  # signs have no magnitude
        ("ada_p", [*repeat(0.0, 500), *(0.001 * step for step in range(900))]),
        ("d_real_sign", [*repeat(0.02, 200), *repeat(1.0, 50)]),
    ],
)
def test_what_is_no_divergence(name: str, values: list[float]) -> None:
    assert first(Watch(), name, values) is None


def test_what_made_training_go_back_may_go_further_next_time() -> None:
    """A term that joins the loss would otherwise end the run: it comes back whatever the rate is."""
    watch = Watch()
    found = first(watch, "total", [*repeat(1.0, 100), *repeat(30.0, 10)])
    assert found is not None
    watch.load_state_dict(Watch().state_dict())
    watch.went_back(found[1])
    assert first(watch, "total", [*repeat(1.0, 100), *repeat(39.0, 60)]) is None
    watch.load_state_dict(Watch().state_dict())
    watch.went_back(found[1])
    assert first(watch, "total", [*repeat(1.0, 100), *repeat(41.0, 10)]) is not None


def test_the_state_goes_on_where_it_was() -> None:
    series = [*repeat(1.0, 100), *repeat(11.0, 10)]
    for cut in (50, 100, 105, 109):
        one = Watch()
        assert first(one, "total", series[:cut]) is None
        other = Watch()
        other.load_state_dict(one.state_dict())
        found = first(other, "total", series[cut:])
        assert found is not None
        assert found[0] == 110 - cut


def test_limits_can_be_others() -> None:
    assert Watch(WatchLimits(logit=5)).look({"d_fake": -6.0}) is not None
    assert Watch(WatchLimits(logit=60)).look({"d_fake": -55.0}) is None
