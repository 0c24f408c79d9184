"""Cut-out: the network that tells a product from its ground."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gan.core.errors import ConfigError
from gan.core.spec import NetworkSpec, config_of
from gan.cutout.saliency import SaliencyNet
from gan.models.segment_net import DECODER, TAPS, SegmentNet

UNKNOWN = 0.5
"""Value of the prior's plane where the coverage is not known yet."""


@dataclass(frozen=True, kw_only=True)
class CutoutConfig:
    """The network's size.

    Attributes:
        decoder: channels of the decoder at strides 2, 4, 8, 16 and 32.
        slim: divides the encoder's channels; 1 is EfficientNet-Lite0, whose weights training starts from.
        trunk: "u2net" is `gan.cutout.saliency.SaliencyNet`, of whose sizes `slim` alone is read.

    Raises:
        ConfigError: a value outside these.
    """

    decoder: tuple[int, ...] = DECODER
    slim: int = 1
    trunk: Literal["lite0", "u2net"] = "lite0"

    def __post_init__(self) -> None:
        if self.trunk not in ("lite0", "u2net"):
            raise ConfigError(
                "network", "trunk {trunk}", "lite0 and u2net are allowed", "Correct config.json", trunk=self.trunk
            )
        if len(self.decoder) != len(TAPS) or min(self.decoder) < 1 or self.slim not in (1, 2, 4, 8):
            raise ConfigError(
                "network",
                "decoder {decoder}, slim {slim}",
                "five numbers of channels from 1 on, and 1, 2, 4 or 8",
                "Correct config.json",
                decoder=self.decoder,
                slim=self.slim,
            )


def cutout_config(published: Mapping[str, Any]) -> CutoutConfig:
    """The config that a published checkpoint's `network` describes.

    Raises:
        ConfigError: a field is unknown or out of range.
    """
    return config_of(CutoutConfig, published)


def cutout_network(config: CutoutConfig) -> CutoutNet | SaliencyNet:
    """The network of a config, from scratch."""
    return SaliencyNet(config.slim) if config.trunk == "u2net" else CutoutNet(config)


def published_network(config: Mapping[str, Any]) -> CutoutNet | SaliencyNet:
    """Without weights, from a published config."""
    return cutout_network(cutout_config(config))


class CutoutNet(SegmentNet):
    """Segmentation network: predicts the coverage of the product in each pixel.

    The prior lets one network serve twice: for a whole picture of which nothing is known, and for an enlarged part of
    it of which the first answer is.

    Shapes:
        (N, 4, H, W) -> (N, 1, H, W): RGB in [0, 1] and a prior of the coverage in [0, 1], `UNKNOWN` where there is
        none; to logits of the coverage. H and W divisible by `MULTIPLE`.
    """

    spec = NetworkSpec(multiple=SegmentNet.MULTIPLE, whole=True)

    def __init__(self, config: CutoutConfig) -> None:
        super().__init__(config.decoder, config.slim)
        self.config = config
