"""How long Inpaint takes beside OpenCV's Telea: a 512x512 picture with a hole of 10%, and 24 megapixels with one of 5%.

    python -m benchmarks.inpaint_speed

Both run in this process, in turn, on the same threads and the same picture, a photograph of tests/pictures/ at either
size; the hole is one box in the middle. Quote the ratio of the medians; seconds depend on the machine and on what else
it does. The bars, 0.5 s and 6 s, are for two cores.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import torch

from gan.api import Studio
from gan.imaging.io.codec import decode
from gan.imaging.mask import Mask, rectangle
from gan.imaging.picture import Picture
from gan.imaging.resize import resize
from gan.inpaint.pipeline import InpaintRequest

PICTURE = Path(__file__).resolve().parents[1] / "tests/pictures/dandelions.jpg"
CASES = {"512x512, 10%": (512, 512, 0.1, 0.5), "6000x4000, 5%": (4000, 6000, 0.05, 6.0)}
"""name -> (height, width, share of the hole, bar in seconds)."""

RADIUS_PX = 3


def main() -> None:
    """Print one line for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--model", default="auto", metavar="NAME_OR_PATH")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(options.threads)
    studio = Studio("cpu")
    for name, (height_px, width_px, share, bar_s) in CASES.items():
        picture, mask = example(height_px, width_px, share)
        pixels = (picture.rgb[0] * 255).round().byte().permute(1, 2, 0).contiguous().numpy()
        hole = mask.coverage[0, 0].byte().numpy()
        request = InpaintRequest(picture=picture, mask=mask, model=options.model)
        calls: dict[str, Callable[[], object]] = {
            "ours": partial(studio.run, request),
            "Telea": partial(cv2.inpaint, pixels, hole, RADIUS_PX, cv2.INPAINT_TELEA),
        }
        seconds: dict[str, list[float]] = {method: [] for method in calls}
        calls["ours"]()  # loads the weights
        for _ in range(options.rounds):
            for method, call in calls.items():
                seconds[method].append(_timed(call))
        ours_s, telea_s = (statistics.median(seconds[method]) for method in ("ours", "Telea"))
        print(
            f"{name}, {options.threads} threads: ours {ours_s:.3f} s (bar {bar_s:g} s), Telea {telea_s:.3f} s, "
            f"ratio {ours_s / telea_s:.2f}",
            flush=True,
        )


def example(height_px: int, width_px: int, share: float) -> tuple[Picture, Mask]:
    """The photograph at this size, and a box in its middle that covers this share of it."""
    picture = Picture(resize(decode(PICTURE).rgb, height_px, width_px), name=PICTURE.name)
    width, height = round(width_px * share**0.5), round(height_px * share**0.5)
    left, top = (width_px - width) // 2, (height_px - height) // 2
    return picture, rectangle(height_px, width_px, left=left, top=top, width=width, height=height)


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
