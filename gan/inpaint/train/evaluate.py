"""Measures Inpaint on a folder: inside the hole and of the whole, beside OpenCV, scikit-image and the smooth fill.

The pictures are the truth. Each gets a hole that is the same on every machine that has the same fonts; what lies in
the hole is replaced by one colour before any method sees it, so that nothing of the truth is left to be used.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan.core.contract import Result
from gan.core.errors import InputError, WeightsError
from gan.imaging.alpha import bleed
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture
from gan.inpaint.pipeline import InpaintRequest
from gan.inpaint.train.evaluate_cases import BOUNDS, LARGE_FROM, SIDE_PX, Case, Cases, in_8_bits
from gan.models.features import load_features, perceptual_distance
from gan.models.manifest import Metric

MOST_DB = 60.0
LARGE = "holes over 20%"
RADIUS_PX = 3
OURS, TELEA, NAVIER_STOKES, BIHARMONIC, SMOOTH = "ours", "Telea", "Navier-Stokes", "biharmonic", "smooth"
METHODS = (OURS, TELEA, NAVIER_STOKES, BIHARMONIC, SMOOTH)
BARS: Mapping[str, tuple[str, float]] = {
    "dB over Telea": ("at least", 1.5),
    "FD / Telea": ("at most", 0.75),
    f"FD / Telea, {LARGE}": ("at most", 0.65),
    "known pixels identical": ("at least", 1.0),
}

Run = Callable[[InpaintRequest], Result]


@dataclass(frozen=True)
class Reading:
    """What one method did on one case.

    Attributes:
        squared: mean squared error over the hole's pixels, of values in [0, 1].
        absolute: mean absolute error over the same.
        distance: "FD-lite2" of the whole picture.
        known: whether every known pixel is identical.
    """

    source: str
    size_bin: int
    method: str
    share: float
    squared: float
    absolute: float
    distance: float
    seconds: float
    known: bool


@dataclass(frozen=True)
class Figures:
    """Means over n pictures.

    Attributes:
        psnr: in dB over the hole's pixels, at most `MOST_DB`; the mean of the pictures' dB.
        pooled: the same from the error averaged over all holes' pixels, so that large holes weigh more.
        l1: mean absolute error over the hole's pixels.
        fd: "FD-lite2" of the whole pictures.
        seconds: the mean.
    """

    n: int
    psnr: float
    pooled: float
    l1: float
    fd: float
    seconds: float


@dataclass(frozen=True)
class Evaluation:
    """All figures.

    Attributes:
        dataset: what was measured.
        left_out: what of the folder was not measured and why; empty for nothing.
    """

    dataset: str
    readings: tuple[Reading, ...]
    left_out: str = ""

    @property
    def groups(self) -> dict[str, dict[str, Figures]]:
        """{group: {method: figures}}: all, then by the hole's share, then by source."""
        groups: dict[str, list[Reading]] = {"all": list(self.readings)}
        for index in range(len(BOUNDS) - 1):
            groups[_bin_name(index)] = [reading for reading in self.readings if reading.size_bin == index]
        groups[LARGE] = [reading for reading in self.readings if reading.size_bin >= LARGE_FROM]
        for source in sorted({reading.source for reading in self.readings}):
            groups[source] = [reading for reading in self.readings if reading.source == source]
        return {name: _by_method(readings) for name, readings in groups.items() if readings}

    @property
    def known_identical(self) -> float:
        """The share of our outputs in which every known pixel is identical."""
        ours = [reading.known for reading in self.readings if reading.method == OURS]
        return sum(ours) / len(ours)

    def reached(self) -> dict[str, float]:
        """What `BARS` are about, as far as it was measured."""
        groups = self.groups
        ours, telea = groups["all"][OURS], groups["all"][TELEA]
        values = {"dB over Telea": ours.psnr - telea.psnr, "FD / Telea": ours.fd / telea.fd}
        if LARGE in groups:
            values[f"FD / Telea, {LARGE}"] = groups[LARGE][OURS].fd / groups[LARGE][TELEA].fd
        return values | {"known pixels identical": self.known_identical}

    def metrics(self) -> dict[str, Metric]:
        """As a manifest's record holds them. Seconds are left to the terminal, since they are one machine's."""
        found: dict[str, Metric] = {}
        for group in ("all", LARGE):
            by_method = self.groups.get(group, {})
            suffix = "" if group == "all" else f", {group}"
            for title, field in (("PSNR in the hole", "psnr"), ("L1 in the hole", "l1"), ("FD-lite2", "fd")):
                values = {method: round(getattr(figures, field), 4) for method, figures in by_method.items()}
                if values:
                    found[title + suffix] = Metric(
                        dataset=self.dataset, n=by_method[OURS].n, value=values.pop(OURS), baseline=values
                    )
        for name, value in self.reached().items():
            n = self.groups[LARGE if LARGE in name else "all"][OURS].n
            found[name] = Metric(dataset=self.dataset, n=n, value=round(value, 4), baseline={})
        return found

    def table(self) -> str:
        """For a terminal."""
        lines = [self.dataset]
        for group, by_method in self.groups.items():
            lines.append(f"{group}, {by_method[OURS].n} pictures")
            for method, figures in by_method.items():
                lines.append(
                    f"  {method:<14} PSNR {figures.psnr:5.2f} dB  pooled {figures.pooled:5.2f} dB  "
                    f"L1 {figures.l1:.4f}  FD-lite2 {figures.fd:.4f}  {figures.seconds:.3f} s"
                )
        lines.append("Bars")
        for name, value in self.reached().items():
            way, bar = BARS[name]
            kept = value >= bar if way == "at least" else value <= bar
            lines.append(f"  {name:<28}{value:>7.3f}   {way} {bar:g}: {'kept' if kept else 'MISSED'}")
        return "\n".join([*lines, f"Left out: {self.left_out}"] if self.left_out else lines)

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "dataset": self.dataset,
            "groups": {
                group: {method: dataclasses.asdict(figures) for method, figures in by_method.items()}
                for group, by_method in self.groups.items()
            },
            "bars": self.reached(),
            "left_out": self.left_out,
            "readings": [dataclasses.asdict(reading) for reading in self.readings],
        }


def evaluate(
    folder: Path,
    run: Run,
    *,
    model: str = "auto",
    held_out: bool = False,
    limit: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Cut a hole into each picture, fill it with every method, and compare with what was there.

    Args:
        run: carries out a request, such as `Studio.run`.
        model: as in `InpaintRequest`.
        held_out: use only the products that training never sees.
        limit: at most this many cases; the folders below `folder` share them evenly.

    Raises:
        InputError: no picture has 256 px a side, or `limit` is less than 1.
        WeightsError: a package for measuring is not installed.
    """
    if limit is not None and limit < 1:
        raise InputError("limit", "{limit}", "1 or more is allowed", "Choose more", limit=limit)
    peers = _peers()
    features = load_features("lite2")
    cases = Cases(folder, held_out=held_out, limit=limit)
    readings: list[Reading] = []
    for index in range(len(cases)):
        case = cases[index]
        given = torch.where(case.hole > 0, torch.tensor([1.0, 0.0, 1.0])[:, None, None], case.truth)
        made, seconds = {}, {}
        result = run(InpaintRequest(picture=Picture(given), mask=Mask(case.hole), model=model))
        made[OURS], seconds[OURS] = in_8_bits(result.picture.rgb), result.seconds
        for method, fill in peers.items():
            began = time.perf_counter()
            made[method] = fill(given, case.hole)
            seconds[method] = time.perf_counter() - began
        with torch.inference_mode():
            distances = perceptual_distance(
                features, torch.cat(list(made.values())), case.truth.expand(len(made), -1, -1, -1)
            ).tolist()
        for (method, x), distance in zip(made.items(), distances, strict=True):
            readings.append(_reading(case, method, x, distance, seconds[method]))
        if on_progress is not None:
            on_progress(index + 1, len(cases))
    left_out = f"{cases.too_small} pictures that cannot be read or have less than {SIDE_PX} px a side"
    name = f"{folder.name}{', held-out' if held_out else ''}, {SIDE_PX} px; holes of 0-75% on ground that is not plain"
    return Evaluation(name, tuple(readings), left_out if cases.too_small else "")


def _reading(case: Case, method: str, made: Tensor, distance: float, seconds: float) -> Reading:
    inside = case.hole.expand_as(case.truth) > 0
    error = (made - case.truth)[inside]
    return Reading(
        source=case.source,
        size_bin=case.size_bin,
        method=method,
        share=float(case.hole.mean()),
        squared=float(error.square().mean()),
        absolute=float(error.abs().mean()),
        distance=distance,
        seconds=seconds,
        known=torch.equal(made[~inside], case.truth[~inside]),
    )


def _by_method(readings: Iterable[Reading]) -> dict[str, Figures]:
    by_method: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        by_method[reading.method].append(reading)
    return {method: _figures(by_method[method]) for method in METHODS if by_method[method]}


def _figures(readings: list[Reading]) -> Figures:
    n = len(readings)
    covered = sum(reading.share for reading in readings)
    return Figures(
        n=n,
        psnr=sum(_db(reading.squared) for reading in readings) / n,
        pooled=_db(sum(reading.share * reading.squared for reading in readings) / covered),
        l1=sum(reading.absolute for reading in readings) / n,
        fd=sum(reading.distance for reading in readings) / n,
        seconds=sum(reading.seconds for reading in readings) / n,
    )


def _db(squared: float) -> float:
    return MOST_DB if squared == 0 else min(MOST_DB, -10 * math.log10(squared))


def _bin_name(index: int) -> str:
    low, high = BOUNDS[index], BOUNDS[index + 1]
    return f"holes up to {high:.0%}" if not index else f"holes of {low:.0%} to {high:.0%}"


def _peers() -> dict[str, Callable[[Tensor, Tensor], Tensor]]:
    """{method: (picture, hole) -> filled picture}, in 8 bits, known pixels untouched."""
    try:
        import cv2
    except ImportError as error:
        raise WeightsError(
            "peers",
            "the package {package} is not installed",
            "training and measuring need it",
            "Run: pip install -r requirements-dev.txt",
            package="opencv-python-headless",
        ) from error
    from skimage.restoration import inpaint_biharmonic

    def opencv(flag: int) -> Callable[[Tensor, Tensor], Tensor]:
        def fill(x: Tensor, mask: Tensor) -> Tensor:
            pixels = np.ascontiguousarray((x[0] * 255).round().byte().permute(1, 2, 0).numpy())
            made = cv2.inpaint(pixels, mask[0, 0].byte().numpy(), RADIUS_PX, flag)
            return torch.from_numpy(made).permute(2, 0, 1)[None].float() / 255

        return fill

    def biharmonic(x: Tensor, mask: Tensor) -> Tensor:
        made = inpaint_biharmonic(
            x[0].permute(1, 2, 0).numpy(), mask[0, 0].numpy() > 0, split_into_regions=True, channel_axis=-1
        )
        return in_8_bits(torch.from_numpy(made).float().permute(2, 0, 1)[None].clamp(0, 1))

    return {
        TELEA: opencv(cv2.INPAINT_TELEA),
        NAVIER_STOKES: opencv(cv2.INPAINT_NS),
        BIHARMONIC: biharmonic,
        SMOOTH: lambda x, mask: in_8_bits(bleed(x, 1 - mask)),
    }
