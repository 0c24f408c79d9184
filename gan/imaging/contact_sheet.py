"""Many small pictures on one: a contact sheet with a caption under each."""

from __future__ import annotations

import bisect
import functools
import math
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from gan.core.errors import InputError, check_within
from gan.imaging.io.pixels import to_tensors
from gan.imaging.picture import Picture
from gan.imaging.resize import shrunk

LEAST_CELL_PX = 16
MOST_CELL_PX = 4096
MOST_COLUMNS = 100
MOST_SHEET_PIXELS = 100_000_000

FONT_PATHS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/Hiragino Sans GB.ttc",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/simsun.ttc",
)
"""Fonts with Chinese and Latin letters, as Linux, macOS and Windows install them."""

_INK = (40, 40, 40)
_ELLIPSIS = "..."


def contact_sheet(pictures: Sequence[Picture], captions: Sequence[str], *, columns: int, cell_px: int) -> Picture:
    """Pictures in rows on white, from the top left, each shrunk to fit its cell and centred in it, never enlarged.

    Args:
        pictures: at least one; transparency is shown on white.
        captions: one for each, on one line; too long ones are cut. Without any text, no room is left for them.
        columns: 1 to `MOST_COLUMNS`; more than there are pictures is as many as there are.
        cell_px: height and width of the room for a picture, `LEAST_CELL_PX` to `MOST_CELL_PX`.

    Returns:
        Without transparency. Chinese captions need one of `FONT_PATHS`; letters that a font lacks are drawn as boxes.

    Raises:
        InputError: no picture, not as many captions, a number outside its range, or more than `MOST_SHEET_PIXELS`.
    """
    if not pictures or len(captions) != len(pictures):
        raise InputError(
            "captions",
            "{captions} captions for {pictures} pictures",
            "at least one picture and one caption for each are needed",
            "Give as many of both",
            captions=len(captions),
            pictures=len(pictures),
        )
    check_within("cell_px", cell_px, LEAST_CELL_PX, MOST_CELL_PX)
    check_within("columns", columns, 1, MOST_COLUMNS)
    columns = min(columns, len(pictures))
    rows = math.ceil(len(pictures) / columns)
    gap_px = max(2, cell_px // 24)
    caption_px = max(8, round(cell_px / 13)) if any(caption.strip() for caption in captions) else 0
    line_px = round(1.7 * caption_px)
    width_px = columns * (cell_px + gap_px) + gap_px
    height_px = rows * (cell_px + line_px + gap_px) + gap_px
    if width_px * height_px > MOST_SHEET_PIXELS:
        raise InputError(
            "cell_px",
            "a sheet of {width} x {height} px",
            "at most {most} megapixels are made at once",
            "Choose smaller cells or fewer pictures",
            width=width_px,
            height=height_px,
            most=MOST_SHEET_PIXELS // 10**6,
        )
    sheet = torch.ones(1, 3, height_px, width_px)
    for index, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        row, column = divmod(index, columns)
        top, left = gap_px + row * (cell_px + line_px + gap_px), gap_px + column * (cell_px + gap_px)
        small = _fitted(picture, cell_px)
        height, width = small.shape[2:]
        y, x = top + (cell_px - height) // 2, left + (cell_px - width) // 2
        sheet[:, :, y : y + height, x : x + width] = small
        if caption.strip():
            sheet[:, :, top + cell_px : top + cell_px + line_px, left : left + cell_px] = _written(
                caption, cell_px, line_px, caption_px
            )
    return Picture(sheet)


def _fitted(picture: Picture, cell_px: int) -> Tensor:
    """(1, 3, h, w) with h, w <= cell_px, on white."""
    rgb, alpha = picture.rgb, picture.alpha
    if alpha is not None:
        rgb = rgb * alpha + (1 - alpha)
    return shrunk(rgb, cell_px)


def _written(caption: str, width_px: int, height_px: int, font_px: int) -> Tensor:
    """(1, 3, height_px, width_px): one line of text in the middle of white, cut where it is too long."""
    image = Image.new("RGB", (width_px, height_px), "white")
    pen, font = ImageDraw.Draw(image), _font(font_px)
    text = " ".join("".join(c if c.isprintable() else " " for c in caption).split())
    text = text[:width_px]  # no letter is narrower than a pixel, and measuring takes time with the length
    if pen.textlength(text, font=font) > width_px:

        def cut_px(letters: int) -> int:
            return math.ceil(pen.textlength(text[:letters] + _ELLIPSIS, font=font))

        kept = bisect.bisect_right(range(len(text)), width_px, key=cut_px)
        text = text[: max(0, kept - 1)].rstrip() + _ELLIPSIS
    pen.text((width_px / 2, height_px / 2), text, fill=_INK, font=font, anchor="mm")
    return to_tensors(image, None, None)[0]


@functools.lru_cache(maxsize=8)
def _font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for path in FONT_PATHS:
        if Path(path).is_file():
            try:
                return ImageFont.truetype(path, size_px)
            except OSError:
                continue
    return ImageFont.load_default(size_px)
