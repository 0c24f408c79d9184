"""Networks that tell made pictures from taken ones; for training only."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class UNetDiscriminator(nn.Module):
    """A verdict per pixel: a U-Net with spectral normalisation, after Real-ESRGAN (arXiv 2107.10833).

    Args:
        channels: width of the first level; it doubles three times on the way down.
        planes: of the pictures: 3, or 4 with a mask.

    Shapes:
        (N, planes, H, W) in [0, 1], H and W divisible by 8 -> logits (N, 1, H, W).
    """

    def __init__(self, channels: int = 32, planes: int = 3) -> None:
        super().__init__()
        c = channels
        self.head = nn.Conv2d(planes, c, 3, padding=1)
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


class StyleDiscriminator(nn.Module):
    """StyleGAN2's residual discriminator (arXiv 1912.04958) with a projected condition (arXiv 1802.05637).

    No batch norm, so that several processes see what one would; the spread over a group of pictures is a feature
    (arXiv 1710.10196, section 3).

    Args:
        resolution: side of the pictures, a power of two from 8 on.
        widths: channels at each size, `widths[size]` for resolution, resolution / 2, ..., 4.
        conditions: length of the condition; 0 for none.
        planes: of the pictures.

    Shapes:
        pictures (N, planes, R, R) in [0, 1], condition (N, conditions) -> logits (N,).
    """

    GROUP = 4

    def __init__(self, resolution: int, widths: Mapping[int, int], conditions: int, planes: int = 4) -> None:
        super().__init__()
        self.enter = nn.Conv2d(planes, widths[resolution], 1)
        self.blocks = nn.ModuleList()
        size = resolution
        while size > 4:
            self.blocks.append(_Residual(widths[size], widths[size // 2]))
            size //= 2
        self.last = nn.Conv2d(widths[4] + 1, widths[4], 3, padding=1)
        self.dense = nn.Linear(widths[4] * 16, widths[4])
        self.logit = nn.Linear(widths[4], 1)
        self.condition = nn.Linear(conditions, widths[4]) if conditions else None

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        y = F.leaky_relu(self.enter(x * 2 - 1), 0.2)
        for block in self.blocks:
            y = block(y)
        y = F.leaky_relu(self.last(torch.cat([y, self._spread(y)], 1)), 0.2)
        y = F.leaky_relu(self.dense(y.flatten(1)), 0.2)
        logits: Tensor = self.logit(y)[:, 0]
        if self.condition is not None:
            logits = logits + (y * self.condition(condition)).sum(1) / y.shape[1] ** 0.5
        return logits

    def _spread(self, y: Tensor) -> Tensor:
        """One plane (N, 1, h, w): the mean standard deviation within groups of pictures."""
        group = self.GROUP if len(y) % self.GROUP == 0 else 1
        grouped = y.reshape(group, len(y) // group, *y.shape[1:])
        deviation = (grouped.var(0, unbiased=False) + 1e-8).sqrt().mean((1, 2, 3))  # (N / group,)
        return deviation.repeat(group)[:, None, None, None].expand(-1, 1, *y.shape[2:])


class _Residual(nn.Module):
    """(N, C, h, w) -> (N, C', h / 2, w / 2)."""

    def __init__(self, into: int, out: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(into, into, 3, padding=1)
        self.second = nn.Conv2d(into, out, 3, padding=1)
        self.skip = nn.Conv2d(into, out, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = F.leaky_relu(self.first(x), 0.2)
        y = F.leaky_relu(self.second(F.avg_pool2d(y, 2)), 0.2)
        mixed: Tensor = (y + self.skip(F.avg_pool2d(x, 2))) * 0.5**0.5
        return mixed
