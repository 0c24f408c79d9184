"""A discriminator that looks at a frozen network's features: it needs far fewer pictures than one from scratch."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class ProjectedDiscriminator(nn.Module):
    """One small head a stage behind fixed random projections, as in Projected GANs (arXiv 2111.01007, section 4).

    The projections mix channels and, from coarse to fine, scales; they are drawn from `seed`, never trained, and keep
    the heads from looking only at what is easiest. Each head ends in a map of logits, to which the picture's category
    adds its projection (arXiv 1802.05637).

    Args:
        channels: of the stages used, finest first.
        categories: how many there are.
        width: channels of the projections and heads.

    Shapes:
        stages (N, C_s, h_s, w_s), finest first, and category (N,) -> logits (N, K), all heads' positions side by side.
    """

    POSITIONS = 8
    """Side of the largest map of logits; a stage that is larger is shrunk by halves until it fits."""

    def __init__(self, channels: tuple[int, ...], categories: int, width: int = 64, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.mix = nn.ModuleList(_fixed(nn.Conv2d(c, width, 1), generator) for c in channels)
        self.blend = nn.ModuleList(_fixed(nn.Conv2d(width, width, 3, padding=1), generator) for _ in channels)
        self.heads = nn.ModuleList(_Head(width, categories) for _ in channels)

    def forward(self, stages: list[Tensor], category: Tensor) -> Tensor:
        mixed = [mix(stage) for mix, stage in zip(self.mix, stages, strict=True)]
        coarser: Tensor | None = None
        logits = []
        for index in reversed(range(len(mixed))):
            x = mixed[index]
            if coarser is not None:
                x = x + F.interpolate(coarser, size=x.shape[2:], mode="bilinear", align_corners=False)
            x = self.blend[index](x)
            coarser = x
            logits.append(self.heads[index](x, category).flatten(1))
        return torch.cat(logits, 1)


class _Head(nn.Module):
    """Down to at most `POSITIONS` in each direction, then one logit each."""

    def __init__(self, width: int, categories: int) -> None:
        super().__init__()
        self.enter = spectral_norm(nn.Conv2d(width, width, 3, padding=1))
        self.down = spectral_norm(nn.Conv2d(width, width, 4, stride=2, padding=1))
        self.tail = spectral_norm(nn.Conv2d(width, 1, 1))
        self.category = nn.Embedding(categories, width)
        nn.init.normal_(self.category.weight, std=width**-0.5)

    def forward(self, x: Tensor, category: Tensor) -> Tensor:
        x = F.leaky_relu(self.enter(x), 0.2)
        small = x.shape[-1] <= ProjectedDiscriminator.POSITIONS
        while x.shape[-1] > ProjectedDiscriminator.POSITIONS:
            x = F.leaky_relu(self.down(x), 0.2)
        logits: Tensor = self.tail(x) + (x * self.category(category)[:, :, None, None]).sum(1, keepdim=True)
        if small:
            # Several processes wait for the gradient of every parameter; a zero keeps them from waiting for ever.
            logits = logits + 0 * (self.down.weight.sum() + self.down.bias.sum())  # type: ignore[operator]
        return logits


def _fixed(conv: nn.Conv2d, generator: torch.Generator) -> nn.Conv2d:
    fan = conv.in_channels * conv.kernel_size[0] * conv.kernel_size[1]
    with torch.no_grad():
        conv.weight.copy_(torch.randn(conv.weight.shape, generator=generator) * fan**-0.5)
        if conv.bias is not None:
            conv.bias.zero_()
    return conv.requires_grad_(False)
