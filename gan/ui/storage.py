"""The files of a serving process: one folder of its own, swept by age and size, and gone at every end.

Gradio 6.31 keeps uploads and results in a folder that all processes share: what one leaves there when it is stopped,
the next one serves. Here the folder belongs to one process, whose lock on it ends with it, however it ends; the next
start removes the folders without one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from gan.limits import MAX_AGE_S, MAX_STORED_BYTES, STORED_SHARE, SWEEP_S

PREFIX: Final = "packshot-server-"
LOCK: Final = "lock"


def touch(*paths: Path) -> None:
    """Let files that are used count as new: what a visitor works with is not old, whenever it was uploaded."""
    for path in paths:
        with suppress(OSError):
            os.utime(path)


class Storage:
    """Uploads, results and what is being worked on.

    Args:
        root: of the process; `opened` makes it.
        most_bytes: of all files together; the oldest make room.
        most_age_s: since a file was written or used last; see `touch`.
    """

    def __init__(self, root: Path, most_bytes: int = MAX_STORED_BYTES, most_age_s: float = MAX_AGE_S) -> None:
        self.root = root
        self.cache = root / "cache"
        self.work = root / "work"
        self.most_bytes = most_bytes
        self.most_age_s = most_age_s
        self._kept: frozenset[Path] = frozenset()
        self._bytes = 0
        self._ended = threading.Event()
        for folder in (self.cache, self.work):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def full(self) -> bool:
        """True if there is no room for another upload, as of the last sweep."""
        return self._bytes > self.most_bytes

    def keep_present(self) -> None:
        """Never sweep what is there now: the page's own pictures."""
        self._kept = frozenset(path for path, _ in self._files(self.cache))

    def sweep(self, now: float | None = None) -> None:
        """Remove uploads and results that are too old, and then the oldest of them where all files are too much.

        What is being worked on counts, and is left to those who work on it. A file that is being written or sent is no
        trouble: its content is there until it is closed.
        """
        limit = (time.time() if now is None else now) - self.most_age_s
        found = sorted(
            (max(status.st_mtime, status.st_ctime), status.st_size, path)
            for path, status in self._files(self.cache)
            if path not in self._kept
        )
        total = sum(size for _, size, _ in found) + sum(status.st_size for _, status in self._files(self.work))
        for changed, size, path in found:
            if changed >= limit and total <= self.most_bytes:
                break
            with suppress(OSError):
                path.unlink()
                total -= size
        self._bytes = total
        self._remove_empty_folders(limit)

    def sweep_on(self, every_s: float = SWEEP_S) -> None:
        """Sweep again and again, in a thread of its own, until the storage is closed."""

        def go_on() -> None:
            while not self._ended.wait(every_s):
                with suppress(OSError):
                    self.sweep()

        threading.Thread(target=go_on, name="packshot-sweep", daemon=True).start()

    def close(self) -> None:
        """Remove everything."""
        self._ended.set()
        shutil.rmtree(self.root, ignore_errors=True)

    def _remove_empty_folders(self, limit: float) -> None:
        for below in sorted((path for path in self.cache.rglob("*") if path.is_dir()), reverse=True):
            with suppress(OSError):
                if below.stat().st_mtime < limit:
                    below.rmdir()

    @staticmethod
    def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
        for path in folder.rglob("*"):
            with suppress(OSError):
                if not path.is_symlink() and path.is_file():
                    yield path, path.stat()


@contextmanager
def opened(parent: Path | None = None) -> Iterator[Storage]:
    """A storage of this process, into which Gradio and `tempfile` write within; begin it before the page is built.

    What processes have left that ended without a chance to clean up is removed first.

    Args:
        parent: where such folders lie; the system's folder for temporary files by default.
    """
    parent = Path(tempfile.gettempdir()) if parent is None else parent
    remove_left(parent)
    root = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    lock = FileLock(root / LOCK)
    lock.acquire(timeout=0)
    free = int(shutil.disk_usage(root).free * STORED_SHARE)
    storage = Storage(root, min(MAX_STORED_BYTES, free))
    before = {name: os.environ.get(name) for name in ("GRADIO_TEMP_DIR", "TMPDIR")}
    before_here = tempfile.tempdir
    os.environ.update(GRADIO_TEMP_DIR=str(storage.cache), TMPDIR=str(storage.work))
    tempfile.tempdir = str(storage.work)
    try:
        yield storage
    finally:
        tempfile.tempdir = before_here
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
        storage.close()
        lock.release()
        shutil.rmtree(root, ignore_errors=True)  # a worker may have written once more


def remove_left(parent: Path) -> None:
    """Remove the folders of processes that are no more: nobody holds their locks."""
    for root in parent.glob(f"{PREFIX}*"):
        lock = FileLock(root / LOCK)
        try:
            lock.acquire(timeout=0)
        except (Timeout, OSError):  # alive, or another user's
            continue
        lock.release()
        shutil.rmtree(root, ignore_errors=True)
