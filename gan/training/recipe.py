"""Interface between a task and the training core: a table of presets and four plain functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from gan.models.ema import EMA
from gan.training.options import PrepareOptions

if TYPE_CHECKING:
    from lightning.fabric import Fabric

C = TypeVar("C")
"""The task's frozen config."""

Losses = Mapping[str, Tensor]


@dataclass
class State:
    """Complete mutable state of a run: everything that a checkpoint contains.

    Attributes:
        networks: what is trained, by name; wrapped by Fabric once training begins.
        ema: averages of some of them, under the same names; these are what is published.
        optimizers: by name.
        frozen: networks that take part and never change; not saved.
        step: finished steps.
        seen_images: pictures seen over all processes.
        next_item: number of the next item of the data; differs from seen_images after a rollback.
        rate_scale: factor on every learning rate; halved by each rollback.
        rollbacks: how often training went back.
        scalars: what a recipe adjusts as it goes, by name, such as the probability of ADA.
    """

    networks: dict[str, nn.Module]
    ema: dict[str, EMA]
    optimizers: dict[str, torch.optim.Optimizer]
    frozen: dict[str, nn.Module] = field(default_factory=dict)
    step: int = 0
    seen_images: int = 0
    next_item: int = 0
    rate_scale: float = 1.0
    rollbacks: int = 0
    scalars: dict[str, float] = field(default_factory=dict)

    COUNTERS = ("step", "seen_images", "next_item", "rate_scale", "rollbacks")

    def state_dict(self) -> dict[str, Any]:
        return {
            "networks": {name: network.state_dict() for name, network in self.networks.items()},
            "ema": {name: average.state_dict() for name, average in self.ema.items()},
            "optimizers": {name: optimizer.state_dict() for name, optimizer in self.optimizers.items()},
            "scalars": dict(self.scalars),
            **{name: getattr(self, name) for name in self.COUNTERS},
        }

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        for name, network in self.networks.items():
            network.load_state_dict(saved["networks"][name])
        for name, average in self.ema.items():
            average.load_state_dict(saved["ema"][name])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(saved["optimizers"][name])
        for name in self.COUNTERS:
            setattr(self, name, saved[name])
        # A checkpoint from before there were scalars leaves them as they were built.
        self.scalars = dict(saved.get("scalars", self.scalars))


@dataclass(frozen=True)
class Validation:
    """Result of a validation.

    Attributes:
        figures: by name, for the log and the card.
            `gan.training.collapse` reads `diversity_ratio`, `coverage` and `d_real_sign`.
        score: higher is better; decides which checkpoint is the best.
        grid: (3, H, W) in [0, 1], to look at; with the same latents every time, so that the grids make a video.
        pictures: how many were measured, for the card; 0 where it is not said.
        baselines: of a figure, the same figure of others, for the card, such as {"kd": {"real": 0.14}}.
    """

    figures: Mapping[str, float]
    score: float
    grid: Tensor
    pictures: int = 0
    baselines: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Published:
    """Content of `RUN/weights`: the network's config, its tensors, and the card's facts."""

    config: Mapping[str, Any]
    state: Mapping[str, Tensor]
    seen_images: int


@dataclass(frozen=True)
class Recipe(Generic[C]):
    """A task that can be trained. The functions see no file of a run and keep no state of their own.

    Attributes:
        task: name on the command line and of what is published; several recipes may share one.
        presets: complete configs by name.
        data: (config, folder, seed) -> an object that holds the decoded pictures, training and validation.
        build: (config, data) -> state on the CPU, from scratch.
        warm_start: (state, tensors of a published checkpoint) -> sentences about what was taken.
        batches: (config, data, start item, batch, rank, world, workers, seed) -> batches without end.
        step: one step of every network; returns the losses by name, each a scalar, those that were computed in this
            step. Raises nothing on NaN: the core looks, and reads names as `gan.training.divergence` says. All
            processes begin a step with the same random state: draw latents for the whole batch and take the rows
            rank::world, and two processes make what one makes.
        validate: (state, config, data, device) -> figures, score, grid.
        publish: (state, config) -> the EMA in published form.
        cost: config -> sentences for a dry run.
        batch_size: config -> pictures a step over all processes.
        ema_half_life_kimg: config -> half-life of the average.
        learning_rate: (config, fraction of the run) -> factor on the rate of `build`.
        prepare: makes once what costs time and is read by training, and returns a sentence about what lies there; None
            where a task needs nothing.
    """

    task: str
    presets: Mapping[str, C]
    data: Callable[[C, Path, int], Any]
    build: Callable[[C, Any], State]
    warm_start: Callable[[State, Mapping[str, Tensor]], list[str]]
    batches: Callable[[C, Any, int, int, int, int, int, int], Iterator[tuple[Tensor, ...]]]
    step: Callable[[State, tuple[Tensor, ...], C, Fabric], Losses]
    validate: Callable[[State, C, Any, torch.device], Validation]
    publish: Callable[[State, C], Published]
    cost: Callable[[C], list[str]]
    batch_size: Callable[[C], int]
    ema_half_life_kimg: Callable[[C], float]
    learning_rate: Callable[[C, float], float]
    prepare: Callable[[PrepareOptions], str] | None = None
