"""More than 8 bits a channel, read and written as numpy's whole numbers: Pillow holds them in grey only.

Every value of 65535 survives the way to a float32 picture and back: k / 65535 lies within 2**-24 of itself, which is
far less than half a step. Pixels are written by FFmpeg and zlib, directories by Pillow.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import ExifTags, Image, PngImagePlugin, TiffImagePlugin, TiffTags
from torch import Tensor

from gan.imaging.io.icc import ToSrgb
from gan.imaging.io.pixels import Key
from gan.imaging.io.xmp import PNG_KEYWORD, TIFF_TAG
from gan.imaging.row_chunks import bands

Deep = npt.NDArray[np.uint16]
"""(H, W, C): grey, grey and opacity, RGB, or RGB and opacity; not premultiplied; in either byte order."""

_CONTIGUOUS, _LZW, _RGB, _PREMULTIPLIED = 1, 5, 2, 1


def read_deep(data: bytes, image: Image.Image) -> Deep | None:
    """Every bit of a PNG with colours or opacity, of an RGB TIFF, or of a HEIC, lying as Pillow's pixels.

    Args:
        data: the content of a file that has more than 8 bits a channel.
        image: the same as Pillow loaded it.

    Returns:
        65535 is white. None where this kind of file is not read so: CMYK, Lab, premultiplied opacity, or a compression
        that neither tifffile nor FFmpeg undoes.

    Raises:
        MemoryError: the picture is too large for the machine.
    """
    try:
        values = _READERS[image.format or ""](data, image)
    except MemoryError:
        raise
    except Exception:  # odd files raise whatever their fields lead to; what Pillow made of them is left
        return None
    return values if values is not None and values.shape[:2] == (image.height, image.width) else None


def upright(values: Deep, orientation: int) -> Deep:
    """A view that undoes an orientation of Exif 2.32, table 6."""
    if orientation >= 5:
        values = values.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    return values


def deep_to_tensors(values: Deep, convert: ToSrgb | None, key: Key) -> tuple[Tensor, Tensor | None]:
    """Colours and opacity, band by band.

    Args:
        values: upright.
        convert: brings the colours to sRGB; None where they are.
        key: the grey that means transparent.

    Returns:
        rgb (1, 3, H, W) and alpha (1, 1, H, W), float32 in [0, 1]: k becomes k / 65535. alpha is None where every
        pixel is opaque.
    """
    height_px, width_px, channels = values.shape
    curve = _grey_curve(convert) if convert is not None and channels < 3 else None
    rgb = torch.empty(1, 3, height_px, width_px)
    alpha: Tensor | None = None
    for rows in bands(height_px, width_px):
        band = values[rows].astype(np.uint16)
        opacity = _opacity(band, key)
        if opacity is not None and opacity.min() < 65535:
            if alpha is None:
                alpha = torch.ones(1, 1, height_px, width_px)
            alpha[0, 0, rows] = _unit(opacity)
        if channels >= 3:
            colours = _unit(band[..., :3]) if convert is None else _converted(band[..., :3], convert)
        else:
            colours = _unit(band[..., :1]) if curve is None else _along(curve, band[..., 0])
        rgb[0, :, rows] = colours.permute(2, 0, 1)
    return rgb, alpha


def to_deep(band: Tensor) -> npt.NDArray[np.uint16]:
    """(C, h, W) in [0, 1] to (h, W, C); a half is rounded up, what lies outside is clamped."""
    scaled = band.detach().mul(65535).add_(0.5).clamp_(0, 65535).to(torch.int32)
    array: npt.NDArray[np.uint16] = scaled.permute(1, 2, 0).numpy().astype(np.uint16)
    return array


def _png(data: bytes, image: Image.Image) -> Deep:
    return _decoded(data, "png")


def _heif(data: bytes, image: Image.Image) -> Deep | None:
    import pillow_heif

    if image.mode not in ("RGB", "RGBA"):
        return None
    file = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False, hdr_to_16bit=False)
    white = 2 ** image.info["bit_depth"] - 1
    stretched = np.round(np.arange(white + 1) * 65535 / white).astype(np.uint16)
    values: Deep = stretched[np.asarray(file)]
    return values


def _tiff(data: bytes, image: Image.Image) -> Deep | None:
    import tifffile

    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page: Any = file.pages[0]
        deep_rgb = page.photometric == _RGB and page.bitspersample == 16 and page.dtype == np.uint16
        if not deep_rgb or image.mode not in ("RGB", "RGBA") or _PREMULTIPLIED in page.extrasamples:
            return None
        if page.compression != _LZW:
            planes = page.asarray(squeeze=False)[:, 0]  # (C, H, W, 1), or (1, H, W, C)
            values: Deep = planes[0] if page.planarconfig == _CONTIGUOUS else np.moveaxis(planes[..., 0], 0, -1)
        elif page.planarconfig == _CONTIGUOUS and not page.is_tiled:
            values = _decoded(data, "tiff")
        else:
            return None
    # Pillow turns a TIFF while it loads it, and forgets the tag.
    turned = upright(values, page.tags.valueof(ExifTags.Base.Orientation, 1))
    return turned[..., : len(image.mode)]


def _decoded(data: bytes, codec: str) -> Deep:
    """FFmpeg's decoder: for PNG it is exact in every kind, for TIFF in strips of interleaved channels."""
    # Loading FFmpeg's libraries takes longer than starting the page should.
    import av

    context: Any = av.CodecContext.create(codec, "r")
    context.thread_count = 1
    frame = [*context.decode(av.Packet(data)), *context.decode(None)][0]
    channels, order = len(frame.format.components), frame.format.name[-2:]
    lines = np.frombuffer(frame.planes[0], {"be": ">u2", "le": "<u2"}[order]).reshape(frame.height, -1)
    return lines[:, : frame.width * channels].reshape(frame.height, frame.width, channels)


_READERS: dict[str, Callable[[bytes, Image.Image], Deep | None]] = {"PNG": _png, "TIFF": _tiff, "HEIF": _heif}


def _opacity(band: npt.NDArray[np.uint16], key: Key) -> npt.NDArray[np.uint16] | None:
    """(h, W), 65535 is opaque."""
    channels = band.shape[2]
    if channels in (2, 4):
        return band[..., -1]
    if channels == 1 and isinstance(key, int):
        return np.where(band[..., 0] == key, 0, 65535).astype(np.uint16)
    return None


def _unit(values: npt.NDArray[np.uint16]) -> Tensor:
    return torch.from_numpy(values.astype(np.float32)).div_(65535)


def _grey_curve(convert: ToSrgb) -> npt.NDArray[np.float64]:
    """(256, 3): what becomes of the greys. Pillow converts 8 bits only; between them 16-bit greys are interpolated."""
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    curve: npt.NDArray[np.float64] = np.array(convert(ramp), dtype=np.float64)[0] / 255
    return curve


def _along(curve: npt.NDArray[np.float64], grey: npt.NDArray[np.uint16]) -> Tensor:
    """(h, W) to (h, W, 3)."""
    steps = np.linspace(0, 65535, len(curve))
    return torch.from_numpy(np.stack([np.interp(grey, steps, channel) for channel in curve.T], -1).astype(np.float32))


def _converted(colours: npt.NDArray[np.uint16], convert: ToSrgb) -> Tensor:
    """(h, W, 3) to sRGB. Between the colours of 8 bits, which are all that Pillow converts, a colour is interpolated
    in the tetrahedron around it (Kasson et al., Performing color space conversions with three-dimensional linear
    interpolation, 1995): from the darker corner of its cell to the lighter, along the channels with the larger
    remainder first.
    """
    whole, rest = np.divmod(colours, np.uint16(257))
    corner = whole.astype(np.uint8)
    order = np.argsort(rest, axis=-1)[..., ::-1]
    ordered = np.take_along_axis(rest, order, -1).astype(np.float32) / 257
    weights = -np.diff(ordered, axis=-1, prepend=np.float32(1), append=np.float32(0))
    mixed = np.zeros(colours.shape, np.float32)
    for step in range(4):
        mixed += weights[..., step, None] * np.asarray(convert(Image.fromarray(corner)), np.float32)
        if step < 3:
            # Past 255 it wraps around, where the weight is 0.
            raised = np.take_along_axis(corner, order[..., step : step + 1], -1) + np.uint8(1)
            np.put_along_axis(corner, order[..., step : step + 1], raised, -1)
    return torch.from_numpy(mixed / 255)


LONGEST_PNG_PX = 1_000_000
"""libpng's own limit, above which most programs read no PNG, and below which FFmpeg writes every shape."""

_STRIP_BYTES = 2**18
_PNG_HEADER_BYTES = 33
_METERS_PER_INCH = 0.0254


def deep_png(
    rgb: Tensor,
    alpha: Tensor | None,
    profile: bytes,
    exif: bytes | None,
    xmp: bytes | None = None,
    dpi: tuple[float, float] | None = None,
) -> bytes:
    """A PNG of RGB, or RGBA where there is alpha, with 16 bits a channel.

    Args:
        rgb: (1, 3, H, W), in [0, 1]; what lies outside is clamped.
        alpha: (1, 1, H, W), in [0, 1].
        profile: the ICC profile to embed.
        exif: an EXIF block as Pillow makes it, or none.
        xmp: an XMP packet, or none.
        dpi: pixels an inch, across and down, or none.
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
    if dpi is not None:
        # FFmpeg writes one of its own, which tells of the pixels' shape.
        encoded = _without_chunk(encoded, b"pHYs")
        across, down = (round(value / _METERS_PER_INCH) for value in dpi)
        PngImagePlugin.putchunk(chunks, b"pHYs", struct.pack(">IIB", across, down, 1))
    return encoded[:_PNG_HEADER_BYTES] + chunks.getvalue() + encoded[_PNG_HEADER_BYTES:]


def deep_tiff(
    rgb: Tensor,
    alpha: Tensor | None,
    profile: bytes,
    exif: bytes | None,
    xmp: bytes | None = None,
    dpi: tuple[float, float] | None = None,
) -> bytes:
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
    if dpi is not None:
        directory[base.XResolution], directory[base.YResolution] = dpi
        directory[base.ResolutionUnit] = 2
    if alpha is not None:
        directory[TiffImagePlugin.EXTRASAMPLES] = 2  # not premultiplied
    buffer = io.BytesIO()
    directory.save(buffer)
    buffer.writelines(strips)
    return buffer.getvalue()


def _without_chunk(data: bytes, kind: bytes) -> bytes:
    position = _PNG_HEADER_BYTES
    while data[position + 4 : position + 8] not in (b"IDAT", b""):
        stop = position + 12 + int.from_bytes(data[position : position + 4], "big")
        if data[position + 4 : position + 8] == kind:
            return data[:position] + data[stop:]
        position = stop
    return data


def _band(rgb: Tensor, alpha: Tensor | None, rows: slice) -> Tensor:
    return rgb[0, :, rows] if alpha is None else torch.cat((rgb[0, :, rows], alpha[0, :, rows]))


def _add(directory: TiffImagePlugin.ImageFileDirectory_v2, block: bytes) -> None:
    exif = Image.Exif()
    exif.load(block)
    for tag in exif:
        directory[tag] = exif.get_ifd(tag) if tag in TiffTags.TAGS_V2_GROUPS else exif[tag]
