"""The stylizing network: content meets a style's statistics, then filters that the style has modulated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.core.errors import ConfigError

SLOPE = 0.1


@dataclass(frozen=True, kw_only=True)
class StylizeConfig:
    """Constructor fields of `StylizeNet`.

    Attributes:
        channels: at 1/2 (of the decoder alone), 1/4 and 1/8 of the picture's size.
        encode: residual blocks at 1/4 and at 1/8 before the style.
        decode: residual blocks at 1/8 and at 1/4 after it.
        latent: length of the vector that modulates filters.

    Raises:
        ConfigError: no channel, fewer than no blocks, or not three channels and two pairs of blocks.
    """

    channels: tuple[int, ...] = (16, 40, 64)
    encode: tuple[int, ...] = (0, 0)
    decode: tuple[int, ...] = (2, 1)
    latent: int = 128

    def __post_init__(self) -> None:
        lengths = (len(self.channels), len(self.encode), len(self.decode))
        if lengths != (3, 2, 2) or min(*self.channels, self.latent) < 1 or min(*self.encode, *self.decode) < 0:
            raise ConfigError(
                "network",
                "channels {channels}, blocks {encode} and {decode}",
                "three channels from 1 on and two pairs of blocks from 0 on",
                "Correct config.json",
                channels=self.channels,
                encode=self.encode,
                decode=self.decode,
            )


def stylize_config(published: Mapping[str, Any]) -> StylizeConfig:
    """The config that a published checkpoint's `network` describes.

    Raises:
        ConfigError: a field is unknown or out of range.
    """
    fields = {key: tuple(value) if isinstance(value, list) else value for key, value in published.items()}
    try:
        return StylizeConfig(**fields)  # type: ignore[arg-type]
    except TypeError as error:
        raise ConfigError(
            "network", "{reason}", "the fields of StylizeConfig are allowed", "Correct config.json", reason=str(error)
        ) from error


class StylizeNet(nn.Module):
    """Arbitrary style transfer in one pass, with nothing in it that depends on where a tile was cut.

    It says where the style's texture goes, and what recolored content and texture lack between them.

    Of MicroAST's family (Wang et al., AAAI 2023): one small encoder, adaptive instance normalisation (Huang and
    Belongie, ICCV 2017) at two scales, and a decoder whose filters the style modulates; these are demodulated as in
    StyleGAN2 (arXiv 1912.04958), so that no second normalisation has to know the whole picture. All statistics that
    the whole picture decides are those of `encode`'s two maps: a caller collects them once (`stats`) and hands them to
    every tile, which is what keeps seams out of large pictures (as thumbnail instance normalisation does,
    arXiv 2103.11784, but exact).

    Shapes:
        x (N, 6, H, W): RGB nominally in [0, 1], already in the style's mean and covariance (`gan.imaging.optimal_transport`),
        and the style's texture (`gan.imaging.texture`), without which flat grounds would get no strokes; H and W
        divisible by `MULTIPLE`. With a code (N, `code_size`) or (1, `code_size`) -> (N, 3, H, W).
    """

    PLANES = 6

    MULTIPLE = 8
    CONTEXT_PX = 64
    """How far a pixel looks around itself, in practice: less than the sum of all kernels."""

    def __init__(self, config: StylizeConfig) -> None:
        super().__init__()
        self.config = config
        half, quarter, eighth = config.channels
        self.head = _conv(3 * 16, quarter)
        self.encode4 = nn.Sequential(*(_Block(quarter) for _ in range(config.encode[0])))
        self.down8 = _conv(quarter, eighth, stride=2)
        self.encode8 = nn.Sequential(*(_Block(eighth) for _ in range(config.encode[1])))
        pooled = 2 * (quarter + eighth)
        self.latent = nn.Sequential(
            nn.Linear(pooled, config.latent), nn.LeakyReLU(SLOPE), nn.Linear(config.latent, config.latent)
        )
        self.texture8 = _Texture(8, eighth, config.latent)
        self.decode8 = nn.ModuleList(_StyledBlock(eighth, config.latent) for _ in range(config.decode[0]))
        self.up4 = nn.Conv2d(eighth, quarter, 1)
        self.texture4 = _Texture(4, quarter, config.latent)
        self.decode4 = nn.ModuleList(_StyledBlock(quarter, config.latent) for _ in range(config.decode[1]))
        self.up2 = _conv(quarter, half)
        self.tail = _conv(half, 4 * 4)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, a=SLOPE)
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]
        for module in self.modules():
            if isinstance(module, _Block):
                nn.init.zeros_(module.second.weight)
        nn.init.normal_(self.tail.weight, std=3e-3)  # the start is the recolored content under half of the texture

    @property
    def code_size(self) -> int:
        """Length of a style's code: means and deviations at 1/4 and 1/8, then the latent."""
        return 2 * sum(self.config.channels[1:]) + self.config.latent

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 3, H, W) -> maps at 1/4 and 1/8."""
        y4 = self.encode4(self.head(F.pixel_unshuffle(2 * x - 1, 4)))
        return y4, self.encode8(self.down8(F.leaky_relu(y4, SLOPE)))

    def style(self, picture: Tensor) -> Tensor:
        """A style's code, (N, `code_size`), of a picture (N, 3, H, W). Codes may be mixed linearly."""
        pooled = torch.cat([_moments(y) for y in self.encode(picture)], 1)
        return torch.cat([pooled, self.latent(pooled)], 1)

    def stats(self, x: Tensor) -> Tensor:
        """Means and deviations of the content's maps at 1/4 and 1/8, (N, 2 * channels of both), of RGB (N, 3, H, W)."""
        return torch.cat([_moments(y) for y in self.encode(x)], 1)

    def forward(self, x: Tensor, style: Tensor, stats: Tensor | None = None) -> Tensor:
        """Args:
        x: the content, in the style's colours.
        style: its code, (N, `code_size`), or a picture (N, 3, h, w) that becomes one.
        stats: of the whole content, where x is a tile of it; None takes those of x.
        """
        code = style if style.ndim == 2 else self.style(style)
        rgb, texture = x[:, :3], x[:, 3:]
        y4, y8 = self.encode(rgb)
        if stats is None:
            stats = torch.cat([_moments(y4), _moments(y8)], 1)
        quarter, eighth = self.config.channels[1:]
        first, both = 2 * quarter, 2 * (quarter + eighth)
        own4, own8 = stats[:, :first], stats[:, first:]
        style4, style8, latent = code[:, :first], code[:, first:both], code[:, both:]
        y = _restated(y8, own8, style8) + self.texture8(texture, latent)
        for block in self.decode8:
            y = block(y, latent)
        y = F.interpolate(self.up4(y), scale_factor=2.0, mode="bilinear", align_corners=False)
        y = y + _restated(y4, own4, style4) + self.texture4(texture, latent)
        for block in self.decode4:
            y = block(y, latent)
        y = F.interpolate(self.up2(F.leaky_relu(y, SLOPE)), scale_factor=2.0, mode="bilinear", align_corners=False)
        y = F.pixel_shuffle(self.tail(F.leaky_relu(y, SLOPE, inplace=True)), 2)
        return rgb + torch.sigmoid(y[:, 3:]) * texture + y[:, :3]


def _conv(c_in: int, c_out: int, stride: int = 1) -> nn.Conv2d:
    """3x3. Mirrored at the border: zeros there would be seen, and learned as a place to put strokes."""
    return nn.Conv2d(c_in, c_out, 3, stride=stride, padding=1, padding_mode="reflect")


class _Block(nn.Module):
    """x + conv(leaky(conv(leaky(x)))), (N, C, H, W) -> (N, C, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _conv(channels, channels)
        self.second = _conv(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.second(F.leaky_relu(self.first(F.leaky_relu(x, SLOPE)), SLOPE))
        return x + y


class _StyledConv(nn.Module):
    """A 3x3 convolution whose input channels the style scales and whose output is brought back to the scale it had.

    Modulation and demodulation of StyleGAN2 as a scaling before and after one plain convolution, so that a batch of
    different styles costs no more than one.
    """

    def __init__(self, c_in: int, c_out: int, latent: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(c_out, c_in, 3, 3) * (2 / (c_in * 9)) ** 0.5)
        self.scale = nn.Linear(latent, c_in)
        self.shift = nn.Linear(latent, c_out)
        for layer in (self.scale, self.shift):
            nn.init.normal_(layer.weight, std=0.3 / latent**0.5)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, latent: Tensor) -> Tensor:
        scale = 1 + self.scale(latent)  # (N, C)
        power = self.weight.square().sum((2, 3))  # (O, C)
        gain = (power.sum(1) / (scale.square() @ power.T + 1e-8)).sqrt()  # (N, O)
        shift = self.shift(latent)
        if len(latent) == 1:  # one style: its filters are made, and the maps are touched no more than need be
            weight = self.weight * scale[0, :, None, None] * gain[0, :, None, None, None]
            return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), weight, shift[0])
        y = F.conv2d(F.pad(x * scale[:, :, None, None], (1, 1, 1, 1), mode="reflect"), self.weight)
        return torch.addcmul(shift[:, :, None, None], y, gain[:, :, None, None])


class _Texture(nn.Module):
    """What the style makes of its texture: (N, 3, H, W) -> (N, C, H / step, W / step)."""

    def __init__(self, step: int, channels: int, latent: int) -> None:
        super().__init__()
        self.step = step
        self.mix = nn.Conv2d(3 * step * step, channels, 1)
        self.gain = nn.Linear(latent, channels)
        nn.init.normal_(self.gain.weight, std=0.1 / latent**0.5)
        nn.init.constant_(self.gain.bias, 0.3)

    def forward(self, texture: Tensor, latent: Tensor) -> Tensor:
        y: Tensor = self.mix(F.pixel_unshuffle(texture, self.step))
        gained: Tensor = y * self.gain(latent)[:, :, None, None]
        return gained


class _StyledBlock(nn.Module):
    """x + styled(leaky(styled(leaky(x)))), (N, C, H, W) -> (N, C, H, W)."""

    def __init__(self, channels: int, latent: int) -> None:
        super().__init__()
        self.first = _StyledConv(channels, channels, latent)
        self.second = _StyledConv(channels, channels, latent)
        with torch.no_grad():
            self.second.weight.mul_(0.3)  # a sum of blocks has to start near its input

    def forward(self, x: Tensor, latent: Tensor) -> Tensor:
        y: Tensor = self.second(F.leaky_relu(self.first(F.leaky_relu(x, SLOPE), latent), SLOPE, inplace=True), latent)
        return x + y


def _moments(y: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, 2C): means, then standard deviations."""
    variance, mean = torch.var_mean(y.float(), (2, 3), correction=0)
    return torch.cat([mean, (variance + 1e-5).sqrt()], 1)


def _restated(y: Tensor, own: Tensor, wanted: Tensor) -> Tensor:
    """Adaptive instance normalisation: a map of mean and deviation `own` in those of `wanted`, each (N, 2C)."""
    (mean, deviation), (new_mean, new_deviation) = own.chunk(2, 1), wanted.chunk(2, 1)
    gain = new_deviation / deviation
    return y * gain[:, :, None, None] + (new_mean - mean * gain)[:, :, None, None]
