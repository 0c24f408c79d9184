"""Enlarge small fields, such as light and soft shadows, row by row."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def sampled(field_: Tensor, share: Tensor, width_px: int) -> Tensor:
    """(C, R, width_px): a small field, (C, n, m), enlarged, at rows given as shares of its height."""
    count = field_.shape[1]
    at = (share * count - 0.5).clamp(0, count - 1)
    above = at.floor().long()
    below = (above + 1).clamp(max=count - 1)
    part = torch.lerp(field_[:, above], field_[:, below], (at - above)[None, :, None].to(field_.dtype))
    if part.shape[2] == width_px:
        return part
    return F.interpolate(part, width_px, mode="linear", align_corners=False)
