"""Limits on what a serving process takes on at once: pictures in memory by their size, and workers by their number.

Gradio's queue counts events. A preview of a phone's picture and one of 100 megapixels are one event each, and a worker
whose visitor pressed Stop is none any longer while it still encodes. So what is decoded while an event is carried out
asks here for its memory first, and a worker for a place; whoever has to wait, waits, and is refused after a while.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from torch import Tensor

from gan.core.errors import Cancelled, InputError
from gan.imaging.io.admission import admitted_by
from gan.limits import BYTES_PER_PIXEL, MAX_PIXELS, MAX_WAIT_S, MAX_WORKERS, MEMORY_SHARE

_LOOK_S: Final = 0.2
"""Interval at which one that waits looks whether it was cancelled."""

_CGROUP_LIMIT: Final = Path("/sys/fs/cgroup/memory.max")


class Gate:
    """Shared by all events of a process; safe to use from several threads.

    Args:
        most_bytes: of decoded pictures at a time; one picture may always be decoded where there is no other.
        workers: how many jobs may be under way at a time, those included that nobody waits for any longer.
        wait_s: after so long one that waits is refused.
    """

    def __init__(self, most_bytes: int, workers: int = MAX_WORKERS, wait_s: float = MAX_WAIT_S) -> None:
        self._most_bytes = most_bytes
        self._wait_s = wait_s
        self._workers = self._free_workers = workers
        self._held = 0
        self._taken = 0
        self._changed = threading.Condition()

    @property
    def held_bytes(self) -> int:
        """Bytes that pictures in memory were admitted with."""
        return self._held

    @property
    def jobs(self) -> int:
        """Number of jobs under way, those included that nobody waits for any longer."""
        return self._workers - self._free_workers

    @property
    def taken(self) -> int:
        """Number of pictures and jobs admitted since the start."""
        return self._taken

    @contextmanager
    def event(self, cancel: threading.Event | None = None) -> Iterator[None]:
        """Within, what is decoded asks for its memory; all of it is given back at the end.

        Args:
            cancel: ends the waiting with `Cancelled`.
        """
        event = _Event(self, cancel)
        try:
            with admitted_by(event):
                yield
        finally:
            event.end()

    @contextmanager
    def worker(self, cancel: threading.Event) -> Iterator[None]:
        """The same for a job of its own thread, which waits for a free place first.

        Raises:
            Cancelled: `cancel` was set before it came to be.
            InputError: there was no place for too long.
        """
        self._wait(lambda: self._free_workers > 0, cancel, self._take_place)
        try:
            with self.event(cancel):
                yield
        finally:
            with self._changed:
                self._free_workers += 1
                self._changed.notify_all()

    def take(self, size: int, own: int, cancel: threading.Event | None) -> None:
        """Wait for memory.

        Args:
            size: in bytes.
            own: how much of what is held belongs to the one that asks; it never waits for itself.
            cancel: as of `event`.
        """
        self._wait(lambda: self._held + size <= self._most_bytes or self._held <= own, cancel, lambda: self._add(size))

    def give_back(self, size: int) -> None:
        """Memory that is free again."""
        with self._changed:
            self._held -= size
            self._changed.notify_all()

    def _take_place(self) -> None:
        self._free_workers -= 1
        self._taken += 1

    def _add(self, size: int) -> None:
        self._held += size
        self._taken += 1

    def _wait(self, ready: Callable[[], bool], cancel: threading.Event | None, then: Callable[[], None]) -> None:
        until = time.monotonic() + self._wait_s
        with self._changed:
            while not ready():
                if cancel is not None and cancel.is_set():
                    raise Cancelled
                if time.monotonic() > until:
                    raise InputError(
                        "image",
                        "the server is busy with other pictures",
                        "only a few fit into its memory at once",
                        "Try again in a minute, or with a smaller picture",
                    )
                self._changed.wait(_LOOK_S)
            then()


class _Event:
    """Bytes and place that one event was admitted with."""

    def __init__(self, gate: Gate, cancel: threading.Event | None) -> None:
        self._gate = gate
        self._cancel = cancel
        self._lock = threading.Lock()
        self._kept: dict[int, int] = {}
        self._number = 0
        self._asked: int | None = None

    def ask(self, pixels: int) -> None:
        """Implement `gan.imaging.io.admission.Admission`; a picture asked for and then not decoded is given back."""
        if self._asked is not None:
            self._release(self._asked)
        size = pixels * BYTES_PER_PIXEL
        self._gate.take(size, sum(self._kept.values()), self._cancel)
        with self._lock:
            self._number += 1
            self._asked = self._number
            self._kept[self._number] = size

    def keep(self, rgb: Tensor) -> None:
        """Implement `gan.imaging.io.admission.Admission`."""
        if self._asked is not None:
            weakref.finalize(rgb, self._release, self._asked).atexit = False
            self._asked = None

    def end(self) -> None:
        """Give everything back."""
        for number in list(self._kept):
            self._release(number)

    def _release(self, number: int) -> None:
        with self._lock:
            size = self._kept.pop(number, 0)
        if size:
            self._gate.give_back(size)


def memory_bytes() -> int:
    """The machine's memory, or what of it this process may use (cgroup v2)."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(machine, int(_CGROUP_LIMIT.read_text(encoding="ascii")))
    except (OSError, ValueError):  # no cgroup, or "max"
        return machine


GATE: Final = Gate(max(MAX_PIXELS * BYTES_PER_PIXEL, int(memory_bytes() * MEMORY_SHARE)))
"""The process's own."""
