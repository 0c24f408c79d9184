"""Batch's tab, and its handler for the page and for programs: from pictures and a recipe to a ZIP."""

from __future__ import annotations

import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.batch.page import recipe as tab_recipe
from gan.batch.page.recipe import BatchOptions, chosen, title_of
from gan.batch.page.report import BatchProgress
from gan.batch.recipe_json import KEPT
from gan.batch.replayed import Offered
from gan.batch.results import Summary
from gan.batch.runner import Replay
from gan.core.contract import Progress
from gan.core.errors import Cancelled
from gan.core.option import parameters
from gan.export.naming import Naming
from gan.ui import many_files
from gan.ui.endpoint import Endpoints
from gan.ui.form import Form, read
from gan.ui.i18n import label, language
from gan.ui.many_files import attach, carry_out, given
from gan.ui.protocols import Choice, Run, Tab
from gan.ui.run_button import bar
from gan.ui.stop import Stops


def build(run: Run, offered: Callable[[str], Sequence[Choice]], *, examples: Path | None = None) -> Tab:
    """Add the tab's widgets to the current Blocks.

    Args:
        run: carries out a request.
        offered: the models of a task; a recipe may name these.
        examples: folder of pictures to offer.
    """
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            files, photograph = many_files.build_list("batch", examples)
            recipe = tab_recipe.build(offered)
            running = bar("batch", "batch.run", primary=True)
            naming = Form(Naming, "export", prefix="batch")
            with gr.Accordion(label("batch.names"), open=False, elem_id="batch-names-fold"):
                for parameter in parameters(Naming):
                    naming.add(parameter.public)
        with gr.Column(scale=7, min_width=320):
            view = many_files.build_view("batch", columns=1, elem_classes="sheets")
    fields = {**recipe.form.fields, **naming.fields}
    desk, names = Handlers(run, offered), tuple(fields)

    def on_page(
        request: gr.Request, given: list[str] | None, file: str | None, more: list[str] | None, *values: Any
    ) -> Iterator[Any]:
        told = {"files": given, "recipe_file": file, "more_files": more}
        yield from desk.run({**told, **dict(zip(names, values, strict=True))}, request)

    outputs: list[Any] = [view.archive, view.report, view.file, view.gallery, view.told]
    desk.expose(Endpoints("batch"), [*outputs, running.status])
    inputs = [files, recipe.file, recipe.more, *fields.values()]
    view.reveal(attach(running, on_page, inputs, outputs, desk.running))
    return Tab(recipe.form.controls(), photograph, view.file)


ARCHIVE_NAME: Final = "packshot-batch.zip"
FIRST: Final = ("files", "recipe_file", "more_files", "ready")
"""Parameters in the order of the first version."""
_OF_NAMES: Final = frozenset(parameter.public for parameter in parameters(Naming))
_BESIDE: Final = _OF_NAMES.union(FIRST[:3])
DOCS: Final = """Replay a recipe's steps on pictures.

recipe_file is a recipe's JSON, the JSON beside a result, or a finished picture that carries its steps; more_files are
those that the steps name, such as styles and masks.

Returns the ZIP with the pictures, their steps, report.csv, report.json and contact sheets; the report as JSON; the
first picture; the contact sheets, before beside after; and the report as HTML."""

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

    def run(self, values: Mapping[str, Any], request: gr.Request | None) -> Iterator[tuple[Any, ...]]:
        """Outputs: archive, the report's file, the first picture, contact sheets, the report, status.

        Args:
            values: files, recipe_file, more_files, and fields of `BatchOptions` and `Naming`.
        """
        to = language(request)
        told = BatchProgress()

        def work(folder: Path, progress: Progress, cancel: threading.Event) -> tuple[Any, ...]:
            files, file, more = (values[name] for name in FIRST[:3])
            naming = read(Naming, {name: value for name, value in values.items() if name in _OF_NAMES})
            options = read(BatchOptions, {name: values[name] for name in values if name not in _BESIDE})
            recipe = chosen(file, more, options.ready, self._offered)
            told.title = title_of(recipe, file, options.ready, to)
            paths = [] if recipe.draws and not files else given(files)
            beside: dict[str, Any] = {"naming": naming, "progress": _overall(progress), "cancel": cancel}
            replay = Replay(recipe, paths, folder / "out", self._run, **beside)
            return _Made(_replayed(replay, told), folder).values()

        return carry_out(work, told, self.running, request, to, outputs=4)

    def expose(self, public: Endpoints, outputs: Sequence[Component]) -> None:
        """Let programs call /run."""
        entries = [
            public.file("files", "pictures", many=True, required=True),
            public.file("recipe_file", "steps, or a finished picture that carries them"),
            public.file("more_files", "files that the steps name", many=True),
            *public.entries(BatchOptions),
            *public.entries(Naming),
        ]
        public.serve("run", self.run, entries, outputs, docs=DOCS, first=FIRST)


@dataclass(frozen=True)
class _Made:
    """Finished batch, ready for download.

    Attributes:
        summary: of the work that was done.
        folder: holds "out", the results, and takes the archive.
    """

    summary: Summary
    folder: Path

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
    return lambda done, total, _: progress(done, total, "Processing the pictures")


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
