"""Makes the README's pictures of a merchandiser's day: products cut out, recolored, given a shadow, framed on white.

python examples/tour_day.py [--model NAME_OR_PATH]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from gan import Studio
from gan.imaging.contact_sheet import contact_sheet
from gan.imaging.io.codec import decode, to_pil
from gan.imaging.picture import Picture

EXAMPLES = Path(__file__).parent
FOLDER = EXAMPLES / "tour"
SHOWN = (("sneakers.jpg", "#1F4E79"), ("coffee.jpg", "#2F5D50"), ("carton.jpg", "#C8A200"))
GROUND = "#D8C7E0"
COLUMNS, SHOWN_PX = 5, 360


def main(arguments: Sequence[str] | None = None) -> None:
    """Write `tour/day.jpg`."""
    parser = argparse.ArgumentParser(description="Make the README's pictures of a day.")
    parser.add_argument("--model", default="auto")
    model = parser.parse_args(arguments).model
    studio = Studio("cpu")
    cells: list[tuple[Picture, str]] = []
    for name, color in SHOWN:
        cut = studio.cutout(EXAMPLES / name, model=model).image
        other = studio.recolor(cut, color).image
        shaded = studio.shadow(cut, kind="drop", ground="white").image
        framed = studio.frame(other, fill=0.85, ground="white").picture
        cells += [
            (decode(EXAMPLES / name), "As it came"),
            (_on(cut, GROUND), "Cut out"),
            (_on(other, GROUND), f"In {color}"),
            (decode(shaded), "White, with a shadow"),
            (framed, "85% of the frame"),
        ]
    pictures, captions = zip(*cells, strict=True)
    sheet = contact_sheet(pictures, captions, columns=COLUMNS, cell_px=SHOWN_PX)
    to_pil(sheet).save(FOLDER / "day.jpg", quality=88)


def _on(cut: Image.Image, color: str) -> Picture:
    ground = Image.new("RGBA", cut.size, color)
    ground.alpha_composite(cut)
    return decode(ground.convert("RGB"))


if __name__ == "__main__":
    main()
