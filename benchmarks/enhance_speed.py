"""How much faster Enhance is than Real-ESRGAN x4plus: 256 -> 1024 pixels, from the file to the finished picture.

    python -m gan weights convert-realesrgan
    python -m benchmarks.enhance_speed

Both run in this process, in turn, on the same threads; x4plus at its own best: channels_last, and bfloat16 where the
CPU has it. The ratio of the medians is what to quote; seconds depend on the machine and on what else it does.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch

from gan.api import MODELS_DIR, Studio, _native_half
from gan.core.contract import Model
from gan.enhance.pipeline import EnhanceRequest
from gan.imaging.io.codec import Encoding, decode, encode, to_pil
from gan.imaging.picture import Picture


def main() -> None:
    """Print one line a round and the ratio of the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--peer", type=Path, default=MODELS_DIR / "realesrgan-x4plus.safetensors")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    generator = torch.Generator().manual_seed(0)
    noise = torch.nn.functional.interpolate(torch.rand(1, 3, 64, 64, generator=generator), (256, 256), mode="bicubic")
    file = encode(Picture(noise.clamp(0, 1)), Encoding())
    studio = Studio("cpu")
    peer = studio.load(str(options.peer))

    def ours() -> None:
        to_pil(studio.run(EnhanceRequest(picture=decode(file), scale=4)).picture)

    def theirs() -> None:
        to_pil(Picture(_plain(peer, decode(file).rgb)))

    seconds: dict[str, list[float]] = {"ours": [], "x4plus": []}
    ours()  # loads the weights
    for round_number in range(options.rounds):
        for name, call in (("ours", ours), ("x4plus", theirs)):
            seconds[name].append(_median_of(call, 3 if name == "ours" else 1))
        print(f"round {round_number}: " + ", ".join(f"{name} {s[-1]:.3f} s" for name, s in seconds.items()), flush=True)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    ratio = medians["x4plus"] / medians["ours"]
    print(
        f"{options.threads} threads: ours {medians['ours']:.3f} s, x4plus {medians['x4plus']:.3f} s: {ratio:.1f} times"
    )


def _plain(model: Model, x: torch.Tensor) -> torch.Tensor:
    half = _native_half(torch.device("cpu"))
    with torch.inference_mode(), torch.autocast("cpu", half, enabled=half is not None):
        made: torch.Tensor = model.network(x.contiguous(memory_format=torch.channels_last))
    return made.float().clamp(0, 1).contiguous()


def _median_of(call: Callable[[], None], times: int) -> float:
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
