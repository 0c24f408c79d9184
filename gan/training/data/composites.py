"""Products laid on other grounds, and their coverage; item i is the same on every machine, in any order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import Dataset

from gan.core.errors import InputError
from gan.imaging.background_prior import standing_out
from gan.imaging.io.codec import decode
from gan.imaging.product import squared
from gan.imaging.resize import resize
from gan.training.data.degrade import blur, gaussian_kernel, jpeg, noise
from gan.training.data.dice import Dice, of_item
from gan.training.data.pictures import Entry, Pictures, mask_path
from gan.training.data.placing import SOLID, laid, log_zoom, placed_in, shadow, varied

C = TypeVar("C", "Products", Pictures)

PRINTED = 0.15
"""Probability that a product carries a label or lettering: letters in the ground's color are no openings."""

GROUNDS = ("own", "photograph", "studio", "gradient", "drawn")


def mask_of(path: Path) -> Path | None:
    """The product's coverage beside a picture: `masks/NAME.png` next to the picture's folder."""
    mask = mask_path(path)
    return mask if mask.is_file() else None


@dataclass(frozen=True)
class Products:
    """Pictures of products with their coverage.

    Attributes:
        pixels: (N, 4, S, S) uint8, colours on their own ground and the coverage.
    """

    pixels: Tensor

    def __len__(self) -> int:
        return len(self.pixels)


def load_products(entries: Sequence[Entry], size_px: int) -> Products:
    """Pictures with a mask or with transparency, padded to squares; others and what cannot be read are left out.

    Raises:
        InputError: nothing is left.
    """
    with ThreadPoolExecutor() as pool:
        found = [x for x in pool.map(lambda entry: _read(entry.path, size_px), entries) if x is not None]
    if not found:
        raise InputError(
            "data",
            "none of the {count} pictures has a mask",
            "pictures of products with masks/NAME.png beside their folder, or with transparency, are needed",
            "Choose another folder",
            count=len(entries),
        )
    return Products(torch.stack(found))


class Composites(Dataset[tuple[Tensor, Tensor]]):
    """Item i is (given (4, p, p), coverage (1, p, p)): a picture with a prior of the coverage, and the coverage.

    Four items of ten come with a prior as a first look at the whole picture leaves it; of these half show an enlarged
    part of the product only. The others' prior is what stands out from a plain ground. One product of ten is a shape
    drawn by code: a network that has seen nothing but furniture takes a saucer for a part of the table.

    Half of the photographs hold up to two further things, behind the product, that do not count: a face or a cup is in
    many photographs and is for sale in few. On plain grounds everything counts.

    Args:
        products: with masks; of several collections a large one is drawn from more often, by the root of its size.
        grounds: photographs and textures, likewise; may be empty.
        drawn: as of `drawings`; may be empty.
        side_px: p.
    """

    def __init__(
        self,
        products: Sequence[Products],
        grounds: Sequence[Pictures],
        drawn: Sequence[Tensor],
        side_px: int,
        seed: int,
    ) -> None:
        self.products = products
        self.grounds = grounds
        self.drawn = drawn
        self.side_px = side_px
        self.seed = seed

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        dice = Dice(of_item(self.seed, index))
        informed = dice.chance(0.4)
        near = informed and dice.chance(0.5)
        rgb, alpha = self._made(dice, near)
        known = prior(alpha, dice) if informed else standing_out(rgb[None])[0]
        return torch.cat([rgb, known]), alpha

    def case(self, index: int, kind: str) -> tuple[Tensor, Tensor]:
        """A picture (3, p, p) of one product on a ground of `GROUNDS`, and its coverage (1, p, p), for measuring."""
        # Other numbers than any item's.
        dice = Dice(torch.Generator().manual_seed(2**62 + self.seed * 1_000_003 + index))
        return self._made(dice, False, kind)

    def picture(self, dice: Dice, kind: str = "") -> tuple[Tensor, Tensor]:
        """A picture (3, p, p) and its coverage (1, p, p), without a prior; `kind` is one of `GROUNDS`."""
        return self._made(dice, False, kind)

    def crowd(self, dice: Dice) -> tuple[Tensor, Tensor]:
        """A picture (3, p, p) of one large product about the middle with one to four smaller ones behind and before
        it, and what is seen of each, (K, p, p), the large one first.
        """
        kinds = ("photograph", "studio", "gradient", "drawn")
        has = bool(self.grounds), True, True, bool(self.drawn)
        ground = self._ground(
            kinds[dice.choose([s * h for s, h in zip((0.6, 0.15, 0.1, 0.15), has, strict=True)])], dice
        )
        count = 2 + dice.choose([0.3, 0.3, 0.25, 0.15])
        first = dice.choose([1.0] * count)  # the large one's turn: what comes later stands before it
        covers: list[Tensor] = []
        for turn in range(count):
            x = printed(self._product(dice), dice) if dice.chance(PRINTED) else self._product(dice)
            if turn == first:
                color, cover = laid(varied(x, dice), self.side_px, dice.uniform(0.55, 1.0), dice)
            else:
                off = dice.uniform(0.3, 0.75) if turn < first else dice.uniform(0.45, 0.85)
                color, cover = laid(varied(x, dice), self.side_px, dice.uniform(0.18, 0.5), dice, off=off)
            ground = color + (1 - cover) * ground * (1 - shadow(cover, dice))
            covers = [*(before * (1 - cover) for before in covers), cover]
        covers = [covers[first], *covers[:first], *covers[first + 1 :]]
        return photographed(ground.clamp(0, 1), dice), torch.cat(covers).clamp(0, 1)

    def removed(self, dice: Dice) -> tuple[Tensor, Tensor, Tensor]:
        """A picture (3, p, p) of a product on a ground, its coverage (1, p, p), and the ground without it and its
        shadow, (3, p, p).
        """
        kinds = ("photograph", "studio", "gradient", "drawn")
        has = bool(self.grounds), True, True, bool(self.drawn)
        kind = kinds[dice.choose([s * h for s, h in zip((0.45, 0.3, 0.1, 0.15), has, strict=True)])]
        ground = self._ground(kind, dice)
        if kind == "photograph":
            ground = self._furnished(ground, dice)
        zoom = math.exp(log_zoom(dice))
        color, cover = laid(varied(self._product(dice), dice), self.side_px, zoom, dice)
        seen = color + (1 - cover) * ground * (1 - shadow(cover, dice))
        return seen.clamp(0, 1), cover.clamp(0, 1), ground

    def _made(self, dice: Dice, near: bool, kind: str = "") -> tuple[Tensor, Tensor]:
        side = self.side_px
        asked = bool(kind)
        kind = kind or GROUNDS[dice.choose([0.18, 0.52, 0.18, 0.06, 0.06])]
        if kind == "photograph" and not self.grounds:
            kind = "studio"
        if kind == "drawn" and not self.drawn:
            kind = "gradient"
        ground = self._ground(kind, dice)
        alpha = torch.zeros(1, side, side)
        free = not asked and kind != "own"
        if free and kind == "photograph":
            ground = self._furnished(ground, dice)
        often = [0.02, 0.98] if kind == "photograph" else [0.02, 0.85, 0.13]
        for _ in range(dice.choose(often) if free else 1):
            x = self._shape(dice) if free and dice.chance(0.1) else varied(self._product(dice), dice)
            if free and dice.chance(PRINTED):
                x = printed(x, dice)
            zoom = math.exp(dice.uniform(math.log(1.0), math.log(2.4)) if near else log_zoom(dice))
            if kind == "own":
                # Its own white ground, with the shadow that was rendered; white goes on beyond the frame.
                placed = placed_in(x, side, zoom, dice, fill=float(x[0, :3, 0].mean()))
                ground, alpha = placed[:3], placed[3:]
                continue
            color, cover = laid(x, side, zoom, dice)
            ground = ground * (1 - shadow(cover, dice))
            ground = color + (1 - cover) * ground
            alpha = cover + (1 - cover) * alpha
        return photographed(ground.clamp(0, 1), dice), alpha.clamp(0, 1)

    def _furnished(self, ground: Tensor, dice: Dice) -> Tensor:
        """A photograph (3, p, p) with none, one or two more things in it, as sharp as itself or out of focus."""
        for _ in range(dice.choose([0.5, 0.3, 0.2])):
            x = varied(self._product(dice), dice)
            color, cover = laid(x, self.side_px, dice.uniform(0.25, 1.0), dice, off=dice.uniform(0.2, 0.6))
            ground = color + (1 - cover) * ground * (1 - shadow(cover, dice))
        return blur(ground[None], gaussian_kernel(dice.uniform(0.5, 4)))[0] if dice.chance(0.4) else ground

    def _product(self, dice: Dice) -> Tensor:
        products = _one(self.products, dice)
        return products.pixels[int(dice.uniform(0, 1) * len(products)) % len(products)][None].float() / 255

    def _shape(self, dice: Dice) -> Tensor:
        """(1, 4, S, S): a rounded or pointed form, perhaps with a hole, in one color, a gradient or a texture."""
        side = self.products[0].pixels.shape[-1]
        y, x = torch.meshgrid(torch.linspace(-1, 1, side), torch.linspace(-1, 1, side), indexing="ij")
        angle, radius = torch.atan2(y, x), (x**2 + y**2).sqrt()
        if dice.chance(0.5):
            power = dice.uniform(1.2, 8)
            high, wide = dice.uniform(0.3, 0.9), dice.uniform(0.3, 0.9)
            edge = (((x / wide).abs() ** power + (y / high).abs() ** power) ** (1 / power) - 1) * min(high, wide)
        else:
            waves = [dice.uniform(0, 0.5 / n) * torch.cos(n * angle + dice.uniform(0, 6.3)) for n in range(1, 7)]
            lobes = torch.stack(waves).sum(0)
            edge = radius - (0.55 + 0.5 * lobes).clamp(0.15, 0.95)
        if dice.chance(0.25):
            edge = torch.maximum(edge, dice.uniform(-0.6, -0.15) - edge)
        alpha = (0.5 - edge * side / 2).clamp(0, 1)[None, None]
        color = torch.rand(1, 3, 2, 2, generator=dice.generator)
        if dice.chance(0.4):
            color = color.mean((2, 3), keepdim=True).expand(1, 3, 2, 2)
        rgb = F.interpolate(color, (side, side), mode="bilinear", align_corners=True)
        if self.grounds and dice.chance(0.4):
            around = min(side, self.side_px)
            texture = _one(self.grounds, dice).crop(around, dice.generator, shrink_to=0.3)[None]
            rgb = resize(texture, side, side) * dice.uniform(0.5, 1.2)
        # Light from one side, and a highlight.
        light = 1 + dice.uniform(-0.4, 0.4) * x + dice.uniform(-0.4, 0.4) * y
        gleam = torch.exp(
            -((x - dice.uniform(-0.5, 0.5)) ** 2 + (y - dice.uniform(-0.5, 0.5)) ** 2) * dice.uniform(5, 60)
        )
        rgb = (rgb * light + gleam * dice.uniform(0, 0.6) * dice.chance(0.4)).clamp(0, 1)
        return torch.cat([rgb * alpha + (1 - alpha), alpha], 1)

    def _ground(self, kind: str, dice: Dice) -> Tensor:
        side = self.side_px
        if kind == "photograph" and self.grounds:
            x = _one(self.grounds, dice).crop(side, dice.generator, shrink_to=0.15)
            return blur(x[None], gaussian_kernel(dice.uniform(0.5, 6)))[0] if dice.chance(0.4) else x
        if kind == "drawn":
            picture = self.drawn[int(dice.uniform(0, 1) * len(self.drawn)) % len(self.drawn)]
            top, left = (int(dice.uniform(0, size - side + 1)) for size in picture.shape[1:])
            return picture[:, top : top + side, left : left + side].float() / 255
        if kind == "gradient":
            corners = torch.rand(1, 3, 2, 2, generator=dice.generator)
            return F.interpolate(corners, (side, side), mode="bilinear", align_corners=True)[0]
        # A studio: nearly white or grey paper, lighter in the middle, often with a floor.
        base = dice.uniform(0.75, 1.0) if dice.chance(0.7) else dice.uniform(0.05, 0.75)
        color = (base + dice.normal((3, 1, 1)) * 0.02).expand(3, side, side)
        y, x = torch.meshgrid(torch.linspace(-1, 1, side), torch.linspace(-1, 1, side), indexing="ij")
        away = (x - dice.uniform(-0.5, 0.5)) ** 2 + (y - dice.uniform(-0.5, 0.5)) ** 2
        color = color - dice.uniform(0, 0.15) * away
        if dice.chance(0.3):
            floor = torch.sigmoid((y - dice.uniform(0.1, 0.8)) * dice.uniform(4, 60))
            color = color + dice.uniform(-0.15, 0.1) * floor
        return color


def prior(alpha: Tensor, dice: Dice) -> Tensor:
    """Simulate the prior from a smaller copy: coarse, a little too large or too small, with wrong pieces.

    Args:
        alpha: (1, p, p) in [0, 1].
    """
    side = alpha.shape[-1]
    small = max(8, round(side / dice.uniform(2, 10)))
    coarse = F.interpolate(alpha[None], (small, small), mode="bilinear", antialias=True)
    shift = dice.uniform(-0.3, 0.3)
    coarse = ((coarse - 0.5 + shift * (coarse * (1 - coarse) * 4)) * dice.uniform(1.0, 3.0) + 0.5).clamp(0, 1)
    for _ in range(dice.choose([0.5, 0.3, 0.2])):
        y, x = torch.meshgrid(torch.arange(small), torch.arange(small), indexing="ij")
        radius = dice.uniform(0.03, 0.15) * small
        near = ((y - dice.uniform(0, small)) ** 2 + (x - dice.uniform(0, small)) ** 2).sqrt()
        blob = torch.sigmoid(radius - near)[None, None]
        coarse = torch.lerp(coarse, torch.full_like(coarse, dice.uniform(0, 1)), blob * dice.uniform(0.5, 1))
    return F.interpolate(coarse, (side, side), mode="bilinear", align_corners=False)[0].clamp(0, 1)


def printed(x: Tensor, dice: Dice) -> Tensor:
    """A product with one or two labels, stickers or lines of lettering on it, mostly white or nearly so.

    Args:
        x: (1, 4, S, S), colors on white and the coverage, which stays as it is.
    """
    side = x.shape[-1]
    inside = torch.nonzero(x[0, 3] > 0.98)
    if len(inside) == 0:
        return x
    rgb = x[:, :3].clone()
    down, across = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    for _ in range(1 + dice.choose([0.7, 0.3])):
        y, left = inside[int(dice.uniform(0, 1) * len(inside)) % len(inside)].tolist()
        high, wide = (dice.uniform(0.03, 0.16) * side for _ in range(2))
        within = torch.maximum((down - y).abs() / high, (across - left).abs() / (wide * 1.6)) < 1
        if dice.chance(0.7):
            # Lettering: cells that are inked or not, in lines.
            letters = torch.rand(1, 1, max(2, round(high / 2)), max(3, round(wide)), generator=dice.generator) > 0.45
            start = round(y - high), round(left - 1.6 * wide)
            size = max(2, round(2 * high)), max(3, round(3.2 * wide))
            lines = torch.zeros(side, side)
            cells = F.interpolate(letters.float(), size)[0, 0]
            top, first = max(0, start[0]), max(0, start[1])
            part = cells[top - start[0] : side - start[0], first - start[1] : side - start[1]]
            lines[top : top + part.shape[0], first : first + part.shape[1]] = part
            within = within & (lines > 0.5)
        pale = dice.chance(0.7)
        color = torch.tensor([dice.uniform(0.88, 1.0) if pale else dice.uniform(0, 1) for _ in range(3)])
        ink = (within & (x[0, 3] > 0.5)).float() * dice.uniform(0.8, 1.0)
        rgb = torch.lerp(rgb, color[None, :, None, None].expand_as(rgb), ink[None, None])
    # On white, as everything of the product is: half-covered pixels keep the ground's part.
    return torch.cat([torch.where(x[:, 3:] > SOLID, rgb, x[:, :3]), x[:, 3:]], 1)


def _read(path: Path, size_px: int) -> Tensor | None:
    mask = mask_of(path)
    try:
        picture = decode(path)
        cover = picture.alpha if mask is None else decode(mask).rgb[:, :1]
    except InputError:
        return None
    if cover is None or cover.shape[2:] != picture.rgb.shape[2:]:
        return None
    rgb = picture.rgb
    if picture.alpha is not None:
        rgb = rgb * picture.alpha + (1 - picture.alpha)
    return (squared(rgb, cover, size_px)[0] * 255).round().to(torch.uint8)


def _one(collections: Sequence[C], dice: Dice) -> C:
    if len(collections) == 1:
        return collections[0]
    roots = [math.sqrt(len(collection)) for collection in collections]
    return collections[dice.choose([root / sum(roots) for root in roots])]


def photographed(rgb: Tensor, dice: Dice) -> Tensor:
    """A picture (3, p, p) as cameras give it: exposure, white balance, softness, noise, JPEG, some of them or none."""
    x = rgb[None]
    if dice.chance(0.5):
        gains = torch.tensor([math.exp(dice.uniform(-0.12, 0.12)) for _ in range(3)]).reshape(1, 3, 1, 1)
        x = (x * gains * math.exp(dice.uniform(-0.25, 0.15))).clamp(0, 1)
    if dice.chance(0.5):
        x = blur(x, gaussian_kernel(dice.uniform(0.3, 1.0) if dice.chance(0.5) else dice.uniform(1.0, 2.4)))
    if dice.chance(0.5):
        x = noise(x, dice, sigma_255=(0, 10), poisson=(0.05, 0.8)).clamp(0, 1)
    if dice.chance(0.5):
        x = jpeg(x, round(dice.uniform(45, 95)))
    return x[0].clamp(0, 1)
