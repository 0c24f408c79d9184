"""Large pictures are worked on in bands of rows, so that no step needs a second picture's worth of memory."""

from __future__ import annotations

from collections.abc import Iterator

BAND_PIXELS = 2**20


def bands(height_px: int, width_px: int) -> Iterator[slice]:
    """Slices of rows that cover a picture from top to bottom, each of about `BAND_PIXELS` pixels or one row."""
    rows = max(1, BAND_PIXELS // max(1, width_px))
    for top in range(0, height_px, rows):
        yield slice(top, min(top + rows, height_px))
