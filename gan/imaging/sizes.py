"""The limits of what is read: pixels, sides, bytes, frames and seconds."""

from __future__ import annotations

from typing import Final

from gan.limits import MAX_BYTES, MAX_PIXELS

__all__ = ["MAX_BYTES", "MAX_PIXELS", "MAX_SIDE_PX", "MOST_FRAMES", "MOST_SECONDS"]

MAX_SIDE_PX: Final = 65_535

MOST_FRAMES: Final = 100
"""Frames and pages are counted up to here."""

MOST_SECONDS: Final = 20
"""Of one processor, that decoding a picture may take; the largest that is read takes about five."""
