"""The smooth continuation of a picture into its holes: what a network of ours starts from."""

from __future__ import annotations

import torch
from torch import Tensor


def smooth_fill(rgb: Tensor, hole: Tensor) -> Tensor:
    """Fill holes by the biharmonic equation, which continues both colours and their slopes.

    Method: Damelin and Hoang, On surface completion and image inpainting by biharmonic functions, 2018, as
    scikit-image has it. Time and memory grow with the number of unknown pixels; some ten thousand are well.

    Args:
        rgb: (1, 3, H, W) in [0, 1]; what it holds in the hole is not looked at.
        hole: (1, 1, H, W) of bool; something has to be known.

    Returns:
        (1, 3, H, W) in [0, 1], the same where nothing is to be filled.
    """
    from skimage.restoration import inpaint_biharmonic  # here, because importing it takes a second

    if not bool(hole.any()):
        return rgb
    known = rgb[0].masked_fill(hole[0], 0).permute(1, 2, 0).double().numpy()
    filled = inpaint_biharmonic(known, hole[0, 0].numpy(), channel_axis=-1)
    made = torch.from_numpy(filled).permute(2, 0, 1)[None].to(rgb.dtype).clamp(0, 1)
    return torch.where(hole, made, rgb)
