"""Pillow's pixels to tensors and back, in bands of rows: beside the two pictures only a band is in memory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from gan.imaging.io.icc import ToSrgb
from gan.imaging.row_chunks import bands

DEEP_GREY_MODES = ("I", "I;16", "I;16L", "I;16B", "I;16N")
"""Modes whose whole numbers are read as 0 to 65535."""

Key = int | tuple[int, ...] | None
"""The one colour that means transparent, in the units of the image's pixels."""


def to_tensors(image: Image.Image, convert: ToSrgb | None, key: Key) -> tuple[Tensor, Tensor | None]:
    """Colours and opacity of an upright, loaded image.

    Args:
        image: any of Pillow's modes of 8 bits a channel.
        convert: brings its colours to sRGB; None where they are.
        key: the colour that means transparent, for images without an alpha channel.

    Returns:
        rgb (1, 3, H, W) and alpha (1, 1, H, W), float32 in [0, 1]: k becomes k / 255.
        alpha is None where every pixel is opaque.
    """
    width_px, height_px = image.size
    rgb = torch.empty(1, 3, height_px, width_px)
    alpha: Tensor | None = None
    for rows in bands(height_px, width_px):
        band = image.crop((0, rows.start, width_px, rows.stop))
        opacity = _opacity(band, key)
        if opacity is not None and int(opacity.min()) < 255:
            if alpha is None:
                alpha = torch.ones(1, 1, height_px, width_px)
            alpha[0, 0, rows] = _unit(opacity)
        rgb[0, :, rows] = _unit(_colours(band, convert)).permute(2, 0, 1)
    return rgb, alpha


def to_image(rgb: Tensor, alpha: Tensor | None) -> Image.Image:
    """8-bit RGB, or RGBA where there is alpha; a half is rounded up, so that k / 255 becomes k.

    Args:
        rgb: (1, 3, H, W), in [0, 1]; what lies outside is clamped.
        alpha: (1, 1, H, W), in [0, 1].
    """
    height_px, width_px = rgb.shape[2:]
    image = Image.new("RGB" if alpha is None else "RGBA", (width_px, height_px))
    for rows in bands(height_px, width_px):
        band = rgb[0, :, rows] if alpha is None else torch.cat((rgb[0, :, rows], alpha[0, :, rows]))
        image.paste(Image.fromarray(_bytes(band)), (0, rows.start))
    return image


def to_image_on_white(rgb: Tensor, alpha: Tensor | None) -> Image.Image:
    """8-bit RGB for formats without transparency: the colours over white, blended as they are encoded."""
    if alpha is None:
        return to_image(rgb, None)
    height_px, width_px = rgb.shape[2:]
    image = Image.new("RGB", (width_px, height_px))
    for rows in bands(height_px, width_px):
        opacity = alpha[0, :, rows]
        image.paste(Image.fromarray(_bytes(rgb[0, :, rows] * opacity + (1 - opacity))), (0, rows.start))
    return image


def _bytes(band: Tensor) -> npt.NDArray[np.uint8]:
    # (C, h, W) -> (h, W, C)
    scaled = band.detach().mul(255).add_(0.5).clamp_(0, 255).to(torch.uint8)
    array: npt.NDArray[np.uint8] = scaled.permute(1, 2, 0).contiguous().numpy()
    return array


def _unit(values: npt.NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(values).to(torch.float32).div_(255)


def _colours(band: Image.Image, convert: ToSrgb | None) -> npt.NDArray[np.uint8]:
    """(h, W, 3) in sRGB."""
    if band.mode in ("La", "RGBa"):
        band = band.convert(band.mode.upper())
    if band.mode in ("P", "PA"):
        band = band.convert("RGBA")
    if band.mode in ("LA", "RGBA"):
        band = band.convert(band.mode.removesuffix("A"))
    if convert is not None:
        band = convert(band)
    return np.array(band if band.mode == "RGB" else band.convert("RGB"))


def _opacity(band: Image.Image, key: Key) -> npt.NDArray[np.uint8] | None:
    """(h, W), 255 is opaque; None where the mode has no transparency."""
    if band.mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        return np.array(band.getchannel("A" if band.mode.endswith("A") else "a"))
    if band.mode == "P" and "transparency" in band.info:
        return np.array(band.convert("RGBA").getchannel("A"))
    if key is None:
        return None
    values = np.array(band.convert("L") if band.mode == "1" else band)
    transparent = values == np.asarray(key)
    return np.where(transparent.all(axis=-1) if transparent.ndim == 3 else transparent, 0, 255).astype(np.uint8)
