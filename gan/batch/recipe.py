"""What a recipe is: steps of any room in their order, and how their result is written."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, Final

import torch

from gan.batch.steps import DRAWING, LEFT_OUT, Files, Step, arguments_of, at_step, built, files_of
from gan.core.contract import SEED_LIMIT, Request
from gan.core.errors import InputError
from gan.imaging.io.formats import Encoding
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture

VERSION: Final = 1
MOST_STEPS: Final = 100

PROBES_PX = (1000, 100, 10_000)
"""Sides of empty pictures on which every step is tried: what none of them can be asked is the recipe's mistake."""


@dataclass(frozen=True)
class Recipe:
    """Steps and the way in which their result is written.

    Attributes:
        name: what people call it.
        steps: 1 to `MOST_STEPS`, in order; only the first one may draw a picture of its own.
        output: how pictures are written; where the last step exports, the channel decides instead.
        files: content by name of the masks, styles and other pictures that steps use.

    Raises:
        StepError: an unknown task or field, a value of another type, or drawing in a later step.
        InputError: no step, or too many.
    """

    name: str
    steps: tuple[Step, ...]
    output: Encoding = field(default_factory=Encoding)
    files: Files = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not 1 <= len(self.steps) <= MOST_STEPS:
            raise InputError(
                "steps",
                "{count} steps",
                "1 to {most} are allowed",
                "Correct the recipe",
                count=len(self.steps),
                most=MOST_STEPS,
            )
        for number, step in enumerate(self.steps, 1):
            with at_step(number):
                files_of(step)
                if step.task == DRAWING and number > 1:
                    raise _late()

    @property
    def draws(self) -> bool:
        """Whether it begins with a picture of its own and is applied to none."""
        return self.steps[0].task == DRAWING

    @property
    def wanted(self) -> tuple[str, ...]:
        """The names of all files that its steps need."""
        return tuple(dict.fromkeys(name for step in self.steps for name in files_of(step)))

    @property
    def models(self) -> frozenset[str]:
        """The models that its steps name; a name may be a path or a Hub id."""
        return frozenset(str(step.request["model"]) for step in self.steps if "model" in step.request)

    @cached_property
    def arguments(self) -> tuple[Mapping[str, Any], ...]:
        """Each step's fields, read, with their files decoded.

        Raises:
            StepError: a file is missing, cannot be read, or is not the one that the step was made with; or a value
                is outside its range whatever the picture.
        """
        read = []
        for number, step in enumerate(self.steps, 1):
            with at_step(number):
                arguments = arguments_of(step, self.files)
                _probe(step.task, arguments)
            read.append(arguments)
        return tuple(read)

    @cached_property
    def sha256(self) -> str:
        """Of everything that decides how a picture comes out, whatever way it is spelled; the name does not.

        Raises:
            StepError: as of `arguments`.
        """
        steps = [
            [step.task, {key: value for key, value in _probe(step.task, read).as_step().items() if key not in LEFT_OUT}]
            for step, read in zip(self.steps, self.arguments, strict=True)
        ]
        content = {"version": VERSION, "steps": steps, "output": _output_record(self.output)}
        return hashlib.sha256(json.dumps(_spelled_alike(content), sort_keys=True).encode()).hexdigest()

    def kept_files(self) -> dict[tuple[str, str], bytes]:
        """The content of its files by the hash of their pixels and the name that sidecars know them by.

        Raises:
            StepError: as of `arguments`.
        """
        named = {}
        for number, step in enumerate(self.steps, 1):
            with at_step(number):
                named.update(files_of(step, self.files))
        return {(sha256, PurePosixPath(name).name): self.files[name] for name, sha256 in named.items()}

    def record(self) -> dict[str, Any]:
        """JSON-ready; `read_recipe` gives the same again where the files are there."""
        return {
            "version": VERSION,
            "name": self.name,
            "steps": [step_record(step) for step in self.steps],
            "output": _output_record(self.output),
        }

    def variants(self) -> tuple[tuple[str, Recipe], ...]:
        """What to tell the results by, which is empty for one, and the recipe of each result.

        A step that recolors to several targets, or draws several pictures, becomes as many recipes of one each.
        """
        choices = [_changes(step, read) for step, read in zip(self.steps, self.arguments, strict=True)]
        return tuple(
            ("-".join(label for label, _ in chosen if label), self._with([change for _, change in chosen]))
            for chosen in itertools.product(*choices)
        )

    def _with(self, changes: Sequence[Mapping[str, Any]]) -> Recipe:
        if not any(changes):
            return self
        steps = [
            dataclasses.replace(step, request={**step.request, **_plain(change)})
            for step, change in zip(self.steps, changes, strict=True)
        ]
        made = dataclasses.replace(self, steps=tuple(steps))
        # What was decoded for the recipe serves all its variants.
        read = [{**read, **change} for read, change in zip(self.arguments, changes, strict=True)]
        vars(made)["arguments"] = tuple(read)
        return made


def to_json(record: Mapping[str, Any]) -> bytes:
    """Indented, with a line's end; numbers that JSON has not become null."""
    text = json.dumps(_plain(record), indent=2, ensure_ascii=False, allow_nan=False)
    # Names of files that are no text are written as JSON's escapes.
    return (text + "\n").encode("utf-8", "backslashreplace")


def step_record(step: Step) -> dict[str, Any]:
    """A step as a recipe's JSON has it."""
    weights = {"weights": dict(step.weights)} if step.weights else {}
    return {"task": step.task, "request": dict(step.request), **weights}


def _output_record(output: Encoding) -> dict[str, Any]:
    values = {item.name: getattr(output, item.name) for item in dataclasses.fields(output)}
    return {"format": values.pop("file_format"), **{name: value for name, value in values.items() if value is not None}}


def _probe(task: str, arguments: Mapping[str, Any]) -> Request:
    """The request on an empty picture that takes no memory; of the masks' size where there are masks.

    Raises:
        InputError: no picture can be asked this.
    """
    masks = [value for value in arguments.values() if isinstance(value, Mask)]
    sizes = [(mask.height_px, mask.width_px) for mask in masks[:1]] or [(side, side) for side in PROBES_PX]
    for size in sizes[1:]:
        with suppress(InputError):
            return built(task, arguments, _empty(*size))
    return built(task, arguments, _empty(*sizes[0]))


def _empty(height_px: int, width_px: int) -> Picture:
    return Picture(torch.zeros(1).expand(1, 3, height_px, width_px))


def _changes(step: Step, arguments: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """For each picture that a step makes: what to tell it by, and the fields that ask for it alone."""
    if step.task == DRAWING:
        request = built(step.task, arguments, None)
        seeds = [(request.seed + index) % SEED_LIMIT for index in range(arguments.get("count", 1))]
        return [(str(seed), {"seed": seed, "count": 1}) for seed in seeds]
    if step.task == "recolor" and len(arguments["to"]) > 1:
        return [(color.strip().lstrip("#"), {"to": (color,)}) for color in arguments["to"]]
    return [("", {})]


def _late() -> InputError:
    return InputError(
        "task",
        "generate after another step",
        "only the first step may make a picture of its own",
        "Move it to the beginning, or leave it out",
    )


def _spelled_alike(value: Any) -> Any:
    """1 and 1.0 are the same number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, Mapping):
        return {key: _spelled_alike(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_spelled_alike(item) for item in value]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
