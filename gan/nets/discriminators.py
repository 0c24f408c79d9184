"""Networks that tell made pictures from taken ones; for training only."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class UNetDiscriminator(nn.Module):
    """A verdict per pixel: a U-Net with spectral normalisation, after Real-ESRGAN (arXiv 2107.10833).

    Args:
        channels: width of the first level; it doubles three times on the way down.

    Shapes:
        (N, 3, H, W) in [0, 1], H and W divisible by 8 -> logits (N, 1, H, W).
    """

    def __init__(self, channels: int = 32) -> None:
        super().__init__()
        c = channels
        self.head = nn.Conv2d(3, c, 3, padding=1)
        self.down = nn.ModuleList(
            spectral_norm(nn.Conv2d(c * 2**i, c * 2 ** (i + 1), 4, stride=2, padding=1, bias=False)) for i in range(3)
        )
        self.up = nn.ModuleList(
            spectral_norm(nn.Conv2d(c * 2 ** (i + 1), c * 2**i, 3, padding=1, bias=False)) for i in reversed(range(3))
        )
        self.refine = spectral_norm(nn.Conv2d(c, c, 3, padding=1, bias=False))
        self.tail = nn.Conv2d(c, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        levels = [F.leaky_relu(self.head(x * 2 - 1), 0.2)]
        for down in self.down:
            levels.append(F.leaky_relu(down(levels[-1]), 0.2))
        y = levels.pop()
        for up in self.up:
            y = F.interpolate(y, scale_factor=2, mode="bilinear", align_corners=False)
            y = F.leaky_relu(up(y), 0.2) + levels.pop()
        logits: Tensor = self.tail(F.leaky_relu(self.refine(y), 0.2))
        return logits
