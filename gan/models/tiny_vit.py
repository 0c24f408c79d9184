"""TinyViT: an image encoder of convolutions and windowed attention, as MobileSAM uses it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STRIDE = 16
"""Input pixels per feature, in each direction."""

WIDTHS, DEPTHS = (64, 128, 160, 320), (2, 2, 6, 2)
"""Channels and blocks of the four stages."""

HEAD, WINDOWS = 32, (7, 14, 7)
"""Channels of an attention head, and sides of the windows of the last three stages."""

STRIDES = (2, 2, 1)
"""Of the steps between the stages; the last keeps the size."""


class TinyViT(nn.Module):
    """Image encoder: TinyViT-5M (Wu et al., arXiv 2207.10666) with a neck as SAM's encoder has it.

    Batch norms are folded into the convolutions. It has no positions of its own, so that any size can be encoded.

    Args:
        widths: channels of the four stages; the last three are multiples of `HEAD`.
        out: channels of the features.

    Shapes:
        (N, 3, H, W) of colors with mean 0 and deviation 1 -> (N, out, H / 16, W / 16). H and W divisible by `STRIDE`.
    """

    def __init__(self, widths: tuple[int, ...] = WIDTHS, depths: tuple[int, ...] = DEPTHS, out: int = 256) -> None:
        super().__init__()
        first = widths[0]
        self.stem = nn.Sequential(nn.Conv2d(3, first // 2, 3, 2, 1), nn.GELU(), nn.Conv2d(first // 2, first, 3, 2, 1))
        stages: list[nn.Module] = [nn.Sequential(*(_Inverted(first) for _ in range(depths[0])))]
        for c_in, width, depth, window, stride in zip(widths, widths[1:], depths[1:], WINDOWS, STRIDES, strict=False):
            blocks = (_Block(width, window) for _ in range(depth))
            stages.append(nn.Sequential(_merge(c_in, width, stride), *blocks))
        self.stages = nn.ModuleList(stages)
        self.neck = nn.Sequential(
            nn.Conv2d(widths[-1], out, 1, bias=False),
            ChannelNorm(out),
            nn.Conv2d(out, out, 3, padding=1, bias=False),
            ChannelNorm(out),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x)
        features: Tensor = self.neck(x)
        return features


class ChannelNorm(nn.Module):
    """Layer norm over the channels of each pixel, (N, C, H, W) -> (N, C, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        rows = x.permute(0, 2, 3, 1)
        return F.layer_norm(rows, rows.shape[3:], self.weight, self.bias, 1e-6).permute(0, 3, 1, 2)


class _Inverted(nn.Module):
    """An inverted residual block, (N, C, H, W) -> (N, C, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        wide = 4 * channels
        self.widen = nn.Conv2d(channels, wide, 1)
        self.depthwise = nn.Conv2d(wide, wide, 3, padding=1, groups=wide)
        self.project = nn.Conv2d(wide, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return F.gelu(x + self.project(F.gelu(self.depthwise(F.gelu(self.widen(x))))))


def _merge(c_in: int, c_out: int, stride: int) -> nn.Sequential:
    """From one stage to the next, (N, c_in, H, W) -> (N, c_out, H / stride, W / stride)."""
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, 1),
        nn.GELU(),
        nn.Conv2d(c_out, c_out, 3, stride, 1, groups=c_out),
        nn.GELU(),
        nn.Conv2d(c_out, c_out, 1),
    )


class _Block(nn.Module):
    """Attention within windows, a channel-wise convolution across their borders, and an MLP; (N, C, H, W) -> same."""

    def __init__(self, channels: int, window: int) -> None:
        super().__init__()
        self.window = window
        self.attention = _WindowAttention(channels, window)
        self.across = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.mlp = nn.Sequential(
            nn.LayerNorm(channels),
            nn.Linear(channels, 4 * channels),
            nn.GELU(),
            nn.Linear(4 * channels, channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        n, channels, height, width = x.shape
        side = self.window
        x = x.permute(0, 2, 3, 1)  # (N, H, W, C)
        y = F.pad(x, (0, 0, 0, -width % side, 0, -height % side))
        down, across = y.shape[1] // side, y.shape[2] // side
        y = y.reshape(n, down, side, across, side, channels).transpose(2, 3)
        y = self.attention(y.reshape(-1, side * side, channels))  # (N * windows, side * side, C)
        y = y.reshape(n, down, across, side, side, channels).transpose(2, 3)
        y = y.reshape(n, down * side, across * side, channels)[:, :height, :width]
        x = self.across((x + y).permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        made: Tensor = x + self.mlp(x)
        return made.permute(0, 3, 1, 2)


class _WindowAttention(nn.Module):
    """Self-attention with a learned bias for each distance within the window (LeViT, arXiv 2104.01136).

    Shapes:
        (N, side * side, C) -> the same.
    """

    offsets: Tensor

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.heads = channels // HEAD
        self.norm = nn.LayerNorm(channels)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.project = nn.Linear(channels, channels)
        self.bias = nn.Parameter(torch.zeros(self.heads, side * side))
        places = torch.stack(torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij"), -1).reshape(-1, 2)
        apart = (places[:, None] - places[None]).abs()
        self.register_buffer("offsets", apart[..., 0] * side + apart[..., 1], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        n, length, channels = x.shape
        qkv = self.qkv(self.norm(x)).view(n, length, self.heads, 3, HEAD)
        q, k, v = qkv.permute(3, 0, 2, 1, 4)  # (N, heads, length, HEAD) each
        bias = self.bias[:, self.offsets].to(q.dtype)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        made: Tensor = self.project(y.transpose(1, 2).reshape(n, length, channels))
        return made
