"""The steps that a recipe may have, and how a step's JSON becomes a task's request."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gan.core import recipe
from gan.core.contract import Request
from gan.core.errors import InputError, shown, wrong_type
from gan.core.option import PICTURE
from gan.core.reader import Pixels, Reader, Source
from gan.imaging.color_grading import Look
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture
from gan.imaging.pixel_hash import sha256_of
from gan.limits import MAX_RECIPE_PIXELS
from gan.tasks import STEP, TASKS, former_names

REQUESTS: Mapping[str, type[Request]] = {name: task.request for name, task in TASKS.items() if STEP in task.on}
"""By the task's name. Of generating, which needs no picture, there is one step at most, the first."""

FORMER_NAMES: Mapping[str, str] = former_names()
"""What recipes, records and pictures' histories of earlier versions call a task: its name today."""

DRAWING = "generate"
LEFT_OUT = frozenset((PICTURE, "facts"))
"""Fields that every picture has its own of."""

Files = Mapping[str, bytes]
"""Content by name of the masks, styles and other pictures that steps use."""


@dataclass(frozen=True)
class Step:
    """One request, without its picture.

    Attributes:
        task: a key of `REQUESTS`; a former name of one becomes today's.
        request: the other fields of that request as JSON has them; a mask, style, look or ground is the name of a
            file, or {"file": name, "sha256": of its pixels}, or of a style the name of a preset.
        weights: {name: sha256} of the models that it was made with, where it was made before.
    """

    task: str
    request: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "task", FORMER_NAMES.get(self.task, self.task))


def request_of(step: Step, picture: Picture | None, files: Files) -> Request:
    """The request that a step asks of a picture.

    Args:
        picture: None for a step that draws.
        files: every file that the step names.

    Raises:
        InputError: an unknown task or field, a value of another type or outside its range, or a file that is
            missing, cannot be read, or is not the one that the step was made with.
    """
    return built(step.task, arguments_of(step, files), picture)


def built(task: str, arguments: Mapping[str, Any], picture: Picture | None) -> Request:
    """The request of a task on a picture, with what `arguments_of` has read."""
    return recipe.Step(kind=REQUESTS[task], fields=arguments).request(picture)


class Budget:
    """Counts the pixels of the files that a recipe names, so that a short recipe does not fill the memory."""

    def __init__(self, most: int = MAX_RECIPE_PIXELS) -> None:
        self._most = most
        self._left = most

    def take(self, pixels: Picture | Mask | Look, name: str) -> None:
        """Raise `InputError` where there are more than allowed."""
        of = pixels.rgb if isinstance(pixels, Picture) else pixels.coverage if isinstance(pixels, Mask) else None
        self._left -= 0 if of is None else of.shape[-1] * of.shape[-2]
        if self._left < 0:
            raise InputError(
                name,
                "the files of all steps have more than {most} megapixels together",
                "at most that many are read",
                "Make the files smaller, or name fewer",
                most=self._most // 10**6,
            )


def arguments_of(
    step: Step, files: Files | None, seen: dict[str, str] | None = None, budget: Budget | None = None
) -> dict[str, Any]:
    """The request's fields besides the picture, read.

    Args:
        files: None to look at the form only; what stands for a file is then None.
        seen: filled with {name: hash of its pixels} of the files that the step names.
        budget: of the whole recipe; by default of this step alone.

    Raises:
        InputError: as of `request_of`.
    """
    kind = kind_of(step.task)
    return kind.read_fields(step.request, RecipeFiles(files, {} if seen is None else seen, budget), without=LEFT_OUT)


def kind_of(task: str) -> type[Request]:
    """Raises `InputError` for a task that no recipe can have."""
    if task not in REQUESTS:
        raise InputError(
            "task",
            "{task} is unknown",
            "{known} are allowed",
            "Choose one of these",
            task=shown(task),
            known=", ".join(REQUESTS),
        )
    return REQUESTS[task]


def files_of(step: Step, files: Files | None = None, budget: Budget | None = None) -> dict[str, str]:
    """{name: hash of its pixels} of the files that a step needs, in order; presets are none.

    Args:
        files: None to look at the form only; a hash is then what the step says, which may be empty.
        budget: as of `arguments_of`.

    Raises:
        InputError: an unknown task or field, or a value of another type; with files as of `request_of`.
    """
    seen: dict[str, str] = {}
    arguments_of(step, files, seen, budget)
    return seen


class RecipeFiles(Reader):
    """Opens the files that a recipe names, which lie in memory; checks the hash of their pixels.

    Args:
        files: content by name; None to look at the form only, when every file is read as None.
        seen: filled with {name: hash of its pixels}.
        budget: of the whole recipe; by default of these files alone.
    """

    def __init__(self, files: Files | None, seen: dict[str, str], budget: Budget | None = None) -> None:
        self._files = files
        self._seen = seen
        self._budget = budget or Budget()

    def open(
        self,
        value: Any,
        field: str,
        decoded: Callable[[Source, str], Pixels],
        shipped: Callable[[str], Path | None] = lambda _: None,
    ) -> Pixels:
        name, sha256 = _named(value, field)
        ours = shipped(name)
        if ours is None:
            self._seen[name] = self._seen.get(name) or sha256
        if self._files is None:
            return None  # type: ignore[return-value]
        data: Source | None = self._files.get(name) if ours is None else ours.read_bytes()
        if data is None:
            raise _missing(name, field)
        pixels = dataclasses.replace(decoded(data, field), name=Path(name).name)  # type: ignore[type-var]
        self._budget.take(pixels, field)  # type: ignore[arg-type]
        if sha256 and sha256_of(pixels) != sha256:  # type: ignore[arg-type]
            raise _other(name, field)
        if ours is None:
            self._seen[name] = sha256_of(pixels)  # type: ignore[arg-type]
        return pixels


def _named(value: Any, name: str) -> tuple[str, str]:
    """A file's name and the hash of its pixels, which may be empty."""
    if isinstance(value, str) and value:
        return value, ""
    if isinstance(value, Mapping) and set(value) <= {"file", "sha256"}:
        file, sha256 = value.get("file"), value.get("sha256", "")
        if isinstance(file, str) and file and isinstance(sha256, str):
            return file, sha256
    raise wrong_type(name, value, "the name of a file")


def _other(file: str, name: str) -> InputError:
    return InputError(
        name,
        "{file} has different pixels from the file that the step was saved with",
        "the same file is needed",
        "Put the right file beside the recipe, or remove the hash",
        file=file,
    )


def _missing(file: str, name: str) -> InputError:
    return InputError(
        name,
        "there is no file {file} beside the recipe",
        "the files that the steps name are needed",
        "Put it beside the recipe",
        file=file,
    )
