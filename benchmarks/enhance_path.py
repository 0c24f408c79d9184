"""Time of the whole path of Enhance over its network's own time on as many pixels in tiles of 512.

    python -m benchmarks.enhance_path --megapixels 6 --scale 2

Both run in this process, in turn, on the same threads, on the same picture. Processor time is printed as well as
seconds: on a machine that does other things it is the figure to trust. The path begins with the decoded picture and
ends with the one that is written: tiling, color and white kept as they were, blending.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F

from gan.api import Studio, _native_half
from gan.core.contract import Model
from gan.enhance.pipeline import EnhanceRequest
from gan.imaging.picture import Picture

TILE_PX = 512


def main() -> None:
    """Print one line a round and the ratio of the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megapixels", type=float, default=6.0, help="of the picture that comes in")
    parser.add_argument("--scale", type=int, default=2, choices=(1, 2, 4))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    height = round(math.sqrt(options.megapixels * 1e6 * 3 / 4))
    width = round(height * 4 / 3)
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand(1, 3, height // 8, width // 8, generator=generator)
    picture = Picture(F.interpolate(noise, (height, width), mode="bicubic").clamp(0, 1))
    studio = Studio("cpu")
    model = studio.load(f"enhance-x{options.scale}")

    def path() -> None:
        studio.run(EnhanceRequest(picture=picture, scale=options.scale))

    def network() -> None:
        _tiles(model, height * width)

    network()  # the first call also chooses kernels
    spent: dict[str, list[tuple[float, float]]] = {"path": [], "network": []}
    for number in range(options.rounds):
        for name, call in (("network", network), ("path", path)):
            spent[name].append(_timed(call))
        told = (f"{name} {wall:.2f} s ({cpu:.2f} s of processor)" for name, ((wall, cpu)) in _last(spent))
        print(f"round {number}: " + ", ".join(told), flush=True)
    for index, what in enumerate(("seconds", "processor time")):
        whole, own = (statistics.median(pair[index] for pair in spent[name]) for name in ("path", "network"))
        print(f"{what}: path {whole:.2f}, network {own:.2f}: {whole / own:.2f} times")


def _last(spent: dict[str, list[tuple[float, float]]]) -> list[tuple[str, tuple[float, float]]]:
    return [(name, values[-1]) for name, values in spent.items()]


def _tiles(model: Model, pixels: int) -> None:
    """The network on `pixels` pixels in all, tile after tile and no more than that."""
    half = _native_half(torch.device("cpu"))
    tile = torch.rand(1, 3, TILE_PX, TILE_PX).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode(), torch.autocast("cpu", half, enabled=half is not None):
        while pixels > 0:
            rows = min(TILE_PX, max(32, math.ceil(pixels / TILE_PX / 32) * 32))
            model.network(tile[:, :, :rows])
            pixels -= rows * TILE_PX


def _timed(call: Callable[[], None]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - cpu


if __name__ == "__main__":
    main()
