"""Options of a training run beside its recipe's config."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gan.core.errors import InputError
from gan.models.hub import hub_id

SAVES_PER_PUSH = 5


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Options of a training run beside its recipe's config.

    Attributes:
        data: folder of pictures.
        out: folder of the run; created where missing, resumed where not.
        preset: name of the config, for the record.
        steps: steps in all, counted from the beginning.
        seed: of the networks' start and of the data's order.
        device: "auto", "cpu" or "cuda".
        precision: Fabric's name: "32-true" or "bf16-mixed".
        warm_start: what to begin from: a name of published weights, a folder of such, a Hub id, or a run's folder.
        weights_dir: where names of published weights are looked up.
        log_every, save_every: steps.
        workers: processes per rank that prepare data.
        devices: processes; under torchrun the number that it started.
        push_to_hub: "owner/name" to publish to while training and at the end, or None.
        push_every: steps between two pushes; each happens at the next save. None: every fifth save.
        stop_on_alarm: whether a collapse stops the run.

    Raises:
        InputError: a number is below 1, or a name is not a known one.
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
    push_to_hub: str | None = None
    push_every: int | None = None
    stop_on_alarm: bool = False

    def __post_init__(self) -> None:
        for name in ("steps", "save_every", "log_every", "push_every"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise InputError(
                    name, "{got}", "whole numbers from 1 on are allowed", "Choose a larger number", got=number
                )
        if self.workers < 0:
            raise InputError("workers", "{workers}", "0 or more is allowed", "Choose more", workers=self.workers)
        if self.device not in ("auto", "cpu", "cuda"):
            raise InputError("device", "{got}", "auto, cpu or cuda is allowed", "Choose one of these", got=self.device)
        if self.push_to_hub is not None:
            parts = hub_id(self.push_to_hub)
            if parts is None or parts[1] is not None:
                raise InputError(
                    "push_to_hub",
                    '"{got}"',
                    "owner/name is expected",
                    "Write your name on the Hub, a slash and the model's name",
                    got=self.push_to_hub,
                )

    @property
    def steps_per_push(self) -> int:
        return self.push_every or SAVES_PER_PUSH * self.save_every


@dataclass(frozen=True, kw_only=True)
class PrepareOptions:
    """Options of `train.py prepare`.

    Attributes:
        data: folder of pictures.
        out: folder to write or to go on with; what a run takes as its `data` then.
        count: items in all.
        seed: of the items.
        scale: output pixels per input pixel of the network that will be taught.
        teacher: its file.

    Raises:
        InputError: a number is not allowed.
    """

    data: Path
    out: Path
    teacher: Path
    count: int = 1500
    seed: int = 0
    scale: int = 4

    def __post_init__(self) -> None:
        if self.count < 1:
            raise InputError(
                "count", "{got}", "whole numbers from 1 on are allowed", "Choose a larger number", got=self.count
            )
        if self.scale not in (1, 2, 4):
            raise InputError("scale", "{got}", "1, 2 or 4 is allowed", "Choose one of these", got=self.scale)
