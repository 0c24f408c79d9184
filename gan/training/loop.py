"""Training loop of all tasks: counting, averaging, logging, checkpoints, resuming, rollback.

What a step does stands in the task's recipe. Here stands what must hold for all of them: the same command resumes;
ten steps are the same, bit for bit on a CPU, as five, a stop, and five; a divergence costs the steps since the last
checkpoint and half of the learning rate; a collapse is said aloud; SIGTERM and Ctrl-C save first.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, cast

import torch
from lightning.fabric import Fabric
from lightning.fabric.strategies.ddp import DDPStrategy
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler
from tqdm import tqdm

from gan.core.errors import ConfigError, InputError
from gan.models.ema import ema_decay
from gan.training.checkpoint import Checkpoints, random_states, set_random_states
from gan.training.collapse import Alarms
from gan.training.divergence import Divergence, Watch
from gan.training.log import Log, Meter
from gan.training.options import RunOptions
from gan.training.publish import Publisher
from gan.training.recipe import Config, Losses, Recipe, State, Validation, plain
from gan.training.start import CHECKPOINTS_FOLDER, build_state, claim_folder

C = TypeVar("C", bound=Config)

MAX_ROLLBACKS = 5


class Stop(Exception):
    """SIGTERM or SIGINT arrived; the state is consistent."""


class Alarmed(Exception):
    """A validation raised an alarm, and the run was to stop then; everything is saved. The text is one line."""


def train(recipe: Recipe[C], config: C, options: RunOptions) -> State:
    """Train until `options.steps`, resuming the run in `options.out`.

    Returns:
        The last state.

    Raises:
        InputError: the data cannot be used, or the run's folder belongs to another config.
        WeightsError: `warm_start` is no such model.
        ConfigError: training diverged again and again.
        Alarmed: a validation was alarming, with `options.stop_on_alarm`.
        PushFailed: all is done and saved, but the last push to the Hub did not arrive.
    """
    if options.device == "cuda" and not torch.cuda.is_available():
        raise InputError("device", "cuda", "auto or cpu is allowed, since there is no GPU here", "Choose one of these")
    fabric = Fabric(
        accelerator={"cuda": "cuda", "cpu": "cpu"}.get(options.device, "auto"),
        # Buffers that were broadcast between a forward and its backward would spoil the gradient.
        strategy=DDPStrategy(broadcast_buffers=False) if options.devices > 1 else "auto",
        devices=options.devices,
        precision=options.precision,  # type: ignore[arg-type]
    )
    fabric.launch()
    if fabric.device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")
    return _Run(recipe, config, options, fabric).finish()


class _Run:
    """State and tools of one run."""

    def __init__(self, recipe: Recipe[Any], config: Any, options: RunOptions, fabric: Fabric) -> None:
        self.recipe = recipe
        self.config = config
        self.options = options
        self.fabric = fabric
        self.batch = config.batch
        if self.batch % fabric.world_size:
            raise ConfigError(
                "batch",
                "{batch} pictures for {world} processes",
                "the number of processes must divide the batch",
                "Start another number of processes",
                batch=self.batch,
                world=fabric.world_size,
            )
        claim_folder(recipe, config, options, fabric)
        self.log = Log(options.out, active=fabric.is_global_zero)
        self.checkpoints = Checkpoints(options.out / CHECKPOINTS_FOLDER)
        self.data = recipe.data(config, options.data, options.seed)
        fresh = not self.checkpoints.entries()
        self.state = build_state(recipe, config, self.data, options, fabric, fresh=fresh)
        self.watch = Watch()
        self.alarms = Alarms()
        self.publisher: Publisher | None = None
        self.went_back_to: int | None = None
        self.stop_signal: int | None = None
        self.stop_agreed = False

    def finish(self) -> State:
        self._resume()
        handlers = {number: signal.signal(number, self._on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            while self.state.step < self.options.steps:
                divergence = self._advance()
                if divergence is not None:
                    self._go_back(divergence)
            self._status("done")
            if self.publisher is not None:
                self.publisher.end(self.state, lambda: self.stop_signal is not None)
        except Stop:
            self._save_stopped()
        except Alarmed:
            self._status("alarmed")
            if self.publisher is not None:
                self.publisher.stop()
            raise
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            if self.publisher is not None:
                self.publisher.close()
            self.log.close()
        return self.state

    def _advance(self) -> Divergence | None:
        """Train until the end, or until a step has diverged."""
        state, options = self.state, self.options
        meter = Meter(self.batch, self.fabric.device)
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
                if self.stop_agreed or (self.fabric.world_size == 1 and self.stop_signal is not None):
                    raise Stop
                self._set_rates()
                figures = self._shared(self.recipe.step(state, next(batches), self.config, self.fabric))
                divergence = self.watch.look(figures)
                if divergence is not None:
                    return divergence
                state.step += 1
                state.seen_images += self.batch
                state.next_item += self.batch
                decay = ema_decay(self.batch, self.config.ema_half_life_kimg, state.seen_images)
                for name, average in state.ema.items():
                    average.update(plain(state.networks[name]), decay)
                meter.add(figures)
                bar.update(self.batch)
                if state.step % options.log_every == 0 or state.step == options.steps:
                    bar.set_postfix({k: f"{v:.4f}" for k, v in meter.means().items()}, refresh=False)
                    self.log.write("train", state.step, meter.read())
                if state.step % options.save_every == 0 or state.step == options.steps:
                    began = time.perf_counter()
                    self._validate_and_save()
                    meter.pause(time.perf_counter() - began)
        return None

    def _validate_and_save(self) -> None:
        validation = None
        if self.recipe.settle is not None:
            self.recipe.settle(self.state, self.config, self.data, self.fabric)
        if self.fabric.is_global_zero:
            states = random_states()
            validation = self.recipe.validate(self.state, self.config, self.data, self.fabric.device)
            set_random_states(states)  # looking must not change what comes after
            self.log.write("validation", self.state.step, validation.figures)
            self.log.grid(self.state.step, validation.grid)
            tqdm.write(f"step {self.state.step}: " + ", ".join(f"{k} {v:.4f}" for k, v in validation.figures.items()))
            for alarm in self.alarms.look(validation.figures):
                self.log.write("alarm", self.state.step, alarm.record())
                tqdm.write(f"ALARM at step {self.state.step}: {alarm.why}.")
        self._save(validation)
        self.went_back_to = None
        if self.options.stop_on_alarm:
            reasons = self.fabric.broadcast([alarm.why for alarm in self.alarms.active])
            if reasons:
                raise Alarmed(f"Stopped and saved at step {self.state.step}: {'; '.join(reasons)}.")

    def _save(self, validation: Validation | None) -> None:
        payload = {
            "state": self.state.state_dict(),
            "random": random_states(),
            "watch": self.watch.state_dict(),
            "alarms": self.alarms.state_dict(),
            "format": 1,
        }
        if self.publisher is not None:
            score = validation.score if validation is not None else None
            self.checkpoints.save(payload, step=self.state.step, score=score)
            self.publisher.save(self.state, validation)
        self._status("training")
        self.fabric.barrier()

    def _save_stopped(self) -> None:
        """Save after a signal, unless this very step is already saved, with its score."""
        lies_there = [entry.step for entry in self.checkpoints.entries()[-1:]] == [self.state.step]
        # One process decides: another might read the index when it is written already.
        if self.fabric.broadcast(not lies_there or self.went_back_to is not None):
            self._save(None)
        self._status("stopped")
        self.log.write("stopped", self.state.step, {"signal": self.stop_signal or 0})
        if self.publisher is not None:
            self.publisher.stop()
        self.fabric.print(f"Stopped and saved at step {self.state.step}; the same command goes on from there.")

    def _status(self, what: str) -> None:
        if self.publisher is not None:
            self.publisher.status(what, self.state, self.alarms.active)

    def _go_back(self, divergence: Divergence) -> None:
        """Roll back to the last good checkpoint, with half the rate and other data.

        A checkpoint that training went back to once, without reaching the next, was not good: then the one before.
        """
        state = self.state
        diverged_at, failed_item, rollbacks, rate = state.step, state.next_item, state.rollbacks, state.rate_scale
        value = str(divergence.value)  # JSON has no word for NaN
        self.log.write("divergence", diverged_at, {"figure": divergence.figure, "value": value, "why": divergence.why})
        if rollbacks >= MAX_ROLLBACKS:
            raise ConfigError(
                "training",
                "it diverged {count} times, the last time because {why}",
                "a run is given up after that",
                "Lower the preset's learning rate, or look for broken pictures in the data",
                count=rollbacks + 1,
                why=divergence.why,
            )
        saved, passed_over = self.checkpoints.load(before=self.went_back_to)
        if saved is None:
            raise ConfigError(
                "training",
                "it diverged and no checkpoint is whole, because {why}",
                "a run begins with a checkpoint",
                "Begin again in another folder",
                why=divergence.why,
            )
        self._restore(saved)
        self.went_back_to = self.state.step
        self.state.rollbacks = rollbacks + 1
        self.state.rate_scale = rate / 2
        self.state.next_item = failed_item + self.batch
        self.watch.went_back(divergence)
        for sentence in passed_over:
            self.fabric.print(sentence)
        self.fabric.print(
            f"Step {diverged_at + 1} diverged ({divergence.why}): back to step {self.state.step}, "
            f"learning rate times {self.state.rate_scale:g}."
        )
        self.log.write("rollback", self.state.step, {"rate_scale": self.state.rate_scale, "from_step": diverged_at})

    def _resume(self) -> None:
        saved, passed_over = self.checkpoints.load()
        self.fabric.barrier()  # all have read what was there before the first process writes
        for sentence in passed_over:
            self.fabric.print(sentence)
        if saved is not None:
            self._restore(saved)
            self.fabric.print(f"Resuming at step {self.state.step} of {self.options.steps}.")
        if self.fabric.is_global_zero:
            self.publisher = Publisher(
                self.recipe, self.config, self.options, self.log, say=tqdm.write, start=self.state.step
            )
        if saved is None:
            self._save(None)  # so that there is something to go back to

    def _restore(self, saved: Mapping[str, Any]) -> None:
        self.state.load_state_dict(saved["state"])
        set_random_states(saved["random"])
        # Checkpoints from before there was a watch have neither of the two.
        if "watch" in saved:
            self.watch.load_state_dict(saved["watch"])
            self.alarms.load_state_dict(saved["alarms"])

    def _batches(self) -> Iterator[tuple[Tensor, ...]]:
        states = random_states()
        batches = stream(
            self.recipe.items(self.config, self.data, self.options.seed),
            start=self.state.next_item,
            batch=self.batch // self.fabric.world_size,
            rank=self.fabric.global_rank,
            world=self.fabric.world_size,
            workers=self.options.workers,
        )
        # A DataLoader draws its workers' seed from the global state, once more for every time a run is resumed.
        set_random_states(states)
        for batch in batches:
            yield tuple(x.to(self.fabric.device, non_blocking=True) for x in batch)

    def _set_rates(self) -> None:
        factor = self.recipe.learning_rate(self.config, self.state.step / self.options.steps) * self.state.rate_scale
        for optimizer in self.state.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = group["initial_lr"] * factor

    def _shared(self, losses: Losses) -> dict[str, float]:
        """Means over all processes, so that all see the same figures, and roll back and stop together."""
        stop = torch.tensor(float(self.stop_signal is not None), device=self.fabric.device)
        values = torch.stack([*(v.detach().float().to(self.fabric.device) for v in losses.values()), stop])
        if self.fabric.world_size > 1:
            values = cast(Tensor, self.fabric.all_reduce(values, reduce_op="mean"))
        *means, stopping = values.tolist()
        self.stop_agreed = stopping > 0
        return dict(zip(losses, means, strict=True))

    def _on_signal(self, number: int, _frame: Any) -> None:
        self.stop_signal = number


class Counter(Sampler[int]):
    """Indices of one process, from the resumed position: rank, rank + world, ... without end."""

    def __init__(self, start: int, rank: int = 0, world: int = 1) -> None:
        self.start = start
        self.rank = rank
        self.world = world

    def __iter__(self) -> Iterator[int]:
        index = self.start + self.rank
        while True:
            yield index
            index += self.world


def stream(
    items: Dataset[Any], *, start: int, batch: int, rank: int = 0, world: int = 1, workers: int = 0
) -> Iterator[tuple[Tensor, ...]]:
    """Batches without end from item `start` on.

    Args:
        batch: items per process; all processes together use up `batch * world` items a step.
        workers: processes that prepare batches ahead; 0 prepares them in line, the right choice on two cores.
    """
    loader = DataLoader(
        items,
        batch_size=batch,
        sampler=Counter(start, rank, world),
        num_workers=workers,
        pin_memory=torch.cuda.is_available(),
        persistent_workers=workers > 0,
    )
    return iter(loader)
