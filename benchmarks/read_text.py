"""Recall and precision of reading text ([ocr]) and of the classical marks, on lines of known place.

    python -m benchmarks.read_text --count 40

Lines of 12 to 40 px, English and Chinese, are laid on plain grounds and on those photographs of `tests/pictures/` that
bear no print; as many pictures stay without any. A line counts as found where half of its box is marked; a marked part
counts as false where less than a tenth of it lies in a line's box.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from gan.imaging import ocr
from gan.imaging.contact_sheet import FONT_PATHS
from gan.imaging.io.codec import decode
from gan.inpaint.defects import suggest

PICTURES = Path(__file__).parents[1] / "tests/pictures"
PHOTOGRAPHS = ("chair.jpg", "dandelions.jpg", "helmet.jpg", "tulips.jpg")
WORDS = (
    "Free shipping",
    "SALE 50%",
    "New arrival",
    "Made in Italy",
    "www.shop.com",
    "包邮",
    "限时特价",
    "新品上市",
    "买一送一",
)
SIDE_PX = 640


def drawn(
    dice: random.Random, *, lettered: bool, photograph: bool
) -> tuple[Image.Image, list[tuple[int, int, int, int]]]:
    """A picture and the boxes of its lines."""
    if photograph:
        with Image.open(PICTURES / dice.choice(PHOTOGRAPHS)) as image:
            picture = image.convert("RGB")
        picture.thumbnail((SIDE_PX, SIDE_PX))
    else:
        picture = Image.new("RGB", (SIDE_PX, SIDE_PX * 3 // 4), tuple(dice.randrange(150, 256) for _ in range(3)))
    boxes: list[tuple[int, int, int, int]] = []
    pen = ImageDraw.Draw(picture)
    for row in range(dice.randint(1, 3) if lettered else 0):
        font = ImageFont.truetype(next(path for path in FONT_PATHS if Path(path).is_file()), dice.randint(12, 40))
        text = dice.choice(WORDS)
        left = dice.randint(5, max(6, picture.width - round(pen.textlength(text, font)) - 5))
        top = 10 + row * picture.height // 3
        color = dice.choice(((10, 10, 10), (150, 10, 20), (20, 30, 120)))
        edge = (255, 255, 255) if photograph else None
        pen.text((left, top), text, fill=color, font=font, stroke_width=2 if edge else 0, stroke_fill=edge)
        boxes.append(tuple(map(round, pen.textbbox((left, top), text, font))))  # type: ignore[arg-type]
    return picture, boxes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=40, help="pictures, half of them without text (40)")
    count, dice = parser.parse_args().count, random.Random(0)
    print("reader:", "rapidocr-onnxruntime" if ocr.installed() else "none, the classical marks")
    for photograph in (False, True):
        found = lines = right = marked = 0
        for index in range(count):
            picture, boxes = drawn(dice, lettered=index % 2 == 0, photograph=photograph)
            mask = suggest(decode(picture), kinds=("text",)).coverage[0, 0].numpy() > 0
            known = np.zeros_like(mask)
            for left, top, right_px, bottom in boxes:
                known[top:bottom, left:right_px] = True
                found += bool(mask[top:bottom, left:right_px].mean() > 0.5)
            lines += len(boxes)
            parts, number = ndimage.label(ndimage.binary_dilation(mask, iterations=4))
            marked += number
            right += sum(bool(known[parts == part].mean() > 0.1) for part in range(1, number + 1))
        where = "photographs" if photograph else "plain grounds"
        print(f"{where}: recall {found / max(1, lines):.3f} of {lines} lines, precision {right / max(1, marked):.3f}")


if __name__ == "__main__":
    main()
