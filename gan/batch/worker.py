"""Run one picture through all steps of a recipe: the part of a replay that also runs on other machines."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from gan.batch.jobs import Job, file_sha256, sidecar_of
from gan.batch.outliers import measured
from gan.batch.output import Encoded, encoded
from gan.batch.recipe import step_record
from gan.batch.recipe_json import to_json
from gan.batch.results import Outcome, lab_of
from gan.batch.steps import LEFT_OUT, Step, built, kind_of
from gan.core.contract import Progress, Result
from gan.core.errors import Cancelled, InputError, StepError, WeightsError, as_data
from gan.core.files import trouble, write_atomic
from gan.core.recipe import Chain, Run, at_step
from gan.export.file_metadata import facts_of
from gan.imaging.io.codec import decode, encode
from gan.imaging.io.formats import Encoding
from gan.imaging.picture import Picture
from gan.imaging.resize import shrunk

CELL_PX: Final = 192
"""Longest side of the small pictures for the contact sheet."""

CELL: Final = Encoding(file_format="jpeg", quality=85)

OTHER_WEIGHTS: Final = "The recipe was saved with other weights; the picture may differ from the one it was saved with"

NO_ROOM = (errno.ENOSPC, errno.EROFS, getattr(errno, "EDQUOT", errno.ENOSPC))
"""Errors that end a batch: if one result finds no space on the disk, no later one does."""


@dataclass(frozen=True)
class Made:
    """A finished picture that is not written yet.

    Attributes:
        file: its file.
        sidecar: content of the JSON beside it: steps, weights, hashes; no time. It is a recipe itself.
        outcome: of the job.
    """

    file: Encoded
    sidecar: bytes
    outcome: Outcome


def carry_out(
    job: Job, run: Run, *, progress: Progress | None = None, cancel: threading.Event | None = None
) -> Outcome:
    """Make one picture and write it and its sidecar, each atomically. The same inputs give the same bytes.

    Args:
        job: what to make.
        run: carries out requests.
        progress: called as steps of `gan.core.recipe.PARTS` each get on.
        cancel: when set, the next step raises `Cancelled`.

    Returns:
        Its outcome: a picture that cannot be used, or a result that cannot be written, fails and raises nothing.

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
    """Outcome of a job that ended with an error."""
    return Outcome(name=job.name, target=job.below, status="failed", error=as_data(_problem(error, job)))


def make(job: Job, run: Run, *, progress: Progress | None = None, cancel: threading.Event | None = None) -> Made:
    """Run one picture through all steps, in memory.

    Raises:
        StepError: it cannot be read, or a step refuses it.
        Cancelled, WeightsError: as of `carry_out`.
    """
    last, collected = _through_steps(job, run, progress, cancel)
    input_sha256 = "" if job.source is None else file_sha256(job.source)
    with at_step(0):
        file = encoded(job.recipe, last)
    notices = tuple(dict.fromkeys([*collected.notices, *file.notices]))
    colors = measured(last.picture, collected.details)
    target = job.target.with_suffix(file.suffix)
    output: dict[str, Any] = {
        "file": target.name,
        "sha256": hashlib.sha256(file.data).hexdigest(),
        "width_px": file.width_px,
        "height_px": file.height_px,
    }
    sidecar = {
        **job.recipe.record(),
        "steps": [_step_record(entry) for entry in last.picture.history[collected.known :]],
        "result": {
            "recipe": job.recipe.sha256,
            "input": {"file": "" if job.source is None else job.source.name, "sha256": input_sha256},
            "output": output,
            "notices": notices,
            "licences": collected.licences,
            "measured": colors,
            "details": collected.details,
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
        licences=collected.licences,
        before=collected.before,
        after=cell(last.picture),
    )
    return Made(file, to_json(sidecar), outcome)


@dataclass(frozen=True)
class _Collected:
    """Data collected over all steps, beside the picture.

    Attributes:
        before: a small JPEG of the source; empty if there is no source.
        known: how many steps the source had behind it.
        notices, details: what the steps said, in order.
        licences: of the networks that took part, by name.
    """

    before: bytes
    known: int
    notices: list[str] = field(default_factory=list)
    details: list[Any] = field(default_factory=list)
    licences: dict[str, str] = field(default_factory=dict)


def _through_steps(
    job: Job, run: Run, progress: Progress | None, cancel: threading.Event | None
) -> tuple[Result, _Collected]:
    """The last step's result and all notices. Only one step's picture and the next one's are in memory."""
    recipe = job.recipe
    with at_step(0):
        picture = None if job.source is None else decode(job.source)
    collected = _Collected(b"" if picture is None else cell(picture), 0 if picture is None else len(picture.history))
    chain = Chain(run, len(recipe.steps), progress, cancel)
    for number, (step, read) in enumerate(zip(recipe.steps, recipe.arguments, strict=True), 1):
        arguments = dict(read)
        with at_step(number):
            if number == 1 and job.source is not None and "facts" in _fields(step):
                arguments["facts"] = facts_of(job.source, picture=picture)
            result = chain(built(step.task, arguments, picture))
        picture = result.picture
        collected.notices.extend(result.notices)
        collected.licences.update(result.licences)
        if _of_other_weights(step, result):
            collected.notices.append(OTHER_WEIGHTS)
        collected.details.append(result.record["details"])
    return result, collected


def _of_other_weights(step: Step, result: Result) -> bool:
    """True if a network that ran is not the one that the step was saved with; a picture may need fewer of them."""
    shared = step.weights.keys() & result.weights.keys()
    if not shared:
        return bool(step.weights and result.weights)
    return any(step.weights[name] != result.weights[name] for name in shared)


def _fields(step: Step) -> set[str]:
    return set(kind_of(step.task).model_fields)


def _step_record(entry: Mapping[str, Any]) -> dict[str, Any]:
    request = {name: value for name, value in entry["request"].items() if name not in LEFT_OUT}
    return step_record(Step(entry["task"], request, entry["weights"]))


def cell(picture: Picture) -> bytes:
    """Encode a thumbnail for the contact sheet as JPEG, on white."""
    alpha = None if picture.alpha is None else shrunk(picture.alpha, CELL_PX)
    return encode(Picture(shrunk(picture.rgb, CELL_PX), alpha), CELL)


def _problem(error: Exception, job: Job) -> StepError:
    if isinstance(error, StepError):
        return error
    if isinstance(error, InputError):
        return StepError(0, error)
    told = trouble(error, job.below)
    if told is None:
        told = InputError(
            "image",
            "a step failed unexpectedly: {reason}",
            "a picture that all steps can work on is needed",
            "Try this picture alone, and report what happens",
            reason=f"{type(error).__name__}: {error}",
        )
    return StepError(0, InputError(told.field, told.got, told.allowed, told.remedy, **told.values))
