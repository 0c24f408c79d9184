"""Evaluate the named sliders: one step of each, over fixed seeds, measured on the pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from gan.core.contract import Progress, Request, Result
from gan.generate.attributes import (
    ASPECT_REACH,
    HUE_STEP_DEG,
    LIGHTNESS_REACH,
    SIZE_REACH,
    VIEW_UNIT_DEG,
    Sliders,
    available,
)
from gan.generate.network import GenerateNet
from gan.generate.pipeline import SIZES_PX, GenerateRequest, LatentNetwork
from gan.imaging.product import MEASURES, chroma, hue_deg, measure
from gan.imaging.resize import resize
from gan.models.manifest import Metric
from gan.training.data.catalogue import ANGLE_UNIT_DEG, ATTRIBUTES, Catalogue
from gan.training.evaluation import each, metric

SEEDS = 64
STEP = 0.25
VIEW_STEP_DEG = 15.0
GRAY_CHROMA = 0.02
"""Below it, 5 levels of 255, a hue is rounding and noise."""

SECOND_HUE = "hue, second"
MOVED: Mapping[str, tuple[str, Sliders]] = {
    "hue": ("hue_deg", Sliders(hue_deg=HUE_STEP_DEG)),
    SECOND_HUE: ("hue_deg", Sliders(hue_deg=2 * HUE_STEP_DEG)),
    "lightness": ("lightness", Sliders(lightness=STEP)),
    "size": ("size", Sliders(size=STEP)),
    "aspect": ("aspect", Sliders(aspect=STEP)),
}
"""By name: the field of `Sliders`, and what it says after the step; before it, the product as it was drawn."""

Run = Callable[[Request], Result]
Estimator = Callable[[Tensor], Tensor]
"""(N, 4, S, S), colors on their ground and coverage -> the angle of view of each, degrees."""


@dataclass(frozen=True)
class Step:
    """Effect of one step of a slider; medians over the seeds.

    Attributes:
        asked: the change that the slider asks for; where it meets its end, less is asked of that product.
        change: what is measured, in the same unit; of the hue the angle, whichever way it turned.
        right_way: share of the seeds that moved the way they were asked to.
        unit: of both; "%" of the product's own for size and aspect, of the way from black to white for lightness.
        iou: intersection over union of the silhouettes; None where the slider is there to change them.
        hue_moved_deg: how far the hue moved that was to stay; None where it was to move, or where all seeds are gray.
    """

    asked: float
    change: float
    right_way: float
    unit: str
    iou: float | None = None
    hue_moved_deg: float | None = None


@dataclass(frozen=True)
class ViewError:
    """Error of the encoder's angle of view on held-out pictures whose angle is on record.

    Attributes:
        n: number of pictures.
        correlation: of its estimate with the record; 0 where either is constant.
        error_deg: mean absolute error.
        constant_deg: the same of one answer for all of them, their median.
    """

    n: int
    correlation: float
    error_deg: float
    constant_deg: float


@dataclass(frozen=True)
class SliderFigures:
    """All steps.

    Attributes:
        n: number of seeds.
        grey: how many of them have no hue to speak of before the step.
        empty: how many of them show no product.
        steps: by name; "azimuth" is the model's own estimate.
        view: what that estimate is worth.
    """

    n: int
    grey: int
    empty: int
    steps: Mapping[str, Step]
    view: ViewError | None = None

    def metrics(self, dataset: str) -> dict[str, Metric]:
        """Metrics for the manifest's record.

        Args:
            dataset: whose held-out pictures the angle's estimate was tried on.
        """
        found: dict[str, Metric] = {}
        over = f"seeds 0 to {self.n - 1}, one step, median"
        for name, step in self.steps.items():
            if name == SECOND_HUE:
                continue
            beside = {"asked": step.asked, "share the right way": step.right_way}
            if name == "hue":
                beside |= {"second step": self.steps[SECOND_HUE].change, "grey seeds": float(self.grey)}
            if step.hue_moved_deg is not None:
                beside["hue moved, degrees"] = step.hue_moved_deg
            source = "; the model's own estimate" if name == "azimuth" else ""
            found[f"{name} step"] = metric(f"{over}, {step.unit}{source}", self.n, step.change, beside)
            if step.iou is not None:
                found[f"IoU under {name}"] = metric(over, self.n, step.iou)
        if self.view is not None:
            found["error of the azimuth's estimate"] = metric(
                f"{dataset}, with the angle on record, mean absolute degrees",
                self.view.n,
                self.view.error_deg,
                {"one answer for all": self.view.constant_deg, "correlation": self.view.correlation},
            )
        return found

    def lines(self) -> list[str]:
        """For a terminal."""
        lines = [f"Sliders, one step, medians of {self.n} seeds ({self.grey} grey, {self.empty} without a product)"]
        for name, step in self.steps.items():
            parts = [f"{step.change:.1f} of {step.asked:.1f} {step.unit}", f"{step.right_way:.0%} the right way"]
            if step.iou is not None:
                parts.append(f"IoU {step.iou:.3f}")
            if step.hue_moved_deg is not None:
                parts.append(f"hue moved {step.hue_moved_deg:.1f} degrees")
            lines.append(f"  {name:<15}{', '.join(parts)}")
        if self.view is not None:
            view = self.view
            lines.append(
                f"  The azimuth is the model's own estimate: on {view.n} held-out pictures it is off by "
                f"{view.error_deg:.1f} degrees (one answer for all: {view.constant_deg:.1f}), correlation "
                f"{view.correlation:.2f}"
            )
        return lines


@dataclass(frozen=True)
class _Look:
    """Measures (7,) and silhouette (S, S) of one sample."""

    measures: Tensor
    silhouette: Tensor


def evaluate_sliders(
    run: Run,
    network: LatentNetwork,
    *,
    model: str,
    view: tuple[Estimator, ViewError] | None = None,
    seeds: int = SEEDS,
    on_progress: Progress | None = None,
) -> SliderFigures:
    """One step of each named slider that the model has, from the products that the seeds 0, 1, ... draw.

    Colors and boxes are measured by `gan.imaging.product.measure` under the network's own coverage, at the
    network's resolution. The angle of view cannot be measured on a picture, so an estimator stands in.

    Args:
        run: carries out a request, such as `Studio.run`.
        network: of that model, to ask for its inputs.
        view: an estimator of the angle and its error; without it the azimuth's slider is left out.
    """
    has = available(network.config.attributes)
    size_px = min(max(network.config.resolution, SIZES_PX[0]), SIZES_PX[1])
    with_view = view if "azimuth_deg" in has else None
    before: list[_Look] = []
    looks: dict[str, list[_Look]] = {name: [] for name, (field, _) in MOVED.items() if field in has}
    turned, turned_hue = [], []
    for seed in each(range(seeds), on_progress, "Sliders"):
        still = GenerateRequest(seed=seed, model=model, transparent=True, size=size_px)
        drawn = run(still)
        before.append(_look(drawn))
        for name, after in looks.items():
            after.append(_look(run(still.replaced(sliders=MOVED[name][1]))))
        if with_view is not None:
            column = network.config.attributes.index("azimuth")
            azimuth_deg = drawn.details["latents"][0].attributes[column] * VIEW_UNIT_DEG
            change, hue = _turn(run, still, azimuth_deg, with_view[0])
            turned.append(change)
            turned_hue.append(hue)
    grey = chroma(_stack(before)) < GRAY_CHROMA
    steps = {name: _step(name, looks["hue"] if name == SECOND_HUE else before, after) for name, after in looks.items()}
    if turned:
        changes = torch.tensor(turned)
        steps["azimuth"] = Step(
            VIEW_STEP_DEG,
            _median(changes),
            _share(changes > 0),
            "degrees",
            hue_moved_deg=_median_hue(torch.tensor(turned_hue), grey),
        )
    empty = sum(not bool(look.silhouette.any()) for look in before)
    return SliderFigures(seeds, int(grey.sum()), empty, steps, with_view[1] if with_view is not None else None)


def view_estimator(network: LatentNetwork) -> Estimator | None:
    """The encoder's own estimate of the azimuth; None if the model has no encoder or no azimuth attribute."""
    encoder = getattr(network, "encoder", None)
    if encoder is None or "azimuth" not in network.config.attributes:
        return None
    strong, column = cast(GenerateNet, network), network.config.attributes.index("azimuth")
    size_px = network.config.resolution

    def estimate(x: Tensor) -> Tensor:
        with torch.inference_mode():
            seen = encoder(resize(x, size_px, size_px).to(strong.attribute_mean)).attributes[:, column]
            scaled = seen * strong.attribute_scale[column] + strong.attribute_mean[column]
            angle: Tensor = scaled * ANGLE_UNIT_DEG
            return angle.cpu()

    return estimate


def view_error(estimate: Estimator, held_out: Catalogue, size_px: int) -> ViewError | None:
    """The estimator's error on the pictures whose azimuth is on record; None where fewer than two are."""
    if "view_known" not in held_out.attribute_names:
        return None
    known = held_out.attributes[:, ATTRIBUTES.index("view_known")] > 0
    rows = known.nonzero()[:, 0]
    if len(rows) < 2:
        return None
    truth = held_out.attributes[rows, ATTRIBUTES.index("azimuth")] * ANGLE_UNIT_DEG
    estimated = torch.cat([estimate(held_out.batch(part, size_px)) for part in torch.split(rows, 16)])
    constant = min(float(estimated.std()), float(truth.std())) == 0
    return ViewError(
        n=len(rows),
        correlation=0.0 if constant else float(torch.corrcoef(torch.stack([estimated, truth]))[0, 1]),
        error_deg=float((estimated - truth).abs().mean()),
        constant_deg=float((truth.median() - truth).abs().mean()),
    )


def _look(result: Result) -> _Look:
    picture = result.picture
    alpha = picture.alpha if picture.alpha is not None else torch.ones_like(picture.rgb[:, :1])
    return _Look(measure(picture.rgb, alpha)[0], alpha[0, 0] > 0.5)


def _turn(run: Run, still: GenerateRequest, azimuth_deg: float, estimate: Estimator) -> tuple[float, float]:
    """The estimated turn for one step of the azimuth, and how far the hue moved, both in degrees.

    The slider takes an angle and not a turn, so the step begins at the drawn one, or as near as leaves room.
    """
    begin = min(max(azimuth_deg, -VIEW_UNIT_DEG), VIEW_UNIT_DEG - VIEW_STEP_DEG)
    angles, measures = [], []
    for azimuth in (begin, begin + VIEW_STEP_DEG):
        cut = still.replaced(sliders=Sliders(azimuth_deg=azimuth))
        alone, shown = run(cut).picture, run(cut.replaced(transparent=False)).picture
        alpha = alone.alpha if alone.alpha is not None else torch.ones_like(alone.rgb[:, :1])
        measures.append(measure(alone.rgb, alpha)[0])
        # The encoder learned pictures with their shadow.
        angles.append(float(estimate(torch.cat([shown.rgb, alpha], 1))[0]))
    return angles[1] - angles[0], float(_turned_deg(measures[0][None], measures[1][None])[0])


def _step(name: str, before: list[_Look], after: list[_Look]) -> Step:
    first, second = _stack(before), _stack(after)
    turned = _turned_deg(first, second)
    iou = _median(torch.tensor([_iou(a.silhouette, b.silhouette) for a, b in zip(before, after, strict=True)]))
    if name in ("hue", SECOND_HUE):
        return Step(HUE_STEP_DEG, _median(turned.abs()), _share(turned > 0), "degrees", iou=iou)
    hue_moved = _median_hue(turned, chroma(first) < GRAY_CHROMA)
    change = (second - first)[:, MEASURES.index(name)]
    if name == "lightness":
        asked, change = 100 * LIGHTNESS_REACH * STEP, 100 * change
        return Step(asked, _median(change), _share(change > 0), "%", iou=iou, hue_moved_deg=hue_moved)
    # Sizes are measured as logarithms and read as percentages.
    asked = 100 * math.expm1(STEP * (SIZE_REACH if name == "size" else ASPECT_REACH))
    return Step(asked, _median(100 * change.expm1()), _share(change > 0), "%", hue_moved_deg=hue_moved)


def _stack(looks: list[_Look]) -> Tensor:
    return torch.stack([look.measures for look in looks])


def _turned_deg(first: Tensor, second: Tensor) -> Tensor:
    """(N,) in [-180, 180): how far and which way the hue turned between rows of measures."""
    return (hue_deg(second) - hue_deg(first) + 180) % 360 - 180


def _median_hue(turned: Tensor, grey: Tensor) -> float | None:
    return None if bool(grey.all()) else _median(turned[~grey].abs())


def _median(x: Tensor) -> float:
    return float(x.quantile(0.5))


def _share(right: Tensor) -> float:
    return float(right.float().mean())


def _iou(a: Tensor, b: Tensor) -> float:
    """0 where both are empty: a product that is not there keeps no silhouette."""
    return float((a & b).sum() / (a | b).sum().clamp(min=1))
