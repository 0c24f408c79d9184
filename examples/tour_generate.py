"""Makes the generated pictures of README.md and docs/results.md: one product under its sliders, and samples of `dcgan`.

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
SHOWN_PX, SMALL_PX = 256, 160
STEPS: dict[str, Sequence[Any]] = {
    "hue_deg": (-120, -60, 0, 60, 120),
    "lightness": (-1, -0.5, 0, 0.5, 1),
    "size": (-1, -0.5, 0, 0.5, 1),
    "aspect": (-1, -0.5, 0, 0.5, 1),
    "azimuth_deg": (-45, -22, 0, 22, 45),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Write `tour/sliders.jpg` and `tour/dcgan.jpg`."""
    from gan.generate.attributes import Sliders

    parser = argparse.ArgumentParser(description="Make the README's generated pictures.")
    parser.add_argument("--model", default="auto")
    parser.add_argument("--dcgan", default="generate-dcgan")
    options = parser.parse_args(arguments)
    studio = Studio("cpu")
    moved = [
        studio.generate(category="chair", seed=0, model=options.model, sliders=Sliders(**{name: value})).image
        for name, values in STEPS.items()
        for value in values
    ]
    _sheet(moved, 5, SHOWN_PX).save(FOLDER / "sliders.jpg", quality=90, subsampling=0)
    classical = studio.generate(seed=0, count=16, model=options.dcgan, truncation=1.0).images
    _sheet(classical, 8, SMALL_PX).save(FOLDER / "dcgan.jpg", quality=90, subsampling=0)


def _sheet(pictures: Sequence[Image.Image], columns: int, side_px: int) -> Image.Image:
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * side_px, rows * side_px), "white")
    for index, picture in enumerate(pictures):
        small = picture.resize((side_px, side_px), Image.Resampling.LANCZOS)
        sheet.paste(small, (index % columns * side_px, index // columns * side_px))
    return sheet


if __name__ == "__main__":
    main()
