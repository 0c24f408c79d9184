"""Where the pages' visits keep their files."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
import weakref
from pathlib import Path
from typing import Final, Protocol

KEEP_S: Final = 86400
"""What nobody has come back to for this long is thrown away."""


class Kept(Protocol):
    """What a page keeps between two events."""

    @property
    def folder(self) -> Path: ...


class Shelf:
    """Where the visits' files lie; the folder goes with the process."""

    def __init__(self) -> None:
        self._root: Path | None = None
        self._lock = threading.Lock()

    def folder(self) -> Path:
        """A new, empty one. What is older than `KEEP_S` makes room."""
        with self._lock:
            if self._root is None:
                self._root = Path(tempfile.mkdtemp(prefix="packshot-"))
                weakref.finalize(self, shutil.rmtree, self._root, ignore_errors=True)
            for old in self._root.iterdir():
                if time.time() - old.stat().st_mtime > KEEP_S:
                    shutil.rmtree(old, ignore_errors=True)
            return Path(tempfile.mkdtemp(dir=self._root))

    @staticmethod
    def forget(visit: Kept | None) -> None:
        """Throw a visit's files away."""
        if visit is not None:
            shutil.rmtree(visit.folder, ignore_errors=True)
