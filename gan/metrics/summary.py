"""All figures of a generator at once, beside what real pictures reach: for a card, a log or a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gan.metrics.distribution import (
    frechet_distance,
    kernel_distance,
    kernel_distance_interval,
    kernel_distance_of_halves,
)
from gan.metrics.neighbours import (
    Neighbours,
    density_coverage,
    diversity,
    nearest_neighbour_ratio,
    precision_recall,
    require,
)
from gan.models.manifest import Metric


@dataclass(frozen=True)
class Figures:
    """One set of pictures against the held-out real ones.

    Attributes:
        kernel: kernel distance, 0 or a little to either side of it for the same distribution.
        interval: of `kernel`, 95%.
        frechet: Fréchet distance, too large by an amount that grows as samples become fewer.
        precision, recall, density, coverage: see `gan.metrics.neighbours`.
        diversity: mean distance between two samples, divided by that of the held-out ones.
    """

    kernel: float
    interval: tuple[float, float]
    frechet: float
    precision: float
    recall: float
    density: float
    coverage: float
    diversity: float


@dataclass(frozen=True)
class Summary:
    """All figures of a generator, beside what real pictures reach.

    Attributes:
        n: number of made pictures.
        n_held_out: number of held-out real ones.
        made: the generator's figures.
        real: those of as many training pictures, taken for made ones: the best that `made` can be expected to reach.
        halves: kernel distance between two halves of the held-out pictures, a mean over random splits by product.
        neighbours: of made pictures in the training set.
    """

    n: int
    n_held_out: int
    made: Figures
    real: Figures
    halves: float
    neighbours: Neighbours

    def metrics(self, dataset: str) -> dict[str, Metric]:
        """As a manifest's record holds them; the baselines say what real pictures reach, and the interval of KD.

        Args:
            dataset: what was measured, with the split.
        """
        low, high = self.made.interval
        extra = {"KD-lite2": {"real halves": self.halves, "low (95%)": low, "high (95%)": high}}
        return {
            name: Metric(
                dataset=dataset,
                n=self.n,
                value=round(value, 4),
                baseline={other: round(x, 4) for other, x in {"real": real, **extra.get(name, {})}.items()},
            )
            for name, (value, real) in self._rows().items()
        }

    def table(self) -> str:
        """For a terminal, one line a figure."""
        lines = [
            f"{self.n} made pictures against {self.n_held_out} held-out ones",
            f"  {'':<15}{'made':>10}{'real':>10}",
        ]
        lines += [f"  {name:<15}{value:>10.4g}{real:>10.4g}" for name, (value, real) in self._rows().items()]
        for name, figures in (("made", self.made), ("real", self.real)):
            lines.append(f"  KD-lite2 of {name}: {figures.interval[0]:.0f} to {figures.interval[1]:.0f} (95%)")
        lines.append(f"  KD-lite2 of two halves of the held-out products: {self.halves:.0f}")
        return "\n".join(lines)

    def _rows(self) -> dict[str, tuple[float, float]]:
        made, real = self.made, self.real
        return {
            "KD-lite2": (made.kernel, real.kernel),
            "Frechet-lite2": (made.frechet, real.frechet),
            "precision": (made.precision, real.precision),
            "recall": (made.recall, real.recall),
            "density": (made.density, real.density),
            "coverage": (made.coverage, real.coverage),
            "diversity ratio": (made.diversity, real.diversity),
            "NN ratio": (self.neighbours.ratio, 1.0),
        }


def summarise(
    made: Tensor, real_held_out: Tensor, training: Tensor, seed: int = 0, *, products: Sequence[str] | None = None
) -> Summary:
    """All figures of a generator.

    Args:
        made: (M, C), features of generated pictures.
        real_held_out: (H, C), of real pictures whose products were never trained on.
        training: (N, C), of every training picture.
        seed: of the random halves and of the training pictures that stand for real ones.
        products: what each held-out picture shows.

    Raises:
        InputError: a set has fewer than six samples, or fewer than four products.
    """
    require(6, made, real_held_out, training)
    picked = torch.randperm(len(training), generator=torch.Generator().manual_seed(seed))[: len(made)]

    def figures(x: Tensor) -> Figures:
        return Figures(
            kernel_distance(x, real_held_out),
            kernel_distance_interval(x, real_held_out, products_b=products, seed=seed),
            frechet_distance(x, real_held_out),
            *precision_recall(real_held_out, x),
            *density_coverage(real_held_out, x),
            diversity(x) / diversity(real_held_out),
        )

    return Summary(
        n=len(made),
        n_held_out=len(real_held_out),
        made=figures(made),
        real=figures(training[picked]),
        halves=kernel_distance_of_halves(real_held_out, products, seed=seed),
        neighbours=nearest_neighbour_ratio(made, training, real_held_out),
    )
