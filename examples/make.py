"""Makes the example pictures: products in rendered scenes, photographs, and small uploads of careless suppliers.

    python examples/make.py RENDERS DATA

RENDERS are pictures of `examples/catalogue/example_shots.py`, DATA holds `photos` and `wallpapers`. `uploads/` has some
of them at half the side, damaged by the fixed test degradation of `gan.training.data.degrade.realistic` (blur, noise,
JPEG).
`labelled.jpg` carries a price sticker and a line of text; `masks/labelled.png` marks both.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from gan.imaging.io.codec import Encoding, decode, write
from gan.imaging.picture import Picture
from gan.training.data.degrade import realistic

RENDERED = ("carton", "chair", "coffee", "sneakers")
# name: (source in DATA, box to keep in its pixels, size in pixels)
PHOTOGRAPHS = {
    "bowl": ("wallpapers/picture_0b_by_freespace.webp", (0, 0, 2048, 1386), (1512, 1024)),
    "dandelions": ("photos/seeding_by_clements_engelhardt.jpg", (100, 0, 1252, 1152), (1152, 1152)),
}
# name: (seed of the degradation, square to keep of the example: left, top, side; None for all)
UPLOADS: dict[str, tuple[int, tuple[int, int, int] | None]] = {
    "carton": (3, None),
    "sneakers": (1, None),
    "bowl": (5, (300, 0, 1024)),
}
QUALITY = 90

Box = tuple[int, int, int, int]
NAME_OF_A_MAKER: dict[str, tuple[Box, ...]] = {"sneakers": ((200, 356, 277, 394), (516, 364, 576, 398))}
"""Boxes within which dark letters are taken away: left, top, right, bottom."""

TEXTURE_MISSES: dict[str, tuple[Box, ...]] = {
    "sneakers": ((494, 528, 520, 558), (574, 529, 587, 553), (597, 565, 612, 589))
}
"""Boxes that are filled from around, where the model has holes in its texture."""

DARK = 150
RETOUCH_PX = 5

LABELLED = "coffee"
STICKER = (505, 430, 725, 650)
TEXT_AT, TEXT_PX = (512, 950), 60
MARK_PX = 15
"""Side of the square by which the mask is wider than what it marks."""


def main(renders: Path, data: Path, folder: Path) -> None:
    """Write every example into the folder."""
    for name in RENDERED:
        _save(_retouched(Image.open(renders / f"{name}.png").convert("RGB"), name), folder / f"{name}.jpg")
    for name, (source, box, size) in PHOTOGRAPHS.items():
        photograph = Image.open(data / source).convert("RGB").crop(box).resize(size, Image.Resampling.LANCZOS)
        _save(photograph, folder / f"{name}.jpg")
    label(Image.open(renders / f"{LABELLED}.png").convert("RGB"), folder)
    (folder / "uploads").mkdir(exist_ok=True)
    for name, (seed, square) in UPLOADS.items():
        sharp = decode(folder / f"{name}.jpg").rgb[0]
        if square is not None:
            left, top, side = square
            sharp = sharp[:, top : top + side, left : left + side]
        damaged = realistic(sharp, 2, torch.Generator().manual_seed(seed))
        write(
            Picture(damaged[None].contiguous()),
            folder / "uploads" / f"{name}.jpg",
            Encoding(file_format="jpeg", quality=85),
        )


def label(picture: Image.Image, folder: Path) -> None:
    """A product with a price sticker on it and a line of text across, and the mask of both."""
    mask = Image.new("L", picture.size)
    middle = ((STICKER[0] + STICKER[2]) // 2, (STICKER[1] + STICKER[3]) // 2)
    for image, sticker, letters, line in ((picture, "#ffd23f", "#1c1c1c", "white"), (mask, "white", "white", "white")):
        pen = ImageDraw.Draw(image)
        pen.ellipse(STICKER, fill=sticker)
        pen.text(middle, "-20%", fill=letters, font=ImageFont.load_default(80), anchor="mm")
        pen.text(TEXT_AT, "SAMPLE  SHOP.EXAMPLE", fill=line, font=ImageFont.load_default(TEXT_PX), anchor="mm")
    _save(picture, folder / "labelled.jpg")
    (folder / "masks").mkdir(exist_ok=True)
    wider = mask.point(lambda grey: 255 * (grey > 0)).filter(ImageFilter.MaxFilter(MARK_PX))
    wider.save(folder / "masks" / "labelled.png", optimize=True)


def _retouched(picture: Image.Image, name: str) -> Image.Image:
    rgb = np.asarray(picture)
    marked = np.zeros(rgb.shape[:2], np.uint8)
    for left, top, right, bottom in NAME_OF_A_MAKER.get(name, ()):
        part = rgb[top:bottom, left:right]
        # Grey, too, unlike the red around: only ink is as dark in all channels.
        marked[top:bottom, left:right] = cv2.dilate((part.max(axis=2) < DARK).astype(np.uint8), np.ones((5, 5)))
    for left, top, right, bottom in TEXTURE_MISSES.get(name, ()):
        marked[top:bottom, left:right] = 1
    return Image.fromarray(cv2.inpaint(rgb, marked, RETOUCH_PX, cv2.INPAINT_TELEA)) if marked.any() else picture


def _save(picture: Image.Image, path: Path) -> None:
    picture.save(path, quality=QUALITY, subsampling=0, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(__file__).parent)
