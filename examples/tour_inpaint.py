"""Makes the README's inpainted pictures: what came, what was marked, what Telea makes of it, and ours.

python examples/tour_inpaint.py [--model NAME_OR_PATH]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from gan import Studio
from gan.imaging.io.codec import decode, to_pil
from gan.imaging.mask import Mask, decode_mask
from gan.imaging.picture import Picture
from gan.inpaint.pipeline import InpaintRequest

EXAMPLES = Path(__file__).parent
FOLDER = EXAMPLES / "tour"
SHOWN_PX = 256
TELEA_RADIUS_PX = 3
STROKES = {
    "dandelions.jpg": ((slice(150, 330), slice(60, 130)), (slice(300, 345), slice(180, 480))),
    "carton.jpg": ((slice(60, 110), slice(80, 190)),),
    "tulips.jpg": ((slice(20, 240), slice(118, 130)), (slice(120, 132), slice(20, 236))),
}
"""Boxes that are marked, (rows, columns) in pixels."""


def main() -> None:
    """Write `tour/inpaint.jpg` and `tour/extended.jpg`."""
    parser = argparse.ArgumentParser(description="Make the README's inpainted pictures.")
    parser.add_argument("--model", default="auto")
    options = parser.parse_args()
    studio = Studio("cpu")
    labelled = decode(EXAMPLES / "labelled.png"), decode_mask(EXAMPLES / "masks" / "labelled.png")
    rows = []
    for picture, mask in (labelled, *(_marked(name) for name in STROKES)):
        result = studio.run(InpaintRequest(picture=picture, mask=mask, model=options.model))
        came = to_pil(picture)
        shown = Image.composite(Image.new("RGB", came.size, "#e8308c"), came, to_pil(_grey(mask)).convert("L"))
        rows.append([came, shown, _telea(came, mask), result.image])
    _sheet(rows).save(FOLDER / "inpaint.jpg", quality=92, subsampling=0)
    wide = [
        studio.run(InpaintRequest(picture=decode(EXAMPLES / name), aspect="16:9", model=options.model)).image
        for name in ("tulips.jpg", "dandelions.jpg")
    ]
    strip = Image.new("RGB", (2 * 455, 256), "white")
    for index, image in enumerate(wide):
        strip.paste(image.resize((455, 256), Image.Resampling.LANCZOS), (index * 455, 0))
    strip.save(FOLDER / "extended.jpg", quality=92, subsampling=0)


def _marked(name: str) -> tuple[Picture, Mask]:
    picture = decode(EXAMPLES / name)
    coverage = torch.zeros(1, 1, picture.height_px, picture.width_px)
    for box in STROKES[name]:
        coverage[0, 0][box] = 1
    return picture, Mask(coverage)


def _grey(mask: Mask) -> Picture:
    return Picture(mask.coverage.expand(-1, 3, -1, -1).contiguous())


def _telea(came: Image.Image, mask: Mask) -> Image.Image:
    hole = (mask.coverage[0, 0].numpy() > 0).astype(np.uint8)
    return Image.fromarray(cv2.inpaint(np.asarray(came), hole, TELEA_RADIUS_PX, cv2.INPAINT_TELEA))


def _sheet(rows: list[list[Image.Image]]) -> Image.Image:
    sheet = Image.new("RGB", (len(rows[0]) * SHOWN_PX, len(rows) * SHOWN_PX), "white")
    for y, row in enumerate(rows):
        for x, image in enumerate(row):
            small = image.resize((SHOWN_PX, SHOWN_PX), Image.Resampling.LANCZOS)
            sheet.paste(small, (x * SHOWN_PX, y * SHOWN_PX))
    return sheet


if __name__ == "__main__":
    main()
