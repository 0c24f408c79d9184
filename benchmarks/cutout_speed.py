"""What cutting out takes: a picture of 24 megapixels (bar 6 s on two cores), and 1024 px beside OpenCV's GrabCut.

    python -m benchmarks.cutout_speed

Decoding and encoding are left out. Each time is the least of several, on a machine that may be busy otherwise. The
peak is the kernel's figure for this process, the picture itself and what GrabCut needs included.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import cv2
import numpy as np

from gan.api import ROOT, Studio
from gan.cutout.pipeline import CutoutRequest
from gan.imaging.io.codec import decode
from gan.imaging.picture import Picture
from gan.imaging.resize import resize

EXAMPLE = ROOT / "tests/pictures/chair.jpg"
BAR_S = 6.0
LARGE = 4000, 6000
SMALL = 1024, 1024
ROUNDS = 3


def main() -> None:
    """Print seconds and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="auto", metavar="NAME_OR_PATH")
    model = parser.parse_args().model
    studio = Studio("cpu")
    rgb = decode(EXAMPLE).rgb
    small, large = (Picture(resize(rgb, *size)) for size in (SMALL, LARGE))
    ours = _least(lambda: studio.run(CutoutRequest(picture=small, model=model)))
    peer = _least(lambda: _grabcut(small))
    print(f"1024 px: ours {ours:.2f} s, GrabCut {peer:.2f} s, ratio {ours / peer:.2f}")
    seconds = _least(lambda: studio.run(CutoutRequest(picture=large, model=model)))
    kept = "kept" if seconds <= BAR_S else "MISSED"
    print(f"24 megapixels: {seconds:.2f} s (bar {BAR_S:g} s: {kept}), peak memory {_peak_gb():.2f} GB")


def _least(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def _grabcut(picture: Picture) -> None:
    pixels = np.ascontiguousarray((picture.rgb[0] * 255).round().byte().permute(1, 2, 0).numpy())
    height, width = pixels.shape[:2]
    marked = np.zeros((height, width), np.uint8)
    box = (width // 20, height // 20, width * 9 // 10, height * 9 // 10)
    cv2.grabCut(pixels, marked, box, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_RECT)


def _peak_gb() -> float:
    with open("/proc/self/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e9


if __name__ == "__main__":
    main()
