"""What a scene takes: 1024 px (bar 0.7 s on two cores) and 24 megapixels (bar 8 s and 2 GB).

    python -m benchmarks.scene_speed [--set oak-table] [--rounds 3]

The product is cut out already. Printed are the least seconds of several rounds, and the processor's seconds, which a
busy machine changes little; where it is busy, --threads 1 says what one core needs at most, since two threads that
wait for one another count as work. The first round draws the
materials, later ones find them drawn, as a folder's pictures do.
"""

from __future__ import annotations

import argparse
import resource
import time

import torch

from gan.core.contract import Cache, Context, run
from gan.imaging.picture import Picture
from gan.scene.pipeline import SceneRequest, scene
from gan.scene.sets import NAMES, SETS

BARS = {1024: 0.7, 4899: 8.0}
"""Side in pixels of a square picture: seconds."""


def main() -> None:
    """Print seconds and memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", default="oak-table", choices=NAMES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for side, bar in BARS.items():
        product = bottle(round(0.6 * side))
        cache = Cache(64)
        for number in range(options.rounds):
            request = SceneRequest(picture=product, set=SETS[options.set], width_px=side, height_px=side)
            wall, cpu = time.perf_counter(), time.process_time()
            run(scene, request, Context(torch.device("cpu"), lambda *_: None, cache=cache), task="scene")  # type: ignore[arg-type,return-value]
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            kept = "kept" if min(wall, cpu / options.threads) <= bar else "MISSED"
            print(f"{side} px, round {number + 1}: {wall:.2f} s, {cpu:.2f} CPU-s (bar {bar:g} s: {kept})", flush=True)
        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB", flush=True)


def bottle(height_px: int) -> Picture:
    """A tall ellipse, cut out."""
    width_px = height_px // 2
    y = (torch.arange(height_px) + 0.5)[:, None] / height_px * 2 - 1
    x = (torch.arange(width_px) + 0.5)[None] / width_px * 2 - 1
    alpha = ((1 - (x**2 + y**2)) * height_px / 4).clamp(0, 1)[None, None]
    rgb = torch.stack([0.7 - 0.2 * x + 0 * y, 0.3 + 0.1 * y + 0 * x, 0.2 + 0 * x * y])[None]
    return Picture(rgb.float().contiguous(), alpha.float().contiguous())


if __name__ == "__main__":
    main()
