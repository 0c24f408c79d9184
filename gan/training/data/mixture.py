"""Training data of Cut-out: composites, rendered scenes and a teacher's photographs, with clicks or without."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import Dataset

from gan.core.errors import InputError
from gan.imaging.background_prior import standing_out
from gan.imaging.io.codec import decode
from gan.imaging.resize import resize
from gan.training.data.clicks import clicked
from gan.training.data.composites import Composites, load_products, mask_of, photographed, prior
from gan.training.data.dice import Dice, of_item
from gan.training.data.pictures import Entry, Pictures, find
from gan.training.data.scenes import SceneEntry, Scenes, find_scenes, is_of_a_scene

SHARES = (0.38, 0.5, 0.12)
"""Shares of composites, scenes and taught photographs; where one is missing the others share it."""

CLICKED = (0.4, 0.6, 0.4)
"""Probability of clicks by kind of item: highest where there are several things to ask for."""

INFORMED = 0.35
"""Probability that an item without clicks is given what a first look found."""

PRODUCT_PX = 256
"""Side at which products are kept."""

SOFT_WEIGHT = 0.5
"""Of a teacher's answer beside an exact coverage."""


def soft_of(path: Path) -> Path | None:
    """A teacher's answer about a picture: `soft/NAME.png` next to the picture's folder."""
    soft = path.parent.parent / "soft" / f"{path.stem}.png"
    return soft if soft.is_file() else None


@dataclass(frozen=True)
class Sources:
    """A folder's pictures by what they are good for.

    Attributes:
        products: with masks; where none has one, everything that is neither of a scene nor taught.
        grounds: all others.
        taught: with a teacher's answer.
        scenes: rendered ones.
    """

    products: list[Entry]
    grounds: list[Entry]
    taught: list[Entry]
    scenes: list[SceneEntry]


def sort_out(folder: Path) -> Sources:
    """The pictures below a folder by what they are good for.

    Raises:
        InputError: the folder is missing or holds no picture.
    """
    taught: list[Entry] = []
    masked: list[Entry] = []
    rest: list[Entry] = []
    for entry in find(folder):
        if is_of_a_scene(entry.path):
            continue
        answered, has_mask = soft_of(entry.path) is not None, mask_of(entry.path) is not None
        (taught if answered else masked if has_mask else rest).append(entry)
    products, grounds = (masked, rest) if masked else (rest, [])
    return Sources(products, grounds, taught, find_scenes(folder))


def composites_of(
    products: list[Entry], grounds: list[Entry], folder: Path, drawn: Sequence[Tensor], side_px: int, seed: int
) -> Composites:
    """Composites of products with masks on grounds, each drawn evenly from the folder's own folders.

    Raises:
        InputError: no product has a mask.
    """
    around, things = [], []
    for some in _by_collection(grounds, folder):
        with suppress(InputError):  # studio grounds and drawings need no pictures
            around.append(Pictures(some, side_px))
    for some in _by_collection(products, folder):
        with suppress(InputError):
            things.append(load_products(some, PRODUCT_PX))
    return Composites(things or [load_products(products, PRODUCT_PX)], around, drawn, side_px, seed)


def _by_collection(entries: list[Entry], folder: Path) -> list[list[Entry]]:
    """The same apart by the folder's own folders; what lies in none of them is together."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        first, *below = entry.path.relative_to(folder).parts
        found.setdefault(first if below else "", []).append(entry)
    return list(found.values())


class Taught:
    """Photographs with a teacher's soft answers.

    Attributes:
        pixels: (N, 4, p, p) uint8, colors and answer.

    Raises:
        InputError: none of them can be read.
    """

    def __init__(self, entries: Sequence[Entry], side_px: int) -> None:
        with ThreadPoolExecutor() as pool:
            found = [x for x in pool.map(lambda entry: _answered(entry.path, side_px), entries) if x is not None]
        if not found:
            raise InputError(
                "data",
                "none of the {count} photographs has an answer that fits it",
                "soft/NAME.png beside their folder, of the same size, is needed",
                "Ask the teacher again",
                count=len(entries),
            )
        self.pixels = torch.stack(found)

    def __len__(self) -> int:
        return len(self.pixels)

    def item(self, dice: Dice) -> tuple[Tensor, Tensor]:
        """A random photograph, perhaps mirrored: (3, p, p) and the answer (1, p, p) in [0, 1]."""
        x = self.pixels[int(dice.uniform(0, 1) * len(self)) % len(self)].float() / 255
        x = x.flip(2) if dice.chance(0.5) else x
        return x[:3], x[3:]


class CutoutItems(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """Item i is (given (4, p, p), coverage (1, p, p), weight (1, 1, 1)), the same on every machine, in any order.

    Half of the items have one to three clicks in the prior's plane, and then what was clicked is the answer; without
    clicks a scene's answer is its main product. Other items know what stands out, or what a first look found.
    """

    def __init__(self, composites: Composites, scenes: Scenes | None, taught: Taught | None, seed: int) -> None:
        self.composites = composites
        self.scenes = scenes
        self.taught = taught
        self.seed = seed

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor]:
        dice = Dice(of_item(self.seed, index))
        there = (True, self.scenes is not None, self.taught is not None)
        kind = dice.choose([share * found for share, found in zip(SHARES, there, strict=True)])
        click, side = dice.chance(CLICKED[kind]), self.composites.side_px
        weight = torch.ones(1, 1, 1)
        if kind == 1 and self.scenes is not None:
            informed = dice.chance(INFORMED)
            near = informed and dice.chance(0.6)
            rgb, alpha, beside = self.scenes.view(dice, side, any_thing=click or near, near=near)
            rgb = photographed(rgb, dice)
            known = prior(alpha, dice) if informed else standing_out(rgb[None])[0]
        elif kind == 2 and self.taught is not None:
            rgb, alpha = self.taught.item(dice)
            beside, weight = torch.zeros_like(alpha), weight * SOFT_WEIGHT
            known = prior(alpha, dice) if dice.chance(INFORMED) else standing_out(rgb[None])[0]
        else:
            given, alpha = self.composites[index]
            rgb, known, beside = given[:3], given[3:], torch.zeros_like(alpha)
        if click:
            known = clicked(known, alpha, beside, dice)
        return torch.cat([rgb, known]), alpha, weight


def _answered(path: Path, side_px: int) -> Tensor | None:
    soft = soft_of(path)
    if soft is None:
        return None
    try:
        rgb, answer = decode(path).rgb, decode(soft).rgb[:, :1]
    except InputError:
        return None
    if rgb.shape[2:] != answer.shape[2:]:
        return None
    return (resize(torch.cat([rgb, answer], 1), side_px, side_px)[0].clamp(0, 1) * 255).round().to(torch.uint8)
