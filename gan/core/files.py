"""Files: written atomically, found below folders, given predictable names."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from gan.core.errors import InputError, PackshotError, unwritable
from gan.originals import originals

PICTURE_SUFFIXES = frozenset(
    (
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".avif", ".tif", ".tiff", ".gif", ".bmp"),
        *(".heic", ".heif", ".jp2", ".j2k", ".jpf", ".jpx", ".jxl"),
    )
)
"""Suffixes of pictures in a folder; a single file is opened whatever its name."""


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file atomically: a temporary file beside it, fsync, rename.

    Folders that are missing are made.

    Raises:
        OSError: the file cannot be written; what was there before is still there.
        InputError: it is one that the running command reads.
    """
    originals().check(path)
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


def below_only(files: Iterable[Path], given: Path, apart: Iterable[Path]) -> Iterator[Path]:
    """The files of a folder without those that lie in these folders, where they are within it: an earlier run's."""
    root = given.resolve()
    own = [folder for folder in (path.resolve() for path in apart) if root in folder.parents]
    for file in files:
        if not own or not any(folder in file.resolve().parents for folder in own):
            yield file


def plan_outputs(
    inputs: Iterable[Path],
    out: Path,
    *,
    suffix_for: dict[str, str],
    suffix: str | None,
    into_folder: bool = False,
    apart: Iterable[Path] = (),
) -> Iterator[tuple[Path, Path]]:
    """Pair each input with the output path of its result.

    One file goes to `out` itself, unless that is a folder or is to be one. Several files, or a folder, go into
    the folder `out`: names and sub-folders are kept, and so are suffixes where the format can be written. Where two
    inputs would meet in one name, the later one keeps its whole old name: `a.heic` beside `a.png` gives
    `a.heic.png`, and where that is taken too, a number: `a.heic-2.png`.

    Args:
        inputs: files and folders.
        suffix_for: the suffix to write for each input suffix that cannot be written; others are kept.
        suffix: one suffix for all, or None.
        into_folder: whether `out` is a folder though it is not there yet: it was written with a slash at its end.
        apart: further folders of results. What lies in them or in `out` within a folder of inputs is no input.

    Yields:
        (input, output).

    Raises:
        InputError: a folder holds no picture, or several inputs are to go into one file.
    """
    inputs = list(inputs)
    several = len(inputs) > 1 or any(path.is_dir() for path in inputs)
    if not several and not into_folder and not out.is_dir():
        yield inputs[0], out
        return
    if out.is_file():
        raise InputError(
            "output", "{path} is a file", "a folder is needed for several pictures", "Choose another -o", path=out
        )
    taken: set[Path] = set()
    results = (out, *apart)
    for given in inputs:
        files = list(below_only(pictures_below(given), given, results)) if given.is_dir() else [given]
        if not files:
            raise no_picture_below(given)
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


def no_picture_below(path: Path) -> InputError:
    """The error for a folder without pictures."""
    return InputError(
        "image", "no picture below {path}", "a folder with pictures is expected", "Check the path", path=path
    )


def trouble(error: Exception, name: object) -> PackshotError | None:
    """Translate an error of the system into words for the user; None for an error of another kind.

    Args:
        error: a `PackshotError` as it is, a full or forbidden disk (OSError), or no memory, of torch's kinds too.
        name: of what was being made.
    """
    if isinstance(error, PackshotError):
        return error
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and _NO_MEMORY.search(repr(error))):
        return InputError(
            "image",
            "there is not enough memory for it",
            "a picture that fits in memory is needed",
            "Choose a smaller picture, or close other programs",
        )
    if isinstance(error, OSError):
        return unwritable(name, error)
    return None


_NO_MEMORY = re.compile(r"^OutOfMemoryError|allocate memory")
"""As torch says it: of CUDA with an error of its own, of the CPU with a RuntimeError like any other."""

_FORMULA = re.compile(r"^(?=[\t\r])|((?:^|[;\t\r\n])\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")


def csv_cell(value: object) -> object:
    """A cell that no spreadsheet computes: an apostrophe stands before what would begin a formula.

    That is the beginning of the text, and what follows a semicolon, a tab or a line's end: where a program takes
    one of these for the border between cells, the rest is a cell of its own. Names of files come from anywhere.
    """
    return _FORMULA.sub(lambda border: f"{border[1] or ''}'", value) if isinstance(value, str) else value
