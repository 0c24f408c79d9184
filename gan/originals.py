"""Files that a command reads are never replaced by what it writes, unless its user says so.

A command names its inputs once, when it starts (`protecting`). From then on `gan.core.files.write_atomic`, through
which every file goes, refuses to put anything in their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from gan.core.errors import InputError

Identity: TypeAlias = tuple[int, int]
"""Of a file, whatever it is called: two names that differ in case, a link and its aim have one."""


class Originals:
    """The files that must stay.

    Args:
        paths: files; what does not exist is passed over.
    """

    def __init__(self, paths: Iterable[Path] = ()) -> None:
        self._kept = {found for path in paths if (found := identity(path)) is not None}

    def holds(self, path: Path) -> bool:
        """True if writing there would replace one of them."""
        return bool(self._kept) and identity(path) in self._kept

    def release(self, path: Path) -> None:
        """Let this one be replaced: it has been read, and its user wants it so."""
        self._kept.discard(identity(path) or (-1, -1))

    def check(self, path: Path) -> None:
        """Raise `InputError` where writing there would replace one of them."""
        if self.holds(path):
            raise InputError(
                "output",
                "{path} is read by this command",
                "results never take the place of what they are made of",
                "Choose another name or folder, or add --overwrite where the command has it",
                path=path,
            )


_originals = Originals()


def originals() -> Originals:
    """Those of the command that is running; none outside of one."""
    return _originals


@contextmanager
def protecting(paths: Iterable[Path]) -> Iterator[Originals]:
    """Within, these files are not replaced, in no thread."""
    global _originals
    before = _originals
    _originals = Originals(paths)
    try:
        yield _originals
    finally:
        _originals = before


def identity(path: Path) -> Identity | None:
    """Of an existing file; None of every other path."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino)
