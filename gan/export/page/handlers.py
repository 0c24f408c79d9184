"""What the Check & export tab runs: from files and a channel to findings, and to a ZIP; for the page and the API."""

from __future__ import annotations

import json
import tempfile
import threading
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import gradio as gr

from gan.core.contract import Progress, Request, Result
from gan.core.errors import Cancelled, InputError, PackshotError
from gan.cutout.segment import AUTO_MODEL
from gan.export.channels import Channel
from gan.export.file_metadata import SUFFIX_OF, facts_of
from gan.export.page.cards import Card, cards, thumb
from gan.export.page.channel import STANDARD, chosen
from gan.export.pipeline import CheckRequest
from gan.export.rule_result import Finding
from gan.export.zip_builder import Packed, pack
from gan.export.zip_package import ERROR, Package
from gan.imaging.io.codec import decode
from gan.imaging.picture import Picture
from gan.ui.background_job import follow
from gan.ui.i18n import Language, language, say
from gan.ui.preview import preview_size, write_preview
from gan.ui.protocols import Run
from gan.ui.stop import Stops
from gan.ui.widgets import megabytes

ARCHIVE_NAME: Final = "packshot-{channel}.zip"
REPORT_NAME: Final = "packshot-{channel}.json"
PREVIEW_PX: Final = 1024
STEPS: Final = 100
"""Into so many the progress divides each picture."""

GROWTH: Final = 1.1
"""The list is sent again when it has grown by this: so often that it moves, so rarely that many pictures stay light."""


@dataclass
class _Report:
    """What became of each picture so far; written by the worker, read by the page."""

    count: int
    channel: str = ""
    cards: list[Card] = field(default_factory=list)
    sent: int = 0

    def html(self, to: Language, *, stopped: bool = False) -> str:
        return cards(list(self.cards), self.count, self.channel, to, stopped=stopped)

    def update(self, to: Language) -> Any:
        """The list where it has grown; else nothing is sent."""
        if len(self.cards) <= self.sent * GROWTH:
            return gr.skip()
        self.sent = len(self.cards)
        return self.html(to)


class Handlers:
    """The handlers, for the page and for programs."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.checking = Stops()
        self.exporting = Stops()

    def check(
        self,
        files: Sequence[str] | None,
        channel: str = STANDARD,
        channel_file: str | None = None,
        model: str = AUTO_MODEL,
        request: gr.Request | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        """Measure pictures against a sales channel's rules.

        channel is amazon, ebay, google, google-apparel, shopify, walmart or etsy; a TOML file takes its place.

        Returns the report as JSON and the same as HTML.
        """
        to = language(request)
        report = _Report(len(files or ()))
        with tempfile.TemporaryDirectory(prefix="packshot-", ignore_cleanup_errors=True) as folder:

            def job(progress: Progress, cancel: threading.Event) -> tuple[Path | None, bool]:
                self.checking.begin(request, cancel)
                rules = chosen(channel, channel_file)
                report.channel = rules.title or rules.name
                work = _Work(self._run, rules, model, Path(folder), report, progress, cancel)
                return work.check(_given(files)), cancel.is_set()

            with self.checking.until_the_end(request):
                file, stopped = yield from follow(job, to, lambda line: (gr.skip(), report.update(to), line))
            yield None if file is None else str(file), report.html(to, stopped=stopped), ""

    def export(
        self,
        files: Sequence[str] | None,
        channel: str = STANDARD,
        channel_file: str | None = None,
        fill: float = 0,
        model: str = AUTO_MODEL,
        request: gr.Request | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        """Repair pictures for a sales channel and pack them with a report.

        channel is amazon, ebay, google, google-apparel, shopify, walmart or etsy; a TOML file takes its place. fill is
        the share of the frame, 0.1 to 1, that every product is to take; at 0 only what breaks a rule is framed anew.

        Returns the ZIP with the pictures, report.csv and report.json; the first picture; previews before and after; and
        the report as HTML.
        """
        to = language(request)
        report = _Report(len(files or ()))
        with tempfile.TemporaryDirectory(prefix="packshot-", ignore_cleanup_errors=True) as folder:

            def job(progress: Progress, cancel: threading.Event) -> tuple[_Made | None, bool]:
                self.exporting.begin(request, cancel)
                rules = chosen(channel, channel_file)
                report.channel = rules.title or rules.name
                work = _Work(self._run, rules, model, Path(folder), report, progress, cancel)
                return work.export(_given(files), float(fill or 0) or None, to), cancel.is_set()

            with self.exporting.until_the_end(request):
                skipped = (gr.skip(),) * 3
                made, stopped = yield from follow(job, to, lambda line: (*skipped, report.update(to), line))
            values = (None, None, None) if made is None else made.values()
            yield *values, report.html(to, stopped=stopped), ""


def pick(archive: str | None, event: gr.SelectData) -> Iterator[Any]:
    """The file behind a preview that was chosen: each has two, before and after."""
    with tempfile.TemporaryDirectory(prefix="packshot-", ignore_cleanup_errors=True) as folder:
        yield gr.skip() if archive is None else str(_unpacked(Path(archive), event.index // 2, Path(folder)))


@dataclass(frozen=True)
class _Made:
    """What is handed over."""

    archive: Path
    file: Path | None
    previews: list[tuple[str, str]]

    def values(self) -> tuple[Any, ...]:
        return str(self.archive), None if self.file is None else str(self.file), self.previews


@dataclass(frozen=True)
class _Work:
    """One run over many files."""

    run: Run
    channel: Channel
    model: str
    folder: Path
    report: _Report
    progress: Progress
    cancel: threading.Event

    def check(self, paths: Sequence[Path]) -> Path | None:
        """The report's file; None where Stop came before the first."""
        told: list[dict[str, Any]] = []
        with suppress(Cancelled):
            for number, path in enumerate(paths):
                told.append(self._told(path, self._advance("Checking the pictures", number, len(paths))))
        if not told:
            return None
        file = self.folder / REPORT_NAME.format(channel=self.channel.name)
        written = json.dumps({"channel": self.channel.record(), "files": told}, indent=2, ensure_ascii=False)
        file.write_text(f"{written}\n", encoding="utf-8")
        return file

    def export(self, paths: Sequence[Path], fill: float | None, to: Language) -> _Made | None:
        """The archive and what is shown of it; None where Stop came before the first."""
        previews: list[tuple[str, str]] = []
        seen: list[tuple[Picture, Picture]] = []

        def run(request: Request, **options: Any) -> Result:
            result = self.run(request, progress=self._advance("Repairing the pictures", number, count), cancel=cancel)
            seen[:] = [(request.picture, result.picture)]  # type: ignore[attr-defined]
            return result

        number, count, cancel = 0, len(paths), self.cancel
        sources = [(path.name, path) for path in paths]
        archive = self.folder / ARCHIVE_NAME.format(channel=self.channel.name)
        with Package(archive, self.channel) as package:
            with suppress(Cancelled):
                for packed in pack(package, sources, self.channel, run, fill=fill, model=self.model):
                    card = Card(packed.source, error=packed.error)
                    if packed.error is None:
                        before, after = seen.pop()
                        card = self._card(packed, package.entries[-1], before, after)
                        previews += self._previews(packed.source, before, after, number, to)
                    self.report.cards.append(card)
                    number += 1
                    if cancel.is_set():
                        break
            entries = package.entries
        if not entries:
            return None
        used = [entry for entry in entries if entry["status"] != ERROR]
        return _Made(archive, _unpacked(archive, 0, self.folder) if used else None, previews)

    def _told(self, path: Path, advance: Progress) -> dict[str, Any]:
        """What the report says of a picture; of one that cannot be used, why."""
        try:
            return self._measure(path, advance)
        except PackshotError as error:
            self.report.cards.append(Card(path.name, error=error))
            return {"source": path.name, "error": str(error)}

    def _measure(self, path: Path, advance: Progress) -> dict[str, Any]:
        advance(0, 1, "")
        picture = decode(path)
        facts = facts_of(path, picture=picture)
        request = CheckRequest(picture=picture, channel=self.channel, facts=facts, model=self.model)
        result = self.run(request, progress=advance, cancel=self.cancel)
        findings = tuple(Finding.of_record(record) for record in result.details["findings"])
        line = f"{picture.width_px} × {picture.height_px} px · {picture.file_format} · {megabytes(path)}"
        small = thumb(picture, self.folder)
        self.report.cards.append(Card(path.name, line, (small,), findings, notices=result.notices))
        return {
            "source": path.name,
            "passed": result.details["passed"],
            "findings": [finding.plain() for finding in findings],
            "notices": list(result.notices),
        }

    def _card(self, packed: Packed, entry: dict[str, Any], before: Picture, after: Picture) -> Card:
        sizes = [f"{before.width_px} × {before.height_px} px", f"{entry['width_px']} × {entry['height_px']} px"]
        kinds = {suffix: name.upper() for name, suffix in SUFFIX_OF.items()}
        line = f"{' → '.join(dict.fromkeys(sizes))} · {kinds[Path(packed.file).suffix]}"
        thumbs = tuple(thumb(picture, self.folder) for picture in (before, after))
        return Card(packed.source, line, thumbs, packed.after, packed.before, packed.repairs, packed.notices)

    def _previews(
        self, name: str, before: Picture, after: Picture, number: int, to: Language
    ) -> Iterator[tuple[str, str]]:
        captions = say("Before: {name}", to, name=name), say("After: {name}", to, name=name)
        for which, picture, caption in zip(("before", "after"), (before, after), captions, strict=True):
            path = self.folder / f"{number}-{which}.jpg"
            yield write_preview(picture, path, preview_size(picture, PREVIEW_PX), checkered=True), caption

    def _advance(self, what: str, number: int, count: int) -> Progress:
        """The progress of one of so many, as that of all of them."""

        def advance(done: int, total: int, _: str) -> None:
            if self.cancel.is_set():
                raise Cancelled
            self.progress(number * STEPS + STEPS * done // max(1, total), count * STEPS, what)

        return advance


def _given(files: Sequence[str] | None) -> list[Path]:
    if not files:
        raise InputError("image", "none was given", "at least one picture is needed", "Choose files first")
    return [Path(path) for path in files]


def _unpacked(archive: Path, number: int, folder: Path) -> Path:
    """A picture of an archive as a file of its own; its report says in which order they came."""
    with zipfile.ZipFile(archive) as packed:
        entries = json.loads(packed.read("report.json"))["files"]
        name = [entry["file"] for entry in entries if entry["status"] != ERROR][number]
        path = folder / Path(name).name
        path.write_bytes(packed.read(name))
    return path
