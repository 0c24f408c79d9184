"""The classical generator and its discriminator: DCGAN (Radford et al., arXiv 1511.06434) at any power of two.

Corrected here, of public versions of the articles' recipe:

- Heads hard-wired to 64 pixels: both networks are built for the resolution that is asked for. (Of the articles' own
  listings, one generator makes 28x28 pixels while its discriminator expects 64x64; the other's first dense layer alone
  has 20 million weights.)
- Doubling without end: at 256 pixels 128 filters grow to 4096 and the generator to 185 million weights. The doubling
  stops at 512, which leaves 16 million.
- A sigmoid behind the discriminator, whose logarithm is unsafe in half precision: it returns a logit.
- Sampling in train mode, where a picture depends on the others of its batch and alone is nonsense: the generator is
  served in eval mode, with the batch statistics that it is published with; see `gan.generate.train.classical.served`.

[-1, 1] lives inside these networks only; pictures come and go in [0, 1].
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from gan.core.errors import ConfigError
from gan.core.spec import NetworkSpec, config_of
from gan.imaging.product import coverage


@dataclass(frozen=True, kw_only=True)
class ClassicalConfig:
    """Constructor fields of `ClassicalNet`.

    Attributes:
        resolution: side of the pictures in pixels: 32, 64, 128 or 256.
        channels: 1 for gray pictures, 3 for colors.
        latent: length of z.
        filters: width of the last hidden layer; it doubles towards the smaller ones,
        filters_max: up to this.

    Raises:
        ConfigError: a value outside these.
    """

    resolution: int = 256
    channels: int = 3
    latent: int = 100
    filters: int = 128
    filters_max: int = 512

    def __post_init__(self) -> None:
        sizes = (self.latent, self.filters, self.filters_max)
        if self.resolution not in (32, 64, 128, 256) or self.channels not in (1, 3) or min(sizes) < 1:
            raise ConfigError(
                "network",
                "resolution {resolution}, {channels} channels, sizes {sizes}",
                "resolution 32, 64, 128 or 256, 1 or 3 channels and positive sizes are allowed",
                "Correct config.json",
                resolution=self.resolution,
                channels=self.channels,
                sizes=sizes,
            )

    @property
    def categories(self) -> tuple[str, ...]:
        """One category, since the recipe does not distinguish any."""
        return ("any",)

    @property
    def attributes(self) -> tuple[str, ...]:
        """Empty: the network takes no measured attributes."""
        return ()

    @property
    def width(self) -> int:
        """Length of w, which is z."""
        return self.latent

    @property
    def layers(self) -> int:
        """Number of style layers of a picture."""
        return 1

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of the hidden layers, that of 4x4 pixels first and that of half the resolution last."""
        return _doubled(self.filters, self.filters_max, self.resolution)[::-1]


def from_config(published: Mapping[str, Any]) -> ClassicalNet:
    """The network, without weights, that a published checkpoint's `network` describes.

    Raises:
        ConfigError: a field is unknown or out of range.
    """
    fields = {key: value for key, value in published.items() if key != "kind"}
    return ClassicalNet(config_of(ClassicalConfig, fields))


class ClassicalNet(nn.Module):
    """DCGAN generator: z to pictures by transposed convolutions, with the interface that serving needs.

    A style w is z itself, for all of the network at once.

    Shapes:
        z (N, latent) -> pictures (N, channels, R, R) in [0, 1].
    """

    spec = NetworkSpec()

    encoder = None
    """Not available: pictures are projected by optimization alone."""

    def __init__(self, config: ClassicalConfig) -> None:
        super().__init__()
        self.config = config
        layers: list[nn.Module] = []
        before = config.latent
        for width in config.widths:
            # From a single pixel to 4x4, then to twice the size each time. BatchNorm makes a bias superfluous.
            stride, padding = (2, 1) if layers else (1, 0)
            layers += [
                nn.ConvTranspose2d(before, width, 4, stride, padding, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
            ]
            before = width
        layers += [nn.ConvTranspose2d(before, config.channels, 4, 2, 1), nn.Tanh()]
        self.body = nn.Sequential(*layers)
        _initialise(self)

    def forward(self, z: Tensor) -> Tensor:
        pictures: Tensor = self.body(z[:, :, None, None])  # (N, channels, R, R) in [-1, 1]
        return (pictures + 1) / 2

    def draw(self, category: int, generator: torch.Generator, *, azimuth: float | None = None) -> tuple[Tensor, Tensor]:
        """z (latent,) from N(0, I), and no attributes (0,); it knows no views."""
        return torch.randn(self.config.latent, generator=generator), torch.zeros(0)

    def map(self, z: Tensor, attributes: Tensor, category: Tensor) -> Tensor:
        """z (N, latent) as styles (N, 1, latent)."""
        return z[:, None]

    def center(self, category: int, attributes: Tensor) -> Tensor:
        """The mean style (1, latent), towards which truncation goes."""
        return self.body[0].weight.new_zeros(1, self.config.latent)  # type: ignore[operator]

    def synthesize(self, w: Tensor, enlarge: Callable[[Tensor], Tensor] | None = None) -> Tensor:
        """(N, 1, latent) -> (N, 4, R, R) in [0, 1]: RGB, and the coverage estimated from the plain background; or what
        `enlarge` makes of it."""
        rgb = self(w[:, 0]).expand(-1, 3, -1, -1)
        made = torch.cat([rgb, coverage(rgb)], 1)
        return made if enlarge is None else enlarge(made)

    def style_weights(self) -> list[Tensor]:
        """The linear map (4 * 4 * channels, latent) from w to the first layer, for closed-form directions."""
        first: Tensor = self.body[0].weight  # type: ignore[assignment]
        return [first.flatten(1).T]


class ClassicalDiscriminator(nn.Module):
    """DCGAN discriminator of strided convolutions; for training only.

    Neither its first layer nor its last has BatchNorm, as in the paper. Real and made pictures go through it in
    batches of their own, since the statistics of a mixed batch would be those of neither.

    Args:
        resolution, channels: as in `ClassicalConfig`.
        filters: width of the first layer; it doubles towards the smaller ones, up to `filters_max`.

    Shapes:
        pictures (N, channels, R, R) in [0, 1] -> logits (N,).
    """

    def __init__(self, *, resolution: int, channels: int, filters: int = 64, filters_max: int = 512) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = channels
        for width in _doubled(filters, filters_max, resolution):
            layers.append(nn.Conv2d(before, width, 4, 2, 1, bias=before == channels))
            layers += [nn.BatchNorm2d(width)] if len(layers) > 1 else []
            layers.append(nn.LeakyReLU(0.2))
            before = width
        self.body = nn.Sequential(*layers, nn.Conv2d(before, 1, 4))
        _initialise(self)

    def forward(self, pictures: Tensor) -> Tensor:
        logits: Tensor = self.body(pictures * 2 - 1)  # (N, 1, 1, 1)
        return logits.flatten()


def _doubled(filters: int, filters_max: int, resolution: int) -> tuple[int, ...]:
    """Widths from half the resolution down to 4x4 pixels."""
    return tuple(min(filters * 2**i, filters_max) for i in range(int(math.log2(resolution)) - 2))


def _initialise(network: nn.Module) -> None:
    """N(0, 0.02) for every convolution, N(1, 0.02) for the scales of BatchNorm, 0 for every bias."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(module.weight, 0.0, 0.02)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.BatchNorm2d) and module.bias is not None:
            nn.init.zeros_(module.bias)
