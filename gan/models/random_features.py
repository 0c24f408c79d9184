"""Features of networks that nobody trained: what random filters see of a texture says most of what it is."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CHANNELS = (24, 48, 96, 128)


class RandomFeatures(nn.Module):
    """A plain stack of 3x3 convolutions with random weights, halved in size between the stages.

    Random filters serve texture about as well as trained ones (Ustyuzhaninov et al., arXiv 1606.00021), and a new
    draw for every step leaves nothing to adapt to but the textures themselves.

    Args:
        generator: where the weights come from; the same state gives the same network.
        channels: of the stages, the first at full resolution.

    Shapes:
        (N, 3, H, W), RGB in [0, 1] -> one map a stage, (N, channels[i], H / 2^i, W / 2^i), rounded down.
    """

    def __init__(self, generator: torch.Generator, channels: tuple[int, ...] = CHANNELS) -> None:
        super().__init__()
        widths = (3, *channels)
        for index, (c_in, c_out) in enumerate(pairwise(widths)):
            weight = torch.randn(c_out, c_in, 3, 3, generator=generator) * (2 / (9 * c_in)) ** 0.5
            self.register_buffer(f"weight{index}", weight)
            self.register_buffer(f"bias{index}", 0.2 * torch.randn(c_out, generator=generator))
        self.stages = len(channels)

    def forward(self, x: Tensor) -> list[Tensor]:
        y = 4 * x - 2
        maps = []
        for index in range(self.stages):
            if index:
                y = F.avg_pool2d(y, 2)
            weight, bias = self.get_buffer(f"weight{index}"), self.get_buffer(f"bias{index}")
            y = F.relu(F.conv2d(y, weight.to(y.dtype), bias.to(y.dtype), padding=1))
            maps.append(y)
        return maps
