"""Figures of a validation of Enhance where the teacher's answers lie beside the truth."""

from __future__ import annotations

import math
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.utils import make_grid

from gan.enhance.train.teaching import Taught
from gan.metrics.fidelity import psnr_y
from gan.models.features import Features, load_features, perceptual_distance
from gan.training.data.degrade import realistic
from gan.training.recipe import Validation

TESTED = 32
"""Items whose truth is damaged as for the cards."""

SHOWN = 12
"""Items in the grid, two a row, each as bicubic interpolation, ours, the teacher and the truth."""


def judge(network: nn.Module, taught: Taught, device: torch.device) -> Validation:
    """Figures of a network on every item of a cache, whole, beside bicubic interpolation and the teacher.

    Of the first items' truths also under the fixed test degradation, as `python -m gan evaluate` damages them: what
    helps with heavy damage may cost where there is little. Lite2's features choose among the states of a run here;
    Lite0's are what was trained with. The score is the latter's PSNR-Y minus 40 times its FD-lite2, so that a dB is
    worth 0.025.

    Args:
        network: in eval mode, in training form or fused.
    """
    features = load_features("lite2")
    sums, tested = (dict.fromkeys(("psnr_y", "fd_lite2"), 0.0) for _ in range(2))
    rows: list[Tensor] = []
    with torch.inference_mode():
        for index in range(taught.items):
            damaged, sharp, teacher = (x[None] for x in taught.whole(index))
            made = _made(network, damaged, device)
            _add(sums, features, made, sharp, taught.scale)
            if index < TESTED:
                _add(tested, features, _made(network, _tested(sharp, taught.scale, index), device), sharp, taught.scale)
            if index < SHOWN:
                rows += [_bicubic(damaged, sharp)[0], made[0], teacher[0], sharp[0]]
    count = min(TESTED, taught.items)
    means = {name: value / taught.items for name, value in sums.items()}
    means |= {f"tested_{name}": value / count for name, value in tested.items()}
    score = means["tested_psnr_y"] - 40 * means["tested_fd_lite2"]
    return Validation(
        means | {f"{method}_{name}": value for method, values in _others(taught).items() for name, value in values},
        score if math.isfinite(score) else -math.inf,
        make_grid(rows, nrow=8, padding=2),
        pictures=taught.items,
    )


@cache
def _others(taught: Taught) -> dict[str, tuple[tuple[str, float], ...]]:
    """The means of bicubic interpolation and of the teacher, which stay what they are through a run."""
    features = load_features("lite2")
    sums = {method: dict.fromkeys(("psnr_y", "fd_lite2"), 0.0) for method in ("bicubic", "teacher")}
    with torch.inference_mode():
        for index in range(taught.items):
            damaged, sharp, teacher = (x[None] for x in taught.whole(index))
            _add(sums["bicubic"], features, _bicubic(damaged, sharp), sharp, taught.scale)
            _add(sums["teacher"], features, teacher, sharp, taught.scale)
    return {m: tuple((name, value / taught.items) for name, value in values.items()) for m, values in sums.items()}


def _made(network: nn.Module, damaged: Tensor, device: torch.device) -> Tensor:
    made: Tensor = network(damaged.to(device)).float().cpu().clamp(0, 1)
    return made


def _tested(sharp: Tensor, scale: int, index: int) -> Tensor:
    return realistic(sharp[0], scale, torch.Generator().manual_seed(index))[None]


def _add(sums: dict[str, float], features: Features, picture: Tensor, sharp: Tensor, scale: int) -> None:
    sums["psnr_y"] += float(psnr_y(picture, sharp, scale))
    sums["fd_lite2"] += float(perceptual_distance(features, picture, sharp))


def _bicubic(damaged: Tensor, sharp: Tensor) -> Tensor:
    return F.interpolate(damaged, sharp.shape[2:], mode="bicubic").clamp(0, 1)
