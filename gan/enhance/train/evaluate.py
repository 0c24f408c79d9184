"""Measures Enhance on a folder: PSNR and SSIM on Y, and the Lite2 feature distance, beside bicubic and any peer.

Without references the folder's pictures are the truth and are damaged with a fixed seed; with references they are
what the references became.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.contract import Result
from gan.core.errors import InputError, WeightsError
from gan.core.files import pictures_below
from gan.enhance.pipeline import EnhanceRequest
from gan.imaging.io.codec import decode
from gan.imaging.picture import Picture
from gan.metrics.fidelity import compare, psnr_y, ssim_y
from gan.models.features import load_features, perceptual_distance
from gan.models.manifest import Metric
from gan.training.data.degrade import realistic
from gan.training.data.pictures import Pictures, find, split

CROP_PX = 256
SHORT_SIDE_PX = 768

Run = Callable[[EnhanceRequest], Result]


@dataclass(frozen=True)
class Evaluation:
    """Means over the pictures.

    Attributes:
        dataset: what was measured.
        n: number of pictures.
        figures: {figure: {method: mean}}; methods are "ours", "bicubic" and the peers' names.
        scale: output pixels per input pixel.
    """

    dataset: str
    n: int
    scale: int
    figures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def metrics(self) -> dict[str, Metric]:
        """As a manifest's record holds them."""
        return {
            name: Metric(
                dataset=self.dataset,
                n=self.n,
                value=round(values["ours"], 4),
                baseline={method: round(value, 4) for method, value in values.items() if method != "ours"},
            )
            for name, values in self.figures.items()
        }

    def table(self) -> str:
        """For a terminal, one line a method."""
        methods = sorted({method for values in self.figures.values() for method in values}, key=_ours_first)
        width = max(len(method) for method in methods)
        lines = [f"x{self.scale}, {self.n} pictures: {self.dataset}"]
        lines += [
            f"  {method:<{width}}  "
            + "  ".join(f"{name} {values[method]:.4f}" for name, values in self.figures.items() if method in values)
            for method in methods
        ]
        return "\n".join(lines)

    def record(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def evaluate_degraded(
    folder: Path,
    run: Run,
    *,
    scale: int,
    model: str = "auto",
    peers: Iterable[str] = (),
    held_out: bool = False,
    limit: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
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
        InputError: no picture is large enough.
    """
    entries = find(folder)
    if held_out:
        entries = split(entries)[1]
    if limit is not None and len(entries) > limit:
        entries = [entries[round(i * (len(entries) - 1) / max(limit - 1, 1))] for i in range(limit)]
    truths = [crop for pixels in Pictures(entries, 16).pixels if (crop := _middle(pixels, 4)) is not None]
    distance = _feature_distance()
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for index, truth in enumerate(truths):
        damaged = realistic(truth[0], scale, torch.Generator().manual_seed(index))[None]
        candidates = {"ours": _enhanced(run, damaged, scale, model), "bicubic": _bicubic(damaged, scale)}
        candidates |= {Path(peer).stem: _enhanced(run, damaged, scale, peer) for peer in peers}
        for method, made in candidates.items():
            sums["PSNR-Y"][method] += float(psnr_y(made, truth, scale))
            sums["SSIM-Y"][method] += float(ssim_y(made, truth, scale))
            if distance is not None:
                sums["FD-lite2"][method] += distance(made, truth)
        if scale == 1:
            sums["clean PSNR"]["ours"] += min(float(psnr_y(_enhanced(run, truth, 1, model), truth, 0)), 100.0)
        if on_progress is not None:
            on_progress(index + 1, len(truths))
    name = f"{folder.name}{', held-out' if held_out else ''}; blur 0.5-2.2, noise to 8/255, JPEG 55-92"
    means = {figure: {m: v / len(truths) for m, v in values.items()} for figure, values in sums.items()}
    return Evaluation(name, len(truths), scale, means)


def evaluate_against(
    folder: Path,
    references: Path,
    run: Run,
    *,
    model: str = "auto",
    on_progress: Callable[[int, int], None] | None = None,
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
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    scale = 1
    for index, path in enumerate(paths):
        picture, reference = decode(path), decode(by_stem[path.stem], field="reference")
        scale = reference.width_px // picture.width_px
        request = EnhanceRequest(picture=picture, scale=scale, model=model)
        bicubic = picture.with_pixels(_bicubic(picture.rgb, scale), None)
        for method, made in (("ours", run(request).picture), ("bicubic", bicubic)):
            for figure, value in compare(made, reference).items():
                sums[figure][method] += value
        if on_progress is not None:
            on_progress(index + 1, len(paths))
    means = {figure: {m: v / len(paths) for m, v in values.items()} for figure, values in sums.items()}
    return Evaluation(f"{folder.name} against {references.name}", len(paths), scale, means)


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
    return ((x[:, :, top : top + height, left : left + width] * 255).round() / 255).contiguous()


def _enhanced(run: Run, damaged: Tensor, scale: int, model: str) -> Tensor:
    rgb = run(EnhanceRequest(picture=Picture(damaged), scale=scale, model=model)).picture.rgb
    return (rgb * 255).round() / 255


def _bicubic(x: Tensor, scale: int) -> Tensor:
    if scale == 1:
        return x
    up = F.interpolate(x, scale_factor=scale, mode="bicubic", align_corners=False)
    return (up.clamp(0, 1) * 255).round() / 255


def _feature_distance() -> Callable[[Tensor, Tensor], float] | None:
    """The Lite2 distance, or None where the packages for measuring are not installed."""
    try:
        features = load_features("lite2")
    except WeightsError:
        return None
    return lambda a, b: float(perceptual_distance(features, a, b))


def _ours_first(method: str) -> tuple[bool, str]:
    return (method != "ours", method)
