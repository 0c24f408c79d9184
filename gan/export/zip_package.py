"""A ZIP of finished files with a report, written to disk file by file."""

from __future__ import annotations

import csv
import io
import json
import os
import uuid
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from gan.export.channels import Channel
from gan.export.filenames import Names
from gan.export.output import Written
from gan.export.rule_result import Finding, Phrase, passed

REPORTS: Final = ("report.csv", "report.json")

COLUMNS: Final = (
    "source",
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
)

PASSED, FAILED, ERROR = "pass", "fail", "error"

_MOMENT = (1980, 1, 1, 0, 0, 0)
"""The same files give the same ZIP on every day; this is the earliest that the format knows."""


class Package:
    """A ZIP that is there completely or not at all.

    Use it as `with Package(path, channel) as package: package.add(...)`. One file at a time is in memory; of the
    others only what the report says of them.

    Args:
        path: of the ZIP; folders that are missing are made.
        channel: whose rules the files were checked against; it stands in the report.
    """

    def __init__(self, path: Path, channel: Channel) -> None:
        self.entries: list[dict[str, Any]] = []
        self._path = path
        self._channel = channel
        self._names = Names(REPORTS)
        self._unfinished = path.with_name(f".{uuid.uuid4().hex}.part")

    def __enter__(self) -> Package:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._unfinished.open("xb")
        self._zip = zipfile.ZipFile(self._file, "w")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Write the reports and put the ZIP in its place; after an error nothing is left of it."""
        try:
            if kind is None:
                self._put("report.csv", self._csv(), zipfile.ZIP_DEFLATED)
                self._put("report.json", self._json(), zipfile.ZIP_DEFLATED)
            self._zip.close()
            if kind is None:
                self._file.flush()
                os.fsync(self._file.fileno())
            self._file.close()
            if kind is None:
                os.replace(self._unfinished, self._path)
        finally:
            self._file.close()
            self._unfinished.unlink(missing_ok=True)

    @property
    def counts(self) -> dict[str, int]:
        """How many files pass, fail, and could not be used."""
        return {status: sum(entry["status"] == status for entry in self.entries) for status in (PASSED, FAILED, ERROR)}

    def add(
        self,
        source: str,
        made: Written,
        *,
        before: Iterable[Finding] = (),
        repairs: Iterable[Phrase] = (),
        notices: Iterable[str] = (),
    ) -> str:
        """Put a file in and remember what is reported of it.

        Args:
            source: the input's name, with folders where they are to be kept.
            made: its finished file.
            before: findings on the input.
            repairs: what was done.
            notices: what the user should be told.

        Returns:
            The name in the ZIP.
        """
        name = self._names.of(source, made.suffix)
        self._put(name, made.data, zipfile.ZIP_STORED)  # pictures are compressed already
        self.entries.append(
            {
                "source": source,
                "file": name,
                "status": PASSED if passed(made.findings) else FAILED,
                "before": [finding.plain() for finding in before],
                "repairs": [str(repair) for repair in repairs],
                "after": [finding.plain() for finding in made.findings],
                "width_px": made.width_px,
                "height_px": made.height_px,
                "bytes": len(made.data),
                "notices": list(notices),
            }
        )
        return name

    def fail(self, source: str, error: str) -> None:
        """Remember an input that could not be used."""
        self.entries.append({"source": source, "status": ERROR, "error": error})

    def _put(self, name: str, data: bytes, method: int) -> None:
        entry = zipfile.ZipInfo(name, _MOMENT)
        entry.external_attr = 0o644 << 16
        self._zip.writestr(entry, data, method)

    def _json(self) -> bytes:
        report = {"channel": self._channel.record(), "counts": self.counts, "files": self.entries}
        return (json.dumps(report, indent=2, ensure_ascii=False) + "\n").encode()

    def _csv(self) -> bytes:
        text = io.StringIO()
        table = csv.DictWriter(text, COLUMNS)
        table.writeheader()
        for entry in self.entries:
            table.writerow({column: _cell(_column(entry, column)) for column in COLUMNS})
        return text.getvalue().encode("utf-8-sig")  # spreadsheets take a file without a mark for another encoding


def _column(entry: Mapping[str, Any], column: str) -> object:
    if column == "broken_before":
        return _rules(entry.get("before", ()), "fail")
    if column == "broken_after":
        return _rules(entry.get("after", ()), "fail")
    if column == "warnings_after":
        return _rules(entry.get("after", ()), "warn")
    value = entry.get(column, "")
    return "; ".join(value) if isinstance(value, list) else value


def _rules(findings: Iterable[Mapping[str, Any]], status: str) -> str:
    return "; ".join(f"{each['rule']} ({each['value']})" for each in findings if each["status"] == status)


def _cell(value: object) -> object:
    """What begins like a formula would be computed by spreadsheets; names of files come from anywhere."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
