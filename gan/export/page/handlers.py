"""Run the Check & export tab: from files and a channel to findings, and to a ZIP; for the page and the API."""

from __future__ import annotations

import json
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.core.contract import Progress, Request, Result
from gan.core.errors import Cancelled, InputError, PackshotError, as_data
from gan.core.option import parameters
from gan.export.channels import CHANNELS, Channel
from gan.export.delivery import Delivery, Target, deliver
from gan.export.file_metadata import SUFFIX_OF, facts_of
from gan.export.page.cards import Card, cards, thumb
from gan.export.page.channel import STANDARD, chosen
from gan.export.pipeline import ChannelRequest, CheckRequest, ExportRequest
from gan.export.rule_result import Finding
from gan.export.stored import check_stored
from gan.export.zip_builder import Packed
from gan.export.zip_package import Package
from gan.imaging.io.codec import decode
from gan.imaging.picture import Picture
from gan.limits import MAX_BYTES, MAX_ENTRIES, MAX_SAVED_BYTES
from gan.ui.background_job import one_sentence
from gan.ui.endpoint import Endpoints
from gan.ui.form import none_given, read, read_fields
from gan.ui.i18n import Language, language, say
from gan.ui.many_files import Growing, carry_out, given
from gan.ui.preview import preview_size, write_preview
from gan.ui.protocols import Run
from gan.ui.stop import Stops
from gan.ui.widgets import megabytes

ARCHIVE_NAME: Final = "packshot-{channel}.zip"
REPORT_NAME: Final = "packshot-{channel}.json"
STORED_NAME: Final = "packshot-published.json"
PREVIEW_PX: Final = 1024
STEPS: Final = 100
"""Into so many the progress divides each picture."""

FIRST: Final = ("files", "channel", "channel_file", "fill", "model")
"""Parameters in the order of the first version."""
CHANNEL_DOCS: Final = f"channel is {', '.join(CHANNELS)}; a TOML file takes its place."
CHECK_DOCS: Final = f"""Measure pictures against a sales channel's rules.

{CHANNEL_DOCS}

Returns the report as JSON and the same as HTML."""
EXPORT_DOCS: Final = f"""Repair pictures for a sales channel and pack them with a report.

{CHANNEL_DOCS} fill is the share of the frame, 0.1 to 1, that every product is to take; at 0 only what breaks a rule is
framed anew. names is a pattern such as {{sku}}.{{slot}}.{{ext}}, or the word channel; table is a CSV of file, sku and
slot; also and sizes are separated by commas.

Returns the ZIP with the pictures, report.csv and report.json; the first picture; previews before and after; and the
report as HTML."""


STORED_DOCS: Final = """Judge published files by the measurements that their export kept, under today's rules.

Returns the report as JSON and the same as HTML."""


class Report(Growing):
    """Cards of the pictures so far."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.channel = ""
        self.cards: list[Card] = []

    def __len__(self) -> int:
        return len(self.cards)

    def html(self, to: Language, *, stopped: bool = False) -> str:
        return cards(list(self.cards), self.count, self.channel, to, stopped=stopped)


class Handlers:
    """The handlers, for the page and for programs. `values`: files, channel, channel_file, and a request's fields."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.checking = Stops()
        self.exporting = Stops()

    def check(self, values: Mapping[str, Any], request: gr.Request | None) -> Iterator[tuple[Any, ...]]:
        """Outputs: the report's file, the report, status."""
        to, files = language(request), values["files"]
        report = Report(len(files or ()))

        def work(folder: Path, progress: Progress, cancel: threading.Event) -> tuple[str | None]:
            running = self._work(CheckRequest, values, folder, report, progress, cancel)
            file = running.check(given(files))
            return (None if file is None else str(file),)

        return carry_out(work, report, self.checking, request, to, outputs=1)

    def export(self, values: Mapping[str, Any], request: gr.Request | None) -> Iterator[tuple[Any, ...]]:
        """Outputs: the archive, the first picture, previews, the report, status."""
        to, files = language(request), values["files"]
        report = Report(len(files or ()))

        def work(folder: Path, progress: Progress, cancel: threading.Event) -> tuple[Any, ...]:
            running = self._work(ExportRequest, values, folder, report, progress, cancel)
            report.count *= len(running.targets)
            made = running.export(given(files), to)
            return (None, None, None) if made is None else made.values()

        return carry_out(work, report, self.exporting, request, to, outputs=3)

    def stored(self, values: Mapping[str, Any], request: gr.Request | None) -> Iterator[tuple[Any, ...]]:
        """Outputs: the report's file, the report, status. `values`: stored, and a channel's name or an empty text."""
        to, report = language(request), Report(0)

        def work(folder: Path, progress: Progress, cancel: threading.Event) -> tuple[str]:
            if not values["stored"]:
                raise none_given("stored")
            channel = chosen(values["channel"], None) if values.get("channel") else None
            told = []
            for each in check_stored(Path(values["stored"]), channel):
                told.append(each.record())
                line = f"{each.channel.title or each.channel.name} · {each.before} → {each.channel.checked}"
                notices = (each.notice,) if each.notice else ()
                report.cards.append(Card(each.file, line, findings=each.findings, notices=notices))
            report.count = len(told)
            file = folder / STORED_NAME
            file.write_text(f"{json.dumps({'files': told}, indent=2, ensure_ascii=False)}\n", encoding="utf-8")
            return (str(file),)

        return carry_out(work, report, self.checking, request, to, outputs=1)

    def _work(
        self,
        kind: type[ChannelRequest],
        values: Mapping[str, Any],
        folder: Path,
        report: Report,
        progress: Progress,
        cancel: threading.Event,
    ) -> _Work:
        channel = chosen(values["channel"], values["channel_file"])
        # The page hands over what Export takes, of which a check has less.
        own = {parameter.public for parameter in parameters(kind)} - {"channel"}
        options = read_fields(kind, {name: value for name, value in values.items() if name in own})
        beside = {parameter.public for parameter in parameters(Delivery)} if kind is ExportRequest else set()
        delivery = read(Delivery, {name: value for name, value in values.items() if name in beside})
        targets = delivery.targets(channel, lambda name: chosen(name, None))
        report.channel = ", ".join(target.channel.title or target.channel.name for target in targets)
        return _Work(self._run, channel, options, delivery, targets, folder, report, progress, cancel)

    def expose(self, public: Endpoints, check: Sequence[Component], export: Sequence[Component]) -> None:
        """Let programs call /check, /check_stored and /export.

        Args:
            check, export: their outputs, with the status.
        """
        files = public.file("files", "pictures", many=True, required=True)
        channel = public.text("channel", ", ".join(CHANNELS), STANDARD)
        rules = public.file("channel_file", "rules of your own as TOML, in place of the channel")
        for name, handle, kind, outputs, docs in (
            ("check", self.check, CheckRequest, check, CHECK_DOCS),
            ("export", self.export, ExportRequest, export, EXPORT_DOCS),
        ):
            own = public.entries(kind, without=("image", "seed", "channel"))
            beside = public.entries(Delivery) if kind is ExportRequest else []
            public.serve(name, handle, [files, channel, rules, *own, *beside], outputs, docs=docs, first=FIRST)
        kept = public.file("stored", "an export's ZIP, or its measurements.json", required=True)
        whose = public.text("channel", f"{', '.join(CHANNELS)}; empty for each file's own")
        public.serve("check_stored", self.stored, [kept, whose], check, docs=STORED_DOCS)


def pick(archive: str | None, event: gr.SelectData, request: gr.Request | None = None) -> Iterator[Any]:
    """The file behind a preview that was chosen: each has two, before and after."""
    with tempfile.TemporaryDirectory(prefix="packshot-", ignore_cleanup_errors=True) as folder:
        with one_sentence(language(request)):
            found = None if archive is None else _unpacked(Path(archive), event.index, Path(folder))
        yield gr.skip() if found is None else str(found)


@dataclass(frozen=True)
class _Made:
    """Finished export, ready for download."""

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
    options: Mapping[str, Any]
    delivery: Delivery
    targets: Sequence[Target]
    folder: Path
    report: Report
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

    def export(self, paths: Sequence[Path], to: Language) -> _Made | None:
        """The archive and what is shown of it; None where Stop came before the first."""
        previews: list[tuple[str, str]] = []
        seen: list[tuple[Picture, Picture]] = []

        def run(request: Request, **options: Any) -> Result:
            result = self.run(request, progress=self._advance("Fixing the pictures", number, count), cancel=cancel)
            seen[:] = [(request.picture, result.picture)]  # type: ignore[attr-defined]
            return result

        number, count, cancel = 0, len(paths) * len(self.targets), self.cancel
        sources = [(path.name, path) for path in paths]
        archive = self.folder / ARCHIVE_NAME.format(channel=self.channel.name)
        with Package(archive, *(target.channel for target in self.targets)) as package:
            with suppress(Cancelled):
                for packed in deliver(package, sources, self.targets, run, self.delivery, **self.options):
                    whose = packed.channel.title if packed.channel is not None and len(self.targets) > 1 else ""
                    if packed.file:
                        before, after = seen.pop()
                        card = self._card(packed, package.entries[-1], before, after, whose)
                        previews += self._previews(packed.source, before, after, number, to)
                    else:  # it could not be used; or of a SKU, slots that no picture is there for
                        card = Card(packed.source, whose, findings=packed.after, error=packed.error)
                    self.report.cards.append(card)
                    number = min(number + 1, count)
                    if cancel.is_set():
                        break
            entries = package.entries
        if not entries:
            return None
        used = [entry for entry in entries if "file" in entry]
        return _Made(archive, _unpacked(archive, 0, self.folder) if used else None, previews)

    def _told(self, path: Path, advance: Progress) -> dict[str, Any]:
        """Report entry of a picture; for an unusable one, the reason."""
        try:
            return self._measure(path, advance)
        except PackshotError as error:
            self.report.cards.append(Card(path.name, error=as_data(error)))
            return {"source": path.name, "error": str(error)}

    def _measure(self, path: Path, advance: Progress) -> dict[str, Any]:
        advance(0, 1, "")
        picture = decode(path)
        facts = facts_of(path, picture=picture)
        request = CheckRequest(picture=picture, channel=self.channel, facts=facts, **self.options)
        result = self.run(request, progress=advance, cancel=self.cancel)
        findings = tuple(Finding.of_record(record) for record in result.details["findings"])
        line = f"{picture.width_px} × {picture.height_px} px · {picture.file_format} · {megabytes(path)}"
        small = thumb(picture, self.folder)
        self.report.cards.append(
            Card(path.name, line, (small,), findings, notices=result.notices, licences=result.licences)
        )
        return {
            "source": path.name,
            "passed": result.details["passed"],
            "findings": [finding.plain() for finding in findings],
            "licences": dict(result.licences),
            "notices": list(result.notices),
        }

    def _card(self, packed: Packed, entry: dict[str, Any], before: Picture, after: Picture, whose: str) -> Card:
        sizes = [f"{before.width_px} × {before.height_px} px", f"{entry['width_px']} × {entry['height_px']} px"]
        kinds = {suffix: name.upper() for name, suffix in SUFFIX_OF.items()}
        line = f"{' → '.join(dict.fromkeys(sizes))} · {kinds[Path(packed.file).suffix]}"
        if whose or self.delivery.asked:
            line = " · ".join(filter(None, (line, whose, Path(packed.file).name)))
        thumbs = tuple(thumb(picture, self.folder) for picture in (before, after))
        return Card(
            packed.source,
            line,
            thumbs,
            packed.after,
            packed.before,
            packed.repairs,
            packed.notices,
            licences=entry["licences"],
        )

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


def _unpacked(archive: Path, preview: int, folder: Path) -> Path:
    """The picture behind a preview as a file of its own; the archive's report says in which order they came.

    Whoever asks sends the archive's path, which may be any file of theirs: what is unpacked is bounded.

    Raises:
        InputError: it is no archive of this page, or has no such picture.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            if len(packed.infolist()) > MAX_ENTRIES:
                raise ValueError("more files than are packed")
            entries = json.loads(_member(packed, "report.json", MAX_SAVED_BYTES))["files"]
            name = [entry["file"] for entry in entries if "file" in entry][preview // 2]
            content = _member(packed, name, MAX_BYTES)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise _no_archive() from error
    except (RuntimeError, NotImplementedError, zlib.error) as error:  # encrypted, packed in another way, damaged
        raise _no_archive() from error
    path = folder / Path(name).name
    path.write_bytes(content)
    return path


def _member(packed: zipfile.ZipFile, name: str, most_bytes: int) -> bytes:
    """At most so many bytes are unpacked, whatever the archive's directory says."""
    with packed.open(name) as member:
        content = member.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise ValueError(f"{name} is too large")
    return content


def _no_archive() -> InputError:
    return InputError(
        "file", "it is no archive of this page", "the ZIP that Export made is expected", "Export the pictures again"
    )
