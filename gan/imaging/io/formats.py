"""The formats that are read, those that are written, and the choices a user has in writing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from gan.core.errors import InputError
from gan.core.option import Option, Options


@dataclass(frozen=True)
class FileFormat:
    """Names and capabilities of a file format.

    Attributes:
        pillow: Pillow's name.
        mime: media type.
        suffixes: lower-case, with the dot; the first is the one to write.
        longest_px: greatest width or height that can be written: the format's own limit, or where libjpeg
            writes and libavif reads less, theirs.
        alpha: whether it holds transparency.
        deep: whether it is written with 16 bits a channel.
    """

    pillow: str
    mime: str
    suffixes: tuple[str, ...]
    longest_px: int
    alpha: bool = True
    deep: bool = False


Format = Literal["png", "jpeg", "webp", "avif", "tiff"]

FORMATS: Mapping[Format, FileFormat] = {
    "png": FileFormat("PNG", "image/png", (".png",), 2**31 - 1, deep=True),
    "jpeg": FileFormat("JPEG", "image/jpeg", (".jpg", ".jpeg", ".jpe", ".jfif"), 65500, alpha=False),
    "webp": FileFormat("WEBP", "image/webp", (".webp",), 16383),
    "avif": FileFormat("AVIF", "image/avif", (".avif",), 32768),
    "tiff": FileFormat("TIFF", "image/tiff", (".tif", ".tiff"), 2**31 - 1, deep=True),
}

READABLE: Final = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "BMP", "HEIF")
"""Pillow's names of the formats that are decoded in this process; its other plugins are never tried."""

READ_APART: Final = ("JPEG2000", "JXL")
"""Pillow's names of the formats that are decoded in a process of their own, by `gan.imaging.io.decode_apart`: rare ones
whose decoders promise neither how long they take nor how much memory. This process needs no opener for them."""

DECODED_WHOLE: Final = ("WEBP", "AVIF", "HEIF")
"""Those whose decoders cannot be interrupted: from `gan.limits.APART_PIXELS` on they are decoded there too."""

ALLOWED: Final = "JPEG, PNG, WebP, AVIF, TIFF, GIF, BMP, HEIC, JPEG 2000 and JPEG XL are read"

_LOSSLESS = ("png", "webp", "tiff")

LOSSY: Final = "Unmarked pixels change slightly in this format; PNG keeps them exactly"
"""Notice for Inpaint's formats that cannot keep known pixels exactly."""


class Encoding(Options):
    """Output format, quality and metadata of a file.

    Raises:
        InputError: a value out of range, bits that the format does not hold, or choices that contradict each other.
    """

    file_format: Annotated[Format, Option("of the file", alias="format")] = "png"
    quality: Annotated[int, Option("of JPEG, WebP, AVIF: 1 to 100", ge=1, le=100)] = 92
    lossless: Annotated[bool, Option("WebP without loss")] = False
    keep_exif: Annotated[bool, Option("keep EXIF without its location")] = False
    keep_location: Annotated[bool, Option("keep the location too")] = False
    bits: Annotated[Literal[8, 16] | None, Option("a channel; the picture's own by default, where the format can")] = (
        None
    )

    def model_post_init(self, _context: Any) -> None:
        if self.lossless and self.file_format not in _LOSSLESS:
            raise InputError(
                "lossless",
                "{format} is always lossy",
                "only {formats} can be lossless",
                "Choose one of these",
                format=self.file_format,
                formats=", ".join(_LOSSLESS),
            )
        if self.keep_location and not self.keep_exif:
            raise InputError(
                "keep_location",
                "the location is kept, but not the EXIF data that contains it",
                "the location is part of the EXIF data",
                "Keep the EXIF data too",
            )
        if self.bits == 16 and not self.details.deep:
            raise InputError(
                "bits",
                "{format} is written with 8 bits per channel",
                "{formats} can be written with 16",
                "Choose one of these",
                format=self.file_format,
                formats=", ".join(name for name, known in FORMATS.items() if known.deep),
            )

    @property
    def exact(self) -> bool:
        """True if decoding the written file gives the same pixels."""
        return self.file_format in ("png", "tiff") or self.lossless

    @classmethod
    def for_path(cls, path: str | Path, **options: Any) -> Encoding:
        """The encoding that a file's suffix asks for; `options` are the other fields.

        Raises:
            InputError: the suffix belongs to no format that can be written.
        """
        suffix = Path(path).suffix.lower()
        for name, known in FORMATS.items():
            if suffix in known.suffixes:
                return cls(file_format=name, **options)
        raise InputError(
            "output",
            "{name} does not have the extension of a format that can be written",
            "{suffixes} are allowed",
            "Use one of these extensions",
            name=Path(path).name,
            suffixes=", ".join(suffix for known in FORMATS.values() for suffix in known.suffixes),
        )

    @property
    def suffix(self) -> str:
        """With the dot, such as ".jpg"."""
        return self.details.suffixes[0]

    @property
    def mime(self) -> str:
        return self.details.mime

    @property
    def details(self) -> FileFormat:
        return FORMATS[self.file_format]
