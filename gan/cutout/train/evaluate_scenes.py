"""Measures Cut-out in rendered scenes, beside U-2-Net where that is at hand: alone, with one click, its confidence."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median
from typing import Any

from gan.core.contract import Progress
from gan.cutout.train.readings import Reading, Run, cut, reading
from gan.cutout.train.u2net import U2Net
from gan.models.manifest import Metric
from gan.training.data.clicks import a_click
from gan.training.data.scenes import Scenes, find_scenes, split_scenes
from gan.training.evaluation import OURS, Figure, Table, Targets, as_records, each, metric, name_of, timed

SCENES = "rendered scenes"
PEER, CLICKED = "U-2-Net", "one click"
CLICK_CASES = 120
BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
FEWEST = 5
"""A bin of fewer cases says nothing."""

MEAN, OVER, OVER_CLICKED = "mean IoU, scenes", "share over 0.9, scenes", "one click, share over 0.9"
GAP = "confidence against IoU, widest gap"
TARGETS: Targets = {
    MEAN: ("at least", 0.92),
    OVER: ("at least", 0.75),
    OVER_CLICKED: ("at least", 0.8),
    GAP: ("at most", 0.1),
}

FIGURES: tuple[Figure[Reading], ...] = (
    Figure("median_iou", lambda some: median(r.iou for r in some), " IoU median {:.3f}"),
    Figure("mean_iou", lambda some: fmean(r.iou for r in some), "  mean {:.3f}"),
    Figure("over", lambda some: fmean(r.iou >= 0.9 for r in some), "  over 0.9 {:.0%} of {n}"),
    Figure("error", lambda some: fmean(r.error for r in some), "  alpha error {:.4f}"),
    Figure("seconds", lambda some: fmean(r.seconds for r in some), "  {:.3f} s"),
)


@dataclass(frozen=True)
class Bin:
    """Cases whose confidence lies in a range: how many, their mean confidence and their mean IoU."""

    low: float
    n: int
    confidence: float
    iou: float


@dataclass(frozen=True)
class SceneEvaluation:
    """All figures in scenes.

    Attributes:
        readings: by method: of `OURS` and `PEER` the main product, found without a hint; as `CLICKED` each thing of
            which enough is seen, with one click on it.
    """

    dataset: str
    readings: Sequence[Reading]

    def of(self, *methods: str) -> list[Reading]:
        """The readings of some methods."""
        return [reading for reading in self.readings if reading.method in methods]

    @property
    def table(self) -> Table[Reading]:
        """All figures, a row for each method."""
        heading = f"{self.dataset}, {{n}} scenes"
        return Table({"": self.readings}, (OURS, PEER, CLICKED), FIGURES, heading=heading, width=10)

    def bins(self) -> list[Bin]:
        """Confidence against IoU, of pictures without a click and with one."""
        found = []
        looks = self.of(OURS, CLICKED)
        for low, high in pairwise(BINS):
            some = [x for x in looks if low <= x.confidence < high or (high == 1.0 and x.confidence == 1.0)]
            if some:
                found.append(Bin(low, len(some), fmean(x.confidence for x in some), fmean(x.iou for x in some)))
        return found

    def reached(self) -> dict[str, float]:
        """Measured values of the figures in `TARGETS`."""
        rows = self.table.values[""]
        found = {MEAN: rows[OURS]["mean_iou"], OVER: rows[OURS]["over"]}
        if CLICKED in rows:
            found[OVER_CLICKED] = rows[CLICKED]["over"]
        gaps = [abs(one.confidence - one.iou) for one in self.bins() if one.n >= FEWEST]
        return found | ({GAP: max(gaps)} if gaps else {})

    def metrics(self) -> dict[str, Metric]:
        """Metrics for the manifest's record."""
        rows = self.table.values[""]
        beside = {MEAN: {PEER: rows[PEER]["mean_iou"]}, OVER: {PEER: rows[PEER]["over"]}} if PEER in rows else {}
        return {
            name: metric(self.dataset, rows[CLICKED if name == OVER_CLICKED else OURS]["n"], value, beside.get(name))
            for name, value in self.reached().items()
        }

    def lines(self) -> list[str]:
        """For a terminal."""
        shown = [f"  {one.low:>15.1f} {one.n:>6} {one.confidence:>16.2f} {one.iou:>9.2f}" for one in self.bins()]
        return [*self.table.lines(), "  confidence from, cases, mean confidence, mean IoU", *shown]

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        parts = {"ours": OURS, "peer": PEER, "clicked": CLICKED}
        return {
            "dataset": self.dataset,
            "bins": [dataclasses.asdict(one) for one in self.bins()],
            **{name: as_records(self.of(method)) for name, method in parts.items()},
        }


def evaluate_scenes(
    folder: Path,
    run: Run,
    *,
    model: str = "auto",
    held_out: bool = False,
    limit: int | None = None,
    on_progress: Progress | None = None,
) -> SceneEvaluation | None:
    """Cut the main product out of every scene below a folder, and everything that a click can ask for.

    Args:
        run, model, held_out: as of `gan.cutout.train.evaluate.evaluate`; held out is a scene whose main product is.
        limit: this many scenes at most.

    Returns:
        None where there is no scene.
    """
    entries = find_scenes(folder)
    entries = (split_scenes(entries)[1] if held_out else entries)[:limit]
    if not entries:
        return None
    scenes = Scenes(entries)
    peer = U2Net.find()
    readings: list[Reading] = []
    clicks = 0
    for index in each(range(len(scenes)), on_progress):
        name = scenes.entries[index].picture.stem
        rgb, covers = (x[None] for x in scenes.whole(index))
        made, seconds, confidence = cut(run, rgb, model)
        readings.append(reading(SCENES, OURS, made, covers[:, :1], seconds, confidence, scene=name))
        if peer is not None:
            made, seconds = timed(peer, rgb)
            readings.append(reading(SCENES, PEER, made, covers[:, :1], seconds, scene=name))
        for number in scenes.things(index) if clicks < CLICK_CASES else []:
            cover = covers[:, number : number + 1]
            place = a_click(cover[0])
            if place is not None:
                made, seconds, confidence = cut(run, rgb, model, f"{place[1]},{place[0]}")
                readings.append(reading(SCENES, CLICKED, made, cover, seconds, confidence, scene=name, thing=number))
                clicks += 1
    return SceneEvaluation(f"{name_of(folder, held_out)}, {SCENES} of {rgb.shape[3]} px", readings)
