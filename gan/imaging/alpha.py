"""Colors behind transparency: whatever a file holds there must not be seen by networks or resampling."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def bleed(rgb: Tensor, alpha: Tensor) -> Tensor:
    """Continue the visible colors into the fully transparent pixels.

    Push-pull interpolation (Gortler et al., The Lumigraph, 1996, section 3.4): colors are averaged, weighted by
    their opacity, into ever smaller pictures, and holes are filled from the next smaller one.

    Args:
        rgb: (1, 3, H, W), in [0, 1], not premultiplied.
        alpha: (1, 1, H, W), in [0, 1].

    Returns:
        (1, 3, H, W): the same where alpha is above 0; `rgb` itself where nothing is, or everything, transparent.
    """
    visible = alpha > 0
    if bool(visible.all()) or not bool(visible.any()):
        return rgb
    return _filled(rgb, alpha)


def _filled(colour: Tensor, weight: Tensor) -> Tensor:
    if bool((weight > 0).all()):
        return colour
    share = F.avg_pool2d(weight, 2, ceil_mode=True, count_include_pad=False)
    # Where no weight is, the sum is 0 too, and any divisor will do.
    mean = F.avg_pool2d(colour * weight, 2, ceil_mode=True, count_include_pad=False)
    mean /= torch.where(share > 0, share, 1)
    smaller = _filled(mean.clamp_(0, 1), share)
    larger = F.interpolate(smaller, size=colour.shape[2:], mode="bilinear", align_corners=False)
    return torch.where(weight > 0, colour, larger)
