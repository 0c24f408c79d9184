"""TIFF 6.0 and BigTIFF directories: pages found and measured without decoding; the one that is the picture chosen."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from gan.imaging.sizes import MOST_FRAMES

MOST_INNER: Final = 16
"""Sub-directories of a page that are looked at."""

ALIKE: Final = 0.02
"""By so much the proportions of a thumbnail may differ from those of its picture."""

THUMBNAIL_SHARE: Final = 0.25
"""A first page with at most this share of the pixels of a later one of its proportions is that one's thumbnail."""

RAW_PHOTOMETRIC: Final = (32803, 34892)
"""Color filter array and linear raw: a sensor's values (TIFF/EP, Adobe's DNG specification)."""

CIELAB, ICCLAB, CMYK = 8, 9, 5
FLOAT: Final = 3
"""Of SampleFormat."""

_TYPES: Final = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q"}
_MOST_VALUES = 32
_NEW_SUBFILE, _OLD_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 255, 256, 257, 258, 259, 262
_SAMPLES, _TILE_WIDTH, _TILE_HEIGHT, _INNER, _EXTRA, _FORMAT = 277, 322, 323, 330, 338, 339
_DEPTH, _TILE_DEPTH, _DNG = 32997, 32998, 50706
_WANTED = frozenset(
    (
        *(_NEW_SUBFILE, _OLD_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES, _TILE_WIDTH),
        *(_TILE_HEIGHT, _INNER, _EXTRA, _FORMAT, _DEPTH, _TILE_DEPTH, _DNG),
    )
)
_RAW_MARKS: Final = (b"CR", b"IIII", b"MMMM")
"""At byte 8: Canon's CR2, and Phase One's, whose first pages are previews without a word of it."""


@dataclass(frozen=True)
class TiffPage:
    """One directory.

    Attributes:
        offset: where it begins in the file.
        tags: numbers of those tags that are looked at here.
    """

    offset: int
    tags: dict[int, tuple[int, ...]]

    def first(self, tag: int, default: int) -> int:
        return self.tags.get(tag, (default,))[0]

    @property
    def width_px(self) -> int:
        return self.first(_WIDTH, 0)

    @property
    def height_px(self) -> int:
        return self.first(_HEIGHT, 0)

    @property
    def pixels(self) -> int:
        return self.width_px * self.height_px

    @property
    def bits(self) -> int:
        return max(self.tags.get(_BITS, (1,)))

    @property
    def samples(self) -> int:
        return self.first(_SAMPLES, 1)

    @property
    def photometric(self) -> int:
        return self.first(_PHOTOMETRIC, -1)

    @property
    def compression(self) -> int:
        return self.first(_COMPRESSION, 1)

    @property
    def floating(self) -> bool:
        return self.first(_FORMAT, 1) == FLOAT

    @property
    def reduced(self) -> bool:
        """Whether it says itself that it is a smaller copy of another page."""
        return bool(self.first(_NEW_SUBFILE, 0) & 1) or self.first(_OLD_SUBFILE, 1) == 2

    @property
    def mask(self) -> bool:
        """Whether it is the transparency of another page."""
        return bool(self.first(_NEW_SUBFILE, 0) & 4) or self.photometric == 4

    @property
    def layers(self) -> int:
        """Pictures behind one another in this one (SGI's ImageDepth): more than 1 only in volumes."""
        return max(self.first(_DEPTH, 1), self.first(_TILE_DEPTH, 1))

    @property
    def tile_px(self) -> tuple[int, int]:
        return self.first(_TILE_WIDTH, 0), self.first(_TILE_HEIGHT, 0)


@dataclass(frozen=True)
class TiffHeader:
    """What the directories of a TIFF say.

    Attributes:
        page: the picture.
        frames: pages that are pictures of their own, `MOST_FRAMES` at most.
        passed_over: whether `page` is not the first.
        raw: whether it is a camera's raw file.
        data: the file with `page` as its first.
    """

    page: TiffPage
    frames: int
    passed_over: bool
    raw: bool
    data: bytes


def read_tiff_header(data: bytes) -> TiffHeader | None:
    """Find the pages, and in them the picture; None where the directories are damaged.

    The picture is the first page, unless that says that it is a reduced copy, or is a thumbnail of a later page: then
    it is the largest of those that do not, be they pages or parts of a page (SubIFDs).
    """
    walk = _Walk.begin(data)
    if walk is None:
        return None
    pages = walk.pages()
    if not pages:
        return None
    inner = [page for outer in pages for page in walk.inner(outer)]
    every = [page for page in (*pages, *inner) if page.pixels and not page.mask]
    raw = data[8:12] in _RAW_MARKS[1:] or data[8:10] == _RAW_MARKS[0] or _DNG in pages[0].tags
    raw = raw or any(page.photometric in RAW_PHOTOMETRIC for page in every)
    whole = [page for page in every if not page.reduced]
    page = pages[0]
    if (page.reduced and whole) or any(_thumbnail(page, other) for other in whole):
        page = max(whole, key=lambda one: one.pixels)
    own = [one for one in pages if not one.reduced and not one.mask]
    frames = max(1, len(own) - (page is not pages[0] and pages[0] in own))
    return TiffHeader(page, frames, page is not pages[0], raw, walk.starting_at(page))


def _thumbnail(page: TiffPage, other: TiffPage) -> bool:
    if page is other or page.pixels > THUMBNAIL_SHARE * other.pixels or not page.pixels:
        return False
    ratio = page.width_px * other.height_px / (page.height_px * other.width_px)
    # A small thumbnail's sides are rounded by up to half a pixel each.
    return abs(ratio - 1) <= ALIKE + 1 / min(page.width_px, page.height_px)


@dataclass(frozen=True)
class _Walk:
    data: bytes
    order: str
    big: bool

    @classmethod
    def begin(cls, data: bytes) -> _Walk | None:
        order = {b"II": "<", b"MM": ">"}.get(data[:2])
        if order is None or len(data) < 16:
            return None
        (version,) = struct.unpack_from(order + "H", data, 2)
        return cls(data, order, version == 43) if version in (42, 43) else None

    @property
    def wide(self) -> str:
        """Of an offset."""
        return "Q" if self.big else "I"

    def pages(self) -> list[TiffPage]:
        """The chain of directories: as many as are whole, `MOST_FRAMES` at most, each once."""
        found: list[TiffPage] = []
        (offset,) = struct.unpack_from(self.order + self.wide, self.data, 8 if self.big else 4)
        seen: set[int] = set()
        while offset and offset not in seen and len(found) < MOST_FRAMES:
            seen.add(offset)
            read = self._directory(offset)
            if read is None:
                break
            found.append(read[0])
            offset = read[1]
        return found

    def inner(self, page: TiffPage) -> list[TiffPage]:
        read = (self._directory(offset) for offset in page.tags.get(_INNER, ())[:MOST_INNER])
        return [found[0] for found in read if found is not None]

    def starting_at(self, page: TiffPage) -> bytes:
        place = 8 if self.big else 4
        pointer = struct.pack(self.order + self.wide, page.offset)
        if self.data[place : place + len(pointer)] == pointer:
            return self.data
        return self.data[:place] + pointer + self.data[place + len(pointer) :]

    def _directory(self, offset: int) -> tuple[TiffPage, int] | None:
        """A directory and the offset of the next."""
        count_of, entry_bytes = ("Q", 20) if self.big else ("H", 12)
        try:
            (count,) = struct.unpack_from(self.order + count_of, self.data, offset)
            start = offset + struct.calcsize("<" + count_of)
            if count > 65535:
                return None
            (following,) = struct.unpack_from(self.order + self.wide, self.data, start + count * entry_bytes)
        except struct.error:
            return None
        tags: dict[int, tuple[int, ...]] = {}
        for place in range(start, start + count * entry_bytes, entry_bytes):
            tag, kind = struct.unpack_from(self.order + "HH", self.data, place)
            if tag in _WANTED and kind in _TYPES:
                values = self._values(place + 4, _TYPES[kind])
                if values:
                    tags.setdefault(tag, values)
        return TiffPage(offset, tags), following

    def _values(self, place: int, form: str) -> tuple[int, ...]:
        (count,) = struct.unpack_from(self.order + self.wide, self.data, place)
        count = min(count, _MOST_VALUES)
        place += 8 if self.big else 4
        if count * struct.calcsize("<" + form) > (8 if self.big else 4):
            (place,) = struct.unpack_from(self.order + self.wide, self.data, place)
        try:
            return struct.unpack_from(f"{self.order}{count}{form}", self.data, place)
        except struct.error:
            return ()
