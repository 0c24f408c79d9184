"""The pixels of a product that get another color: which they are, and how its edge keeps no fringe of the old one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor

from gan.edit.color_transfer import LATTICE, Tint
from gan.imaging.lut import sample
from gan.imaging.matting import foreground
from gan.imaging.row_chunks import bands

LOOKED_AT = 2**20
SAMPLES = 2**13

_INSIDE_PX, _OUTSIDE_PX = (-6, -3, -2, -1, 0, 1, 2, 3, 6), (-6, -4, -2, 0, 2, 4, 6)
_MOST_EDGE, _THIN = 2**19, 0.8
_DOUBT, _MOST_CHANGE = 0.01, 0.4

_STEEP = 1.5
"""From this slope on the steps of 8 bits would show; noise of one step hides them."""

_NOISE = 2**18 - 5


@dataclass(frozen=True, eq=False)
class Edge:
    """Pixels that a product covers in part.

    Attributes:
        at: (K,), counted row by row.
        own: (3, K), the product's color there.
    """

    at: Tensor
    own: Tensor


@dataclass(frozen=True, eq=False)
class Product:
    """What is recolored.

    Attributes:
        rgb: (1, 3, H, W) in [0, 1], the picture.
        own: (1, 3, H, W), the product's own colors; at an `edge` these hold.
        cover: (1, 1, H, W) in [0, 1]: how much of a pixel moves from old color to new.
        counts: (1, 1, H, W) from 0: how much a pixel counts where colors are measured.
    """

    rgb: Tensor
    own: Tensor
    cover: Tensor
    counts: Tensor
    edge: Edge | None = None

    def looked_at(self) -> tuple[Tensor, Tensor]:
        """Some pixels of the product, (3, N), and how much each counts, (N,)."""
        step = max(1, int((self.cover.numel() / LOOKED_AT) ** 0.5))
        if not bool((self.counts[:, :, ::step, ::step] > 0).any()):  # smaller than the steps
            step = 1
        counts = self.counts[0, 0, ::step, ::step].flatten()
        inside = torch.nonzero(counts > 0.9 * counts.max()).flatten()
        some = inside[:: max(1, len(inside) // SAMPLES)]
        return self.own[0, :, ::step, ::step].flatten(1)[:, some], counts[some]

    def painted(self, tint: Tint, strength: float, generator: torch.Generator) -> Tensor:
        """The picture with the map where the product is.

        Args:
            tint: what becomes of a color.
            strength: 0 to 1.
            generator: of the noise that hides the steps of 8 bits where dark products become light.

        Returns:
            (1, 3, H, W) in [0, 1], a new tensor; the picture's own values wherever `cover` is 0.
        """
        made = self.rgb.clone(memory_format=torch.contiguous_format)
        if strength == 0:
            return made
        table = tint.lattice() if int((self.cover > 0).sum()) > LATTICE**3 else None
        steps = 1 / 255 if tint.slope > _STEEP else 0.0
        noise = (torch.rand(_NOISE, generator=generator) - 0.5) * steps
        target, own, cover = made[0].flatten(1), self.own[0].flatten(1), self.cover.flatten()
        width_px = self.cover.shape[3]

        @torch.inference_mode(torch.is_inference_mode_enabled())
        def paint(rows: slice) -> None:
            start, stop = rows.start * width_px, rows.stop * width_px
            inside = torch.nonzero(cover[start:stop]).flatten()
            if len(inside):
                inside += start
                old = own.index_select(1, inside)
                put(inside, old, old + noise[inside % _NOISE] if steps else old)

        def put(at: Tensor, old: Tensor, seen: Tensor) -> None:
            new = tint(seen[None])[0] if table is None else sample(table, seen[None, :, :, None])[0, :, :, 0]
            share = strength * cover[at]
            target.index_copy_(1, at, torch.addcmul(target.index_select(1, at), share, new - old).clamp_(0, 1))

        # Interpolation in a lattice keeps to one thread.
        with ThreadPoolExecutor(torch.get_num_threads()) as pool:
            list(pool.map(paint, bands(*self.cover.shape[2:])))
        if self.edge is not None:
            at = self.edge.at
            target[:, at] = self.rgb[0].flatten(1)[:, at]
            put(at, self.edge.own, self.edge.own)
        return made


def product_of(rgb: Tensor, alpha: Tensor, free: Tensor | float) -> Product:
    """A product in an opaque picture.

    At half-covered pixels its color is that of the nearest pixels inside, and the coverage is what the mixture of it
    and of the ground nearby says: a mask that is off by half a pixel leaves a fringe of the old color otherwise. Where
    product and ground look alike the mask is believed, and so it is where it is soft: then the colors are
    `gan.imaging.matting.foreground`'s.

    Args:
        rgb: (1, 3, H, W) in [0, 1].
        alpha: (1, 1, H, W) in [0, 1], the product's coverage.
        free: (1, 1, H, W) in [0, 1], or a number: how much of a pixel may change.
    """
    flat = alpha.flatten()
    mixed = torch.nonzero((flat > 0) & (flat < 1)).flatten()
    if len(mixed) == 0:
        return Product(rgb, rgb, alpha * free, alpha * free)
    if len(mixed) <= _MOST_EDGE:
        product, known = _nearby(rgb, alpha, mixed, _INSIDE_PX, value=1)
        ground, seen = _nearby(rgb, alpha, mixed, _OUTSIDE_PX, value=0)
        known &= seen
        if float(known.float().mean()) >= _THIN:
            mixed, product, ground = mixed[known], product[:, known], ground[:, known]
            cover = alpha.clone()
            cover.flatten()[mixed] = _share(rgb[0].flatten(1)[:, mixed], product, ground, flat[mixed])
            return Product(rgb, rgb, cover * free, alpha * free, Edge(mixed, product))
    return Product(rgb, foreground(rgb, alpha), alpha * free, alpha * free)


def _share(seen: Tensor, product: Tensor, ground: Tensor, given: Tensor) -> Tensor:
    """How much of the product is in a mixture: by least squares, near what was given. (3, K) and (K,) to (K,)."""
    toward = product - ground
    along = ((seen - ground) * toward).sum(0)
    share = ((_DOUBT * given + along) / (_DOUBT + toward.square().sum(0))).clamp(0, 1)
    return torch.clamp(share, given - _MOST_CHANGE, given + _MOST_CHANGE)


def _nearby(rgb: Tensor, alpha: Tensor, at: Tensor, steps_px: tuple[int, ...], *, value: int) -> tuple[Tensor, Tensor]:
    """Means of the pixels around some pixels that have that coverage, (3, K), the nearest first; and where any has."""
    height, width = alpha.shape[2:]
    y, x = at // width, at % width
    colors, cover = rgb[0].flatten(1), alpha.flatten()
    sums, total = torch.zeros(3, len(at)), torch.zeros(len(at))
    for down in steps_px:
        row = (y + down).clamp(0, height - 1) * width
        for across in steps_px:
            near = row + (x + across).clamp(0, width - 1)
            weight = (cover[near] == value) / (1.0 + down * down + across * across) ** 2
            sums += colors.index_select(1, near) * weight
            total += weight
    return sums / total.clamp(min=1e-6), total > 0
