"""Colors kept from what a network must not move (mean, chroma, pure white), linear light, and OKLab."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.imaging.row_chunks import bands

CHROMA_ROOM = 0.5 / 255
"""By so much color differences may leave the range of the reference's: less than is seen."""

_LUMA = (0.299, 0.587, 0.114)

WHITE = 254.5 / 255
"""From here on a channel is 255 in 8 bits."""


def match_low_frequencies(output: Tensor, reference: Tensor, *, scale: int, cell_px: int = 16) -> None:
    """Give the output the reference's local mean color, in place.

    The means over a grid of cells are compared; their differences, interpolated bilinearly between the cells'
    centers, are added, and the sums clamped to [0, 1]. Detail within a cell stays.

    Args:
        output: (1, 3, H * scale, W * scale), in [0, 1].
        reference: (1, 3, H, W), in [0, 1].
        scale: output pixels per reference pixel in each direction.
        cell_px: side of a cell in reference pixels.

    Raises:
        ValueError: the sizes do not fit together.
    """
    _check_sizes(output, reference, scale)
    height_px, width_px = output.shape[2:]
    side_px = cell_px * scale
    shift = _cell_means(reference, cell_px) - _cell_means(output, side_px)  # (1, 3, rows, columns)
    rows, columns = shift.shape[2:]
    across = F.interpolate(shift, size=(rows, columns * side_px), mode="bilinear", align_corners=False)
    across = across[..., :width_px]  # (1, 3, rows, W * scale)
    for band in bands(height_px, 8 * width_px):  # narrow ones stay in a core's cache
        centre = (torch.arange(band.start, band.stop) + 0.5) / side_px - 0.5
        centre = centre.clamp(0, rows - 1)
        above = centre.floor().long()
        below = (above + 1).clamp(max=rows - 1)
        down = (centre - above)[:, None].to(across.dtype)
        output[:, :, band] += torch.lerp(across[:, :, above], across[:, :, below], down)
        output[:, :, band].clamp_(0, 1)


def keep_white(output: Tensor, reference: Tensor, *, scale: int) -> None:
    """Make the output exactly 1 wherever the reference is pure white (255 in 8 bits), in place.

    Args:
        output: (1, 3, H * scale, W * scale).
        reference: (1, 3, H, W), in [0, 1].
        scale: output pixels per reference pixel in each direction.

    Raises:
        ValueError: the sizes do not fit together.
    """
    _check_sizes(output, reference, scale)
    height_px, width_px = reference.shape[2:]
    for band in bands(height_px, width_px):
        white = (reference[:, :, band] >= WHITE).all(dim=1, keepdim=True)
        if not bool(white.any()):
            continue
        if scale > 1:
            white = white.repeat_interleave(scale, dim=2).repeat_interleave(scale, dim=3)
        output[:, :, band.start * scale : band.stop * scale].masked_fill_(white, 1.0)


def keep_chroma(output: Tensor, reference: Tensor, *, scale: int) -> None:
    """Take away colors that the reference has nowhere near, in place: fringes that a network invents on fine stripes.

    The opponent differences R - G and B - (R + G) / 2 are clamped to what they are within a pixel of the reference, and
    `CHROMA_ROOM` more; lightness (Y', ITU-R BT.601), and with it detail, stays. Opponents are clamped, and not R - Y'
    and B - Y', since these make a third color where gray and a color alternate: their sum is nowhere near.

    Args:
        output: (1, 3, H * scale, W * scale), in [0, 1].
        reference: (1, 3, H, W), in [0, 1].
        scale: output pixels per reference pixel in each direction.

    Raises:
        ValueError: the sizes do not fit together.
    """
    _check_sizes(output, reference, scale)
    height_px, width_px = reference.shape[2:]
    # In narrow bands, whose planes stay in a core's cache.
    for band in bands(height_px, 8 * width_px * scale**2):
        above, below = max(band.start - 1, 0), min(band.stop + 1, height_px)
        chroma = _opponents(reference[:, :, above:below])
        inner = slice(band.start - above, band.stop - above)
        most = F.max_pool2d(chroma, 3, 1, 1)[:, :, inner] + CHROMA_ROOM
        least = -F.max_pool2d(-chroma, 3, 1, 1)[:, :, inner] - CHROMA_ROOM
        part = output[:, :, band.start * scale : band.stop * scale]
        found = _opponents(part)
        kept = torch.clamp(found, _repeated(least, scale), _repeated(most, scale))
        outside = (kept != found).any(1, keepdim=True)
        if not bool(outside.any()):
            continue
        across, along = kept[:, :1], kept[:, 1:]
        green = luma(part) - (_LUMA[0] + _LUMA[2] / 2) * across - _LUMA[2] * along
        red, blue = green + across, green + across / 2 + along
        # What is within its range is left to the last bit.
        part.copy_(torch.where(outside, torch.cat([red, green, blue], 1).clamp_(0, 1), part))


def to_linear(x: Tensor) -> Tensor:
    """sRGB-encoded values to linear light, both in [0, 1] (IEC 61966-2-1)."""
    return torch.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)


def to_srgb(x: Tensor) -> Tensor:
    """Linear light to sRGB-encoded values, both in [0, 1] (IEC 61966-2-1)."""
    return torch.where(x <= 0.0031308, x * 12.92, 1.055 * x.clamp(min=0.0031308) ** (1 / 2.4) - 0.055)


def luma(rgb: Tensor) -> Tensor:
    """Y' (N, 1, h, w) of sRGB-encoded values (N, 3, h, w) (ITU-R BT.601)."""
    return (rgb * torch.tensor(_LUMA).view(1, 3, 1, 1).to(rgb)).sum(1, keepdim=True)


def _opponents(rgb: Tensor) -> Tensor:
    """R - G and B - (R + G) / 2, (N, 2, h, w)."""
    red, green, blue = (rgb[:, channel : channel + 1] for channel in range(3))
    return torch.cat([red - green, blue - (red + green) / 2], 1)


def _repeated(x: Tensor, scale: int) -> Tensor:
    return x if scale == 1 else F.interpolate(x, scale_factor=scale, mode="nearest")


def _cell_means(x: Tensor, side_px: int) -> Tensor:
    """Means over square cells; those at the right and bottom may be cut off."""
    # Pooling wants a window no larger than the picture.
    window = (min(side_px, x.shape[2]), min(side_px, x.shape[3]))
    return F.avg_pool2d(x, window, ceil_mode=True, count_include_pad=False)


def _check_sizes(output: Tensor, reference: Tensor, scale: int) -> None:
    expected = (reference.shape[2] * scale, reference.shape[3] * scale)
    if tuple(output.shape[2:]) != expected:
        raise ValueError(f"an output of {tuple(output.shape[2:])} where {expected} is {scale} times the reference")


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
