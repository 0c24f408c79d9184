"""What KD-lite2 says about real pictures, whole and damaged: the scale on which a generator's figure is read.

    python -m benchmarks.calibrate_kd --data ../shared/data/catalogue

The products are split in two halves. The even-numbered view of each product of the first half is the reference;
everything else is made from as many products of the second half, one picture a product, so that no row is flattered by
sharing products with the reference. A generator's figure against few held-out products, of several views each,
scatters more; `gan.metrics.distribution.summarise` measures by how much.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor
from torchvision.transforms.v2.functional import gaussian_blur

from gan.imaging.resize import resize
from gan.metrics.distribution import MEASURED_PX, kernel_distance, kernel_distance_interval, pooled_features
from gan.models.features import load_features
from gan.training.data.pictures import Entry, Pictures, find, split


def main() -> None:
    """Print one line a treatment: the kernel distance and its 95% interval."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a catalogue whose odd-numbered views are recolored")
    parser.add_argument("--products", type=int, default=100, help="of each half")
    options = parser.parse_args()
    features = load_features("lite2")
    halves = split(find(options.data), held_out=0.5)
    reference, real = (_views(half, 0, options.products) for half in halves)
    recolored = _views(halves[1], 1, options.products)

    def measure(entries: list[Entry], change: Callable[[Tensor], Tensor]) -> Tensor:
        return pooled_features(map(change, _pictures(entries)), features)

    truth = measure(reference, _whole)
    rows = {
        "real": (real, _whole),
        "real, recolored": (recolored, _whole),
        "real, blurred at sigma 1": (real, lambda x: _blurred(x, 1)),
        "real, blurred at sigma 2": (real, lambda x: _blurred(x, 2)),
        "real, squeezed through 64 px": (real, _squeezed),
    }
    print(f"KD-lite2 against {len(reference)} products, each row of {len(real)} others, with its 95% interval")
    for name, (entries, change) in rows.items():
        x = measure(entries, change)
        low, high = kernel_distance_interval(x, truth)
        print(f"  {name:<30}{kernel_distance(x, truth):>7.0f}   {low:.0f} to {high:.0f}", flush=True)


def _views(entries: list[Entry], parity: int, count: int) -> list[Entry]:
    """The first view of each product with an even or an odd number, of `count` products in no particular order."""
    first: dict[str, Entry] = {}
    for entry in entries:
        if int(entry.path.stem.rpartition("-")[2]) % 2 == parity:
            first.setdefault(entry.product, entry)
    order = torch.randperm(len(first), generator=torch.Generator().manual_seed(0)).tolist()
    products = sorted(first)
    return [first[products[place]] for place in order[:count]]


def _pictures(entries: list[Entry]) -> Iterator[Tensor]:
    for pixels in Pictures(entries).pixels:
        yield resize(pixels[None].float() / 255, MEASURED_PX, MEASURED_PX)


def _whole(x: Tensor) -> Tensor:
    return x


def _blurred(x: Tensor, sigma_px: int) -> Tensor:
    return gaussian_blur(x, [8 * sigma_px + 1] * 2, [float(sigma_px)] * 2)


def _squeezed(x: Tensor) -> Tensor:
    return resize(resize(x, 64, 64), MEASURED_PX, MEASURED_PX)


if __name__ == "__main__":
    main()
