"""ICC profiles: embedded ones are converted to sRGB, and sRGB is what is embedded."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageCms

ToSrgb = Callable[[Image.Image], Image.Image]
"""Converts an image without transparency, of any size, from one profile to sRGB; the result has mode RGB."""

_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}
_CREATED = slice(24, 36)  # of the header: date and time (ICC.1:2022, 7.2.8)


def to_srgb(image: Image.Image) -> ToSrgb | None:
    """The way from an image's embedded profile to sRGB: relative colorimetric, black point compensated.

    None where there is no profile, or where it moves no colour by more than one step of 255: pictures that are sRGB
    in the words of another vendor keep their values.

    Raises:
        ImageCms.PyCMSError, OSError, ValueError: the profile is broken, or not made for the image's colours.
    """
    if image.mode == "LAB":
        return _transform(ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")), "LAB")
    embedded = image.info.get("icc_profile")
    if not embedded:
        return None
    profile = ImageCms.ImageCmsProfile(io.BytesIO(embedded))
    mode = _MODES.get(profile.profile.xcolor_space.strip())
    if mode is None or (mode == "CMYK") != (image.mode == "CMYK") or (mode == "L" and not _is_grey(image)):
        raise ValueError("the profile describes other colours than the picture has")
    convert = _transform(profile, mode)
    return None if mode != "CMYK" and _changes_nothing(convert) else convert


@functools.cache
def srgb_profile() -> bytes:
    """The profile to embed. Its date is fixed, so that the same picture gives the same file on every day."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data[_CREATED] = np.array([2000, 1, 1, 0, 0, 0], dtype=">u2").tobytes()
    return bytes(data)


def _transform(profile: ImageCms.ImageCmsProfile, mode: str) -> ToSrgb:
    transform = ImageCms.buildTransform(
        profile,
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )

    def convert(image: Image.Image) -> Image.Image:
        source = image if image.mode == mode else image.convert(mode)
        converted = ImageCms.applyTransform(source, transform)
        if converted is None:  # only an in-place transform gives none
            raise ValueError("the profile gave no picture")
        return converted

    return convert


def _is_grey(image: Image.Image) -> bool:
    return image.mode in ("1", "L", "LA", "La") or image.mode.startswith("I")


def _changes_nothing(convert: ToSrgb) -> bool:
    steps = np.linspace(0, 255, 16).round().astype(np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(64, 64, 3)
    probe = Image.fromarray(colours)
    grey = np.asarray(convert(Image.fromarray(np.arange(256, dtype=np.uint8)[None])), dtype=np.int16)
    if np.abs(grey - np.arange(256)[None, :, None]).max() > 1:
        return False
    return bool(np.abs(np.asarray(convert(probe), dtype=np.int16) - colours).max() <= 1)
