"""Memory that Python has let go of and glibc's allocator keeps, in an arena for every thread that worked with it.

After six previews of 100 megapixels it is more than a gigabyte. Nothing takes it away from there but another large
request, and `malloc_trim` only in part: of all arenas but the first it leaves the end, up to 64 MB each.
"""

from __future__ import annotations

import ctypes
import os
from typing import Final

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
