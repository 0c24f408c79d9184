"""Fits how a cut-out's confidence is told: a mean IoU for each raw value, rising, from scenes kept for training.

    python -m benchmarks.calibrate_confidence DATA

DATA holds rendered scenes, as of `examples/catalogue/`. Printed are the knots in `gan/cutout/segment.py`, which
count where the network for cut-outs is asked alone, and the gap between confidence and IoU in the held-out scenes, with
and without them. What clicks select and what the product is has no curve: the promptable network tells the IoU itself.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

import numpy as np

from gan.api import Studio
from gan.cutout import segment
from gan.cutout.train.evaluate_scenes import BINS, FEWEST, evaluate_scenes
from gan.training.data.scenes import find_scenes, split_scenes
from gan.training.evaluation import OURS

KNOTS = 6


def fitted(raw: Sequence[float], iou: Sequence[float]) -> list[tuple[float, float]]:
    """Mean IoU at the mean of as many groups of raw confidences, made to rise by pooling neighbors that fall."""
    order = np.argsort(raw)
    parts = np.array_split(order, KNOTS)
    groups = [[np.asarray(raw)[part].mean(), np.asarray(iou)[part].mean(), len(part)] for part in parts]
    at = 0
    while at + 1 < len(groups):
        (x, y, n), (x2, y2, n2) = groups[at], groups[at + 1]
        if y <= y2:
            at += 1
            continue
        groups[at : at + 2] = [[(x * n + x2 * n2) / (n + n2), (y * n + y2 * n2) / (n + n2), n + n2]]
        at = max(0, at - 1)
    return [*((round(float(x), 2), round(float(y), 2)) for x, y, _ in groups), (1.0, 1.0)]


def gap(confidence: Sequence[float], iou: Sequence[float]) -> float:
    """The widest gap between mean confidence and mean IoU of a bin."""
    told, true = np.asarray(confidence), np.asarray(iou)
    bins = [(low <= told) & ((told < high) | (high == 1)) for low, high in pairwise(BINS)]
    return max(abs(float(told[one].mean() - true[one].mean())) for one in bins if one.sum() >= FEWEST)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    held_out = {entry.picture.stem for entry in split_scenes(find_scenes(data))[1]}
    straight = ((0.0, 0.0), (1.0, 1.0))
    with patch.object(segment, "CALIBRATION", straight):
        measured = evaluate_scenes(data, Studio("cpu").run, model=segment.OUR_MODEL)
    if measured is None:
        raise SystemExit(f"{data} holds no scenes.")
    some, rest = ([x for x in measured.of(OURS) if (x.scene in held_out) == kept] for kept in (False, True))
    knots = fitted([x.confidence for x in some], [x.iou for x in some])
    print(f"{len(some)} looks at training scenes: {knots}")
    raw, iou = [x.confidence for x in rest], [x.iou for x in rest]
    xs, ys = zip(*knots, strict=True)
    mended = gap(np.interp(raw, xs, ys), iou)
    print(f"{len(rest)} held-out looks: widest gap {gap(raw, iou):.2f} raw, {mended:.2f} with these")


if __name__ == "__main__":
    main()
