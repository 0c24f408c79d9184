"""Ask for memory before decoding, in a process whose owner wants to be asked.

A server sets who is asked for the events that it carries out; elsewhere nobody is, and decoding just begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from torch import Tensor


class Admission(Protocol):
    """Lets decoding begin: at once, after a while, or not at all."""

    def ask(self, pixels: int) -> None:
        """Come back once there is memory for a picture of so many pixels.

        Raises:
            PackshotError: there is none, and none comes free.
        """

    def keep(self, rgb: Tensor) -> None:
        """Take note of the picture that was asked for last: its memory is free again once nobody refers to it."""


_asked: ContextVar[Admission | None] = ContextVar("admission", default=None)


@contextmanager
def admitted_by(admission: Admission) -> Iterator[None]:
    """Within, `decode` asks this one."""
    before = _asked.get()
    # Set back by value: a generator's steps may run in different contexts, and a token belongs to one.
    _asked.set(admission)
    try:
        yield
    finally:
        _asked.set(before)


def ask(pixels: int) -> None:
    """Call `Admission.ask`, where anybody is asked."""
    if (admission := _asked.get()) is not None:
        admission.ask(pixels)


def keep(rgb: Tensor) -> None:
    """Call `Admission.keep`, where anybody is asked."""
    if (admission := _asked.get()) is not None:
        admission.keep(rgb)
