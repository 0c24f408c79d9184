"""Parts that recipes share: rates, warm starts, publishing, costs, a step down."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch
from torch import nn
from training_runs import OneProcess

from gan.cutout.train import recipe as cutout
from gan.inpaint.train import recipe as inpaint
from gan.models.ema import EMA
from gan.stylize.train import recipe as stylize
from gan.training.recipe import (
    State,
    cost_of,
    descend,
    falling,
    in_half,
    plain,
    publish_average,
    share_of_adversary,
    take_fitting,
)


def state_of(network: nn.Module, **fields: Any) -> State:
    return State({"network": network}, {"network": EMA(network)}, {}, **fields)


@pytest.mark.parametrize(
    ("recipe", "until", "to", "rise"),
    [(cutout.RECIPE, 0.4, 0.05, 0.01), (inpaint.RECIPE, 0.6, 0.05, 0.01), (stylize.RECIPE, 0.5, 0.05, 0.01)],
)
def test_the_rate_rises_stays_and_falls(recipe: Any, until: float, to: float, rise: float) -> None:
    middle = (1 + until) / 2
    rates = [recipe.learning_rate(None, at) for at in (0.0, rise / 2, rise, 0.3, until, middle, 1.0)]
    assert rates == pytest.approx([0.05, 0.55, 1.0, 1.0, 1.0, (1 + to) / 2, to])
    assert falling(until, to)(None, middle) == rates[-2]


@pytest.mark.parametrize(
    ("task", "preset", "side"), [(cutout, "cpu-192", 320), (inpaint, "cpu-128", 256), (stylize, "cpu-128", 512)]
)
def test_the_dry_run_says_what_it_costs(task: Any, preset: str, side: int) -> None:
    config = task.PRESETS[preset]
    count = sum(p.numel() for p in task.build(dataclasses.replace(config)).networks["network"].parameters())
    parameters, macs = task.RECIPE.cost(config)
    assert parameters == f"The network has {count / 1e6:.2f} M parameters."
    assert macs.startswith(f"A picture of {side}x{side} pixels takes ")
    assert " GMACs" in macs


def test_costs_are_those_of_the_network() -> None:
    network = nn.Conv2d(10, 100, 1)
    parameters, macs = cost_of(network, lambda: network(torch.zeros(1, 10, 1000, 1000)), 1000, ", no more")
    assert parameters == "The network has 0.00 M parameters."
    assert macs == "A picture of 1000x1000 pixels takes 1.00 GMACs, no more."


def test_another_network_takes_what_fits() -> None:
    source = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 4)).state_dict()
    network = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 5))
    before = network[1].weight.clone()
    state = state_of(network)
    (sentence,) = take_fitting(state, {**source, "unknown": torch.zeros(1)})
    assert sentence == "2 of 5 tensors were taken from the published network."
    for holder in (network, state.ema["network"].module):
        assert torch.equal(holder.state_dict()["0.weight"], source["0.weight"])
        assert torch.equal(holder.state_dict()["1.weight"], before)


def test_the_average_is_published_in_half_precision_with_its_config() -> None:
    @dataclasses.dataclass(frozen=True)
    class Width:
        width: int = 3

    @dataclasses.dataclass(frozen=True)
    class Config:
        network: Width = Width()

    network = nn.BatchNorm1d(3)
    state = state_of(network, seen_images=7)
    network.weight.data.zero_()
    published = publish_average(state, Config())
    assert (published.config, published.seen_images) == ({"width": 3}, 7)
    assert torch.equal(published.state["weight"], torch.ones(3).half())
    assert published.state["num_batches_tracked"].dtype == torch.int64
    assert set(in_half(network)) == set(network.state_dict())


def test_an_adversary_begins_late_and_softly() -> None:
    state = state_of(nn.Linear(1, 1))
    shares = []
    for seen in (3_999, 4_000, 5_000, 6_000):
        state.seen_images = seen
        shares.append((share_of_adversary(state, 0.1, 4.0), share_of_adversary(state, 0.1, 4.0, over=0.5)))
    assert shares == [(0.0, 0.0), (0.1, 0.1), (pytest.approx(0.35), pytest.approx(0.6)), (pytest.approx(0.6), 1.0)]
    assert share_of_adversary(state, 0.0, 0.0) == 0


def test_a_step_goes_down_and_says_how_steep_it_was() -> None:
    network = nn.Linear(1, 1, bias=False)
    network.weight.data.fill_(1.0)
    optimizer = torch.optim.SGD(network.parameters(), lr=1.0)
    loss = 3 * network.weight.sum()
    assert float(descend(network, optimizer, loss, OneProcess())) == pytest.approx(3.0)  # type: ignore[arg-type]
    assert float(network.weight.detach()) == pytest.approx(0.0, abs=1e-5)  # clipped to 1
    loss = 3 * network.weight.sum()
    assert descend(network, optimizer, loss, OneProcess(), max_norm=None) == 0  # type: ignore[arg-type]
    assert float(network.weight.detach()) == pytest.approx(-3.0, abs=1e-5)


def test_wrappers_come_off() -> None:
    network = nn.Linear(1, 1)
    assert plain(nn.DataParallel(nn.DataParallel(network))) is network
    assert plain(network) is network
