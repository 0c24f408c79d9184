"""ICC profiles: embedded and declared ones are converted to sRGB, sRGB is embedded, CMYK without one gets a default."""

from __future__ import annotations

import functools
import io
import itertools
import struct
from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from gan.imaging.io.declared_colors import icc

ToSrgb = Callable[[Image.Image], Image.Image]
"""Converts an image without transparency, of any size, from one profile to sRGB; the result has mode RGB."""

_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}
_CREATED = slice(24, 36)  # of the header: date and time (ICC.1:2022, 7.2.8)


def to_srgb(image: Image.Image, declared: bytes | None = None) -> ToSrgb | None:
    """The way from an image's profile to sRGB: relative colorimetric, black point compensated.

    None where there is no profile, or where it moves no colour by more than one step of 255: pictures that are sRGB
    in the words of another vendor keep their values. CMYK without a profile gets the default one.

    Args:
        declared: the profile of what the file says without embedding one (`gan.imaging.io.declared_colors`).

    Raises:
        ImageCms.PyCMSError, OSError, ValueError: the profile is broken, or not made for the image's colours.
    """
    if image.mode == "LAB":
        return _transform(ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")), "LAB")
    embedded = image.info.get("icc_profile") or (declared if image.mode != "CMYK" else None)
    if not embedded:
        return cmyk_to_srgb(None)[0] if image.mode == "CMYK" else None
    profile = ImageCms.ImageCmsProfile(io.BytesIO(embedded))
    mode = _MODES.get(profile.profile.xcolor_space.strip())
    if mode is None or (mode == "CMYK") != (image.mode == "CMYK") or (mode == "L" and not _is_grey(image)):
        raise ValueError("the profile describes other colours than the picture has")
    convert = _transform(profile, mode)
    return None if mode != "CMYK" and _changes_nothing(convert) else convert


def cmyk_to_srgb(embedded: bytes | None) -> tuple[ToSrgb, bool]:
    """The way from CMYK to sRGB, and whether the default profile had to be taken: there was none, or a broken one."""
    if embedded:
        try:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(embedded))
            if _MODES.get(profile.profile.xcolor_space.strip()) == "CMYK":
                return _transform(profile, "CMYK"), False
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return _transform(ImageCms.ImageCmsProfile(io.BytesIO(default_cmyk_profile())), "CMYK"), True


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


GRID: Final = 11
"""Steps of each ink in the table; between them lcms interpolates."""

YULE_NIELSEN: Final = 1.8
GAIN: Final = 0.13
"""Tone value increase at half a tone (curve A; black's is a little more)."""
BLACK_GAIN: Final = 0.16

_SOLIDS: Final[dict[tuple[int, int, int], tuple[float, float, float]]] = {
    (0, 0, 0): (95.0, 0.0, -2.0),
    (1, 0, 0): (55.0, -37.0, -50.0),
    (0, 1, 0): (48.0, 74.0, -3.0),
    (0, 0, 1): (89.0, -5.0, 93.0),
    (0, 1, 1): (47.0, 68.0, 48.0),
    (1, 0, 1): (50.0, -68.0, 33.0),
    (1, 1, 0): (24.0, 17.0, -46.0),
    (1, 1, 1): (23.0, 0.0, 0.0),
}
"""Lab (D50) of the solid cyan, magenta and yellow and of their overprints, on black backing as the standard says."""

_BLACK = (16.0, 0.0, 0.0)
_UNDER_BLACK = 0.35
"""What black lets through of what lies below it, as a share of black on bare paper: overprints are darker still."""

_D50 = np.array([0.9642, 1.0, 0.8249])


@functools.cache
def default_cmyk_profile() -> bytes:
    """Offset printing on coated paper as an ICC profile (ICC.1:2001-04) from CMYK to Lab; no ink at all is white.

    A file of ink percentages alone does not say what it looks like. Taken as the bare complements of red, green and
    blue it turns neon; here it is taken as printed by ISO 12647-2:2004 (paper type 1, the condition that FOGRA39
    describes, and that SWOP and GRACoL come close to), dots grown by the standard's tone value increase: tables 2, 3
    and 5. Neugebauer equations (H. E. J. Neugebauer, Die theoretischen Grundlagen des Mehrfarbenbuchdrucks, 1937) with
    the Yule-Nielsen factor (J. A. C. Yule and W. J. Nielsen, The penetration of light into paper, 1951) over the Lab
    colors of paper, inks and overprints.
    """
    axis = np.linspace(0, 1, GRID)
    inks = np.stack(np.meshgrid(axis, axis, axis, axis, indexing="ij"), -1).reshape(-1, 4)
    # Black point compensation is in the table: all inks at once are black.
    xyz, paper, black = (_printed(amounts) for amounts in (inks, np.zeros((1, 4)), np.ones((1, 4))))
    lab = _lab(((xyz - black) / (paper - black)).clip(0) * _D50)
    # lut16Type's Lab: L of 100 is 0xFF00, a and b of 0 are 0x8000.
    coded = np.stack([lab[:, 0] / 100 * 65280, *((lab[:, 1:].T + 128) * 256)], 1).round().clip(0, 65535)
    identity = struct.pack(">9i", *(65536 if i % 4 == 0 else 0 for i in range(9)))
    ramp = struct.pack(">2H", 0, 65535)
    table = b"mft2\0\0\0\0" + bytes([4, 3, GRID, 0]) + identity + struct.pack(">2H", 2, 2)
    table += ramp * 4 + coded.astype(">u2").tobytes() + ramp * 3
    name = b"CMYK on coated paper\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + bytes(78),
        b"cprt": b"text\0\0\0\0CC0\0",
        b"wtpt": b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(float(value) * 65536) for value in _D50)),
        b"A2B0": table,
    }
    return icc(b"prtr", b"CMYK", b"Lab ", tags)


def _printed(inks: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Amounts of ink (N, 4) in [0, 1] to XYZ (N, 3)."""
    gains = np.array([GAIN, GAIN, GAIN, BLACK_GAIN])
    area = inks + 4 * gains * inks * (1 - inks)
    total = np.zeros((len(inks), 3))
    for solid in itertools.product((0, 1), repeat=4):
        # Demichel's equations: the chance that a point has exactly these inks.
        share = np.prod(np.where(np.array(solid) == 1, area, 1 - area), axis=1, keepdims=True)
        total += share * _solid(solid) ** (1 / YULE_NIELSEN)
    return np.asarray(total**YULE_NIELSEN)


def _solid(inks: tuple[int, ...]) -> npt.NDArray[np.float64]:
    below = _xyz(_SOLIDS[inks[0], inks[1], inks[2]])
    if not inks[3]:
        return below
    paper = _xyz(_SOLIDS[0, 0, 0])
    through = _UNDER_BLACK + (1 - _UNDER_BLACK) * below / paper
    return _xyz(_BLACK) * through


def _xyz(lab: tuple[float, float, float]) -> npt.NDArray[np.float64]:
    """CIE 15:2004, D50."""
    y = (lab[0] + 16) / 116
    f = np.array([y + lab[1] / 500, y, y - lab[2] / 200])
    return np.asarray(np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * _D50)


def _lab(xyz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    ratio = xyz / _D50
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], 1)
