"""Makes the example pictures: products and a photograph as a careless supplier sends them.

    python examples/make.py ../shared/data

Each is damaged by the fixed test degradation of `gan.data.degrade.realistic` (blur, noise, JPEG) at its own size.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor

from gan.data.degrade import realistic
from gan.imaging.codec import Encoding, decode, write
from gan.imaging.picture import Picture

# name: (source, seed of the degradation, left, top, side in pixels; None for the whole picture)
EXAMPLES: dict[str, tuple[str, int, tuple[int, int, int] | None]] = {
    "carton.jpg": ("catalogue/images/blendswap-cc-0-tetrapak-0.webp", 3, None),
    "helmet.jpg": ("catalogue/images/scopia-casque-0.webp", 1, None),
    "tulips.jpg": ("catalogue/images/blendswap-cc-by-tulips-0.webp", 8, None),
    "chair.jpg": ("catalogue/images/blendswap-cc-by-cafe_set_tonon_chair-0.webp", 5, None),
    "dandelions.jpg": ("photos/seeding_by_clements_engelhardt.jpg", 2, (240, 60, 512)),
}


def main(data: Path, folder: Path) -> None:
    """Write every example into the folder."""
    for name, (source, seed, crop) in EXAMPLES.items():
        sharp = _cropped(decode(data / source).rgb[0], crop)
        damaged = realistic(sharp, 1, torch.Generator().manual_seed(seed))
        write(Picture(damaged[None].contiguous()), folder / name, Encoding(file_format="jpeg", quality=85))


def _cropped(x: Tensor, crop: tuple[int, int, int] | None) -> Tensor:
    if crop is None:
        return x
    left, top, side = crop
    return x[:, top : top + side, left : left + side]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).parent)
