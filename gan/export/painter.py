"""Draws annotations: lines with their lengths, texts, badges, tables and logos, over a picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from gan.edit.background import hex_color
from gan.imaging import fonts
from gan.imaging.box import Box
from gan.imaging.picture import Picture
from gan.imaging.resize import resize

if TYPE_CHECKING:
    from gan.export.annotate import AnnotateRequest

Corner = Literal["top-left", "top-right", "bottom-left", "bottom-right"]
_CORNERS: Final[tuple[Corner, ...]] = get_args(Corner)
_FINE: Final = 4
"""Shapes are drawn so many times larger and reduced, for smooth edges."""


@dataclass(frozen=True, eq=False)
class _Item:
    """An overlay in a corner: its size, and a function that draws it at a place, left and top."""

    corner: Corner
    size: tuple[int, int]
    draw: Callable[[int, int], None]


class Painter:
    """Draws small pictures and lays them over the large one, which changes there only."""

    def __init__(self, request: AnnotateRequest) -> None:
        self._request = request
        shorter = min(request.picture.width_px, request.picture.height_px)
        self._em = max(8, round(request.size * shorter))
        self._margin = round(request.margin * shorter)
        self._stroke = max(1, round(self._em / 14))
        self._gap = max(3, round(0.6 * self._em))
        self._color = hex_color(request.color)
        self._used: dict[str, int] = {}
        self.picture = request.picture
        self.boxes: dict[str, Box] = {}

    def start(self, picture: Picture) -> None:
        """Begin on a copy."""
        alpha = None if picture.alpha is None else picture.alpha.clone()
        self.picture = picture.with_pixels(picture.rgb.clone(), alpha)

    def room(self, box: Box, width: float, height: float) -> Box:
        """Pixels that lack on the left, top, right and bottom: lines go below and to the left of the product, and what
        goes into corners above and below all of this."""
        request, left, bottom = self._request, box.left, box.bottom
        if request.lines != "width":
            said = _said(height, request.unit)
            left -= self._gap + self._tick + self._gap // 2 + fonts.size_of(said, self._font(said))[0]
        if request.lines != "height":
            said = _said(width, request.unit)
            bottom += self._gap + self._tick + self._gap // 4 + fonts.size_of(said, self._font(said))[1]
        wide, tall = request.picture.width_px, request.picture.height_px
        more = max(0, self._margin // 2 - left)
        up, down = self._margin // 2, self._margin // 2
        for corner in _CORNERS:
            items = [item for item in self._items(wide + more) if item.corner == corner]
            reach = max((item.size[0] for item in items), default=0)
            over = left < self._margin + reach if corner.endswith("left") else box.right > wide - self._margin - reach
            if items and over:
                need = self._margin + sum(item.size[1] + self._gap for item in items)
                up, down = (max(up, need), down) if corner.startswith("top") else (up, max(down, need))
        return Box(more, max(0, up - box.top), 0, max(0, down - (tall - bottom)))

    @property
    def _tick(self) -> int:
        tick = max(4, round(0.5 * self._em))
        return tick + (tick - self._stroke) % 2  # the line lies on whole pixels in its middle

    def dimensions(self, box: Box, width: float, height: float) -> None:
        """A line below the product and one on its left, each with ends, arrows and its length."""
        lines, unit = self._request.lines, self._request.unit
        if lines != "height":
            self._line("width", box.left, box.right, box.bottom + self._gap, _said(width, unit), upright=False)
        if lines != "width":
            self._line(
                "height", box.top, box.bottom, box.left - self._gap - self._tick, _said(height, unit), upright=True
            )

    def _line(self, name: str, start: int, end: int, place: int, said: str, *, upright: bool) -> None:
        length, tick, stroke = max(end - start, 3 * self._stroke), self._tick, self._stroke
        middle, arrow = tick / 2, min(0.6 * tick, length / 4)

        def draw(pen: ImageDraw.ImageDraw) -> None:
            def at(along: float, across: float) -> tuple[float, float]:
                return (across * _FINE, along * _FINE) if upright else (along * _FINE, across * _FINE)

            half = stroke / 2
            pen.rectangle([at(0, middle - half), at(length, middle + half)], fill=255)
            for side in (0.0, length - stroke):
                pen.rectangle([at(side, 0), at(side + stroke, tick)], fill=255)
            for tip, way in ((stroke, 1), (length - stroke, -1)):
                wing = 0.32 * tick
                corners = [at(tip, middle), at(tip + way * arrow, middle - wing), at(tip + way * arrow, middle + wing)]
                pen.polygon(corners, fill=255)

        size = (tick, length) if upright else (length, tick)
        where = (place, start) if upright else (start, place)
        self._lay(name, _shape(size, draw), where, self._color)
        label = fonts.written(said, self._font(said))
        if upright:
            spot = (place - self._gap // 2 - label.width, round((start + end - label.height) / 2))
        else:
            spot = (round((start + end - label.width) / 2), place + tick + self._gap // 4)
        self._lay(f"{name} label", label, spot, self._color)

    def corners(self) -> None:
        """Draw what goes into corners; what shares one is put one under, or above, the other."""
        for item in self._items(self.picture.width_px):
            item.draw(*self._corner(item.corner, item.size))

    def _items(self, wide: int) -> list[_Item]:
        """The overlays in the corners of a picture of that width, in the order of drawing."""
        request, made = self._request, []
        if request.badge.strip():
            made.append(self._badge(request.badge.strip()))
        if request.logo is not None:
            made.append(self._logo(request.logo))
        if request.table:
            made.append(self._table(request.table))
        if request.text.strip():
            font = self._font(request.text)
            share = 0.5 if request.table and request.table_at[:3] == request.text_at[:3] else 0.8
            text = fonts.wrapped(request.text.strip(), font, max(self._em, round(share * wide) - self._margin))
            drawn = fonts.written(text, font, align="right" if request.text_at.endswith("right") else "left")
            made.append(
                _Item(request.text_at, drawn.size, lambda left, top: self._lay("text", drawn, (left, top), self._color))
            )
        return made

    def _badge(self, text: str) -> _Item:
        font = self._font(text, bold=True, field="badge")
        pad = round(0.45 * self._em)
        letters = fonts.written(text, font)
        size = (letters.width + 3 * pad, letters.height + pad)
        accent = hex_color(self._request.accent)
        on_it = (1.0, 1.0, 1.0) if np.dot(accent, (0.299, 0.587, 0.114)) < 0.6 else (0.1, 0.1, 0.1)

        def panel(pen: ImageDraw.ImageDraw) -> None:
            corner = 0.3 * size[1] * _FINE
            pen.rounded_rectangle([(0, 0), (size[0] * _FINE - 1, size[1] * _FINE - 1)], corner, fill=255)

        def draw(left: int, top: int) -> None:
            self._lay("badge", _shape(size, panel), (left, top), accent)
            self._lay("badge text", letters, (left + 3 * pad // 2, top + pad // 2), on_it)

        return _Item(self._request.badge_at, size, draw)

    def _logo(self, logo: Picture) -> _Item:
        request = self._request
        side = request.logo_size * max(request.picture.width_px, request.picture.height_px)
        scale = side / max(logo.width_px, logo.height_px)
        tall, wide = max(1, round(logo.height_px * scale)), max(1, round(logo.width_px * scale))
        alpha = torch.ones_like(logo.rgb[:, :1]) if logo.alpha is None else logo.alpha
        # Premultiplied, so that what a file holds behind its transparency does not bleed in.
        rgb, cover = resize(logo.rgb * alpha, tall, wide), resize(alpha, tall, wide)
        own = (rgb / cover.clamp(min=1e-4)).clamp(0, 1)
        return _Item(request.logo_at, (wide, tall), lambda left, top: self._over("logo", own, cover, left, top))

    def _table(self, rows: tuple[str, ...]) -> _Item:
        cells = [[cell.strip() for cell in row.split("|")] for row in rows]
        count = max(map(len, cells))
        cells = [row + [""] * (count - len(row)) for row in cells]
        everything = " ".join(cell for row in cells for cell in row)
        if fonts.right_to_left(everything):
            cells = [row[::-1] for row in cells]
        font = self._font(everything, field="table", share=0.8)
        pad = round(0.4 * self._em)
        widths = [max(fonts.size_of(row[column], font)[0] for row in cells) + 2 * pad for column in range(count)]
        tall = fonts.size_of("0", font)[1] + pad
        size = (sum(widths) + 1, tall * len(cells) + 1)
        thin = max(1, self._stroke // 2)

        def panel(pen: ImageDraw.ImageDraw) -> None:
            pen.rounded_rectangle([(0, 0), (size[0] * _FINE - 1, size[1] * _FINE - 1)], pad * _FINE / 2, fill=235)

        def rules(pen: ImageDraw.ImageDraw) -> None:
            for number in range(1, len(cells)):
                y = number * tall * _FINE
                ends = [(pad * _FINE / 2, y), ((size[0] - pad / 2) * _FINE, y + thin * _FINE - 1)]
                pen.rectangle(ends, fill=255 if number == 1 else 90)

        letters = Image.new("L", size)
        for number, row in enumerate(cells):
            x = 0
            for column, cell in enumerate(row):
                if cell:
                    drawn = fonts.written(cell, font)
                    letters.paste(drawn, (x + (widths[column] - drawn.width) // 2, number * tall + pad // 2))
                x += widths[column]

        def draw(left: int, top: int) -> None:
            self._lay("table", _shape(size, panel), (left, top), (1.0, 1.0, 1.0))
            self._lay("table rules", _shape(size, rules), (left, top), self._color)
            self._lay("table text", letters, (left, top), self._color)

        return _Item(self._request.table_at, size, draw)

    def _font(self, text: str, *, bold: bool = False, field: str = "text", share: float = 1.0) -> fonts.Font:
        return fonts.font_for(text, max(6, round(share * self._em)), bold=bold, name=self._request.font, field=field)

    def _corner(self, corner: str, size: tuple[int, int]) -> tuple[int, int]:
        """Left and top of something in a corner, within the safe margin and beyond what lies there already."""
        taken = self._used.get(corner, 0)
        self._used[corner] = taken + size[1] + self._gap
        wide, tall = self.picture.width_px, self.picture.height_px
        left = self._margin if corner.endswith("left") else wide - self._margin - size[0]
        top = self._margin + taken if corner.startswith("top") else tall - self._margin - size[1] - taken
        return max(0, left), max(0, top)

    def _lay(self, name: str, mask: Image.Image, spot: tuple[int, int], color: tuple[float, float, float]) -> None:
        cover = torch.from_numpy(np.asarray(mask, dtype=np.float32) / 255)[None, None]
        rgb = torch.tensor(color).view(1, 3, 1, 1).expand(1, 3, *cover.shape[2:])
        self._over(name, rgb, cover, *spot)

    def _over(self, name: str, rgb: Tensor, cover: Tensor, left: int, top: int) -> None:
        """Blend over the picture; parts beyond its edge are cut."""
        wide, tall = self.picture.width_px, self.picture.height_px
        box = Box(max(0, left), max(0, top), min(wide, left + cover.shape[3]), min(tall, top + cover.shape[2]))
        self.boxes[name] = box
        if box.right <= box.left or box.bottom <= box.top:
            return
        inner = Box(box.left - left, box.top - top, box.right - left, box.bottom - top)
        own, over = inner.of(cover), inner.of(rgb)
        under = box.of(self.picture.rgb)
        alpha = self.picture.alpha
        if alpha is None:
            under.copy_(torch.lerp(under, over, own))
            return
        below = box.of(alpha)
        total = own + below * (1 - own)
        under.copy_(torch.where(total > 0, (over * own + under * below * (1 - own)) / total.clamp(min=1e-6), under))
        below.copy_(total)


def _said(length: float, unit: str) -> str:
    """One decimal, none from 100 on and where it is 0; inches with a fraction of a tenth as well."""
    rounded = f"{length:.0f}" if length >= 100 else f"{length:.1f}".removesuffix(".0")
    return f"{rounded} {unit}"


def _shape(size: tuple[int, int], draw: Callable[[ImageDraw.ImageDraw], None]) -> Image.Image:
    """An "L" picture drawn finer and reduced."""
    fine = Image.new("L", (max(1, size[0]) * _FINE, max(1, size[1]) * _FINE))
    draw(ImageDraw.Draw(fine))
    return fine.resize((max(1, size[0]), max(1, size[1])), Image.Resampling.BOX)
