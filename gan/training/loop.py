"""The training loop that every task shares: counting, averaging, logging, checkpoints, resuming, going back.

What a step does stands in the room's recipe. Here stands what must hold for all of them: the same command resumes;
ten steps are the same, bit for bit on a CPU, as five, a stop, and five; a value that is no number costs the steps
since the last checkpoint and half of the learning rate; SIGTERM and Ctrl-C save first.
"""

from __future__ import annotations

import dataclasses
import json
import signal
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import torch
from lightning.fabric import Fabric
from torch import Tensor
from tqdm import tqdm

from gan.errors import ConfigError, InputError
from gan.files import write_atomic
from gan.nets.ema import ema_decay
from gan.training.checkpoint import Checkpoints, random_states, set_random_states
from gan.training.log import Log
from gan.training.recipe import Losses, Recipe, State
from gan.weights import read, write_checkpoint

C = TypeVar("C")

MAX_ROLLBACKS = 5


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What a run is told beside its recipe's config.

    Attributes:
        data: folder of pictures.
        out: folder of the run; created where missing, resumed where not.
        preset: name of the config, for the record.
        steps: steps in all, counted from the beginning.
        seed: of the networks' start and of the data's order.
        device: "auto", "cpu" or "cuda".
        precision: Fabric's name: "32-true" or "bf16-mixed".
        warm_start: published weights to begin from: a name, a folder or a Hub id.
        weights_dir: where names of published weights are looked up.
        log_every, save_every: steps.
        workers: processes per rank that prepare data.
        devices: processes; under torchrun the number that it started.
    """

    data: Path
    out: Path
    preset: str
    steps: int
    seed: int = 0
    device: str = "auto"
    precision: str = "32-true"
    warm_start: str | None = None
    weights_dir: Path = Path("weights")
    log_every: int = 50
    save_every: int = 500
    workers: int = 0
    devices: int = 1

    def __post_init__(self) -> None:
        if self.steps < 1 or self.save_every < 1 or self.log_every < 1:
            raise InputError(
                "steps", "{got}", "whole numbers from 1 on are allowed", "Choose a larger number", got=self.steps
            )
        if self.device not in ("auto", "cpu", "cuda"):
            raise InputError("device", "{got}", "auto, cpu or cuda is allowed", "Choose one of these", got=self.device)


class Stop(Exception):
    """SIGTERM or SIGINT arrived; the state is whole."""


def train(recipe: Recipe[C], config: C, options: RunOptions) -> State:
    """Train until `options.steps`, resuming what lies in `options.out`.

    Returns:
        The last state.

    Raises:
        InputError: the data cannot be used, or the run's folder belongs to another config.
        WeightsError: `warm_start` is no such model.
        ConfigError: the loss was not finite again and again.
    """
    fabric = Fabric(
        accelerator={"cuda": "cuda", "cpu": "cpu"}.get(options.device, "auto"),
        devices=options.devices,
        precision=options.precision,  # type: ignore[arg-type]
    )
    fabric.launch()
    if fabric.device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")
    return _Run(recipe, config, options, fabric).finish()


class _Run:
    """The parts of one run, tied together."""

    def __init__(self, recipe: Recipe[Any], config: Any, options: RunOptions, fabric: Fabric) -> None:
        self.recipe = recipe
        self.config = config
        self.options = options
        self.fabric = fabric
        self.batch = recipe.batch_size(config)
        if self.batch % fabric.world_size:
            raise ConfigError(
                "batch",
                "{batch} pictures for {world} processes",
                "the number of processes must divide the batch",
                "Start another number of processes",
                batch=self.batch,
                world=fabric.world_size,
            )
        self._claim_folder()
        self.log = Log(options.out, active=fabric.is_global_zero)
        self.checkpoints = Checkpoints(options.out / "checkpoints")
        self.data = recipe.data(config, options.data, options.seed)
        self.state = self._build()
        self.stop_signal: int | None = None

    def finish(self) -> State:
        self._resume()
        handlers = {number: signal.signal(number, self._on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            while self.state.step < self.options.steps:
                if not self._advance():
                    self._go_back()
        except Stop:
            self._save(None)
            self.log.write("stopped", self.state.step, {"signal": self.stop_signal or 0})
            self.fabric.print(f"Stopped and saved at step {self.state.step}; the same command goes on from there.")
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            self.log.close()
        return self.state

    def _advance(self) -> bool:
        """Train until the end; False when a value was no number."""
        state, options = self.state, self.options
        sums: dict[str, Tensor] = defaultdict(lambda: torch.zeros((), device=self.fabric.device))
        began, logged = time.perf_counter(), 0
        batches = self._batches()
        bar = tqdm(
            total=options.steps * self.batch,
            initial=state.step * self.batch,
            unit="img",
            smoothing=0.05,
            disable=not self.fabric.is_global_zero,
            mininterval=2,
        )
        with bar:
            while state.step < options.steps:
                if self.stop_signal is not None:
                    raise Stop
                self._set_rates()
                losses = self._shared(self.recipe.step(state, next(batches), self.config, self.fabric))
                if not bool(torch.isfinite(torch.stack([v.detach().float() for v in losses.values()])).all()):
                    self.log.write("not_finite", state.step, {k: str(v.item()) for k, v in losses.items()})
                    return False
                state.step += 1
                state.seen_images += self.batch
                state.next_item += self.batch
                decay = ema_decay(self.batch, self.recipe.ema_half_life_kimg(self.config), state.seen_images)
                for name, average in state.ema.items():
                    average.update(_plain(state.networks[name]), decay)
                for name, value in losses.items():
                    sums[name] += value.detach().float()
                logged += 1
                bar.update(self.batch)
                if state.step % options.log_every == 0 or state.step == options.steps:
                    rate = logged * self.batch / (time.perf_counter() - began)
                    figures = {name: float(total) / logged for name, total in sums.items()}
                    bar.set_postfix({name: f"{value:.4f}" for name, value in figures.items()}, refresh=False)
                    self.log.write("train", state.step, {**figures, "images_per_s": round(rate, 2), **self._memory()})
                    sums.clear()
                    began, logged = time.perf_counter(), 0
                if state.step % options.save_every == 0 or state.step == options.steps:
                    self._validate_and_save()
                    began = time.perf_counter()
        return True

    def _validate_and_save(self) -> None:
        validation = None
        if self.fabric.is_global_zero:
            states = random_states()
            validation = self.recipe.validate(self.state, self.config, self.data, self.fabric.device)
            set_random_states(states)  # looking must not change what comes after
            self.log.write("validation", self.state.step, validation.figures)
            self.log.grid(self.state.step, validation.grid)
            tqdm.write(f"step {self.state.step}: " + ", ".join(f"{k} {v:.4f}" for k, v in validation.figures.items()))
        self._save(validation.score if validation else None)

    def _save(self, score: float | None) -> None:
        payload = {"state": self.state.state_dict(), "random": random_states(), "format": 1}
        if self.fabric.is_global_zero:
            self.checkpoints.save(payload, step=self.state.step, score=score)
            published = self.recipe.publish(self.state, self.config)
            write_checkpoint(
                self.options.out / "weights",
                name=self.options.preset,
                task=self.recipe.task,
                config=published.config,
                state=published.state,
                card=f"Written by a run at step {self.state.step}.",
                recipe=self.recipe.task,
                preset=self.options.preset,
                seen_images=self.state.seen_images,
                data=str(self.options.data),
            )
        self.fabric.barrier()

    def _go_back(self) -> None:
        """Return to the last good checkpoint with half the rate and other data."""
        failed_at, rollbacks = self.state.next_item, self.state.rollbacks
        rate = self.state.rate_scale
        if rollbacks >= MAX_ROLLBACKS:
            raise ConfigError(
                "training",
                "the loss was not a finite number {count} times",
                "a run is given up after that",
                "Lower the preset's learning rate, or look for broken pictures in the data",
                count=rollbacks + 1,
            )
        saved, passed_over = self.checkpoints.load()
        if saved is None:
            raise ConfigError(
                "training",
                "the loss was not a finite number before the first checkpoint",
                "a run begins with finite losses",
                "Lower the preset's learning rate, or look for broken pictures in the data",
            )
        self._restore(saved)
        self.state.rollbacks = rollbacks + 1
        self.state.rate_scale = rate / 2
        self.state.next_item = failed_at + self.batch
        for sentence in passed_over:
            self.fabric.print(sentence)
        self.fabric.print(
            f"A loss was not finite: back to step {self.state.step}, learning rate times {self.state.rate_scale:g}."
        )
        self.log.write("rollback", self.state.step, {"rate_scale": self.state.rate_scale})

    def _resume(self) -> None:
        saved, passed_over = self.checkpoints.load()
        for sentence in passed_over:
            self.fabric.print(sentence)
        if saved is not None:
            self._restore(saved)
            self.fabric.print(f"Resuming at step {self.state.step} of {self.options.steps}.")
        else:
            self._save(None)  # so that there is something to go back to

    def _restore(self, saved: Mapping[str, Any]) -> None:
        self.state.load_state_dict(saved["state"])
        set_random_states(saved["random"])

    def _build(self) -> State:
        torch.manual_seed(self.options.seed)
        state = self.recipe.build(self.config)
        if self.options.warm_start is not None:
            weights = read(self.options.warm_start, self.options.weights_dir)
            for sentence in self.recipe.warm_start(state, weights.state):
                self.fabric.print(sentence)
        for name, network in list(state.networks.items()):
            own = {id(p) for p in network.parameters()}
            mine = {
                key: optimizer
                for key, optimizer in state.optimizers.items()
                if any(id(p) in own for group in optimizer.param_groups for p in group["params"])
            }
            wrapped, *optimizers = self.fabric.setup(network, *mine.values())
            state.networks[name] = wrapped
            state.optimizers.update(zip(mine, optimizers, strict=True))
        for frozen in (*state.frozen.values(), *state.ema.values()):
            frozen.to(self.fabric.device)
        for optimizer in state.optimizers.values():
            for group in optimizer.param_groups:
                group.setdefault("initial_lr", group["lr"])
        return state

    def _batches(self) -> Iterator[tuple[Tensor, ...]]:
        batches = self.recipe.batches(
            self.config,
            self.data,
            self.state.next_item,
            self.batch // self.fabric.world_size,
            self.fabric.global_rank,
            self.fabric.world_size,
            self.options.workers,
            self.options.seed,
        )
        for batch in batches:
            yield tuple(x.to(self.fabric.device, non_blocking=True) for x in batch)

    def _set_rates(self) -> None:
        factor = self.recipe.learning_rate(self.config, self.state.step / self.options.steps) * self.state.rate_scale
        for optimizer in self.state.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = group["initial_lr"] * factor

    def _claim_folder(self) -> None:
        """Write the resolved options, or check that those of the run that lies there are the same."""
        path = self.options.out / "config.json"
        config = json.loads(json.dumps(dataclasses.asdict(self.config)))
        resolved = {
            "task": self.recipe.task,
            "preset": self.options.preset,
            "seed": self.options.seed,
            "config": config,
        }
        if path.exists():
            before = json.loads(path.read_text(encoding="utf-8"))
            if before != resolved:
                different = [key for key in resolved if before.get(key) != resolved[key]]
                raise InputError(
                    "out",
                    "{folder} holds a run with another {different}",
                    "a run resumes with the options that it began with",
                    "Choose another folder with --out",
                    folder=self.options.out,
                    different=", ".join(different),
                )
        elif self.fabric.is_global_zero:
            write_atomic(path, json.dumps(resolved, indent=1).encode())
        self.fabric.barrier()

    def _shared(self, losses: Losses) -> Losses:
        """The means over all processes, so that all of them see the same figures and go back together."""
        if self.fabric.world_size == 1:
            return losses
        return {name: cast(Tensor, self.fabric.all_reduce(value.detach())) for name, value in losses.items()}

    def _memory(self) -> dict[str, float]:
        if self.fabric.device.type != "cuda":
            return {}
        return {"peak_gb": round(torch.cuda.max_memory_allocated() / 2**30, 2)}

    def _on_signal(self, number: int, _frame: Any) -> None:
        self.stop_signal = number


def _plain(network: torch.nn.Module) -> torch.nn.Module:
    """The network inside Fabric's wrapper, whose parameters are the same."""
    return getattr(network, "module", network)
