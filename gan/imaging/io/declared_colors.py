"""Colors that a file declares without an ICC profile, as the profile that says the same.

EXIF (Exif 2.32, ColorSpace and the interoperability index "R03" of DCF 2.0), PNG's cICP, sRGB, gAMA and cHRM (in this
order, PNG third edition, 11.3.2), and the code points of ITU-T H.273 that HEIF, AVIF and cICP share.
"""

from __future__ import annotations

import functools
import struct
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image

Curve = tuple[str, float]
"""A transfer function's name, and its exponent where it is a power."""


class Primaries(NamedTuple):
    """Chromaticities x, y (CIE 1931)."""

    red: tuple[float, float]
    green: tuple[float, float]
    blue: tuple[float, float]
    white: tuple[float, float]


_D65, _C = (0.3127, 0.3290), (0.310, 0.316)
SRGB: Final = Primaries((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), _D65)
ADOBE_RGB: Final = Primaries((0.64, 0.33), (0.21, 0.71), (0.15, 0.06), _D65)
ADOBE_CURVE: Final[Curve] = ("power", 563 / 256)
SRGB_CURVE: Final[Curve] = ("srgb", 0.0)

_H273_PRIMARIES: Final = {
    1: SRGB,
    4: Primaries((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), _C),
    5: Primaries((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65),
    6: Primaries((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    7: Primaries((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    9: Primaries((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    11: Primaries((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),
    12: Primaries((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
    22: Primaries((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), _D65),
}
_H273_CURVES: Final[dict[int, Curve]] = {
    # Pictures with the transfers of video are shown as sRGB, whose screens they were made on (BT.709, 601, 2020).
    **dict.fromkeys((1, 2, 6, 11, 12, 13, 14, 15), SRGB_CURVE),
    4: ("power", 2.2),
    5: ("power", 2.8),
    8: ("power", 1.0),
    16: ("pq", 0.0),
    17: ("power", 2.6),
    18: ("hlg", 0.0),
}

NEARLY_SRGB = 0.02
"""A power between 2.2 less this and 2.2 more is the sRGB curve of those who can say only a power (libpng's habit)."""

_CURVE_STEPS = 4096
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_REFERENCE_WHITE = 203.0
"""Nits of diffuse white in a picture of high dynamic range (ITU-R BT.2408); what is brighter is cut."""


def of_h273(primaries: int, transfer: int) -> bytes | None:
    """The profile of two code points; None for sRGB, and for what is reserved or unspecified."""
    return profile(_H273_PRIMARIES.get(primaries, SRGB), _H273_CURVES.get(transfer, SRGB_CURVE))


def of_png(chunks: dict[bytes, bytes], *, grey: bool) -> bytes | None:
    """The profile of a PNG's color chunks, as `gan.imaging.io.png_header` reads them; None for sRGB.

    Args:
        grey: whether the picture is: then only the curve counts, and white stays white.
    """
    code = chunks.get(b"cICP", b"")
    if len(code) == 4:
        return of_h273(code[0], code[1])
    if b"sRGB" in chunks:
        return None
    curve, primaries = SRGB_CURVE, SRGB
    if len(chunks.get(b"gAMA", b"")) == 4:
        value = int.from_bytes(chunks[b"gAMA"], "big") / 100_000
        if 0.1 <= value <= 10:
            curve = ("power", 1 / value)
    if len(chunks.get(b"cHRM", b"")) == 32 and not grey:
        white, red, green, blue = np.frombuffer(chunks[b"cHRM"], ">u4").reshape(4, 2) / 100_000
        primaries = Primaries(*(tuple(map(float, point)) for point in (red, green, blue, white)))  # type: ignore[arg-type]
    return profile(primaries, curve)


def of_exif(image: Image.Image) -> bytes | None:
    """The profile that EXIF means: Adobe RGB, or None for sRGB and for what it leaves open.

    Raises:
        Exception: whatever Pillow raises for a block that is broken.
    """
    exif = image.getexif()
    details = exif.get_ifd(ExifTags.IFD.Exif)
    space = details.get(ExifTags.Base.ColorSpace)
    index = exif.get_ifd(ExifTags.IFD.Interop).get(1, "") if ExifTags.IFD.Interop in details else ""
    text = index.decode("ascii", "replace") if isinstance(index, bytes) else str(index)
    if space == 2 or (space == 65535 and text.rstrip("\0 ") == "R03"):
        return profile(ADOBE_RGB, ADOBE_CURVE)
    return None


@functools.lru_cache(maxsize=16)
def profile(primaries: Primaries, curve: Curve) -> bytes | None:
    """A matrix profile (ICC.1:2001-04) of chromaticities and a transfer function; None for sRGB, or for nonsense."""
    name, exponent = curve
    srgb_curve = name == "srgb" or (name == "power" and abs(exponent - 2.2) <= NEARLY_SRGB)
    apart = max(abs(a - b) for own, other in zip(primaries, SRGB, strict=True) for a, b in zip(own, other, strict=True))
    if srgb_curve and apart < 0.002:
        return None
    matrix = _to_d50(primaries)
    if matrix is None:
        return None
    response = _curve(name, exponent)
    tags = {b"desc": _text(), b"cprt": b"text\0\0\0\0CC0\0", b"wtpt": _xyz(_D50)}
    for letter, column in zip((b"r", b"g", b"b"), matrix.T, strict=True):
        tags[letter + b"XYZ"] = _xyz(column)
        tags[letter + b"TRC"] = response
    return icc(b"mntr", b"RGB ", b"XYZ ", tags)


def icc(device: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A profile's bytes: header, table and tags (ICC.1:2001-04, section 6).

    Args:
        device: class, such as b"mntr".
        space: of the picture's colors, such as b"RGB ".
        connection: b"XYZ " or b"Lab ".
    """
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    size = 128 + len(table) + len(body)
    head = struct.pack(">I4sI4s4s4s12s4s", size, bytes(4), 0x02400000, device, space, connection, bytes(12), b"acsp")
    head = head.ljust(68, b"\0") + struct.pack(">3i", *(round(value * 65536) for value in _D50))
    return head.ljust(128, b"\0") + table + body


def _to_d50(primaries: Primaries) -> npt.NDArray[np.float64] | None:
    """(3, 3), columns are the XYZ of red, green and blue, adapted to D50 by Bradford's matrix."""
    points = np.array(primaries, dtype=np.float64)  # (4, 2)
    if not np.isfinite(points).all() or (points[:, 1] < 1e-4).any():
        return None
    columns = np.stack([points[:, 0] / points[:, 1], np.ones(4), (1 - points.sum(1)) / points[:, 1]])  # (3, 4)
    colors, white = columns[:, :3], columns[:, 3]
    if abs(np.linalg.det(colors)) < 1e-6:
        return None
    cones = _BRADFORD @ white
    if (cones < 1e-3).any():
        return None
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(_BRADFORD @ _D50 / cones) @ _BRADFORD
    matrix: npt.NDArray[np.float64] = adapted @ colors @ np.diag(np.linalg.solve(colors, white))
    return matrix if np.abs(matrix).max() < 16 else None


def _curve(name: str, exponent: float) -> bytes:
    if name == "power" and 1 / 256 <= exponent < 16 and abs(exponent * 256 - round(exponent * 256)) < 1e-6:
        return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(exponent * 256))
    signal = np.linspace(0, 1, _CURVE_STEPS)
    light = {"power": _power, "srgb": _srgb, "pq": _pq, "hlg": _hlg}[name](signal, exponent)
    values = np.round(light.clip(0, 1) * 65535).astype(">u2")
    return b"curv\0\0\0\0" + struct.pack(">I", _CURVE_STEPS) + values.tobytes()


def _power(signal: npt.NDArray[np.float64], exponent: float) -> npt.NDArray[np.float64]:
    return np.asarray(signal**exponent)


def _srgb(signal: npt.NDArray[np.float64], _: float) -> npt.NDArray[np.float64]:
    """IEC 61966-2-1."""
    return np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)


def _pq(signal: npt.NDArray[np.float64], _: float) -> npt.NDArray[np.float64]:
    """SMPTE ST 2084, with diffuse white at 1."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    root = signal ** (1 / m2)
    return np.asarray((np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1) * 10_000 / _REFERENCE_WHITE)


def _hlg(signal: npt.NDArray[np.float64], _: float) -> npt.NDArray[np.float64]:
    """ITU-R BT.2100 with the system gamma of a screen of 1,000 nits, and diffuse white, at a signal of 0.75, at 1."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073

    def light(value: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.where(value <= 0.5, value**2 / 3, (np.exp((value - c) / a) + b) / 12) ** 1.2

    return np.asarray(light(signal) / light(np.array(0.75)))


def _xyz(values: npt.NDArray[np.float64]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(float(value) * 65536) for value in values))


def _text() -> bytes:
    name = b"as the file declares\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + bytes(78)
