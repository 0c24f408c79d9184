"""From sources to a package: each is read, repaired, written, measured again, and put in; a bad one is noted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan.core.contract import Progress, Result
from gan.core.errors import PackshotError
from gan.export.channels import Channel
from gan.export.file_metadata import SUFFIX_OF, FileFacts, facts_of
from gan.export.output import Written, written
from gan.export.pipeline import CheckRequest, ExportRequest, check_fill
from gan.export.rule_result import Finding, Phrase, passed
from gan.export.rules_file import FILE_RULES
from gan.export.zip_package import Package
from gan.imaging.io.codec import decode

Run = Callable[..., Result]
"""`(request, *, progress, cancel) -> Result`, as `gan.api.Studio.run` is."""


@dataclass(frozen=True, eq=False)
class Packed:
    """One source's way into a package.

    Attributes:
        source: its name.
        file: its name in the ZIP; empty where it could not be used.
        before: findings on the source.
        after: findings on the file in the ZIP.
        repairs: what was done.
        notices: what the user should be told.
        error: why it could not be used; None where it was.
    """

    source: str
    file: str = ""
    before: tuple[Finding, ...] = ()
    after: tuple[Finding, ...] = ()
    repairs: tuple[Phrase, ...] = ()
    notices: tuple[str, ...] = ()
    error: PackshotError | None = None

    @property
    def passed(self) -> bool:
        return self.error is None and passed(self.after)


def pack(
    package: Package,
    sources: Iterable[tuple[str, str | Path | bytes]],
    channel: Channel,
    run: Run,
    *,
    repair: bool = True,
    fill: float | None = None,
    model: str = "auto",
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> Iterator[Packed]:
    """Put every source into an open package, one at a time.

    A file that breaks no rule, and from which nothing private has to be taken, goes in byte for byte; so do all where
    `repair` is False.

    Args:
        package: within its `with`.
        sources: names for the report and the ZIP, and paths or contents of files.
        channel: whose rules.
        run: carries out a request.
        repair: whether to repair what breaks a rule.
        fill, model: as of `ExportRequest`.
        progress, cancel: as of `Studio.run`.

    Raises:
        Cancelled: `cancel` was set.
        InputError: a fill that the channel does not take.
    """
    check_fill(fill, channel)
    for source, content in sources:
        try:
            data = content if isinstance(content, bytes) else Path(content)
            made = _made(data, channel, run, repair, {"fill": fill, "model": model}, progress, cancel)
        except PackshotError as error:
            package.fail(source, str(error))
            yield Packed(source, error=error)
            continue
        result, file, repairs = made
        before = tuple(Finding.of_record(record) for record in result.details["findings"])
        name = package.add(source, file, before=before, repairs=repairs, notices=result.notices)
        yield Packed(source, name, before, file.findings, repairs, result.notices)


def _made(
    content: bytes | Path,
    channel: Channel,
    run: Run,
    repair: bool,
    options: Mapping[str, Any],
    progress: Progress | None,
    cancel: threading.Event | None,
) -> tuple[Result, Written, tuple[Phrase, ...]]:
    picture = decode(content)
    facts = facts_of(content, picture=picture)
    asked: dict[str, Any] = {"picture": picture, "channel": channel, "facts": facts}
    request = ExportRequest(**asked, **options) if repair else CheckRequest(**asked, model=options["model"])
    result = run(request, progress=progress, cancel=cancel)
    before = tuple(Finding.of_record(record) for record in result.details["findings"])
    repairs = tuple(Phrase(**record) for record in result.details.get("repairs", ()))
    if not repair or (passed(before) and not repairs and not facts.exif):
        return result, _as_it_is(content, facts, before), ()
    alpha = result.pictures[1].alpha if len(result.pictures) > 1 else None
    file = written(result.picture, alpha, channel)
    return result, file, (*repairs, *_repairs_of_file(before, file), *_privacy(facts))


def _as_it_is(content: bytes | Path, facts: FileFacts, findings: tuple[Finding, ...]) -> Written:
    data = content if isinstance(content, bytes) else content.read_bytes()
    return Written(data, None, SUFFIX_OF[facts.file_format], findings, facts.width_px, facts.height_px)


def _repairs_of_file(before: tuple[Finding, ...], file: Written) -> Iterator[Phrase]:
    """What writing has mended."""
    broken = {finding.rule for finding in file.findings if finding.status == "fail"}
    for finding in before:
        mended = finding.status == "fail" and finding.rule in FILE_RULES and finding.rule not in broken
        if mended and finding.repair is not None:
            yield finding.repair


def _privacy(facts: FileFacts) -> Iterator[Phrase]:
    if facts.exif:
        yield Phrase("EXIF left out, and with it the place where it was taken")
