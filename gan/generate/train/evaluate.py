"""Evaluate Generate on a catalog: samples as a distribution, named sliders, projection, speed.

Everything goes through the pipeline that users have; only the estimate of the angle of view asks the network itself.
"""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from gan.core.contract import Progress, Request, Result
from gan.core.errors import InputError
from gan.generate.attributes import Sliders, available
from gan.generate.pipeline import GenerateRequest, LatentNetwork
from gan.generate.train.evaluate_distribution import LEAST_SAMPLES, Distribution, categories_of, evaluate_distribution
from gan.generate.train.evaluate_projection import COMPARED_PX, LEAST_DB, ProjectionFigures, evaluate_projection
from gan.generate.train.evaluate_sliders import (
    Estimator,
    SliderFigures,
    ViewError,
    evaluate_sliders,
    view_error,
    view_estimator,
)
from gan.metrics.distribution import MEASURED_PX
from gan.models.manifest import Metric
from gan.training.data.catalogue import Catalogue, load
from gan.training.evaluation import Evaluation, Targets, check_at_least, name_of

PARTS = ("distribution", "sliders", "projection", "speed")
SAMPLES = 400
ROUNDS = 5
ANY_CATEGORY = "any"
"""Name of the only category of the classical recipe, which does not distinguish any."""

TARGETS: Targets = {
    "KD-lite2": ("at most", 1500),
    "diversity ratio": ("at least", 0.8),
    "NN ratio": ("at least", 0.6),
    "hue step": ("at least", 20),
    "IoU under hue": ("at least", 0.85),
    "IoU under lightness": ("at least", 0.85),
    "projection PSNR": ("at least", LEAST_DB),
    "seconds a sample": ("at most", 0.2),
    "seconds a preview": ("at most", 0.5),
}
"""Targets for a generator of this project; seconds on two CPU cores."""

Run = Callable[[Request], Result]


@dataclass(frozen=True)
class Speed:
    """Median times on the device that ran them.

    Attributes:
        sample_s: for one picture at 256 px.
        preview_s: for one picture at 128 px after a slider has moved.
    """

    sample_s: float
    preview_s: float


@dataclass(frozen=True)
class Measured:
    """All figures of one model; parts that do not apply to it are None or empty.

    Attributes:
        dataset: what was measured, with the split.
        distributions: at truncation 1, then at the one that requests have by default.
        left_out: what was not measured and why, as sentences.
    """

    model: str
    dataset: str
    distributions: tuple[Distribution, ...] = ()
    sliders: SliderFigures | None = None
    projection: ProjectionFigures | None = None
    speed: Speed | None = None
    left_out: tuple[str, ...] = ()

    def summed(self) -> Evaluation:
        """Summary as it is printed and written."""
        lines: list[str] = []
        metrics: dict[str, Metric] = {}
        for place, distribution in enumerate(self.distributions):
            lines += distribution.lines()
            suffix = f" at truncation {distribution.truncation:g}" if place else ""
            figures = distribution.summary.metrics(self.dataset).items()
            metrics |= {name + suffix: figure for name, figure in figures if not place or name in TARGETS}
        for part in (self.sliders, self.projection):
            if part is not None:
                lines += part.lines()
                metrics |= part.metrics(self.dataset)
        reached = {name: figure["value"] for name, figure in metrics.items()}
        if self.speed is not None:
            reached |= {"seconds a sample": self.speed.sample_s, "seconds a preview": self.speed.preview_s}
            lines.append(
                f"Speed: {self.speed.sample_s:.3f} s a sample at {MEASURED_PX} px, "
                f"{self.speed.preview_s:.3f} s a slider's preview at {COMPARED_PX} px"
            )
        parts = {"sliders": self.sliders, "projection": self.projection, "speed": self.speed}
        return Evaluation(
            self.dataset,
            lines,
            metrics,
            title=f"{self.model}: {self.dataset}",
            targets=TARGETS,
            reached={name: reached[name] for name in TARGETS if name in reached},
            left_out=self.left_out,
            details={
                "model": self.model,
                "distributions": [distribution.record() for distribution in self.distributions],
                **{name: None if part is None else dataclasses.asdict(part) for name, part in parts.items()},
            },
        )


def evaluate(folder: Path, run: Run, network: LatentNetwork, **options: Any) -> list[Evaluation]:
    """Measure a model on the held-out products of a folder, and sum up; arguments and errors as of `measure`."""
    return [measure(folder, run, network, **options).summed()]


def measure(
    folder: Path,
    run: Run,
    network: LatentNetwork,
    *,
    model: str,
    count: int = SAMPLES,
    parts: Collection[str] = PARTS,
    device: torch.device | None = None,
    on_progress: Progress | None = None,
) -> Measured:
    """Measure a model on the held-out products of a folder.

    Args:
        folder: as `gan.training.data.catalogue.load` reads it; of its categories those that the model knows are used.
        run: carries out a request, such as `Studio.run`.
        network: the model's, to ask what it has.
        model: as in `GenerateRequest`.
        count: samples, for each truncation.
        parts: of `PARTS`; the others are not measured.
        device: where the measuring network runs; the CPU by default.

    Raises:
        InputError: the folder cannot be used, it holds no product out, or `count` is less than 6.
        WeightsError: the packages for measuring are not installed.
    """
    check_at_least("count", count, LEAST_SAMPLES)
    config = network.config
    categories = None if config.categories == (ANY_CATEGORY,) else config.categories
    training, held_out = load(folder, MEASURED_PX, categories=categories, gray=getattr(config, "channels", 3) == 1)
    if training is held_out:
        raise InputError(
            "data",
            "no product below {folder} is held out",
            "some 8% of the products are, and at least four are needed",
            "Add products",
            folder=folder,
        )
    dataset = name_of(folder, held_out=True)
    left_out: list[str] = []
    distributions: tuple[Distribution, ...] = ()
    sliders = projection = speed = None
    if "distribution" in parts:
        plan = categories_of(count, training, held_out, config.categories)
        distributions = evaluate_distribution(
            run, training, held_out, model=model, plan=plan, device=device, on_progress=on_progress
        )
    if "sliders" in parts:
        view, why_not = _view(network, held_out)
        left_out += why_not
        if available(config.attributes):
            sliders = evaluate_sliders(run, network, model=model, view=view, on_progress=on_progress)
        else:
            left_out.append("sliders, since nothing that can be measured is an input of this model.")
    if "projection" in parts:
        projection = evaluate_projection(
            run, held_out, model=model, resolution_px=config.resolution, on_progress=on_progress
        )
    if "speed" in parts:
        speed = _speed(run, model)
    return Measured(model, dataset, distributions, sliders, projection, speed, tuple(left_out))


def _view(network: LatentNetwork, held_out: Catalogue) -> tuple[tuple[Estimator, ViewError] | None, list[str]]:
    """Estimator of the azimuth with its error, or the reason why there is none."""
    if "azimuth" not in network.config.attributes:
        return None, []
    estimate = view_estimator(network)
    if estimate is None:
        return None, ["the azimuth, since this model has no encoder that could estimate it."]
    error = view_error(estimate, held_out, network.config.resolution)
    if error is None:
        return None, ["the azimuth, since no held-out picture's angle of view is on record."]
    return (estimate, error), []


def _speed(run: Run, model: str) -> Speed:
    def median_s(request: GenerateRequest) -> float:
        run(request)  # the first one loads what is not loaded
        return statistics.median(run(request.replaced(seed=seed)).seconds for seed in range(ROUNDS))

    preview = GenerateRequest(model=model, size=COMPARED_PX, sliders=Sliders(lightness=0.1))
    return Speed(median_s(GenerateRequest(model=model, size=MEASURED_PX)), median_s(preview))
