"""Compare the networks that enlarge generated pictures four times, on what Generate draws and on shrunk pictures.

    python -m benchmarks.generate_enlarging --data ../shared/data/catalogue

Drawn: held-out pictures go through the encoder of Generate's model and back at 64 px, then through each network; 192
training pictures are drawn from the model's table of encodings. Shrunk: both are reduced to 64 px instead, which is the
least that a generator of that size could reach. For each: PSNR on Y and the feature distance (FD-lite2) to the picture
as it was, over held-out pictures, and the kernel distance (KD-lite2) of the training pictures to the held-out ones as
they are. Bicubic interpolation is measured beside them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from gan.api import Studio
from gan.generate.network import GenerateNet
from gan.generate.pipeline import DEFAULT_MODEL, ENLARGERS, true_to
from gan.imaging.resize import resize
from gan.metrics.distribution import MEASURED_PX, kernel_distance, pooled_features
from gan.metrics.fidelity import psnr_y
from gan.models.features import load_features, perceptual_distance
from gan.training.data.catalogue import Catalogue, load

SMALL_PX, SCALE, SAMPLES, AT_ONCE = 64, 4, 192, 16

Enlarge = Callable[[Tensor], Tensor]
Source = Callable[[list[int]], Tensor]
"""Rows of a catalogue -> (N, 3, 64, 64)."""


def main() -> None:
    """Print one line a model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a catalogue")
    parser.add_argument("--model", nargs="+", default=["enhance-x4", ENLARGERS[SCALE]], help="names, folders or files")
    parser.add_argument("--drawn-by", default=DEFAULT_MODEL, metavar="MODEL", help="of Generate, with 64 px")
    options = parser.parse_args()
    training, held_out = load(options.data, MEASURED_PX)
    network = Studio().load(options.drawn_by, "generate").network
    if not isinstance(network, GenerateNet) or network.encoder is None or network.config.resolution != SMALL_PX:
        parser.error(f"{options.drawn_by} is no generator of {SMALL_PX} px with an encoder")
    features = load_features("lite2")
    chosen = torch.randperm(len(training), generator=torch.Generator().manual_seed(0))[:SAMPLES].tolist()
    rows: dict[str, Enlarge] = {"bicubic": lambda x: resize(x, MEASURED_PX, MEASURED_PX).clamp(0, 1)}
    rows |= {name: _by(name) for name in options.model}
    with torch.inference_mode():
        every = _blocks(list(range(len(held_out))))
        truth = pooled_features((_pictures(held_out, block) for block in every), features)
        print(f"{len(held_out)} held-out pictures; the kernel distance of {SAMPLES} training pictures")
        real_ones = (_pictures(training, block) for block in _blocks(chosen))
        least = kernel_distance(truth, pooled_features(real_ones, features))
        print(f"  {'as they are':<36}KD {least:6.0f}")
        sources: dict[str, tuple[Source, Source]] = {
            f"drawn by {options.drawn_by}": (partial(_encoded, network, held_out), partial(_table, network, training)),
            f"shrunk to {SMALL_PX} px": (partial(_shrunk, held_out), partial(_shrunk, training)),
        }
        for title, (of_held_out, of_training) in sources.items():
            print(title)
            for name, enlarge in rows.items():
                psnr, distance = [], []
                for block in every:
                    real, made = _pictures(held_out, block), enlarge(of_held_out(block))
                    psnr += psnr_y(made, real, SCALE).tolist()
                    distance += perceptual_distance(features, made, real).tolist()
                made_ones = (enlarge(of_training(block)) for block in _blocks(chosen))
                apart = kernel_distance(truth, pooled_features(made_ones, features))
                mean = [sum(values) / len(values) for values in (psnr, distance)]
                print(f"  {name:<36}KD {apart:6.0f}   PSNR-Y {mean[0]:.2f} dB   FD-lite2 {mean[1]:.4f}", flush=True)


def _by(name: str) -> Enlarge:
    network = Studio().load(name, "enhance").network

    def enlarge(small: Tensor) -> Tensor:
        # One by one, since colors and white are kept picture by picture.
        singles = [x[None].contiguous() for x in small]
        return torch.cat([true_to(x, network(x).float().clamp(0, 1), SCALE) for x in singles])

    return enlarge


def _encoded(network: GenerateNet, catalogue: Catalogue, rows: list[int]) -> Tensor:
    z = network.encode(catalogue.batch(rows, SMALL_PX))
    return network.draw_from(z, catalogue.attributes[rows], catalogue.category[rows])[:, :3].float().clamp(0, 1)


def _table(network: GenerateNet, catalogue: Catalogue, rows: list[int]) -> Tensor:
    drawn = network.draw_from(network.member_z[rows], catalogue.attributes[rows], catalogue.category[rows])
    return drawn[:, :3].float().clamp(0, 1)


def _shrunk(catalogue: Catalogue, rows: list[int]) -> Tensor:
    return resize(_pictures(catalogue, rows), SMALL_PX, SMALL_PX)


def _pictures(catalogue: Catalogue, rows: list[int]) -> Tensor:
    return catalogue.batch(rows, MEASURED_PX)[:, :3].contiguous()


def _blocks(rows: list[int]) -> list[list[int]]:
    return [rows[begin : begin + AT_ONCE] for begin in range(0, len(rows), AT_ONCE)]


if __name__ == "__main__":
    main()
