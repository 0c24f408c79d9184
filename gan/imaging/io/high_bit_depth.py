"""More than 8 bits a channel: Pillow holds them in grey only, so what is deep travels as numpy's whole numbers.

Every value of 65535 survives the way to a float32 picture and back: k / 65535 lies within 2**-24 of itself, which is
far less than half a step.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import ExifTags, Image
from torch import Tensor

from gan.imaging.io.icc import ToSrgb
from gan.imaging.io.pixels import Key
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
