"""Measure a picture's color cast, black and white points, and suggest corrections."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.imaging.color import to_linear

PILLOW_LUMA = (0.299, 0.587, 0.114)
"""ITU-R BT.601, of sRGB-encoded values: what Pillow's mode L holds."""

SRGB_LUMINANCE = (0.2126, 0.7152, 0.0722)
"""ITU-R BT.709, of linear light."""

THUMBNAIL_PX = 512
MINKOWSKI_NORM = 6
MAX_GAIN = 1.6
MAX_BLACK = 0.1
MIN_WHITE = 0.4
TARGET_MEDIAN = 0.46
GAMMA_RANGE = (0.75, 1.33)
BLUR_FILTER_PX = 11
MIN_RANGE = 2 / 255
"""A picture with less between its darkest and brightest place is flat: there is noise to be seen, and no more."""

_BORDER_SHARE = 0.04
_GROUND_LUMA = 0.6
_GROUND_CHROMA = 0.2


@dataclass(frozen=True)
class Light:
    """White balance gains.

    Attributes:
        gains: (3,), of linear light.
        from_ground: whether a bright ground gave them, which is more to be trusted than the whole picture.
    """

    gains: Tensor
    from_ground: bool

    @property
    def cast(self) -> float:
        """Ratio of the strongest to the weakest channel's gain, minus 1; 0 is neutral."""
        return float(self.gains.max() / self.gains.min()) - 1


@dataclass(frozen=True)
class Levels:
    """A tone curve for sRGB-encoded values: ((x - black) / (white - black)) ** gamma."""

    black: float
    white: float
    gamma: float

    def weakened(self, strength: float) -> Levels:
        return Levels(self.black * strength, 1 - (1 - self.white) * strength, self.gamma**strength)


def thumbnail(rgb: Tensor) -> Tensor:
    """(1, 3, h, w), at most `THUMBNAIL_PX` on a side, by averaging: noise does not reach the measurements."""
    factor = math.ceil(max(rgb.shape[2:]) / THUMBNAIL_PX)
    window = (min(factor, rgb.shape[2]), min(factor, rgb.shape[3]))
    return F.avg_pool2d(rgb, window, ceil_mode=True, count_include_pad=False)


def luma(rgb: Tensor) -> Tensor:
    """(N, 3, h, w) to (N, 1, h, w)."""
    red, green, blue = PILLOW_LUMA
    return red * rgb[:, :1] + green * rgb[:, 1:2] + blue * rgb[:, 2:3]


def bright_ground(rgb: Tensor) -> Tensor | None:
    """Mask of a bright, nearly neutral background; None if it covers less than half of the picture's border.

    Args:
        rgb: a thumbnail.

    Returns:
        (1, 1, h, w), bool.
    """
    brightest = rgb.amax(dim=1, keepdim=True)
    chroma = (brightest - rgb.amin(dim=1, keepdim=True)) / brightest.clamp(min=1e-6)
    light = luma(rgb)
    ground = (light >= _GROUND_LUMA) & (light >= 0.85 * light.quantile(0.99)) & (chroma <= _GROUND_CHROMA)
    rows, columns = (max(1, round(_BORDER_SHARE * side)) for side in rgb.shape[2:])
    border = torch.ones_like(ground)
    border[:, :, rows:-rows, columns:-columns] = False
    return ground if float(ground[border].float().mean()) >= 0.5 else None


def measure_gains(rgb: Tensor) -> Light:
    """White-patch gains (Land 1977) on a bright ground, else shades of gray (Finlayson & Trezzi 2004, norm 6).

    Args:
        rgb: a thumbnail, (1, 3, h, w), in [0, 1].
    """
    linear = to_linear(rgb)
    ground = bright_ground(rgb)
    if ground is not None:
        # Lifted to the strongest channel: white must not become darker.
        color = linear.movedim(1, 0)[:, ground[:, 0]].mean(dim=1)
        gains = color.max() / color
    else:
        color = (linear**MINKOWSKI_NORM).mean(dim=(0, 2, 3)).clamp(min=1e-30) ** (1 / MINKOWSKI_NORM)
        gains = (color * torch.tensor(SRGB_LUMINANCE)).sum() / color
    return Light(gains.clamp(1 / MAX_GAIN, MAX_GAIN), ground is not None)


def measure_levels(rgb: Tensor) -> Levels:
    """Black and white points that clip no channel of 99% of the picture, and a gamma towards a middle median.

    A bright background shows the exposure by itself: no gamma then, or a black shoe would become gray.

    Args:
        rgb: a thumbnail, (1, 3, h, w), in [0, 1].
    """
    black = min(float(rgb.amin(dim=1).quantile(0.005)), MAX_BLACK)
    white = max(float(rgb.amax(dim=1).quantile(0.995)), MIN_WHITE)
    darkest, brightest = float(luma(rgb).min()), float(luma(rgb).max())
    if brightest - darkest < MIN_RANGE:
        return Levels(0.0, 1.0, 1.0)  # a flat picture has neither
    if bright_ground(rgb) is not None:
        return Levels(black, white, 1.0)
    median = (float(luma(rgb).median()) - black) / (white - black)
    # Half of the way: a dark picture may be meant.
    gamma = math.sqrt(math.log(TARGET_MEDIAN) / math.log(min(max(median, 0.02), 0.98)))
    return Levels(black, white, min(max(gamma, GAMMA_RANGE[0]), GAMMA_RANGE[1]))


def measure_blur(rgb: Tensor) -> float:
    """The blur effect of Crete et al. (2007), 0 sharp to 1 blurred, in the middle of the picture at its own size.

    Args:
        rgb: (1, 3, H, W), in [0, 1], at full size: a thumbnail is always sharp.

    Returns:
        0 for pictures that are flat there, or too small for the measure's filter.
    """
    from skimage.measure import blur_effect  # here, because importing it takes longer than measuring

    top, left = (max(0, (side - THUMBNAIL_PX) // 2) for side in rgb.shape[2:])
    middle = luma(rgb[:, :, top : top + THUMBNAIL_PX, left : left + THUMBNAIL_PX])[0, 0]
    if min(middle.shape) < 2 * BLUR_FILTER_PX or float(middle.max() - middle.min()) < MIN_RANGE:
        return 0.0
    return float(blur_effect(middle.numpy(), h_size=BLUR_FILTER_PX))  # type: ignore[no-untyped-call]
