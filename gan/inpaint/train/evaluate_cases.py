"""Evaluation cases of Inpaint: the pictures of a folder at 256 px, each with a hole of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import Dataset

from gan.imaging.resize import resize
from gan.training.data.holes import hole
from gan.training.data.inpainting_data import PLAIN
from gan.training.data.pictures import Entry, Pictures, find, split
from gan.training.evaluation import in_8_bits

SIDE_PX = 256
MOST_CROPS = 12
BOUNDS = (0.0, 0.05, 0.1, 0.2, 0.4, 0.75)
"""Shares of a picture that a hole covers; the bins between them come up equally often."""

LARGE_FROM = 3
"""The bins from here on are the holes over 20%."""

LARGE_KINDS: Mapping[str, float] = {"strokes": 0.4, "boxes": 0.25, "blob": 0.35}


@dataclass(frozen=True)
class Case:
    """A picture with a hole.

    Attributes:
        source: the folder that the picture comes from.
        truth: (1, 3, 256, 256) in [0, 1], multiples of 1/255.
        hole: (1, 1, 256, 256), 1 in the hole.
        size_bin: of `BOUNDS`.
    """

    source: str
    truth: Tensor
    hole: Tensor
    size_bin: int


class Cases(Dataset[Case]):
    """Pictures with holes; item i is the same on every machine that has the same fonts, in any order.

    Pictures of 256 x 256 px are used whole, larger ones as squares at random places, shrunk: one for every 256 x 256 px
    that there are, up to 12. The folders take turns, so that a limit only cuts off the end, and in every folder each
    bin comes up equally often.

    Args:
        held_out: use only the products that training never sees.
        limit: at most this many items.

    Raises:
        InputError: no picture has 256 px a side.
    """

    def __init__(self, folder: Path, *, held_out: bool = False, limit: int | None = None) -> None:
        entries = find(folder)
        if held_out:
            entries = split(entries)[1]
        self.pictures = Pictures(entries, SIDE_PX)
        self.too_small = len(entries) - len(self.pictures)
        by_source: dict[str, list[int]] = defaultdict(list)
        for index, (entry, pixels) in enumerate(zip(self.pictures.entries, self.pictures.pixels, strict=True)):
            room = (pixels.shape[1] // SIDE_PX) * (pixels.shape[2] // SIDE_PX)
            by_source[_source(entry, folder)] += [index] * min(room, MOST_CROPS)
        turns: list[tuple[int, str, int]] = []  # (which turn of the source it is, source, picture)
        for source, members in by_source.items():
            order = torch.randperm(len(members), generator=torch.Generator().manual_seed(0)).tolist()
            turns += [(turn, source, members[place]) for turn, place in enumerate(order)]
        self._turns = sorted(turns)[:limit]

    def __len__(self) -> int:
        return len(self._turns)

    def __getitem__(self, index: int) -> Case:
        turn, source, picture = self._turns[index]
        generator = torch.Generator().manual_seed(index)
        truth = _square(self.pictures.pixels[picture], generator)
        size_bin = turn % (len(BOUNDS) - 1)
        return Case(source, truth, _hole(truth, size_bin, generator), size_bin)


def _source(entry: Entry, folder: Path) -> str:
    """First meaningful folder name on the path of a picture."""
    parts = [part for part in entry.path.relative_to(folder).parts[:-1] if part != "images"]
    return parts[0] if parts else folder.name


def _square(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """(1, 3, 256, 256) of uint8 (3, H, W): a square of at least half the shorter side, at a random place."""
    height_px, width_px = pixels.shape[1:]
    short_px = min(height_px, width_px)
    least_px = max(SIDE_PX, short_px // 2)
    window = int(torch.randint(least_px, short_px + 1, (), generator=generator))
    top = int(torch.randint(height_px - window + 1, (), generator=generator))
    left = int(torch.randint(width_px - window + 1, (), generator=generator))
    x = pixels[None, :, top : top + window, left : left + window].float() / 255
    return in_8_bits(resize(x, SIDE_PX, SIDE_PX))


def _hole(truth: Tensor, size_bin: int, generator: torch.Generator) -> Tensor:
    """(1, 1, 256, 256): shapes are added until the share is within the bin; on plain ground it is tried again."""
    low, high = BOUNDS[size_bin], BOUNDS[size_bin + 1]
    kinds = LARGE_KINDS if size_bin >= LARGE_FROM else None
    growth = size_bin / (len(BOUNDS) - 2)
    for _ in range(20):
        mask = torch.zeros(1, 1, SIDE_PX, SIDE_PX)
        while not low < float(mask.mean()) <= high:
            if float(mask.mean()) > high:
                mask.zero_()
            mask = torch.maximum(mask, hole(SIDE_PX, generator, growth=growth, kinds=kinds)[None])
        if float(truth[mask.expand_as(truth) > 0].std()) > PLAIN:
            break
    return mask
