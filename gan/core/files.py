"""Files: written whole or not at all, found below folders, given predictable names."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from gan.core.errors import InputError

PICTURE_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".avif", ".tif", ".tiff", ".gif", ".bmp", ".heic", ".heif")
)
"""What is taken for a picture in a folder; a single file is opened whatever it is called."""


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file so that it is there completely or not at all: a temporary file beside it, fsync, rename.

    Folders that are missing are made.

    Raises:
        OSError: the file cannot be written; what was there before is still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with unfinished.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def pictures_below(folder: Path) -> Iterator[Path]:
    """The pictures of a folder and all folders in it, sorted by path; hidden ones are left out."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file() and not hidden:
            yield path


def plan_outputs(
    inputs: Iterable[Path], out: Path, *, suffix_for: dict[str, str], suffix: str | None
) -> Iterator[tuple[Path, Path]]:
    """Where each input's result goes.

    One file goes to `out` itself, unless that is a folder or ends in a slash. Several files, or a folder, go into
    the folder `out`: names and sub-folders are kept, and so are suffixes where the format can be written. Where two
    inputs would meet in one name, the later one keeps its whole old name: `a.heic` beside `a.png` gives
    `a.heic.png`, and where that is taken too, a number: `a.heic-2.png`.

    Args:
        inputs: files and folders.
        suffix_for: the suffix to write for each input suffix that cannot be written; others are kept.
        suffix: one suffix for all, or None.

    Yields:
        (input, output).

    Raises:
        InputError: a folder holds no picture, or several inputs are to go into one file.
    """
    inputs = list(inputs)
    several = len(inputs) > 1 or any(path.is_dir() for path in inputs)
    if not several and not out.is_dir():
        yield inputs[0], out
        return
    if several and out.is_file():
        raise InputError(
            "output", "{path} is a file", "a folder is needed for several pictures", "Choose another -o", path=out
        )
    taken: set[Path] = set()
    for given in inputs:
        files = list(pictures_below(given)) if given.is_dir() else [given]
        if not files:
            raise InputError(
                "image", "no picture below {path}", "a folder with pictures is expected", "Check the path", path=given
            )
        for path in files:
            relative = path.relative_to(given) if given.is_dir() else Path(path.name)
            own = path.suffix.lower()
            wanted = suffix or suffix_for.get(own, path.suffix)
            target = out / relative.with_suffix(wanted)
            number = 1
            while target in taken:
                whole = relative.name if number == 1 else f"{relative.name}-{number}"
                target = out / relative.with_name(whole + wanted)
                number += 1
            taken.add(target)
            yield path, target
