"""GIF (GIF89a specification): frames counted without decoding any."""

from __future__ import annotations

from gan.imaging.sizes import MOST_FRAMES

_EXTENSION, _IMAGE = 0x21, 0x2C


def count_frames(data: bytes) -> int:
    """Pictures in a GIF, `MOST_FRAMES` at most; at least 1, also where the file is cut off."""
    position = 13 + _table_bytes(data[10:11])
    frames = 0
    while position < len(data) and frames < MOST_FRAMES:
        kind = data[position]
        if kind == _EXTENSION:
            position = _behind_blocks(data, position + 2)
        elif kind == _IMAGE:
            frames += 1
            position = _behind_blocks(data, position + 11 + _table_bytes(data[position + 9 : position + 10]))
        else:
            break
    return max(1, frames)


def _table_bytes(flags: bytes) -> int:
    return 3 << (1 + (flags[0] & 7)) if flags and flags[0] & 0x80 else 0


def _behind_blocks(data: bytes, position: int) -> int:
    while position < len(data) and data[position]:
        position += 1 + data[position]
    return position + 1
