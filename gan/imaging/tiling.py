"""Runs a network over a picture of any size, tile by tile, so that memory is bounded by the tile and the output."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

MIN_TILE_PX = 32
"""Below this side a tile that does not fit into the device's memory is given up."""

MAX_BORDER_PX = 8
"""Reflected pixels around the picture: enough that the zeros a convolution pads with stay out of sight."""

MAX_RAMP_PX = 8
"""Width of the blend between neighbors: narrow, since neither side has anything of its tile's border in it."""

CPU = torch.device("cpu")


def tiled(
    fn: Callable[[Tensor], Tensor],
    x: Tensor,
    *,
    scale: int = 1,
    multiple: int = 1,
    context_px: int = 32,
    tile_px: int = 256,
    device: torch.device = CPU,
    on_progress: Callable[[int, int], None] | None = None,
) -> Tensor:
    """Apply `fn` to overlapping tiles and blend them with raised-cosine weights that sum to one.

    Each tile contributes an area of at most `tile_px` and is read with `context_px` more on every side, so that no
    pixel that a tile's border has touched is used. The picture's own border is continued by reflection. Where `fn`
    looks no further than `context_px`, the result is that of `fn` on the whole picture.

    A tile for which the device runs out of memory is halved until it fits, and so are the ones after it.

    Args:
        fn: maps (1, C, h, w) on `device` to (1, C2, h * scale, w * scale), nominally in [0, 1].
        x: (1, C, H, W), float32, on the CPU, any H and W from 1.
        scale: output pixels per input pixel in each direction.
        multiple: `fn` is given heights and widths divisible by this, and tiles whose origins are.
        context_px: how far, in input pixels, a pixel of the output looks around itself.
        tile_px: side in input pixels of the area that one call contributes.
        device: where `fn` runs.
        on_progress: called with (tiles done, tiles in all), first with 0 done.

    Returns:
        (1, C2, H * scale, W * scale), float32, on the CPU, clamped to [0, 1].

    Raises:
        torch.OutOfMemoryError: a tile of less than `MIN_TILE_PX` would be needed.
    """
    run = _Run(fn, x, scale, multiple, context_px, tile_px, device)
    height_px, width_px = x.shape[2:]
    tiles = [
        (rows, columns)
        for rows in _divide(_Span.whole(height_px, scale), tile_px, scale)
        for columns in _divide(_Span.whole(width_px, scale), tile_px, scale)
    ]
    if on_progress is not None:
        on_progress(0, len(tiles))
    for done, (rows, columns) in enumerate(tiles, start=1):
        run.tile(rows, columns)
        if on_progress is not None:
            on_progress(done, len(tiles))
    return run.output()


@dataclass(frozen=True)
class _Span:
    """A tile's part of one axis, [start, stop) in input pixels, and its weight for each output pixel."""

    start: int
    stop: int
    weight: Tensor  # ((stop - start) * scale,)

    @classmethod
    def whole(cls, size_px: int, scale: int) -> _Span:
        return cls(0, size_px, torch.ones(size_px * scale))

    def __len__(self) -> int:
        return self.stop - self.start


def _divide(span: _Span, tile_px: int, scale: int) -> Iterator[_Span]:
    """Equal parts of a span, at most `tile_px` long, that overlap by a ramp; their weights sum to the span's own."""
    if len(span) <= tile_px:
        yield span
        return
    half_px = min(MAX_RAMP_PX, tile_px // 4) // 2
    ramp = 0.5 - 0.5 * torch.cos(torch.pi * (torch.arange(2 * half_px * scale) + 0.5) / max(1, 2 * half_px * scale))
    count = math.ceil(len(span) / (tile_px - 2 * half_px))
    seams = [span.start + len(span) * i // count for i in range(count + 1)]
    for i in range(count):
        start = seams[i] - half_px if i > 0 else span.start
        stop = seams[i + 1] + half_px if i < count - 1 else span.stop
        weight = span.weight[(start - span.start) * scale : (stop - span.start) * scale].clone()
        if i > 0:
            weight[: len(ramp)] *= ramp
        if i < count - 1:
            weight[len(weight) - len(ramp) :] *= 1 - ramp
        yield _Span(start, stop, weight)


class _Run:
    """One picture's way through `tiled`: its output so far, and the size that the device has room for."""

    def __init__(
        self,
        fn: Callable[[Tensor], Tensor],
        x: Tensor,
        scale: int,
        multiple: int,
        context_px: int,
        tile_px: int,
        device: torch.device,
    ) -> None:
        self._fn = fn
        self._x = x
        self._scale = scale
        self._multiple = multiple
        self._context_px = context_px
        self._border_px = min(context_px, MAX_BORDER_PX)
        self._room_px = tile_px
        self._device = device
        self._out: Tensor | None = None

    def output(self) -> Tensor:
        if self._out is None:
            raise ValueError("a picture without pixels has no tiles")
        return self._out

    def tile(self, rows: _Span, columns: _Span) -> None:
        """Add one tile to the output, in smaller parts where there is no room for it."""
        if max(len(rows), len(columns)) <= self._room_px:
            result = self._attempt(rows, columns)
            if result is not None:
                self._add(result, rows, columns)
                return
        for part in _divide(rows, self._room_px, self._scale):
            for piece in _divide(columns, self._room_px, self._scale):
                self.tile(part, piece)

    def _attempt(self, rows: _Span, columns: _Span) -> Tensor | None:
        """The tile's output in the size of its spans; None, and less room from now on, where memory ran out."""
        height_px, width_px = self._x.shape[2:]
        top, bottom = self._reach(rows, height_px)
        left, right = self._reach(columns, width_px)
        try:
            out = self._fn(_read(self._x, top, bottom, left, right).to(self._device)).detach()
            y = (rows.start - top) * self._scale
            x = (columns.start - left) * self._scale
            # (1, C2, (bottom - top) * scale, (right - left) * scale) -> without the context
            out = out[:, :, y : y + len(rows.weight), x : x + len(columns.weight)]
            return out.to(CPU, torch.float32).clamp(0, 1)
        except torch.OutOfMemoryError:
            smaller_px = max(len(rows), len(columns)) // 2
            if smaller_px < MIN_TILE_PX:
                raise
            self._room_px = smaller_px
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        return None

    def _reach(self, span: _Span, size_px: int) -> tuple[int, int]:
        """From where to where a tile is read: with context, within the border, in whole multiples of the border's."""
        first = -self._border_px
        last = first + _round_up(size_px + 2 * self._border_px, self._multiple)
        start = (span.start - self._context_px - first) // self._multiple * self._multiple + first
        stop = _round_up(span.stop + self._context_px - first, self._multiple) + first
        return max(first, start), min(last, stop)

    def _add(self, result: Tensor, rows: _Span, columns: _Span) -> None:
        scale = self._scale
        height_px, width_px = self._x.shape[2:]
        if len(rows) == height_px and len(columns) == width_px:
            self._out = result.contiguous()  # one tile is the whole picture, and weighs one
            return
        if self._out is None:
            self._out = torch.zeros(1, result.shape[1], height_px * scale, width_px * scale)
        area = self._out[:, :, rows.start * scale : rows.stop * scale, columns.start * scale : columns.stop * scale]
        area += result * rows.weight[:, None] * columns.weight
        area.clamp_(max=1)  # two weights may sum to one and a rounding error


def _read(x: Tensor, top: int, bottom: int, left: int, right: int) -> Tensor:
    """A tile that may reach over the picture's border, where the picture is mirrored."""
    height_px, width_px = x.shape[2:]
    inside = x[:, :, max(0, top) : min(bottom, height_px), max(0, left) : min(right, width_px)]
    beyond = (max(0, -left), max(0, right - width_px), max(0, -top), max(0, bottom - height_px))
    if not any(beyond):
        return inside
    if max(beyond[:2]) < inside.shape[3] and max(beyond[2:]) < inside.shape[2]:
        return F.pad(inside, beyond, mode="reflect")
    # Further than the picture goes, the way runs to and fro.
    rows = _mirrored(top, bottom, x.shape[2])
    columns = _mirrored(left, right, x.shape[3])
    y, x0 = int(rows.min()), int(columns.min())
    near = x[:, :, y : int(rows.max()) + 1, x0 : int(columns.max()) + 1]
    return near.index_select(2, rows - y).index_select(3, columns - x0)


def _mirrored(start: int, stop: int, size_px: int) -> Tensor:
    """Positions within [0, size): beyond an edge they run back, the edge itself not repeated; one pixel repeats."""
    period = max(1, 2 * (size_px - 1))
    position = torch.arange(start, stop) % period
    return torch.minimum(position, period - position) if size_px > 1 else torch.zeros_like(position)


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
