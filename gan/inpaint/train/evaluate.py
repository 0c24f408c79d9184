"""Evaluate Inpaint on a folder: inside the hole and whole, against OpenCV, scikit-image and the smooth fill.

The pictures are the truth. Each gets a hole that is the same on every machine that has the same fonts; what lies in
the hole is replaced by one color before any method sees it, so that nothing of the truth is left to be used. Where the
folder holds rendered scenes, their main products are removed too, and the truth is the same place without them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from gan.core.contract import Progress, Result
from gan.imaging.alpha import bleed
from gan.imaging.mask import Hole
from gan.imaging.picture import Picture
from gan.imaging.resize import resize
from gan.inpaint.pipeline import InpaintRequest
from gan.models.features import load_features, perceptual_distance
from gan.training.data.holes import hole
from gan.training.data.inpainting_data import PLAIN
from gan.training.data.pictures import Entry, Pictures, find, split
from gan.training.data.scenes import Scenes, TruePairs, find_scenes, is_of_a_scene, split_scenes
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
    metric,
    name_of,
    opencv,
    timed,
)

MOST_DB = 60.0
LARGE = "holes over 20%"
REMOVED = "things removed from scenes"
RADIUS_PX = 3
TELEA, NAVIER_STOKES, BIHARMONIC, SMOOTH = "Telea", "Navier-Stokes", "biharmonic", "smooth"
METHODS = (OURS, TELEA, NAVIER_STOKES, BIHARMONIC, SMOOTH)
BARS: Targets = {
    "dB over Telea": ("at least", 1.5),
    "FD / Telea": ("at most", 0.75),
    f"FD / Telea, {LARGE}": ("at most", 0.65),
    "known pixels identical": ("at least", 1.0),
    f"dB over Telea, {REMOVED}": ("at least", 2.0),
    f"FD / Telea, {REMOVED}": ("at most", 0.65),
}

Run = Callable[[InpaintRequest], Result]


@dataclass(frozen=True)
class Reading:
    """Scores of one method on one case.

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


def _db(squared: float) -> float:
    return MOST_DB if squared == 0 else min(MOST_DB, -10 * math.log10(squared))


def _pooled(readings: Sequence[Reading]) -> float:
    """PSNR of the error averaged over all holes' pixels, so that large holes weigh more."""
    return _db(sum(r.share * r.squared for r in readings) / sum(r.share for r in readings))


FIGURES: tuple[Figure[Reading], ...] = (
    Figure("psnr", lambda some: fmean(_db(r.squared) for r in some), " PSNR {:5.2f} dB", "PSNR in the hole"),
    Figure("pooled", _pooled, "  pooled {:5.2f} dB"),
    Figure("l1", lambda some: fmean(r.absolute for r in some), "  L1 {:.4f}", "L1 in the hole"),
    Figure("fd", lambda some: fmean(r.distance for r in some), "  FD-lite2 {:.4f}", "FD-lite2"),
    Figure("seconds", lambda some: fmean(r.seconds for r in some), "  {:.3f} s"),
)


def summed(
    dataset: str, readings: Sequence[Reading], *, removed: Sequence[Reading] = (), left_out: Sequence[str] = ()
) -> Evaluation:
    """Figures of all readings, of those in each range of a hole's share, of each source, and of things removed."""
    groups: dict[str, Sequence[Reading]] = {"all": readings}
    for index in range(len(BOUNDS) - 1):
        groups[_bin_name(index)] = [reading for reading in readings if reading.size_bin == index]
    groups[LARGE] = [reading for reading in readings if reading.size_bin >= LARGE_FROM]
    for source in sorted({reading.source for reading in readings}):
        groups[source] = [reading for reading in readings if reading.source == source]
    groups[REMOVED] = removed
    table = Table(groups, METHODS, FIGURES)
    ours, telea = table.values["all"][OURS], table.values["all"][TELEA]
    reached = {"dB over Telea": ours["psnr"] - telea["psnr"], "FD / Telea": ours["fd"] / telea["fd"]}
    counts = dict.fromkeys((*reached, "known pixels identical"), ours["n"])
    reached["known pixels identical"] = fmean(r.known for r in (*readings, *removed) if r.method == OURS)
    for group in (LARGE, REMOVED):
        if group in table.values:
            ours, telea = table.values[group][OURS], table.values[group][TELEA]
            reached[f"FD / Telea, {group}"] = ours["fd"] / telea["fd"]
            counts[f"FD / Telea, {group}"] = ours["n"]
    if removed:
        reached[f"dB over Telea, {REMOVED}"] = ours["psnr"] - telea["psnr"]
        counts[f"dB over Telea, {REMOVED}"] = ours["n"]
    return Evaluation(
        dataset,
        table.lines(),
        table.metrics(dataset, {"all": "", LARGE: f", {LARGE}", REMOVED: f", {REMOVED}"})
        | {name: metric(dataset, counts[name], value) for name, value in reached.items()},
        targets=BARS,
        reached=reached,
        left_out=left_out,
        details={"groups": table.values, "readings": as_records((*readings, *removed))},
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
    """Cut a hole into each picture, fill it with every method, and compare with the original.

    Args:
        run: carries out a request, such as `Studio.run`.
        model: as in `InpaintRequest`.
        held_out: use only the products that training never sees.
        limit: at most this many cases, which the folders below `folder` share evenly, and as many scenes.

    Raises:
        InputError: no picture has 256 px a side, or `limit` is less than 1.
        WeightsError: a package for measuring is not installed.
    """
    check_at_least("limit", limit)
    peers = _peers()
    features = load_features("lite2")
    cases = Cases(folder, held_out=held_out, limit=limit)

    def readings(of: Cases | Removals, what: str = "") -> list[Reading]:
        found: list[Reading] = []
        for case in each(of, on_progress, what):
            given = torch.where(case.hole > 0, torch.tensor([1.0, 0.0, 1.0])[:, None, None], case.truth)
            made, seconds = {}, {}
            result = run(InpaintRequest(picture=Picture(given), mask=Hole(case.hole), model=model))
            made[OURS], seconds[OURS] = in_8_bits(result.picture.rgb), result.seconds
            for method, fill in peers.items():
                made[method], seconds[method] = timed(fill, given, case.hole)
            with torch.inference_mode():
                distances = perceptual_distance(
                    features, torch.cat(list(made.values())), case.truth.expand(len(made), -1, -1, -1)
                ).tolist()
            for (method, x), distance in zip(made.items(), distances, strict=True):
                found.append(_reading(case, method, x, distance, seconds[method]))
        return found

    removals = Removals(folder, held_out=held_out, limit=limit)
    left_out = f"{cases.too_small} pictures that cannot be read or have less than {SIDE_PX} px a side"
    name = f"{name_of(folder, held_out)}, {SIDE_PX} px; holes of 0-75% on ground that is not plain"
    return [
        summed(
            name,
            readings(cases),
            removed=readings(removals, REMOVED),
            left_out=[left_out] if cases.too_small else [],
        )
    ]


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


def _bin_name(index: int) -> str:
    low, high = BOUNDS[index], BOUNDS[index + 1]
    return f"holes up to {high:.0%}" if not index else f"holes of {low:.0%} to {high:.0%}"


def _peers() -> dict[str, Callable[[Tensor, Tensor], Tensor]]:
    """{method: (picture, hole) -> filled picture}, in 8 bits, known pixels untouched."""
    from skimage.restoration import inpaint_biharmonic

    cv2 = opencv()

    def classical(flag: int) -> Callable[[Tensor, Tensor], Tensor]:
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
        TELEA: classical(cv2.INPAINT_TELEA),
        NAVIER_STOKES: classical(cv2.INPAINT_NS),
        BIHARMONIC: biharmonic,
        SMOOTH: lambda x, mask: in_8_bits(bleed(x, 1 - mask)),
    }


SIDE_PX = 256
REMOVED_PX = 384
"""Scenes are rendered at this side."""

MOST_CROPS = 12
BOUNDS = (0.0, 0.05, 0.1, 0.2, 0.4, 0.75)
"""Shares of a picture that a hole covers; the bins between them come up equally often."""

LARGE_FROM = 3
"""The bins from here on are the holes over 20%."""

LARGE_KINDS: Mapping[str, float] = {"strokes": 0.4, "boxes": 0.25, "blob": 0.35}


@dataclass(frozen=True)
class Case:
    """A picture with a hole.

    Attributes:
        source: the folder that the picture comes from.
        truth: (1, 3, S, S) in [0, 1], multiples of 1/255; S is 256, in scenes 384.
        hole: (1, 1, S, S), 1 in the hole.
        size_bin: of `BOUNDS`; -1 in scenes.
    """

    source: str
    truth: Tensor
    hole: Tensor
    size_bin: int


class Cases(Dataset[Case]):
    """Pictures with holes; item i is the same on every machine that has the same fonts, in any order.

    Pictures of 256 x 256 px are used whole, larger ones as squares at random places, shrunk: one for every 256 x 256 px
    that there are, up to 12. Rendered scenes are left to `Removals`. The folders take turns, so that a limit only cuts
    off the end, and in every folder each bin comes up equally often.

    Args:
        held_out: use only the products that training never sees.
        limit: at most this many items.

    Raises:
        InputError: no picture has 256 px a side.
    """

    def __init__(self, folder: Path, *, held_out: bool = False, limit: int | None = None) -> None:
        entries = [entry for entry in find(folder) if not is_of_a_scene(entry.path)]
        if held_out:
            entries = split(entries)[1]
        self.pictures = Pictures(entries, SIDE_PX)
        self.too_small = len(entries) - len(self.pictures)
        by_source: dict[str, list[int]] = defaultdict(list)
        for index, (entry, pixels) in enumerate(zip(self.pictures.entries, self.pictures.pixels, strict=True)):
            room = (pixels.shape[1] // SIDE_PX) * (pixels.shape[2] // SIDE_PX)
            by_source[_source(entry, folder)] += [index] * min(room, MOST_CROPS)
        turns: list[tuple[int, str, int]] = []  # (which turn of the source it is, source, picture)
        for source, members in by_source.items():
            order = torch.randperm(len(members), generator=torch.Generator().manual_seed(0)).tolist()
            turns += [(turn, source, members[place]) for turn, place in enumerate(order)]
        self._turns = sorted(turns)[:limit]

    def __len__(self) -> int:
        return len(self._turns)

    def __getitem__(self, index: int) -> Case:
        turn, source, picture = self._turns[index]
        generator = torch.Generator().manual_seed(index)
        truth = _square(self.pictures.pixels[picture], generator)
        size_bin = turn % (len(BOUNDS) - 1)
        return Case(source, truth, _hole(truth, size_bin, generator), size_bin)


class Removals(Dataset[Case]):
    """Rendered scenes whose main product is the hole; the truth has the empty place there.

    Its shadow and its reflection stay around the hole, as they do when a user brushes over the product.

    Args:
        held_out: use only the products that training never sees.
        limit: at most this many items.
    """

    def __init__(self, folder: Path, *, held_out: bool = False, limit: int | None = None) -> None:
        found = find_scenes(folder)
        found = (split_scenes(found)[1] if held_out else found)[:limit]
        self._pairs = TruePairs(Scenes(found), REMOVED_PX, 0) if found else None

    def __len__(self) -> int:
        return 0 if self._pairs is None else len(self._pairs)

    def __getitem__(self, index: int) -> Case:
        if self._pairs is None:
            raise IndexError(index)
        seen, hole, empty = (x[None] for x in self._pairs.case(index))
        return Case(REMOVED, in_8_bits(torch.where(hole > 0, empty, seen)), hole, -1)


def _source(entry: Entry, folder: Path) -> str:
    """First meaningful folder name on the path of a picture."""
    parts = [part for part in entry.path.relative_to(folder).parts[:-1] if part != "images"]
    return parts[0] if parts else folder.name


def _square(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """(1, 3, 256, 256) of uint8 (3, H, W): a square of at least half the shorter side, at a random place."""
    height_px, width_px = pixels.shape[1:]
    short_px = min(height_px, width_px)
    least_px = max(SIDE_PX, short_px // 2)
    window = int(torch.randint(least_px, short_px + 1, (), generator=generator))
    top = int(torch.randint(height_px - window + 1, (), generator=generator))
    left = int(torch.randint(width_px - window + 1, (), generator=generator))
    x = pixels[None, :, top : top + window, left : left + window].float() / 255
    return in_8_bits(resize(x, SIDE_PX, SIDE_PX))


def _hole(truth: Tensor, size_bin: int, generator: torch.Generator) -> Tensor:
    """(1, 1, 256, 256): shapes are added until the share is within the bin; on plain ground it is tried again."""
    low, high = BOUNDS[size_bin], BOUNDS[size_bin + 1]
    kinds = LARGE_KINDS if size_bin >= LARGE_FROM else None
    growth = size_bin / (len(BOUNDS) - 2)
    for _ in range(20):
        mask = torch.zeros(1, 1, SIDE_PX, SIDE_PX)
        while not low < float(mask.mean()) <= high:
            if float(mask.mean()) > high:
                mask.zero_()
            mask = torch.maximum(mask, hole(SIDE_PX, generator, growth=growth, kinds=kinds)[None])
        if float(truth[mask.expand_as(truth) > 0].std()) > PLAIN:
            break
    return mask
