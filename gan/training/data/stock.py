"""Sharp crops in fixed proportions: products, things with lettering, photographs and textures."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from gan.training.data.pictures import Entry, Pictures
from gan.training.data.records import read_records

PRODUCTS, LETTERED = 0.32, 0.18
"""Shares of the crops; the rest are photographs and textures."""

TEXT = (
    "Organic Natural Vitamin Serum Cotton 100% Fresh Coffee Olive Oil Extra Strong Original Premium No.5 Lavender Soap "
    "Made in Italy 500 ml 250 g 12 pcs USB-C 65W Warning Best before 09/2027 LOT 4711 Size M EU 42 Batch Net Wt 8 oz "
    "Sale -30% New Formula pH 5.5 Dermatologically tested Keep dry Recycle Model X200 Serial 0834-221 Ingredients: "
    "Water, Glycerin, Citric acid 有机 绿茶 保湿 面霜 净含量 250克 生产日期 限量版 纯棉 洗发水 天然 咖啡 手工皂 新品"
)
WORDS = tuple(TEXT.split())

FONTS = (
    "DejaVuSans.ttf",
    "DejaVuSans-Bold.ttf",
    "DejaVuSerif.ttf",
    "DejaVuSerif-Bold.ttf",
    "DejaVuSansMono.ttf",
    "LiberationSans-Regular.ttf",
    "LiberationSansNarrow-Italic.ttf",
    "LiberationSerif-Italic.ttf",
    "LiberationMono-Bold.ttf",
)
CHINESE_FONTS = ("NotoSansCJK-Regular.ttc", "NotoSerifCJK-Bold.ttc")


class Stock:
    """Products and other pictures in memory, and crops of both in fixed proportions.

    Args:
        products: pictures that a record names; None where there are none.
        others: photographs and textures; None where there are none.
    """

    def __init__(self, products: Pictures | None, others: Pictures | None) -> None:
        found = [part for part in (products, others) if part is not None]
        self.products = products or found[0]
        self.others = others or found[0]

    def crop(self, size_px: int, generator: torch.Generator) -> Tensor:
        """A random square, (3, size_px, size_px) float32 in [0, 1], mirrored and turned at random.

        Lettering is drawn on a third of what is not a photograph: as large as 12 px and as small as nothing can
        restore, straight or turned, on a label or on the thing itself.
        """
        kind = float(torch.rand((), generator=generator))
        if kind >= PRODUCTS + LETTERED:
            return self.others.crop(size_px, generator)
        if kind < PRODUCTS:
            return self.products.crop(size_px, generator)
        under = self.products if float(torch.rand((), generator=generator)) < 0.6 else self.others
        return lettered(under.crop(size_px, generator), generator)


def stock(folder: Path, entries: list[Entry], least_px: int) -> Stock:
    """The entries as a stock; those that a `meta.jsonl` below the folder names are products.

    Args:
        entries: of `find(folder)`, at least one.
        least_px: smaller pictures are left out.

    Raises:
        InputError: no picture is large enough.
    """
    named = read_records(folder).by_id
    products = [entry for entry in entries if entry.path.stem in named]
    others = [entry for entry in entries if entry.path.stem not in named]
    return Stock(*(Pictures(part, least_px) if part else None for part in (products, others)))


def lettered(picture: Tensor, generator: torch.Generator) -> Tensor:
    """The picture with one to five lines of lettering, half of the time on a label; drawn four times as large and
    shrunk, so that edges are smooth.

    Args:
        picture: (3, H, W) in [0, 1].
    """
    dice = np.random.default_rng(int(torch.randint(2**31, (), generator=generator)))
    height, width = picture.shape[1:]
    rgb = Image.fromarray((picture * 255).round().to(torch.uint8).permute(1, 2, 0).numpy())
    over = 3
    sheet = Image.new("RGBA", (width * over, height * over))
    draw = ImageDraw.Draw(sheet)
    ink, paper = _ink_and_paper(dice)
    size = math.exp(dice.uniform(math.log(7), math.log(44))) * over
    x, y = dice.uniform(0.02, 0.4) * width * over, dice.uniform(0.05, 0.6) * height * over
    lines = [_words(dice) for _ in range(int(dice.integers(1, 6)))]
    fonts = [_font(line, int(dice.integers(len(FONTS))), round(size * dice.uniform(0.7, 1.2))) for line in lines]
    if dice.random() < 0.5:
        longest = max(font.getlength(line) for font, line in zip(fonts, lines, strict=True))
        bottom = y + 1.3 * sum(font.size for font in fonts) + 0.5 * size
        draw.rectangle((x - 0.5 * size, y - 0.5 * size, x + longest + 0.5 * size, bottom), fill=(*paper, 255))
    for font, line in zip(fonts, lines, strict=True):
        draw.text((x, y), line, fill=(*ink, int(dice.uniform(200, 255))), font=font)
        y += 1.3 * font.size
    if dice.random() < 0.5:
        sheet = sheet.rotate(dice.uniform(-40, 40), Image.Resampling.BICUBIC)
    small = sheet.resize((width, height), Image.Resampling.LANCZOS)
    rgb.paste(small, (0, 0), small)
    return torch.from_numpy(np.array(rgb)).permute(2, 0, 1).float() / 255


def _ink_and_paper(dice: np.random.Generator) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two colors that differ enough in lightness to be read."""
    while True:
        ink, paper = (tuple(int(v) for v in dice.integers(0, 256, 3)) for _ in range(2))
        if dice.random() < 0.4:
            ink, paper = ((20, 20, 20), (250, 250, 248)) if dice.random() < 0.6 else ((250, 250, 250), paper)
        if abs(sum(ink) - sum(paper)) > 200:
            return ink, paper


def _words(dice: np.random.Generator) -> str:
    return " ".join(WORDS[int(i)] for i in dice.integers(len(WORDS), size=int(dice.integers(1, 5))))


def _font(line: str, kind: int, size: int) -> ImageFont.FreeTypeFont:
    names = CHINESE_FONTS if any(ord(letter) > 0x2E7F for letter in line) else FONTS
    return ImageFont.truetype(names[kind % len(names)], size)
