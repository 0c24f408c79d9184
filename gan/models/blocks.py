"""Convolutions that are wide while they learn and plain when they serve."""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class RepConv(nn.Module):
    """A 3x3 convolution learned as a sum of branches, whose kernel is one 3x3 kernel at any time.

    The branches are a 3x3, a 1x1, and a 1x1 that widens followed by a 3x3 (RepVGG, arXiv 2101.03697; the linear
    sequence is ECBSR's, ACM MM 2021). They are summed as kernels and not as feature maps, so that a training step
    costs about one plain convolution; the widening has no bias, which makes the sum exact at zero padding too.

    Args:
        c_in: channels of the input.
        c_out: channels of the output.
        widen: channels of the sequence's middle per input channel.
    """

    def __init__(self, c_in: int, c_out: int, widen: int = 2) -> None:
        super().__init__()
        self.plain = nn.Conv2d(c_in, c_out, 3, padding=1)
        self.point = nn.Conv2d(c_in, c_out, 1, bias=False)
        self.expand = nn.Conv2d(c_in, c_in * widen, 1, bias=False)
        self.reduce = nn.Conv2d(c_in * widen, c_out, 3, padding=1, bias=False)
        with torch.no_grad():  # the sum of the branches starts at the variance of one
            for branch in (self.plain, self.point, self.reduce):
                branch.weight.mul_(3**-0.5)

    def kernel(self) -> Tensor:
        """The 3x3 kernel that the branches add up to, (c_out, c_in, 3, 3)."""
        sequence = torch.einsum("omhw,mi->oihw", self.reduce.weight, self.expand.weight[:, :, 0, 0])
        return self.plain.weight + F.pad(self.point.weight, (1, 1, 1, 1)) + sequence

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.kernel(), self.plain.bias, padding=1)

    @torch.no_grad()
    def fused(self) -> nn.Conv2d:
        """The same convolution without branches."""
        conv = nn.Conv2d(self.plain.in_channels, self.plain.out_channels, 3, padding=1)
        conv.weight.copy_(self.kernel())
        if conv.bias is not None and self.plain.bias is not None:
            conv.bias.copy_(self.plain.bias)
        return conv


def fuse(network: nn.Module) -> nn.Module:
    """A copy of the network in which every `RepConv` is the plain convolution that it equals."""
    plain = copy.deepcopy(network)
    for parent in list(plain.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, RepConv):
                setattr(parent, name, child.fused())
    return plain
