"""OKLab, in which a step of lightness or of color looks about equally large everywhere.

Source: Ottosson, "A perceptual color space for image processing", 2020, with the matrices given there.
"""

from __future__ import annotations

import torch
from torch import Tensor

from gan.imaging.color import to_linear, to_srgb

_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_OPPONENT = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
_TOE_START, _TOE_BEND = 0.206, 0.03
_TOE_SCALE = (1 + _TOE_START) / (1 + _TOE_BEND)


def to_oklab(rgb: Tensor) -> Tensor:
    """sRGB-encoded colors to OKLab.

    Args:
        rgb: (N, 3, ...), in [0, 1].

    Returns:
        (N, 3, ...): lightness in [0, 1], then a (green to red) and b (blue to yellow), within about ±0.32.
    """
    cones = _times(_CONES, to_linear(rgb))
    return _times(_OPPONENT, cones.clamp(min=0) ** (1 / 3))


def to_rgb(lab: Tensor) -> Tensor:
    """OKLab to sRGB-encoded colors.

    Args:
        lab: (N, 3, ...).

    Returns:
        (N, 3, ...), in [0, 1] for colors of sRGB; for others beyond it, where the encoding is continued oddly.
    """
    cones = _times(torch.linalg.inv(_tensor(_OPPONENT, lab)), lab) ** 3
    linear = _times(torch.linalg.inv(_tensor(_CONES, lab)), cones)
    return to_srgb(linear.abs()) * linear.sign()


def toe(lightness: Tensor) -> Tensor:
    """OKLab's lightness to one that falls towards black as CIE L* does, and about as sRGB's code values do.

    Source: Ottosson, "Okhsv and Okhsl", 2021, there L_r. Both are in [0, 1].
    """
    moved = _TOE_SCALE * lightness - _TOE_START
    return (moved + (moved.square() + 4 * _TOE_BEND * _TOE_SCALE * lightness).sqrt()) / 2


def without_toe(lightness: Tensor) -> Tensor:
    """The way back from `toe`."""
    return lightness * (lightness + _TOE_START) / (_TOE_SCALE * (lightness + _TOE_BEND))


def _times(matrix: tuple[tuple[float, ...], ...] | Tensor, x: Tensor) -> Tensor:
    weights = matrix if isinstance(matrix, Tensor) else _tensor(matrix, x)
    return torch.einsum("ij,nj...->ni...", weights, x)


def _tensor(matrix: tuple[tuple[float, ...], ...], like: Tensor) -> Tensor:
    return torch.tensor(matrix, dtype=like.dtype, device=like.device)
