"""Further files of a published checkpoint, such as thumbnails of what it was trained on, with their hashes."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gan.core.errors import WeightsError
from gan.core.files import write_atomic
from gan.models.manifest import Manifest


@dataclass(frozen=True)
class Beside:
    """Files beside a checkpoint that its record in the manifest names; none for a checkpoint without a record.

    Attributes:
        folder: the checkpoint's.
        files: {name: sha256}.
    """

    folder: Path = Path()
    files: Mapping[str, str] = field(default_factory=dict)

    def read(self, name: str) -> bytes | None:
        """Content of a file whose hash was checked; None where the checkpoint has no such file.

        Raises:
            WeightsError: the file is missing, or another one than was published.
        """
        if name not in self.files:
            return None
        path = self.folder / name
        data = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(data).hexdigest() != self.files[name]:
            raise WeightsError(
                "weights",
                "{path} is missing or is not the published file",
                "its SHA-256 has to match the manifest",
                "Restore the file, or make it again",
                path=f"{path.parent.name}/{name}",
            )
        return data


def add_beside(folder: Path, name: str, data: bytes) -> None:
    """Write a file into a published checkpoint's folder and its hash into the manifest.

    Raises:
        WeightsError: the manifest beside the folder has no such checkpoint.
    """
    manifest = Manifest.read(folder.parent)
    record = next((record for record in manifest.records if record.path == folder.name), None)
    if record is None:
        raise WeightsError(
            "weights",
            "{folder} is no published checkpoint",
            "a folder that a manifest names is expected",
            "See: python -m gan weights list",
            folder=folder,
        )
    write_atomic(folder / name, data)
    files = {**record.files, name: hashlib.sha256(data).hexdigest()}
    manifest.with_record(dataclasses.replace(record, files=files)).write()
