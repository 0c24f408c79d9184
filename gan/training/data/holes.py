"""Random hole shapes for training: what merchandisers paint over."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from gan.training.data.dice import Dice

FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/Library/Fonts"), Path("C:/Windows/Fonts"))
FONT_SUFFIXES = frozenset({".ttf", ".otf", ".ttc"})
MAX_FONTS = 40
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%€$.-/&"
MOST = 0.75
"""A hole of more than this share leaves too little to go by; it is drawn again."""


Draw = Callable[[ImageDraw.ImageDraw, int, float, Dice], None]
"""Draws one kind of hole: (canvas, side in pixels, growth, dice)."""


def hole(
    side_px: int, generator: torch.Generator, *, growth: float = 1.0, kinds: Mapping[str, float] | None = None
) -> Tensor:
    """One hole.

    Args:
        side_px: height and width.
        growth: 0 draws the smallest of each kind, 1 up to the largest; a curriculum raises it.
        kinds: how often each kind of `KINDS` is drawn; by default as `OFTEN` says.

    Returns:
        (1, side_px, side_px) float32, 1 in the hole; at least one pixel and at most `MOST` of them.
    """
    dice = Dice(generator)
    often = OFTEN if kinds is None else kinds
    weights = torch.tensor(list(often.values()))
    for _ in range(8):
        canvas = Image.new("L", (side_px, side_px))
        name = list(often)[int(torch.multinomial(weights, 1, generator=generator))]
        KINDS[name](ImageDraw.Draw(canvas), side_px, growth, dice)
        mask = torch.from_numpy(np.asarray(canvas) > 127)
        if 0 < float(mask.float().mean()) <= MOST:
            return mask[None].float()
    center = torch.zeros(1, side_px, side_px)
    center[:, side_px // 3 : side_px // 2 + 1, side_px // 3 : side_px // 2 + 1] = 1
    return center


def strokes(draw: ImageDraw.ImageDraw, side: int, growth: float, dice: Dice) -> None:
    """Brush strokes of 4 to 18 vertices, as free-form masks have them (DeepFill v2, arXiv 1806.03589, section 4.3)."""
    for _ in range(dice.whole(1, 1 + round(3 * growth))):
        width = dice.uniform(0.04, 0.07 + 0.13 * growth) * side
        angle, x, y = dice.uniform(0, 2 * math.pi), dice.uniform(0, side), dice.uniform(0, side)
        points = [(x, y)]
        for _ in range(dice.whole(4, 6 + round(8 * growth))):
            angle += dice.uniform(-0.9, 0.9)
            length = dice.uniform(0.03, 0.06 + 0.12 * growth) * side
            x, y = x + length * math.cos(angle), y + length * math.sin(angle)
            points.append((x, y))
        _line(draw, points, width)


def boxes(draw: ImageDraw.ImageDraw, side: int, growth: float, dice: Dice) -> None:
    """Upright boxes; a large one may run off the picture, as a widened frame does."""
    for _ in range(dice.whole(1, 1 + round(2 * growth))):
        width, height = (dice.uniform(0.06, 0.15 + 0.4 * growth) * side for _ in range(2))
        x, y = dice.uniform(-0.1, 1) * side, dice.uniform(-0.1, 1) * side
        draw.rectangle((x, y, x + width, y + height), fill=255)


def border(draw: ImageDraw.ImageDraw, side: int, growth: float, dice: Dice) -> None:
    """A strip along one side or two: what outpainting asks for."""
    for edge in {dice.whole(0, 3) for _ in range(dice.whole(1, 2))}:
        depth = dice.uniform(0.04, 0.1 + 0.3 * growth) * side
        box = {0: (0, 0, side, depth), 1: (0, side - depth, side, side), 2: (0, 0, depth, side)}
        draw.rectangle(box.get(edge, (side - depth, 0, side, side)), fill=255)


def text(draw: ImageDraw.ImageDraw, side: int, growth: float, dice: Dice) -> None:
    """One to four lines of letters, upright, as thick as a brush that follows them would paint."""
    size = dice.uniform(0.06, 0.1 + 0.12 * growth) * side
    font = _font(dice, size)
    x, y = dice.uniform(-0.1, 0.5) * side, dice.uniform(0, 0.8) * side
    for _ in range(dice.whole(1, 1 + round(3 * growth))):
        draw.text(
            (x, y), _word(dice, 4, 18), fill=255, font=font, stroke_width=dice.whole(0, max(1, round(0.12 * size)))
        )
        y += 1.3 * size


def watermark(draw: ImageDraw.ImageDraw, side: int, growth: float, dice: Dice) -> None:
    """The same slanted word over and over."""
    size = dice.uniform(0.07, 0.1 + 0.1 * growth) * side
    word, font = _word(dice, 4, 10), _font(dice, size)
    sheet = Image.new("L", (2 * side, 2 * side))
    pen = ImageDraw.Draw(sheet)
    step = max(4.0, pen.textlength(word, font=font) * dice.uniform(1.2, 2.0))
    rise = size * dice.uniform(1.8, 4.0)
    thick = dice.whole(0, max(1, round(0.06 * size)))
    for row in range(int(2 * side / rise) + 1):
        for column in range(int(2 * side / step) + 2):
            pen.text((column * step - (row % 2) * step / 2, row * rise), word, fill=255, font=font, stroke_width=thick)
    turned = sheet.rotate(dice.uniform(-45, 45), Image.Resampling.BILINEAR)
    draw.bitmap((-(side // 2), -(side // 2)), turned, fill=255)


def sticker(draw: ImageDraw.ImageDraw, side: int, growth: float, dice: Dice) -> None:
    """A price sticker: round, rounded, or a star, turned."""
    radius = dice.uniform(0.06, 0.1 + 0.22 * growth) * side
    x, y = dice.uniform(0.1, 0.9) * side, dice.uniform(0.1, 0.9) * side
    corners = dice.whole(3, 14)
    inner = dice.uniform(0.75, 1.0)
    ratio, turn = dice.uniform(0.5, 1.0), dice.uniform(0, math.pi)
    if corners > 10:
        corners, inner = 48, 1.0  # an ellipse
    points = []
    for i in range(2 * corners):
        r = radius * (inner if i % 2 else 1.0)
        a = math.pi * i / corners
        u, v = r * math.cos(a), ratio * r * math.sin(a)
        points.append((x + u * math.cos(turn) - v * math.sin(turn), y + u * math.sin(turn) + v * math.cos(turn)))
    draw.polygon(points, fill=255)


def scratches(draw: ImageDraw.ImageDraw, side: int, growth: float, dice: Dice) -> None:
    """Long thin lines, hardly bent, one to four pixels wide."""
    for _ in range(dice.whole(1, 2 + round(6 * growth))):
        x, y, angle = dice.uniform(0, side), dice.uniform(0, side), dice.uniform(0, 2 * math.pi)
        points = [(x, y)]
        for _ in range(dice.whole(2, 10)):
            angle += dice.uniform(-0.2, 0.2)
            x, y = x + 0.1 * side * math.cos(angle), y + 0.1 * side * math.sin(angle)
            points.append((x, y))
        _line(draw, points, dice.uniform(1, 4))


def dust(draw: ImageDraw.ImageDraw, side: int, growth: float, dice: Dice) -> None:
    """Specks and hairs."""
    for _ in range(dice.whole(3, 8 + round(30 * growth))):
        x, y, r = dice.uniform(0, side), dice.uniform(0, side), dice.uniform(0.6, 3.5)
        draw.ellipse((x - r, y - r, x + r, y + r * dice.uniform(0.6, 1.0)), fill=255)


def hanger(draw: ImageDraw.ImageDraw, side: int, growth: float, dice: Dice) -> None:
    """A clothes hanger: shoulders, perhaps a bar, a neck and a hook."""
    span = dice.uniform(0.2, 0.3 + 0.25 * growth) * side
    x, y, width = dice.uniform(0.2, 0.8) * side, dice.uniform(0.2, 0.7) * side, dice.uniform(0.02, 0.07) * side
    drop = span * dice.uniform(0.3, 0.6)
    left, right, top = (x - span, y + drop), (x + span, y + drop), (x, y)
    _line(draw, [left, top, right], width)
    if dice.whole(0, 1):
        _line(draw, [left, right], width)
    hook = span * dice.uniform(0.15, 0.3)
    turn = [math.pi / 2 - 1.5 * math.pi * i / 10 for i in range(11)]
    arc = [(x + hook * math.cos(a), y - 2 * hook + hook * math.sin(a)) for a in turn]
    _line(draw, [top, *arc], max(2.0, 0.6 * width))


def blob(draw: ImageDraw.ImageDraw, side: int, growth: float, dice: Dice) -> None:
    """A large object: a smooth closed curve around a center."""
    radius = dice.uniform(0.1, 0.15 + 0.3 * growth) * side
    x, y = dice.uniform(0.1, 0.9) * side, dice.uniform(0.1, 0.9) * side
    waves = [(k, dice.uniform(0, 0.35 / k), dice.uniform(0, 2 * math.pi)) for k in range(2, 6)]
    points = []
    for i in range(72):
        a = 2 * math.pi * i / 72
        r = radius * (1 + sum(height * math.cos(k * a + phase) for k, height, phase in waves))
        points.append((x + r * math.cos(a), y + r * math.sin(a)))
    draw.polygon(points, fill=255)


KINDS: Mapping[str, Draw] = {
    "strokes": strokes,
    "boxes": boxes,
    "border": border,
    "text": text,
    "watermark": watermark,
    "sticker": sticker,
    "scratches": scratches,
    "dust": dust,
    "hanger": hanger,
    "blob": blob,
}
OFTEN: Mapping[str, float] = {
    "strokes": 0.24,
    "boxes": 0.09,
    "border": 0.05,
    "text": 0.14,
    "watermark": 0.06,
    "sticker": 0.12,
    "scratches": 0.08,
    "dust": 0.03,
    "hanger": 0.05,
    "blob": 0.14,
}


def _line(draw: ImageDraw.ImageDraw, points: list[tuple[float, float]], width: float) -> None:
    """A line with round ends and joints."""
    draw.line(points, fill=255, width=max(1, round(width)), joint="curve")
    r = width / 2
    if r >= 1:
        for x, y in (points[0], points[-1]):
            draw.ellipse((x - r, y - r, x + r, y + r), fill=255)


def _word(dice: Dice, least: int, most: int) -> str:
    letters = [LETTERS[dice.whole(0, len(LETTERS) - 1)] for _ in range(dice.whole(least, most))]
    if len(letters) > 8:
        letters[len(letters) // 2] = " "
    return "".join(letters)


def _font(dice: Dice, size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    paths = _fonts()
    # Even with no font installed there is the one that Pillow carries.
    path = paths[dice.whole(0, len(paths) - 1)] if paths and dice.whole(0, 3) else None
    size = max(6.0, size)
    return ImageFont.truetype(str(path), size) if path else ImageFont.load_default(size)


@functools.cache
def _fonts() -> tuple[Path, ...]:
    """Up to `MAX_FONTS` installed fonts with Latin letters, spread over all that are there."""
    found = sorted(
        p for folder in FONT_FOLDERS if folder.is_dir() for p in folder.rglob("*") if p.suffix.lower() in FONT_SUFFIXES
    )
    return tuple(path for path in found[:: max(1, len(found) // MAX_FONTS)] if _writes(path))


def _writes(path: Path) -> bool:
    try:
        return ImageFont.truetype(str(path), 12).getbbox("Ag")[2] > 6
    except OSError:
        return False
