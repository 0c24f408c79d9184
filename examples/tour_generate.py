"""Makes the README's generated pictures: samples of both recipes, and what the sliders do to one product.

python examples/tour_generate.py [--model NAME_OR_FOLDER]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from gan import Studio

FOLDER = Path(__file__).parent / "tour"
CATEGORIES = ("chair", "sofa", "table", "lamp", "storage", "plant", "bed", "kitchenware")
SHOWN_PX = 160
STEPS: dict[str, Sequence[Any]] = {
    "hue_deg": (-120, -60, 0, 60, 120),
    "lightness": (-1, -0.5, 0, 0.5, 1),
    "size": (-1, -0.5, 0, 0.5, 1),
    "aspect": (-1, -0.5, 0, 0.5, 1),
    "azimuth_deg": (-45, -22, 0, 22, 45),
}


def main() -> None:
    """Write `tour/generated.jpg`, `tour/sliders.jpg` and `tour/dcgan.jpg`."""
    from gan.generate.attributes import Sliders

    parser = argparse.ArgumentParser(description="Make the README's generated pictures.")
    parser.add_argument("--model", default="auto")
    parser.add_argument("--dcgan", default="generate-dcgan")
    options = parser.parse_args()
    studio = Studio("cpu")
    # The first seeds, not chosen ones.
    samples = [
        studio.generate(category=category, seed=seed, model=options.model).image
        for seed in range(3)
        for category in CATEGORIES
    ]
    _sheet(samples, len(CATEGORIES)).save(FOLDER / "generated.jpg", quality=90, subsampling=0)
    moved = [
        studio.generate(category="chair", seed=0, model=options.model, sliders=Sliders(**{name: value})).image
        for name, values in STEPS.items()
        for value in values
    ]
    _sheet(moved, 5).save(FOLDER / "sliders.jpg", quality=90, subsampling=0)
    classical = studio.generate(seed=0, count=2 * len(CATEGORIES), model=options.dcgan, truncation=1.0).images
    _sheet(classical, len(CATEGORIES)).save(FOLDER / "dcgan.jpg", quality=90, subsampling=0)


def _sheet(pictures: Sequence[Image.Image], columns: int) -> Image.Image:
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * SHOWN_PX, rows * SHOWN_PX), "white")
    for index, picture in enumerate(pictures):
        small = picture.resize((SHOWN_PX, SHOWN_PX), Image.Resampling.LANCZOS)
        sheet.paste(small, (index % columns * SHOWN_PX, index // columns * SHOWN_PX))
    return sheet


if __name__ == "__main__":
    main()
