"""The generator: a lean StyleGAN2 conditioned on measured attributes, and an encoder that shares its latent space.

A product is three things: what kind it is (its category), what can be measured on its picture (`attributes`: color,
frame, angle of view), and everything else (`z`). The first two are inputs, so that a named slider is an input and no
guess. The mapping turns the three into w; the synthesis turns w into colors and coverage.

With an encoder, z is a small map of the product (`code_px` on a side) that the synthesis begins with: where a leg or a
handle is stands in the map, so that the network needs not learn to draw it from a vector of numbers. What can be
measured on a picture (`MEASURES`: its mean color, its box in the frame) is then set on the picture itself, and so a
slider does what it says. From noise, the synthesis begins with a learned constant, as StyleGAN2 does, and is told all
attributes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.core.errors import ConfigError
from gan.core.spec import NetworkSpec, config_of
from gan.generate.classical_network import ClassicalNet, from_config
from gan.generate.encoder import Encoded, Encoder
from gan.generate.prior import DICE, Members, mixture
from gan.generate.setting import COLORS, as_measured
from gan.imaging.product import MEASURES

AZIMUTH = "azimuth"
"""The attribute that a product is turned by."""


@dataclass(frozen=True, kw_only=True)
class GenerateConfig:
    """Constructor fields of `GenerateNet`.

    Attributes:
        resolution: side of the pictures in pixels: 32, 64, 128, 256 or 512.
        categories: their names.
        attributes: names of the measured inputs.
        latent: length of z; with an encoder a multiple of `code_px` squared.
        style: length of the mapping's output. w is as long, or longer by z and by the measures with an encoder.
        channels_base: a layer at r pixels has channels_base / r channels,
        channels_max: at most this many,
        channels_min: and at least this many.
        shuffle: output pixels per pixel of the last layer, in each direction. At 2 the finest layer works at half the
            resolution, which a CPU does four times as fast.
        members: rows of the table of encodings that the prior is made of; 0 where z is drawn from N(0, I).
        encoder_px: side to which the encoder shrinks its pictures, a power of two from 16 on; 0 for no encoder.
        code_px: side of the map that z is with an encoder: 4 or 8, at most a quarter of `encoder_px`.
        encoder_blocks: residual blocks of the encoder at the map's size.

    Raises:
        ConfigError: a value outside these.
    """

    resolution: int = 128
    categories: tuple[str, ...] = ("product",)
    attributes: tuple[str, ...] = ()
    latent: int = 128
    style: int = 256
    channels_base: int = 8192
    channels_max: int = 256
    channels_min: int = 16
    shuffle: int = 1
    members: int = 0
    encoder_px: int = 64
    code_px: int = 8
    encoder_blocks: int = 0

    def __post_init__(self) -> None:
        least = (self.members, self.encoder_blocks)
        powers = self.resolution >= 32 and math.log2(self.resolution).is_integer() and self.shuffle in (1, 2, 4)
        sizes = (self.latent, self.style, self.channels_base, self.channels_max, self.channels_min)
        seen = self.encoder_px == 0 or (
            self.encoder_px >= 16
            and math.log2(self.encoder_px).is_integer()
            and self.code_px in (4, 8)
            and 4 * self.code_px <= self.encoder_px
            and self.latent % self.code_px**2 == 0
        )
        if not powers or not seen or min(sizes) < 1 or self.style < 4 or not self.categories or min(least) < 0:
            raise ConfigError(
                "network",
                "resolution {resolution}, shuffle {shuffle}, encoder {encoder}, code {code}, sizes {sizes}",
                "powers of two from 32 (encoder 16), shuffle 1, 2 or 4, code 4 or 8 and a category are needed",
                "Correct config.json",
                resolution=self.resolution,
                shuffle=self.shuffle,
                encoder=self.encoder_px,
                code=self.code_px,
                sizes=sizes,
            )

    def channels(self, size_px: int) -> int:
        """Width of the layers that work at this size."""
        return max(min(self.channels_base // size_px, self.channels_max), self.channels_min)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Sides of the synthesis's blocks, the code's first, or 4."""
        first, last = self.code_px if self.encoder_px else 4, self.resolution // self.shuffle
        return tuple(first * 2**i for i in range(int(math.log2(last // first)) + 1))

    @property
    def measures(self) -> tuple[int, ...]:
        """Places of `MEASURES` among the attributes, where z is a map and all are there; else none."""
        known = bool(self.encoder_px) and set(MEASURES) <= set(self.attributes)
        return tuple(map(self.attributes.index, MEASURES)) if known else ()

    @property
    def width(self) -> int:
        """Length of w: the map, the mapping's output and the measures, one behind the other."""
        return self.style + (self.latent + len(self.measures) if self.encoder_px else 0)

    @property
    def layers(self) -> int:
        """Number of style layers of a picture: two convolutions a block."""
        return 2 * len(self.sizes)


def config_from(published: Mapping[str, Any]) -> GenerateConfig:
    """The config that a published checkpoint's `network` describes.

    Raises:
        ConfigError: a field is unknown, missing or out of range.
    """
    return config_of(GenerateConfig, {key: value for key, value in published.items() if key != "kind"})


class Trained(NamedTuple):
    """Output of one training forward pass: reconstructions, samples, and the encodings of the sources."""

    made: Tensor | None
    sampled: Tensor | None
    encoded: Encoded | None


class GenerateNet(nn.Module):
    """Mapping, synthesis, encoder, and the table of encodings that latents are drawn from.

    Shapes:
        z (N, latent), attributes (N, A), category (N,) int64 -> pictures (N, 4, R, R): RGB on white and the
        product's coverage, nominally in [0, 1].
    """

    spec = NetworkSpec()

    member_z: Tensor
    member_attributes: Tensor
    member_category: Tensor
    member_product: Tensor
    attribute_mean: Tensor
    attribute_scale: Tensor

    @classmethod
    def published(cls, config: Mapping[str, Any]) -> GenerateNet | ClassicalNet:
        """Without weights, from a published config; a classical one where it says so."""
        return from_config(config) if config.get("kind") == "dcgan" else cls(config_from(config))

    def __init__(self, config: GenerateConfig) -> None:
        super().__init__()
        self.config = config
        count = len(config.attributes)
        self.mapping = StyleMapping(config)
        self.synthesis = Synthesis(config)
        self.encoder = Encoder(config) if config.encoder_px else None
        self.register_buffer("member_z", torch.zeros(config.members, config.latent))
        self.register_buffer("member_attributes", torch.zeros(config.members, count))
        self.register_buffer("member_category", torch.zeros(config.members, dtype=torch.int64))
        self.register_buffer("member_product", torch.arange(config.members))
        self.register_buffer("attribute_mean", torch.zeros(count))
        self.register_buffer("attribute_scale", torch.ones(count))

    def forward(
        self,
        z: Tensor | None,
        attributes: Tensor,
        category: Tensor,
        *,
        source: Tensor | None = None,
        noise: Tensor | None = None,
        mixed: tuple[Tensor, Tensor] | None = None,
    ) -> Trained:
        """Everything that a training step needs, in one call, as DDP wrappers require.

        Args:
            z: (M, latent) of samples, or None.
            attributes: (N + M, A): of the reconstructions' targets, then of the samples.
            category: (N + M,), likewise.
            source: (N, 4, R, R) to encode, or None.
            noise: (N, latent), standard normal, for the encoder's Gaussian.
            mixed: (z (M, latent), layers (M, L) bool) for style mixing: where true, the second z's style is taken.
        """
        encoded, latents = None, []
        if source is not None and self.encoder is not None:
            encoded = self.encoder(source)
            spread = 0 if noise is None else noise * (0.5 * encoded.log_variance).exp()
            latents.append(encoded.mean + spread)
        if z is not None:
            latents.append(z)
        w = self.map(torch.cat(latents), attributes, category)
        count = len(latents[0]) if encoded is not None else 0
        if mixed is not None:
            second, where = mixed
            other = self.map(second, attributes[count:], category[count:])
            w = torch.cat([w[:count], torch.where(where[..., None], other, w[count:])])
        pictures = self.synthesis(self._drawn(w))
        made, sampled = (pictures[:count], pictures[count:]) if encoded is not None else (None, pictures)
        return Trained(made, sampled if z is not None else None, encoded)

    @property
    def members(self) -> Members:
        """The table of encodings."""
        return Members(self.member_z, self.member_attributes, self.member_category, self.member_product)

    def draw(self, category: int, generator: torch.Generator, *, azimuth: float | None = None) -> tuple[Tensor, Tensor]:
        """z (latent,) and attributes (A,) of a product of this category; see `gan.generate.prior`.

        An azimuth, in the attribute's unit, turns the products that are mixed to the views that come nearest to it; the
        colors stay.

        Without an encoder, or without a member of the category, there are no encodings to mix, and z is normal.
        """
        dice = torch.rand(1, DICE, generator=generator)
        if not bool((self.member_category == category).any()):
            z = torch.randn(self.config.latent, generator=generator)
            return z.to(self.attribute_mean), self.attribute_mean.clone()
        z, attributes = mixture(self.members, torch.tensor([category]), dice)
        if azimuth is not None and AZIMUTH in self.config.attributes and self.config.measures:
            place, colors = self.config.attributes.index(AZIMUTH), list(self.config.measures[:COLORS])
            z, turned = mixture(self.members, torch.tensor([category]), dice, (place, azimuth))
            turned[:, colors] = attributes[:, colors]
            attributes = turned
        if self.encoder is None:
            return torch.randn(self.config.latent, generator=generator).to(z), attributes[0]
        return z[0], attributes[0]

    def center(self, category: int, attributes: Tensor) -> Tensor:
        """The styles (layers, style) of the category's mean encoding with these attributes (A,)."""
        members = self.member_z[self.member_category == category]
        mean = members.mean(0) if len(members) else members.new_zeros(self.config.latent)
        return self.map(mean[None], attributes[None], torch.tensor([category], device=mean.device))[0]

    def map(self, z: Tensor, attributes: Tensor, category: Tensor) -> Tensor:
        """Styles (N, layers, style), the same for every layer."""
        scaled = (attributes - self.attribute_mean) / self.attribute_scale
        measures = list(self.config.measures)
        if measures:
            # What is drawn does not depend on the color and the place that it is given afterwards.
            scaled = scaled.index_fill(1, torch.tensor(measures, device=scaled.device), 0.0)
        w: Tensor = self.mapping(z, scaled, category)
        if self.encoder is not None:
            w = torch.cat([z.to(w), w, attributes[:, measures].to(w)], 1)
        return w[:, None].expand(-1, self.config.layers, -1)

    def synthesize(self, w: Tensor, enlarge: Callable[[Tensor], Tensor] | None = None) -> Tensor:
        """(N, layers, width) -> (N, 4, R, R), nominally in [0, 1].

        Args:
            enlarge: (N, 4, R, R) -> (N, 4, S, S); what it gives is returned. It comes before colors and places are
                set, since moving a small picture by parts of a pixel softens it.
        """
        pictures: Tensor = self.synthesis(self._drawn(w))
        if enlarge is not None:
            pictures = enlarge(pictures)
        return as_measured(pictures, w[:, 0, -len(MEASURES) :]) if self.config.measures else pictures

    def encode(self, pictures: Tensor) -> Tensor:
        """Encodings (N, latent) of pictures (N, 4, H, W), the means of the encoder's Gaussians.

        Raises:
            ValueError: the network has no encoder.
        """
        if self.encoder is None:
            raise ValueError("the network has no encoder")
        mean: Tensor = self.encoder(pictures).mean
        return mean

    def draw_from(self, z: Tensor, attributes: Tensor, category: Tensor) -> Tensor:
        """Pictures (N, 4, R, R) of encodings as they are, before colors and places are set."""
        made: Tensor = self.synthesis(self._drawn(self.map(z, attributes, category)))
        return made

    def _drawn(self, w: Tensor) -> Tensor:
        """The part of w that the synthesis sees."""
        return w[..., : w.shape[-1] - len(self.config.measures)]

    def style_weights(self) -> list[Tensor]:
        """The affine maps (channels, width) from w to each layer's styles, for closed-form directions."""
        return [F.pad(weight, (0, len(self.config.measures))) for weight in self.synthesis.style_weights()]


class StyleMapping(nn.Module):
    """z, scaled attributes and category to w; two hidden layers."""

    def __init__(self, config: GenerateConfig) -> None:
        super().__init__()
        self.category = nn.Embedding(len(config.categories), config.style // 4)
        width = config.latent + len(config.attributes) + config.style // 4
        self.body = nn.Sequential(
            nn.Linear(width, config.style),
            nn.LeakyReLU(0.2),
            nn.Linear(config.style, config.style),
            nn.LeakyReLU(0.2),
            nn.Linear(config.style, config.style),
        )

    def forward(self, z: Tensor, attributes: Tensor, category: Tensor) -> Tensor:
        w: Tensor = self.body(torch.cat([z, attributes, self.category(category)], 1))
        return w


class ModulatedConv(nn.Module):
    """StyleGAN2's modulated convolution (arXiv 1912.04958, equations 1 and 3) as scale, convolve, rescale.

    Scaling the input by the style and the output by the demodulation gives the same as scaling the weights, without
    grouped convolutions, which are slow on a CPU.
    """

    def __init__(self, into: int, out: int, style: int, *, demodulate: bool = True, size: int = 3) -> None:
        super().__init__()
        self.affine = nn.Linear(style, into)
        nn.init.normal_(self.affine.weight, std=1 / math.sqrt(style))
        nn.init.ones_(self.affine.bias)
        self.weight = nn.Parameter(torch.randn(out, into, size, size) / math.sqrt(into * size * size))
        self.bias = nn.Parameter(torch.zeros(out))
        self.demodulate = demodulate

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        style = self.affine(w)  # (N, into)
        y = F.conv2d(x * style[:, :, None, None], self.weight, padding=self.weight.shape[-1] // 2)
        if self.demodulate:
            energy = style.square() @ self.weight.square().sum((2, 3)).T  # (N, out)
            y = y * (energy + 1e-8).rsqrt()[:, :, None, None]
        return y + self.bias[:, None, None]


class Synthesis(nn.Module):
    """A learned constant, two modulated convolutions a block, and pictures that are added up (skip outputs).

    Each block but the first doubles the size. Behind the last, `detail` adds what is finer than a pixel of it. So the
    network of twice the resolution has the same layers and one block more, and can begin from this one's weights.
    """

    def __init__(self, config: GenerateConfig) -> None:
        super().__init__()
        self.config = config
        before = config.channels(config.sizes[0])
        self.seen = config.width - len(config.measures)
        if config.encoder_px:
            self.enter = nn.Conv2d(config.latent // config.code_px**2, before, 3, padding=1)
        else:
            self.constant = nn.Parameter(torch.randn(1, before, 4, 4))
        self.first = nn.ModuleList()
        self.second = nn.ModuleList()
        self.out = nn.ModuleList()
        for size in config.sizes:
            width = config.channels(size)
            self.first.append(ModulatedConv(before, width, self.seen))
            self.second.append(ModulatedConv(width, width, self.seen))
            self.out.append(ModulatedConv(width, 4, self.seen, demodulate=False, size=1))
            before = width
        self.detail = ModulatedConv(before, 4 * config.shuffle**2, self.seen, demodulate=False)
        self.gain = nn.Parameter(torch.full((len(config.sizes),), 0.1))

    def forward(self, w: Tensor) -> Tensor:
        x = self._start(w[:, 0]).contiguous(memory_format=torch.channels_last)
        # Zero stands for an empty white ground, which is most of every picture.
        picture = torch.tensor([1.0, 1.0, 1.0, 0.0], dtype=x.dtype, device=x.device)[None, :, None, None]
        for index, (first, second, out) in enumerate(zip(self.first, self.second, self.out, strict=True)):
            # The first convolution narrows before its result grows: a quarter of the arithmetic.
            x = F.leaky_relu(first(x, w[:, 2 * index]), 0.2) * math.sqrt(2)
            if index:
                x, picture = _doubled(x), _doubled(picture)
            x = F.leaky_relu(second(x, w[:, 2 * index + 1]), 0.2) * math.sqrt(2)
            picture = picture + out(x, w[:, 2 * index + 1]) * self.gain[index]
        detail = F.pixel_shuffle(self.detail(x, w[:, -1]) * self.gain[-1], self.config.shuffle)
        if self.config.shuffle > 1:
            picture = F.interpolate(picture, scale_factor=self.config.shuffle, mode="bilinear", align_corners=False)
            detail = _without_grid(detail)
        return picture + detail

    def _start(self, w: Tensor) -> Tensor:
        """(N, channels, side, side) that the first block works on."""
        if not self.config.encoder_px:
            return self.constant.expand(len(w), -1, -1, -1)
        side = self.config.code_px
        made: Tensor = self.enter(w[:, : self.config.latent].reshape(len(w), -1, side, side))
        return made

    def style_weights(self) -> list[Tensor]:
        """The affine maps (channels, style) from w to each layer's styles, for closed-form directions."""
        return [conv.affine.weight for pair in zip(self.first, self.second, strict=True) for conv in pair]  # type: ignore[union-attr, misc]


def _without_grid(x: Tensor) -> Tensor:
    """Filtered with (1, 2, 1) / 4 both ways: neighbors of a pixel shuffle are made by different weights, and without
    this they differ in a pattern of dots."""
    padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
    across = (padded[..., :-2] + 2 * padded[..., 1:-1] + padded[..., 2:]) / 4
    return (across[..., :-2, :] + 2 * across[..., 1:-1, :] + across[..., 2:, :]) / 4


def _doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
