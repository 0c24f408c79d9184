"""A ZIP or a folder of finished files with a report, written to disk file by file."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import uuid
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Final

from gan.core.contract import licence_lines
from gan.core.errors import InputError
from gan.core.files import csv_cell
from gan.core.message import Message
from gan.export.channels import Channel
from gan.export.filenames import Names
from gan.export.output import Written
from gan.export.rule_result import Finding, passed
from gan.originals import originals

MEASUREMENTS: Final = "measurements.json"
"""What was measured of every file, by which `gan.export.stored` judges them under other rules."""

REPORTS: Final = ("report.csv", "report.json", MEASUREMENTS)

COLUMNS: Final = (
    "source",
    "channel",
    "sku",
    "slot",
    "file",
    "status",
    "broken_before",
    "repairs",
    "broken_after",
    "warnings_after",
    "width_px",
    "height_px",
    "bytes",
    "notices",
    "error",
    "licences",
)

PASSED, FAILED, ERROR, MISSING = "pass", "fail", "error", "missing"

ZIP: Final = ".zip"

_MOMENT = (1980, 1, 1, 0, 0, 0)
"""The same files give the same ZIP on every day; this is the earliest that the format knows."""


class Package:
    """A ZIP or a folder that is there completely or not at all.

    Use it as `with Package(path, channel) as package: package.add(...)`. One file at a time is in memory; of the
    others only what the report says of them.

    Args:
        path: of the ZIP, where it ends in .zip; else of a folder, which has to be new or empty. Folders above it that
            are missing are made.
        channels: whose rules the files were checked against; they stand in the report.
    """

    def __init__(self, path: Path, *channels: Channel) -> None:
        self.entries: list[dict[str, Any]] = []
        self._measures: list[dict[str, Any]] = []
        self._path = path
        self._channels = channels
        self._names = Names(REPORTS)
        self._unfinished = path.with_name(f".{uuid.uuid4().hex}.part")
        self._zip: zipfile.ZipFile | None = None

    def __enter__(self) -> Package:
        """Begin it. Raises `InputError` where it would replace a file that the running command reads, or a folder."""
        originals().check(self._path)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._path.suffix.lower() == ZIP:
            self._file = self._unfinished.open("xb")
            self._zip = zipfile.ZipFile(self._file, "w")
            return self
        if self._path.exists() and (not self._path.is_dir() or any(self._path.iterdir())):
            raise InputError(
                "output",
                "{path} is there already",
                "a new or empty folder is needed: nothing is overwritten",
                "Choose another -o",
                path=self._path,
            )
        self._unfinished.mkdir()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Write the reports and put it in its place; after an error nothing is left of it.

        Raises:
            OSError: the disk is full, or it cannot be put in its place.
        """
        finished = False
        try:
            if kind is None:
                self._put("report.csv", self._csv(), zipfile.ZIP_DEFLATED)
                self._put("report.json", _json(self._report()), zipfile.ZIP_DEFLATED)
                self._put(MEASUREMENTS, _json({"files": self._measures}), zipfile.ZIP_DEFLATED)
                if self._zip is not None:
                    self._zip.close()
                    self._file.flush()
                    os.fsync(self._file.fileno())
                    self._file.close()
                os.replace(self._unfinished, self._path)
                finished = True
        finally:
            if not finished:
                self._throw_away()

    def _throw_away(self) -> None:
        """On a full disk closing fails as writing did, and must keep nobody from removing the file."""
        if self._zip is None:
            shutil.rmtree(self._unfinished, ignore_errors=True)
            return
        for part in (self._zip, self._file):
            with suppress(OSError, ValueError):
                part.close()
        with suppress(OSError):
            self._unfinished.unlink(missing_ok=True)

    @property
    def counts(self) -> dict[str, int]:
        """Number of files that pass, that fail, and that could not be used; of slots that are missing, if any are."""
        statuses = [entry["status"] for entry in self.entries]
        shown = (PASSED, FAILED, ERROR, *((MISSING,) if MISSING in statuses else ()))
        return {status: statuses.count(status) for status in shown}

    def add(
        self,
        source: str,
        made: Written,
        *,
        before: Iterable[Finding] = (),
        repairs: Iterable[Message] = (),
        notices: Iterable[str] = (),
        channel: Channel | None = None,
        base: Channel | None = None,
        folder: str = "",
        name: str = "",
        sku: str = "",
        slot: str = "",
        measures: Mapping[str, Any] | None = None,
        lasting: Iterable[Finding] = (),
        licences: Mapping[str, str] = MappingProxyType({}),
    ) -> str:
        """Put a file in and remember what is reported of it.

        Args:
            source: the input's name, with folders where they are to be kept.
            made: its finished file.
            before: findings on the input.
            repairs: what was done.
            notices: what the user should be told.
            channel: whose file it is, where there are several; by default the first.
            base: the same as published, where a size of one's own was asked.
            folder: in which it goes.
            name: the file's own, without suffix; empty for the source's.
            sku, slot: which picture of which product it is.
            measures: everything measured of the file, as `Measures.record` gives it.
            lasting: findings that no rule file changes.
            licences: of the networks that took part, by name.

        Returns:
            The name in the package.
        """
        if name:
            name = self._names.exactly(f"{folder}/{name}{made.suffix}" if folder else f"{name}{made.suffix}")
        else:
            name = self._names.of(source, made.suffix, folder)
        self._put(name, made.data, zipfile.ZIP_STORED)  # pictures are compressed already
        whose = channel or self._channels[0]
        if measures is not None:
            kept = {"measures": measures, "lasting": [finding.record() for finding in lasting]}
            self._measures.append({"file": name, "channel": (base or whose).record(), "bytes": len(made.data), **kept})
        self.entries.append(
            {
                "source": source,
                **_whose(whose, sku, slot),
                "file": name,
                "status": PASSED if passed(made.findings) else FAILED,
                "before": [finding.plain() for finding in before],
                "repairs": [str(repair) for repair in repairs],
                "after": [finding.plain() for finding in made.findings],
                "width_px": made.width_px,
                "height_px": made.height_px,
                "bytes": len(made.data),
                "notices": list(notices),
                "licences": dict(licences),
            }
        )
        return name

    def fail(self, source: str, error: str, channel: Channel | None = None, sku: str = "", slot: str = "") -> None:
        """Remember an input that could not be used."""
        whose = _whose(channel or self._channels[0], sku, slot)
        self.entries.append({"source": source, **whose, "status": ERROR, "error": error})

    def lack(self, channel: Channel, sku: str, slot: str) -> None:
        """Remember a slot that no picture was delivered for."""
        self.entries.append({"source": "", **_whose(channel, sku, slot), "status": MISSING})

    def _put(self, name: str, data: bytes, method: int) -> None:
        if self._zip is None:
            path = self._unfinished / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            return
        entry = zipfile.ZipInfo(name, _MOMENT)
        entry.external_attr = 0o644 << 16
        self._zip.writestr(entry, data, method)

    def _report(self) -> dict[str, Any]:
        first, *others = (channel.record() for channel in self._channels)
        more = {"channels": [first, *others]} if others else {}
        return {"channel": first, **more, "counts": self.counts, "files": self.entries}

    def _csv(self) -> bytes:
        text = io.StringIO()
        table = csv.DictWriter(text, COLUMNS)
        table.writeheader()
        for entry in self.entries:
            table.writerow({column: csv_cell(_column(entry, column)) for column in COLUMNS})
        return text.getvalue().encode("utf-8-sig")  # spreadsheets take a file without a mark for another encoding


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def _whose(channel: Channel, sku: str, slot: str) -> dict[str, str]:
    return {"channel": channel.name, **({"sku": sku, "slot": slot} if sku or slot else {})}


def _column(entry: Mapping[str, Any], column: str) -> object:
    if column == "broken_before":
        return _rules(entry.get("before", ()), "fail")
    if column == "broken_after":
        return _rules(entry.get("after", ()), "fail")
    if column == "warnings_after":
        return _rules(entry.get("after", ()), "warn")
    value = entry.get(column, "")
    if isinstance(value, Mapping):
        value = licence_lines(value)
    return "; ".join(value) if isinstance(value, list) else value


def _rules(findings: Iterable[Mapping[str, Any]], status: str) -> str:
    return "; ".join(f"{each['rule']} ({each['value']})" for each in findings if each["status"] == status)
