"""Measures Cut-out on composites of held-out products, beside OpenCV's GrabCut and two methods of scikit-image.

Where the folder holds rendered scenes, in these too.
"""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import skimage.data
import torch
from torch import Tensor

from gan.core.contract import Result
from gan.core.errors import InputError, WeightsError
from gan.cutout.pipeline import CutoutRequest
from gan.cutout.train.evaluate_scenes import BARS as SCENE_BARS
from gan.cutout.train.evaluate_scenes import SceneEvaluation, evaluate_scenes
from gan.imaging.picture import Picture
from gan.models.manifest import Metric
from gan.training.data.composites import Composites, drawings, load_products
from gan.training.data.mixture import sort_out
from gan.training.data.pictures import Entry, Pictures, split
from gan.training.data.styles import ALSO, FOLDER

SIDE_PX = 384
PRODUCT_PX = 256
CASES = 96
PHOTOGRAPHS, TEXTURES, STUDIO, WHITE = (
    "photographs",
    "textures and drawings",
    "studio grounds",
    "white, with their shadow",
)
SPREAD = (PHOTOGRAPHS, STUDIO, PHOTOGRAPHS, TEXTURES, PHOTOGRAPHS, WHITE)
"""The grounds in turn: half of all cases lie on photographs."""

GROUNDS = (PHOTOGRAPHS, TEXTURES, STUDIO, WHITE)
SHIPPED = ("coffee.png", "astronaut.png", "rocket.jpg", "motorcycle_left.png", "brick.png", "grass.png", "gravel.png")
"""Photographs inside scikit-image's package, all CC0 or public domain; none of them is fetched."""

OURS, GRABCUT, CHAN_VESE, OTSU = "ours", "GrabCut", "Chan-Vese", "Otsu"
METHODS = (OURS, GRABCUT, CHAN_VESE, OTSU)
MARGIN = 0.04
ITERATIONS = 5
CONTOUR_STEPS = 60
BARS: Mapping[str, tuple[str, float]] = {
    "median IoU, photographs": ("at least", 0.95),
    "mean alpha error, photographs": ("at most", 0.02),
    **SCENE_BARS,
}

Run = Callable[[CutoutRequest], Result]


@dataclass(frozen=True)
class Reading:
    """Scores of one method on one case.

    Attributes:
        iou: intersection over union of what is more than half covered.
        error: mean absolute difference of the coverages over the whole picture.
        confidence: ours alone; 0 for others and where no product was found.
    """

    ground: str
    method: str
    iou: float
    error: float
    seconds: float
    confidence: float = 0.0


@dataclass(frozen=True)
class Figures:
    """Over n cases: median and mean IoU, mean error of the coverage, mean seconds."""

    n: int
    median_iou: float
    mean_iou: float
    error: float
    seconds: float


@dataclass(frozen=True)
class Evaluation:
    """All figures; `scenes` is None where the folder holds none."""

    dataset: str
    readings: tuple[Reading, ...]
    scenes: SceneEvaluation | None = None

    @property
    def groups(self) -> dict[str, dict[str, Figures]]:
        """{ground: {method: figures}}, and all of them."""
        groups: dict[str, list[Reading]] = {
            ground: [reading for reading in self.readings if reading.ground == ground] for ground in GROUNDS
        }
        groups["all"] = list(self.readings)
        return {name: _by_method(readings) for name, readings in groups.items() if readings}

    def reached(self) -> dict[str, float]:
        """Measured values of the figures in `BARS`."""
        ours = self.groups.get(PHOTOGRAPHS, {}).get(OURS)
        found = {} if ours is None else dict(zip(BARS, (ours.median_iou, ours.error), strict=False))
        return found | ({} if self.scenes is None else self.scenes.reached())

    def metrics(self) -> dict[str, Metric]:
        """Metrics for the manifest's record. Seconds are printed only, since they depend on the machine."""
        found: dict[str, Metric] = {}
        for group, by_method in self.groups.items():
            for title, field in (("median IoU", "median_iou"), ("mean alpha error", "error")):
                values = {method: round(getattr(figures, field), 4) for method, figures in by_method.items()}
                found[f"{title}, {group}"] = Metric(
                    dataset=self.dataset, n=by_method[OURS].n, value=values.pop(OURS), baseline=values
                )
        return found | ({} if self.scenes is None else self.scenes.metrics())

    def table(self) -> str:
        """For a terminal."""
        lines = [self.dataset]
        for group, by_method in self.groups.items():
            lines.append(f"{group}, {by_method[OURS].n} pictures")
            for method, figures in by_method.items():
                lines.append(
                    f"  {method:<10} IoU median {figures.median_iou:.3f}  mean {figures.mean_iou:.3f}  "
                    f"alpha error {figures.error:.4f}  {figures.seconds:.3f} s"
                )
        lines += [] if self.scenes is None else self.scenes.lines()
        lines.append("Bars")
        for name, value in self.reached().items():
            way, bar = BARS[name]
            kept = value >= bar if way == "at least" else value <= bar
            lines.append(f"  {name:<36}{value:>8.4f}   {way} {bar:g}: {'kept' if kept else 'MISSED'}")
        return "\n".join(lines)

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "dataset": self.dataset,
            "groups": {
                group: {method: dataclasses.asdict(figures) for method, figures in by_method.items()}
                for group, by_method in self.groups.items()
            },
            "scenes": None if self.scenes is None else self.scenes.record(),
            "bars": self.reached(),
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
    """Lay products on grounds, cut them out with every method, and compare with their coverage.

    GrabCut is given what a user would draw: the product's true box with a margin. The others are given nothing.

    Args:
        run: carries out a request, such as `Studio.run`.
        model: as in `CutoutRequest`.
        held_out: only products, photographs and textures that training never sees; photographs that scikit-image
            ships join in any case, since few are held out.
        limit: this many cases instead of `CASES`, and this many scenes at most.

    Raises:
        InputError: no picture has a mask, or `limit` is less than 1.
        WeightsError: a package for measuring is not installed, or there is no model.
    """
    if limit is not None and limit < 1:
        raise InputError("limit", "{limit}", "1 or more is allowed", "Choose more", limit=limit)
    peers = _peers()
    cases = _Cases(folder, held_out)
    count = CASES if limit is None else limit
    readings: list[Reading] = []
    for index in range(count):
        ground = SPREAD[index % len(SPREAD)]
        rgb, truth = (x[None] for x in cases.case(index, ground))
        rgb = (rgb * 255).round() / 255
        made, seconds, confidence = _ours(rgb, run, model)
        readings.append(_reading(ground, OURS, made, truth, seconds, confidence))
        for method, cut in peers.items():
            began = time.perf_counter()
            made = cut(rgb, truth)
            readings.append(_reading(ground, method, made, truth, time.perf_counter() - began))
        if on_progress is not None:
            on_progress(index + 1, count)
    name = (
        f"{folder.name}{', held-out' if held_out else ''}, {SIDE_PX} px, products of {PRODUCT_PX} px on other grounds"
    )
    scenes = evaluate_scenes(folder, run, model=model, held_out=held_out, limit=limit, on_progress=on_progress)
    return Evaluation(name, tuple(readings), scenes)


class _Cases:
    """One product each on the photographs in turn, on textures and drawings, and on plain grounds."""

    def __init__(self, folder: Path, held_out: bool) -> None:
        found = sort_out(folder)
        surfaces = [entry for entry in found.grounds if {FOLDER, ALSO} & set(entry.path.relative_to(folder).parts[:-1])]
        photographs = [entry for entry in found.grounds if entry not in surfaces]

        def chosen(some: list[Entry]) -> list[Entry]:
            return split(some)[1] or some if held_out else some

        self._products = load_products(chosen(found.products), PRODUCT_PX)
        shipped = [Entry(Path(skimage.data.__file__).parent / name, name) for name in SHIPPED]
        kept = photographs if not held_out else split(photographs)[1]
        self._photographs = [Pictures([entry], 1) for entry in (*kept, *shipped)]
        self._photographs = [pictures for pictures in self._photographs if min(pictures.pixels[0].shape[1:]) >= SIDE_PX]
        try:
            self._surfaces = Pictures(chosen(surfaces), SIDE_PX) if surfaces else None
        except InputError:
            self._surfaces = None  # drawings alone do

    def case(self, index: int, ground: str) -> tuple[Tensor, Tensor]:
        """A picture (3, SIDE_PX, SIDE_PX) and its coverage."""
        around = self._photographs[index // 2 % len(self._photographs)] if ground == PHOTOGRAPHS else self._surfaces
        drawn = drawings(4, SIDE_PX, 0) if ground == TEXTURES else []
        kind = {PHOTOGRAPHS: "photograph", STUDIO: "studio", WHITE: "own"}.get(ground, "")
        kind = kind or ("drawn" if index % 4 == 1 or around is None else "photograph")
        return Composites([self._products], [around] if around else [], drawn, SIDE_PX, seed=0).case(index, kind)


def _ours(rgb: Tensor, run: Run, model: str) -> tuple[Tensor, float, float]:
    try:
        result = run(CutoutRequest(picture=Picture(rgb), model=model))
    except InputError:  # it says that there is no product
        return torch.zeros_like(rgb[:, :1]), 0.0, 0.0
    alpha = result.picture.alpha
    made = torch.ones_like(rgb[:, :1]) if alpha is None else alpha
    return made, result.seconds, float(result.details["confidence"])


def _reading(ground: str, method: str, made: Tensor, truth: Tensor, seconds: float, confidence: float = 0.0) -> Reading:
    inside, wanted = made > 0.5, truth > 0.5
    either = float((inside | wanted).sum())
    return Reading(
        ground=ground,
        method=method,
        iou=float((inside & wanted).sum()) / either if either else 1.0,
        error=float((made - truth).abs().mean()),
        seconds=seconds,
        confidence=confidence,
    )


def _by_method(readings: Iterable[Reading]) -> dict[str, Figures]:
    found: dict[str, Figures] = {}
    for method in METHODS:
        some = [reading for reading in readings if reading.method == method]
        if some:
            found[method] = Figures(
                n=len(some),
                median_iou=statistics.median(reading.iou for reading in some),
                mean_iou=statistics.fmean(reading.iou for reading in some),
                error=statistics.fmean(reading.error for reading in some),
                seconds=statistics.fmean(reading.seconds for reading in some),
            )
    return found


def _peers() -> dict[str, Callable[[Tensor, Tensor], Tensor]]:
    """{method: (picture, true coverage) -> coverage}; only GrabCut looks at the true one's box."""
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
    from skimage.color import rgb2lab
    from skimage.filters import threshold_otsu
    from skimage.segmentation import morphological_chan_vese

    def grabcut(x: Tensor, truth: Tensor) -> Tensor:
        pixels = np.ascontiguousarray((x[0] * 255).round().byte().permute(1, 2, 0).numpy())
        marked = np.full(pixels.shape[:2], cv2.GC_BGD, np.uint8)
        marked[_box(truth)] = cv2.GC_PR_FGD
        ground, product = np.zeros((1, 65)), np.zeros((1, 65))
        cv2.setRNGSeed(0)
        cv2.grabCut(pixels, marked, (0, 0, 0, 0), ground, product, ITERATIONS, cv2.GC_INIT_WITH_MASK)
        return _coverage((marked == cv2.GC_FGD) | (marked == cv2.GC_PR_FGD))

    def away(x: Tensor) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Delta E of each color from the border's median."""
        lab = rgb2lab(x[0].permute(1, 2, 0).numpy())
        border = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
        distance: np.ndarray[Any, np.dtype[np.float64]] = np.linalg.norm(lab - np.median(border, axis=0), axis=2)
        return distance

    def otsu(x: Tensor, _: Tensor) -> Tensor:
        distance = away(x)
        return _coverage(distance > threshold_otsu(distance))  # type: ignore[no-untyped-call]

    def chan_vese(x: Tensor, _: Tensor) -> Tensor:
        inside = morphological_chan_vese(away(x), CONTOUR_STEPS, init_level_set="disk", smoothing=2)  # type: ignore[no-untyped-call]
        return _coverage(inside > 0)

    return {GRABCUT: grabcut, CHAN_VESE: chan_vese, OTSU: otsu}


def _box(truth: Tensor) -> tuple[slice, slice]:
    inside = truth[0, 0] > 0.5
    spans = []
    for axis, side in ((1, truth.shape[2]), (0, truth.shape[3])):
        first, last = torch.nonzero(inside.any(axis)).flatten()[[0, -1]].tolist()
        margin = round(MARGIN * (last + 1 - first))
        # GrabCut needs some ground: a box that is the whole frame leaves it none.
        spans.append(slice(max(2, first - margin), min(side - 2, last + 1 + margin)))
    return spans[0], spans[1]


def _coverage(inside: np.ndarray[Any, np.dtype[np.bool_]]) -> Tensor:
    return torch.from_numpy(inside)[None, None].float()
