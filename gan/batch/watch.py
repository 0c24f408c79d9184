"""Watch a folder: replay a recipe on every picture that comes into it, once it is written in full, until stopped."""

from __future__ import annotations

import dataclasses
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gan.batch.jobs import SHEET, Job, check_places, input_of, kept
from gan.batch.output import suffix_of
from gan.batch.recipe_json import Recipe
from gan.batch.report import Report
from gan.batch.results import Outcome, Summary
from gan.batch.runner import alone_in, prepare, written_to
from gan.batch.worker import carry_out
from gan.core.contract import Progress
from gan.core.errors import Cancelled
from gan.core.files import below_only, pictures_below, write_atomic
from gan.core.recipe import Run

FAILED: Final = "failed"
"""Folder within the watched one that takes what could not be used."""

EVERY_S: Final = 1.0
"""Between two looks at the folder."""

SETTLED_S: Final = 2.0
"""A file that has kept its size and time for so long is written in full."""

DOUBTFUL_S: Final = 30.0
"""The same of one that is empty, or that could not be read soon after it was written: its writer may only be slow."""

REPORT_S: Final = 30.0
"""Least time between two reports; what they cost counts ten times."""

State = tuple[int, int, int]
"""Size, time of the last change and inode of a file; another one is another picture."""


@dataclass
class _Seen:
    """A file in the folder.

    Attributes:
        state: when it was last looked at.
        since: when it was first seen so.
        done: whether it was taken so.
        doubtful: whether it was taken so and could not be read.
    """

    state: State
    since: float
    done: bool = False
    doubtful: bool = False


class Watch:
    """Replay on a folder that fills: iterate over it once; it ends when `cancel` is set. One picture is in memory.

    Results and their sidecars are the memory: what an earlier run has made of the same picture is kept, whatever ended
    it. A picture that changes is made again. One that cannot be used goes to `FAILED` with the reason beside it.

    Args:
        recipe: what to do.
        folder: is watched, with the folders in it; empty while it is not there.
        out: the folder of results; it is made where it is missing.
        run: carries out requests.
        again: make what an earlier run has made once more.
        progress: of each picture.
        cancel: ends the watch; a step that is under way is given up.
        wait: called with seconds between two looks; by default it waits for `cancel`.
        clock: seconds.

    Raises:
        InputError: the recipe draws its pictures, or the results would go into the same folder.
    """

    def __init__(
        self,
        recipe: Recipe,
        folder: Path,
        out: Path,
        run: Run,
        *,
        again: bool = False,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        wait: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        check_places(recipe, [folder], out)
        self._recipe = recipe
        self._folder = folder
        self._out = out
        self._run = run
        self._again = again
        self._progress = progress
        self._cancel = cancel or threading.Event()
        self._wait = wait or self._cancel.wait
        self._clock = clock
        self._seen: dict[Path, _Seen] = {}
        self._jobs: dict[Path, Job] = {}
        self._report = Report(recipe, self._jobs.values(), out)
        self._written: Summary | None = None
        self._due = 0.0
        self._told = True

    @property
    def summary(self) -> Summary:
        return self._written or self._report.summary()

    def __iter__(self) -> Iterator[Outcome]:
        """Yield the outcome of each picture as soon as it is known.

        Raises:
            WeightsError: a model cannot be used.
            InputError: results cannot be written, or another run writes into the same folder.
        """
        with alone_in(self._out):
            with written_to(self._out):
                prepare(self._recipe, self._out, [path for path in self._out.rglob("*") if path.is_dir()])
            try:
                with suppress(Cancelled):
                    yield from self._looks()
            finally:
                with suppress(OSError):
                    self._written = self._report.write()

    def _looks(self) -> Iterator[Outcome]:
        while not self._cancel.is_set():
            for source in self._settled():
                yield from self._taken(source)
            self._tell()
            if not self._cancel.is_set():
                self._wait(EVERY_S)

    def _settled(self) -> list[Path]:
        """Pictures that are written in full and not taken yet."""
        now, found, ready = self._clock(), {}, []
        for path in self._pictures():
            state, seen = state_of(path), self._seen.get(path)
            if state is None:
                continue
            if seen is None or seen.state != state:
                seen = _Seen(state, now)
            found[path] = seen
            slow = seen.doubtful or not state[0]
            if not seen.done and now - seen.since >= (DOUBTFUL_S if slow else SETTLED_S):
                ready.append(path)
        self._seen = found
        return ready

    def _pictures(self) -> Iterable[Path]:
        try:
            return list(below_only(pictures_below(self._folder), self._folder, [self._out, self._folder / FAILED]))
        except OSError:  # a share that is gone for a while
            return ()

    def _taken(self, source: Path) -> Iterator[Outcome]:
        """Make what the recipe makes of one picture."""
        seen = self._seen[source]
        outcomes = []
        for job in self._planned(source):
            if self._cancel.is_set():
                raise Cancelled
            there = None if self._again else kept(job)
            outcomes.append((job, there or carry_out(job, self._run, progress=self._progress, cancel=self._cancel)))
        error = next((outcome.error for _, outcome in outcomes if outcome.error is not None), None)
        if state_of(source) != seen.state:
            return  # it was not written in full, or is gone: it is looked at as another one
        if error is not None and not seen.doubtful and time.time() - seen.state[1] / 1e9 < DOUBTFUL_S:
            seen.doubtful, seen.since = True, self._clock()
            return
        seen.done = True
        if error is not None:
            self._move_aside(source, str(error))
        for job, outcome in outcomes:
            self._jobs[job.target] = job
            self._told = False
            with written_to(self._out):
                self._report.add(job, outcome)
            yield dataclasses.replace(outcome, before=b"", after=b"")

    def _planned(self, source: Path) -> list[Job]:
        suffix, below = suffix_of(self._recipe), source.relative_to(self._folder)
        jobs = []
        for label, variant in self._recipe.variants():
            target = self._free((self._out / below).with_suffix(suffix), source, label)
            jobs.append(Job(variant, source, below.as_posix(), target, target.relative_to(self._out).as_posix()))
        return jobs

    def _free(self, planned: Path, source: Path, label: str) -> Path:
        """The target that is this source's already, or the first that is nobody else's: names never move on."""
        ending = f"-{label}" if label else ""
        for stem in (planned.stem, source.name, *(f"{source.name}-{number}" for number in range(2, 1000))):
            target = planned.with_name(f"{stem}{ending}{planned.suffix}")
            taken = self._jobs.get(target)
            owner = input_of(target) if taken is None or taken.source is None else taken.source.name
            if owner in ("", source.name) and not SHEET.fullmatch(target.name):
                return target
        return planned

    def _move_aside(self, source: Path, reason: str) -> None:
        """Move a picture to `FAILED`, with the reason as a text beside it; where that cannot be, it stays and rests."""
        place = self._folder / FAILED / source.relative_to(self._folder)
        number = 1
        while place.exists():
            number += 1
            place = place.with_name(f"{source.stem}-{number}{source.suffix}")
        with suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(source, place)
            write_atomic(place.with_name(place.name + ".txt"), f"{reason}\n".encode("utf-8", "backslashreplace"))

    def _tell(self) -> None:
        """Write the report, if something has come and the last one is some time ago."""
        began = self._clock()
        if not self._told and began >= self._due:
            with written_to(self._out):
                self._report.write()
            self._told = True
            self._due = self._clock() + max(REPORT_S, 10 * (self._clock() - began))


def state_of(path: Path) -> State | None:
    """State of a file; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino
