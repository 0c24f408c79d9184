"""File headers, read and checked against the limits before any pixel is decoded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gan.core.errors import InputError
from gan.imaging.io import declared_colors, isobmff, jpeg_header, png_header, tiff
from gan.imaging.io.file_types import NAMED, RAW, kind_of
from gan.imaging.io.formats import ALLOWED
from gan.limits import MAX_PIXELS, MAX_SIDE_PX, MOST_FRAMES, MOST_SECONDS

CHUNK_NOTICE: Final = "A damaged part of the file beside its pixels was left out"
PAGE_NOTICE: Final = "The file begins with a thumbnail; the largest picture in it was used"

_GIF_EXTENSION, _GIF_IMAGE = 0x21, 0x2C
_MOST_SAMPLES: Final = 8
_MOST_TILE_PIXELS: Final = MAX_PIXELS


@dataclass(frozen=True)
class Header:
    """A file's header, which is within the limits.

    Attributes:
        kind: Pillow's name of the format, by the signature; empty where that is not known.
        data: what is to be decoded: the file without what is broken or only costs time.
        frames: pictures in it, where they were counted here; else 0.
        bits: a channel, where that was read here; else 0.
        ended: whether a JPEG has its end marker; true for all others.
        declared: the profile of the colors that the format's own fields declare; None for sRGB or for nothing.
        settled: whether these fields say something, so that EXIF is not asked.
        above_profile: whether they hold even beside an embedded profile.
        page: of a TIFF, the page to be decoded.
        notices: what the user should be told.
    """

    kind: str
    data: bytes
    frames: int = 0
    bits: int = 0
    ended: bool = True
    declared: bytes | None = None
    settled: bool = False
    above_profile: bool = False
    page: tiff.TiffPage | None = None
    notices: tuple[str, ...] = ()


def read_header(data: bytes, field: str) -> Header:
    """Read a file's header. What it does not say is left to the decoder.

    Raises:
        InputError: the header tells of more than is read, of a kind that is not read, or is damaged.
    """
    kind = kind_of(data)
    reader = _READERS.get(kind)
    if reader is None:
        return Header(kind, data)
    try:
        return reader(data, field)
    except (InputError, MemoryError):
        raise
    except Exception as error:  # offsets and counts of anyone's making lead past the end in many ways
        # Without its header a file's bounds are unknown, so it goes to no decoder.
        raise damaged(field) from error


def check_size(width_px: int, height_px: int, field: str) -> None:
    """Raise `InputError` for more than `MAX_PIXELS`, or for a side longer than `MAX_SIDE_PX`."""
    if width_px * height_px > MAX_PIXELS:
        raise too_large(field)
    if max(width_px, height_px) > MAX_SIDE_PX:
        raise InputError(
            field,
            "a picture of {width} x {height} pixels",
            "at most {longest} on a side are allowed",
            "Reduce its size first",
            width=width_px,
            height=height_px,
            longest=MAX_SIDE_PX,
        )


def damaged(field: str) -> InputError:
    return InputError(
        field, "the picture is damaged or incomplete", "a complete file is needed", "Save or download it again"
    )


def too_large(field: str) -> InputError:
    return InputError(
        field,
        "the picture has more than {most} megapixels",
        "at most {most} are allowed",
        "Reduce its size first",
        most=MAX_PIXELS // 1_000_000,
    )


def too_slow(field: str) -> InputError:
    return InputError(
        field,
        "a picture that takes more than {most} seconds to decode",
        "files as programs usually write them are read",
        "Open it in an image editor and save it again",
        most=MOST_SECONDS,
    )


def odd_tiff(page: tiff.TiffPage, field: str) -> InputError:
    """Why a whole TIFF is not read."""
    if page.floating:
        return InputError(
            field,
            "a picture of floating-point numbers",
            "8 or 16 bits per channel are supported",
            "Save it with 16 bits per channel",
        )
    return InputError(
        field,
        "a TIFF of a kind that is not read: {samples} channels of {bits} bits, color space {color}, compression {code}",
        "gray, RGB, CMYK and Lab of 8 or 16 bits a channel are read",
        "Save it so, without compression or with LZW or ZIP",
        samples=page.samples,
        bits=page.bits,
        color=page.photometric,
        code=page.compression,
    )


def _jpeg(data: bytes, field: str) -> Header:
    try:
        found = jpeg_header.read_jpeg_header(data)
    except jpeg_header.TooManyMarkersError as error:
        raise too_slow(field) from error
    check_size(found.width_px, found.height_px, field)
    if found.width_px and (not found.decoded or found.bits != 8):
        raise InputError(
            field,
            "a lossless or hierarchical JPEG, or one of 12 bits",
            "baseline and progressive JPEG of 8 bits a channel are read",
            "Save it as TIFF or PNG",
        )
    scanned = found.scans * found.width_px * found.height_px
    if found.scans > jpeg_header.MOST_SCANS or scanned > jpeg_header.MOST_SCANNED_PIXELS:
        raise InputError(
            field,
            "a JPEG of {scans} scans",
            "at most {most} are read at its size",
            "Open it in an image editor and save it again",
            scans=found.scans,
            most=min(
                jpeg_header.MOST_SCANS,
                jpeg_header.MOST_SCANNED_PIXELS // max(1, found.width_px * found.height_px),
            ),
        )
    return Header("JPEG", found.data, ended=found.ended)


def _png(data: bytes, field: str) -> Header:
    try:
        found = png_header.read_png_header(data)
    except png_header.TooManyChunksError as error:
        raise too_slow(field) from error
    check_size(found.width_px, found.height_px, field)
    grey = data[25:26] in (b"\0", b"\4")
    return Header(
        "PNG",
        found.data,
        declared=declared_colors.of_png(found.colors, grey=grey),
        settled=bool(found.colors),
        above_profile=b"cICP" in found.colors,
        notices=(CHUNK_NOTICE,) if found.mended else (),
    )


def _tiff(data: bytes, field: str) -> Header:
    found = tiff.read_tiff_header(data)
    if found is None:
        return Header("TIFF", data)
    if found.raw:
        raise InputError(field, RAW, ALLOWED, NAMED[RAW])
    page = found.page
    check_size(page.width_px, page.height_px, field)
    if page.layers > 1:
        raise InputError(
            field,
            "a TIFF of {layers} layers in depth",
            "flat pictures are read",
            "Save one of its layers",
            layers=page.layers,
        )
    if page.compression in tiff.JPEG_COMPRESSIONS and tiff.PROGRESSIVE.search(data):
        raise too_slow(field)
    across, down = page.tile_px
    if page.floating or page.samples > _MOST_SAMPLES or page.bits > 32 or across * down > _MOST_TILE_PIXELS:
        raise odd_tiff(page, field)
    notices = (PAGE_NOTICE,) if found.passed_over else ()
    return Header("TIFF", found.data, frames=found.frames, page=page, notices=notices)


def _gif(data: bytes, field: str) -> Header:
    check_size(int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little"), field)
    return Header("GIF", data, frames=_gif_frames(data))


def _gif_frames(data: bytes) -> int:
    """Pictures in a GIF (GIF89a specification), `MOST_FRAMES` at most; at least 1, also where the file is cut off."""
    position = 13 + _gif_table_bytes(data[10:11])
    frames = 0
    while position < len(data) and frames < MOST_FRAMES:
        kind = data[position]
        if kind == _GIF_EXTENSION:
            position = _behind_gif_blocks(data, position + 2)
        elif kind == _GIF_IMAGE:
            frames += 1
            position = _behind_gif_blocks(data, position + 11 + _gif_table_bytes(data[position + 9 : position + 10]))
        else:
            break
    return max(1, frames)


def _gif_table_bytes(flags: bytes) -> int:
    return 3 << (1 + (flags[0] & 7)) if flags and flags[0] & 0x80 else 0


def _behind_gif_blocks(data: bytes, position: int) -> int:
    while position < len(data) and data[position]:
        position += 1 + data[position]
    return position + 1


def _coded(kind: str) -> Callable[[bytes, str], Header]:
    """HEIF and AVIF: their sizes are Pillow's to read, at no cost; their colors are not."""

    def read(data: bytes, field: str) -> Header:
        codes = isobmff.nclx_of(data)
        declared = None if codes is None else declared_colors.of_h273(*codes)
        return Header(kind, data, declared=declared, settled=declared is not None)

    return read


def _jpeg2000(data: bytes, field: str) -> Header:
    profile = isobmff.jp2_profile(data)
    return Header("JPEG2000", data, bits=isobmff.jp2_bits(data), declared=profile, settled=profile is not None)


def _jxl(data: bytes, field: str) -> Header:
    size = isobmff.jxl_size(data)
    if size is not None:
        check_size(*size, field)
    return Header("JXL", data)


_READERS: Final[dict[str, Callable[[bytes, str], Header]]] = {
    "JPEG": _jpeg,
    "PNG": _png,
    "TIFF": _tiff,
    "GIF": _gif,
    "HEIF": _coded("HEIF"),
    "AVIF": _coded("AVIF"),
    "JPEG2000": _jpeg2000,
    "JXL": _jxl,
}
