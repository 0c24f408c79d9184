"""Published files judged by the measurements kept beside them, under the rules as they are now; none is opened."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan.core.errors import InputError
from gan.export.channels import CHANNELS, Channel, channel_of
from gan.export.comparing import merged
from gan.export.measures import Measures
from gan.export.rule_result import Finding, passed
from gan.export.rules import RULES, judged
from gan.export.zip_package import MEASUREMENTS, ZIP
from gan.limits import MAX_TABLE_BYTES


@dataclass(frozen=True)
class Stored:
    """A published file and what the rules say of it now.

    Attributes:
        file: its path below the folder.
        channel: whose rules, as they are now.
        findings: on the measurements.
        before: the day on which the rules were dated that it was exported by.
        notice: why these may no longer be of this file; empty where the file is as it was, or is not there to ask.
    """

    file: str
    channel: Channel
    findings: tuple[Finding, ...]
    before: str
    notice: str = ""

    @property
    def passed(self) -> bool:
        return passed(self.findings)

    def record(self) -> dict[str, Any]:
        """JSON-ready, in English sentences: what reports hold."""
        return {
            "file": self.file,
            "channel": self.channel.name,
            "checked": self.channel.checked,
            "exported_by": self.before,
            "passed": self.passed,
            "findings": [finding.plain() for finding in self.findings],
            "notices": [self.notice] if self.notice else [],
        }


CHANGED = "The file size has changed since it was measured; check the picture again"
GONE = "The file no longer exists"


def check_stored(path: Path, channel: Channel | None = None) -> Iterator[Stored]:
    """Judge everything that exports have left below a folder, or in a ZIP.

    Args:
        path: a folder, an export's ZIP, or a file of measurements.
        channel: whose rules; by default those of the channel that each file was exported for: those of today's rule
            file where it came with the package, those that were kept where it is one's own.

    Raises:
        InputError: there are no measurements, or they cannot be read.
    """
    found = False
    for name, folder, data in _kept(path):
        found = True
        try:
            entries = json.loads(data)["files"]
            told = [(entry, channel_of(entry["channel"])) for entry in entries]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise _unreadable(name, error) from error
        for entry, exported in told:
            yield _judged(entry, exported, channel, name, folder)
    if not found:
        raise InputError(
            "stored",
            "no {file} below {path}",
            "the folder or ZIP of an export is expected",
            "Check the path, or export the pictures again",
            file=MEASUREMENTS,
            path=path,
        )


def _judged(entry: dict[str, Any], exported: Channel, wanted: Channel | None, name: str, folder: Path | None) -> Stored:
    channel = wanted or CHANNELS.get(exported.name, exported)
    try:
        seen = Measures.of_record(entry["measures"])
        kept = tuple(Finding.of_record(record) for record in entry["lasting"])
        file, size = str(entry["file"]), int(entry["bytes"])
        findings = merged(judged(seen, channel), kept, RULES)
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise _unreadable(name, error) from error
    notice = ""
    if folder is not None:
        there = folder / file
        notice = GONE if not there.is_file() else CHANGED if there.stat().st_size != size else ""
    return Stored((Path(name).parent / file).as_posix(), channel, findings, exported.checked, notice)


def _kept(path: Path) -> Iterator[tuple[str, Path | None, bytes]]:
    """Names below the folder, folders that the files are in, and contents of measurements."""
    try:
        if path.is_dir():
            for file in sorted(path.rglob(MEASUREMENTS)):
                yield file.relative_to(path).as_posix(), file.parent, _bounded(file.read_bytes(), file.name)
        elif path.suffix.lower() == ZIP:
            with zipfile.ZipFile(path) as package, package.open(MEASUREMENTS) as member:
                yield MEASUREMENTS, None, _bounded(member.read(MAX_TABLE_BYTES + 1), path.name)
        elif path.is_file():
            yield path.name, None, _bounded(path.read_bytes(), path.name)
    except (OSError, KeyError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise _unreadable(path.name, error) from error


def _bounded(data: bytes, name: str) -> bytes:
    if len(data) > MAX_TABLE_BYTES:
        raise _unreadable(name, ValueError("it is too long"))
    return data


def _unreadable(name: str, error: Exception) -> InputError:
    return InputError(
        "stored",
        "{name} cannot be read: {reason}",
        "measurements that an export has written are expected",
        "Export the pictures again",
        name=name,
        reason=str(error),
    )
