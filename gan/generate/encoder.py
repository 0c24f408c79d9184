"""Encoder of the generator: pictures to maps of the latent space, their categories and their attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

if TYPE_CHECKING:
    from gan.generate.network import GenerateConfig


class Encoded(NamedTuple):
    """Encoder output for N pictures: a Gaussian over z, logits of categories, and the predicted attributes."""

    mean: Tensor
    log_variance: Tensor
    category: Tensor
    attributes: Tensor


class Encoder(nn.Module):
    """Pictures (N, 4, H, W) in [0, 1] to `Encoded`. The map is what the layers of its size see; the category and the
    attributes are read from a vector of the whole picture."""

    def __init__(self, config: GenerateConfig) -> None:
        super().__init__()
        self.size_px, self.code_px = config.encoder_px, config.code_px
        size, width = config.encoder_px // 4, max(config.channels_max // 2, 16)
        self.stem = nn.Conv2d(4 * 16, width, 3, padding=1)
        self.body = nn.ModuleList()
        at_code = width
        while size > 4:
            wider = min(width * 2, config.channels_max)
            self.body.append(_Down(width, wider))
            size, width = size // 2, wider
            at_code = width if size == config.code_px else at_code
        self.deep = nn.ModuleList(_Residual(at_code) for _ in range(config.encoder_blocks))
        self.near = nn.Conv2d(at_code, at_code, 3, padding=1)
        self.latent = nn.Conv2d(at_code, 2 * config.latent // config.code_px**2, 1)
        self.dense = nn.Linear(width * 16, config.style)
        self.category = nn.Linear(config.style, len(config.categories))
        self.attributes = nn.Linear(config.style, len(config.attributes))

    def forward(self, x: Tensor) -> Encoded:
        small = F.interpolate(x, (self.size_px, self.size_px), mode="area") if x.shape[-1] != self.size_px else x
        y = F.pixel_unshuffle((small * 2 - 1).contiguous(), 4).contiguous(memory_format=torch.channels_last)
        y = F.leaky_relu(self.stem(y), 0.2)
        code = y
        for layer in self.body:
            y = layer(y)
            code = y if y.shape[-1] == self.code_px else code
        for layer in self.deep:
            code = layer(code)
        code = self.latent(F.leaky_relu(code + self.near(code), 0.2))
        mean, log_variance = (part.flatten(1) for part in code.chunk(2, 1))
        y = F.leaky_relu(self.dense(y.flatten(1)), 0.2)
        return Encoded(mean, log_variance.clamp(-10, 4), self.category(y), self.attributes(y))


class _Down(nn.Module):
    """A residual block that halves the size, (N, C, h, w) -> (N, C', h / 2, w / 2)."""

    def __init__(self, into: int, out: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(into, out, 3, padding=1)
        self.second = nn.Conv2d(out, out, 3, padding=1)
        self.skip = nn.Conv2d(into, out, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        small = F.avg_pool2d(x, 2)
        y = self.second(F.leaky_relu(self.first(small), 0.2))
        skip: Tensor = self.skip(small)
        return F.leaky_relu(y + skip, 0.2)


class _Residual(nn.Module):
    """Two convolutions beside the identity, which it begins as, so that a published encoder can be deepened."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        for parameter in self.second.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = x + self.second(F.leaky_relu(self.first(F.leaky_relu(x, 0.2)), 0.2))
        return made
