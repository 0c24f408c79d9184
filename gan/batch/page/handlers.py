"""What the Batch tab runs: from pictures and a recipe to a ZIP; for the page and the API."""

from __future__ import annotations

import html
import shutil
import tempfile
import threading
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr

from gan.batch.page.recipe import STANDARD, Offered, chosen, title_of
from gan.batch.page.report import BatchProgress
from gan.batch.recipe_json import KEPT
from gan.batch.results import Summary
from gan.batch.runner import Replay
from gan.core.contract import Progress
from gan.core.errors import Cancelled, InputError, StepError
from gan.ui.background_job import follow
from gan.ui.i18n import language, sentence
from gan.ui.protocols import Run
from gan.ui.stop import Stops

ARCHIVE_NAME: Final = "packshot-batch.zip"

_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
"""The same files give the same ZIP on every day; this is the earliest that the format knows."""


class Handlers:
    """The handler, for the page and for programs.

    Args:
        run: carries out a request.
        offered: the models that a recipe may name.
    """

    def __init__(self, run: Run, offered: Offered) -> None:
        self._run = run
        self._offered = offered
        self.running = Stops()

    def run(
        self,
        files: Sequence[str] | None,
        recipe_file: str | None = None,
        more_files: Sequence[str] | None = None,
        ready: str = STANDARD,
        request: gr.Request | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        """Replay a recipe's steps on pictures.

        recipe_file is a recipe's JSON, the JSON beside a result, or a finished picture that carries its steps;
        more_files are those that the steps name, such as styles and masks. Without a recipe_file, ready is one of
        square, transparent, amazon and restore.

        Returns the ZIP with the pictures, their steps, report.csv, report.json and contact sheets; the report as JSON;
        the first picture; the contact sheets, before beside after; and the report as HTML.
        """
        to = language(request)
        told = BatchProgress()
        with tempfile.TemporaryDirectory(prefix="packshot-", ignore_cleanup_errors=True) as folder:

            def job(progress: Progress, cancel: threading.Event) -> _Made | StepError:
                self.running.begin(request, cancel)
                try:
                    recipe = chosen(recipe_file, more_files, ready, self._offered)
                    told.title = title_of(recipe, recipe_file, ready, to)
                    if not files and not recipe.draws:
                        raise _no_picture()
                    paths, out = [Path(path) for path in files or ()], Path(folder) / "out"
                    replay = Replay(recipe, paths, out, self._run, progress=_overall(progress), cancel=cancel)
                except StepError as error:
                    return error
                return _Made(_replayed(replay, told), Path(folder), cancel.is_set())

            with self.running.until_the_end(request):
                skipped = (gr.skip(),) * 4
                made = yield from follow(job, to, lambda line: (*skipped, told.update(to), line))
            if isinstance(made, StepError):
                yield *skipped, gr.skip(), ""  # an error leaves on the page what was last shown there
                raise gr.Error(html.escape(sentence(made, to), quote=False), print_exception=False)
            yield *made.values(), told.html(to, stopped=made.stopped), ""


@dataclass(frozen=True)
class _Made:
    """What is handed over.

    Attributes:
        summary: of the work that was done.
        folder: holds "out", the results, and takes the archive.
        stopped: whether it ended before its end.
    """

    summary: Summary
    folder: Path
    stopped: bool

    def values(self) -> tuple[Any, ...]:
        """Archive, report, first picture, sheets; nothing where Stop came before the first picture."""
        summary, out = self.summary, self.folder / "out"
        if not summary.outcomes:
            return (None,) * 4
        good = [out / outcome.target for outcome in summary.outcomes if outcome.good]
        archive = self.folder / ARCHIVE_NAME
        _pack(archive, out)
        sheets = [str(path) for path in summary.sheets]
        return str(archive), str(summary.report_json), str(good[0]) if good else None, sheets or None


def _replayed(replay: Replay, told: BatchProgress) -> Summary:
    told.count = len(replay.jobs)
    with suppress(Cancelled):
        for outcome in replay:
            told.add(outcome)
    told.outliers = replay.summary.outliers
    return replay.summary


def _overall(progress: Progress) -> Progress:
    """All steps of all pictures as one, so that the time left is that of the whole."""
    return lambda done, total, _: progress(done, total, "Working through the pictures")


def _pack(archive: Path, out: Path) -> None:
    """All results with what is beside them, and the files with which their steps can be replayed."""
    below = sorted(path.relative_to(out) for path in out.rglob("*") if path.is_file())
    files = [path for path in below if not path.parts[0].startswith(".") or path.parts[:2] == (KEPT, "files")]
    with zipfile.ZipFile(archive, "w") as packed:  # stored as they are: pictures do not get smaller
        for path in files:
            entry = zipfile.ZipInfo(path.as_posix(), _MOMENT)
            entry.external_attr = 0o644 << 16
            entry.file_size = (out / path).stat().st_size
            with (out / path).open("rb") as source, packed.open(entry, "w") as target:
                shutil.copyfileobj(source, target, 2**20)


def _no_picture() -> InputError:
    return InputError("image", "none was given", "at least one picture is needed", "Choose files first")
