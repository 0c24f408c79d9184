"""Evaluate the projection of photographs of unseen products: reconstruction quality and time."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass

import torch

from gan.core.contract import Progress, Request, Result
from gan.generate.projection import ProjectRequest
from gan.imaging.picture import Picture
from gan.imaging.resize import resize
from gan.metrics.fidelity import compare
from gan.models.manifest import Metric
from gan.training.data.catalogue import Catalogue
from gan.training.evaluation import each, metric

PRODUCTS, STEPS = 12, 100
COMPARED_PX = 128
LEAST_DB = 20.0
MOST_DB = 100.0
"""PSNR of identical pictures, since JSON has no infinity."""

Run = Callable[[Request], Result]


@dataclass(frozen=True)
class Projection:
    """One product.

    Attributes:
        name: id of its picture.
        category: its own.
        found: category it was projected in; empty if the model does not distinguish the catalog's categories.
        psnr: in dB, at the network's resolution.
        psnr_128: at 128 px.
        seconds: from the photograph to the finished picture.
    """

    name: str
    category: str
    found: str
    psnr: float
    psnr_128: float
    seconds: float


@dataclass(frozen=True)
class ProjectionFigures:
    """All products.

    Attributes:
        steps: of each search.
        resolution_px: the network's.
    """

    steps: int
    resolution_px: int
    rows: tuple[Projection, ...]

    @property
    def psnr(self) -> float:
        """Median at the network's resolution, dB."""
        return statistics.median(row.psnr for row in self.rows)

    @property
    def psnr_128(self) -> float:
        """Median at 128 px, dB."""
        return statistics.median(row.psnr_128 for row in self.rows)

    @property
    def share(self) -> float:
        """Of products that reach 20 dB at 128 px."""
        return statistics.fmean(row.psnr_128 >= LEAST_DB for row in self.rows)

    @property
    def seconds(self) -> float:
        """Median for one product."""
        return statistics.median(row.seconds for row in self.rows)

    def metrics(self, dataset: str) -> dict[str, Metric]:
        """Metrics for the manifest's record."""
        return {
            "projection PSNR": metric(
                f"{dataset}, {self.steps} steps, at {COMPARED_PX} px, median",
                len(self.rows),
                self.psnr_128,
                {f"at {self.resolution_px} px": self.psnr, f"share from {LEAST_DB:g} dB": self.share},
            )
        }

    def lines(self) -> list[str]:
        """For a terminal."""
        lines = [
            f"Projection of {len(self.rows)} held-out products in {self.steps} steps: median "
            f"{self.psnr_128:.1f} dB at {COMPARED_PX} px, {self.psnr:.1f} dB at {self.resolution_px} px; "
            f"{self.share:.0%} reach {LEAST_DB:g} dB; {self.seconds:.1f} s each"
        ]
        return lines + [
            f"  {row.name}: {row.psnr_128:.1f} dB, {row.psnr:.1f} dB, {row.seconds:.1f} s, {row.category}"
            + ("" if row.found in ("", row.category) else f", found as {row.found}")
            for row in self.rows
        ]


def evaluate_projection(
    run: Run,
    held_out: Catalogue,
    *,
    model: str,
    resolution_px: int,
    products: int = PRODUCTS,
    steps: int = STEPS,
    on_progress: Progress | None = None,
) -> ProjectionFigures:
    """Project one picture of each of some held-out products, as a user's photograph: without its mask and category.

    Args:
        run: carries out a request, such as `Studio.run`.
        resolution_px: the network's.
        products: how many, evenly over the categories; fewer where there are fewer.
    """
    rows = []
    chosen = evenly(held_out, products)
    for index in each(chosen, on_progress, "Projecting"):
        rgb = held_out.picture(index)[None, :3].contiguous()
        name = held_out.names[index]
        photograph, truth = Picture(rgb, name=f"{name}.png"), Picture(resize(rgb, COMPARED_PX, COMPARED_PX))
        result = run(ProjectRequest(picture=photograph, model=model, steps=steps, size=COMPARED_PX))
        found = str(result.details["category"])
        rows.append(
            Projection(
                name=name,
                category=held_out.categories[int(held_out.category[index])],
                found=found if found in held_out.categories else "",
                psnr=min(float(result.details["psnr"]), MOST_DB),
                psnr_128=min(compare(result.picture, truth)["PSNR"], MOST_DB),
                seconds=result.seconds,
            )
        )
    return ProjectionFigures(steps, resolution_px, tuple(rows))


def evenly(catalogue: Catalogue, count: int) -> list[int]:
    """The first pictures of `count` products, the categories in turn; of a turn that is too long, every so many."""
    waiting: dict[int, list[int]] = {}
    seen: set[int] = set()
    for index, (product, category) in enumerate(
        zip(catalogue.product.tolist(), catalogue.category.tolist(), strict=True)
    ):
        if product not in seen:
            seen.add(product)
            waiting.setdefault(category, []).append(index)
    queues = [waiting[category] for category in sorted(waiting)]
    chosen: list[int] = []
    while any(queues) and len(chosen) < count:
        turn = [queue.pop(0) for queue in queues if queue]
        places = torch.linspace(0, len(turn) - 1, min(count - len(chosen), len(turn))).round().int().tolist()
        chosen += [turn[place] for place in places]
    return chosen
