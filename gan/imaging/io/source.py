"""Opens what a user hands in, and refuses what is no picture, before any of it is decoded."""

from __future__ import annotations

import dataclasses
import io
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, TiffImagePlugin, UnidentifiedImageError

from gan.core.errors import InputError, unreadable
from gan.imaging.io import admission, declared_colors
from gan.imaging.io.decode_apart import ApartError, decoded_apart
from gan.imaging.io.file_types import NAMED, foreign, register_openers
from gan.imaging.io.formats import ALLOWED, DECODED_WHOLE, READ_APART, READABLE
from gan.imaging.io.header import Header, check_size, damaged, odd_tiff, read_header, too_large, too_slow
from gan.imaging.io.high_bit_depth import Deep, read_deep
from gan.imaging.io.jpeg_header import with_end
from gan.imaging.io.pixels import DEEP_GREY_MODES, Key
from gan.imaging.io.tiff import is_odd, read_odd
from gan.limits import APART_PIXELS, MAX_BYTES, MOST_FRAMES, MOST_SECONDS

END_NOTICE = "The file ends too early; its last rows may be missing"
CMYK_NOTICE = "CMYK without a usable profile: the colors were taken as offset printing on coated paper"


_PNG_DEPTH_BYTE = 24
_TIFF_BITS_PER_SAMPLE = 258
_TIFF_PHOTOMETRIC = 262
_MOST_MISSING = 0.02
"""Share of the rows that a JPEG without its end may lack."""

_FILLER = bytes((73 * i + 41) % 255 for i in range(4096))
"""Anything but an end: where pixels of a JPEG depend on what follows its last byte, that byte is not its last."""


@dataclass(frozen=True)
class Source:
    """A picture that has passed every check, its pixels loaded but neither turned nor converted.

    Attributes:
        frames: how many there are, counted up to `gan.limits.MOST_FRAMES`.
        deep: the pixels with 16 bits a channel, lying as those of `image`; None where there are 8.
        reduced_depth: whether the file has more bits a channel than are held here.
        key: the colour that means transparent, in the image's units; None where there is none.
        name: of the file, without folders; empty where there was none.
        file_format: Pillow's name.
        declared: the profile of what the file says of its colors without embedding one; None for sRGB.
        notices: what the user should be told, as templates of `gan.ui.i18n`.
        converted: whether `image` is in sRGB already, though its file is not.
    """

    image: Image.Image
    frames: int
    deep: Deep | None
    reduced_depth: bool
    key: Key
    name: str
    file_format: str
    declared: bytes | None = None
    notices: tuple[str, ...] = ()
    converted: bool = False


def open_source(source: str | Path | bytes | Image.Image, field: str) -> Source:
    """Read a picture's pixels within the limits.

    Raises:
        InputError: as `gan.imaging.io.codec.decode` says.
    """
    if isinstance(source, Image.Image):
        filename = getattr(source, "filename", "")
        name = Path(filename).name if isinstance(filename, str) else ""
        return _of_image(source, name, field)
    name = "" if isinstance(source, bytes) else Path(source).name
    data = source if isinstance(source, bytes) else _content(Path(source), field)
    if len(data) > MAX_BYTES:
        raise _too_long(field)
    if not data:
        raise InputError(field, "the file is empty", ALLOWED, "Choose another file")
    return _of_file(data, name, field)


def _content(path: Path, field: str) -> bytes:
    """Of a file. It is read at once: nothing that fails later can leave it open."""
    if path.is_dir():
        raise InputError(field, "{name} is a folder", "a picture's file is needed", "Choose a file", name=path.name)
    if not path.is_file():
        raise InputError(
            field, "there is no file {name}", "a picture's file is needed", "Check the path", name=str(path)
        )
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _too_long(field)
        return path.read_bytes()
    except OSError as error:
        raise unreadable(field, path.name, error) from error


def _of_image(image: Image.Image, name: str, field: str) -> Source:
    """An image of Pillow's that the caller has opened or made; it stays at the frame it was left at."""
    _check_size(*image.size, field)
    frames = 1
    try:
        if image.format != "MPO":
            several = bool(getattr(image, "is_animated", False))
            frames = 2 if several else 1
        image.load()
    except MemoryError:
        raise
    except Exception as error:
        raise damaged(field) from error
    return _source(image, None, None, name, field, frames=frames)


def _of_file(data: bytes, name: str, field: str) -> Source:
    register_openers()
    header = read_header(data, field)
    if header.kind in READ_APART:
        return _source(_apart(header, field), header, None, name, field, frames=1)
    if header.page is not None and is_odd(header.page):
        return _odd(header, name, field)
    image, frames, notices = _loaded(header, field)
    return _source(image, header, header.data, name, field, frames=frames, notices=notices)


def _loaded(header: Header, field: str) -> tuple[Image.Image, int, tuple[str, ...]]:
    """The pixels, the number of frames, and what the user should be told."""
    try:
        image = _opened(header.data, header, field)
        _check_size(*image.size, field)
        if image.format in DECODED_WHOLE and image.width * image.height >= APART_PIXELS:
            made = _apart(header, field)
            made.info = {**image.info, **made.info}
            return made, _frames(image, header), ()
        image.load()
        return image, _frames(image, header), ()
    except (MemoryError, InputError):
        raise
    except _TooSlowError as error:
        raise too_slow(field) from error
    except Exception as error:  # decoders raise whatever damaged fields lead to, in every plugin another thing
        if not header.ended:
            mended = _without_end(header, field)
            if mended is not None:
                return mended, _frames(mended, header), (END_NOTICE,)
        if header.page is not None and header.page.compression not in TiffImagePlugin.COMPRESSION_INFO:
            raise odd_tiff(header.page, field) from error
        raise damaged(field) from error


def _opened(data: bytes, header: Header, field: str) -> Image.Image:
    try:
        return Image.open(_Clocked(data), formats=READABLE)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise too_large(field) from error
    except UnidentifiedImageError as error:
        named = foreign(data)
        if named:
            raise InputError(field, named, ALLOWED, NAMED[named]) from error
        if header.page is not None and header.page.pixels:
            raise odd_tiff(header.page, field) from error
        if header.kind or _has_known_signature(data):
            raise damaged(field) from error
        raise InputError(field, "not a picture", ALLOWED, "Choose another file") from error


class _TooSlowError(Exception):
    """Decoding was given up."""


class _Clocked(io.BytesIO):
    """A file that is no longer readable once its thread has computed for `MOST_SECONDS`.

    Pillow's decoders come back for more every 64 kB; those that take a file whole need time in proportion to the
    pixels, which are bounded.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._until = time.thread_time() + MOST_SECONDS

    def read(self, size: int | None = -1, /) -> bytes:
        if time.thread_time() > self._until:
            raise _TooSlowError
        return super().read(size)


def _without_end(header: Header, field: str) -> Image.Image | None:
    """A JPEG that lacks its last bytes; None where pixels are missing with them.

    Pixels that the file does not decide are found by decoding it twice with different bytes behind its last one.
    """
    try:
        first, second = (_opened(with_end(header.data, filler), header, field) for filler in (b"", _FILLER))
        first.load()
        second.load()
    except Exception:  # as in `_loaded`
        return None
    unknown = ImageChops.difference(first, second).getbbox()
    if unknown is not None and unknown[1] < (1 - _MOST_MISSING) * first.height:
        return None
    return first


def _apart(header: Header, field: str) -> Image.Image:
    try:
        return decoded_apart(header.data, header.kind)
    except ApartError as error:
        if error.reason == "slow":
            raise too_slow(field) from error
        if error.reason == "large":
            raise too_large(field) from error
        if error.reason == "memory":
            raise MemoryError from error
        if error.reason == "missing":
            raise InputError(
                field,
                "a JPEG XL picture",
                "JPEG XL is read where the package pillow-jxl-plugin is installed",
                "Install it, or save the picture as PNG or TIFF",
            ) from error
        if error.reason.startswith("mode"):
            raise _too_deep(field) from error
        raise damaged(field) from error


def _odd(header: Header, name: str, field: str) -> Source:
    if header.page is None:
        raise damaged(field)
    try:
        image, deep, guessed = read_odd(header.data, header.page)
    except MemoryError:
        raise
    except Exception as error:  # as in `_loaded`
        raise odd_tiff(header.page, field) from error
    notices = (CMYK_NOTICE,) if guessed else ()
    made = _source(image, header, None, name, field, frames=header.frames or 1, notices=notices)
    reduced = header.page.bits > 8 and deep is None
    return dataclasses.replace(made, deep=deep, reduced_depth=reduced, converted=True)


def _source(
    image: Image.Image,
    header: Header | None,
    data: bytes | None,
    name: str,
    field: str,
    *,
    frames: int,
    notices: tuple[str, ...] = (),
) -> Source:
    """The source of a loaded image and its header."""
    depth = header.bits if header is not None and header.bits else _depth(image, data)
    _check_depth(image, depth, field)
    deep = None
    if image.mode in DEEP_GREY_MODES:
        deep = _deep_grey(image)
    elif depth > 8 and data is not None:
        deep = read_deep(data, image)
    return Source(
        image=image,
        frames=frames,
        deep=deep,
        reduced_depth=depth > 8 and deep is None,
        key=_key(image, depth),
        name=name,
        file_format=image.format or "",
        declared=_declared(image, header),
        notices=(*(header.notices if header is not None else ()), *notices),
    )


def _declared(image: Image.Image, header: Header | None) -> bytes | None:
    """The profile of what the file says of its colors without embedding one; the most specific word counts."""
    if image.mode in ("CMYK", "LAB"):
        return None
    if header is not None and header.above_profile:
        image.info.pop("icc_profile", None)
    if image.info.get("icc_profile"):
        return None
    if header is not None and header.settled:
        return header.declared
    try:
        return declared_colors.of_exif(image)
    except Exception:  # a block of anyone's making; `gan.imaging.io.codec` says that it is broken
        return None


def _frames(image: Image.Image, header: Header) -> int:
    if header.frames:
        return header.frames
    # What these formats say in their headers; none of them walks the file for it.
    return 1 if image.format == "MPO" else min(MOST_FRAMES, int(getattr(image, "n_frames", 1)))


def _check_size(width_px: int, height_px: int, field: str) -> None:
    if width_px < 1 or height_px < 1:
        raise InputError(field, "the picture has no pixels", "at least 1 x 1 is needed", "Choose another file")
    check_size(width_px, height_px, field)
    admission.ask(width_px * height_px)


def _check_depth(image: Image.Image, depth: int, field: str) -> None:
    """Numbers without a known white cannot be shown without a guess."""
    if image.mode == "F" or (image.mode in DEEP_GREY_MODES and (depth == 12 or not _within_16_bits(image))):
        raise _too_deep(field)


def _within_16_bits(image: Image.Image) -> bool:
    values = np.asarray(image)  # in place of getextrema, which knows no big-endian mode
    return bool(values.min() >= 0 and values.max() <= 65535)


def _deep_grey(image: Image.Image) -> Deep:
    values = np.asarray(image).astype(np.uint16)[..., None]
    if getattr(image, "tag_v2", {}).get(_TIFF_PHOTOMETRIC) == 0:
        values = 65535 - values  # white is 0: Pillow sees to it for 8 bits only
    return values


def _depth(image: Image.Image, data: bytes | None) -> int:
    """Bits a channel in the file; 8 where it does not say."""
    if data is not None and image.format == "PNG":
        return data[_PNG_DEPTH_BYTE]
    if image.format == "TIFF":
        bits = getattr(image, "tag_v2", {}).get(_TIFF_BITS_PER_SAMPLE, (8,))
        return max(bits) if isinstance(bits, tuple) else int(bits)
    return int(image.info.get("bit_depth", 8))


def _key(image: Image.Image, depth: int) -> Key:
    """PNG's tRNS in the units of the loaded pixels: Pillow widens or narrows these, but not the key."""
    key = image.info.get("transparency")
    if image.mode in ("1", "L") and isinstance(key, int):
        return key * 255 // (2**depth - 1) if depth in (2, 4) else key
    if image.mode in DEEP_GREY_MODES and isinstance(key, int):
        return key
    if image.mode == "RGB" and isinstance(key, tuple):
        return tuple(value >> 8 for value in key) if depth == 16 else key
    return None


def _has_known_signature(data: bytes) -> bool:
    return any(accept is not None and accept(data[:16]) for _, accept in map(Image.OPEN.__getitem__, READABLE))


def _too_deep(field: str) -> InputError:
    return InputError(
        field,
        "the picture has 12 or 32 bits per channel",
        "8 or 16 bits per channel are supported",
        "Save it with 16 bits per channel",
    )


def _too_long(field: str) -> InputError:
    return InputError(
        field,
        "the file has more than {most} MB",
        "at most {most} are allowed",
        "Compress it first",
        most=MAX_BYTES // 2**20,
    )
