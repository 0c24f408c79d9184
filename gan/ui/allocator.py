"""Memory that Python has let go of and glibc's allocator keeps, in an arena for every thread that worked with it.

After six previews of 100 megapixels it is more than a gigabyte. Nothing takes it away from there but another large
request, and `malloc_trim` only in part: of all arenas but the first it leaves the end, up to 64 MB each.
"""

from __future__ import annotations

import ctypes
import gc
import os
import threading
from typing import Final

from gan.ui.gate import GATE, Gate

_M_ARENA_MAX: Final = -8
"""Of glibc's malloc.h."""


def keep_one_arena() -> None:
    """Let all threads of this process share the first arena, unless `MALLOC_ARENA_MAX` says otherwise.

    Threads that have one of their own keep it, so this comes before any work. Networks ask for large pieces and rarely,
    and Python's small objects have an allocator of their own: nobody waits for the arena's lock.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc's
    if mallopt is not None and "MALLOC_ARENA_MAX" not in os.environ:
        mallopt(_M_ARENA_MAX, 1)


def trim() -> None:
    """Give what is free back to the system."""
    if (malloc_trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:  # glibc's
        malloc_trim(0)


EVERY_S: Final = 3.0


def tidy(gate: Gate, since: int) -> int:
    """Collect cycles and trim the allocator where pictures were taken in since then, and no job is under way now.

    Args:
        since: what the last call returned; 0 at first.

    Returns:
        How many were taken in until now; `since` where there was nothing to do or it was too early.
    """
    taken = gate.taken
    if taken == since or gate.held_bytes or gate.jobs:
        return since
    gc.collect()
    trim()
    return taken


def tidy_on(gate: Gate = GATE, every_s: float = EVERY_S) -> threading.Event:
    """Do so again and again, in a thread of its own.

    Returns:
        What ends it when it is set.
    """
    ended = threading.Event()

    def go_on() -> None:
        since = before = 0
        while not ended.wait(every_s):
            # Once more at the next look: a job that has just ended may not have let go of everything.
            since, before = tidy(gate, before), since

    threading.Thread(target=go_on, name="packshot-tidy", daemon=True).start()
    return ended
