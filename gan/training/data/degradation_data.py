"""Pairs of a degraded and a sharp picture; item i is the same pair on every machine, in any order.

Nothing is stateful, so resuming needs no random state of the data: it needs the number of the next item.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from gan.training.data.degrade import DegradationMix, degrade


class Crops(Protocol):
    """A source of sharp crops: `gan.training.data.pictures.Pictures`, `gan.training.data.stock.Stock`."""

    def crop(self, size_px: int, generator: torch.Generator) -> Tensor:
        """(3, size_px, size_px) float32 in [0, 1]."""


class DegradedPairs(Dataset[tuple[Tensor, Tensor]]):
    """Item i is (damaged (3, patch / scale, patch / scale), sharp (3, patch, patch)), drawn from seed and i.

    Args:
        pictures: where the patches come from.
        patch_px: side of the sharp patch; divisible by scale.
    """

    def __init__(self, pictures: Crops, patch_px: int, scale: int, mix: DegradationMix, seed: int) -> None:
        self.pictures = pictures
        self.patch_px = patch_px
        self.scale = scale
        self.mix = mix
        self.seed = seed

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        generator = torch.Generator().manual_seed((self.seed * 1_000_003 + index) % 2**63)
        sharp = self.pictures.crop(self.patch_px, generator)
        return degrade(sharp, self.scale, generator, self.mix), sharp


class Counter(Sampler[int]):
    """Indices of one process, from the resumed position: rank, rank + world, ... without end."""

    def __init__(self, start: int, rank: int = 0, world: int = 1) -> None:
        self.start = start
        self.rank = rank
        self.world = world

    def __iter__(self) -> Iterator[int]:
        index = self.start + self.rank
        while True:
            yield index
            index += self.world


def stream(
    pairs: Dataset[Any], *, start: int, batch: int, rank: int = 0, world: int = 1, workers: int = 0
) -> Iterator[tuple[Tensor, ...]]:
    """Batches without end from item `start` on.

    Args:
        batch: items per process; all processes together use up `batch * world` items a step.
        workers: processes that prepare batches ahead; 0 prepares them in line, the right choice on two cores.
    """
    loader = DataLoader(
        pairs,
        batch_size=batch,
        sampler=Counter(start, rank, world),
        num_workers=workers,
        pin_memory=torch.cuda.is_available(),
        persistent_workers=workers > 0,
    )
    return iter(loader)
