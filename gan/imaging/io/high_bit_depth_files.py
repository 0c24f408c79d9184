"""PNG and TIFF of 16 bits a channel, which Pillow does not write: pixels by FFmpeg and zlib, directories by Pillow."""

from __future__ import annotations

import io
import zlib
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from PIL import ExifTags, Image, PngImagePlugin, TiffImagePlugin, TiffTags
from torch import Tensor

from gan.imaging.io.high_bit_depth import to_deep
from gan.imaging.io.xmp import PNG_KEYWORD, TIFF_TAG
from gan.imaging.row_chunks import bands

LONGEST_PNG_PX = 1_000_000
"""libpng's own limit, above which most programs read no PNG, and below which FFmpeg writes every shape."""

_STRIP_BYTES = 2**18
_PNG_HEADER_BYTES = 33


def deep_png(rgb: Tensor, alpha: Tensor | None, profile: bytes, exif: bytes | None, xmp: bytes | None = None) -> bytes:
    """A PNG of RGB, or RGBA where there is alpha, with 16 bits a channel.

    Args:
        rgb: (1, 3, H, W), in [0, 1]; what lies outside is clamped.
        alpha: (1, 1, H, W), in [0, 1].
        profile: the ICC profile to embed.
        exif: an EXIF block as Pillow makes it, or none.
        xmp: an XMP packet, or none.
    """
    # Loading FFmpeg's libraries takes longer than starting the page should.
    import av

    height_px, width_px = rgb.shape[2:]
    context: Any = av.CodecContext.create("png", "w")
    context.width, context.height = width_px, height_px
    context.pix_fmt = "rgb48be" if alpha is None else "rgba64be"
    context.time_base = context.sample_aspect_ratio = Fraction(1)
    context.options = {"pred": "paeth"}
    frame: Any = av.VideoFrame(width_px, height_px, context.pix_fmt)
    lines = np.frombuffer(frame.planes[0], ">u2").reshape(height_px, -1)
    for rows in bands(height_px, width_px):
        pixels = to_deep(_band(rgb, alpha, rows))
        lines[rows, : pixels.shape[1] * pixels.shape[2]] = pixels.reshape(len(pixels), -1)
    encoded = b"".join(map(bytes, [*context.encode(frame), *context.encode(None)]))

    chunks = io.BytesIO()
    PngImagePlugin.putchunk(chunks, b"iCCP", b"ICC Profile\0\0", zlib.compress(profile))
    if exif is not None:
        PngImagePlugin.putchunk(chunks, b"eXIf", exif.removeprefix(b"Exif\0\0"))
    if xmp is not None:
        # Neither compressed, nor of a language, nor translated.
        PngImagePlugin.putchunk(chunks, b"iTXt", PNG_KEYWORD.encode(), bytes(5), xmp)
    return encoded[:_PNG_HEADER_BYTES] + chunks.getvalue() + encoded[_PNG_HEADER_BYTES:]


def deep_tiff(rgb: Tensor, alpha: Tensor | None, profile: bytes, exif: bytes | None, xmp: bytes | None = None) -> bytes:
    """A TIFF of RGB, or RGBA where there is alpha, with 16 bits a channel: TIFF 6.0 with deflate and the horizontal
    predictor. The arguments are those of `deep_png`.
    """
    height_px, width_px = rgb.shape[2:]
    channels = 3 if alpha is None else 4
    directory = TiffImagePlugin.ImageFileDirectory_v2()
    if exif is not None:
        _add(directory, exif)
    if xmp is not None:
        directory[TIFF_TAG] = xmp
    rows_per_strip = min(height_px, max(1, _STRIP_BYTES // (2 * channels * width_px)))
    strips = []
    for top in range(0, height_px, rows_per_strip):
        pixels = to_deep(_band(rgb, alpha, slice(top, min(top + rows_per_strip, height_px))))
        pixels[:, 1:] -= pixels[:, :-1]
        strips.append(zlib.compress(pixels.astype("<u2").tobytes()))
    counts = [len(strip) for strip in strips]
    # Pillow adds to the offsets where the strips begin.
    offsets = np.cumsum([0, *counts[:-1]]).tolist()
    base = ExifTags.Base
    directory[base.ImageWidth], directory[base.ImageLength] = width_px, height_px
    directory[base.BitsPerSample] = (16,) * channels
    directory[base.Compression] = 8
    directory[base.PhotometricInterpretation] = 2
    directory[base.SamplesPerPixel] = channels
    directory[base.RowsPerStrip] = rows_per_strip
    directory[base.PlanarConfiguration] = 1
    directory[base.Predictor] = 2
    directory[base.InterColorProfile] = profile
    for tag, numbers in ((base.StripOffsets, offsets), (base.StripByteCounts, counts)):
        directory[tag] = tuple(numbers)
        directory.tagtype[tag] = TiffTags.LONG
    if alpha is not None:
        directory[TiffImagePlugin.EXTRASAMPLES] = 2  # not premultiplied
    buffer = io.BytesIO()
    directory.save(buffer)
    buffer.writelines(strips)
    return buffer.getvalue()


def _band(rgb: Tensor, alpha: Tensor | None, rows: slice) -> Tensor:
    return rgb[0, :, rows] if alpha is None else torch.cat((rgb[0, :, rows], alpha[0, :, rows]))


def _add(directory: TiffImagePlugin.ImageFileDirectory_v2, block: bytes) -> None:
    exif = Image.Exif()
    exif.load(block)
    for tag in exif:
        directory[tag] = exif.get_ifd(tag) if tag in TiffTags.TAGS_V2_GROUPS else exif[tag]
