"""Losses of style transfer without a trained VGG: what a texture is, and what a picture shows apart from it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

SAMPLES = 256
"""Positions of a map that the sliced Wasserstein distance looks at."""


def moments_distance(made: list[Tensor], wanted: list[Tensor]) -> Tensor:
    """How far the channels' means and standard deviations are apart (Huang and Belongie, ICCV 2017), relatively.

    Args:
        made, wanted: maps (N, C, h, w) of the same stages; h and w may differ. The gradient flows to `made`.

    Returns:
        A scalar: the L1 distance over the mean deviation of the wanted map, averaged over stages; 0 for equal maps.
    """
    terms = []
    for a, b in zip(made, wanted, strict=True):
        (var_a, mean_a), (var_b, mean_b) = (torch.var_mean(y.float(), (2, 3), correction=0) for y in (a, b))
        std_a, std_b = (var_a + 1e-6).sqrt(), (var_b + 1e-6).sqrt()
        unit = std_b.mean(1, keepdim=True) + 1e-2
        terms.append((((mean_a - mean_b).abs() + (std_a - std_b).abs()) / unit).mean())
    return torch.stack(terms).mean()


def sliced_wasserstein(made: list[Tensor], wanted: list[Tensor], generator: torch.Generator) -> Tensor:
    """The distance of the channels' histograms (Heitz et al., arXiv 2006.07229), at random positions.

    The channels of a random network are random projections themselves.

    Args:
        made, wanted: maps (N, C, h, w) of the same stages; h and w may differ. The gradient flows to `made`.
        generator: draws the positions, on the CPU.

    Returns:
        A scalar, in units of the wanted channels' mean deviation. Equal maps are about 0.1 apart, since the positions
        of the two are drawn separately.
    """
    terms = []
    for a, b in zip(made, wanted, strict=True):
        drawn = [
            y.flatten(2)[:, :, torch.randint(y[0, 0].numel(), (SAMPLES,), generator=generator).to(y.device)].sort(2)[0]
            for y in (a, b)
        ]
        unit = drawn[1].std(2).mean(1)[:, None, None] + 1e-2
        terms.append(((drawn[0] - drawn[1]).abs() / unit).mean())
    return torch.stack(terms).mean()


def smoothed(stages: list[Tensor]) -> list[Tensor]:
    """Activations of a residual network after a softmax over their channels (SWAG, arXiv 2104.05623).

    Residual features have few, large peaks that drown every statistic; the softmax evens them out.

    Returns:
        As many maps, (N, C, h, w), of mean 1 over the channels.
    """
    return [torch.softmax(y / (y.std((1, 2, 3), keepdim=True) + 1e-4), 1) * y.shape[1] for y in stages]


def content_distance(made: list[Tensor], content: list[Tensor]) -> Tensor:
    """The squared distance of instance-normalised features: what is shown, whatever its colours and contrast.

    Args:
        made, content: maps (N, C, h, w) of the same stages and sizes. The gradient flows to `made`.

    Returns:
        A scalar; 0 for equal maps, 2 for unrelated ones.
    """
    terms = [(_normalised(a) - _normalised(b)).square().mean() for a, b in zip(made, content, strict=True)]
    return torch.stack(terms).mean()


def structure_distance(made: Tensor, content: Tensor, window: int = 11) -> Tensor:
    """1 - the mean contrast and structure term of SSIM (Wang et al., 2004) on lightness.

    Args:
        made, content: (N, 1, H, W) in [0, 1].
        window: side of the square window in pixels.

    Returns:
        A scalar in [0, 2].
    """

    def mean(x: Tensor) -> Tensor:
        return F.avg_pool2d(x, window, stride=2)

    mean_a, mean_b = mean(made), mean(content)
    var_a, var_b = mean(made * made) - mean_a**2, mean(content * content) - mean_b**2
    both = mean(made * content) - mean_a * mean_b
    constant = 0.03**2
    return 1 - ((2 * both + constant) / (var_a + var_b + constant)).mean()


def _normalised(y: Tensor) -> Tensor:
    return F.instance_norm(y.float(), eps=1e-3)
