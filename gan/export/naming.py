"""Names of delivered files by pattern, table or barcode: which SKU and slot each picture is, and what is missing."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final

from PIL import Image
from pydantic import InstanceOf

from gan.core.errors import InputError, PackshotError, as_data
from gan.core.files import trouble
from gan.core.option import Option, Options
from gan.core.reader import Source, read_by
from gan.export.channels import Channel
from gan.export.filenames import check_pattern, filled, taken_twice
from gan.imaging.io.codec import decode, to_pil
from gan.imaging.picture import Picture
from gan.limits import MAX_TABLE_BYTES

CHANNEL: Final = "channel"
"""In place of a pattern: the channel's own."""

STANDARD: Final = "{sku}_{slot}.{ext}"
"""Pattern of channels that name none."""

MAIN: Final = "MAIN"

_MARKED = re.compile(r"(?P<sku>.+?)(?:_(?P<number>\d{1,2})|\.(?P<code>[A-Z]{4}|[A-Z]{2}\d{2}))", re.IGNORECASE)
"""Stems that name a slot, as platforms do: SKU_1, ASIN.MAIN, ASIN.PT01."""


@dataclass(frozen=True)
class Row:
    """Row of a table: its number in the file, and its cells."""

    line: int
    file: str
    sku: str
    slot: str = ""


@dataclass(frozen=True)
class Table:
    """Table of SKUs: rows by the file's name in lower case."""

    rows: Mapping[str, Row]


def read_table(source: Source, field: str = "table") -> Table:
    """Read a CSV of the columns file, sku and, if wanted, slot: UTF-8 with or without a mark; comma, semicolon or tab.

    Raises:
        InputError: it is no such table, or names a file twice, or a row lacks its file or SKU.
    """
    if isinstance(source, Image.Image):
        raise _table(field, "a picture", "Choose another file")
    try:
        data = source if isinstance(source, bytes) else Path(source).read_bytes()
        if len(data) > MAX_TABLE_BYTES:
            raise _table(field, "it is too long", "Split it")
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise _table(field, "it cannot be read: {reason}", "Check the path", reason=str(error.strerror)) from error
    except UnicodeDecodeError as error:
        raise _table(field, "it is not written in UTF-8", "Save it as CSV UTF-8") from error
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error as error:
        raise _table(field, "line {line}: {reason}", "Correct it", line=reader.line_num, reason=str(error)) from error
    columns = [cell.casefold() for cell in lines[0][1]] if lines else []
    if not {"file", "sku"} <= set(columns):
        raise _table(field, "its columns are {columns}", "Name them in the first row", columns=", ".join(columns))
    rows: dict[str, Row] = {}
    for line, cells in lines[1:]:
        told = dict(zip(columns, cells, strict=False))
        if not any(cells):
            continue
        row = Row(line, told.get("file", ""), told.get("sku", ""), told.get("slot", ""))
        for name in ("file", "sku"):
            if not getattr(row, name):
                raise _table(field, "line {line} has no {column}", "Complete it", line=line, column=name)
        former = rows.setdefault(row.file.casefold(), row)
        if former is not row:
            raise _table(
                field, "lines {first} and {second} both name {name}", "Remove one of them",
                first=former.line, second=line, name=row.file,
            )  # fmt: skip
    return Table(rows)


TableFile = Annotated[InstanceOf[Table], read_by(Table, read_table)]
"""The field that holds a table of SKUs."""


class Naming(Options):
    """Naming of delivered files: by pattern, table or barcode.

    Raises:
        InputError: a pattern with unknown fields, or whose names would not be safe.
    """

    names: Annotated[
        str,
        Option(
            "pattern of the files' names, of {sku}, {slot}, {stem}, {channel}, {n} and {ext}, such as {sku}_{n}.{ext}; "
            "or the word channel for what the channel takes",
            group="delivery",
            metavar="PATTERN",
        ),
    ] = ""
    table: Annotated[
        TableFile | None,
        Option("CSV of the columns file, sku and slot", group="delivery", metavar="CSV"),
    ] = None
    barcode: Annotated[bool, Option("read each picture's SKU from a barcode or QR code in it", group="delivery")] = (
        False
    )
    slots: Annotated[
        tuple[str, ...],
        Option("slots that every SKU has to have, such as 1 2 3 or MAIN PT01", group="delivery", many=True),
    ] = ()

    def model_post_init(self, _context: Any) -> None:
        if self.names not in ("", CHANNEL):
            check_pattern(self.names)

    @property
    def asked(self) -> bool:
        """True if files are named by SKU; otherwise they keep their sources' names."""
        return bool(self.names or self.table or self.barcode or self.slots)

    def pattern(self, channel: Channel) -> str:
        """The pattern that holds for a channel."""
        return (channel.names or STANDARD) if self.names in ("", CHANNEL) else self.names


@dataclass(frozen=True)
class Planned:
    """A picture on its way to a channel.

    Attributes:
        source: its name.
        content: the file's path, or its content.
        sku, slot: which picture of which product; empty where that is not asked.
        name: in the package, without suffix and folder of the channel; empty for the source's own.
        error: why it cannot be delivered.
    """

    source: str
    content: str | Path | bytes
    sku: str = ""
    slot: str = ""
    name: str = ""
    error: PackshotError | None = None


def labeled(sources: Iterable[tuple[str, str | Path | bytes]], naming: Naming) -> list[Planned]:
    """Sources with their SKU and slot, the latter a number from 1 on or a code in capitals, the same for all channels.

    The SKU is the table's; else the barcode's; else that of the file's own name. A slot that is not said is the next
    free one. Rows of files that are not there, and pictures without a row, come with their error.

    Raises:
        InputError: two pictures have one SKU and slot; no package for reading barcodes is installed.
    """
    pictures = [_labeled(*source, naming) if naming.asked else Planned(*source) for source in sources]
    if not naming.asked:
        return pictures
    taken: dict[tuple[str, str], str] = {}
    for picture in pictures:
        key = (picture.sku, picture.slot)
        if picture.error is None and picture.slot and taken.setdefault(key, picture.source) != picture.source:
            raise InputError(
                "slot",
                "{sku} {slot} is both {first} and {second}",
                "a slot takes one picture",
                "Rename one of the files, or correct the table",
                sku=picture.sku,
                slot=picture.slot,
                first=taken[key],
                second=picture.source,
            )
    made = []
    for picture in pictures:
        if picture.error is None and not picture.slot:
            free = next(str(n) for n in range(1, len(pictures) + 1) if (picture.sku, str(n)) not in taken)
            taken[picture.sku, free] = picture.source
            picture = replace(picture, slot=free)
        made.append(picture)
    rows = {} if naming.table is None else naming.table.rows
    met = {key for picture in pictures for key in _keys(picture.source)}
    return made + [Planned(row.file, b"", row.sku, error=_no_file(row)) for key, row in rows.items() if key not in met]


def planned(pictures: Sequence[Planned], naming: Naming, channel: Channel) -> list[Planned]:
    """Labeled pictures with the slots and names that a channel takes.

    Raises:
        InputError: the pattern would give two pictures one name; or a slot that is asked for is none of the channel's.
    """
    if not naming.asked:
        return list(pictures)
    for slot in naming.slots:
        slot_name(_slot(slot), channel)
    pattern, counts, made = naming.pattern(channel), defaultdict[str, int](int), []
    taken: set[str] = set()
    for picture in pictures:
        if picture.error is not None:
            made.append(picture)
            continue
        counts[picture.sku] += 1
        try:
            slot = slot_name(picture.slot, channel)
            stem = PurePosixPath(picture.source.replace("\\", "/")).stem
            values = {"sku": picture.sku, "slot": slot, "stem": stem, "n": counts[picture.sku], "channel": channel.name}
            name = filled(pattern, values, channel.name_letters)
        except InputError as error:
            made.append(replace(picture, error=as_data(error)))
            continue
        if name.casefold() in taken:
            raise taken_twice(name)
        taken.add(name.casefold())
        made.append(replace(picture, slot=slot, name=name))
    return made


def missing(delivered: Iterable[tuple[str, str]], naming: Naming, channel: Channel) -> dict[str, tuple[str, ...]]:
    """{SKU: slots that it lacks}: gaps below its last picture, the main one, and those that are asked for.

    Args:
        delivered: SKU and slot of each picture.
    """
    there: dict[str, set[str]] = defaultdict(set)
    for sku, slot in delivered:
        there[sku].add(_slot(slot))
    found = {}
    for sku, slots in there.items():
        last = max((int(slot) for slot in slots if slot.isdigit()), default=1)
        wanted = dict.fromkeys([*map(str, range(1, last + 1)), *map(_slot, naming.slots)])
        lacking = tuple(slot_name(slot, channel) for slot in wanted if slot not in slots)
        if lacking:
            found[sku] = lacking
    return found


def slot_name(slot: str, channel: Channel) -> str:
    """A channel's name of a slot. Raises `InputError` for one that it does not have."""
    if not channel.slots:
        return slot
    by_number = [name for name in channel.slots if _slot(name).isdigit()]
    if slot.isdigit() and 0 < int(slot) <= len(by_number):
        return by_number[int(slot) - 1]
    if slot in channel.slots:
        return slot
    raise InputError(
        "slot",
        "{slot}",
        "{known} are allowed",
        "Choose among these",
        slot=slot,
        known=", ".join(channel.slots),
    )


def _slot(text: str) -> str:
    """A slot as a number from 1 on, or as a code in capitals: MAIN is 1, PT01 is 2."""
    code = text.strip().upper()
    if code == MAIN:
        return "1"
    if found := re.fullmatch(r"PT(\d{2})", code):
        return str(int(found[1]) + 1)
    return str(int(code)) if re.fullmatch(r"\d{1,4}", code) else code


def _labeled(source: str, content: str | Path | bytes, naming: Naming) -> Planned:
    picture = Planned(source, content)
    rows = {} if naming.table is None else naming.table.rows
    row = next((rows[key] for key in _keys(source) if key in rows), None)
    if row is not None:
        return replace(picture, sku=row.sku, slot=_slot(row.slot))
    found = _MARKED.fullmatch(PurePosixPath(source.replace("\\", "/")).stem)
    own = "" if found is None else _slot(found["number"] or found["code"])
    if naming.barcode:
        try:
            return replace(picture, sku=_code_of(content, source), slot=own)
        except Exception as error:
            told = trouble(error, source)
            if told is None or told.field == "barcode":  # without the package no picture can be read
                raise
            return replace(picture, error=as_data(told))
    if naming.table is not None:
        return replace(picture, error=_no_row(source))
    stem = PurePosixPath(source.replace("\\", "/")).stem
    return replace(picture, sku=stem if found is None else found["sku"], slot=own)


def _keys(source: str) -> tuple[str, ...]:
    """Names by which a table may mean a source: its path within the folder, and its file's name alone."""
    path = source.replace("\\", "/").casefold()
    return (path, PurePosixPath(path).name)


def _code_of(content: str | Path | bytes, source: str) -> str:
    codes = read_codes(decode(content))
    if len(codes) == 1:
        return codes[0]
    raise InputError(
        "sku",
        "{count} barcodes were found in {name}",
        "a picture with one is needed",
        "Photograph one code, or give a table",
        count=len(codes),
        name=source,
    )


def _no_row(source: str) -> PackshotError:
    return as_data(
        InputError("table", "it has no row for {name}", "a row for every picture is needed", "Add one", name=source)
    )


def _no_file(row: Row) -> PackshotError:
    return as_data(
        InputError(
            "table",
            "line {line} names {name}, which is not among the pictures",
            "a picture for every row is needed",
            "Add the picture, or remove the row",
            line=row.line,
            name=row.file,
        )
    )


def _table(field: str, got: str, remedy: str, **values: object) -> InputError:
    return InputError(field, got, "a CSV of the columns file, sku and slot is expected", remedy, **values)


def read_codes(picture: Picture) -> tuple[str, ...]:
    """Texts of the barcodes and QR codes in a picture, each once, in the order in which they are found.

    Raises:
        InputError: zxing-cpp is not installed.
    """
    try:
        import zxingcpp
    except ImportError as error:
        raise InputError(
            "barcode",
            "barcode reading (zxing-cpp) is not installed",
            "reading SKUs from pictures requires it",
            'Turn this off, or run: pip install "zxing-cpp>=2.2"',
        ) from error
    found = zxingcpp.read_barcodes(to_pil(picture).convert("L"))
    return tuple(dict.fromkeys(code.text.strip() for code in found if code.text.strip()))
