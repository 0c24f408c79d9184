"""TIFF 6.0 and BigTIFF: pages found and measured without decoding, the one that is the picture chosen; and the kinds
that Pillow cannot open, CMYK with transparency and Lab of 16 bits, decoded.
"""

from __future__ import annotations

import io
import re
import struct
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from gan.imaging.io.icc import cmyk_to_srgb
from gan.imaging.row_chunks import bands
from gan.limits import MOST_FRAMES

MOST_INNER: Final = 16
"""Sub-directories of a page that are looked at."""

ALIKE: Final = 0.02
"""By so much the proportions of a thumbnail may differ from those of its picture."""

THUMBNAIL_SHARE: Final = 0.25
"""A first page with at most this share of the pixels of a later one of its proportions is that one's thumbnail."""

JPEG_COMPRESSIONS: Final = (6, 7)
PROGRESSIVE: Final = re.compile(rb"\xff[\xc2\xc6\xca\xce]\0[\x0b\x0e\x11\x14][\x08\x0c]....[\x01-\x04]", re.DOTALL)
"""The frame header of a progressive JPEG (ITU-T T.81, B.2.2). In a strip it decodes as often as it has scans, of which
there may be hundreds; TIFF's readers expect sequential ones."""

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
        """True if it says itself that it is a smaller copy of another page."""
        return bool(self.first(_NEW_SUBFILE, 0) & 1) or self.first(_OLD_SUBFILE, 1) == 2

    @property
    def mask(self) -> bool:
        """True if it is the transparency of another page."""
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
    """Header of a TIFF, from its directories.

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


_PREMULTIPLIED, _STRAIGHT = 1, 2
_D50_TO_LINEAR_SRGB = np.array(
    [[3.1338561, -1.6168667, -0.4906146], [-0.9787684, 1.9161415, 0.0334540], [0.0719453, -0.2289914, 1.4052427]]
)
"""Bruce Lindbloom's matrix: XYZ of D50, adapted to D65 by Bradford's, to linear sRGB."""
_D50 = np.array([0.9642, 1.0, 0.8249])


def is_odd(page: TiffPage) -> bool:
    """True for a page that Pillow cannot open and `read_odd` can."""
    if page.floating:
        return False
    if page.photometric == CMYK:
        return page.samples == 5 and page.bits in (8, 16)
    return page.photometric in (CIELAB, ICCLAB) and page.samples == 3 and page.bits == 16


def read_odd(data: bytes, page: TiffPage) -> tuple[Image.Image, npt.NDArray[np.uint16] | None, bool]:
    """The first page of a file, which is of one of these kinds, in sRGB.

    Returns:
        The picture as RGB or RGBA with 8 bits; the same with 16 bits a channel, where the file has them and they are
        kept; and whether CMYK had no profile that could be used.

    Raises:
        Exception: whatever tifffile raises for damaged files and for compressions that it does not undo.
    """
    import tifffile

    with tifffile.TiffFile(io.BytesIO(data)) as file:
        first: Any = file.pages[0]
        values = first.asarray()
        if first.planarconfig != 1:
            values = np.moveaxis(values, 0, -1)
        profile = first.tags.valueof(34675)
        extra = int(first.extrasamples[0]) if first.extrasamples else 0
    if page.photometric == CMYK:
        image, guessed = _from_cmyk(values, profile if isinstance(profile, bytes) else None, extra)
        deep = None
    else:
        deep, guessed = _from_lab(values, icc=page.photometric == ICCLAB), False
        image = Image.fromarray((deep >> 8).astype(np.uint8))
    # The file is its own EXIF block.
    image.info["exif"] = b"Exif\0\0" + data
    image.format = "TIFF"
    return image, deep, guessed


def _from_cmyk(values: npt.NDArray[Any], profile: bytes | None, extra: int) -> tuple[Image.Image, bool]:
    if values.dtype == np.uint16:
        values = (values >> 8).astype(np.uint8)
    convert, guessed = cmyk_to_srgb(profile)
    height, width = values.shape[:2]
    made = Image.new("RGBA" if extra in (_PREMULTIPLIED, _STRAIGHT) else "RGB", (width, height))
    for rows in bands(height, width):
        inks, opacity = values[rows, :, :4], values[rows, :, 4]
        if extra == _PREMULTIPLIED:
            share = np.maximum(opacity, 1)[..., None].astype(np.uint16)
            inks = np.minimum(inks.astype(np.uint16) * 255 // share, 255).astype(np.uint8)
        band = convert(Image.frombytes("CMYK", (width, len(inks)), np.ascontiguousarray(inks).tobytes()))
        if made.mode == "RGBA":
            band.putalpha(Image.fromarray(np.ascontiguousarray(opacity)))
        made.paste(band, (0, rows.start))
    return made, guessed


def _from_lab(values: npt.NDArray[np.uint16], *, icc: bool) -> npt.NDArray[np.uint16]:
    """(H, W, 3) as TIFF codes Lab of D50: a and b signed (TIFF 6.0, section 23), or from 0x8000 on (Adobe's ICCLab)."""
    made = np.empty_like(values, dtype=np.uint16)
    for rows in bands(*values.shape[:2]):
        band = values[rows]
        if icc:
            lightness = band[..., 0].astype(np.float64) / 65280 * 100
            ab = (band[..., 1:].astype(np.float64) - 32768) / 256
        else:
            lightness = band[..., 0].astype(np.float64) / 65535 * 100
            ab = band[..., 1:].astype(np.int16).astype(np.float64) / 256
        y = (lightness + 16) / 116
        f = np.stack([y + ab[..., 0] / 500, y, y - ab[..., 1] / 200], -1)
        xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * _D50
        linear = (xyz @ _D50_TO_LINEAR_SRGB.T).clip(0, 1)
        coded = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
        made[rows] = (coded * 65535 + 0.5).astype(np.uint16)
    return made
