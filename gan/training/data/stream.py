"""Batches without end. Nothing is stateful: resuming needs no random state of the data, but the next item's number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler


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
    items: Dataset[Any], *, start: int, batch: int, rank: int = 0, world: int = 1, workers: int = 0
) -> Iterator[tuple[Tensor, ...]]:
    """Batches without end from item `start` on.

    Args:
        batch: items per process; all processes together use up `batch * world` items a step.
        workers: processes that prepare batches ahead; 0 prepares them in line, the right choice on two cores.
    """
    loader = DataLoader(
        items,
        batch_size=batch,
        sampler=Counter(start, rank, world),
        num_workers=workers,
        pin_memory=torch.cuda.is_available(),
        persistent_workers=workers > 0,
    )
    return iter(loader)
