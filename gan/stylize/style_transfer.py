"""The artistic look: a style's code and colours, the statistics of the whole picture, then tile by tile."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.contract import Context, Model
from gan.imaging.optimal_transport import moments, moved, transport
from gan.imaging.resize import resize, shrunk
from gan.imaging.texture import Guide, detail_of, patch_means, spread

TILE_PX = 1024
"""Side of a tile. Larger than elsewhere: few tiles waste less on their surroundings, and the network is narrow."""

LEAST_PX = 32
"""Smaller styles and contents are enlarged: at an eighth of its size a picture must have a neighbourhood."""

COUNTED_PX = 512
"""Longest side of the copy whose colours are counted."""


@dataclass(frozen=True)
class Palette:
    """What is known of a style.

    Attributes:
        code: (1, code_size), as `gan.stylize.network.StylizeNet.style` gives it.
        means: as `gan.imaging.texture.patch_means` gives them.
        detail: (1, 3, h, w), as `gan.imaging.texture.detail_of` gives it.
        mean, covariance: of its colours, as `gan.imaging.optimal_transport.moments` gives them.
    """

    code: Tensor
    means: Tensor
    detail: Tensor
    mean: Tensor
    covariance: Tensor


def paint(
    rgb: Tensor,
    counted: Tensor | None,
    styles: Sequence[Tensor],
    shares: Sequence[float],
    model: Model,
    context: Context,
) -> Tensor:
    """A picture in the look of one style, or of several mixed.

    Args:
        rgb: (1, 3, H, W) in [0, 1].
        counted: (1, 1, H, W) in [0, 1], how much each pixel counts for the picture's statistics; None counts all.
        styles: (1, 3, h, w) each.
        shares: of the styles, adding up to 1.

    Returns:
        (1, 3, H, W) in [0, 1], a new tensor.

    Raises:
        Cancelled: Stop was pressed.
    """
    height_px, width_px = rgb.shape[2:]
    if min(height_px, width_px) < LEAST_PX:
        larger = _at_least(rgb), None if counted is None else _at_least(counted)
        return resize(paint(*larger, styles, shares, model, context), height_px, width_px)
    palettes = [_palette(style, model, context) for style in styles]
    code = torch.stack([share * palette.code for share, palette in zip(shares, palettes, strict=True)]).sum(0)
    small = shrunk(rgb, COUNTED_PX)
    recolored = _recoloring(small, counted, palettes, shares)
    texture = _texture(palettes, shares, recolored(small), height_px, width_px, context.generator)
    stats = None
    tiles = list(_tiles(height_px, width_px))
    # A single tile has all statistics in itself, unless its pixels count differently.
    if counted is not None or len(tiles) > 1:
        stats = _statistics(rgb, counted, recolored, tiles, model, context)
    device_stats = None if stats is None else stats.to(context.device)
    code = code.to(context.device)
    first = 0 if stats is None else len(tiles)

    def around(network: Callable[..., Tensor], tile: Tensor) -> Tensor:
        return network(torch.cat([recolored(tile[:, :3]), tile[:, 3:]], 1), code, device_stats)

    return context.apply(
        model,
        torch.cat([rgb, texture], 1),
        around=around,
        tile_px=TILE_PX,
        on_progress=lambda done, total: context.step(first + done, first + total, "Painting"),
    )


def _palette(style: Tensor, model: Model, context: Context) -> Palette:
    """Looked at once for each style and model."""
    digest = hashlib.sha256(style.contiguous().numpy().tobytes()).hexdigest()

    def look() -> Palette:
        picture = _at_least(style)
        height_px, width_px = picture.shape[2:]
        height_px, width_px = (side // model.multiple * model.multiple for side in (height_px, width_px))
        with model.lock, torch.inference_mode():
            code = model.network.eval().style(picture[:, :, :height_px, :width_px].to(context.device))  # type: ignore[operator]
        return Palette(code.float().cpu(), patch_means(picture), detail_of(picture), *moments(style))

    return context.kept((model.sha256, tuple(style.shape), digest), look)


def _recoloring(
    small: Tensor, counted: Tensor | None, palettes: Sequence[Palette], shares: Sequence[float]
) -> Callable[[Tensor], Tensor]:
    """The map to the styles' colours, for any part of the picture, on any device."""
    mean, covariance = moments(small, None if counted is None else shrunk(counted, COUNTED_PX))
    weights = torch.tensor(shares, dtype=torch.float64)
    # A weighted mean of such maps is one again: symmetric, positive definite.
    matrix = torch.einsum("i,ijk->jk", weights, torch.cat([transport(covariance, p.covariance) for p in palettes]))
    target = torch.einsum("i,ij->j", weights, torch.cat([p.mean for p in palettes]))

    def recolored(part: Tensor) -> Tensor:
        device = part.device
        return moved(part, mean.to(device), matrix[None].to(device), target[None].to(device))

    return recolored


def _texture(
    palettes: Sequence[Palette],
    shares: Sequence[float],
    guiding: Tensor,
    height_px: int,
    width_px: int,
    generator: torch.Generator,
) -> Tensor:
    """(1, 3, H, W): the styles' textures, over each other, each where its tone fits."""
    area = torch.zeros(1, 3, height_px, width_px)
    for palette, share in zip(palettes, shares, strict=True):
        if share > 0:
            guide = Guide(palette.means, guiding)
            area += share * spread(palette.detail, height_px, width_px, generator, guide)
    return area


def _statistics(
    rgb: Tensor,
    counted: Tensor | None,
    recolored: Callable[[Tensor], Tensor],
    tiles: Sequence[tuple[slice, slice]],
    model: Model,
    context: Context,
) -> Tensor:
    """Means and deviations of the network's maps over the whole picture: (1, n), as `StylizeNet.stats` gives them."""
    sums: list[list[Tensor]] = []
    reach_px = model.context_px // 2  # of the encoder, which is half of the way
    for done, (rows, columns) in enumerate(tiles):
        context.step(done, 2 * len(tiles), "Painting")
        top, left = max(0, rows.start - reach_px), max(0, columns.start - reach_px)
        area = (..., slice(top, rows.stop + reach_px), slice(left, columns.stop + reach_px))
        tile = _padded(rgb[area], model.multiple).to(context.device)
        weight = _padded(torch.ones_like(rgb[:, :1][area]) if counted is None else counted[area], model.multiple)
        weight[:, :, : rows.start - top] = 0
        weight[:, :, rows.stop - top :] = 0
        weight[..., : columns.start - left] = 0
        weight[..., columns.stop - left :] = 0
        with model.lock, torch.inference_mode():
            maps = model.network.eval().encode(recolored(tile))  # type: ignore[operator]
        sums.append([_sums(y.float().cpu(), weight) for y in maps])
    parts = []
    for per_tile in zip(*sums, strict=True):
        total = torch.stack(per_tile).sum(0)
        first, second = total[1:].chunk(2)
        mean = first / total[0]
        parts += [mean, (second / total[0] - mean.square()).clamp(min=0).add(1e-5).sqrt()]
    return torch.cat(parts)[None].float()


def _sums(y: Tensor, weight: Tensor) -> Tensor:
    """(1 + 2C,), float64: of the weights, of the map by weight, and of its squares by weight."""
    share = F.adaptive_avg_pool2d(weight, (y.shape[2], y.shape[3])).double()
    double = y.double()
    return torch.cat([share.sum()[None], (double * share).sum((0, 2, 3)), (double.square() * share).sum((0, 2, 3))])


def _tiles(height_px: int, width_px: int) -> Iterator[tuple[slice, slice]]:
    """Disjoint tiles that begin where the network's coarsest cells begin."""
    for top in range(0, height_px, TILE_PX):
        for left in range(0, width_px, TILE_PX):
            yield slice(top, min(top + TILE_PX, height_px)), slice(left, min(left + TILE_PX, width_px))


def _padded(x: Tensor, multiple: int) -> Tensor:
    """Repeated to the right and below until both sides are divisible."""
    height_px, width_px = x.shape[2:]
    return F.pad(x, (0, -width_px % multiple, 0, -height_px % multiple), mode="replicate")


def _at_least(x: Tensor) -> Tensor:
    """Enlarged, in proportion as far as that goes, until no side is below `LEAST_PX`."""
    return resize(x, max(x.shape[2], LEAST_PX), max(x.shape[3], LEAST_PX))
