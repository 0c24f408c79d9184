"""Photographic style transfer: seconds for 24 megapixels beside Pillow and scikit-image, texture, and the way back.

    python -m benchmarks.stylize_look DATA

DATA holds `photos/` and `styles/`. Seconds: 6000x4000, one of the photographs enlarged, all in this process in turn, on
the same threads; Pillow's Color3DLUT applies the same lattice at 8 bits, scikit-image's match_histograms matches the
channels one by one. Ours is given twice: applying alone, and with the look being made first, as match_histograms does.
Quote the ratios of the medians. Texture: the correlation of the luma's gradients before and after, for photographs with
styles and with each other. The way back: the largest difference after applying, rounding to 8 bits, and inverting.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageFilter
from skimage.exposure import match_histograms
from torch import Tensor

from gan.core.files import pictures_below
from gan.imaging.color_grading import Look, matched
from gan.imaging.io.codec import decode
from gan.imaging.resize import resize

LARGE = (4000, 6000)
MEASURED_PX = 512
BAR_S, BAR_CORRELATION, BAR_LEVELS = 3.0, 0.98, 2.0
LUMA = torch.tensor([0.2126, 0.7152, 0.0722])[:, None, None]


def main() -> None:
    """Print the three parts, each beside its bar."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--pictures", type=int, default=8, help="photographs, and as many styles")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    photos = _some(options.data / "photos", options.pictures)
    styles = _some(options.data / "styles", options.pictures)
    _print_seconds(photos[0], styles[0], options.rounds, options.threads)
    _print_texture([_small(path) for path in photos], [_small(path) for path in styles])


def _print_seconds(photo: Path, style_path: Path, rounds: int, threads: int) -> None:
    rgb, style = resize(decode(photo).rgb, *LARGE), decode(style_path).rgb
    look = _look(rgb, style)
    pixels, style_pixels = _bytes(rgb), _bytes(style)
    image, table = Image.fromarray(pixels), ImageFilter.Color3DLUT(look.size, look.lattice.reshape(-1).numpy())
    calls: dict[str, Callable[[], object]] = {
        "ours": partial(look.apply, rgb),
        "ours, made and applied": lambda: _look(rgb, style).apply(rgb),
        "Color3DLUT": partial(image.filter, table),
        "match_histograms": partial(match_histograms, pixels, style_pixels, channel_axis=-1),
    }
    seconds: dict[str, list[float]] = {method: [] for method in calls}
    for _ in range(rounds):
        for method, call in calls.items():
            began = time.perf_counter()
            call()
            seconds[method].append(time.perf_counter() - began)
    medians = {method: statistics.median(taken) for method, taken in seconds.items()}
    print(f"{LARGE[1]}x{LARGE[0]}, {threads} threads (bar {BAR_S:g} s)")
    for method, median in medians.items():
        print(f"  {method}: {median:.2f} s, ours takes {medians['ours'] / median:.2f} of it", flush=True)


def _print_texture(photos: list[Tensor], styles: list[Tensor]) -> None:
    correlations: list[float] = []
    errors: list[float] = []
    for index, photo in enumerate(photos):
        others = (*styles, photos[index - 1])
        correlations += [gradient_correlation(photo, _look(photo, style).apply(photo)) for style in others]
        look = _look(photo, styles[index % len(styles)])
        made = (look.apply(photo) * 255).round() / 255
        errors.append(float((look.inverted().apply(made) - photo).abs().max() * 255))
    print(
        f"gradient correlation, {len(correlations)} pairs: mean {statistics.mean(correlations):.4f}, "
        f"lowest {min(correlations):.4f} (bar {BAR_CORRELATION:g})"
    )
    print(
        f"applied, rounded and taken back, {len(errors)} pairs: at most {max(errors):.2f} of 255 (bar {BAR_LEVELS:g})"
    )


def gradient_correlation(before: Tensor, after: Tensor) -> float:
    """Pearson's, of the horizontal and vertical differences of the luma of two pictures of one size."""
    slopes = []
    for rgb in (before, after):
        luma = (rgb[0] * LUMA).sum(0).double()
        slopes.append(torch.cat((luma.diff(dim=0).flatten(), luma.diff(dim=1).flatten())))
    return float(torch.corrcoef(torch.stack(slopes))[0, 1])


def _look(content: Tensor, style: Tensor) -> Look:
    return matched([content], [style], [1.0], covers=[None])


def _some(folder: Path, count: int) -> list[Path]:
    """Evenly over the folder's pictures."""
    paths = list(pictures_below(folder))
    return [paths[round(at)] for at in np.linspace(0, len(paths) - 1, min(count, len(paths)))]


def _small(path: Path) -> Tensor:
    rgb = decode(path).rgb
    ratio = MEASURED_PX / max(MEASURED_PX, *rgb.shape[2:])
    return resize(rgb, *(max(1, round(side * ratio)) for side in rgb.shape[2:]))


def _bytes(rgb: Tensor) -> np.ndarray:
    return (rgb[0] * 255).round().byte().permute(1, 2, 0).contiguous().numpy()


if __name__ == "__main__":
    main()
