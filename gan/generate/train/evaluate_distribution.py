"""Evaluate samples as a distribution, against the held-out pictures and the baseline of real pictures."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import torch
from torch import Tensor

from gan.core.contract import Progress, Request, Result
from gan.generate.pipeline import GenerateRequest
from gan.metrics.distribution import MEASURED_PX, pooled_features
from gan.metrics.neighbors import require_samples
from gan.metrics.summary import Summary, summarise
from gan.models.features import load_features
from gan.training.data.catalogue import Catalogue
from gan.training.evaluation import each, in_8_bits

TRUNCATIONS = (1.0, GenerateRequest().truncation)
LEAST_SAMPLES, LEAST_PRODUCTS = 6, 4
NAMED_NEIGHBORS = 5
AT_ONCE = 8

Run = Callable[[Request], Result]


@dataclass(frozen=True)
class Distribution:
    """Samples at one truncation against the held-out pictures.

    Attributes:
        closest: (sample, training picture, distance) of the most suspicious pairs, the closest first.
    """

    truncation: float
    summary: Summary
    closest: tuple[tuple[str, str, float], ...]

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        summary = self.summary
        return {
            "truncation": self.truncation,
            "n": summary.n,
            "n_held_out": summary.n_held_out,
            "made": dataclasses.asdict(summary.made),
            "real": dataclasses.asdict(summary.real),
            "halves": summary.halves,
            "nearest_neighbour_ratio": summary.neighbors.ratio,
            "closest": self.closest,
        }

    def lines(self) -> list[str]:
        """For a terminal."""
        pairs = (f"{made} - {real} ({distance:.2f})" for made, real, distance in self.closest)
        return [
            f"Truncation {self.truncation:g}",
            self.summary.table(),
            f"  closest to training pictures: {', '.join(pairs)}",
        ]


def evaluate_distribution(
    run: Run,
    training: Catalogue,
    held_out: Catalogue,
    *,
    model: str,
    plan: list[str],
    device: torch.device | None = None,
    on_progress: Progress | None = None,
) -> tuple[Distribution, ...]:
    """Samples at 256 px, at truncation 1 and at the one that requests have by default.

    Args:
        run: carries out a request, such as `Studio.run`.
        training: all of it, since a copy of a picture that is not there goes unseen.
        plan: a category for each sample, equal ones together; see `categories_of`.
        device: where the measuring network runs; the CPU by default.

    Raises:
        InputError: fewer than six samples or held-out pictures, or fewer than four held-out products.
        WeightsError: the packages for measuring are not installed.
    """
    products = [str(product) for product in held_out.product.tolist()]
    require_samples(min(len(plan), len(held_out)), LEAST_SAMPLES)
    require_samples(len(set(products)), LEAST_PRODUCTS)
    features = load_features("lite2").to(device or torch.device("cpu"))
    real, trained = (
        pooled_features(_pictures(catalogue, what, on_progress), features)
        for catalogue, what in ((held_out, "Held-out pictures"), (training, "Training pictures"))
    )
    measured = []
    for truncation in TRUNCATIONS:
        names: list[str] = []
        made = pooled_features(_samples(run, model, plan, truncation, names, on_progress), features)
        summary = summarise(made, real, trained, products=products)
        closest = summary.neighbors.closest(NAMED_NEIGHBORS)
        pairs = tuple((names[sample], training.names[nearest], distance) for sample, nearest, distance in closest)
        measured.append(Distribution(truncation, summary, pairs))
    return tuple(measured)


def categories_of(count: int, training: Catalogue, held_out: Catalogue, known: tuple[str, ...]) -> list[str]:
    """A category for each sample, in the held-out pictures' proportions, sorted; empty names for a model without any.

    Fractions of a sample go to the categories that lose most by them. A category without a training picture gets
    none, since a model cannot have learned it.
    """
    pictures = held_out.category.bincount(minlength=len(held_out.categories)).double()
    pictures *= training.category.bincount(minlength=len(held_out.categories)) > 0
    if not set(known) & set(held_out.categories) or not pictures.any():
        return [""] * count
    wanted = pictures / pictures.sum() * count
    given = wanted.floor()
    missing = count - int(given.sum())
    given[(wanted - given).argsort(descending=True, stable=True)[:missing]] += 1
    return [name for name, number in zip(held_out.categories, given.int().tolist(), strict=True) for _ in range(number)]


def _pictures(catalogue: Catalogue, what: str, on_progress: Progress | None) -> Iterator[Tensor]:
    for index in each(range(len(catalogue)), on_progress, what):
        yield catalogue.picture(index)[:3]


def _samples(
    run: Run, model: str, plan: list[str], truncation: float, names: list[str], on_progress: Progress | None
) -> Iterator[Tensor]:
    """(3, 256, 256) each, rounded as a file would be; sample i is drawn from seed i. Their names go into `names`."""
    for category, group in groupby(range(len(plan)), key=plan.__getitem__):
        seeds = list(group)
        for begin in range(0, len(seeds), AT_ONCE):
            some = seeds[begin : begin + AT_ONCE]
            result = run(
                GenerateRequest(
                    seed=some[0],
                    count=len(some),
                    category=category,
                    truncation=truncation,
                    model=model,
                    size=MEASURED_PX,
                )
            )
            for picture in result.pictures:
                names.append(picture.name)
                yield in_8_bits(picture.rgb[0])
            if on_progress is not None:
                on_progress(some[-1] + 1, len(plan), "Sampling")
