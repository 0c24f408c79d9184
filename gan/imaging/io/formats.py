"""The formats a picture is written in, and the choices a user has in writing it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gan.core.errors import InputError


@dataclass(frozen=True)
class FileFormat:
    """What a format is called and can hold.

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


FORMATS = {
    "png": FileFormat("PNG", "image/png", (".png",), 2**31 - 1, deep=True),
    "jpeg": FileFormat("JPEG", "image/jpeg", (".jpg", ".jpeg", ".jpe", ".jfif"), 65500, alpha=False),
    "webp": FileFormat("WEBP", "image/webp", (".webp",), 16383),
    "avif": FileFormat("AVIF", "image/avif", (".avif",), 32768),
    "tiff": FileFormat("TIFF", "image/tiff", (".tif", ".tiff"), 2**31 - 1, deep=True),
}

_LOSSLESS = ("png", "webp", "tiff")

LOSSY: Final = "Unmarked pixels change slightly in this format; PNG keeps them exactly"
"""What a user of Inpaint is told of a format that cannot hold what must not move."""


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """How a picture becomes a file.

    Attributes:
        file_format: a key of `FORMATS`.
        quality: 1 to 100, for JPEG, WebP and AVIF.
        lossless: WebP without loss; PNG and TIFF always are.
        keep_exif: write the source's EXIF, without its location.
        keep_location: write the location too; only with `keep_exif`.
        bits: 8 or 16 a channel; None for the picture's own, where the format can. Only PNG and TIFF are written with
            16, colours, transparency, profile and EXIF alike.

    Raises:
        InputError: an unknown format, a quality out of range, bits that the format does not hold, or choices that
            contradict each other.
    """

    file_format: str = "png"
    quality: int = 92
    lossless: bool = False
    keep_exif: bool = False
    keep_location: bool = False
    bits: int | None = None

    def __post_init__(self) -> None:
        if self.file_format not in FORMATS:
            raise InputError(
                "format",
                "{got} is no format that can be written",
                "allowed are {formats}",
                "Choose one of these",
                got=self.file_format,
                formats=", ".join(FORMATS),
            )
        if not 1 <= self.quality <= 100:
            raise InputError("quality", "{got}", "1 to 100 is allowed", "Choose a number within", got=self.quality)
        if self.lossless and self.file_format not in _LOSSLESS:
            raise InputError(
                "lossless",
                "{format} always loses something",
                "{formats} can be written without loss",
                "Choose one of these",
                format=self.file_format,
                formats=", ".join(_LOSSLESS),
            )
        if self.keep_location and not self.keep_exif:
            raise InputError(
                "keep_location",
                "the location is to be kept without the EXIF that holds it",
                "it is kept with the EXIF only",
                "Keep the EXIF too",
            )
        if self.bits not in (None, 8, 16):
            raise InputError("bits", "{got}", "8 and 16 are allowed", "Choose one of these", got=self.bits)
        if self.bits == 16 and not self.details.deep:
            raise InputError(
                "bits",
                "{format} is written with 8 bits a channel",
                "{formats} can be written with 16",
                "Choose one of these",
                format=self.file_format,
                formats=", ".join(name for name, known in FORMATS.items() if known.deep),
            )

    @property
    def exact(self) -> bool:
        """Whether the pixels that are written are those that are read again."""
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
            "{name} does not end like a picture that can be written",
            "allowed are {suffixes}",
            "Give the file one of these endings",
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
