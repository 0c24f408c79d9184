"""Interface between a task and the training core: presets and a few plain functions, and what tasks share."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset
from torch.utils.flop_counter import FlopCounterMode

from gan.core.errors import ConfigError
from gan.models.ema import EMA
from gan.training.options import PrepareOptions

if TYPE_CHECKING:
    from lightning.fabric import Fabric


class Config(Protocol):
    """Fields of a task's frozen config that the training core reads."""

    @property
    def batch(self) -> int:
        """Pictures a step, over all processes."""

    @property
    def ema_half_life_kimg(self) -> float:
        """Half-life of the published average, thousands of pictures."""


C = TypeVar("C", bound=Config)
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


def training_items(_config: Any, data: Any, _seed: int) -> Dataset[Any]:
    """The part of the data that is called `training`."""
    items: Dataset[Any] = data.training
    return items


def take(state: State, tensors: Mapping[str, Tensor], taken: int, published: Mapping[str, Tensor]) -> list[str]:
    """Load tensors into the network and its average, and say how many of the published ones were taken."""
    network = state.networks["network"]
    network.load_state_dict({**network.state_dict(), **tensors})
    state.ema["network"].module.load_state_dict(network.state_dict())
    return [f"{taken} of {len(published)} tensors were taken from the published network."]


def take_fitting(state: State, published: Mapping[str, Tensor]) -> list[str]:
    """Take every published tensor whose name and shape agree."""
    own = state.networks["network"].state_dict()
    fitting = {key: value for key, value in published.items() if key in own and own[key].shape == value.shape}
    return take(state, fitting, len(fitting), published)


def in_half(network: nn.Module) -> dict[str, Tensor]:
    """A network's tensors on the CPU in half precision; whole numbers stay what they are."""
    return {k: v.half().cpu() if v.is_floating_point() else v.cpu() for k, v in network.state_dict().items()}


def publish_average(state: State, config: Any) -> Published:
    """The average, in half precision, with the config's field `network`."""
    return Published(dataclasses.asdict(config.network), in_half(state.ema["network"].module), state.seen_images)


def cost_of(network: nn.Module, forward: Callable[[], object], side_px: int, apart: str = "") -> list[str]:
    """Sentences for a dry run: parameters and multiplications.

    Args:
        forward: the network's answer to a picture of `side_px` pixels a side.
        apart: what the figure leaves out.
    """
    with FlopCounterMode(display=False) as counter:
        forward()
    return [
        f"The network has {sum(p.numel() for p in network.parameters()) / 1e6:.2f} M parameters.",
        f"A picture of {side_px}x{side_px} pixels takes {counter.get_total_flops() / 2e9:.2f} GMACs{apart}.",
    ]


def check_multiple(name: str, side_px: int, unit: int) -> None:
    """Raise `ConfigError` for a preset whose pictures do not suit the network."""
    if side_px % unit:
        raise ConfigError(
            name, "{side}", "a multiple of {unit} is allowed", "Change the preset", side=side_px, unit=unit
        )


def falling(until: float, to: float, rise: float = 100.0) -> Callable[[Any, float], float]:
    """A learning rate's factor: up from a twentieth, constant, then down in a straight line.

    Args:
        until: share of the run after which it falls.
        to: what it falls to.
        rise: how steeply it rises; 100 takes the first hundredth of the run.
    """
    rest, drop = round(1 - until, 9), round(1 - to, 9)

    def factor(_config: Any, progress: float) -> float:
        if progress < until:
            return min(1.0, 0.05 + rise * progress)
        return 1.0 - drop * (progress - until) / rest

    return factor


def share_of_adversary(state: State, weight: float, from_kimg: float, over: float = 1.0) -> float:
    """0 before the discriminator takes part, then from a tenth up to 1.

    Args:
        weight: of its loss; with 0 it never does.
        from_kimg: when it begins, thousands of pictures.
        over: how long the rest of the way takes, as a multiple of that.
    """
    begin = from_kimg * 1000
    if not weight or state.seen_images < begin:
        return 0.0
    return min(1.0, 0.1 + (state.seen_images - begin) / max(begin * over, 1))


def descend(
    network: nn.Module, optimizer: torch.optim.Optimizer, total: Tensor, fabric: Fabric, max_norm: float | None = 1.0
) -> Tensor:
    """One step down a loss.

    Returns:
        The norm of the network's gradient before it was clipped to `max_norm`; 0 where it was not clipped.
    """
    optimizer.zero_grad(set_to_none=True)
    fabric.backward(total)
    norm = None
    if max_norm is not None:
        norm = fabric.clip_gradients(network, optimizer, max_norm=max_norm, error_if_nonfinite=False)
    optimizer.step()
    return norm if norm is not None else torch.zeros(())


def plain(network: nn.Module) -> nn.Module:
    """The network inside Fabric's wrapper and, with several processes, inside DDP's; its parameters are the same."""
    while hasattr(network, "module"):
        network = cast(nn.Module, network.module)
    return network


@dataclass(frozen=True)
class Recipe(Generic[C]):
    """A task that can be trained. The functions see no file of a run and keep no state of their own.

    Attributes:
        task: name on the command line and of what is published; several recipes may share one.
        presets: complete configs by name.
        data: (config, folder, seed) -> an object that holds the decoded pictures, training and validation.
        build: (config, data) -> state on the CPU, from scratch.
        step: one step of every network; returns the losses by name, each a scalar, those that were computed in this
            step. Raises nothing on NaN: the core looks, and reads names as `gan.training.divergence` says. All
            processes begin a step with the same random state: draw latents for the whole batch and take the rows
            rank::world, and two processes make what one makes.
        settle: (state, config, data, fabric) -> what is made anew from the average before each validation; all
            processes do it together. None where nothing is.
        validate: (state, config, data, device) -> figures, score, grid.
        cost: config -> sentences for a dry run.
        learning_rate: (config, fraction of the run) -> factor on the rate of `build`.
        items: (config, data, seed) -> what training sees: item i is a function of the seed and i alone, without end.
        warm_start: (state, tensors of a published checkpoint) -> sentences about what was taken.
        publish: (state, config) -> the EMA in published form.
        prepare: makes once what costs time and is read by training, and returns a sentence about what lies there; None
            where a task needs nothing.
    """

    task: str
    presets: Mapping[str, C]
    data: Callable[[C, Path, int], Any]
    build: Callable[[C, Any], State]
    step: Callable[[State, tuple[Tensor, ...], C, Fabric], Losses]
    validate: Callable[[State, C, Any, torch.device], Validation]
    cost: Callable[[C], list[str]]
    learning_rate: Callable[[C, float], float]
    items: Callable[[C, Any, int], Dataset[Any]] = training_items
    warm_start: Callable[[State, Mapping[str, Tensor]], list[str]] = take_fitting
    publish: Callable[[State, C], Published] = publish_average
    prepare: Callable[[PrepareOptions], str] | None = None
    settle: Callable[[State, C, Any, Fabric], None] | None = None
