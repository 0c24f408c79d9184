"""What every tab does with a result: its encoding from the widgets, its record as a file, the common lines about it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gan.imaging.io.codec import Encoding
from gan.ui.i18n import Language, say
from gan.ui.widgets import megabytes


def encoding_of(file_format: str, quality: float, lossless: bool, keep_exif: bool, keep_location: bool) -> Encoding:
    """What the controls of `gan.ui.widgets.OutputOptions` ask for.

    Raises:
        InputError: choices that contradict each other.
    """
    return Encoding(
        file_format=file_format,
        quality=int(quality),
        lossless=lossless,
        keep_exif=keep_exif,
        keep_location=keep_location,
    )


def write_record(told: Mapping[str, Any], file: Path, encoding: Encoding) -> Path:
    """A result's record beside its file, with how that was written.

    Args:
        told: as of `gan.core.contract.Result.record`.
    """
    path = file.with_suffix(".json")
    record = {**told, "output": {"file": file.name, **dataclasses.asdict(encoding)}}
    path.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def common_rows(
    told: Mapping[str, Any], size: str, file: Path, encoding: Encoding, to: Language
) -> list[tuple[str, str]]:
    """Size, file, time and models, for `gan.ui.widgets.facts_list`."""
    return [
        (say("Size", to), size),
        (say("File", to), f"{encoding.file_format.upper()}, {megabytes(file)}"),
        (say("Time", to), say("{seconds} s", to, seconds=f"{told['seconds']:.1f}")),
        *((say("Model", to), f"{name} · {sha256[:8]}") for name, sha256 in told["weights"].items()),
    ]
