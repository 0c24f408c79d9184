"""Random numbers of one generator, and the generator of an item: samples are functions of a seed and a number alone."""

from __future__ import annotations

import torch
from torch import Tensor


def of_item(seed: int, item: int) -> torch.Generator:
    """The generator of an item, the same on every machine and in any order."""
    return torch.Generator().manual_seed((seed * 1_000_003 + item) % 2**63)


class Dice:
    """Draws from one generator, in the forms that data need."""

    def __init__(self, generator: torch.Generator) -> None:
        self.generator = generator

    def uniform(self, low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand((), generator=self.generator))

    def whole(self, low: int, high: int) -> int:
        """Both ends included."""
        return int(torch.randint(low, high + 1, (), generator=self.generator))

    def chance(self, probability: float) -> bool:
        return self.uniform(0, 1) < probability

    def choose(self, weights: list[float]) -> int:
        return int(torch.multinomial(torch.tensor(weights, dtype=torch.float32), 1, generator=self.generator))

    def normal(self, shape: tuple[int, ...]) -> Tensor:
        return torch.randn(shape, generator=self.generator)

    def poisson(self, rate: Tensor) -> Tensor:
        return torch.poisson(rate, generator=self.generator)
