"""Rendered scenes: pictures of places with several products, what is seen of each, and the place without the first.

`examples/catalogue/render.py --scenes` makes such a folder: `pictures/ID.webp`, `empty/ID.webp`, `covers/ID-K.png`
with K counting the things from 0, the main product, and `meta.jsonl`, whose records hold `things`.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

from gan.core.errors import InputError
from gan.imaging.io.codec import decode
from gan.imaging.mask_shapes import max_within
from gan.imaging.resize import resize
from gan.training.data.dice import Dice, of_item
from gan.training.data.pictures import Entry, split
from gan.training.data.records import META_NAME

LEAST_SHARE = 0.006
"""Of the frame: what is smaller, or hidden but for as much, is not asked for."""

OTHERS = 0.65
"""Probability that a click asks for something else than the main product."""

EIGHTH = 8
PLACE_FOLDERS = ("pictures", "empty", "covers")


@dataclass(frozen=True)
class SceneEntry:
    """The files of one scene; `product` is the main one's, by which scenes are split apart."""

    product: str
    picture: Path
    empty: Path
    covers: tuple[Path, ...]

    @property
    def entry(self) -> Entry:
        """Entry of the list that `gan.training.data.pictures.split` takes."""
        return Entry(self.picture, self.product)


def find_scenes(folder: Path) -> list[SceneEntry]:
    """All complete scenes below a folder, sorted by path; lines that describe none are passed over."""
    found = []
    for meta in sorted(folder.rglob(META_NAME)):
        for line in meta.read_text(encoding="utf-8", errors="replace").splitlines():
            scene = _scene(meta.parent, line)
            if scene is not None:
                found.append(scene)
    return sorted(found, key=lambda scene: scene.picture)


def is_of_a_scene(path: Path) -> bool:
    """True if a picture is a scene's, with or without its product."""
    return path.parent.name in PLACE_FOLDERS and (path.parent.parent / "covers" / f"{path.stem}-0.png").is_file()


def split_scenes(scenes: Sequence[SceneEntry]) -> tuple[list[SceneEntry], list[SceneEntry]]:
    """(training, validation), by the main product; what stands beside a held-out one may be of the training side."""
    held_out = {entry.path for entry in split([scene.entry for scene in scenes])[1]}
    apart: tuple[list[SceneEntry], list[SceneEntry]] = ([], [])
    for scene in scenes:
        apart[scene.picture in held_out].append(scene)
    return apart


def for_validation(scenes: Sequence[SceneEntry]) -> tuple[list[SceneEntry], list[SceneEntry]]:
    """(training, validation) of scenes that are not held out, by the main product: one of `EIGHTH` is for validation,
    so that what is held out is left for measuring.
    """
    apart: tuple[list[SceneEntry], list[SceneEntry]] = ([], [])
    for scene in scenes:
        apart[zlib.crc32(scene.product.encode()) % EIGHTH == 0].append(scene)
    return apart


class Scenes:
    """Scenes in memory.

    Attributes:
        pixels: of each scene (3, S, S) uint8.
        empties: the same places without the main product.
        covers: of each scene (K, S, S) uint8, what is seen of each thing; the main product first.

    Raises:
        InputError: none of them can be read.
    """

    def __init__(self, entries: Sequence[SceneEntry]) -> None:
        with ThreadPoolExecutor() as pool:
            read = [(e, x) for e, x in zip(entries, pool.map(_read, entries), strict=True) if x is not None]
        if not read:
            raise InputError(
                "data",
                "none of the {count} scenes can be read",
                "pictures with the place and the covers that belong to them are needed",
                "Render them again",
                count=len(entries),
            )
        self.entries = [entry for entry, _ in read]
        self.pixels = [x[0] for _, x in read]
        self.empties = [x[1] for _, x in read]
        self.covers = [x[2] for _, x in read]

    def __len__(self) -> int:
        return len(self.pixels)

    def whole(self, index: int) -> tuple[Tensor, Tensor]:
        """A scene's picture (3, S, S) and its covers (K, S, S) in [0, 1]."""
        return self.pixels[index].float() / 255, self.covers[index].float() / 255

    def things(self, index: int) -> list[int]:
        """Things that can be asked for: those of which enough is seen, the main product first."""
        shares = (self.covers[index].float().mean((1, 2)) / 255).tolist()
        return [number for number, share in enumerate(shares) if share >= LEAST_SHARE]

    def view(self, dice: Dice, side_px: int, *, any_thing: bool, near: bool) -> tuple[Tensor, Tensor, Tensor]:
        """A part of a random scene, perhaps mirrored.

        Args:
            any_thing: one of the things is meant, and mostly not the main product, which is found without a click.
            near: the part is the meant thing's surroundings, as a second look has them.

        Returns:
            The picture (3, p, p), the meant thing's coverage (1, p, p) and that of all others, (1, p, p).
        """
        index = int(dice.uniform(0, 1) * len(self)) % len(self)
        rgb, covers = self.whole(index)
        seen = self.things(index) or [0]
        meant = seen[0]
        if any_thing and len(seen) > 1 and dice.chance(OTHERS):
            meant = seen[1 + int(dice.uniform(0, 1) * (len(seen) - 1)) % (len(seen) - 1)]
        alpha = covers[meant : meant + 1]
        beside = (covers.sum(0, keepdim=True) - alpha).clamp(0, 1)
        window = _window(alpha, dice, near)
        x = torch.cat([rgb, alpha, beside])[None, :, window[0], window[1]]
        x = resize(x, side_px, side_px)[0]
        if dice.chance(0.5):
            x = x.flip(2)
        return x[:3].clamp(0, 1), x[3:4].clamp(0, 1), x[4:5].clamp(0, 1)

    def part(self, dice: Dice) -> tuple[Tensor, Tensor]:
        """A random scene or a part of it, of any proportions, perhaps mirrored.

        Returns:
            The picture (3, h, w), and the covers (K, h, w) of its things, the main product first.
        """
        index = int(dice.uniform(0, 1) * len(self)) % len(self)
        rgb, covers = self.whole(index)
        rows, columns = _window(covers[:1], dice, near=dice.chance(0.15))
        x = uneven(torch.cat([rgb, covers])[:, rows, columns], dice)
        x = x.flip(2) if dice.chance(0.5) else x
        return x[:3], x[3:]


def uneven(x: Tensor, dice: Dice) -> Tensor:
    """(C, S, S) in half of the cases cut to a part that is up to 1.6 times as wide as high, or as high as wide."""
    if dice.chance(0.5):
        return x
    side = x.shape[-1]
    kept = round(side * dice.uniform(0.62, 1))
    start = round(dice.uniform(0, side - kept))
    return x[:, start : start + kept] if dice.chance(0.5) else x[:, :, start : start + kept]


class TruePairs(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """For Inpaint: item i is (with the product, hole, without it), (3, p, p), (1, p, p) and (3, p, p) in [0, 1].

    The hole is the main product's coverage grown by a few pixels, 0 or 1, as a user's brush leaves it. Its shadow
    falls outside of the hole: half of the holes reach down and to the sides far enough to take most of it in.

    Args:
        side_px: p; parts of scenes are shrunk to it.
    """

    def __init__(self, scenes: Scenes, side_px: int, seed: int) -> None:
        self.scenes = scenes
        self.side_px = side_px
        self.seed = seed

    def __len__(self) -> int:
        return len(self.scenes)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor]:
        dice = Dice(of_item(self.seed, index))
        number = int(dice.uniform(0, 1) * len(self.scenes)) % len(self.scenes)
        return self._pair(number, dice)

    def case(self, number: int) -> tuple[Tensor, Tensor, Tensor]:
        """The whole of a scene, for measuring: always the same."""
        return self._pair(number, None)

    def _pair(self, number: int, dice: Dice | None) -> tuple[Tensor, Tensor, Tensor]:
        rgb, covers = self.scenes.whole(number)
        empty = self.scenes.empties[number].float() / 255
        grown = _grown((covers[:1] > 0.05).float(), 0.012)
        if dice is not None and dice.chance(0.5):
            grown = torch.maximum(grown, _grown(_fallen(grown), dice.uniform(0.01, 0.04)))
        x = torch.cat([rgb, grown, empty])[None]
        if dice is not None:
            rows, columns = _window(covers[:1], dice, near=False)
            x = x[:, :, rows, columns]
            x = x.flip(3) if dice.chance(0.5) else x
        x = resize(x, self.side_px, self.side_px)[0]
        return x[:3].clamp(0, 1), (x[3:4] > 0.5).float(), x[4:].clamp(0, 1)


def _window(alpha: Tensor, dice: Dice, near: bool) -> tuple[slice, slice]:
    """Rows and columns of a square part of (1, S, S) that shows all or most of what is covered."""
    side = alpha.shape[-1]
    ends = [torch.nonzero((alpha[0] > 0.5).any(axis)).flatten() for axis in (1, 0)]
    if min(len(end) for end in ends) == 0:
        return slice(0, side), slice(0, side)
    spans = [(int(end[0]), int(end[-1]) + 1) for end in ends]
    longer = max(last - first for first, last in spans)
    least = min(side, round(longer * (1.1 if near else 1.15)))
    size = max(48, min(side, round(longer * dice.uniform(1.12, 1.5)))) if near else _between(least, side, dice)
    size = min(side, size)
    places = []
    for first, last in spans:
        low, high = max(0, last - size), min(first, side - size)
        low, high = min(low, side - size), max(0, high)
        start = round(dice.uniform(min(low, high), max(low, high)))
        places.append(slice(start, start + size))
    return places[0], places[1]


def _between(least: int, most: int, dice: Dice) -> int:
    """Mostly the whole; a part of it now and then."""
    return most if dice.chance(0.4) else round(dice.uniform(max(least, 0.45 * most), most))


def _grown(mask: Tensor, share: float) -> Tensor:
    reach = max(1, round(share * mask.shape[-1]))
    return max_within(mask, reach, reach)


def _fallen(mask: Tensor) -> Tensor:
    """The lowest quarter of what is covered, moved down and spread to the sides: about where its shadow lies."""
    rows = torch.nonzero(mask[0].any(1)).flatten()
    if len(rows) == 0:
        return mask
    foot = mask.clone()
    foot[:, : int(rows[0] + 0.75 * (rows[-1] - rows[0]))] = 0
    wide = max(1, round(0.08 * mask.shape[-1]))
    return max_within(foot, wide // 3, wide)


def _scene(folder: Path, line: str) -> SceneEntry | None:
    try:
        record: Any = json.loads(line)
        name, product, count = str(record["id"]), str(record["product"]), len(record["things"])
    except (ValueError, KeyError, TypeError):
        return None
    scene = SceneEntry(
        product,
        folder / "pictures" / f"{name}.webp",
        folder / "empty" / f"{name}.webp",
        tuple(folder / "covers" / f"{name}-{number}.png" for number in range(count)),
    )
    whole = count > 0 and all(path.is_file() for path in (scene.picture, scene.empty, *scene.covers))
    return scene if whole else None


def _read(scene: SceneEntry) -> tuple[Tensor, Tensor, Tensor] | None:
    try:
        picture, empty = decode(scene.picture).rgb, decode(scene.empty).rgb
        covers = [decode(path).rgb[:, :1] for path in scene.covers]
    except InputError:
        return None
    if any(x.shape[2:] != picture.shape[2:] for x in (empty, *covers)):
        return None
    made = (picture[0], empty[0], torch.cat(covers)[:, 0])
    rgb, place, cover = ((x * 255).round().to(torch.uint8) for x in made)
    return rgb, place, cover
