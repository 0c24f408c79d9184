"""The inpainting network: a compact U-Net that corrects a smooth fill and attends to what is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.core.errors import ConfigError
from gan.core.spec import NetworkSpec, config_of
from gan.models.segment_net import SegmentNet

SLOPE = 0.1
PLANES = 7
"""A smooth fill, a fill with patches, and the mask."""

SHADOW_PLANES = 4
"""Colors and the mask."""


@dataclass(frozen=True, kw_only=True)
class InpaintConfig:
    """Constructor fields of `InpaintNet`.

    Attributes:
        channels: of the levels at 1/2, 1/4, 1/8, ... of the picture's size.
        blocks: residual blocks on each level, on the way down and again on the way up.
        heads: of the attention at 1/8; each is `channels[2] / heads` wide.
        shadow: divides the channels of the network that finds shadows; 0 where there is none.

    Raises:
        ConfigError: a value outside these.
    """

    channels: tuple[int, ...] = (24, 48, 96, 160, 256)
    blocks: tuple[int, ...] = (1, 1, 2, 1, 1)
    heads: int = 4
    shadow: int = 0

    def __post_init__(self) -> None:
        sound = len(self.channels) == len(self.blocks) >= 3 and min(*self.channels, *self.blocks, self.heads) >= 1
        if not sound or self.channels[2] % self.heads or self.shadow not in (0, 1, 2, 4, 8):
            raise ConfigError(
                "network",
                "channels {channels}, blocks {blocks}, {heads} heads, shadow {shadow}",
                "as many channels as blocks, three of each or more, channels[2] divisible by heads; 0, 1, 2, 4 or 8",
                "Correct config.json",
                channels=self.channels,
                blocks=self.blocks,
                heads=self.heads,
                shadow=self.shadow,
            )

    @property
    def multiple(self) -> int:
        """Height and width have to be divisible by this."""
        return 1 << len(self.channels)


def inpaint_config(published: Mapping[str, Any]) -> InpaintConfig:
    """The config that a published checkpoint's `network` describes.

    Raises:
        ConfigError: a field is unknown or out of range.
    """
    return config_of(InpaintConfig, published)


class InpaintNet(nn.Module):
    """Inpainting network: blends a smooth fill and a patch fill, and adds what both lack.

    An encoder and decoder with skips, as MI-GAN (Sargsyan et al., ICCV 2023) has them, of plain convolutions on an
    unshuffled input, which two CPU cores run faster than depthwise ones. What looks at the whole picture is not
    LaMa's Fourier convolution (arXiv 2109.07161) but attention at 1/8 from everywhere to what is known, so that a
    texture or an edge can be carried over from far away. Nothing depends on a resolution.

    Shapes:
        (N, 7, H, W) -> (N, 3, H, W): RGB in [0, 1] with the hole filled smoothly or from a coarser level, RGB with it
        filled from elsewhere in the picture (`gan.imaging.patches`), and the mask, which is 0 where the colors are
        known and `BLIND` or `COARSE` (`gan.imaging.mask`) in the hole; to RGB, nominally in [0, 1]. H and W divisible
        by `config.multiple`. Known pixels come back nearly, not exactly: the caller puts them back.

        (N, 4, H, W) -> (N, 1, H, W): RGB with anything in the hole, and the hole; to logits of the shadow that the
        thing in it throws on what is known. H and W divisible by `SegmentNet.MULTIPLE`.

    Attributes:
        shadow: finds the shadow; None where the config has none.
    """

    CONTEXT_PX = 48
    """Known pixels around a hole that are enough in practice; attention looks as far as it is shown."""

    @classmethod
    def published(cls, config: Mapping[str, Any]) -> InpaintNet:
        """Without weights, from a published config."""
        return cls(inpaint_config(config))

    @property
    def spec(self) -> NetworkSpec:
        return NetworkSpec(multiple=self.config.multiple, context_px=self.CONTEXT_PX)

    def __init__(self, config: InpaintConfig) -> None:
        super().__init__()
        self.config = config
        channels, blocks = config.channels, config.blocks
        self.head = nn.Conv2d(PLANES * 4, channels[0], 3, padding=1)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairwise(channels))
        self.up = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(channels))
        self.encode = nn.ModuleList(_blocks(c, count) for c, count in zip(channels, blocks, strict=True))
        self.decode = nn.ModuleList(_blocks(c, count) for c, count in zip(channels, blocks, strict=True))
        self.attention = _Attention(channels[2], config.heads)
        self.tail = nn.Conv2d(channels[0], 4 * 4, 3, padding=1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, a=SLOPE)
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]
        for module in self.modules():
            if isinstance(module, (_Block, _Attention)):
                module.soften()
        nn.init.normal_(self.tail.weight, std=1e-4)  # the start is the mean of both fills
        self.shadow = SegmentNet(slim=config.shadow) if config.shadow else None
        if self.shadow is not None:  # until it is trained it finds nothing
            nn.init.zeros_(self.shadow.tail.weight)
            nn.init.constant_(self.shadow.tail.bias, -4.0)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[1] == SHADOW_PLANES:
            return self._cast(x)
        smooth, copied, mask = x[:, :3], x[:, 3:6], x[:, 6:]
        known = F.avg_pool2d((mask == 0).to(x.dtype), 8)  # (N, 1, H / 8, W / 8)
        y = self.head(F.pixel_unshuffle(torch.cat([2 * x[:, :6] - 1, mask], 1), 2))
        skips = []
        for level, encode in enumerate(self.encode):
            if level:
                y = self.down[level - 1](y)
            y = encode(y)
            skips.append(y)
        y = self.decode[-1](y)
        for level in reversed(range(len(self.up))):
            y = F.interpolate(self.up[level](y), scale_factor=2.0, mode="bilinear", align_corners=False)
            y = y + skips[level]
            if level == 2:
                y = self.attention(y, known)
            y = self.decode[level](y)
        # Autocast leaves bfloat16 where the CPU computes it, and lerp requires one type.
        y = F.pixel_shuffle(self.tail(F.leaky_relu(y, SLOPE)), 2).to(x.dtype)
        return torch.lerp(smooth, copied, torch.sigmoid(y[:, 3:])) + y[:, :3]

    def _cast(self, x: Tensor) -> Tensor:
        if self.shadow is None:
            raise RuntimeError("this network finds no shadows")
        hole = x[:, 3:]
        # What is taken out says nothing that holds for the next thing, and often it is one color.
        logits: Tensor = self.shadow(torch.cat([torch.where(hole > 0, 0.5, x[:, :3]), hole], 1))
        return logits


class _Block(nn.Module):
    """x + conv(leaky(conv(norm(x)))), (N, C, H, W) -> (N, C, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = _ChannelNorm(channels)
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    @torch.no_grad()
    def soften(self) -> None:
        """A sum of many blocks has to start near its input."""
        self.second.weight.mul_(0.3)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.second(F.leaky_relu(self.first(self.norm(x)), SLOPE))
        return x + y


class _ChannelNorm(nn.Module):
    """Layer normalization over the channels of each position, so that a tile gives what the whole picture gives."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        # (N, C, H, W) -> (N, H, W, C) costs nothing where memory lies in channels_last
        y = F.layer_norm(x.permute(0, 2, 3, 1), self.weight.shape, self.weight, self.bias)
        return y.permute(0, 3, 1, 2)


class _Attention(nn.Module):
    """Multi-head attention of every position to the known ones (contextual attention, arXiv 1801.07892, with learned
    keys): a position counts by the share of it that is known.

    Shapes:
        x (N, C, h, w) and known (N, 1, h, w) in [0, 1] -> (N, C, h, w).
    """

    LEAST = 1e-3

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = _ChannelNorm(channels)
        self.query = nn.Conv2d(channels, channels, 1)
        self.key = nn.Conv2d(channels, channels, 1)
        self.value = nn.Conv2d(channels, channels, 1)
        self.out = nn.Conv2d(channels, channels, 1)

    @torch.no_grad()
    def soften(self) -> None:
        """Scale initial weights down, as a block does: attention has to start uniform to learn what to attend to."""
        self.out.weight.mul_(0.3)
        self.query.weight.mul_(0.3)
        self.key.weight.mul_(0.3)

    def forward(self, x: Tensor, known: Tensor) -> Tensor:
        n, c, h, w = x.shape
        normed = self.norm(x)
        # (N, C, h, w) -> (N, heads, h * w, C / heads)
        query, key, value = (
            part(normed).reshape(n, self.heads, c // self.heads, h * w).transpose(2, 3)
            for part in (self.query, self.key, self.value)
        )
        bias = known.clamp(min=self.LEAST).log().reshape(n, 1, 1, h * w).to(query.dtype)
        y = F.scaled_dot_product_attention(query, key, value, attn_mask=bias.expand(n, self.heads, h * w, h * w))
        carried: Tensor = self.out(y.transpose(2, 3).reshape(n, c, h, w))
        return x + carried


def _blocks(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(_Block(channels) for _ in range(count)))
