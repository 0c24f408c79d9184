"""Segmentation network: one value for each pixel of a picture, told what is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STAGES = ((16, 1, 1, 3, 1), (24, 2, 6, 3, 2), (40, 2, 6, 5, 2), (80, 3, 6, 3, 2), (112, 3, 6, 5, 1), (192, 4, 6, 5, 2))
"""Of EfficientNet-Lite0 without its last block: channels, blocks, expansion, kernel, stride of the first block."""

STEM = 32
TAPS = (0, 1, 2, 4, 5)
"""After these stages the decoder looks at the features: strides 2, 4, 8, 16 and 32."""

DECODER = (24, 32, 48, 64, 96)
"""Channels of the decoder at these strides."""


class SegmentNet(nn.Module):
    """Segmentation network with a plane of what is known besides the colors.

    EfficientNet-Lite0 (Tan and Le, arXiv 1905.11946; its Lite variant without squeeze-and-excitation), batch norms
    folded, and a top-down decoder with lateral connections (FPN, arXiv 1612.03144).

    Args:
        decoder: channels of the decoder at strides 2, 4, 8, 16 and 32.
        slim: divides the encoder's channels; 1 is EfficientNet-Lite0, whose weights training starts from.

    Shapes:
        (N, 4, H, W) -> (N, 1, H, W): RGB in [0, 1] and what is known, in [0, 1]; to logits. H and W divisible by
        `MULTIPLE`.
    """

    MULTIPLE = 32

    def __init__(self, decoder: Sequence[int] = DECODER, slim: int = 1) -> None:
        super().__init__()
        width = STEM // slim
        self.stem = _SameConv(3, width, 3, stride=2)
        self.hint = nn.Conv2d(1, width, 4, stride=2, padding=1)
        stages, taps = [], []
        for channels, blocks, expansion, kernel, stride in STAGES:
            out = channels // slim
            stages.append(
                nn.Sequential(
                    *(
                        _Inverted(width if i == 0 else out, out, expansion, kernel, stride if i == 0 else 1)
                        for i in range(blocks)
                    )
                )
            )
            width = out
            taps.append(out)
        self.stages = nn.ModuleList(stages)
        self.lateral = nn.ModuleList(nn.Conv2d(taps[t], c, 1) for t, c in zip(TAPS, decoder, strict=True))
        self.narrow = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(decoder))
        self.refine = nn.ModuleList(_Refine(c) for c in decoder)
        self.scene = nn.Linear(decoder[-1], decoder[-1])
        # The finest features are at half the size; the picture itself says where an edge is to the pixel.
        self.detail = nn.Conv2d(4 * 4, decoder[0], 3, padding=1)
        self.tail = nn.Conv2d(decoder[0], 4, 3, padding=1)
        with torch.no_grad():
            # A network that knows only pictures is not disturbed at the start.
            self.hint.weight.zero_()
            if self.hint.bias is not None:
                self.hint.bias.zero_()

    def take_encoder(self, trained: nn.Module) -> None:
        """Give the encoder the convolutions of EfficientNet-Lite0 in their order, in place; `slim` has to be 1."""
        theirs = [m for m in trained.modules() if isinstance(m, nn.Conv2d)]
        own = [self.stem, *(m for m in self.stages.modules() if isinstance(m, nn.Conv2d))]
        for mine, other in zip(own, theirs, strict=False):
            mine.load_state_dict(other.state_dict())

    def forward(self, x: Tensor) -> Tensor:
        rgb, prior = x[:, :3], x[:, 3:]
        y = F.relu6(self.stem((rgb * 255 - 127) / 128) + self.hint(2 * prior - 1))
        taps = []
        for index, stage in enumerate(self.stages):
            y = stage(y)
            if index in TAPS:
                taps.append(y)
        y = self.lateral[-1](taps[-1])
        y = y + self.scene(y.mean((2, 3)))[:, :, None, None]
        y = self.refine[-1](y)
        for level in reversed(range(len(taps) - 1)):
            y = F.interpolate(self.narrow[level](y), scale_factor=2.0, mode="bilinear", align_corners=False)
            y = y + self.lateral[level](taps[level])
            if level == 0:
                y = y + self.detail(F.pixel_unshuffle(torch.cat([rgb - 0.5, prior - 0.5], 1), 2))
            y = self.refine[level](y)
        return F.pixel_shuffle(self.tail(F.leaky_relu(y, 0.1)), 2)


class _SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow does, at stride 2 by one more below and to the right.

    Under autocast on a CPU a channel-wise one with a large kernel or a stride stays in float32: its backward pass
    takes twice as long in bfloat16, even where the CPU has that.
    """

    def __init__(self, c_in: int, c_out: int, kernel: int, *, stride: int = 1, groups: int = 1) -> None:
        super().__init__(c_in, c_out, kernel, stride, padding=kernel // 2 if stride == 1 else 0, groups=groups)
        self._pad = (kernel - stride) // 2, (kernel - stride + 1) // 2

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type == "cpu" and torch.is_autocast_enabled("cpu") and self._slow_in_halves:
            with torch.autocast("cpu", enabled=False):
                return self._padded(x.float())
        return self._padded(x)

    @property
    def _slow_in_halves(self) -> bool:
        return self.groups > 1 and (self.stride[0] > 1 or self.kernel_size[0] > 3)

    def _padded(self, x: Tensor) -> Tensor:
        return super().forward(x if self.stride[0] == 1 else F.pad(x, self._pad * 2))


class _Inverted(nn.Module):
    """An inverted residual block (MobileNetV2, arXiv 1801.04381)."""

    def __init__(self, c_in: int, c_out: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        width = c_in * expansion
        self.widen = nn.Conv2d(c_in, width, 1) if expansion != 1 else None
        self.depthwise = _SameConv(width, width, kernel, stride=stride, groups=width)
        self.project = nn.Conv2d(width, c_out, 1)
        self.residual = stride == 1 and c_in == c_out

    def forward(self, x: Tensor) -> Tensor:
        y = x if self.widen is None else F.relu6(self.widen(x))
        narrow: Tensor = self.project(F.relu6(self.depthwise(y)))
        return narrow + x if self.residual else narrow


class _Refine(nn.Module):
    """x + conv(leaky(conv(leaky(x)))), (N, C, H, W) -> (N, C, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        with torch.no_grad():
            self.second.weight.mul_(0.3)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.second(F.leaky_relu(self.first(F.leaky_relu(x, 0.1)), 0.1))
        return x + y
