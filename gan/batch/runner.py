"""Replay a recipe on files and folders: skips bad files and finished ones, until it is done or stopped."""

from __future__ import annotations

import dataclasses
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from gan.batch.jobs import Job, file_sha256, ignored_in, kept, plan, sidecar_of
from gan.batch.recipe_json import KEPT, Recipe
from gan.batch.report import Report
from gan.batch.results import Outcome, Status, Summary
from gan.batch.worker import carry_out, failed, make
from gan.core.contract import Progress
from gan.core.errors import Cancelled, InputError, WeightsError, unwritable
from gan.core.files import write_atomic
from gan.core.recipe import PARTS, Run, part_of
from gan.export.naming import Naming

_UNFINISHED: Final = re.compile(r"\.[0-9a-f]{32}\.part")
"""Pattern of the files that `gan.core.files.write_atomic` leaves if the process is killed."""

Engine = Callable[[Sequence[Job]], Iterable[tuple[Job, Outcome]]]
"""Runs jobs, in any order, and yields each with its outcome: another way to map `carry_out`."""


class Replay:
    """Replay of a recipe over many pictures: iterate over it once to run it. One picture at a time is in memory.

    Everything that can be refused before the first picture is refused when it is made.

    Attributes:
        jobs: what is planned.
        summary: of what is done so far; with the reports' paths once the work has ended, be it by Stop.
        left_s: how long the rest is likely to take; None before the first picture is made.

    Args:
        recipe: what to do.
        sources: files and folders; none for a recipe that draws.
        out: the folder of results; it is made where it is missing.
        run: carries out requests.
        again: make what is done already once more.
        naming: names of the results by SKU.
        engine: carries out what is not done; by default `run`, one picture after the other.
        progress: called as the work gets on, over all pictures.
        cancel: when set, the next step raises `Cancelled`; what is done is reported, and the same call goes on.

    Raises:
        InputError, StepError: as of `gan.batch.jobs.plan`.
    """

    def __init__(
        self,
        recipe: Recipe,
        sources: Sequence[Path],
        out: Path,
        run: Run,
        *,
        again: bool = False,
        naming: Naming | None = None,
        engine: Engine | None = None,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
    ) -> None:
        self.jobs = plan(recipe, sources, out, naming)
        self.left_s: float | None = None
        self._recipe = recipe
        self._out = out
        self._run = run
        self._again = again
        self._engine = engine or self._one_by_one
        self._progress = progress
        self._cancel = cancel
        self._report = Report(recipe, self.jobs, out, ignored_in(sources))
        self._written: Summary | None = None

    @property
    def summary(self) -> Summary:
        return self._written or self._report.summary()

    def __iter__(self) -> Iterator[Outcome]:
        """Yield the outcome of each picture as soon as it is known.

        Raises:
            Cancelled: `cancel` was set.
            WeightsError: a model cannot be used.
            InputError: the results cannot be written, or another run writes into the same folder.
        """
        with alone_in(self._out):
            try:
                with written_to(self._out):
                    prepare(self._recipe, self._out, (job.target.parent for job in self.jobs))
                yield from self._outcomes()
            except BaseException:
                with suppress(OSError):
                    self._written = self._report.write()
                raise
            with written_to(self._out):
                self._written = self._report.write()

    def _outcomes(self) -> Iterator[Outcome]:
        todo = []
        for number, job in enumerate(self.jobs):
            self._step(number, len(self.jobs), "Checking what is already done")
            outcome = None if self._again else kept(job)
            if outcome is None:
                todo.append(job)
            else:
                self._report.add(job, outcome)
                yield outcome
        began = time.perf_counter()
        for done, (job, outcome) in enumerate(self._engine(todo), 1):
            with written_to(self._out):
                self._report.add(job, outcome)
            self.left_s = (time.perf_counter() - began) / done * (len(todo) - done)
            yield outcome

    def _one_by_one(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
        for number, job in enumerate(jobs):
            self._step(number, len(jobs), "Processing the pictures")
            yield (
                job,
                carry_out(job, self._run, progress=part_of(self._progress, number, len(jobs)), cancel=self._cancel),
            )
        self._step(len(jobs), len(jobs), "Processing the pictures")

    def _step(self, done: int, total: int, what: str) -> None:
        if self._cancel is not None and self._cancel.is_set():
            raise Cancelled
        if self._progress is not None:
            self._progress(done * PARTS, total * PARTS, what)


def prepare(recipe: Recipe, out: Path, folders: Iterable[Path]) -> None:
    """Save the recipe's files, for sidecars, and delete partial files of a killed run.

    Raises:
        OSError: these cannot be written.
    """
    for (sha256, name), data in recipe.kept_files().items():
        path = out / KEPT / "files" / sha256 / name
        if not path.is_file():
            write_atomic(path, data)
    for folder in {*folders, out}:
        for path in folder.glob(".*.part"):
            if _UNFINISHED.fullmatch(path.name):
                path.unlink(missing_ok=True)


def verify(
    recipe: Recipe,
    sources: Sequence[Path],
    out: Path,
    run: Run,
    *,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> Iterator[Outcome]:
    """Make every picture again, in memory, and compare it with the file of an earlier replay.

    Yields:
        For each picture "same", "differs", "missing", or "failed" where it cannot be made again.

    Raises:
        Cancelled: `cancel` was set.
        WeightsError: a model cannot be used.
        InputError, StepError: as of `Replay`.
    """
    jobs = plan(recipe, sources, out)
    for number, job in enumerate(jobs):
        if cancel is not None and cancel.is_set():
            raise Cancelled
        if not sidecar_of(job.target).is_file():
            yield Outcome(name=job.name, target=job.below, status="missing")
            continue
        try:
            made = make(job, run, progress=part_of(progress, number, len(jobs)), cancel=cancel)
            written = file_sha256(out / made.outcome.target)
        except (Cancelled, WeightsError):
            raise
        except Exception as error:  # as in `carry_out`
            yield failed(job, error)
            continue
        same = written == made.outcome.output_sha256
        status: Status = "same" if same else "differs" if written else "missing"
        yield dataclasses.replace(made.outcome, status=status)


@contextmanager
def alone_in(out: Path) -> Iterator[None]:
    """Lock the folder: two runs in it would delete each other's partial files. A killed run leaves no lock."""
    with written_to(out):
        (out / KEPT).mkdir(parents=True, exist_ok=True)
        lock = FileLock(out / KEPT / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise InputError(
                "output",
                "another run is writing into {path}",
                "one run at a time is possible",
                "Wait until it has ended, or choose another folder",
                path=out,
            ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def written_to(out: Path) -> Iterator[None]:
    """Raise `InputError` in place of an error of the system: the folder of results cannot be written."""
    try:
        yield
    except OSError as error:
        raise unwritable(str(out), error) from error
