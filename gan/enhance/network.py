"""The enhancing network: a plain convolutional trunk at half resolution, one shape for x1, x2 and x4."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from gan.core.errors import ConfigError
from gan.models.blocks import RepConv


@dataclass(frozen=True, kw_only=True)
class EnhanceConfig:
    """Constructor fields of `EnhanceNet`.

    Attributes:
        scale: output pixels per input pixel in each direction: 1, 2 or 4.
        channels: width of the trunk.
        blocks: residual blocks of two 3x3 convolutions each.
        unshuffle: input pixels per trunk pixel in each direction. At 2 a convolution of the trunk sees four times
            the area and has four times the weights for the same arithmetic, and two CPU cores run wide layers on
            small maps about twice as fast as narrow layers on large ones.

    Raises:
        ConfigError: a value outside these.
    """

    scale: int
    channels: int = 96
    blocks: int = 6
    unshuffle: int = 2

    def __post_init__(self) -> None:
        if self.scale not in (1, 2, 4) or min(self.channels, self.blocks, self.unshuffle) < 1:
            raise ConfigError(
                "network",
                "scale {scale}, {channels} channels, {blocks} blocks, unshuffle {unshuffle}",
                "scale 1, 2 or 4 and positive numbers are allowed",
                "Correct config.json",
                scale=self.scale,
                channels=self.channels,
                blocks=self.blocks,
                unshuffle=self.unshuffle,
            )


class Block(nn.Module):
    """x + conv(leaky(conv(x))), (N, C, H, W) -> (N, C, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = RepConv(channels, channels)
        self.second = RepConv(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.second(F.leaky_relu(self.first(x), 0.1, inplace=True))
        return x + y


class EnhanceNet(nn.Module):
    """Bicubic interpolation plus a learned residual.

    SRVGG's idea of a plain trunk that ends in one pixel shuffle (Real-ESRGAN, arXiv 2107.10833), with residual
    blocks of re-parameterised convolutions as in SPAN (arXiv 2311.12770), on an unshuffled input. `gan.models.blocks.
    fuse` gives the form that is published.

    Shapes:
        (N, 3, H, W) in [0, 1] -> (N, 3, H * scale, W * scale), nominally in [0, 1]; H and W divisible by
        `config.unshuffle`.
    """

    CONTEXT_PX = 16
    """Input pixels around a tile that are enough in practice; the theoretical reach is about twice as far."""

    def __init__(self, config: EnhanceConfig) -> None:
        super().__init__()
        self.config = config
        self.head = RepConv(3 * config.unshuffle**2, config.channels)
        self.trunk = nn.ModuleList(Block(config.channels) for _ in range(config.blocks))
        self.tail = RepConv(config.channels, 3 * (config.unshuffle * config.scale) ** 2)
        for branch in (self.tail.plain, self.tail.point, self.tail.reduce):
            nn.init.normal_(branch.weight, std=1e-3)  # the start is bicubic interpolation
        nn.init.zeros_(self.tail.plain.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        scale = self.config.scale
        y = self.head(F.pixel_unshuffle(x - 0.5, self.config.unshuffle))
        skip = y
        for block in self.trunk:
            y = block(y)
        residual = F.pixel_shuffle(self.tail(y + skip), self.config.unshuffle * scale)
        if scale == 1:
            return x + residual
        base = F.interpolate(x, scale_factor=scale, mode="bicubic", align_corners=False)
        return base + residual
