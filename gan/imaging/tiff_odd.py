"""TIFF kinds that Pillow cannot open: CMYK with transparency, and Lab of 16 bits."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from gan.imaging.io.icc import cmyk_to_srgb
from gan.imaging.row_chunks import bands
from gan.imaging.tiff_header import CIELAB, CMYK, ICCLAB, TiffPage

_PREMULTIPLIED, _STRAIGHT = 1, 2
_D50_TO_LINEAR_SRGB = np.array(
    [[3.1338561, -1.6168667, -0.4906146], [-0.9787684, 1.9161415, 0.0334540], [0.0719453, -0.2289914, 1.4052427]]
)
"""Bruce Lindbloom's matrix: XYZ of D50, adapted to D65 by Bradford's, to linear sRGB."""
_D50 = np.array([0.9642, 1.0, 0.8249])


def is_odd(page: TiffPage) -> bool:
    """Whether a page is of one of these kinds."""
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
