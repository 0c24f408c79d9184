"""JPEG XL (ISO/IEC 18181-1, D.2): the size, read from the first bits."""

from __future__ import annotations

from gan.imaging.isobmff import child

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
