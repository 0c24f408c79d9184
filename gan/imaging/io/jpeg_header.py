"""JPEG (ITU-T T.81): size, scans and segments counted before decoding, a missing end marker supplied."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MOST_SCANS: Final = 100
"""Encoders write about ten; each one costs a pass over the whole picture."""

MOST_SCANNED_PIXELS: Final = 1_600_000_000
"""Scans times pixels: 16 scans of the largest picture that is read."""

MOST_MARKERS: Final = 5000
MOST_SEGMENTS: Final = 64
"""From this number of APPn and COM segments on, only those are kept that say something here: decoders join all that
have the same name, in time that grows with the square of their number."""

_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_END = b"\xff\xd9"
_SOI, _SOS, _EOI, _COMMENT = 0xD8, 0xDA, 0xD9, 0xFE
_SIZES = frozenset((0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF))
_DECODED = frozenset((0xC0, 0xC1, 0xC2, 0xC9, 0xCA))
"""Baseline, extended and progressive, with either entropy coding; not lossless, not hierarchical."""

_ICC = b"ICC_PROFILE\0"
_MOST_ICC = 255
_KEPT_ONCE = (b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"JFIF\0", b"Adobe", b"Photoshop 3.0\0", b"MPF\0")


@dataclass(frozen=True)
class JpegHeader:
    """Header of a JPEG, from its markers.

    Attributes:
        width_px, height_px: 0 where no frame header was found.
        bits: of a sample.
        decoded: whether it is of a process that libjpeg decodes.
        scans: how many there are.
        ended: whether the end marker is there.
        data: the file without segments that nobody reads.
    """

    width_px: int
    height_px: int
    bits: int
    decoded: bool
    scans: int
    ended: bool
    data: bytes


class TooManyMarkersError(ValueError):
    """The file has more markers than any encoder writes."""


def read_jpeg_header(data: bytes) -> JpegHeader:
    """Walk the markers, in time that grows with the length of the file.

    Raises:
        TooManyMarkersError: there are more than `MOST_MARKERS`.
    """
    width = height = scans = 0
    bits, decoded, ended = 8, True, False
    segments: list[tuple[int, int]] = []  # from the marker to behind the segment
    position = 2
    for _ in range(MOST_MARKERS):
        found = _MARKER.search(data, position)
        if found is None:
            break
        marker, position = data[found.start() + 1], found.end()
        if marker == _EOI:
            ended = True
            break
        if marker in (_SOI, 0x01):
            continue
        length = int.from_bytes(data[position : position + 2], "big")
        if length < 2:
            continue
        if marker in _SIZES and not width:
            bits = data[position + 2] if position + 2 < len(data) else 8
            height = int.from_bytes(data[position + 3 : position + 5], "big")
            width = int.from_bytes(data[position + 5 : position + 7], "big")
            decoded = marker in _DECODED
        elif 0xE0 <= marker <= 0xEF or marker == _COMMENT:
            segments.append((found.start(), position + length))
        scans += marker == _SOS
        position += length
    else:
        raise TooManyMarkersError(f"more than {MOST_MARKERS} markers")
    if len(segments) > MOST_SEGMENTS:
        data = _without(data, segments)
    return JpegHeader(width, height, bits, decoded, scans, ended, data)


def with_end(data: bytes, filler: bytes = b"") -> bytes:
    """The same with an end marker, behind what stands for missing pixels."""
    return data.removesuffix(b"\xff") + filler + _END


def _without(data: bytes, segments: list[tuple[int, int]]) -> bytes:
    kept, last = [], 0
    seen: set[bytes] = set()
    profiles = 0
    for start, stop in segments:
        body = data[start + 4 : start + 4 + 40]
        name = next((name for name in _KEPT_ONCE if body.startswith(name)), b"")
        profile = body.startswith(_ICC) and profiles < _MOST_ICC
        profiles += profile
        if profile or (name and name not in seen):
            seen.add(name)
            continue
        kept.append(data[last:start])
        last = stop
    return b"".join((*kept, data[last:]))
