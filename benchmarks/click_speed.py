"""What a click takes at 1 megapixel (bar 0.5 s on two cores), the second one on the same picture too.

    PYTHONPATH=. python benchmarks/click_speed.py [--picture examples/helmet.jpg] [--rounds 4]

Printed are the seconds of each round, and the processor's seconds, which a busy machine changes little.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch

from gan import Studio
from gan.imaging.io.codec import decode
from gan.imaging.resize import resize

BAR_S = 0.5
SIDE_PX = 1024


def main() -> None:
    """Print seconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", type=Path, default=Path("examples/helmet.jpg"))
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    own = decode(options.picture)
    picture = own.with_pixels(resize(own.rgb, SIDE_PX, SIDE_PX).clamp(0, 1), None)
    studio = Studio("cpu")
    clicks: list[str] = []
    for number in range(options.rounds):
        clicks.append(f"{SIDE_PX // 2 + 20 * number},{SIDE_PX // 2}")
        wall, cpu = time.perf_counter(), time.process_time()
        studio.select(picture, clicks=clicks)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        kept = "kept" if min(wall, cpu / options.threads) <= BAR_S else "MISSED"
        print(f"click {number + 1}: {wall:.2f} s, {cpu:.2f} CPU-s (bar {BAR_S:g} s: {kept})", flush=True)


if __name__ == "__main__":
    main()
