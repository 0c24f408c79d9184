"""Scores of a cut-out against the true coverage, of composites and of rendered scenes alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gan.core.contract import Result
from gan.core.errors import InputError
from gan.cutout.pipeline import CutoutRequest
from gan.imaging.picture import Picture

Run = Callable[[CutoutRequest], Result]


@dataclass(frozen=True)
class Reading:
    """Scores of one method on one case.

    Attributes:
        ground: of a composite, or `gan.cutout.train.evaluate_scenes.SCENES`.
        iou: intersection over union of what is more than half covered.
        error: mean absolute difference of the coverages over the whole picture.
        confidence: ours alone; 0 for others and where no product was found.
        scene: its name; empty for a composite.
        thing: its number in the scene.
    """

    ground: str
    method: str
    iou: float
    error: float
    seconds: float
    confidence: float = 0.0
    scene: str = ""
    thing: int = 0


def iou(made: Tensor, wanted: Tensor) -> float:
    """Intersection over union of what is more than half covered; 1 where that is nothing in both."""
    inside, true = made > 0.5, wanted > 0.5
    either = float((inside | true).sum())
    return float((inside & true).sum()) / either if either else 1.0


def reading(
    ground: str,
    method: str,
    made: Tensor,
    truth: Tensor,
    seconds: float,
    confidence: float = 0.0,
    *,
    scene: str = "",
    thing: int = 0,
) -> Reading:
    """Compare two coverages (1, 1, H, W)."""
    error = float((made - truth).abs().mean())
    return Reading(ground, method, iou(made, truth), error, seconds, confidence, scene, thing)


def cut(run: Run, rgb: Tensor, model: str, *clicks: str) -> tuple[Tensor, float, float]:
    """Ours: coverage (1, 1, H, W) of a picture (1, 3, H, W), seconds, confidence; all 0 where no product was found."""
    try:
        result = run(CutoutRequest(picture=Picture(rgb), clicks=clicks, model=model))
    except InputError:  # it says that there is no product
        return torch.zeros_like(rgb[:, :1]), 0.0, 0.0
    alpha = result.picture.alpha
    made = torch.ones_like(rgb[:, :1]) if alpha is None else alpha
    return made, result.seconds, float(result.details["confidence"])
