"""Opens what a user hands in, and refuses what is no picture, before any of it is decoded."""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from gan.core.errors import InputError
from gan.imaging.io.high_bit_depth import Deep, read_deep
from gan.imaging.io.pixels import DEEP_GREY_MODES, Key

MAX_PIXELS = 100_000_000
MAX_BYTES = 64 * 2**20

READABLE = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "BMP", "HEIF")
"""Pillow's names of the formats that are read; its other plugins are never tried."""

_ALLOWED = "JPEG, PNG, WebP, AVIF, TIFF, GIF, BMP and HEIC are read"
_PNG_DEPTH_BYTE = 24
_TIFF_BITS_PER_SAMPLE = 258
_TIFF_PHOTOMETRIC = 262

_plugins_lock = threading.Lock()


@dataclass(frozen=True)
class Source:
    """A picture that has passed every check, its pixels loaded but neither turned nor converted.

    Attributes:
        frames: how many there are, of which `image` is the first.
        deep: the pixels with 16 bits a channel, lying as those of `image`; None where there are 8.
        reduced_depth: whether the file has more bits a channel than are held here.
        key: the colour that means transparent, in the image's units; None where there is none.
        name: of the file, without folders; empty where there was none.
        file_format: Pillow's name.
    """

    image: Image.Image
    frames: int
    deep: Deep | None
    reduced_depth: bool
    key: Key
    name: str
    file_format: str


def open_source(source: str | Path | bytes | Image.Image, field: str) -> Source:
    """Read a picture's pixels within the limits.

    Raises:
        InputError: as `gan.imaging.io.codec.decode` says.
    """
    if isinstance(source, Image.Image):
        filename = getattr(source, "filename", "")
        name = Path(filename).name if isinstance(filename, str) else ""
        return _checked(source, None, name, field)
    name = "" if isinstance(source, bytes) else Path(source).name
    data = source if isinstance(source, bytes) else _content(Path(source), field)
    if len(data) > MAX_BYTES:
        raise _too_long(field)
    if not data:
        raise InputError(field, "an empty file", _ALLOWED, "Choose another file")
    return _checked(_opened(data, field), data, name, field)


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
        raise InputError(
            field,
            "{name} cannot be read: {reason}",
            "a readable file is needed",
            "Check its permissions",
            name=path.name,
            reason=error.strerror or type(error).__name__,
        ) from error


def _opened(data: bytes, field: str) -> Image.Image:
    _register_plugins()
    try:
        return Image.open(io.BytesIO(data), formats=READABLE)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(field) from error
    except UnidentifiedImageError as error:
        if _looks_like_svg(data):
            raise InputError(field, "an SVG drawing", _ALLOWED, "Export it as a PNG") from error
        if _has_known_signature(data):
            raise _damaged(field) from error
        raise InputError(field, "not a picture", _ALLOWED, "Choose another file") from error
    except MemoryError:
        raise
    except Exception as error:  # damaged headers raise whatever their fields lead to, in every plugin another thing
        raise _damaged(field) from error


def _checked(image: Image.Image, data: bytes | None, name: str, field: str) -> Source:
    width_px, height_px = image.size
    if width_px < 1 or height_px < 1:
        raise InputError(field, "a picture without pixels", "at least 1 x 1 is needed", "Choose another file")
    if width_px * height_px > MAX_PIXELS:
        raise _too_large(field)
    try:
        # A file's first frame is the current one; an image of the caller's stays at the frame it was left at.
        frames = 1 if image.format == "MPO" else int(getattr(image, "n_frames", 1))
        image.load()
    except MemoryError:
        raise
    except Exception as error:
        raise _damaged(field) from error
    depth = _depth(image, data)
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
    )


def _check_depth(image: Image.Image, depth: int, field: str) -> None:
    """Numbers without a known white cannot be shown without a guess."""
    if image.mode == "F" or (image.mode in DEEP_GREY_MODES and (depth == 12 or not _within_16_bits(image))):
        raise InputError(
            field,
            "a picture of numbers of 12 or 32 bits",
            "8 or 16 bits a channel are read",
            "Save it with 16 bits a channel",
        )


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


def _register_plugins() -> None:
    """Pillow's own and HEIC's, once; and Pillow's limit raised to ours, so that it does not warn of what is allowed."""
    with _plugins_lock:
        if Image.MAX_IMAGE_PIXELS is not None:
            Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS, MAX_PIXELS)
        if "HEIF" not in Image.OPEN:
            import pillow_heif

            Image.init()
            pillow_heif.register_heif_opener()


def _looks_like_svg(data: bytes) -> bool:
    head = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return head.startswith(b"<") and b"<svg" in head


def _has_known_signature(data: bytes) -> bool:
    return any(accept is not None and accept(data[:16]) for _, accept in map(Image.OPEN.__getitem__, READABLE))


def _damaged(field: str) -> InputError:
    return InputError(field, "a damaged or incomplete picture", "a whole file is needed", "Save or fetch it again")


def _too_large(field: str) -> InputError:
    return InputError(
        field,
        "a picture of more than {most} megapixels",
        "at most {most} are read",
        "Make it smaller first",
        most=MAX_PIXELS // 1_000_000,
    )


def _too_long(field: str) -> InputError:
    return InputError(
        field,
        "a file of more than {most} MB",
        "at most {most} are read",
        "Save it smaller first",
        most=MAX_BYTES // 2**20,
    )
