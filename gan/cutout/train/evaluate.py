"""Measures Cut-out on composites of held-out products, beside OpenCV's GrabCut and two methods of scikit-image.

Where the folder holds rendered scenes, in these too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np
import skimage.data
import torch
from torch import Tensor

from gan.core.contract import Progress
from gan.core.errors import InputError
from gan.cutout.train.evaluate_scenes import TARGETS as SCENE_TARGETS
from gan.cutout.train.evaluate_scenes import SceneEvaluation, evaluate_scenes
from gan.cutout.train.readings import Reading, Run, cut, reading
from gan.training.data.composites import Composites, load_products
from gan.training.data.mixture import sort_out
from gan.training.data.pictures import Entry, Pictures, split
from gan.training.data.procedural import drawings
from gan.training.data.styles import ALSO, FOLDER
from gan.training.evaluation import (
    OURS,
    Evaluation,
    Figure,
    Table,
    Targets,
    as_records,
    check_at_least,
    each,
    in_8_bits,
    name_of,
    opencv,
    timed,
)

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

GRABCUT, CHAN_VESE, OTSU = "GrabCut", "Chan-Vese", "Otsu"
METHODS = (OURS, GRABCUT, CHAN_VESE, OTSU)
MARGIN = 0.04
ITERATIONS = 5
CONTOUR_STEPS = 60
FIGURES: tuple[Figure[Reading], ...] = (
    Figure("median_iou", lambda some: median(r.iou for r in some), " IoU median {:.3f}", "median IoU"),
    Figure("mean_iou", lambda some: fmean(r.iou for r in some), "  mean {:.3f}"),
    Figure("error", lambda some: fmean(r.error for r in some), "  alpha error {:.4f}", "mean alpha error"),
    Figure("seconds", lambda some: fmean(r.seconds for r in some), "  {:.3f} s"),
)
TARGETS: Targets = {
    f"median IoU, {PHOTOGRAPHS}": ("at least", 0.95),
    f"mean alpha error, {PHOTOGRAPHS}": ("at most", 0.02),
    **SCENE_TARGETS,
}


def summed(dataset: str, readings: Sequence[Reading], scenes: SceneEvaluation | None = None) -> Evaluation:
    """Figures of each kind of ground, of all composites, and of scenes, where there are any."""
    groups: dict[str, Sequence[Reading]] = {ground: [r for r in readings if r.ground == ground] for ground in GROUNDS}
    table = Table({**groups, "all": readings}, METHODS, FIGURES, width=10)
    ours = table.values.get(PHOTOGRAPHS, {}).get(OURS)
    reached = {} if ours is None else dict(zip(TARGETS, (ours["median_iou"], ours["error"]), strict=False))
    return Evaluation(
        dataset,
        table.lines() + ([] if scenes is None else scenes.lines()),
        table.metrics(dataset) | ({} if scenes is None else scenes.metrics()),
        targets=TARGETS,
        reached=reached | ({} if scenes is None else scenes.reached()),
        details={
            "groups": table.values,
            "scenes": None if scenes is None else scenes.record(),
            "readings": as_records(readings),
        },
    )


def evaluate(
    folder: Path,
    run: Run,
    *,
    model: str = "auto",
    held_out: bool = False,
    limit: int | None = None,
    on_progress: Progress | None = None,
) -> list[Evaluation]:
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
    check_at_least("limit", limit)
    peers = _peers()
    cases = _Cases(folder, held_out)
    readings: list[Reading] = []
    for index in each(range(CASES if limit is None else limit), on_progress):
        ground = SPREAD[index % len(SPREAD)]
        rgb, truth = (x[None] for x in cases.case(index, ground))
        rgb = in_8_bits(rgb)
        made, seconds, confidence = cut(run, rgb, model)
        readings.append(reading(ground, OURS, made, truth, seconds, confidence))
        for method, peer in peers.items():
            made, seconds = timed(peer, rgb, truth)
            readings.append(reading(ground, method, made, truth, seconds))
    name = f"{name_of(folder, held_out)}, {SIDE_PX} px, products of {PRODUCT_PX} px on other grounds"
    scenes = evaluate_scenes(folder, run, model=model, held_out=held_out, limit=limit, on_progress=on_progress)
    return [summed(name, readings, scenes)]


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


def _peers() -> dict[str, Callable[[Tensor, Tensor], Tensor]]:
    """{method: (picture, true coverage) -> coverage}; only GrabCut looks at the true one's box."""
    from skimage.color import rgb2lab
    from skimage.filters import threshold_otsu
    from skimage.segmentation import morphological_chan_vese

    cv2 = opencv()

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
