"""Finds copies of a picture in a folder: re-encoded, resized, or cropped by a few per cent.

Two steps. Coarse: 8x8 colour thumbnails of every picture, and of 18 crops of it, are correlated with those of all
others, one block of rows at a time. Fine: what correlates is aligned at 32x32 by Gauss-Newton over scale and shift
(Lucas and Kanade, IJCAI 1981, with four parameters) and correlated again. A copy passes only where the
alignment is a crop of one or the other and the colours agree, so that another view or another colour of the same
product is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor

THUMBNAIL_PX = 32
COARSE_PX = 8
COARSE_CORRELATION = 0.965
FINE_CORRELATION = 0.985
MOST_CANDIDATES = 8
"""How many pictures each one is aligned with: in a folder where all look alike, time stays bounded."""

LEAST_CONTRAST = 2 / 255
"""Root mean square about the mean; below it a picture is blank and equals no other."""

LEAST_KEPT = 0.84
"""The least share of width and of height that a copy may have kept."""

_STEPS = 5
_PLACES = [(1.0, 0.0, 0.0)] + [
    (s, x * (1 - s), y * (1 - s)) for s in (0.95, 0.9) for x, y in product((-1, 0, 1), repeat=2)
]
"""Scale and shifts of the crops that the coarse step tries, in half widths from the middle."""


@dataclass(frozen=True)
class Pair:
    """Two pictures that show the same, by their numbers, first < second; similarity is the aligned correlation."""

    first: int
    second: int
    similarity: float


def thumbnail(rgb: Tensor) -> Tensor:
    """(1, 3, H, W) in [0, 1] -> (3, 32, 32) uint8, antialiased, whatever the aspect ratio was."""
    small = F.interpolate(rgb, (THUMBNAIL_PX, THUMBNAIL_PX), mode="bilinear", antialias=True)[0].clamp(0, 1)
    return (small * 255).round().to(torch.uint8)


def is_blank(small: Tensor) -> bool:
    """Whether a thumbnail shows one colour only."""
    x = small.float() / 255
    return bool((x - x.mean((1, 2), keepdim=True)).square().mean().sqrt() < LEAST_CONTRAST)


def near_copies(thumbnails: Tensor, *, on_progress: Callable[[int, int], None] | None = None) -> list[Pair]:
    """All pairs of near-duplicates.

    Args:
        thumbnails: (N, 3, 32, 32) uint8.
        on_progress: called with (pictures compared, N).

    Returns:
        Sorted by number. Time grows with N squared, about 5 s of one core for 2,000; memory with N.
    """
    count = len(thumbnails)
    if count < 2:
        return []
    pixels = thumbnails.float() / 255
    fingerprints = _fingerprints(pixels)
    found: dict[tuple[int, int], float] = {}
    for start, stop in _blocks(count, 256):
        best = torch.full((stop - start, count), -1.0)
        place = torch.zeros(stop - start, count, dtype=torch.uint8)
        for number, crop in enumerate(_PLACES):
            moved = _warp(
                pixels[start:stop], torch.tensor([crop[0], crop[0], crop[1], crop[2]]).repeat(stop - start, 1)
            )
            correlation = _fingerprints(moved) @ fingerprints.T
            place[correlation > best] = number
            best = torch.maximum(best, correlation)
        best[torch.arange(stop - start), torch.arange(start, stop)] = -1.0
        likeness, nearest = best.topk(min(MOST_CANDIDATES, count), 1)
        row, column = torch.nonzero(likeness > COARSE_CORRELATION, as_tuple=True)
        part = nearest[row, column]
        places = torch.tensor(_PLACES)[place[row, part].long()]
        whole = row + start
        for low, high in _blocks(len(whole), 256):
            similarity = _aligned(pixels[part[low:high]], pixels[whole[low:high]], places[low:high])
            for i, j, value in zip(part[low:high].tolist(), whole[low:high].tolist(), similarity.tolist(), strict=True):
                if value > FINE_CORRELATION:
                    key = (min(i, j), max(i, j))
                    found[key] = max(found.get(key, 0.0), value)
        if on_progress is not None:
            on_progress(stop, count)
    return [Pair(i, j, round(value, 4)) for (i, j), value in sorted(found.items())]


def groups(pairs: list[tuple[int, int]]) -> list[list[int]]:
    """Numbers that are connected by pairs, each group sorted, groups by their first number."""
    root: dict[int, int] = {}

    def find(i: int) -> int:
        while root.setdefault(i, i) != i:
            i = root[i]
        return i

    for i, j in pairs:
        a, b = sorted((find(i), find(j)))
        root[b] = a
    members: dict[int, list[int]] = {}
    for i in sorted(root):
        members.setdefault(find(i), []).append(i)
    return list(members.values())


def _aligned(part: Tensor, whole: Tensor, places: Tensor) -> Tensor:
    """Correlation of each part with the crop of the whole that fits it best; -1 where that is no crop.

    Args:
        part, whole: (M, 3, 32, 32).
        places: (M, 3), where to begin: scale, shift in x, shift in y.
    """
    crop = places[:, [0, 0, 1, 2]].clone()  # (M, 4): width, height, x, y of the window, in half widths
    axis = (torch.arange(THUMBNAIL_PX) + 0.5) * 2 / THUMBNAIL_PX - 1
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    layers = torch.cat([whole, *_slopes(whole)], 1)  # (M, 9, 32, 32)
    best = torch.full((len(part),), -1.0)
    for step in range(_STEPS + 1):
        moved, along_x, along_y = _warp(layers, crop).chunk(3, 1)
        better = torch.where(_is_crop(crop) & _same_colours(part, moved), _correlation(part, moved), -1.0)
        best = torch.maximum(best, better)
        if step == _STEPS:
            break
        slopes = torch.stack([along_x * x, along_y * y, along_x, along_y], -1).flatten(1, 3)  # (M, 3 * 32 * 32, 4)
        normal = slopes.transpose(1, 2) @ slopes
        damping = 1e-3 * normal.diagonal(dim1=1, dim2=2).mean(1)[:, None, None] + 1e-6
        change = slopes.transpose(1, 2) @ (part - moved).flatten(1)[..., None]
        crop = crop + torch.linalg.solve(normal + damping * torch.eye(4), change)[..., 0]
        crop = torch.cat([crop[:, :2].clamp(0.8, 1.05), crop[:, 2:].clamp(-0.2, 0.2)], 1)
    return best


def _warp(x: Tensor, crop: Tensor) -> Tensor:
    """The windows `crop` (M, 4) of pictures (M, C, H, W), resampled to (M, C, H, W)."""
    zero = torch.zeros(len(crop))
    width, height, right, down = crop.unbind(1)
    matrix = torch.stack([torch.stack([width, zero, right], 1), torch.stack([zero, height, down], 1)], 1)
    grid = F.affine_grid(matrix, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, padding_mode="border", align_corners=False)


def _slopes(x: Tensor) -> tuple[Tensor, Tensor]:
    """Derivatives by x and y per half width."""
    padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
    per_half_width = THUMBNAIL_PX / 4
    along_x = padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]
    along_y = padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]
    return along_x * per_half_width, along_y * per_half_width


def _is_crop(crop: Tensor) -> Tensor:
    """Whether a window lies within its picture and is most of it, to within a third of a thumbnail's pixel."""
    size, shift = crop[:, :2], crop[:, 2:]
    tolerance = 0.02
    inside = shift.abs() <= 1 - size + tolerance
    return ((size > LEAST_KEPT) & (size < 1 + tolerance) & inside).all(1)


def _same_colours(a: Tensor, b: Tensor) -> Tensor:
    """Whether the colours without their lightness differ by less than a third, or by less than compression does."""
    colour_a, colour_b = (x - x.mean(1, keepdim=True) for x in (a, b))
    difference = (colour_a - colour_b).square().mean((1, 2, 3))
    strength = torch.minimum(colour_a.square().mean((1, 2, 3)), colour_b.square().mean((1, 2, 3)))
    return difference < 0.1 * strength + 0.004**2


def _correlation(a: Tensor, b: Tensor) -> Tensor:
    a, b = (x - x.mean((1, 2, 3), keepdim=True) for x in (a, b))
    power = a.square().sum((1, 2, 3)) * b.square().sum((1, 2, 3))
    return (a * b).sum((1, 2, 3)) / power.clamp(min=1e-12).sqrt()


def _fingerprints(pixels: Tensor) -> Tensor:
    """(N, 192), of unit length; zero for blank pictures."""
    small = F.interpolate(pixels, (COARSE_PX, COARSE_PX), mode="area").flatten(1)
    small = small - small.mean(1, keepdim=True)
    contrast = small.square().mean(1, keepdim=True).sqrt()
    return torch.where(contrast < LEAST_CONTRAST, 0.0, F.normalize(small))


def _blocks(count: int, size: int) -> Iterator[tuple[int, int]]:
    for start in range(0, count, size):
        yield start, min(start + size, count)
