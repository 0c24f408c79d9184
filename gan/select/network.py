"""Promptable segmentation network: from a picture and clicks, or none, to the mask of one thing and its quality."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.core.errors import ConfigError
from gan.core.spec import NetworkSpec, config_of
from gan.models.tiny_vit import DEPTHS, STRIDE, WIDTHS, ChannelNorm, TinyViT

SIDE_PX = 1024
"""Longest side of what is encoded; pictures are padded to a square of it below and to the right."""

MASK_STRIDE = 4
"""Pixels of that square per mask value, in each direction."""

NOT_MEANT, MEANT, NOTHING, PRODUCT = range(4)
"""Kinds of prompts: a click on what is not meant, one on what is, none, and the picture's product, without a click."""

WIDTH, HEADS = 256, 8
MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True, kw_only=True)
class PromptConfig:
    """The network's size.

    Attributes:
        slim: divides the channels; 1 is the authors' network.
        side_px: of the square that is encoded, a multiple of `STRIDE`.

    Raises:
        ConfigError: a value outside these.
    """

    slim: int = 1
    side_px: int = SIDE_PX

    def __post_init__(self) -> None:
        if self.slim not in (1, 2, 4, 8) or not STRIDE <= self.side_px <= 4 * SIDE_PX or self.side_px % STRIDE:
            raise ConfigError(
                "network",
                "slim {slim}, side_px {side_px}",
                "1, 2, 4 or 8, and a multiple of {stride} up to {most}",
                "Correct config.json",
                slim=self.slim,
                side_px=self.side_px,
                stride=STRIDE,
                most=4 * SIDE_PX,
            )


class PromptNet(nn.Module):
    """Segment the thing that clicks ask for, or the picture's product where there is no click.

    MobileSAM (Zhang et al., arXiv 2306.14289): SAM's prompts and decoder (arXiv 2304.02643) on TinyViT's features. It
    has one mask instead of SAM's four and no boxes. New here is `PRODUCT`, a learned prompt that asks for the
    picture's product without a click.
    """

    spec = NetworkSpec(multiple=STRIDE, whole=True)

    def __init__(self, config: PromptConfig | None = None) -> None:
        super().__init__()
        config = config or PromptConfig()
        width = WIDTH // config.slim
        self.side_px = config.side_px
        self.encoder = TinyViT(WIDTHS, DEPTHS, width) if config.slim == 1 else TinyViT((32,) * 4, (1,) * 4, width)
        self.register_buffer("frequencies", torch.randn(2, width // 2))
        self.clicks = nn.Embedding(4, width)
        """Of `NOT_MEANT`, `MEANT`, `NOTHING` and `PRODUCT`."""
        self.no_prior = nn.Parameter(torch.zeros(width))
        self.prior = nn.Sequential(
            nn.Conv2d(1, 4, 2, 2),
            ChannelNorm(4),
            nn.GELU(),
            nn.Conv2d(4, 16, 2, 2),
            ChannelNorm(16),
            nn.GELU(),
            nn.Conv2d(16, width, 1),
        )
        self.answers = nn.Parameter(torch.zeros(5, width))
        """Tokens whose outputs give the quality and SAM's four masks; those of the last three are looked at only."""
        self.blocks = nn.ModuleList(_TwoWay(width, 8 * width, first=not i) for i in range(2))
        self.last = _Attention(width, width // 2)
        self.norm = nn.LayerNorm(width)
        self.enlarge = nn.Sequential(
            nn.ConvTranspose2d(width, width // 4, 2, 2),
            ChannelNorm(width // 4),
            nn.GELU(),
            nn.ConvTranspose2d(width // 4, width // 8, 2, 2),
            nn.GELU(),
        )
        self.mask = _mlp(width, width // 8)
        self.quality = _mlp(width, 1)
        self.register_buffer("mean", torch.tensor(MEAN)[None, :, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(_STD)[None, :, None, None], persistent=False)

    @classmethod
    def published(cls, config: Mapping[str, Any]) -> PromptNet:
        """Without weights, from a published config."""
        return cls(config_of(PromptConfig, config))

    def encode(self, rgb: Tensor) -> Tensor:
        """Colors (N, 3, H, W) in [0, 1] to features (N, C, S, S); their longer side is made `side_px`."""
        height, width = fitted_to(rgb.shape[2], rgb.shape[3], self.side_px)
        x = (rgb - self.mean) / self.std  # type: ignore[operator]
        x = F.interpolate(x, (height, width), mode="bilinear", align_corners=False, antialias=True)
        x = F.pad(x, (0, self.side_px - width, 0, self.side_px - height))
        features: Tensor = self.encoder(x.contiguous(memory_format=torch.channels_last))
        return features

    def forward(
        self, features: Tensor, clicks: Tensor | None = None, prior: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Decode masks.

        Args:
            features: (1, C, S, S), as `encode` gives them.
            clicks: (N, K, 3): x and y in pixels of the square of `side_px`, and the kind of the prompt; of `NOTHING`
                and `PRODUCT` the place does not count. None asks for the product.
            prior: (N, 1, 4 S, 4 S) in [0, 1], what is known of the mask; None where nothing is.

        Returns:
            Logits (N, 1, 4 S, 4 S) of the square, and the IoU to be expected, (N,).
        """
        side = features.shape[2]
        if clicks is None:
            clicks = features.new_tensor([[[0, 0, PRODUCT]]]).expand(1 if prior is None else len(prior), -1, -1)
        count = len(clicks)
        end = self.clicks.weight[NOTHING].expand(count, 1, -1)
        tokens = torch.cat([self.answers.expand(count, -1, -1), self._prompts(clicks), end], 1)  # (N, 6 + K, C)
        if prior is None:
            known = self.no_prior[None, :, None, None].expand(count, -1, side, side)
        else:
            known = self.prior(2 * prior.clamp(0.01, 0.99).logit())
        grid = (torch.arange(side, device=features.device) + 0.5) / side
        y, x = torch.meshgrid(grid, grid, indexing="ij")
        where = self._placed(torch.stack([x, y], -1)).reshape(1, side * side, -1)
        pixels = (features + known).flatten(2).transpose(1, 2)  # (N, S * S, C)
        asked = tokens
        for block in self.blocks:
            tokens, pixels = block(tokens, pixels, asked, where)
        tokens = self.norm(tokens + self.last(tokens + asked, pixels + where, pixels))
        large = self.enlarge(pixels.transpose(1, 2).reshape(count, -1, side, side))
        logits = torch.einsum("nc,nchw->nhw", self.mask(tokens[:, 1]), large)[:, None]
        return logits, self.quality(tokens[:, 0])[:, 0]

    def _prompts(self, clicks: Tensor) -> Tensor:
        """Tokens (N, K, C) of prompts (N, K, 3)."""
        kinds = clicks[..., 2].long()
        places = self._placed((clicks[..., :2] + 0.5) / self.side_px)
        made: Tensor = self.clicks(kinds) + places * (kinds < NOTHING)[..., None]
        return made

    def _placed(self, places: Tensor) -> Tensor:
        """Random Fourier features (arXiv 2006.10739) of places (..., 2), x and y in [0, 1]: (..., C)."""
        angles = 2 * math.pi * ((2 * places.float() - 1) @ self.frequencies)  # type: ignore[operator]
        return torch.cat([angles.sin(), angles.cos()], -1)


def fitted_to(height: int, width: int, side_px: int) -> tuple[int, int]:
    """Height and width with the longer one at `side_px`."""
    scale = side_px / max(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))


class _TwoWay(nn.Module):
    """Transformer block in which tokens look at pixels and pixels at tokens.

    Shapes:
        tokens (N, K, C), pixels (N, P, C), and their positions of the same shapes or broadcast; returns both anew.
    """

    def __init__(self, width: int, hidden: int, *, first: bool) -> None:
        super().__init__()
        self.first = first
        self.among = _Attention(width, width)
        self.look = _Attention(width, width // 2)
        self.mlp = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, width))
        self.back = _Attention(width, width // 2)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(4))

    def forward(self, tokens: Tensor, pixels: Tensor, asked: Tensor, where: Tensor) -> tuple[Tensor, Tensor]:
        own = tokens + asked
        # The first block's tokens are their own positions.
        tokens = self.among(tokens, tokens, tokens) if self.first else tokens + self.among(own, own, tokens)
        tokens = self.norms[0](tokens)
        tokens = self.norms[1](tokens + self.look(tokens + asked, pixels + where, pixels))
        tokens = self.norms[2](tokens + self.mlp(tokens))
        pixels = self.norms[3](pixels + self.back(pixels + where, tokens + asked, tokens))
        return tokens, pixels


class _Attention(nn.Module):
    """Attention of `HEADS` heads within `inner` channels: (N, Q, C), (N, K, C), (N, K, C) -> (N, Q, C)."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(width, inner) for _ in range(3))
        self.out = nn.Linear(inner, width)

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        heads = [
            layer(x).unflatten(2, (HEADS, -1)).transpose(1, 2) for layer, x in ((self.q, q), (self.k, k), (self.v, v))
        ]  # (N, heads, Q or K, inner / heads)
        made: Tensor = self.out(F.scaled_dot_product_attention(*heads).transpose(1, 2).flatten(2))
        return made


def _mlp(width: int, out: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, out))
