"""From sources to a package: each is read, repaired, written, measured again, and put in; a bad one is noted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan.core.contract import Progress, Result
from gan.core.errors import PackshotError, as_data
from gan.core.files import trouble
from gan.core.message import Message
from gan.export.channels import Channel
from gan.export.file_metadata import SUFFIX_OF, FileFacts, facts_of
from gan.export.naming import Planned
from gan.export.output import Written, written
from gan.export.pipeline import CheckRequest, ExportRequest, check_fill
from gan.export.rule_result import Finding, lasting_of, passed
from gan.export.rules_file import FILE_RULES
from gan.export.zip_package import Package
from gan.imaging.io.codec import decode

Run = Callable[..., Result]
"""`(request, *, progress, cancel) -> Result`, as `gan.api.Studio.run` is."""


@dataclass(frozen=True, eq=False)
class Packed:
    """One source's way into a package.

    Attributes:
        source: its name; for missing slots the SKU.
        file: its name in the package; empty where it could not be used.
        channel: whose rules.
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
    repairs: tuple[Message, ...] = ()
    notices: tuple[str, ...] = ()
    error: PackshotError | None = None
    channel: Channel | None = None

    @property
    def passed(self) -> bool:
        return self.error is None and passed(self.after)


def pack(
    package: Package,
    sources: Iterable[tuple[str, str | Path | bytes] | Planned],
    channel: Channel,
    run: Run,
    *,
    base: Channel | None = None,
    folder: str = "",
    repair: bool = True,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
    **options: Any,
) -> Iterator[Packed]:
    """Put every source into an open package, one at a time.

    A file that breaks no rule, and from which nothing private has to be taken, goes in byte for byte; so do all where
    `repair` is False.

    Args:
        package: within its `with`.
        sources: names for the report and the package, and paths or contents of files; or with SKU, slot and name.
        channel: whose rules.
        run: carries out a request.
        base: the channel as published, for the measurements that are kept; by default `channel`.
        folder: in the package.
        repair: whether to repair what breaks a rule.
        progress, cancel: as of `Studio.run`.
        options: other fields of `ExportRequest`, such as `fill` and `model`; without repair, those of `CheckRequest`.

    Raises:
        Cancelled: `cancel` was set.
        InputError: a fill that the channel does not take.
    """
    check_fill(options.get("fill"), channel)
    for given in sources:
        picture = given if isinstance(given, Planned) else Planned(*given)
        source, content, label = picture.source, picture.content, {"sku": picture.sku, "slot": picture.slot}
        try:
            if picture.error is not None:
                raise picture.error
            data = content if isinstance(content, bytes) else Path(content)
            made = _made(data, channel, run, repair, options, progress, cancel)
        except Exception as error:
            told = trouble(error, source)
            if told is None:
                raise
            package.fail(source, str(told), channel, **label)
            yield Packed(source, error=as_data(told), channel=channel)
            continue
        result, file, repairs = made
        before = tuple(Finding.of_record(record) for record in result.details["findings"])
        name = package.add(
            source,
            file,
            before=before,
            repairs=repairs,
            notices=result.notices,
            channel=channel,
            base=base,
            folder=folder,
            name=picture.name,
            measures=result.details["measures"] if file.measures is None else file.measures.record(),
            lasting=lasting_of(result.details),
            licences=result.licences,
            **label,
        )
        yield Packed(source, name, before, file.findings, repairs, result.notices, channel=channel)


def _made(
    content: bytes | Path,
    channel: Channel,
    run: Run,
    repair: bool,
    options: Mapping[str, Any],
    progress: Progress | None,
    cancel: threading.Event | None,
) -> tuple[Result, Written, tuple[Message, ...]]:
    picture = decode(content)
    facts = facts_of(content, picture=picture)
    kind = ExportRequest if repair else CheckRequest
    known = {name: value for name, value in options.items() if name in kind.model_fields}
    request = kind(picture=picture, channel=channel, facts=facts, measured=True, **known)
    result = run(request, progress=progress, cancel=cancel)
    before = tuple(Finding.of_record(record) for record in result.details["findings"])
    repairs = tuple(Message(**record) for record in result.details.get("repairs", ()))
    if not repair or (passed(before) and not repairs and not facts.exif):
        return result, _as_it_is(content, facts, before), ()
    alpha = result.pictures[1].alpha if len(result.pictures) > 1 else None
    file = written(result.picture, alpha, channel, lasting_of(result.details))
    return result, file, (*repairs, *_repairs_of_file(before, file), *_privacy(facts))


def _as_it_is(content: bytes | Path, facts: FileFacts, findings: tuple[Finding, ...]) -> Written:
    data = content if isinstance(content, bytes) else content.read_bytes()
    return Written(data, None, SUFFIX_OF[facts.file_format], findings, facts.width_px, facts.height_px)


def _repairs_of_file(before: tuple[Finding, ...], file: Written) -> Iterator[Message]:
    """Failed file rules that writing the file has fixed."""
    broken = {finding.rule for finding in file.findings if finding.status == "fail"}
    for finding in before:
        mended = finding.status == "fail" and finding.rule in FILE_RULES and finding.rule not in broken
        if mended and finding.repair is not None:
            yield finding.repair


def _privacy(facts: FileFacts) -> Iterator[Message]:
    if facts.exif:
        yield Message("EXIF data removed, including the location")
