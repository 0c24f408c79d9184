"""The Stylize tab's folder: one style for many pictures, an archive of them, and a list of what became of each."""

from __future__ import annotations

import dataclasses
import html
import tempfile
import threading
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.core.contract import Progress
from gan.core.errors import Cancelled, InputError, PackshotError
from gan.imaging.io.codec import Encoding, decode, write
from gan.stylize.page.handlers import CHOICES, Settings
from gan.stylize.pipeline import StylizeRequest, common_look
from gan.ui.background_job import follow
from gan.ui.i18n import Language, label, language, say, sentence
from gan.ui.protocols import Run
from gan.ui.result import encoding_of, write_record
from gan.ui.run_button import Bar, bar

ARCHIVE_NAME: Final = "packshot-stylized.zip"
STEPS: Final = 100
"""Into so many the progress divides each picture."""


@dataclass(frozen=True)
class Panel:
    """The fold with the folder."""

    files: gr.File
    together: gr.Checkbox
    bar: Bar
    listing: gr.HTML
    archive: gr.DownloadButton

    def values(self) -> list[Component]:
        """What the handler fills before the status."""
        return [self.archive, self.listing]


def build() -> Panel:
    """Draw it."""
    with gr.Accordion(label("folder"), open=False, elem_id="stylize-folder"):
        gr.Markdown(label("folder.info"), elem_classes="facts")
        files = gr.File(
            label=label("folder.files"),
            file_count="multiple",
            type="filepath",
            height=180,
            elem_id="stylize-folder-files",
        )
        together = gr.Checkbox(
            True,
            label=label("folder.together"),
            info=label("folder.together.info"),
            visible=False,
            elem_id="stylize-folder-together",
        )
        running = bar("stylize-folder", "folder.run")
        listing = gr.HTML(elem_id="stylize-folder-list", elem_classes="summary", padding=False)
        archive = gr.DownloadButton(
            label("folder.download"), visible=False, min_width=200, elem_id="stylize-folder-archive"
        )
    return Panel(files, together, running, listing, archive)


@dataclass
class _Report:
    """What became of each picture so far; written by the worker, read by the page."""

    count: int
    rows: list[tuple[str, str, bool]] = dataclasses.field(default_factory=list)

    def add(self, name: str, text: str, *, good: bool) -> None:
        self.rows.append((name, text, good))

    def html(self, to: Language, *, stopped: bool = False) -> str:
        done = sum(good for *_, good in self.rows)
        parts = [say("{done} of {count} pictures are done", to, done=done, count=self.count)]
        failed = len(self.rows) - done
        parts += [say("{failed} could not be used", to, failed=failed)] if failed else []
        parts += [say("stopped", to)] if stopped else []
        rows = "".join(
            f"<dt>{'✓' if good else '✗'}</dt><dd>{html.escape(name)}: {html.escape(text)}</dd>"
            for name, text, good in list(self.rows)
        )
        return f'<p role="status">{html.escape(" · ".join(parts))}</p><dl>{rows}</dl>'


class Maker:
    """The handler, and what Stop calls: it keeps what is done, so it must not throw the run away."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._running: dict[str | None, threading.Event] = {}
        self._stopped: set[str | None] = set()

    def stop(self, request: gr.Request) -> None:
        """End the visitor's run at its next step, or as it begins; it then hands over what is done."""
        self._stopped.add(_visitor(request))
        if running := self._running.get(_visitor(request)):
            running.set()

    def folder(
        self, request: gr.Request, files: Sequence[str] | None, together: bool, *values: Any
    ) -> Iterator[tuple[Any, ...]]:
        """All pictures in one style: the archive and the list, status."""
        to = language(request)
        report = _Report(len(files or ()))
        with tempfile.TemporaryDirectory(prefix="packshot-", ignore_cleanup_errors=True) as folder:

            def job(progress: Progress, cancel: threading.Event) -> tuple[Path | None, bool]:
                self._running[_visitor(request)] = cancel
                if _visitor(request) in self._stopped:
                    cancel.set()
                if not files:
                    raise InputError("image", "none was given", "at least one picture is needed", "Choose files first")
                wish, encoding = Settings.of_page(*values[:CHOICES]), encoding_of(*values[CHOICES:])
                # A mask fits one picture only; the others are told from their grounds one by one.
                wish = dataclasses.replace(wish, mask=None)
                work = _Work(self._run, wish, encoding, Path(folder), to, report, progress, cancel)
                return work.archive([Path(path) for path in files], together=together)

            try:
                archive, stopped = yield from follow(job, to, lambda line: (gr.skip(), report.html(to), line))
            finally:
                self._running.pop(_visitor(request), None)
                self._stopped.discard(_visitor(request))
            there = gr.update(value=None if archive is None else str(archive), visible=archive is not None)
            yield there, report.html(to, stopped=stopped), ""


@dataclass(frozen=True)
class _Work:
    """One run over many files."""

    run: Run
    wish: Settings
    encoding: Encoding
    folder: Path
    to: Language
    report: _Report
    progress: Progress
    cancel: threading.Event

    def archive(self, paths: Sequence[Path], *, together: bool) -> tuple[Path | None, bool]:
        """The archive of all that could be made, None where nothing could, and whether it was stopped before."""
        styles: Mapping[str, Any] = self.wish.read_styles()
        if together and {"kind": self.wish.kind, **styles}["kind"] == "photographic":
            styles = self._common(paths, styles)
        made: list[Path] = []
        try:
            for number, path in enumerate(paths):
                made += self._one(path, number, len(paths), styles)
        except Cancelled:
            pass
        if not made:
            return None, self.cancel.is_set()
        file = self.folder / ARCHIVE_NAME
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as packed:  # pictures do not get smaller
            for one in made:
                packed.write(one, one.name)
        return file, self.cancel.is_set()

    def _one(self, path: Path, number: int, count: int, styles: Mapping[str, Any]) -> list[Path]:
        """The files of one picture; none where it cannot be used, which the report then says."""

        def advance(done: int, total: int, _: str) -> None:
            self.progress(number * STEPS + STEPS * done // max(1, total), count * STEPS, "Stylizing the pictures")

        advance(0, 1, "")
        if self.cancel.is_set():
            raise Cancelled
        try:
            request = self.wish.request(decode(path), styles, None)
            result = self.run(request, progress=advance, cancel=self.cancel)
            file = self.folder / _free(f"{path.stem or 'picture'}-stylized", self.encoding.suffix, self.folder)
            write(result.picture, file, self.encoding)
        except PackshotError as error:
            self.report.add(path.name, sentence(error, self.to), good=False)
            return []
        size = f"{result.picture.width_px} × {result.picture.height_px} px"
        seconds = say("{seconds} s", self.to, seconds=f"{result.seconds:.1f}")
        self.report.add(path.name, f"{size} · {seconds}", good=True)
        return [file, write_record(result.record, file, self.encoding)]

    def _common(self, paths: Sequence[Path], styles: Mapping[str, Any]) -> Mapping[str, Any]:
        """The look that suits all pictures together, in place of the styles; these where no picture can be used."""
        self.progress(0, 0, "Looking at all pictures")

        def requests() -> Iterator[StylizeRequest]:
            for path in paths:
                if self.cancel.is_set():
                    return
                with suppress(PackshotError):  # said where its turn comes
                    yield self.wish.request(decode(path), styles, None)

        try:
            return {"look": common_look(requests()), "kind": "photographic"}
        except InputError:
            return styles


def _free(stem: str, suffix: str, folder: Path) -> str:
    """A file name that is not taken."""
    name, number = f"{stem}{suffix}", 2
    while (folder / name).exists():
        name, number = f"{stem}-{number}{suffix}", number + 1
    return name


def _visitor(request: gr.Request | None) -> str | None:
    return None if request is None else request.session_hash
