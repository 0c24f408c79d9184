"""Stack: several frames from a tripod to one picture, sharp from front to back, or with less noise and more detail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.capture.drizzle import Drizzle
from gan.capture.registration import Affine, affine_between, warped
from gan.core.contract import Context, Output, Request
from gan.core.errors import InputError
from gan.core.option import Option
from gan.core.reader import LateFile
from gan.imaging.color import to_linear, to_srgb
from gan.imaging.picture import Picture
from gan.imaging.row_chunks import bands

LEAST_FRAMES, MOST_FRAMES = 3, 30
MAX_OUTPUT_PIXELS: Final = 100_000_000
"""A finished picture takes 12 bytes a pixel, and its weights 4."""

_SMALLEST_PX: Final = 24
"""Sides at which a pyramid ends."""

_NEAR_PX: Final = 5
"""Side of the square over which sharpness is averaged."""

_FLOOR: Final = 2e-5
"""Energy of detail that noise has too: below it all frames count alike, and noise is averaged."""

_POWER: Final = 3
"""Of the energy, as its weight: a frame twice as sharp, with four times the energy, counts 64 times."""

_UNLIKE: Final = 4.0
"""A pixel that differs by so many times the noise's variance counts half."""

_MOST_MOVED: Final = 0.1
"""Share of the longer side: a tripod that stands moves less."""

MOVED = "A frame was left out: it is too far from the others to be aligned"
NOTICES = (MOVED,)


class StackRequest(Request):
    """Merge 3 to 30 frames from a tripod into one picture.

    Focus: frames that are focused from front to back become one that is sharp everywhere; each part comes from where
    it is sharpest. Burst: frames of the same view become one with less noise; what moved between them is left out. With
    a burst twice as many pixels each way can be asked for, which shifts of parts of a pixel between the frames fill
    with real detail (drizzle). Frames are aligned first, also where refocusing changed their scale.

    Raises:
        InputError: too few or too many frames; twice the pixels of a focus stack.
    """

    frames: Annotated[tuple[LateFile, ...], Option("the frames, 3 to 30 pictures of one size", many=True)]
    kind: Annotated[Literal["focus", "burst"], Option("focus: sharp from front to back; burst: less noise")] = "focus"
    scale: Annotated[Literal[1, 2], Option("of a burst: 2 gives twice the pixels each way (drizzle)")] = 1
    drop: Annotated[
        float, Option("drizzle: side of the square that a pixel drops, in pixels; smaller is sharper", ge=0.4, le=1)
    ] = 0.8
    align: Annotated[bool, Option("align the frames first")] = True

    def check(self) -> None:
        if not LEAST_FRAMES <= len(self.frames) <= MOST_FRAMES:
            raise InputError(
                "frames",
                "{count} frames",
                "{least} to {most} are allowed",
                "Choose that many pictures of one view",
                count=len(self.frames),
                least=LEAST_FRAMES,
                most=MOST_FRAMES,
            )
        if self.scale != 1 and self.kind != "burst":
            raise InputError(
                "scale",
                "2 for a focus stack",
                "only a burst, whose frames all show the same, can have twice the pixels",
                "Choose the burst, or scale 1",
            )


def stack(request: StackRequest, context: Context) -> Output:
    """Align every frame to the middle one and merge them, one at a time.

    Details: `frames`, how many were merged; `moved_px`, how far each one's corners were moved at most; `left_out`, the
    numbers of those that were not; of a burst `noise`, the standard deviation between two frames, and `weight`, how
    many frames a pixel was averaged of.

    Raises:
        InputError: a frame cannot be read, or has another size.
    """
    frames, count = request.frames, len(request.frames)
    middle = count // 2
    context.step(0, count, "Aligning the frames")
    reference = frames[middle].read()
    _check_output(request, reference)
    merged: _FocusMerge | _BurstMerge
    merged = _FocusMerge(reference.rgb) if request.kind == "focus" else _BurstMerge(reference.rgb, request)
    moved, left_out, notices = [], [], list(reference.notices)
    # The reference comes first: a burst measures its noise by what differs from it.
    for done, index in enumerate([middle, *(index for index in range(count) if index != middle)]):
        context.step(done, count, "Merging the frames")
        frame = reference if index == middle else frames[index].read()
        _check_size(frame, reference, index)
        place = Affine.identity()
        if request.align and index != middle:
            place = affine_between(reference.rgb, frame.rgb)
        far = place.largest_px(reference.height_px, reference.width_px)
        if far > _MOST_MOVED * max(reference.height_px, reference.width_px):
            notices.append(MOVED)
            left_out.append(index + 1)
            continue
        moved.append((index, far))
        merged.add(frame.rgb, place)
    context.step(count, count, "Merging the frames")
    picture = reference.with_pixels(merged.result(), None)
    details: dict[str, Any] = {
        "frames": len(moved),
        "moved_px": [round(far, 2) for _, far in sorted(moved)],
        "left_out": left_out,
        **merged.details(),
    }
    return Output((replace(picture, notices=()),), tuple(dict.fromkeys(notices)), details)


def _check_output(request: StackRequest, reference: Picture) -> None:
    pixels = reference.width_px * reference.height_px * request.scale**2
    if pixels > MAX_OUTPUT_PIXELS:
        raise InputError(
            "scale",
            "{pixels} megapixels would result",
            "up to {most} are allowed",
            "Choose scale 1, or smaller frames",
            pixels=round(pixels / 1e6),
            most=MAX_OUTPUT_PIXELS // 10**6,
        )


def _check_size(frame: Picture, reference: Picture, index: int) -> None:
    if frame.rgb.shape != reference.rgb.shape:
        raise InputError(
            "frames",
            "{size} px in frame {number}, {others} px in the others",
            "frames of one size are needed",
            "Take them with the same camera, held the same way, and crop none",
            size=f"{frame.width_px} x {frame.height_px}",
            number=index + 1,
            others=f"{reference.width_px} x {reference.height_px}",
        )


class _FocusMerge:
    """Laplacian pyramids averaged by sharpness, level by level (Burt and Kolczynski, Enhanced image capture through
    fusion, 1993). One frame's level and the sums are held, never all frames."""

    def __init__(self, reference: Tensor) -> None:
        self._levels: list[tuple[Tensor, Tensor]] = []
        size: tuple[int, ...] = tuple(reference.shape[2:])
        while True:
            self._levels.append((reference.new_zeros(1, 3, *size), reference.new_zeros(1, 1, *size)))
            if min(size) <= _SMALLEST_PX:
                break
            size = (-(-size[0] // 2), -(-size[1] // 2))

    def add(self, rgb: Tensor, place: Affine) -> None:
        level = warped(rgb, place)
        for number, (total, weights) in enumerate(self._levels):
            last = number == len(self._levels) - 1
            smaller = level if last else _halved(level)
            for rows in [slice(0, level.shape[2])] if last else bands(*level.shape[2:]):
                near = slice(max(0, rows.start - _NEAR_PX), min(level.shape[2], rows.stop + _NEAR_PX))
                inner = slice(rows.start - near.start, rows.stop - near.start)
                part = level[:, :, near]
                detail = part if last else part - _doubled(smaller, level.shape[3], near)
                weight = torch.ones_like(part[:, :1]) if last else _sharpness(detail)
                total[:, :, rows] += (detail * weight)[:, :, inner]
                weights[:, :, rows] += weight[:, :, inner]
            level = smaller

    def result(self) -> Tensor:
        made: Tensor | None = None
        for total, weights in reversed(self._levels):
            total /= weights
            if made is not None:
                for rows in bands(*total.shape[2:]):
                    total[:, :, rows] += _doubled(made, total.shape[3], rows)
            made = total
        assert made is not None
        return made.clamp_(0, 1)

    def details(self) -> dict[str, Any]:
        return {}


def _sharpness(detail: Tensor) -> Tensor:
    """(1, 1, h, w): the weight of a level's detail, by its energy around each pixel."""
    energy = detail.square().sum(1, keepdim=True)
    pad = _NEAR_PX // 2
    energy = F.avg_pool2d(F.pad(energy, (pad,) * 4, mode="replicate"), _NEAR_PX, 1)
    return ((energy + _FLOOR) / _FLOOR) ** _POWER


_BINOMIAL = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16


def _halved(level: Tensor) -> Tensor:
    """The next smaller level: smoothed by a binomial kernel, every second pixel."""
    kernel = (_BINOMIAL[:, None] * _BINOMIAL[None])[None, None]
    height_px, width_px = level.shape[2:]
    made = level.new_empty(1, level.shape[1], -(-height_px // 2), -(-width_px // 2))
    for rows in bands(made.shape[2], width_px * 2):
        near = torch.arange(2 * rows.start - 2, 2 * rows.stop + 1).clamp(0, height_px - 1)
        part = F.pad(level[0, :, near][:, None], (2, 2, 0, 0), mode="replicate")
        made[0, :, rows] = F.conv2d(part, kernel, stride=2)[:, 0, : rows.stop - rows.start, : made.shape[3]]
    return made


def _doubled(level: Tensor, width_px: int, rows: slice) -> Tensor:
    """Rows of a level at the size of the next larger one, bilinear between its pixels."""
    made = level
    for axis, wanted in ((2, rows), (3, slice(0, width_px))):
        place = torch.arange(wanted.start, wanted.stop) / 2
        below = place.floor().long().clamp(max=level.shape[axis] - 1)
        above = (below + 1).clamp(max=level.shape[axis] - 1)
        share = (place - below).to(level.dtype)
        share = share.view(-1, 1) if axis == 2 else share
        made = torch.lerp(made.index_select(axis, below), made.index_select(axis, above), share)
    return made


@dataclass(eq=False)
class _Sums:
    total: Tensor
    weights: Tensor


class _BurstMerge:
    """Average in linear light, each pixel weighted by how well it agrees with the reference."""

    def __init__(self, reference: Tensor, request: StackRequest) -> None:
        self._reference = reference
        self._noise: list[float] = []
        self._drizzle = Drizzle(reference, request.drop) if request.scale == 2 else None
        size = reference.shape[2:]
        empty = self._drizzle is not None
        self._sums = None if empty else _Sums(torch.zeros_like(reference), reference.new_zeros(1, 1, *size))

    def add(self, rgb: Tensor, place: Affine) -> None:
        own = rgb is self._reference
        over = rgb if own else warped(rgb, place)
        variance = 0.0 if own else _variance(over, self._reference)
        if not own:
            self._noise.append(variance**0.5)
        if self._drizzle is not None:
            agreement = torch.empty_like(rgb[:, :1])
            for rows, weight in self._weights(over, variance, own):
                agreement[:, :, rows] = weight
            self._drizzle.add(rgb, place, agreement)
            return
        assert self._sums is not None
        for rows, weight in self._weights(over, variance, own):
            self._sums.total[:, :, rows] += to_linear(over[:, :, rows]) * weight
            self._sums.weights[:, :, rows] += weight

    def _weights(self, over: Tensor, variance: float, own: bool) -> Iterator[tuple[slice, Tensor]]:
        """(1, 1, rows, W) of each band: 1 where a frame differs from the reference as noise does, less beyond."""
        height_px, width_px = over.shape[2:]
        pad = _NEAR_PX // 2
        for rows in bands(height_px, width_px):
            if own:
                yield rows, torch.ones_like(over[:, :1, rows])
                continue
            near = torch.arange(rows.start - pad, rows.stop + pad).clamp(0, height_px - 1)
            unlike = (over[:, :, near] - self._reference[:, :, near]).square().mean(1, keepdim=True)
            unlike = F.avg_pool2d(F.pad(unlike, (pad, pad, 0, 0), mode="replicate"), _NEAR_PX, 1)
            yield rows, 1 / (1 + (unlike / (_UNLIKE * variance)) ** 4)

    def result(self) -> Tensor:
        if self._drizzle is not None:
            return self._drizzle.result()
        assert self._sums is not None
        total, weights = self._sums.total, self._sums.weights
        for rows in bands(*total.shape[2:]):
            total[:, :, rows] = to_srgb(total[:, :, rows] / weights[:, :, rows])
        return total.clamp_(0, 1)

    def details(self) -> dict[str, Any]:
        noise = sorted(self._noise)
        weights = self._sums.weights if self._sums is not None else None
        details: dict[str, Any] = {"noise": round(noise[len(noise) // 2], 5) if noise else 0.0}
        if weights is not None:
            details["weight"] = round(float(weights.mean()), 2)
        return details


def _variance(over: Tensor, reference: Tensor) -> float:
    """Robust variance of the difference of two frames, from a sample of the pixels."""
    step = max(1, over.numel() // 2_000_000)
    away = (over - reference).flatten()[::step] if step == 1 else over.flatten()[::step] - reference.flatten()[::step]
    return max(1e-6, float((1.48 * away.abs().median()) ** 2))
