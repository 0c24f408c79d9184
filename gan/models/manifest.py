"""The manifest: one record for each published checkpoint, written by code only."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from gan.core.errors import WeightsError
from gan.core.files import write_atomic

MANIFEST_FILE = "manifest.json"


class Metric(TypedDict):
    """One figure of a card.

    Attributes:
        dataset: what was measured, with the split.
        n: number of pictures.
        value: ours.
        baseline: the same figure of others in the same run, such as {"bicubic": 27.43}.
    """

    dataset: str
    n: int
    value: float
    baseline: dict[str, float]


@dataclass(frozen=True)
class Record:
    """One published checkpoint, as it stands in the manifest.

    Attributes:
        name: lower-case letters, digits, dots, hyphens and underscores.
        task: what it does, such as "enhance".
        path: its folder, relative to the manifest's.
        sha256: of the folder's `model.safetensors`.
        bytes: of the same file.
        parameters: floating-point numbers that it stores.
        recipe: what trained it, such as "enhance".
        preset: of the recipe.
        seen_images: training pictures, counted with repetition.
        data: what it was trained on.
        data_licence: of that data.
        metrics: name of the figure to the figure.
        files: SHA-256 of further files in the folder, by name; see `gan.models.beside`.
    """

    name: str
    task: str
    path: str
    sha256: str
    bytes: int
    parameters: int
    recipe: str = ""
    preset: str = ""
    seen_images: int = 0
    data: str = ""
    data_licence: str = ""
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """The records of one folder of checkpoints, sorted by name.

    Attributes:
        folder: where `manifest.json` lies.
    """

    folder: Path
    records: tuple[Record, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read a folder's manifest; empty if there is none yet.

        Raises:
            WeightsError: the file is damaged, a field is missing, or a path leads out of the folder.
        """
        path = folder / MANIFEST_FILE
        if not path.exists():
            return cls(folder)
        try:
            records = tuple(_record(item) for item in json.loads(path.read_text("utf-8")))
        except (OSError, ValueError, TypeError, RecursionError) as error:  # nested a thousand deep, too
            raise WeightsError(
                "weights",
                "{path} cannot be read ({reason})",
                "a list of records is expected",
                "Restore the file from the repository",
                path=f"{path.parent.name}/{path.name}",
                reason=str(error),
            ) from error
        for record in records:
            _check_inside(folder, record)
        return cls(folder, records)

    def write(self) -> None:
        """Write `manifest.json` atomically."""
        items = [dataclasses.asdict(record) for record in sorted(self.records, key=lambda record: record.name)]
        for item in items:
            if not item["files"]:
                del item["files"]  # as most records are, also those of earlier manifests
        write_atomic(self.folder / MANIFEST_FILE, (json.dumps(items, indent=2, ensure_ascii=False) + "\n").encode())

    def get(self, name: str) -> Record | None:
        return next((record for record in self.records if record.name == name), None)

    def with_record(self, record: Record) -> Manifest:
        """The same manifest with this record in place of one of the same name."""
        others = (other for other in self.records if other.name != record.name)
        return Manifest(self.folder, tuple(sorted((*others, record), key=lambda item: item.name)))


def _check_inside(folder: Path, record: Record) -> None:
    inside = folder.resolve()
    target = (folder / record.path).resolve()
    if target == inside or not target.is_relative_to(inside):
        raise WeightsError(
            "weights",
            'the path "{path}" of {name} leads out of {folder}',
            "only folders beside the manifest are allowed",
            "Restore the manifest from the repository",
            path=record.path,
            name=record.name,
            folder=folder,
        )


def _record(item: object) -> Record:
    """A record of the JSON's values.

    Raises:
        TypeError: a field is missing, unknown or of another type.
    """
    if not isinstance(item, dict):
        raise TypeError("a record is no object")
    record = Record(**item)
    for texts, kind in ((_TEXTS, str), (_NUMBERS, int), (("metrics", "files"), Mapping)):
        for name in texts:
            value = getattr(record, name)
            if not isinstance(value, kind) or isinstance(value, bool):
                raise TypeError(f"{name} is {str(value)[:40]!r}")
    if not all(isinstance(sha256, str) and Path(name).name == name for name, sha256 in record.files.items()):
        raise TypeError(f"files is {str(record.files)[:40]!r}")
    return record


_TEXTS = ("name", "task", "path", "sha256", "recipe", "preset", "data", "data_licence")
_NUMBERS = ("bytes", "parameters", "seen_images")
