"""Two grounds: exact transparency and color of glass, lace or smoke from the same shot on black and on white.

Source: Smith and Blinn, "Blue screen matting", SIGGRAPH 1996, the triangulation of section 4 (theorem 4), by least
squares over the three channels. A pixel on the ground B_k shows C_k = a F + (1 - a) B_k, in linear light; of two
grounds follow 1 - a = (C_2 - C_1) . (B_2 - B_1) / |B_2 - B_1|^2 and a F = C_1 - (1 - a) B_1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import torch
from torch import Tensor

from gan.capture.flatfield import linear_means
from gan.capture.registration import Shift, moved, shift_between
from gan.core.contract import Context, Output, Request
from gan.core.errors import InputError
from gan.core.option import Option
from gan.core.reader import PictureFile
from gan.imaging.alpha import bleed
from gan.imaging.color import to_linear, to_srgb
from gan.imaging.picture import Picture
from gan.imaging.row_chunks import bands
from gan.imaging.surface import fit

MEASURED_PX: Final = 512
"""Longest side at which the grounds are measured."""

_EDGE: Final = 0.06
"""Share of the shorter side along the frame's edge that shows the ground, where no photograph of it is given."""

_LEAST_APART: Final = 0.1
"""Difference of the grounds in linear light below which nothing can be computed."""

_MOST_NOISE: Final = 0.04
_LEAST_CLEAN: Final = 0.5 / 255
_MOST_SHIFT: Final = 0.05
"""Share of the longer side: a tripod that was touched moves less."""

_FINE_PX: Final = (0.25, 0.05)
"""Steps of the search for the shift at which the two shots explain each other best."""

_SEARCHED_PX: Final = 640
"""Side of the part in which it is searched."""

UNEVEN = "The ground could not be seen along the edge of one of the shots; add a photograph of the empty ground"
FAR = "The two shots are too far apart to be aligned; they were laid over one another as they are"
HIGHLIGHTS = "Highlights are brighter than their transparency allows; there the result is more opaque than the product"
NOTICES = (UNEVEN, FAR, HIGHLIGHTS)


class MatteRequest(Request):
    """Cut out glass, lace or smoke exactly: from the same shot on a black and on a white ground.

    Camera, product and lamps stay where they are; only the ground is changed. A small shift between the two shots is
    found and undone first. Transparency and color of every pixel follow by Smith and Blinn's triangulation, without a
    network, in linear light.
    """

    picture: PictureFile
    on_white: Annotated[PictureFile, Option("the same shot on the white ground; the picture itself is on black")]
    empty_black: Annotated[
        PictureFile | None, Option("the black ground without the product; otherwise it is measured along the edge")
    ] = None
    empty_white: Annotated[
        PictureFile | None, Option("the white ground without the product; otherwise it is measured along the edge")
    ] = None
    blend: Annotated[
        Literal["linear", "encoded"],
        Option("linear: exact in linear light; encoded: for programs and browsers that mix sRGB values"),
    ] = "linear"
    align: Annotated[bool, Option("find a small shift between the two shots and undo it")] = True
    clean: Annotated[
        float | None,
        Option("transparency as near as this to none or to all becomes it; measured if left out", ge=0, le=0.1),
    ] = None


def matte(request: MatteRequest, context: Context) -> Output:
    """Align the shots, measure the grounds, and triangulate.

    Details: `shift` of the shot on white, down and right in pixels; `black` and `white`, the grounds' mean levels in
    linear light; `noise`, by how much the transparency of the bare ground scatters; `opaque`, `clear` and `partly`,
    shares of the picture.

    Raises:
        InputError: the shots have other sizes, the grounds are too alike, or the shots are the wrong way round.
    """
    picture = request.picture
    _check_sizes(request)
    notices = list(dict.fromkeys((*picture.notices, *request.on_white.notices)))
    context.step(0, 3, "Measuring the grounds")
    # What is mixed: linear light, or the sRGB values themselves.
    mixed: Callable[[Tensor], Tensor] = to_linear if request.blend == "linear" else torch.clone
    black = _ground(picture, request.empty_black, mixed)
    white = _ground(request.on_white, request.empty_white, mixed)
    if not (black.plain and white.plain):
        notices.append(UNEVEN)
    _check_apart(black, white)
    context.step(1, 3, "Aligning the shots")
    shift, second = Shift(0.0, 0.0), request.on_white.rgb
    if request.align:
        found = _aligned(picture.rgb, second, black, white, mixed)
        if found.length > _MOST_SHIFT * max(picture.height_px, picture.width_px):
            notices.append(FAR)
        else:
            shift, second = found, moved(second, found)
    context.step(2, 3, "Computing transparency")
    noise = _noise(picture.rgb, second, black, white, mixed)
    clean = max(_LEAST_CLEAN, min(_MOST_NOISE, 3 * noise)) if request.clean is None else request.clean
    rgb, alpha = torch.empty_like(picture.rgb), torch.empty_like(picture.rgb[:, :1])
    raised = 0
    for rows in bands(picture.height_px, picture.width_px):
        cover, light = _triangulated(picture.rgb, second, black, white, mixed, rows)
        cover = _settled(cover, clean)
        light = light.clamp_(min=0) * (cover > 0)
        # No color is brighter than 1: a highlight on clear glass needs more cover than the glass has.
        brightest = light.amax(1, keepdim=True).clamp_(max=1)
        raised += int((brightest > cover + 0.02).sum())
        cover = torch.maximum(cover, brightest)
        own = (light / cover.clamp(min=1e-6)).clamp_(0, 1)
        rgb[:, :, rows] = to_srgb(own).clamp_(0, 1) if request.blend == "linear" else own
        alpha[:, :, rows] = cover
    if raised > 1e-4 * alpha.numel():
        notices.append(HIGHLIGHTS)
    details = {
        "shift": [round(shift.down, 3), round(shift.right, 3)],
        "black": round(float(black.level.mean()), 4),
        "white": round(float(white.level.mean()), 4),
        "noise": round(noise, 5),
        "opaque": round(float((alpha == 1).float().mean()), 4),
        "clear": round(float((alpha == 0).float().mean()), 4),
        "partly": round(float(((alpha > 0) & (alpha < 1)).float().mean()), 4),
    }
    return Output((picture.with_pixels(bleed(rgb, alpha), alpha),), tuple(notices), details)


@dataclass(frozen=True, eq=False)
class Ground:
    """One of the two grounds.

    Attributes:
        at: from rows of the picture to its values there, (1, 3, rows, W) or (1, 3, 1, 1).
        level: (3,), its mean.
        plain: whether it was seen well enough.
    """

    at: Callable[[slice], Tensor]
    level: Tensor
    plain: bool


def _ground(shot: Picture, empty: Picture | None, mixed: Callable[[Tensor], Tensor]) -> Ground:
    """A ground as it was photographed, or as a smooth surface through what the edge of the frame shows of it."""
    if empty is not None:
        level = linear_means(empty.rgb, 64).mean((0, 2, 3))
        return Ground(lambda rows: mixed(empty.rgb[:, :, rows]), level if mixed is to_linear else to_srgb(level), True)
    small = linear_means(shot.rgb, MEASURED_PX)
    small = small if mixed is to_linear else to_srgb(small)
    tall, wide = small.shape[2:]
    margin = max(2, round(_EDGE * min(tall, wide)))
    known = torch.ones(1, 1, tall, wide, dtype=torch.bool)
    known[:, :, margin : tall - margin, margin : wide - margin] = False
    surface = fit(small, known)
    if surface is None:
        level = small.flatten(2).median(2).values.flatten()
        return Ground(lambda _: level.view(1, 3, 1, 1), level, False)
    height_px, width_px = shot.height_px, shot.width_px
    level = surface.at(tall, wide).mean((0, 2, 3))
    return Ground(
        lambda rows: surface.at(height_px, width_px, rows).clamp(0, 1),
        level,
        surface.inliers > 0.4 and surface.deviation < 0.05,
    )


def _check_sizes(request: MatteRequest) -> None:
    for name in ("on_white", "empty_black", "empty_white"):
        other: Picture | None = getattr(request, name)
        if other is not None and other.rgb.shape != request.picture.rgb.shape:
            raise InputError(
                name,
                "{other} px, on black {picture} px",
                "shots of one size are needed",
                "Take them with the same camera, held the same way, and crop none",
                other=f"{other.width_px} x {other.height_px}",
                picture=f"{request.picture.width_px} x {request.picture.height_px}",
            )


def _check_apart(black: Ground, white: Ground) -> None:
    apart = float((white.level - black.level).mean())
    if apart < -_LEAST_APART:
        raise InputError(
            "on_white",
            "it is darker than the shot on black",
            "the picture is the shot on black, and on_white the one on white",
            "Exchange the two",
        )
    if apart < _LEAST_APART:
        raise InputError(
            "on_white",
            "the two grounds are about equally bright",
            "the same shot on a black and on a white ground is needed",
            "Photograph the product on both grounds",
        )


def _triangulated(
    first: Tensor, second: Tensor, black: Ground, white: Ground, mixed: Callable[[Tensor], Tensor], rows: slice
) -> tuple[Tensor, Tensor]:
    """Cover (1, 1, h, W), not yet within [0, 1], and color times cover (1, 3, h, W) of some rows."""
    dark, bright = black.at(rows), white.at(rows)
    on_dark, on_bright = mixed(first[:, :, rows]), mixed(second[:, :, rows])
    apart = bright - dark
    through = ((on_bright - on_dark) * apart).sum(1, keepdim=True) / apart.square().sum(1, keepdim=True).clamp(min=1e-4)
    return 1 - through, on_dark - through.clamp(0, 1) * dark


def _settled(cover: Tensor, clean: float) -> Tensor:
    """The cover in [0, 1]: exactly 0 or 1 up to `clean` from these, unchanged from twice that on."""
    if clean > 0:
        cover = torch.where(cover < 2 * clean, 2 * (cover - clean), cover)
        cover = torch.where(cover > 1 - 2 * clean, 1 - 2 * (1 - cover - clean), cover)
    return cover.clamp(0, 1)


def _noise(first: Tensor, second: Tensor, black: Ground, white: Ground, mixed: Callable[[Tensor], Tensor]) -> float:
    """Robust standard deviation of the cover along the edge of the frame, where it is 0."""
    height_px, width_px = first.shape[2:]
    margin = max(2, round(_EDGE / 2 * min(height_px, width_px)))
    parts = [slice(0, margin), slice(height_px - margin, height_px)]
    covers = [_triangulated(first, second, black, white, mixed, rows)[0].flatten() for rows in parts]
    seen = torch.cat(covers)
    seen = seen[:: max(1, len(seen) // 200_000)]
    return 1.48 * float((seen - seen.median()).abs().median()) + abs(float(seen.median()))


def _aligned(first: Tensor, second: Tensor, black: Ground, white: Ground, mixed: Callable[[Tensor], Tensor]) -> Shift:
    """Shift of the second shot: found by edges, refined by how well the two shots explain each other.

    On the right place the cover is within [0, 1], no color is below 0, and all three channels agree on the cover; next
    to it every edge and every texture breaks one of these.
    """
    start = shift_between(first, second)
    height_px, width_px = first.shape[2:]
    rows, columns = _part_with_most(first, second, min(_SEARCHED_PX, height_px), min(_SEARCHED_PX, width_px))
    here, there = first[:, :, rows, columns], second[:, :, rows, columns]
    dark, bright = (ground.at(rows) for ground in (black, white))
    dark, bright = (x if x.shape[3] == 1 else x[:, :, :, columns] for x in (dark, bright))
    apart = (bright - dark).clamp(min=1e-3)
    on_dark = mixed(here)
    inner = slice(8, -8) if min(here.shape[2:]) > 48 else slice(None)

    def misfit(down: float, right: float) -> float:
        on_bright = mixed(moved(there, Shift(down, right)))
        through = (on_bright - on_dark) / apart
        mean = through.mean(1, keepdim=True)
        wrong = (through - mean).square() + (mean - 1).clamp(min=0).square() + (-mean).clamp(min=0).square()
        wrong = wrong + (-(on_dark - mean * dark)).clamp(min=0).square()
        return float(wrong[:, :, inner, inner].mean())

    best = (start.down, start.right)
    for step in _FINE_PX:
        best = _descended(misfit, best, step)
    return Shift(*_vertex(misfit, best, _FINE_PX[-1]))


def _descended(misfit: Callable[[float, float], float], start: tuple[float, float], step: float) -> tuple[float, float]:
    """The smallest value that steps to the eight neighbors lead to, within 40 steps."""
    best, least = start, misfit(*start)
    seen = {(0, 0): least}
    place = (0, 0)
    for _ in range(40):
        around = [(place[0] + i, place[1] + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        for at in around:
            if at not in seen:
                seen[at] = misfit(start[0] + at[0] * step, start[1] + at[1] * step)
        nearest = min(around, key=lambda at: seen[at])
        if seen[nearest] >= least:
            break
        place, least = nearest, seen[nearest]
        best = (start[0] + place[0] * step, start[1] + place[1] * step)
    return best


def _vertex(misfit: Callable[[float, float], float], at: tuple[float, float], step: float) -> tuple[float, float]:
    """Lowest point of a parabola along each axis, through three values a few steps apart."""
    wide = 3 * step
    found = []
    for axis in (0, 1):
        values = [misfit(*(x + turn * wide * (index == axis) for index, x in enumerate(at))) for turn in (-1, 0, 1)]
        bend = values[0] - 2 * values[1] + values[2]
        moved_by = 0.5 * wide * (values[0] - values[2]) / bend if bend > 0 else 0.0
        found.append(at[axis] + max(-wide, min(wide, moved_by)))
    return found[0], found[1]


def _part_with_most(first: Tensor, second: Tensor, tall: int, wide: int) -> tuple[slice, slice]:
    """The part of that size in which the two shots differ most in detail."""
    from scipy import ndimage

    height_px, width_px = first.shape[2:]
    step = max(1, max(height_px, width_px) // 400)
    gray = torch.stack([x[0, :, ::step, ::step].mean(0) for x in (first, second)])
    detail = (gray.diff(dim=1)[:, :, :-1].abs() + gray.diff(dim=2)[:, :-1].abs()).sum(0)
    if not detail.numel():
        return slice(0, tall), slice(0, wide)
    sums = ndimage.uniform_filter(detail.numpy(), (max(1, tall // step), max(1, wide // step)), mode="constant")
    down, across = divmod(int(sums.argmax()), sums.shape[1])
    top = min(max(0, down * step - tall // 2), height_px - tall)
    left = min(max(0, across * step - wide // 2), width_px - wide)
    return slice(top, top + tall), slice(left, left + wide)
