"""The colors of CMYK without a profile: offset printing on coated paper, from published solids and dot gain.

A file of ink percentages alone does not say what it looks like. Taken as the bare complements of red, green and blue
it turns neon; here it is taken as printed by ISO 12647-2:2004 (paper type 1, the condition that FOGRA39 describes, and
that SWOP and GRACoL come close to): the Neugebauer equations with the Yule-Nielsen factor over the Lab colors of
paper, inks and overprints, dots grown by the standard's tone value increase.

Sources: ISO 12647-2:2004, tables 2, 3 and 5; H. E. J. Neugebauer, Die theoretischen Grundlagen des Mehrfarbenbuchdrucks
(1937); J. A. C. Yule and W. J. Nielsen, The penetration of light into paper (1951).
"""

from __future__ import annotations

import functools
import itertools
import struct
from typing import Final

import numpy as np
import numpy.typing as npt

from gan.imaging.declared_colors import icc

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
    """An ICC profile (ICC.1:2001-04) from CMYK to Lab, relative to paper and darkest ink: no ink is white."""
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
