"""Gives memory back to the system once large work is over.

What Python has let go of stays with glibc's allocator, in an arena for every thread that worked with it: after six
previews of 100 megapixels more than a gigabyte. Nothing takes it away from there but another large request.
"""

from __future__ import annotations

import ctypes
import gc
import threading
from typing import Final

from gan.ui.gate import GATE, Gate

EVERY_S: Final = 3.0


def tidy(gate: Gate, since: int) -> int:
    """Collect cycles and trim the allocator where pictures were taken in since then and none is in memory now.

    Args:
        since: what the last call returned; 0 at first.

    Returns:
        How many were taken in until now; `since` where there was nothing to do or it was too early.
    """
    taken = gate.taken
    if taken == since or gate.held_bytes:
        return since
    gc.collect()
    if (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:  # glibc's
        trim(0)
    return taken


def tidy_on(gate: Gate = GATE, every_s: float = EVERY_S) -> threading.Event:
    """Do so again and again, in a thread of its own.

    Returns:
        What ends it when it is set.
    """
    ended = threading.Event()

    def go_on() -> None:
        since = 0
        while not ended.wait(every_s):
            since = tidy(gate, since)

    threading.Thread(target=go_on, name="packshot-tidy", daemon=True).start()
    return ended
