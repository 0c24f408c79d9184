"""Measures Enhance on a folder: PSNR and SSIM on Y, and the Lite2 feature distance, beside bicubic and any peer.

Without references the folder's pictures are the truth and are damaged with a fixed seed; with references they are
what the references became.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.contract import Progress, Result
from gan.core.errors import InputError, WeightsError
from gan.core.files import pictures_below
from gan.enhance.pipeline import EnhanceRequest, Scale
from gan.imaging.io.codec import decode
from gan.imaging.picture import Picture
from gan.metrics.fidelity import compare, psnr_y, ssim_y
from gan.models.features import load_features, perceptual_distance
from gan.training.data.degrade import realistic
from gan.training.data.pictures import Pictures, find, split
from gan.training.evaluation import OURS, Evaluation, Figure, Table, check_at_least, each, in_8_bits, name_of

CROP_PX = 256
SHORT_SIDE_PX = 768

Run = Callable[[EnhanceRequest], Result]


SCALES = (4, 2, 1)
BICUBIC = "bicubic"


@dataclass(frozen=True)
class Reading:
    """Values of the figures of one method on one picture, by name."""

    method: str
    values: Mapping[str, float]


def evaluate(
    folder: Path,
    run: Run,
    *,
    model: str = "auto",
    reference: Path | None = None,
    scale: Sequence[int] = SCALES,
    peer: Sequence[str] = (),
    held_out: bool = False,
    limit: int | None = None,
    on_progress: Progress | None = None,
) -> list[Evaluation]:
    """Evaluate with `evaluate_against` where there are references, else with `evaluate_degraded` at each scale."""
    if reference is not None:
        return [evaluate_against(folder, reference, run, model=model, on_progress=on_progress)]
    return [
        evaluate_degraded(
            folder, run, scale=x, model=model, peers=peer, held_out=held_out, limit=limit, on_progress=on_progress
        )
        for x in scale
    ]


def summed(dataset: str, scale: int, readings: Sequence[Reading]) -> Evaluation:
    """Means over the pictures."""
    methods = sorted({r.method for r in readings}, key=lambda method: (method != OURS, method))
    table = Table(
        {"": readings},
        methods,
        [_mean(name) for name in dict.fromkeys(name for r in readings for name in r.values)],
        heading=f"x{scale}, {{n}} pictures: {dataset}",
        width=max(map(len, methods)),
    )
    (rows,) = table.values.values()
    title, *lines = table.lines()
    figures = {
        figure.name: {method: row[figure.name] for method, row in rows.items() if row[figure.name] is not None}
        for figure in table.figures
    }
    return Evaluation(
        dataset,
        lines,
        table.metrics(dataset, {"": ""}),
        title=title,
        details={"n": rows[OURS]["n"], "scale": scale, "figures": figures},
    )


def _mean(name: str) -> Figure[Reading]:
    def of(readings: Sequence[Reading]) -> float | None:
        values = [reading.values[name] for reading in readings if name in reading.values]
        return fmean(values) if values else None

    return Figure(name, of, f"  {name} {{:.4f}}", name)


def evaluate_degraded(
    folder: Path,
    run: Run,
    *,
    scale: int,
    model: str = "auto",
    peers: Iterable[str] = (),
    held_out: bool = False,
    limit: int | None = None,
    on_progress: Progress | None = None,
) -> Evaluation:
    """Damage the folder's pictures with a fixed seed each, enhance them, and compare with what they were.

    A picture is shrunk to a short side of at most 768 px, so that it is sharp at the pixel level, and its middle
    256 x 256 px are used. At x1 the figure "clean PSNR" says what full strength does to an undamaged picture.

    Args:
        run: carries out a request, such as `Studio.run`.
        model: as in `EnhanceRequest`.
        peers: further models to measure beside it.
        held_out: use only the products that training never sees.
        limit: at most this many pictures, evenly spread over the folder.

    Raises:
        InputError: no picture is large enough, or `limit` is less than 1.
    """
    check_at_least("limit", limit)
    entries = find(folder)
    if held_out:
        entries = split(entries)[1]
    if limit is not None and len(entries) > limit:
        entries = [entries[round(i * (len(entries) - 1) / max(limit - 1, 1))] for i in range(limit)]
    truths = [crop for pixels in Pictures(entries, 16).pixels if (crop := _middle(pixels, 4)) is not None]
    if not truths:
        raise InputError(
            "data", "no picture of {folder} has 64 px a side", "at least one is needed", "Add some", folder=folder
        )
    distance = _feature_distance()
    readings: list[Reading] = []
    for index, truth in enumerate(each(truths, on_progress)):
        damaged = realistic(truth[0], scale, torch.Generator().manual_seed(index))[None]
        candidates = {OURS: _enhanced(run, damaged, scale, model), BICUBIC: _bicubic(damaged, scale)}
        candidates |= {Path(peer).stem: _enhanced(run, damaged, scale, peer) for peer in peers}
        for method, made in candidates.items():
            values = {"PSNR-Y": float(psnr_y(made, truth, scale)), "SSIM-Y": float(ssim_y(made, truth, scale))}
            if distance is not None:
                values["FD-lite2"] = distance(made, truth)
            if scale == 1 and method == OURS:
                values["clean PSNR"] = min(float(psnr_y(_enhanced(run, truth, 1, model), truth, 0)), 100.0)
            readings.append(Reading(method, values))
    return summed(f"{name_of(folder, held_out)}; blur 0.5-2.2, noise to 8/255, JPEG 55-92", scale, readings)


def evaluate_against(
    folder: Path,
    references: Path,
    run: Run,
    *,
    model: str = "auto",
    on_progress: Progress | None = None,
) -> Evaluation:
    """Enhance each picture and compare it with the reference of the same name: MSE, PSNR, SSIM.

    The scale is the quotient of the sizes.

    Args:
        folder: damaged pictures.
        references: what they should be; the suffix may differ.

    Raises:
        InputError: a reference is missing or its size is not 1, 2 or 4 times the picture's.
    """
    by_stem = {path.stem: path for path in pictures_below(references)}
    paths = list(pictures_below(folder))
    missing = [path.name for path in paths if path.stem not in by_stem]
    if missing or not paths:
        raise InputError(
            "reference",
            "none for {names}",
            "one of the same name is needed for every picture",
            "Name the references as the pictures are named",
            names=", ".join(missing[:3]) or folder,
        )
    readings: list[Reading] = []
    scale: Scale = 1
    for path in each(paths, on_progress):
        picture, reference = decode(path), decode(by_stem[path.stem], field="reference")
        scale = cast(Scale, reference.width_px // picture.width_px)
        request = EnhanceRequest(picture=picture, scale=scale, model=model)
        bicubic = picture.with_pixels(_bicubic(picture.rgb, scale), None)
        for method, made in ((OURS, run(request).picture), (BICUBIC, bicubic)):
            readings.append(Reading(method, compare(made, reference)))
    return summed(f"{folder.name} against {references.name}", scale, readings)


def _middle(pixels: Tensor, multiple: int) -> Tensor | None:
    """(1, 3, h, w) in [0, 1], h and w divisible by `multiple`; None where the picture is too small to measure."""
    x = pixels[None].float() / 255
    short = min(x.shape[2:])
    if short > SHORT_SIDE_PX:
        size = [round(side * SHORT_SIDE_PX / short) for side in x.shape[2:]]
        x = F.interpolate(x, size, mode="bicubic", antialias=True).clamp(0, 1)
    height, width = (min(CROP_PX, side) // multiple * multiple for side in x.shape[2:])
    if min(height, width) < 64:
        return None
    top, left = (x.shape[2] - height) // 2, (x.shape[3] - width) // 2
    return in_8_bits(x[:, :, top : top + height, left : left + width]).contiguous()


def _enhanced(run: Run, damaged: Tensor, scale: int, model: str) -> Tensor:
    rgb = run(EnhanceRequest(picture=Picture(damaged), scale=cast(Scale, scale), model=model)).picture.rgb
    return in_8_bits(rgb)


def _bicubic(x: Tensor, scale: int) -> Tensor:
    if scale == 1:
        return x
    up = F.interpolate(x, scale_factor=scale, mode="bicubic", align_corners=False)
    return in_8_bits(up.clamp(0, 1))


def _feature_distance() -> Callable[[Tensor, Tensor], float] | None:
    """The Lite2 distance, or None where the packages for measuring are not installed."""
    try:
        features = load_features("lite2")
    except WeightsError:
        return None
    return lambda a, b: float(perceptual_distance(features, a, b))
