"""Compare the networks that enlarge generated pictures: held-out products shrunk to 64 px and enlarged four times.

    python -m benchmarks.generate_enlarging --data ../shared/data/catalogue

For each model: PSNR on Y and the feature distance (FD-lite2) to the picture as it was, both over held-out pictures,
and the kernel distance (KD-lite2) of 192 training pictures, treated likewise, to the held-out ones as they are: the
least that a generator of 64 px could reach with it. Bicubic interpolation is measured beside them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from gan.api import Studio
from gan.generate.pipeline import ENLARGERS, true_to
from gan.imaging.resize import resize
from gan.metrics.distribution import MEASURED_PX, kernel_distance, pooled_features
from gan.metrics.fidelity import psnr_y
from gan.models.features import load_features, perceptual_distance
from gan.training.data.catalogue import Catalogue, load

SMALL_PX, SCALE, SAMPLES, AT_ONCE = 64, 4, 192, 16

Enlarge = Callable[[Tensor], Tensor]


def main() -> None:
    """Print one line a model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a catalogue")
    parser.add_argument("--model", nargs="+", default=["enhance-x4", ENLARGERS[SCALE]], help="names, folders or files")
    options = parser.parse_args()
    training, held_out = load(options.data, MEASURED_PX)
    features = load_features("lite2")
    chosen = torch.randperm(len(training), generator=torch.Generator().manual_seed(0))[:SAMPLES].tolist()
    rows: dict[str, Enlarge] = {"bicubic": lambda x: resize(x, MEASURED_PX, MEASURED_PX).clamp(0, 1)}
    rows |= {name: _by(name) for name in options.model}
    with torch.inference_mode():
        truth = pooled_features(_whole(held_out, list(range(len(held_out)))), features)
        print(f"{len(held_out)} held-out pictures; the kernel distance of {SAMPLES} training pictures")
        least = kernel_distance(truth, pooled_features(_whole(training, chosen), features))
        print(f"  {'as they are':<36}KD {least:6.0f}")
        for name, enlarge in rows.items():
            psnr, distance = [], []
            for real in _whole(held_out, list(range(len(held_out)))):
                made = enlarge(resize(real, SMALL_PX, SMALL_PX))
                psnr += psnr_y(made, real, SCALE).tolist()
                distance += perceptual_distance(features, made, real).tolist()
            drawn = (enlarge(resize(real, SMALL_PX, SMALL_PX)) for real in _whole(training, chosen))
            apart = kernel_distance(truth, pooled_features(drawn, features))
            mean = [sum(values) / len(values) for values in (psnr, distance)]
            print(f"  {name:<36}KD {apart:6.0f}   PSNR-Y {mean[0]:.2f} dB   FD-lite2 {mean[1]:.4f}", flush=True)


def _by(name: str) -> Enlarge:
    network = Studio().load(name, "enhance").network

    def enlarge(small: Tensor) -> Tensor:
        return true_to(small, network(small).float().clamp(0, 1), SCALE)

    return enlarge


def _whole(catalogue: Catalogue, rows: list[int]) -> Iterator[Tensor]:
    for begin in range(0, len(rows), AT_ONCE):
        yield catalogue.batch(rows[begin : begin + AT_ONCE], MEASURED_PX)[:, :3].contiguous()


if __name__ == "__main__":
    main()
