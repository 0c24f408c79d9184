"""Headers of HEIF, AVIF, JPEG 2000 and JPEG XL: boxes of ISO base media files (ISO/IEC 14496-12), and the codestream of
JPEG XL (ISO/IEC 18181-1).
"""

from __future__ import annotations

from collections.abc import Iterator

MOST_BOXES = 2000
"""Of one box; files of pictures hold about ten."""


def boxes(data: bytes, start: int = 0, stop: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Kind of each box, and where its content begins and ends; a box that is cut off ends with its surroundings."""
    end = len(data) if stop is None else stop
    for _ in range(MOST_BOXES):
        if start + 8 > end:
            return
        size, kind, head = int.from_bytes(data[start : start + 4], "big"), data[start + 4 : start + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[start + 8 : start + 16], "big"), 16
        if size == 0:
            size = end - start
        if size < head:
            return
        yield kind, start + head, min(start + size, end)
        start += size


def child(data: bytes, kind: bytes, start: int = 0, stop: int | None = None) -> tuple[int, int] | None:
    """Begin and end of the content of the first box of a kind."""
    return next(((first, last) for found, first, last in boxes(data, start, stop) if found == kind), None)


def nclx_of(data: bytes) -> tuple[int, int] | None:
    """Color primaries and transfer of a HEIF's or AVIF's primary item, as codes of ITU-T H.273.

    None where its color box is an ICC profile, or where it has none.
    """
    meta = child(data, b"meta")
    if meta is None:
        return None
    inside = (meta[0] + 4, meta[1])  # a full box: version and flags come first
    primary = child(data, b"pitm", *inside)
    properties = child(data, b"iprp", *inside)
    if primary is None or properties is None:
        return None
    wide = data[primary[0]] > 0
    item = int.from_bytes(data[primary[0] + 4 : primary[0] + (8 if wide else 6)], "big")
    container = child(data, b"ipco", *properties)
    if container is None:
        return None
    known = list(boxes(data, *container))
    own = {
        index for kind, *place in boxes(data, *properties) if kind == b"ipma" for index in _of_item(data, item, *place)
    }
    found = [
        (first, last) for index, (kind, first, last) in enumerate(known, start=1) if kind == b"colr" and index in own
    ]
    if any(data[first : first + 4] in (b"prof", b"rICC") for first, _ in found):
        return None
    for first, last in found:
        if data[first : first + 4] == b"nclx" and last - first >= 8:
            return int.from_bytes(data[first + 4 : first + 6], "big"), int.from_bytes(
                data[first + 6 : first + 8], "big"
            )
    return None


def jp2_profile(data: bytes) -> bytes | None:
    """The ICC profile in a JPEG 2000 file's color box (ISO/IEC 15444-1, I.5.3.3); None where there is none."""
    header = child(data, b"jp2h")
    if header is None:
        return None
    for kind, first, last in boxes(data, *header):
        if kind == b"colr" and data[first] in (2, 3):
            return data[first + 3 : last]
    return None


def jp2_bits(data: bytes) -> int:
    """Bits of a component, from the image header box (I.5.3.1); 8 where it does not say."""
    header = child(data, b"jp2h")
    image = None if header is None else child(data, b"ihdr", *header)
    if image is None or image[1] - image[0] < 11 or data[image[0] + 10] == 255:
        return 8
    return (data[image[0] + 10] & 0x7F) + 1


def _of_item(data: bytes, item: int, start: int, stop: int) -> Iterator[int]:
    """Numbers, from 1, of the properties that an association box gives an item."""
    if stop - start < 8:
        return
    version, wide = data[start], bool(data[start + 3] & 1)
    entries = int.from_bytes(data[start + 4 : start + 8], "big")
    position = start + 8
    for _ in range(min(entries, MOST_BOXES)):
        length = 2 if version < 1 else 4
        if position + length + 1 > stop:
            return
        number = int.from_bytes(data[position : position + length], "big")
        count = data[position + length]
        position += length + 1
        for _ in range(count):
            value = int.from_bytes(data[position : position + (2 if wide else 1)], "big")
            position += 2 if wide else 1
            if number == item:
                yield value & (0x7FFF if wide else 0x7F)


_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}
_LENGTHS = (9, 13, 18, 30)


def jxl_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; None where the file has no codestream at its beginning."""
    start = 0
    if not data.startswith(b"\xff\x0a"):
        whole, part = child(data, b"jxlc"), child(data, b"jxlp")
        if whole is not None:
            start = whole[0]
        elif part is not None:
            start = part[0] + 4  # the part's number comes first
        else:
            return None
    stream = data[start : start + 16]
    if not stream.startswith(b"\xff\x0a"):
        return None
    bits = _Bits(int.from_bytes(stream[2:], "little"))
    small = bits.take(1)
    height = _side(bits, small)
    ratio = bits.take(3)
    if ratio:
        across, down = _RATIOS[ratio]
        return height * across // down, height
    return _side(bits, small), height


def _side(bits: _Bits, small: int) -> int:
    if small:
        return 8 * (1 + bits.take(5))
    return 1 + bits.take(_LENGTHS[bits.take(2)])


class _Bits:
    """The lowest bits come first."""

    def __init__(self, value: int) -> None:
        self._value = value

    def take(self, count: int) -> int:
        taken = self._value & ((1 << count) - 1)
        self._value >>= count
        return taken
