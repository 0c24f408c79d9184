"""A product at another scale and at another place: resampling that keeps its edges clean, grounds that go on."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from gan.cutout.pipeline import box_of

_SUPPORT_PX = 2
"""Pixels that bicubic interpolation looks to either side."""

_ROUNDING = 1e-4
"""So near to 0 or 1 a resampled coverage is 0 or 1."""

_MOST_DEPTH_PX = 8
_DEPTH = 0.03
"""How far into the picture its ground is looked at: no farther than this share of the picture's shorter side."""

_UNEVEN = 4 / 255
"""A ground that differs from its smooth course by no more than this is plain: paper with the noise of a camera."""

_OUTLIERS = 0.01
_STEP = 0.08
"""How much a plain ground changes within `_MOST_DEPTH_PX`; more is a border or an edge."""

_SLIVER_PX = 2
"""So little of any ground may go on unseen; a scaled picture's border seldom falls between two pixels."""

_SMOOTH = 1 / 32
"""Share of a side's length over which its ground's course is smooth."""


class Box(NamedTuple):
    """Left, top, right and bottom in pixels; right and bottom are the first column and row outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def fill(self, height_px: int, width_px: int) -> float:
        """The larger of width and height as a share of a canvas's."""
        return max(self.width / width_px, self.height / height_px)

    def touches(self, height_px: int, width_px: int) -> bool:
        """Whether it reaches the edge of a picture of that size."""
        return self.left <= 0 or self.top <= 0 or self.right >= width_px or self.bottom >= height_px

    def moved(self, across: int, down: int) -> Box:
        return Box(self.left + across, self.top + down, self.right + across, self.bottom + down)

    def within(self, other: Box) -> Box:
        """What both share; empty boxes have no positive width or height."""
        return Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )


class Move(NamedTuple):
    """Pixels (x, y) of a source go to (scale * (x - across), scale * (y - down)); `across` and `down` are whole."""

    scale: float
    across: int
    down: int

    def outer(self, box: Box) -> Box:
        """Everything that a part of the source touches after the move, a resampling's reach included."""
        more = 0 if self.scale == 1 else 1 + math.ceil(_SUPPORT_PX * max(1.0, self.scale))
        left, top, right, bottom = self._moved(box)
        return Box(math.floor(left) - more, math.floor(top) - more, math.ceil(right) + more, math.ceil(bottom) + more)

    def inner(self, box: Box) -> Box:
        """The pixels that a part of the source covers wholly after the move."""
        left, top, right, bottom = self._moved(box)
        rounding = 1e-6
        return Box(
            math.ceil(left - rounding),
            math.ceil(top - rounding),
            math.floor(right + rounding),
            math.floor(bottom + rounding),
        )

    def back(self, box: Box) -> tuple[float, float, float, float]:
        """Where a box comes from, in pixels of the source."""
        left, top, right, bottom = (part / self.scale for part in box)
        return left + self.across, top + self.down, right + self.across, bottom + self.down

    def _moved(self, box: Box) -> tuple[float, float, float, float]:
        across, down = self.across, self.down
        left, top, right, bottom = box.left - across, box.top - down, box.right - across, box.bottom - down
        return self.scale * left, self.scale * top, self.scale * right, self.scale * bottom


def measured(alpha: Tensor) -> Box | None:
    """The box of what is covered by more than one half; None for a coverage of 0 everywhere."""
    found = box_of(alpha)
    return None if found is None else Box(*found)


def moved_alpha(alpha: Tensor, move: Move, canvas: Box) -> Tensor:
    """A coverage after a move.

    Args:
        alpha: (1, 1, H, W) in [0, 1].
        canvas: which part of the moved plane is wanted.

    Returns:
        (1, 1, canvas.height, canvas.width) in [0, 1]; 0 beyond the source, whole where it was whole around.
    """
    made = torch.zeros(1, 1, canvas.height, canvas.width)
    part = _part(alpha, move, canvas)
    if part is not None:
        copied = move.scale == 1
        share = _copied(alpha, move, part)[0, 0] if copied else _whole_ends(_plane(alpha[0, 0], move, part))
        _at(made, part, canvas)[0, 0] = share
    return made


def moved_cut(rgb: Tensor, alpha: Tensor, move: Move, canvas: Box) -> tuple[Tensor, Tensor]:
    """Colors and opacity after a move; colors are averaged by their opacity (Porter and Duff, 1984).

    Args:
        rgb: (1, 3, H, W) in [0, 1], not premultiplied.
        alpha: (1, 1, H, W) in [0, 1].
        canvas: which part of the moved plane is wanted.

    Returns:
        (1, 3, h, w) and (1, 1, h, w) of the canvas; white where nothing is seen. At scale 1 both are copies.
    """
    colors, opacity = torch.ones(1, 3, canvas.height, canvas.width), torch.zeros(1, 1, canvas.height, canvas.width)
    if move.scale == 1:
        shared = move.outer(_whole(alpha)).within(canvas)
        if shared.width > 0 and shared.height > 0:
            for made, x in ((colors, rgb), (opacity, alpha)):
                _at(made, shared, canvas).copy_(_copied(x, move, shared))
        return colors, opacity
    part = _part(alpha, move, canvas)
    if part is None:
        return colors, opacity
    share = _plane(alpha[0, 0], move, part)
    seen = share > _ROUNDING
    divisor = torch.where(seen, share, 1)
    for channel, target in zip(rgb[0], _at(colors, part, canvas)[0], strict=True):
        resampled = _plane(channel, move, part, weight=alpha[0, 0]).div_(divisor).clamp_(0, 1)
        target.copy_(torch.where(seen, resampled, 1))
    _at(opacity, part, canvas)[0, 0] = _whole_ends(share)
    return colors, opacity


def moved_whole(rgb: Tensor, move: Move, canvas: Box) -> Tensor | None:
    """An opaque picture after a move, its own ground continued to the canvas's sides.

    Args:
        rgb: (1, 3, H, W) in [0, 1].
        canvas: which part of the moved plane is wanted.

    Returns:
        (1, 3, h, w) of the canvas; None where a side that has to go on is not plain.
    """
    part = move.inner(_whole(rgb)).within(canvas)
    if part.width < 1 or part.height < 1:
        return None
    if move.scale == 1:
        made = _copied(rgb, move, part)
    else:
        made = torch.stack([_plane(channel, move, part) for channel in rgb[0]])[None].clamp_(0, 1)
    if part == canvas:
        return made.clone() if move.scale == 1 else made
    return _continued(made, part.left - canvas.left, part.top - canvas.top, canvas)


def _continued(rgb: Tensor, left: int, top: int, canvas: Box) -> Tensor | None:
    """A picture that lies at (left, top) of a canvas, each of its sides' outermost course repeated outwards."""
    height, width = rgb.shape[2:]
    bottom, right = top + height, left + width
    deep = max(1, min(_MOST_DEPTH_PX, round(_DEPTH * min(height, width))))
    sides = (
        (left, rgb[..., :deep].transpose(2, 3)),
        (canvas.width - right, rgb[..., -deep:].flip(3).transpose(2, 3)),
        (top, rgb[:, :, :deep]),
        (canvas.height - bottom, rgb[:, :, -deep:].flip(2)),
    )
    courses = []
    for px, strip in sides:
        course = strip[:, :, :1] if px <= _SLIVER_PX else _course(strip)
        if course is None:
            return None
        courses.append(course)
    made = torch.empty(1, 3, canvas.height, canvas.width)
    made[:, :, top:bottom, left:right] = rgb
    before, behind, above, below = courses
    made[:, :, top:bottom, :left] = before.transpose(2, 3)
    made[:, :, top:bottom, right:] = behind.transpose(2, 3)
    # Corners go on as the nearest end of the course above or below does.
    pad = (left, canvas.width - right, 0, 0)
    made[:, :, :top] = F.pad(above, pad, mode="replicate")
    made[:, :, bottom:] = F.pad(below, pad, mode="replicate")
    return made


def _course(strip: Tensor) -> Tensor | None:
    """(1, 3, depth, length), outermost first -> (1, 3, 1, length), what a plain ground is along a side; else None."""
    first = strip[:, :, :1, :1]
    if bool((strip == first).all()):
        return strip[:, :, :1]
    # Plain is what one smooth course along the side and one gradient across it explain.
    across = strip.mean(3, keepdim=True)
    if float(across.amax(2).sub(across.amin(2)).max()) > _STEP:
        return None
    window = max(1, round(_SMOOTH * strip.shape[3])) | 1
    mean = F.pad((strip - across).mean(2, keepdim=True), (window // 2, window // 2, 0, 0), mode="replicate")
    along = F.avg_pool2d(mean, (1, window), 1)
    rough = ((strip - across - along).abs().amax(1) > _UNEVEN).float().mean()
    return (across[:, :, :1] + along).clamp_(0, 1) if float(rough) <= _OUTLIERS else None


def _whole(x: Tensor) -> Box:
    return Box(0, 0, x.shape[3], x.shape[2])


def _part(alpha: Tensor, move: Move, canvas: Box) -> Box | None:
    """The part of a canvas in which anything is covered."""
    found = box_of(alpha, least=0.0)
    if found is None:
        return None
    part = move.outer(Box(*found)).within(canvas)
    return part if part.width > 0 and part.height > 0 else None


def _at(x: Tensor, part: Box, canvas: Box) -> Tensor:
    left, top, right, bottom = part.moved(-canvas.left, -canvas.top)
    return x[:, :, top:bottom, left:right]


def _copied(x: Tensor, move: Move, part: Box) -> Tensor:
    left, top, right, bottom = part.moved(move.across, move.down)
    return x[:, :, top:bottom, left:right]


def _plane(x: Tensor, move: Move, part: Box, *, weight: Tensor | None = None) -> Tensor:
    """A part of the moved plane, (H, W) -> (part.height, part.width), bicubic with a filter as wide as reduction needs.

    Where the part reaches beyond the source, 0 is seen there. Pillow, because it takes fractions of pixels for ends.
    """
    height, width = x.shape
    left, top, right, bottom = move.back(part)
    rounding = 1e-6
    more = math.ceil(_SUPPORT_PX * max(1.0, 1 / move.scale)) + 1
    pad_left, pad_top = max(0, -math.floor(left + rounding)), max(0, -math.floor(top + rounding))
    pad_right, pad_bottom = (
        max(0, math.ceil(right - rounding) - width),
        max(0, math.ceil(bottom - rounding) - height),
    )
    columns = slice(max(0, math.floor(left) - more), max(0, min(width, math.ceil(right) + more)))
    rows = slice(max(0, math.floor(top) - more), max(0, min(height, math.ceil(bottom) + more)))
    cut = x[rows, columns] if weight is None else x[rows, columns] * weight[rows, columns]
    padded = F.pad(cut, (pad_left, pad_right, pad_top, pad_bottom))
    across, down = pad_left - columns.start, pad_top - rows.start
    ends = (
        min(max(left + across, 0.0), padded.shape[1]),
        min(max(top + down, 0.0), padded.shape[0]),
        min(max(right + across, 0.0), padded.shape[1]),
        min(max(bottom + down, 0.0), padded.shape[0]),
    )
    made = Image.fromarray(padded.contiguous().numpy()).resize(
        (part.width, part.height), Image.Resampling.BICUBIC, box=ends
    )
    return torch.from_numpy(np.array(made))


def _whole_ends(share: Tensor) -> Tensor:
    """A resampled coverage without what rounding and overshooting left of 0 and of 1."""
    return torch.where(share < _ROUNDING, 0.0, torch.where(share > 1 - _ROUNDING, 1.0, share))
