"""Makes the README's pictures: each example enlarged four times, bicubic on the left, ours on the right.

python examples/tour.py
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from gan import Studio

FOLDER = Path(__file__).parent
# name: (left, top, side) of the part to show, in pixels of the example
PARTS = {
    "carton.jpg": (70, 70, 120),
    "helmet.jpg": (40, 20, 150),
    "tulips.jpg": (20, 10, 150),
    "dandelions.jpg": (140, 120, 150),
}
SHOWN_PX = 480


def main() -> None:
    """Write `tour/NAME` for every part."""
    studio = Studio("cpu")
    (FOLDER / "tour").mkdir(exist_ok=True)
    for name, (left, top, side) in PARTS.items():
        image = Image.open(FOLDER / name).convert("RGB")
        made = studio.enhance(image, scale=4).image
        box = (left * 4, top * 4, (left + side) * 4, (top + side) * 4)
        before = image.resize(made.size, Image.Resampling.BICUBIC).crop(box)
        pair = Image.new("RGB", (2 * SHOWN_PX + 8, SHOWN_PX), "white")
        for offset, half in ((0, before), (SHOWN_PX + 8, made.crop(box))):
            pair.paste(half.resize((SHOWN_PX, SHOWN_PX), Image.Resampling.LANCZOS), (offset, 0))
        pair.save(FOLDER / "tour" / name, quality=90, subsampling=0)


if __name__ == "__main__":
    main()
