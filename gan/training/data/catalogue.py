"""Load a shop's folder as a labeled catalog in memory: pictures, coverage, categories, and views of one product.

Item i of `CatalogueItems` is a pure function of the seed and i, so resuming needs no state of the data.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import Dataset

from gan.core.errors import InputError
from gan.imaging.io.codec import decode
from gan.imaging.io.formats import ALLOWED
from gan.imaging.product import MEASURES, from_ycc, measure, rotation, squared, to_ycc
from gan.imaging.resize import resize
from gan.training.data.dice import Dice, of_item
from gan.training.data.pictures import Entry, find, mask_path, split
from gan.training.data.records import Records, read_records

ATTRIBUTES = (*MEASURES, "azimuth", "elevation", "view_known")
"""Columns of `Catalogue.attributes`: `measure`'s, then angles in units of 45 degrees, then 1 where these are known."""

ANGLE_UNIT_DEG = 45.0
ELEVATION_CENTER_DEG = 16.0


@dataclass(frozen=True)
class Catalogue:
    """Pictures of products on a plain ground, padded to squares.

    Attributes:
        pixels: (N, 4, S, S) uint8, colors on their ground and the product's coverage.
        category: (N,) int64, index into `categories`.
        product: (N,) int64; equal numbers are views of one product.
        attributes: (N, A) float32, the columns of `attribute_names`.
        categories: names, sorted.
        names: ids of the pictures.
        skipped: files that could not be read.
    """

    pixels: Tensor
    category: Tensor
    product: Tensor
    attributes: Tensor
    categories: tuple[str, ...]
    names: tuple[str, ...]
    skipped: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def attribute_names(self) -> tuple[str, ...]:
        """`ATTRIBUTES`, or `MEASURES` alone where no record holds an angle."""
        return ATTRIBUTES[: self.attributes.shape[1]]

    def picture(self, index: int) -> Tensor:
        """(4, S, S) float32 in [0, 1]."""
        return self.pixels[index].float() / 255

    def batch(self, indices: Tensor | list[int], size_px: int) -> Tensor:
        """(N, 4, size_px, size_px) float32 in [0, 1]."""
        return resize(self.pixels[indices].float() / 255, size_px, size_px)


def load(
    folder: Path,
    size_px: int,
    *,
    categories: tuple[str, ...] | None = None,
    gray: bool = False,
    held_out_share: float = 0.08,
) -> tuple[Catalogue, Catalogue]:
    """The training and the held-out part of a folder, split by product.

    Categories come from a `meta.jsonl`, else from the names of sub-folders; a mask `masks/NAME.png` beside a folder
    `images` is the coverage, else the file's own transparency, else what differs from a plain ground. Where no
    product is held out, both parts are everything.

    Args:
        size_px: side of the squares; pictures are padded with their ground, never squeezed.
        categories: names to keep; all by default.
        gray: one gray value for all three colors.
        held_out_share: of the products; a larger share holds all of a smaller one.

    Raises:
        InputError: the folder is missing, holds no readable picture, or none of the categories.
    """
    entries = find(folder)
    records = read_records(folder)
    labelled = [(entry, records.category(entry.path, folder)) for entry in entries]
    if categories is not None:
        kept = [(entry, name) for entry, name in labelled if name in categories]
        if not kept:
            raise InputError(
                "data",
                "no picture of {wanted} below {folder}",
                "{known} are there",
                "Choose among these",
                wanted=", ".join(categories),
                folder=folder,
                known=", ".join(sorted({name for _, name in labelled})),
            )
        labelled = kept
    names = tuple(sorted({name for _, name in labelled}))
    label = {entry.path: names.index(name) for entry, name in labelled}
    training, held_out = split([entry for entry, _ in labelled], held_out_share)
    taught = {label[entry.path] for entry in training}
    # A category of which every product is held out would have none to learn from.
    training += [entry for entry in held_out if label[entry.path] not in taught]
    held_out = [entry for entry in held_out if label[entry.path] in taught]
    if not training or not held_out:
        training = held_out = [entry for entry, _ in labelled]
    first = _read(folder, training, label, records, names, size_px, gray)
    return first, first if held_out is training else _read(folder, held_out, label, records, names, size_px, gray)


@dataclass(frozen=True, kw_only=True)
class Variation:
    """Augmentation of a training picture; every change is measurable, and the network gets the measures.

    Attributes:
        other_view: how often the target is another view of the same product.
        colour: how often colors are changed: hue by any angle, chroma, tint and lightness.
        frame: how often size, width and place in the frame are changed.
    """

    other_view: float = 0.3
    colour: float = 0.5
    frame: float = 0.6


class CatalogueItems(Dataset[tuple[Tensor, ...]]):
    """Item i: source and target (4, P, P), attributes of both, category, index of the source, noise, dice, as it is.

    The last is True where the source is not varied: then its encoding is the picture's own.

    Source and target are one product in the same colors; the frame and, now and then, the view differ. What differs
    between them stands in the attributes alone, and so the network learns to leave it to them. Noise (normal, `latent`
    numbers) and dice (uniform, 4) are the item's share of randomness, so that a step is the same however many processes
    share it.
    """

    def __init__(self, catalogue: Catalogue, size_px: int, variation: Variation, latent: int, seed: int) -> None:
        self.catalogue = catalogue
        self.size_px = size_px
        self.variation = variation
        self.latent = latent
        self.seed = seed
        self._views: dict[int, list[int]] = {}
        for index, product in enumerate(catalogue.product.tolist()):
            self._views.setdefault(product, []).append(index)

    def __getitem__(self, item: int) -> tuple[Tensor, ...]:
        dice = Dice(of_item(self.seed, item))
        index = int(dice.uniform(0, 1) * len(self.catalogue)) % len(self.catalogue)
        views = self._views[int(self.catalogue.product[index])]
        other = views[int(dice.uniform(0, 1) * len(views)) % len(views)]
        target_index = other if dice.chance(self.variation.other_view) else index
        colors = _colors(dice) if dice.chance(self.variation.colour) else None
        source, source_attributes = self._varied(index, dice, colors)
        target, attributes = self._varied(target_index, dice, colors)
        noise, free = dice.normal((self.latent,)), torch.rand(4, generator=dice.generator)
        category = self.catalogue.category[index]
        as_it_is = torch.tensor(colors is None and not self.variation.frame)
        return source, target, source_attributes, attributes, category, torch.tensor(index), noise, free, as_it_is

    def _varied(self, index: int, dice: Dice, colors: Mapping[str, float] | None) -> tuple[Tensor, Tensor]:
        x = self.catalogue.picture(index)[None]
        if dice.chance(self.variation.frame):
            x = reframe(
                x,
                self.size_px,
                size=math.exp(dice.uniform(math.log(0.72), math.log(1.1))),
                aspect=math.exp(dice.uniform(-0.3, 0.3)),
                across=dice.uniform(-0.06, 0.06),
                down=dice.uniform(-0.06, 0.06),
            )
        else:
            x = resize(x, self.size_px, self.size_px)
        if colors is not None:
            x = recolor(x, **colors)
        attributes = self.catalogue.attributes[index].clone()
        attributes[: len(MEASURES)] = measure(x[:, :3], x[:, 3:])[0]
        return x[0], attributes


def _colors(dice: Dice) -> dict[str, float]:
    """Random arguments of `recolor`."""
    return {
        "hue_rad": dice.uniform(-math.pi, math.pi),
        "chroma": dice.uniform(0.6, 1.4),
        "tint": dice.uniform(0, 0.3) * dice.chance(0.5),
        "tint_rad": dice.uniform(-math.pi, math.pi),
        "gamma": math.exp(dice.uniform(-0.4, 0.4)),
    }


def reframe(x: Tensor, size_px: int, *, size: float, aspect: float, across: float, down: float) -> Tensor:
    """Scale, widen and shift the product in the frame; what comes in from outside has the border's color.

    Args:
        x: (N, 4, H, W).
        size_px: side of the result.
        size: factor on the product's size.
        aspect: factor on width over height.
        across, down: the way of the product, in half frames.
    """
    wide, high = size * math.sqrt(aspect), size / math.sqrt(aspect)
    theta = torch.tensor([[1 / wide, 0, -across / wide], [0, 1 / high, -down / high]]).expand(len(x), 2, 3)
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    moved = F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)
    # Sampled at the given size and then reduced, since a grid of fewer points would leave jagged edges.
    return resize(moved, size_px, size_px)


def recolor(x: Tensor, *, hue_rad: float, chroma: float, tint: float, tint_rad: float, gamma: float) -> Tensor:
    """Recolor the product; the background and its shadow keep their colors.

    Args:
        x: (N, 4, H, W) in [0, 1].
        hue_rad: turn of the chroma plane.
        chroma: factor on the distance from gray.
        tint: color added to what is neither black nor white, up to the distance given.
        tint_rad: its direction.
        gamma: exponent of the lightness.
    """
    rgb, alpha = x[:, :3], x[:, 3:]
    ycc = to_ycc(rgb)
    y = ycc[:, :1].clamp(0, 1)
    turn = rotation(torch.tensor([hue_rad]))[0] * chroma
    plane = torch.einsum("ij,njhw->nihw", turn, ycc[:, 1:])
    direction = torch.tensor([math.cos(tint_rad), math.sin(tint_rad)])[None, :, None, None]
    plane = plane + tint * direction * (4 * y * (1 - y)).clamp(0, 1).sqrt()
    varied = from_ycc(torch.cat([y.pow(gamma), plane], 1)).clamp(0, 1)
    return torch.cat([rgb + (varied - rgb) * alpha, alpha], 1)


def _read(
    folder: Path,
    entries: list[Entry],
    label: Mapping[Path, int],
    records: Records,
    categories: tuple[str, ...],
    size_px: int,
    gray: bool,
) -> Catalogue:
    with ThreadPoolExecutor() as pool:
        decoded = list(pool.map(lambda entry: _square(entry.path, folder, size_px, gray), entries))
    kept = [(entry, x) for entry, x in zip(entries, decoded, strict=True) if x is not None]
    if not kept:
        raise InputError(
            "data",
            "none of the {count} pictures can be read",
            ALLOWED,
            "Run: python train.py doctor --data DIR",
            count=len(entries),
        )
    pixels = torch.stack([x for _, x in kept])
    known = [records.by_id.get(entry.path.stem, {}) for entry, _ in kept]
    views = torch.tensor([_view(record) for record in known])
    turning = any("azimuth_deg" in record for record in records.by_id.values())
    # Shops number their files folder by folder: chair/1.jpg and sofa/1.jpg are two products.
    products = [_number(f"{label[entry.path]} {entry.product}") for entry, _ in kept]
    return Catalogue(
        pixels=pixels,
        category=torch.tensor([label[entry.path] for entry, _ in kept]),
        product=torch.tensor(products),
        attributes=torch.cat([_measured(pixels), views], 1) if turning else _measured(pixels),
        categories=categories,
        names=tuple(entry.path.stem for entry, _ in kept),
        skipped=tuple(str(entry.path) for entry, x in zip(entries, decoded, strict=True) if x is None),
    )


def _square(path: Path, folder: Path, size_px: int, gray: bool) -> Tensor | None:
    """Picture as uint8 (4, size_px, size_px), or None for an unreadable file, which a folder may contain."""
    try:
        picture = decode(path)
    except InputError:
        return None
    rgb, cover = picture.rgb, picture.alpha
    mask = mask_path(path)
    if path.parent != folder and mask.is_file():
        with suppress(InputError):  # a damaged mask costs the mask and not the picture
            cover = decode(mask).rgb[:, :1]
    if picture.alpha is not None:
        rgb = rgb * picture.alpha + (1 - picture.alpha)
    if cover is not None and cover.shape[2:] != rgb.shape[2:]:
        cover = None
    if gray:
        rgb = to_ycc(rgb)[:, :1].expand(-1, 3, -1, -1)
    return (squared(rgb, cover, size_px)[0] * 255).round().to(torch.uint8)


def _measured(pixels: Tensor) -> Tensor:
    """`measure` in blocks, so that a large catalogue is never a float tensor as a whole."""
    blocks = (pixels[begin : begin + 64].float() / 255 for begin in range(0, len(pixels), 64))
    return torch.cat([measure(block[:, :3], block[:, 3:]) for block in blocks])


def _view(record: Mapping[str, Any]) -> list[float]:
    if "azimuth_deg" not in record:
        return [0.0, 0.0, 0.0]
    elevation = float(record.get("elevation_deg", ELEVATION_CENTER_DEG))
    azimuth = float(record["azimuth_deg"])
    return [azimuth / ANGLE_UNIT_DEG, (elevation - ELEVATION_CENTER_DEG) / ANGLE_UNIT_DEG, 1.0]


def _number(product: str) -> int:
    return int.from_bytes(hashlib.sha256(product.encode()).digest()[:7], "big")
