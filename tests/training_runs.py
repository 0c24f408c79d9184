"""Short runs for tests of recipes: options, a stop half way, the log, equal states, what is published."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gan.models.weights import read
from gan.training.loop import train
from gan.training.options import RunOptions
from gan.training.recipe import Recipe, State


class Enough(Exception):
    """Ends a run as a power failure would."""


def options(data: Path, out: Path, steps: int, preset: str = "tiny", **changes: Any) -> RunOptions:
    fixed: dict[str, Any] = {"device": "cpu", "save_every": 2, "log_every": 1, "preset": preset}
    return RunOptions(data=data, out=out, steps=steps, **(fixed | changes))


def lines(run: Path, kind: str) -> list[dict[str, Any]]:
    """A run's log entries of one kind."""
    every = map(json.loads, (run / "log.jsonl").read_text().splitlines())
    return [line for line in every if line["kind"] == kind]


def stopping(recipe: Recipe[Any], at: int) -> Recipe[Any]:
    """The recipe, cut off when the step after `at` begins."""

    def step(state: State, *rest: Any) -> Any:
        if state.step == at:
            raise Enough
        return recipe.step(state, *rest)

    return dataclasses.replace(recipe, step=step)


def assert_same(a: State, b: State) -> None:
    """Bit for bit: networks, averages, optimizers, counters."""
    left, right = a.state_dict(), b.state_dict()
    for part in ("networks", "ema", "optimizers"):
        torch.testing.assert_close(left[part], right[part], rtol=0, atol=0)
    assert [left[name] for name in State.COUNTERS] == [right[name] for name in State.COUNTERS]


def assert_resumes(recipe: Recipe[Any], config: Any, whole: State, run: RunOptions) -> None:
    """A run that is cut off half way and goes on ends as `whole`, which was trained by the same options at once."""
    with pytest.raises(Enough):
        train(stopping(recipe, run.steps // 2), config, run)
    assert_same(whole, train(recipe, config, run))


def assert_publishes_the_average(state: State, run: Path, build: Callable[[Mapping[str, Any]], nn.Module]) -> None:
    """A run's weights fill the network of their own config and are the average, in half precision."""
    published = read(str(run / "weights"), run)
    network = build(published.config)
    published.fill(network)
    average = state.ema["network"].module.state_dict()
    for name, value in network.state_dict().items():
        assert torch.equal(value.half(), average[name].half()), name


def batch_of(items: Any, count: int = 2) -> tuple[Tensor, ...]:
    return tuple(torch.stack(parts) for parts in zip(*(items[i] for i in range(count)), strict=True))


class OneProcess:
    """The part of Fabric that a step uses."""

    world_size, global_rank = 1, 0
    device = torch.device("cpu")

    def no_backward_sync(self, _network: Any) -> Any:
        return contextlib.nullcontext()

    def autocast(self) -> Any:
        return contextlib.nullcontext()

    def backward(self, loss: Tensor) -> None:
        loss.backward()

    def clip_gradients(self, network: Any, _optimizer: Any, max_norm: float, **_: Any) -> Tensor:
        return torch.nn.utils.clip_grad_norm_(network.parameters(), max_norm)
