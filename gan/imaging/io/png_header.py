"""PNG (third edition, W3C 2025): size and colors before decoding, and broken chunks that nobody needs left out."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Final

MOST_CHUNKS: Final = 50_000
"""Beside those of the pixels; writers make about ten."""

_SIGNATURE_BYTES = 8
_COLORS = (b"cICP", b"sRGB", b"gAMA", b"cHRM")
_PIXELS = (b"IDAT", b"fdAT")


@dataclass(frozen=True)
class PngHeader:
    """Header of a PNG, from its chunks.

    Attributes:
        width_px, height_px: 0 where there is no header.
        data: the file without ancillary chunks whose checksums are wrong.
        mended: whether there were any.
        colors: the content of the chunks cICP, sRGB, gAMA and cHRM.
    """

    width_px: int
    height_px: int
    data: bytes
    mended: bool
    colors: dict[bytes, bytes] = field(default_factory=dict)


class TooManyChunksError(ValueError):
    """The file has more chunks than any encoder writes."""


def read_png_header(data: bytes) -> PngHeader:
    """Walk the chunks; a chunk that is cut off ends the walk.

    Raises:
        TooManyChunksError: there are more than `MOST_CHUNKS` beside those of the pixels.
    """
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    parts, last, position, chunks = [], 0, _SIGNATURE_BYTES, 0
    colors: dict[bytes, bytes] = {}
    while position + 12 <= len(data):
        length, kind = int.from_bytes(data[position : position + 4], "big"), data[position + 4 : position + 8]
        stop = position + 12 + length
        if stop > len(data):
            break
        if kind == b"IEND":
            break
        if kind not in _PIXELS:
            chunks += 1
            if chunks > MOST_CHUNKS:
                raise TooManyChunksError(f"more than {MOST_CHUNKS} chunks")
            # The fifth bit of the first letter: lower case is ancillary (section 5.4).
            if kind[0] & 0x20:
                body = data[position + 4 : stop - 4]
                if zlib.crc32(body) != int.from_bytes(data[stop - 4 : stop], "big"):
                    parts.append(data[last:position])
                    last = stop
                elif kind in _COLORS:
                    colors.setdefault(kind, body[4:])
        position = stop
    if not parts:
        return PngHeader(width, height, data, False, colors)
    return PngHeader(width, height, b"".join((*parts, data[last:])), True, colors)
