"""Measures Cut-out in rendered scenes, beside U-2-Net where that is at hand: alone, with one click, its confidence."""

from __future__ import annotations

import dataclasses
import os
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan.core.contract import Result
from gan.core.errors import InputError
from gan.cutout.pipeline import CutoutRequest
from gan.imaging.clicks import RADIUS, disc
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture
from gan.imaging.resize import resize
from gan.models.manifest import Metric
from gan.training.data.clicks import a_click
from gan.training.data.scenes import Scenes, find_scenes, split_scenes

U2NET_FILE = "u2net.onnx"
U2NET_PX = 320
U2NET_MEAN, U2NET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

CLICK_CASES = 120
BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
FEWEST = 5
"""A bin of fewer cases says nothing."""

BARS: Mapping[str, tuple[str, float]] = {
    "mean IoU, scenes": ("at least", 0.92),
    "share over 0.9, scenes": ("at least", 0.75),
    "one click, share over 0.9": ("at least", 0.8),
    "confidence against IoU, widest gap": ("at most", 0.1),
}

Run = Callable[[CutoutRequest], Result]


@dataclass(frozen=True)
class Look:
    """What came of one scene or one click.

    Attributes:
        iou: of what is more than half covered.
        error: mean absolute difference of the coverages.
        confidence: ours; 0 where no product was found, and for others.
    """

    scene: str
    thing: int
    iou: float
    error: float
    seconds: float
    confidence: float = 0.0


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
        ours: the main product, found without a hint.
        peer: the same with U-2-Net; empty where it is not at hand.
        clicked: each thing of which enough is seen, with one click on it.
    """

    dataset: str
    ours: tuple[Look, ...]
    peer: tuple[Look, ...]
    clicked: tuple[Look, ...]

    def bins(self) -> list[Bin]:
        """Confidence against IoU, of pictures without a click and with one."""
        found = []
        looks = [*self.ours, *self.clicked]
        for low, high in pairwise(BINS):
            some = [x for x in looks if low <= x.confidence < high or (high == 1.0 and x.confidence == 1.0)]
            if some:
                confidence = statistics.fmean(x.confidence for x in some)
                found.append(Bin(low, len(some), confidence, statistics.fmean(x.iou for x in some)))
        return found

    def reached(self) -> dict[str, float]:
        """What `BARS` are about, as far as it was measured."""
        found = {"mean IoU, scenes": _mean(self.ours), "share over 0.9, scenes": _over(self.ours)}
        if self.clicked:
            found["one click, share over 0.9"] = _over(self.clicked)
        gaps = [abs(one.confidence - one.iou) for one in self.bins() if one.n >= FEWEST]
        if gaps:
            found["confidence against IoU, widest gap"] = max(gaps)
        return found

    def metrics(self) -> dict[str, Metric]:
        """As a manifest's record holds them."""
        baseline = {"mean IoU, scenes": _mean(self.peer), "share over 0.9, scenes": _over(self.peer)}
        return {
            name: Metric(
                dataset=self.dataset,
                n=len(self.clicked) if "click" in name else len(self.ours),
                value=round(value, 4),
                baseline={"U-2-Net": round(baseline[name], 4)} if self.peer and name in baseline else {},
            )
            for name, value in self.reached().items()
        }

    def lines(self) -> list[str]:
        """For a terminal."""
        lines = [f"{self.dataset}, {len(self.ours)} scenes"]
        for title, looks in (("ours", self.ours), ("U-2-Net", self.peer), ("one click", self.clicked)):
            if looks:
                median = statistics.median(x.iou for x in looks)
                error, seconds = (statistics.fmean(getattr(x, name) for x in looks) for name in ("error", "seconds"))
                lines.append(
                    f"  {title:<10} IoU median {median:.3f}  mean {_mean(looks):.3f}  over 0.9 {_over(looks):.0%} of "
                    f"{len(looks)}  alpha error {error:.4f}  {seconds:.3f} s"
                )
        lines.append("  confidence from, cases, mean confidence, mean IoU")
        lines += [f"  {one.low:>15.1f} {one.n:>6} {one.confidence:>16.2f} {one.iou:>9.2f}" for one in self.bins()]
        return lines

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "dataset": self.dataset,
            "bins": [dataclasses.asdict(one) for one in self.bins()],
            **{name: [dataclasses.asdict(x) for x in getattr(self, name)] for name in ("ours", "peer", "clicked")},
        }


def evaluate_scenes(
    folder: Path,
    run: Run,
    *,
    model: str = "auto",
    held_out: bool = False,
    limit: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> SceneEvaluation | None:
    """Cut the main product out of every scene below a folder, and everything that a click can ask for.

    Args:
        run, model, held_out: as of `gan.cutout.train.evaluate.evaluate`; held out is a scene whose main product is.
        limit: this many scenes at most.

    Returns:
        None where there is no scene.
    """
    entries = find_scenes(folder)
    entries = (split_scenes(entries)[1] or entries if held_out else entries)[:limit]
    if not entries:
        return None
    scenes = Scenes(entries)
    peer = u2net()
    ours: list[Look] = []
    beside: list[Look] = []
    clicked: list[Look] = []
    for index in range(len(scenes)):
        name = scenes.entries[index].picture.stem
        rgb, covers = scenes.whole(index)
        ours.append(_look(name, 0, run, rgb, covers[:1], None, model))
        if peer is not None:
            began = time.perf_counter()
            made = peer(rgb[None])
            beside.append(_compared(name, 0, made, covers[None, :1], time.perf_counter() - began, 0.0))
        for number in scenes.things(index) if len(clicked) < CLICK_CASES else []:
            place = a_click(covers[number : number + 1])
            if place is not None:
                height, width = rgb.shape[1:]
                mark = disc(height, width, *place, RADIUS * max(height, width))[None]
                clicked.append(_look(name, number, run, rgb, covers[number : number + 1], Mask(mark), model))
        if on_progress is not None:
            on_progress(index + 1, len(scenes))
    dataset = f"{folder.name}{', held-out' if held_out else ''}, rendered scenes of {rgb.shape[2]} px"
    return SceneEvaluation(dataset, tuple(ours), tuple(beside), tuple(clicked))


def u2net() -> Callable[[Tensor], Tensor] | None:
    """U-2-Net (arXiv 2005.09007) as rembg runs it, (1, 3, H, W) to the coverage (1, 1, H, W).

    None unless onnxruntime is installed and u2net.onnx lies where rembg looks for it: in U2NET_HOME or ~/.u2net.
    """
    path = Path(os.environ.get("U2NET_HOME", "~/.u2net")).expanduser() / U2NET_FILE
    if not path.is_file():
        return None
    try:
        import onnxruntime
    except ImportError:
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    mean, std = (torch.tensor(values).reshape(1, 3, 1, 1) for values in (U2NET_MEAN, U2NET_STD))

    def cut(rgb: Tensor) -> Tensor:
        small = resize(rgb, U2NET_PX, U2NET_PX).clamp(0, 1)
        given = (small / small.amax().clamp(min=1e-6) - mean) / std
        made = torch.from_numpy(session.run(None, {session.get_inputs()[0].name: given.numpy()})[0])[:, :1]
        stretched = (made - made.amin()) / (made.amax() - made.amin()).clamp(min=1e-6)
        return resize(stretched, *rgb.shape[2:]).clamp(0, 1)

    return cut


def _look(scene: str, thing: int, run: Run, rgb: Tensor, truth: Tensor, keep: Mask | None, model: str) -> Look:
    try:
        result = run(CutoutRequest(picture=Picture(rgb[None]), keep=keep, model=model))
    except InputError:  # it says that there is no product
        return _compared(scene, thing, torch.zeros_like(truth)[None], truth[None], 0.0, 0.0)
    alpha = result.picture.alpha
    made = torch.ones_like(truth)[None] if alpha is None else alpha
    return _compared(scene, thing, made, truth[None], result.seconds, float(result.details["confidence"]))


def _compared(scene: str, thing: int, made: Tensor, truth: Tensor, seconds: float, confidence: float) -> Look:
    inside, wanted = made > 0.5, truth > 0.5
    iou = float((inside & wanted).sum()) / max(1.0, float((inside | wanted).sum()))
    return Look(scene, thing, iou, float((made - truth).abs().mean()), seconds, confidence)


def _mean(looks: tuple[Look, ...]) -> float:
    return statistics.fmean(x.iou for x in looks) if looks else 0.0


def _over(looks: tuple[Look, ...]) -> float:
    return statistics.fmean(float(x.iou >= 0.9) for x in looks) if looks else 0.0
