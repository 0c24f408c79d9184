"""What a `meta.jsonl` says of the pictures beside and below it, and what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

META_NAME = "meta.jsonl"
ONLY_CATEGORY = "product"
"""The category of pictures that neither a record nor a folder's name gives one."""


@dataclass(frozen=True)
class Records:
    """All records below a folder.

    Attributes:
        by_id: a picture's file name without its suffix -> its record; of two records of one id the later one.
        faults: what cannot be used, each with file and line, as "meta.jsonl, line 3: no id".
    """

    by_id: Mapping[str, Mapping[str, Any]]
    faults: tuple[str, ...] = ()

    def product(self, path: Path) -> str:
        """Pictures of one product have equal names of products; without a record a picture is its own."""
        return str(self.by_id.get(path.stem, {}).get("product", path.stem))

    def category(self, path: Path, folder: Path) -> str:
        """The record's, else the name of the folder that the file lies in; folders called `images` do not count."""
        named = self.by_id.get(path.stem, {}).get("category")
        if named:
            return str(named)
        parts = [part for part in path.relative_to(folder).parts[:-1] if part != "images"]
        return parts[-1].lower() if parts else ONLY_CATEGORY


def read_records(folder: Path) -> Records:
    """Every `meta.jsonl` below a folder; lines that are no records are listed and left out."""
    by_id: dict[str, Mapping[str, Any]] = {}
    faults: list[str] = []
    for meta in sorted(folder.rglob(META_NAME)):
        name = meta.relative_to(folder).as_posix()
        try:
            lines = meta.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{name}: it cannot be read as UTF-8 text ({type(error).__name__})")
            continue
        for number, line in enumerate(lines, 1):
            record, fault = _record(line)
            if record is not None:
                if record["id"] in by_id:
                    faults.append(f"{name}, line {number}: a second record of {record['id']}")
                by_id[record["id"]] = record
            else:
                faults.append(f"{name}, line {number}: {fault}")
    return Records(by_id, tuple(faults))


def _record(line: str) -> tuple[Mapping[str, Any] | None, str]:
    try:
        record = json.loads(line)
    except ValueError:
        return None, "no JSON" if line.strip() else "an empty line"
    if not isinstance(record, dict):
        return None, "no JSON object"
    for key in ("id", "product"):
        if not isinstance(record.get(key), str) or not record[key]:
            return None, f"no {key}"
    return record, ""
