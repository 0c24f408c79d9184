"""Shading of a product's surface: the light on it, its highlights, and how its folds bend what is printed on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.imaging.box import Box
from gan.imaging.color import to_linear
from gan.imaging.resize import fitted, resize

LOOK_PX: Final = 1024
"""Longest side of the region at which folds are looked at."""

FOLD: Final = 0.012
"""Standard deviation of the blur that leaves folds and takes texture away, as a share of the region's longer side."""

BEND: Final = 4.0
"""Pixels of displacement per pixel of the blur's variance and unit of the log shading's gradient."""

MOST_BEND: Final = 3.0
"""In standard deviations of the blur."""

BRIGHT: Final = 0.85
"""Quantile of the surface's luminance that counts as fully lit."""

FLOOR: Final = 0.015
"""Added to luminances before they are compared: a dark surface's noise is no shading."""

KNEE: Final = 0.15
"""Light above full light is shading up to about so much more; the rest is a highlight."""

SMOOTH: Final = 0.05
"""The same for a label, under which another print may lie."""

_OUTLIER, _PRINTED = 0.3, 0.2
_ROUNDS: Final = 2
_LUMINANCE: Final = (0.2126, 0.7152, 0.0722)
_SAMPLES: Final = 2**16


@dataclass(frozen=True, eq=False)
class Shading:
    """Shading of a region's pixels.

    Attributes:
        box: of the region in its picture.
        reference: luminance, linear, of the surface where it is fully lit.
        base: (1, 1, h, w), logarithm of the light at a size of at most `LOOK_PX`, 0 where fully lit; texture, and what
            was printed before, taken away.
        bend: (1, 2, h, w), displacement across and down in pixels of the picture, at full displacement.
    """

    box: Box
    reference: float
    base: Tensor
    bend: Tensor

    def light(self, own: Tensor, rows: slice, texture: float) -> tuple[Tensor, Tensor]:
        """Light on the surface: a factor for colors, and highlights to add.

        Args:
            own: (1, 3, h, w), linear, the surface's own color in these rows of the box.
            rows: of the box.
            texture: 0 to 1: how much of the surface's fine texture is kept beside the folds.

        Returns:
            (1, 1, h, w) each, linear: a factor, and highlights that lie above it.
        """
        bright = luminance(own)
        exact = torch.log((bright + FLOOR) / (self.reference + FLOOR))
        base = self._enlarged(self.base, rows)
        detail = exact - base
        if texture < 1:
            # What differs too much is no texture but something that was printed there.
            detail = texture * detail * torch.exp(-((detail * (1 - texture**4) / _PRINTED) ** 2))
        factor = _compressed(torch.exp(base + detail))
        shine = (bright - self.reference * _compressed(torch.exp(torch.maximum(exact, base)))).clamp_(min=0)
        return factor, shine

    def displacement(self, rows: slice) -> Tensor:
        """(1, 2, h, w): across and down, in pixels of the picture."""
        return self._enlarged(self.bend, rows)

    def _enlarged(self, x: Tensor, rows: slice) -> Tensor:
        """Rows of a bilinear enlargement to the box's size."""
        height, width = x.shape[2:]
        down = (torch.arange(rows.start, rows.stop) + 0.5) * height / self.box.height
        across = (torch.arange(self.box.width) + 0.5) * width / self.box.width
        grid = torch.stack(torch.meshgrid(2 * across / width - 1, 2 * down / height - 1, indexing="xy"), -1)
        return F.grid_sample(x, grid[None], mode="bilinear", padding_mode="border", align_corners=False)


def shading_of(own: Tensor, weight: Tensor, box: Box, *, smooth: bool = False) -> Shading:
    """Estimate a region's shading, for one color all over: what varies smoothly is light, what does not is texture.

    Args:
        own: (1, 3, H, W) in [0, 1], sRGB-encoded, the surface's own colors.
        weight: (1, 1, H, W) in [0, 1], where the surface is; not 0 everywhere.
        box: around that.
        smooth: whether what lies under a print is taken away by a wider blur, `SMOOTH`.
    """
    size = fitted(box.height, box.width, LOOK_PX)
    colors, known = to_linear(resize(box.of(own), *size)), resize(box.of(weight), *size)
    bright = luminance(colors)
    inside = known > 0.9 * known.max()
    seen = bright[inside]
    reference = float(seen[:: max(1, len(seen) // _SAMPLES)].quantile(BRIGHT))
    log = torch.log((bright + FLOOR) / (reference + FLOOR))
    fold_px = max(1.0, FOLD * max(size))
    sigma_px = max(1.0, SMOOTH * max(size)) if smooth else fold_px
    share = known
    base = _blurred(log, share, sigma_px)
    for _ in range(_ROUNDS):
        share = known * torch.exp(-(((log - base) / _OUTLIER) ** 2))
        base = _blurred(log, share + 0.01 * known, sigma_px)
    limit = MOST_BEND * fold_px
    step = BEND * fold_px**2 * _gradient(base)
    scale = box.width / size[1]
    return Shading(box, reference, base, scale * limit * torch.tanh(step / limit))


def luminance(linear: Tensor) -> Tensor:
    """(N, 1, h, w) of linear colors (N, 3, h, w)."""
    return (linear * torch.tensor(_LUMINANCE).view(1, 3, 1, 1)).sum(1, keepdim=True)


def _compressed(light: Tensor) -> Tensor:
    """Light up to 1 as it is, above it ever less, up to 1 + `KNEE`."""
    return torch.where(light <= 1, light, 1 + KNEE * (1 - torch.exp((1 - light.clamp(min=1)) / KNEE)))


def _blurred(x: Tensor, weight: Tensor, sigma_px: float) -> Tensor:
    """A Gaussian blur of what is known (normalized convolution; Knutsson and Westin, 1993)."""
    sums = _gaussian(torch.cat([x * weight, weight], 1), sigma_px)
    return sums[:, :1] / sums[:, 1:].clamp(min=1e-4)


def _gaussian(x: Tensor, sigma_px: float) -> Tensor:
    radius = round(4 * sigma_px)
    steps = torch.arange(-radius, radius + 1)
    kernel = torch.exp(-0.5 * (steps / sigma_px) ** 2)
    kernel = (kernel / kernel.sum()).view(1, 1, 1, -1)
    channels = x.shape[1]
    x = F.conv2d(F.pad(x, (radius, radius, 0, 0), mode="replicate"), kernel.expand(channels, 1, 1, -1), groups=channels)
    x = F.pad(x, (0, 0, radius, radius), mode="replicate")
    return F.conv2d(x, kernel.transpose(2, 3).expand(channels, 1, -1, 1), groups=channels)


def _gradient(x: Tensor) -> Tensor:
    """(1, 1, h, w) to (1, 2, h, w): central differences, across and down."""
    padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
    across = (padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]) / 2
    down = (padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]) / 2
    return torch.cat([across, down], 1)
