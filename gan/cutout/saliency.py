"""U-2-Net, small version: salient object detection, which tells the main thing of a photograph from what is around it.

Qin et al., arXiv 2005.09007; trained by its authors on DUTS-TR, weights under Apache-2.0, turned into ours by
`examples/convert_u2netp.py`. Batch norms are folded into the convolutions.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.core.spec import NetworkSpec

SIDE_PX = 320
"""Height and width that the network was trained at; pictures are stretched to them."""

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
WIDTH, INNER = 64, 16
"""Channels between blocks and within them."""

_DEPTHS = (7, 6, 5, 4)
"""Levels of the blocks at strides 1, 2, 4 and 8; the two below have dilated convolutions instead of levels."""


class SaliencyNet(nn.Module):
    """Nested U-shaped network of 1.1 M parameters, with a plane of what is known besides the colors.

    Args:
        slim: divides all channels; 1 is the authors' network.

    Shapes:
        (N, 4, H, W) -> (N, 1, H, W): RGB in [0, 1] and a prior of the coverage in [0, 1], as of
        `gan.cutout.network.CutoutNet`; to logits of the coverage. H and W of 32 or more, best 320.
    """

    spec = NetworkSpec(multiple=1, whole=True)

    def __init__(self, slim: int = 1) -> None:
        super().__init__()
        width, inner = WIDTH // slim, INNER // slim
        self.down = nn.ModuleList(
            [
                *(_Levels(depth, 3 if not i else width, inner, width) for i, depth in enumerate(_DEPTHS)),
                _Dilated(width, inner, width),
            ]
        )
        self.bottom = _Dilated(width, inner, width)
        self.up = nn.ModuleList(
            [
                _Dilated(2 * width, inner, width),
                *(_Levels(depth, 2 * width, inner, width) for depth in reversed(_DEPTHS)),
            ]
        )
        self.sides = nn.ModuleList(nn.Conv2d(width, 1, 3, padding=1) for _ in range(len(_DEPTHS) + 2))
        self.join = nn.Conv2d(len(_DEPTHS) + 2, 1, 1)
        self.hint = nn.Conv2d(1, width, 3, padding=1)
        # The authors' network knows no prior: it is not disturbed at the start.
        nn.init.zeros_(self.hint.weight)
        nn.init.zeros_(self.hint.bias)  # type: ignore[arg-type]
        self.register_buffer("mean", torch.tensor(_MEAN)[None, :, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(_STD)[None, :, None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        rgb, prior = x[:, :3], x[:, 3:]
        y = (rgb - self.mean) / self.std  # type: ignore[operator]
        taps: list[Tensor] = []
        for index, block in enumerate(self.down):
            y = block(y, self.hint(2 * prior - 1) if not index else None)
            taps.append(y)
            y = F.max_pool2d(y, 2, 2, ceil_mode=True)
        y = self.bottom(y)
        levels = [y]
        for block, tap in zip(self.up, reversed(taps), strict=True):
            y = block(torch.cat([_fitted(y, tap), tap], 1))
            levels.append(y)
        maps = [
            F.interpolate(side(level), x.shape[2:], mode="bilinear", align_corners=False)
            for side, level in zip(self.sides, reversed(levels), strict=True)
        ]
        logits: Tensor = self.join(torch.cat(maps, 1))
        return logits

    def convolutions(self) -> Iterator[nn.Conv2d]:
        """Convolutions of the authors' network in the order in which they run."""
        for block in (*self.down, self.bottom, *self.up):
            yield from block.convolutions()
        yield from self.sides  # type: ignore[misc]
        yield self.join


class _Levels(nn.Module):
    """Residual U-block: a small U-shaped network of `depth` levels whose output is added to its first layer's."""

    def __init__(self, depth: int, channels: int, inner: int, width: int) -> None:
        super().__init__()
        self.first = _conv(channels, width)
        self.down = nn.ModuleList(_conv(inner if i else width, inner) for i in range(depth - 1))
        self.bottom = _conv(inner, inner, dilation=2)
        self.up = nn.ModuleList(_conv(2 * inner, inner if i else width) for i in reversed(range(depth - 1)))

    def forward(self, x: Tensor, hint: Tensor | None = None) -> Tensor:
        x = self.first(x) if hint is None else self.first(x) + hint
        x = F.relu(x)
        taps: list[Tensor] = []
        y = x
        for index, conv in enumerate(self.down):
            y = F.relu(conv(F.max_pool2d(y, 2, 2, ceil_mode=True) if index else y))
            taps.append(y)
        y = F.relu(self.bottom(y))
        for conv, tap in zip(self.up, reversed(taps), strict=True):
            y = F.relu(conv(torch.cat([_fitted(y, tap), tap], 1)))
        return x + y

    def convolutions(self) -> Iterator[nn.Conv2d]:
        yield self.first
        yield from self.down  # type: ignore[misc]
        yield self.bottom
        yield from self.up  # type: ignore[misc]


class _Dilated(nn.Module):
    """Residual block without levels: what it sees grows by dilation, 1, 2, 4 and 8, and back."""

    def __init__(self, channels: int, inner: int, width: int) -> None:
        super().__init__()
        self.first = _conv(channels, width)
        self.down = nn.ModuleList(_conv(inner if i else width, inner, dilation=2**i) for i in range(4))
        self.up = nn.ModuleList(_conv(2 * inner, inner if i else width, dilation=2**i) for i in (2, 1, 0))

    def forward(self, x: Tensor, hint: Tensor | None = None) -> Tensor:
        x = F.relu(self.first(x))
        taps: list[Tensor] = []
        y = x
        for conv in self.down:
            y = F.relu(conv(y))
            taps.append(y)
        for conv, tap in zip(self.up, reversed(taps[:-1]), strict=True):
            y = F.relu(conv(torch.cat([y, tap], 1)))
        return x + y

    def convolutions(self) -> Iterator[nn.Conv2d]:
        yield self.first
        yield from self.down  # type: ignore[misc]
        yield from self.up  # type: ignore[misc]


def _conv(channels: int, out: int, *, dilation: int = 1) -> nn.Conv2d:
    return nn.Conv2d(channels, out, 3, padding=dilation, dilation=dilation)


def _fitted(x: Tensor, to: Tensor) -> Tensor:
    if x.shape[2:] == to.shape[2:]:
        return x
    return F.interpolate(x, to.shape[2:], mode="bilinear", align_corners=False)
