"""Gives memory back to the system once large work is over; see `gan.ui.allocator`."""

from __future__ import annotations

import gc
import threading
from typing import Final

from gan.ui.allocator import trim
from gan.ui.gate import GATE, Gate

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
