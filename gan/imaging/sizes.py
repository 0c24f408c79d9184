"""The limits of what is read: pixels, sides, bytes, frames and seconds."""

from __future__ import annotations

from typing import Final

MAX_PIXELS: Final = 100_000_000
MAX_SIDE_PX: Final = 65_535
MAX_BYTES: Final = 64 * 2**20

MOST_FRAMES: Final = 100
"""Frames and pages are counted up to here."""

MOST_SECONDS: Final = 20
"""Of one processor, that decoding a picture may take; the largest that is read takes about five."""
