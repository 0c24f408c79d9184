"""Makes the README's inpainted pictures: what came, what was marked, what Telea makes of it, and ours.

python examples/tour_inpaint.py [--model NAME_OR_PATH]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

from gan import Studio

EXAMPLES = Path(__file__).parent
FOLDER = EXAMPLES / "tour"
COLUMNS, SHOWN_PX = 4, 400
TELEA_RADIUS_PX = 9
CORNER_PX = 20
STROKES: dict[str, tuple[tuple[int, int, int, int], ...]] = {
    "carton": ((426, 480, 546, 540), (386, 786, 520, 872)),
    "dandelions": ((940, 660, 1152, 880), (960, 430, 1152, 560)),
}
"""Rounded boxes that are marked: left, top, right, bottom in pixels."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Write `tour/inpaint.jpg`."""
    parser = argparse.ArgumentParser(description="Make the README's inpainted pictures.")
    parser.add_argument("--model", default="auto")
    options = parser.parse_args(arguments)
    studio = Studio("cpu")
    masks = {"labelled": Image.open(EXAMPLES / "masks/labelled.png").convert("L")}
    masks |= {name: _marked(name) for name in STROKES}
    cells = []
    for name, mask in masks.items():
        came = Image.open(EXAMPLES / f"{name}.jpg").convert("RGB")
        made = studio.inpaint(EXAMPLES / f"{name}.jpg", mask, model=options.model).image
        shown = Image.composite(Image.new("RGB", came.size, "#e8308c"), came, mask)
        cells += [came, shown, _telea(came, mask), made.convert("RGB")]
    sheet = Image.new("RGB", (COLUMNS * SHOWN_PX, len(cells) // COLUMNS * SHOWN_PX), "white")
    for index, cell in enumerate(cells):
        small = cell.resize((SHOWN_PX, SHOWN_PX), Image.Resampling.LANCZOS)
        sheet.paste(small, (index % COLUMNS * SHOWN_PX, index // COLUMNS * SHOWN_PX))
    sheet.save(FOLDER / "inpaint.jpg", quality=88)


def _marked(name: str) -> Image.Image:
    with Image.open(EXAMPLES / f"{name}.jpg") as picture:
        mask = Image.new("L", picture.size)
    for box in STROKES[name]:
        ImageDraw.Draw(mask).rounded_rectangle(box, CORNER_PX, fill=255)
    return mask


def _telea(came: Image.Image, mask: Image.Image) -> Image.Image:
    hole = (np.asarray(mask) > 0).astype(np.uint8)
    return Image.fromarray(cv2.inpaint(np.asarray(came), hole, TELEA_RADIUS_PX, cv2.INPAINT_TELEA))


if __name__ == "__main__":
    main()
