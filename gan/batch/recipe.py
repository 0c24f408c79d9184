"""Recipe: an ordered list of steps of any task, and the output settings of their result."""

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

from gan.batch.steps import DRAWING, LEFT_OUT, Budget, Files, Step, arguments_of, built, files_of
from gan.core.contract import SEED_LIMIT, Request
from gan.core.errors import InputError
from gan.core.recipe import at_step
from gan.imaging.io.formats import Encoding
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture
from gan.limits import MAX_VARIANTS

VERSION: Final = 1
MOST_STEPS: Final = 100

PROBES_PX = (1000, 100, 10_000)
"""Sides of empty pictures on which every step is tried: what fails on all of them is an error in the recipe."""


@dataclass(frozen=True)
class Recipe:
    """Steps, and the output settings of their result.

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
        """True if the recipe starts by generating a picture and takes none as input."""
        return self.steps[0].task == DRAWING

    @property
    def wanted(self) -> tuple[str, ...]:
        """Names of all files that the recipe's steps need."""
        return tuple(dict.fromkeys(name for step in self.steps for name in files_of(step)))

    @property
    def models(self) -> frozenset[str]:
        """Models that the recipe's steps name; a name may be a path or a Hub id."""
        return frozenset(str(step.request["model"]) for step in self.steps if "model" in step.request)

    @cached_property
    def arguments(self) -> tuple[Mapping[str, Any], ...]:
        """Validated fields of each step, with their files decoded.

        Raises:
            StepError: a file is missing, cannot be read, or is not the one that the step was made with; or a value
                is outside its range whatever the picture; or the files have more than `MAX_RECIPE_PIXELS` together.
        """
        read, budget = [], Budget()
        for number, step in enumerate(self.steps, 1):
            with at_step(number):
                arguments = arguments_of(step, self.files, budget=budget)
                _probe(step.task, arguments)
            read.append(arguments)
        return tuple(read)

    @cached_property
    def sha256(self) -> str:
        """Hash of everything that affects the pixels of the result, independent of spelling; the name does not count.

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
        """Content of the recipe's files, by the hash of their pixels and by the name that sidecars use.

        Raises:
            StepError: as of `arguments`.
        """
        named, budget = {}, Budget()
        for number, step in enumerate(self.steps, 1):
            with at_step(number):
                named.update(files_of(step, self.files, budget))
        return {(sha256, PurePosixPath(name).name): self.files[name] for name, sha256 in named.items()}

    def record(self) -> dict[str, Any]:
        """JSON-ready; `read_recipe` gives the same recipe if the files exist."""
        return {
            "version": VERSION,
            "name": self.name,
            "steps": [step_record(step) for step in self.steps],
            "output": _output_record(self.output),
        }

    def variants(self) -> tuple[tuple[str, Recipe], ...]:
        """A label and a recipe for each result; the label is empty if there is one result only.

        A step that recolors to several targets, or draws several pictures, becomes as many recipes of one each.

        Raises:
            StepError: as of `arguments`.
            InputError: there are more than `MAX_VARIANTS`.
        """
        choices = [_changes(step, read) for step, read in zip(self.steps, self.arguments, strict=True)]
        if (count := math.prod(map(len, choices))) > MAX_VARIANTS:
            raise InputError(
                "steps",
                "{count} results of one picture",
                "at most {most} are made",
                "Name fewer colors, or make several recipes of it",
                count=count,
                most=MAX_VARIANTS,
            )
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
    """JSON with indentation and a final newline; numbers that JSON does not have become null."""
    text = json.dumps(_plain(record), indent=2, ensure_ascii=False, allow_nan=False)
    # Names of files that are no text are written as JSON's escapes.
    return (text + "\n").encode("utf-8", "backslashreplace")


def step_record(step: Step) -> dict[str, Any]:
    """A step in the form of a recipe's JSON."""
    weights = {"weights": dict(step.weights)} if step.weights else {}
    return {"task": step.task, "request": dict(step.request), **weights}


def _output_record(output: Encoding) -> dict[str, Any]:
    values = output.model_dump()
    return {"format": values.pop("file_format"), **{name: value for name, value in values.items() if value is not None}}


def _probe(task: str, arguments: Mapping[str, Any]) -> Request:
    """The request on an empty picture that takes no memory; of the masks' size if there are masks.

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
    """A label and the field changes for each picture that a step makes."""
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
        "generate comes after another step",
        "only the first step may generate a picture",
        "Move it to the beginning, or remove it",
    )


def _spelled_alike(value: Any) -> Any:
    """Spell 1 and 1.0 alike, since they are the same number."""
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
