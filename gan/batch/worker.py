"""One picture through all steps of a recipe: the part of a replay that runs anywhere, also on another machine."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from gan.batch.jobs import Job, file_sha256, sidecar_of
from gan.batch.outliers import measured
from gan.batch.output import Encoded, encoded
from gan.batch.recipe import step_record
from gan.batch.recipe_json import to_json
from gan.batch.results import Outcome, lab_of
from gan.batch.steps import LEFT_OUT, Step, at_step, built, kind_of
from gan.core.contract import Progress, Request, Result
from gan.core.errors import Cancelled, InputError, PackshotError, StepError, WeightsError
from gan.core.files import write_atomic
from gan.export.file_metadata import facts_of
from gan.imaging.io.codec import decode, encode
from gan.imaging.io.formats import Encoding
from gan.imaging.picture import Picture
from gan.imaging.resize import shrunk

CELL_PX: Final = 192
"""Longest side of the small pictures for the contact sheet."""

CELL: Final = Encoding(file_format="jpeg", quality=85)

STEPS: Final = 100
"""Into so many the progress divides each step."""

OTHER_WEIGHTS: Final = "The recipe was saved with other weights; the picture may differ from the one it was saved with"

NO_ROOM = (errno.ENOSPC, errno.EROFS, getattr(errno, "EDQUOT", errno.ENOSPC))
"""What ends a batch: where one result finds no room, no later one does."""


class Run(Protocol):
    """Carries out a request: `gan.api.Studio.run`."""

    def __call__(
        self, request: Request, *, progress: Progress | None = None, cancel: threading.Event | None = None
    ) -> Result: ...


@dataclass(frozen=True)
class Made:
    """A finished picture that lies nowhere yet.

    Attributes:
        file: its file.
        sidecar: content of the JSON beside it: steps, weights, hashes; no time. It is a recipe itself.
        outcome: what became of it.
    """

    file: Encoded
    sidecar: bytes
    outcome: Outcome


def carry_out(
    job: Job, run: Run, *, progress: Progress | None = None, cancel: threading.Event | None = None
) -> Outcome:
    """Make one picture and write it and its sidecar, each whole or not at all. The same inputs give the same bytes.

    Args:
        job: what to make.
        run: carries out requests.
        progress: called as steps of `STEPS` each get on.
        cancel: when set, the next step raises `Cancelled`.

    Returns:
        What became of it: a picture that cannot be used, or a result that cannot be written, fails and raises nothing.

    Raises:
        Cancelled: `cancel` was set.
        WeightsError: a model cannot be used, which holds for the other pictures too.
        InputError: there is no room for results.
    """
    began = time.perf_counter()
    try:
        made = make(job, run, progress=progress, cancel=cancel)
        write_atomic(job.target.with_suffix(made.file.suffix), made.file.data)
        # Only now, so that a sidecar never speaks of a file that is not there yet.
        write_atomic(sidecar_of(job.target), made.sidecar)
        outcome = made.outcome
    except (Cancelled, WeightsError):
        raise
    except Exception as error:  # a night's work does not end at one picture, whatever a step stumbles over
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            raise _problem(error, job).inner from error
        outcome = failed(job, error)
    return dataclasses.replace(outcome, seconds=time.perf_counter() - began)


def failed(job: Job, error: Exception) -> Outcome:
    """The outcome of a job that ended with an error."""
    return Outcome(name=job.name, target=job.below, status="failed", error=_problem(error, job))


def make(job: Job, run: Run, *, progress: Progress | None = None, cancel: threading.Event | None = None) -> Made:
    """One picture through all steps, in memory.

    Raises:
        StepError: it cannot be read, or a step refuses it.
        Cancelled, WeightsError: as of `carry_out`.
    """
    last, told = _through_steps(job, run, progress, cancel)
    input_sha256 = "" if job.source is None else file_sha256(job.source)
    with at_step(0):
        file = encoded(job.recipe, last)
    notices = tuple(dict.fromkeys([*told.notices, *file.notices]))
    colors = measured(last.picture, told.details)
    target = job.target.with_suffix(file.suffix)
    output: dict[str, Any] = {
        "file": target.name,
        "sha256": hashlib.sha256(file.data).hexdigest(),
        "width_px": file.width_px,
        "height_px": file.height_px,
    }
    sidecar = {
        **job.recipe.record(),
        "steps": [_told_step(entry) for entry in last.picture.history[told.known :]],
        "result": {
            "recipe": job.recipe.sha256,
            "input": {"file": "" if job.source is None else job.source.name, "sha256": input_sha256},
            "output": output,
            "notices": notices,
            "measured": colors,
            "details": told.details,
        },
    }
    outcome = Outcome(
        name=job.name,
        target=(Path(job.below).parent / target.name).as_posix(),
        status="made",
        notices=notices,
        width_px=file.width_px,
        height_px=file.height_px,
        file_bytes=len(file.data),
        input_sha256=input_sha256,
        output_sha256=output["sha256"],
        product=lab_of(colors.get("product")),
        ground=lab_of(colors.get("ground")),
        delta_e=colors.get("delta_e"),
        before=told.before,
        after=cell(last.picture),
    )
    return Made(file, to_json(sidecar), outcome)


@dataclass(frozen=True)
class _Told:
    """What else is known after all steps.

    Attributes:
        before: a small JPEG of the source; empty where there is none.
        known: how many steps the source had behind it.
        notices, details: what the steps said, in order.
    """

    before: bytes
    known: int
    notices: list[str] = field(default_factory=list)
    details: list[Any] = field(default_factory=list)


def _through_steps(
    job: Job, run: Run, progress: Progress | None, cancel: threading.Event | None
) -> tuple[Result, _Told]:
    """The last step's result, and what all said. Only one step's picture and the next one's are in memory."""
    recipe = job.recipe
    with at_step(0):
        picture = None if job.source is None else decode(job.source)
    told = _Told(b"" if picture is None else cell(picture), 0 if picture is None else len(picture.history))
    for number, (step, read) in enumerate(zip(recipe.steps, recipe.arguments, strict=True), 1):
        if cancel is not None and cancel.is_set():
            raise Cancelled
        arguments = dict(read)
        with at_step(number):
            if number == 1 and job.source is not None and "facts" in _fields(step):
                arguments["facts"] = facts_of(job.source, picture=picture)
            request = built(step.task, arguments, picture)
            result = run(request, progress=_part(progress, number, len(recipe.steps)), cancel=cancel)
        picture = result.picture
        told.notices.extend(result.notices)
        if step.weights and dict(step.weights) != dict(result.weights):
            told.notices.append(OTHER_WEIGHTS)
        told.details.append(result.record["details"])
    return result, told


def _part(progress: Progress | None, number: int, count: int) -> Progress | None:
    if progress is None:
        return None
    return lambda done, total, what: progress((number - 1) * STEPS + STEPS * done // max(1, total), count * STEPS, what)


def _fields(step: Step) -> set[str]:
    return {item.name for item in dataclasses.fields(kind_of(step.task))}


def _told_step(entry: Mapping[str, Any]) -> dict[str, Any]:
    request = {name: value for name, value in entry["request"].items() if name not in LEFT_OUT}
    return step_record(Step(entry["task"], request, entry["weights"]))


def cell(picture: Picture) -> bytes:
    """The picture on the contact sheet, on white."""
    alpha = None if picture.alpha is None else shrunk(picture.alpha, CELL_PX)
    return encode(Picture(shrunk(picture.rgb, CELL_PX), alpha), CELL)


def _problem(error: Exception, job: Job) -> StepError:
    if isinstance(error, StepError):
        return error
    if isinstance(error, InputError):
        return StepError(0, error)
    if isinstance(error, PackshotError):
        return StepError(0, InputError(error.field, error.got, error.allowed, error.remedy, **error.values))
    if isinstance(error, MemoryError):
        told = InputError(
            "image",
            "there is not enough memory for it",
            "a picture that fits into the memory is needed",
            "Choose a smaller picture, or close other programs",
        )
    elif isinstance(error, OSError):
        told = InputError(
            "output",
            "{name} cannot be written: {reason}",
            "a folder that can be written is needed",
            "Check its permissions and its room, or choose another",
            name=job.below,
            reason=error.strerror or type(error).__name__,
        )
    else:
        told = InputError(
            "image",
            "a step failed unexpectedly: {reason}",
            "a picture that all steps can work on is needed",
            "Try this picture alone, and report what happens",
            reason=f"{type(error).__name__}: {error}",
        )
    return StepError(0, told)
