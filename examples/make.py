"""Makes the example pictures: products and a photograph as a careless supplier sends them.

    python examples/make.py ../shared/data

Each is damaged by the fixed test degradation of `gan.training.data.degrade.realistic` (blur, noise, JPEG) at its own size; one
more carries a price sticker and a line of text, with the mask of both in `masks/`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from torch import Tensor

from gan.imaging.io.codec import Encoding, decode, write
from gan.imaging.picture import Picture
from gan.training.data.degrade import realistic

# name: (source, seed of the degradation, left, top, side in pixels; None for the whole picture)
EXAMPLES: dict[str, tuple[str, int, tuple[int, int, int] | None]] = {
    "carton.jpg": ("catalogue/images/blendswap-cc-0-tetrapak-0.webp", 3, None),
    "helmet.jpg": ("catalogue/images/scopia-casque-0.webp", 1, None),
    "tulips.jpg": ("catalogue/images/blendswap-cc-by-tulips-0.webp", 8, None),
    "chair.jpg": ("catalogue/images/blendswap-cc-by-cafe_set_tonon_chair-0.webp", 5, None),
    "dandelions.jpg": ("photos/seeding_by_clements_engelhardt.jpg", 2, (240, 60, 512)),
}


LABELLED = ("labelled.png", "catalogue/images/blendswap-cc-by-cafe_set_tonon_chair-2.webp")
MARK_PX = 7
"""Side of the square by which the mask is wider than what it marks."""


def main(data: Path, folder: Path) -> None:
    """Write every example into the folder."""
    label(data, folder)
    for name, (source, seed, crop) in EXAMPLES.items():
        sharp = _cropped(decode(data / source).rgb[0], crop)
        damaged = realistic(sharp, 1, torch.Generator().manual_seed(seed))
        write(Picture(damaged[None].contiguous()), folder / name, Encoding(file_format="jpeg", quality=85))


def label(data: Path, folder: Path) -> None:
    """A product with a price sticker on it and a line of text across, and the mask of both."""
    name, source = LABELLED
    picture = Image.open(data / source).convert("RGB")
    mask = Image.new("L", picture.size)
    for image, sticker, letters in ((picture, "#d8232a", "white"), (mask, "white", "white")):
        pen = ImageDraw.Draw(image)
        pen.ellipse((96, 116, 146, 166), fill=sticker)
        pen.text((121, 141), "-20%", fill=letters, font=ImageFont.load_default(18), anchor="mm")
        pen.text((128, 228), "SAMPLE  SHOP.EXAMPLE", fill="#5a6b7c", font=ImageFont.load_default(17), anchor="mm")
    picture.save(folder / name)
    (folder / "masks").mkdir(exist_ok=True)
    wider = mask.point(lambda grey: 255 * (grey > 0)).filter(ImageFilter.MaxFilter(MARK_PX))
    wider.save(folder / "masks" / name)


def _cropped(x: Tensor, crop: tuple[int, int, int] | None) -> Tensor:
    if crop is None:
        return x
    left, top, side = crop
    return x[:, top : top + side, left : left + side]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).parent)
