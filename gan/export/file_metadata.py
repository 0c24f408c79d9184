"""Read a file's metadata before its pixels are decoded; the format comes from the content, never from the name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, JpegImagePlugin

from gan.imaging.io.codec import decode
from gan.imaging.io.exif import read_exif
from gan.imaging.io.icc import to_srgb
from gan.imaging.io.source import open_source
from gan.imaging.picture import Picture

FORMAT_OF: Final = {
    "JPEG": "jpeg",
    "MPO": "jpeg",
    "PNG": "png",
    "WEBP": "webp",
    "AVIF": "avif",
    "TIFF": "tiff",
    "GIF": "gif",
    "BMP": "bmp",
    "HEIF": "heic",
    "JPEG2000": "jpeg2000",
    "JXL": "jxl",
}
"""Pillow's names of what is read, in the words of `gan.export.channels.FORMAT_NAMES`."""

SUFFIX_OF: Final = {
    "jpeg": ".jpg",
    "png": ".png",
    "webp": ".webp",
    "avif": ".avif",
    "tiff": ".tif",
    "gif": ".gif",
    "bmp": ".bmp",
    "heic": ".heic",
    "jpeg2000": ".jp2",
    "jxl": ".jxl",
}


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """Metadata of a picture file.

    Attributes:
        file_format: of `gan.export.channels.FORMAT_NAMES`, from the content; empty where it is none of them.
        bytes: length of the file.
        width_px, height_px: of the picture as it is shown, its orientation applied.
        mode: Pillow's, such as "RGB", "CMYK" or "P".
        color: "srgb" where the colours are sRGB in the words of some profile; "none" where there is no profile, which
            is shown as sRGB; "other" where a profile or the file's own fields (EXIF, nclx, cICP, gAMA) mean other
            colors, or the mode is neither RGB nor grey.
        frames: pictures or pages in it, counted up to `gan.limits.MOST_FRAMES`.
        quality: of a JPEG file, estimated as `jpeg_quality` does; None for other formats.
        quality_exact: whether the tables are exactly those of that quality.
        block_px: side of the blocks over which an edge spreads in its lossy format; 16 where colours are stored at half
            the size, 8 otherwise: a file without loss may have been a JPEG before.
        exif: whether it has an EXIF block.
        digital_source_type: IPTC's code, such as "trainedAlgorithmicMedia"; empty where there is none.
    """

    file_format: str
    bytes: int
    width_px: int
    height_px: int
    mode: str = "RGB"
    color: str = "none"
    frames: int = 1
    quality: int | None = None
    quality_exact: bool = False
    block_px: int = 8
    exif: bool = False
    digital_source_type: str = ""


def facts_of(source: str | Path | bytes, *, picture: Picture | None = None, field: str = "image") -> FileFacts:
    """Look at a file.

    Args:
        source: a path, or a file's content.
        picture: the same file decoded, where the caller has it; else it is decoded here.
        field: which input this is, for the error.

    Raises:
        InputError: as of `gan.imaging.io.codec.decode`.
    """
    data = source if isinstance(source, bytes) else None
    opened = open_source(source, field)
    known = picture or decode(source, field=field)
    quality, exact = jpeg_quality(opened.image)
    return FileFacts(
        file_format=FORMAT_OF.get(opened.file_format, ""),
        bytes=len(data) if data is not None else Path(str(source)).stat().st_size,
        width_px=known.width_px,
        height_px=known.height_px,
        mode=opened.image.mode,
        color="other" if opened.converted else _color(opened.image, opened.declared),
        frames=opened.frames,
        quality=quality,
        quality_exact=exact,
        block_px=_block(opened.image),
        exif=_has_exif(opened.image),
        digital_source_type=str(getattr(known, "source_type", "")),
    )


def jpeg_quality(image: Image.Image) -> tuple[int | None, bool]:
    """A JPEG file's quality on the scale of the Independent JPEG Group, from its quantization tables.

    The tables of ITU-T T.81, annex K, are scaled as libjpeg's `jpeg_quality_scaling` does for 1 to 100, and the
    nearest in the mean logarithm of the steps is taken. Cameras and editors that have tables of their own get the
    quality whose steps are about as coarse.

    Returns:
        The quality and whether the tables are exactly those; (None, False) for what is no JPEG.
    """
    tables = getattr(image, "quantization", None)
    if not tables or FORMAT_OF.get(image.format or "") != "jpeg":
        return None, False
    found = np.array([sorted(tables[key]) for key in sorted(tables)[:2]], dtype=np.float64)  # (1 or 2, 64)
    if found.shape[-1] != 64:
        return None, False
    expected = _scaled_tables()[:, : len(found)]  # (100, 1 or 2, 64)
    distance = np.abs(np.log2(expected) - np.log2(np.maximum(found, 1))).mean(axis=(1, 2))
    best = int(distance.argmin())
    return best + 1, bool(distance[best] == 0)


def _scaled_tables() -> npt.NDArray[np.float64]:
    """(100, 2, 64): the sorted steps of luminance and chrominance at quality 1 to 100."""
    quality = np.arange(1, 101)
    scale = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)[:, None, None]
    tables = np.array([sorted(_LUMINANCE), sorted(_CHROMINANCE)])[None]
    scaled: npt.NDArray[np.float64] = np.clip((tables * scale + 50) // 100, 1, 255).astype(np.float64)
    return scaled


def _block(image: Image.Image) -> int:
    if image.format in ("WEBP", "AVIF", "HEIF"):
        return 16
    # Pillow says -1 for what is no JPEG, and for one of grey values.
    return 16 if JpegImagePlugin.get_sampling(image) in (1, 2) else 8


def _color(image: Image.Image, declared: bytes | None) -> str:
    if image.mode in ("CMYK", "LAB", "HSV", "YCbCr"):
        return "other"
    try:
        if to_srgb(image, declared) is not None:
            return "other"
    except Exception:  # as in `gan.imaging.io.codec.decode`: a profile of anyone's making
        return "none"
    return "srgb" if image.info.get("icc_profile") else "none"


def _has_exif(image: Image.Image) -> bool:
    try:
        return read_exif(image)[0] is not None
    except Exception:  # the same for EXIF
        return True


_LUMINANCE: Final = (
    *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29),
    *(51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121),
    *(120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMINANCE: Final = (
    *(17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99),
    *((99,) * 36),
)
