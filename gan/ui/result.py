"""Rendered results: the file, previews, record and summary of a finished picture, and the same in another format."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan.core.contract import NOT_STATED
from gan.imaging.io.codec import Encoding, write
from gan.imaging.io.formats import LOSSY
from gan.imaging.picture import Picture
from gan.ui.i18n import Language, notice, say
from gan.ui.preview import preview_size, write_preview
from gan.ui.widgets import facts_list, megabytes


@dataclass(frozen=True)
class RenderedResult:
    """Rendered result, as the page shows it.

    Attributes:
        file: the full picture in the chosen format.
        pair: previews before and after, of equal size.
        summary: HTML.
        record: JSON, enough to make the same picture again.
        told: the record without how the file was written.
        size: the summary's first line.
        rows: what the summary says behind the file's own lines.
        notices: as templates.
        exact: whether pixels were promised to stay, which not every format keeps.
        extra: a further file, such as a shadow's layer or a .cube file.
    """

    file: Path
    pair: tuple[str, str]
    summary: str
    record: Path
    told: Mapping[str, Any]
    size: str
    rows: tuple[tuple[str, str], ...] = ()
    notices: tuple[str, ...] = ()
    exact: bool = False
    extra: Path | None = None

    def values(self) -> tuple[Any, ...]:
        """For `gan.ui.widgets.ResultView.values`."""
        return str(self.file), self.pair, self.summary, str(self.record)

    @property
    def extra_value(self) -> str | None:
        return None if self.extra is None else str(self.extra)


def rendered(
    picture: Picture,
    source: Picture,
    told: Mapping[str, Any],
    encoding: Encoding,
    folder: Path,
    to: Language,
    *,
    stem: str,
    before: str | None = None,
    size: str = "",
    rows: Sequence[tuple[str, str]] = (),
    exact: bool = False,
    extra: Path | None = None,
    checkered: bool = False,
) -> RenderedResult:
    """Write a result's files into the folder and sum it up.

    Args:
        picture: the finished one.
        source: the photograph.
        told: the record, as of `gan.core.contract.Result.record`.
        stem: of the files' names.
        before: preview of the photograph, as large as the finished picture's; by default one is written.
        size: for the summary; by default the finished picture's.
        rows, exact, extra: as of `RenderedResult`.
        checkered: whether previews show transparency.
    """
    preview = preview_size(picture)
    if before is None:
        before = write_preview(source, folder / f"{stem}-before.jpg", preview, checkered=checkered)
    after = write_preview(picture, folder / f"{stem}-after.jpg", preview, checkered=checkered)
    shown = RenderedResult(
        file=folder / stem,
        pair=(before, after),
        summary="",
        record=Path(),
        told=told,
        size=size or size_of(picture),
        rows=tuple(rows),
        notices=tuple(dict.fromkeys((*source.notices, *told["notices"]))),
        exact=exact,
        extra=extra,
    )
    return _written(shown, stem, picture, encoding, folder, to)


def written(shown: RenderedResult, picture: Picture, encoding: Encoding, folder: Path, to: Language) -> RenderedResult:
    """The same picture's file, record and summary in a format."""
    return _written(shown, shown.file.stem, picture, encoding, folder, to)


def zipped(shown: Sequence[RenderedResult], path: Path) -> Path:
    """All files in one, uncompressed, since pictures are compressed already."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for one in shown:
            archive.write(one.file, one.file.name)
    return path


def stem_of(source: Picture, task: str) -> str:
    """Of a result's files: the photograph's name, and what was done."""
    return f"{Path(source.name).stem or 'picture'}-{task}"


def size_of(picture: Picture, before: Picture | None = None) -> str:
    """Width and height in pixels, of one picture or from one to another."""
    size = f"{picture.width_px} × {picture.height_px} px"
    return size if before is None else f"{size_of(before)} → {size}"


def write_record(told: Mapping[str, Any], file: Path, encoding: Encoding) -> Path:
    """A result's record beside its file, with how that was written.

    Args:
        told: as of `gan.core.contract.Result.record`.
    """
    path = file.with_suffix(".json")
    record = {**told, "output": {"file": file.name, **encoding.model_dump()}}
    path.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _written(
    shown: RenderedResult, stem: str, picture: Picture, encoding: Encoding, folder: Path, to: Language
) -> RenderedResult:
    file = folder / f"{stem}{encoding.suffix}"
    write(picture, file, encoding)
    told = shown.told
    rows = [*_common_rows(told, shown.size, file, encoding, to), *shown.rows]
    notices = [*shown.notices, *([LOSSY] if shown.exact and not encoding.exact else [])]
    summary = facts_list(rows, [notice(text, to) for text in notices])
    return dataclasses.replace(shown, file=file, record=write_record(told, file, encoding), summary=summary)


def _common_rows(
    told: Mapping[str, Any], size: str, file: Path, encoding: Encoding, to: Language
) -> list[tuple[str, str]]:
    """Size, file, time, models and their licenses."""
    return [
        (say("Size", to), size),
        (say("File", to), f"{file.name} · {encoding.file_format.upper()}, {megabytes(file)}"),
        (say("Time", to), say("{seconds} s", to, seconds=f"{told['seconds']:.1f}")),
        *model_rows(told["weights"], told["licences"], to),
    ]


def licence_text(licences: Mapping[str, str], to: Language) -> str:
    """Every network that took part with its license, on one line; empty where none did."""
    told = "; ".join(f"{name} ({notice(licence, to)})" for name, licence in licences.items())
    return say("Models: {networks}", to, networks=told) if told else ""


def model_rows(weights: Mapping[str, str], licences: Mapping[str, str], to: Language) -> list[tuple[str, str]]:
    """Rows of a summary for each network that took part: its name with its hash, and its license."""
    return [
        row
        for name, sha256 in weights.items()
        for row in (
            (say("Model", to), f"{name} · {sha256[:8]}"),
            (say("License", to), notice(licences.get(name, NOT_STATED), to)),
        )
    ]
