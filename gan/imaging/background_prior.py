"""Prior map of pixels that differ from a plain background: a hint for segmentation, weak for pale products."""

from __future__ import annotations

import torch
from torch import Tensor

from gan.imaging.color import to_oklab

NOTHING_KNOWN = 0.5
"""The hint where the ground is not plain, and where a color is neither clearly the ground's nor clearly another."""

PLAIN_WITHIN = 0.08
"""Distance in OKLab from the border's median color within which most of a plain background's border lies."""

MOST_OF_IT = 0.6
"""Of the border, that is. A product which the frame cuts off at one side and half of the next leaves about so much;
without the hint the network lost what touches the frame."""

NEAR, FAR = 0.0, 0.3
AT_NEAR, AT_FAR = 0.35, 0.95
"""The hint for the ground's own color, and from a distance of `FAR` on."""


def standing_out(rgb: Tensor) -> Tensor:
    """Foreground score of each pixel, by its color's distance from the border's.

    A shadow stands out too, and a white product on white does not: it is a hint and no coverage.

    Args:
        rgb: (N, 3, H, W) in [0, 1], H and W from 2 on.

    Returns:
        (N, 1, H, W) in [0, 1]: `NOTHING_KNOWN` all over where the border has no color of its own.
    """
    lab = to_oklab(rgb)
    border = torch.cat([lab[:, :, 0], lab[:, :, -1], lab[:, :, :, 0], lab[:, :, :, -1]], 2)  # (N, 3, 2H + 2W)
    ground = border.median(2).values
    away = _length(border - ground[:, :, None])[:, 0]
    plain = (away < PLAIN_WITHIN).to(rgb.dtype).mean(1) > MOST_OF_IT
    distance = _length(lab - ground[:, :, None, None])
    share = ((distance - NEAR) / (FAR - NEAR)).clamp(0, 1)
    hint = torch.lerp(torch.full_like(share, AT_NEAR), torch.full_like(share, AT_FAR), share)
    return torch.where(plain[:, None, None, None], hint, NOTHING_KNOWN)


def _length(x: Tensor) -> Tensor:
    """Over dimension 1, which stays with size 1; `torch.linalg.vector_norm` takes 80 times as long there."""
    return x.square().sum(1, keepdim=True).sqrt_()
