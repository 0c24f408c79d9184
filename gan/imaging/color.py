"""Keeps what a network must not move, the average colour and pure white; and the way to linear light and back."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.imaging.row_chunks import bands

WHITE = 254.5 / 255
"""From here on a channel is 255 in 8 bits."""


def match_low_frequencies(output: Tensor, reference: Tensor, *, scale: int, cell_px: int = 16) -> None:
    """Give the output the reference's local mean colour, in place.

    The means over a grid of cells are compared; their differences, interpolated bilinearly between the cells'
    centres, are added, and the sums clamped to [0, 1]. Detail within a cell stays.

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
    for band in bands(height_px, width_px):
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
        if scale > 1:
            white = white.repeat_interleave(scale, dim=2).repeat_interleave(scale, dim=3)
        output[:, :, band.start * scale : band.stop * scale].masked_fill_(white, 1.0)


def to_linear(x: Tensor) -> Tensor:
    """sRGB-encoded values to linear light, both in [0, 1] (IEC 61966-2-1)."""
    return torch.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)


def to_srgb(x: Tensor) -> Tensor:
    """Linear light to sRGB-encoded values, both in [0, 1] (IEC 61966-2-1)."""
    return torch.where(x <= 0.0031308, x * 12.92, 1.055 * x.clamp(min=0.0031308) ** (1 / 2.4) - 0.055)


def _cell_means(x: Tensor, side_px: int) -> Tensor:
    """Means over square cells; those at the right and bottom may be cut off."""
    # Pooling wants a window no larger than the picture.
    window = (min(side_px, x.shape[2]), min(side_px, x.shape[3]))
    return F.avg_pool2d(x, window, ceil_mode=True, count_include_pad=False)


def _check_sizes(output: Tensor, reference: Tensor, scale: int) -> None:
    expected = (reference.shape[2] * scale, reference.shape[3] * scale)
    if tuple(output.shape[2:]) != expected:
        raise ValueError(f"an output of {tuple(output.shape[2:])} where {expected} is {scale} times the reference")
