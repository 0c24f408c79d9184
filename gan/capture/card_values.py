"""Colors of the 24-patch card, and CIE L*a*b* under D50 from and to linear sRGB.

Source of the values: X-Rite, "New color specifications for ColorChecker SG and Classic charts" (2016), CIE L*a*b* under
D50, 2 degrees, for cards made after November 2014 and before it, as published with colour-science's data sets.
Matrices: IEC 61966-2-1 for sRGB; Bradford's adaptation from D65 to D50.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

Array = np.ndarray[Any, Any]

COLUMNS, ROWS = 6, 4

NAMES: Final = (
    *("dark skin", "light skin", "blue sky", "foliage", "blue flower", "bluish green"),
    *("orange", "purplish blue", "moderate red", "purple", "yellow green", "orange yellow"),
    *("blue", "green", "red", "yellow", "magenta", "cyan"),
    *("white", "neutral 8", "neutral 6.5", "neutral 5", "neutral 3.5", "black"),
)
"""Row by row, the card upright: the grays are its lowest row."""

NEUTRAL: Final = slice(18, 24)

_NEW = """
37.54 14.37 14.92   64.66 19.27 17.5    49.32 -3.82 -22.54  43.46 -12.74 22.72  54.94 9.61 -24.79   70.48 -32.26 -0.37
62.73 35.83 56.5    39.43 10.75 -45.17  50.57 48.64 16.67   30.1 22.54 -20.87   71.77 -24.13 58.19  71.51 18.24 67.37
28.37 15.42 -49.8   54.38 -39.72 32.27  42.43 51.05 28.62   81.8 2.67 80.41     50.63 51.28 -14.12  49.57 -29.71 -28.32
95.19 -1.03 2.93    81.29 -0.57 0.44    66.89 -0.75 -0.06   50.76 -0.13 0.14    35.63 -0.46 -0.48   20.64 0.07 -0.46
"""

_OLD = """
37.986 13.555 14.059  65.711 18.13 17.81  49.927 -4.88 -21.905  43.139 -13.095 21.905  55.112 8.844 -25.399
70.719 -33.397 -0.199
62.661 36.067 57.096  40.02 10.41 -45.964  51.124 48.239 16.248  30.325 22.976 -21.587  72.532 -23.709 57.255
71.941 19.363 67.857
28.778 14.179 -50.297  55.261 -38.342 31.37  42.101 53.378 28.19  81.733 4.039 79.819  51.935 49.986 -14.574
51.038 -28.631 -28.638
96.539 -0.425 1.186  81.257 -0.638 -0.335  66.766 -0.734 -0.504  50.867 -0.153 -0.27  35.656 -0.421 -1.231
20.461 -0.079 -0.973
"""


def _table(text: str) -> Array:
    return np.array(text.split(), dtype=np.float64).reshape(24, 3)


LAB: Final[Mapping[str, Array]] = {"new": _table(_NEW), "old": _table(_OLD)}
"""(24, 3) by edition: "new" since November 2014, "old" before."""

GRAY_REFLECTANCE: Final = 0.18

_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_D50, _D65 = np.array([0.96422, 1.0, 0.82521]), _TO_XYZ.sum(1)
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_TO_D50 = np.linalg.inv(_BRADFORD) @ np.diag((_BRADFORD @ _D50) / (_BRADFORD @ _D65)) @ _BRADFORD @ _TO_XYZ
_EPSILON, _KAPPA = 216 / 24389, 24389 / 27


def lab_of(linear: Array) -> Array:
    """(N, 3) linear sRGB to L*a*b* under D50; values beyond [0, 1] are continued, negative light linearly."""
    ratio = linear @ _TO_D50.T / _D50
    f = np.where(ratio > _EPSILON, np.cbrt(np.maximum(ratio, _EPSILON)), (_KAPPA * ratio + 16) / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], 1)


def linear_of(lab: Array) -> Array:
    """(N, 3) L*a*b* under D50 to linear sRGB, which may lie beyond [0, 1]."""
    y = (lab[:, 0] + 16) / 116
    f = np.stack([y + lab[:, 1] / 500, y, y - lab[:, 2] / 200], 1)
    ratio = np.where(f**3 > _EPSILON, f**3, (116 * f - 16) / _KAPPA)
    linear: Array = (ratio * _D50) @ np.linalg.inv(_TO_D50).T
    return linear


def ciede2000(first: Array, second: Array) -> Array:
    """(N,): differences of L*a*b* colors."""
    from skimage.color import deltaE_ciede2000  # here, because importing it takes longer than measuring

    measured: Any = deltaE_ciede2000
    return np.asarray(measured(first, second))
