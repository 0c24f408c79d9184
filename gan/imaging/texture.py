"""A picture's fine structure without what it shows, spread over an area of any size."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

COARSE_PX = 6.0
"""Standard deviation of the blur that tells structure from what is shown."""

PATCH_PX = 96
OVERLAP_PX = 24

CANDIDATES = 12
"""Places that a guide chooses from: enough to find the tone, few enough that a flat ground gets no repeats."""


def detail_of(rgb: Tensor) -> Tensor:
    """High frequencies of a picture: (N, 3, h, w) in [0, 1] to the same shape, in [-1, 1], mean nearly 0."""
    from torchvision.transforms.v2.functional import gaussian_blur  # here: importing it takes seconds

    # The kernel's radius has to stay within the picture, which is mirrored at its border.
    radius = min(int(2.5 * COARSE_PX), min(rgb.shape[2:]) - 1)
    kernel = 2 * radius + 1
    # Rows, then columns: torchvision takes the whole square window at once, at twenty times the cost.
    coarse: Tensor = gaussian_blur(gaussian_blur(rgb, [kernel, 1], [COARSE_PX] * 2), [1, kernel], [COARSE_PX] * 2)
    return rgb - coarse


@dataclass(frozen=True)
class Guide:
    """Guide for patch selection: in a woodcut, dark areas have other lines than light ones.

    Attributes:
        means: of the picture that the detail is of, as `patch_means` gives them.
        content: (1, C2, h2, w2), what is to be covered, in the style's colors; of any size.
    """

    means: Tensor
    content: Tensor


def patch_means(style: Tensor) -> Tensor:
    """Mean colors of all patches that `spread` could take: (1, C2, h, w) to (C2, h - side + 1, w - side + 1)."""
    side = _side(style)
    # Of a summed-area table (Crow, SIGGRAPH 1984), whose cost does not grow with the window.
    table = F.pad(style[0].double().cumsum(1).cumsum(2), (1, 0, 1, 0))
    rows = table[:, side:] - table[:, :-side]
    return ((rows[:, :, side:] - rows[:, :, :-side]) / side**2).float()


def spread(
    detail: Tensor, height_px: int, width_px: int, generator: torch.Generator, guide: Guide | None = None
) -> Tensor:
    """Patches from random places of a detail, side by side, each fading into the next.

    With a guide, of several random places that is taken whose mean color is most like the content's (texture
    transfer, Efros and Freeman, "Image quilting", SIGGRAPH 2001, by means alone).

    Where patches meet, their weights' squares add up to 1 and not the weights: patches are unrelated, so that it is
    their variances which add up, and the seams would be pale otherwise (Heitz and Neyret, "High-performance
    by-example noise", 2018).

    Args:
        detail: (1, C, h, w), as `detail_of` gives it.
        generator: on the CPU, draws the places.

    Returns:
        (1, C, height_px, width_px).
    """
    patch = _side(detail)
    overlap = min(OVERLAP_PX, patch // 4)
    step = patch - overlap
    ramp = torch.ones(patch)
    if overlap:
        # sin^2 + cos^2 = 1
        rise = torch.sin(0.5 * torch.pi * (torch.arange(overlap) + 0.5) / overlap)
        ramp[:overlap] = rise
        ramp[patch - overlap :] = rise.flip(0)
    window = ramp[:, None] * ramp
    rows, columns = -(-height_px // step) + 1, -(-width_px // step) + 1
    area = torch.zeros(1, detail.shape[1], rows * step + overlap, columns * step + overlap)
    places = _places(detail, rows, columns, patch, generator, guide)
    for row in range(rows):
        for column in range(columns):
            top, left = places[row][column]
            part = detail[:, :, top : top + patch, left : left + patch]
            area[:, :, row * step : row * step + patch, column * step : column * step + patch] += part * window
    # The first patches have no neighbor to fade into.
    return area[:, :, overlap : overlap + height_px, overlap : overlap + width_px]


def _side(detail: Tensor) -> int:
    """Of a patch; of a small detail only a part, so that there are places to choose from."""
    return min(PATCH_PX, max(1, min(detail.shape[2:]) // 3))


def _places(
    detail: Tensor, rows: int, columns: int, patch: int, generator: torch.Generator, guide: Guide | None
) -> list[list[list[int]]]:
    """Top and left of each cell's patch, (rows, columns, 2)."""
    room = (detail.shape[2] - patch + 1, detail.shape[3] - patch + 1)
    count = 1 if guide is None else CANDIDATES
    drawn = [torch.randint(size, (rows, columns, count), generator=generator) for size in room]
    places = torch.stack(drawn, 3)  # (rows, columns, count, 2)
    if guide is None:
        chosen = places[:, :, 0]
    else:
        wanted = F.adaptive_avg_pool2d(guide.content, (rows, columns))[0]  # (C2, rows, columns)
        offered = guide.means[:, places[..., 0], places[..., 1]]  # (C2, rows, columns, count)
        best = (offered - wanted[..., None]).square().sum(0).argmin(2)
        chosen = places.gather(2, best[:, :, None, None].expand(-1, -1, 1, 2))[:, :, 0]
    found: list[list[list[int]]] = chosen.tolist()
    return found
