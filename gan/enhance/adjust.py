"""Tone and colour by known, named methods, each off by default and each with a strength."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from skimage.exposure import equalize_adapthist
from skimage.filters import unsharp_mask
from torch import Tensor

from gan.core.errors import InputError
from gan.enhance.measure import (
    MIN_RANGE,
    SRGB_LUMINANCE,
    Levels,
    bright_ground,
    luma,
    measure_blur,
    measure_gains,
    measure_levels,
    thumbnail,
)
from gan.imaging.color import to_linear, to_srgb
from gan.imaging.row_chunks import bands

SHARPEN_RADIUS_PX = 1.5
CLIP_LIMIT = 0.01
MAX_LOCAL_GAIN = 3.0
MAX_AUTO_CONTRAST = 0.3
MAX_AUTO_SHARPNESS = 0.3

_PROTECTED = 0.04
"""Width of the passage to pure white, in which an adjustment that could darken white fades out."""

_GAUSSIAN_REACH_PX = math.ceil(4 * SHARPEN_RADIUS_PX)  # skimage cuts the Gaussian off at four standard deviations


@dataclass(frozen=True, kw_only=True)
class Adjustments:
    """Strengths of the adjustments; 0 is off.

    Attributes:
        auto: choose all the others from the picture; what was chosen is reported in the result's details.
        white_balance: 0 to 1.
        exposure: 0 to 1, automatic levels.
        local_contrast: 0 to 1.
        saturation: -1 (grey) to 1.
        sharpness: 0 to 1.

    Raises:
        InputError: a strength is out of its range.
    """

    auto: bool = False
    white_balance: float = 0.0
    exposure: float = 0.0
    local_contrast: float = 0.0
    saturation: float = 0.0
    sharpness: float = 0.0

    def __post_init__(self) -> None:
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            lowest = -1 if item.name == "saturation" else 0
            if not lowest <= value <= 1:
                raise InputError(
                    item.name,
                    "{got}",
                    "{lowest} to 1 is allowed",
                    "Choose a number within",
                    got=value,
                    lowest=lowest,
                )


def apply(picture_rgb: Tensor, adjustments: Adjustments) -> Tensor:
    """White balance, levels, local contrast and saturation, in this order; what a network is given afterwards.

    White balance divides the light's colour out (von Kries) in linear light; see `measure_gains`. Levels stretch
    between measured black and white and bend by a gamma; see `measure_levels`. Local contrast is CLAHE (Zuiderveld
    1994) on CIE lightness with the chromaticity kept. Saturation blends with the luma, as Pillow's ImageEnhance.Color
    does, but no further than the gamut goes, so that no detail is clipped away.

    Pure white stays pure white. `auto` is not looked at: `choose` is what it stands for.

    Args:
        picture_rgb: (1, 3, H, W), float32, in [0, 1]; it is not changed.
        adjustments: strengths.

    Returns:
        (1, 3, H, W), in [0, 1]; `picture_rgb` itself where all four strengths are 0.
    """
    rgb = picture_rgb
    if adjustments.white_balance > 0:
        gains = measure_gains(thumbnail(rgb)).gains ** adjustments.white_balance
        rgb = _in_bands(rgb, lambda band: _balanced(band, gains))
    if adjustments.exposure > 0:
        levels = measure_levels(thumbnail(rgb)).weakened(adjustments.exposure)
        rgb = _in_bands(rgb, lambda band: _stretched(band, levels))
    if adjustments.local_contrast > 0:
        rgb = _equalized(rgb, adjustments.local_contrast)
    if adjustments.saturation != 0:
        rgb = _in_bands(rgb, lambda band: _saturated(band, 1 + adjustments.saturation))
    return rgb


def sharpen(rgb: Tensor, strength: float, *, out: Tensor | None = None) -> Tensor:
    """Unsharp masking of the luma, radius `SHARPEN_RADIUS_PX`; for a network's output.

    Args:
        rgb: (1, 3, H, W), float32, in [0, 1].
        strength: 0 to 1; how much of the difference from the blurred luma is added.
        out: where to write; `rgb` itself is allowed. A new tensor by default.

    Returns:
        (1, 3, H, W), in [0, 1]; `rgb` itself at strength 0.
    """
    if strength == 0:
        return rgb
    height_px, width_px = rgb.shape[2:]
    result = torch.empty_like(rgb) if out is None else out
    above = luma(rgb[:, :, :0])  # rows over the band, from before they were sharpened
    for rows in bands(height_px, width_px):
        below = luma(rgb[:, :, rows.start : rows.stop + _GAUSSIAN_REACH_PX])
        known = torch.cat((above, below), dim=2)[0, 0]
        sharp = torch.from_numpy(
            unsharp_mask(known.numpy(), radius=SHARPEN_RADIUS_PX, amount=strength)  # type: ignore[no-untyped-call]
        )
        start = above.shape[2]
        count = rows.stop - rows.start
        above = known[None, None, max(0, start + count - _GAUSSIAN_REACH_PX) : start + count]
        difference = (sharp - known)[start : start + count]
        torch.add(rgb[:, :, rows], difference, out=result[:, :, rows]).clamp_(0, 1)
    return result


def choose(rgb: Tensor) -> Adjustments:
    """Strengths that suit the picture; a good packshot on white gets about zeros.

    Each is measured on what the ones before it leave. A cast counts where the ground shows it, and only a third
    where it is estimated from all colours; a missing white counts, missing black or contrast only where no bright
    ground says that the product is as light as that. Saturation is never chosen: nothing in one picture tells a dull
    photograph from a product in muted colours. Sharpness follows the blur effect of Crete et al. (2007), up to
    `MAX_AUTO_SHARPNESS`, since the network sharpens too.

    Args:
        rgb: (1, 3, H, W), float32, in [0, 1].

    Returns:
        Adjustments with `auto` off, rounded to hundredths.
    """
    small = thumbnail(rgb)
    light = measure_gains(small)
    white_balance = _ramp(light.cast, 0.03, 0.1) if light.from_ground else 0.35 * _ramp(light.cast, 0.15, 0.5)
    small = apply(small, Adjustments(white_balance=white_balance))
    levels = measure_levels(small)
    has_ground = bright_ground(small) is not None
    exposure = _ramp(1 - levels.white, 0.02, 0.1)
    if not has_ground:
        exposure = max(exposure, _ramp(levels.black, 0.04, 0.1), 0.6 * _ramp(abs(math.log(levels.gamma)), 0.1, 0.28))
    small = apply(small, Adjustments(exposure=exposure))
    spread = float(luma(small).quantile(0.95) - luma(small).quantile(0.05))
    # Dull pictures gain, plain ones do not: there is nothing in them but noise.
    local_contrast = 0.0 if has_ground else MAX_AUTO_CONTRAST * _ramp(0.5 - spread, 0, 0.3) * _ramp(spread, 0.02, 0.1)
    return Adjustments(
        white_balance=round(white_balance, 2),
        exposure=round(exposure, 2),
        local_contrast=round(local_contrast, 2),
        sharpness=round(MAX_AUTO_SHARPNESS * _ramp(measure_blur(rgb), 0.45, 0.75), 2),
    )


def _ramp(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


def _in_bands(rgb: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
    result = torch.empty_like(rgb)
    for rows in bands(*rgb.shape[2:]):
        result[:, :, rows] = change(rgb[:, :, rows])
    return result


def _balanced(rgb: Tensor, gains: Tensor) -> Tensor:
    balanced = to_srgb((to_linear(rgb) * gains[:, None, None]).clamp(0, 1))
    return torch.lerp(rgb, balanced, _below_white(rgb))


def _stretched(rgb: Tensor, levels: Levels) -> Tensor:
    stretched: Tensor = ((rgb - levels.black) / (levels.white - levels.black)).clamp(0, 1) ** levels.gamma
    return stretched


def _equalized(rgb: Tensor, strength: float) -> Tensor:
    lightness = torch.empty(rgb.shape[2:])
    for rows in bands(*rgb.shape[2:]):
        lightness[rows] = _lightness(_luminance(to_linear(rgb[:, :, rows])))[0, 0]
    lowest, highest = float(lightness.min()), float(lightness.max())
    if highest - lowest < MIN_RANGE:
        return rgb
    # equalize_adapthist stretches to [0, 1] as well, which is the levels' business: the range is put back.
    equalized = torch.from_numpy(np.float32(equalize_adapthist(lightness.numpy(), clip_limit=CLIP_LIMIT)))
    equalized.mul_(highest - lowest).add_(lowest)
    result = torch.empty_like(rgb)
    for rows in bands(*rgb.shape[2:]):
        band = rgb[:, :, rows]
        linear = to_linear(band)
        luminance = _luminance(linear).clamp(min=1e-4)
        gain = (_luminance_of(equalized[rows]) / luminance).clamp(1 / MAX_LOCAL_GAIN, MAX_LOCAL_GAIN)
        gain = torch.minimum(gain, 1 / linear.amax(dim=1, keepdim=True).clamp(min=1e-4))
        result[:, :, rows] = torch.lerp(band, to_srgb((linear * gain).clamp(0, 1)), strength * _below_white(band))
    return result


def _saturated(rgb: Tensor, factor: float) -> Tensor:
    grey = luma(rgb)
    colour = rgb - grey
    # How far each channel may go before it leaves [0, 1]; a grey pixel has no direction to go.
    room = torch.where(colour > 0, 1 - grey, grey) / colour.abs().clamp(min=1e-6)
    most = room.amin(dim=1, keepdim=True).clamp(min=1)
    return (grey + colour * most.clamp(max=factor)).clamp_(0, 1).where(colour != 0, rgb)


def _below_white(rgb: Tensor) -> Tensor:
    """(1, 1, h, W): 0 at pure white, 1 where the darkest channel is clearly below it."""
    return ((1 - rgb.amin(dim=1, keepdim=True)) / _PROTECTED).clamp(max=1)


def _luminance(linear: Tensor) -> Tensor:
    return (linear * torch.tensor(SRGB_LUMINANCE)[:, None, None]).sum(dim=1, keepdim=True)


def _lightness(luminance: Tensor) -> Tensor:
    """CIE 1976 L* / 100."""
    root = torch.where(luminance > (6 / 29) ** 3, luminance.clamp(min=1e-6) ** (1 / 3), luminance * 841 / 108 + 4 / 29)
    return 1.16 * root - 0.16


def _luminance_of(lightness: Tensor) -> Tensor:
    root = (lightness + 0.16) / 1.16
    return torch.where(root > 6 / 29, root**3, (root - 4 / 29) * 108 / 841)
