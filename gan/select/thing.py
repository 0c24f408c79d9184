"""Select the thing under a click; further clicks add and remove.

The network for cut-outs looks at several surroundings of the click, and the picture's own edges decide where one thing
ends and the next begins.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.contract import Context, Model
from gan.core.errors import InputError
from gan.imaging.background_prior import standing_out
from gan.imaging.click import FIELD, Click, click_of
from gan.imaging.clicks import RADIUS, disc, marked
from gan.imaging.color import to_oklab
from gan.imaging.matting import guided, snapped_ends
from gan.imaging.picture import Picture
from gan.imaging.resize import fitted, resize, shrunk

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]

OUR_MODEL = "cutout"

WORK_PX = 384
"""Longest side at which things are told apart."""

SHARES = (1.0, 0.7, 0.5, 0.35, 0.25)
"""Sides of the squares around a click that the network looks at, as shares of the picture's shorter side."""

LOOK_PX = 192
"""Side at which it sees each: that of its training."""

CLOSER_PX = 384
"""Longest side at which it looks again at what was selected."""

MARGIN = 0.12
CUT_OFF = 3.0
"""Weight of the share of an answer's outline that lies on its square's border: it goes on beyond."""

SURE, SURELY_NOT = 0.85, 0.15
"""Between these coverages the picture's edges decide."""

RIM_PX = 5
"""Depth on either side of an outline within which it may still move."""

STILL_THE_SAME = 0.7
"""IoU from which two outlines are of one thing."""

TRACED_PX = 3
"""Depth within which the closer look decides: what lies beyond may be the next thing, which it takes along."""

CALIBRATION = ((0.0, 0.34), (0.28, 0.54), (0.5, 0.67), (0.63, 0.73), (0.83, 0.79), (1.0, 1.0))
"""Mean IoU of clicks whose answers agreed as far as that, as `gan.cutout.segment.CALIBRATION`; 130 clicks."""


@dataclass(frozen=True, eq=False)
class Selection:
    """Selection of things by clicks.

    Attributes:
        cover: (1, 1, H, W) in [0, 1].
        confidence: 0.34 to 1: the IoU to be expected, from how far the network's answers about the surroundings of
            each click agree.
    """

    cover: Tensor
    confidence: float


def selected(
    picture: Picture, clicks: Sequence[str], context: Context, *, start: Tensor | None = None, name: str = OUR_MODEL
) -> Selection:
    """Coverage of what clicks ask for.

    Each click that says what is meant adds the thing under it, unless that is selected already; each other one removes
    the thing under it, or, where that is a part of what is meant, the part that belongs to it rather than to the
    clicks on what is meant.

    Args:
        picture: H x W pixels.
        clicks: as of `gan.imaging.click.written`, in their order.
        context: gives the network.
        start: (1, 1, H, W), what is selected before the first click.
        name: of the network; one that takes no prior is passed over for ours.

    Raises:
        InputError: nothing is selected.
    """
    found = [click_of(text) for text in clicks]
    model = context.model(name, OUR_MODEL)
    model = context.model(OUR_MODEL, OUR_MODEL) if model.alone else model
    size = fitted(picture.height_px, picture.width_px, WORK_PX)
    rgb = resize(picture.rgb, *size).clamp(0, 1)
    key = (hashlib.sha256((rgb * 255).byte().numpy().tobytes()).digest(), model.sha256)
    now = np.zeros(size, bool)
    if start is not None:
        now = (resize(start, *size)[0, 0] >= 0.5).numpy()
    before, refused = now, np.zeros(size, bool)
    confidence = 1.0
    places: dict[bool, list[tuple[int, int]]] = {True: [], False: []}
    for click in found:
        place = _scaled(click, picture, size)
        places[click.meant].append(place)
        thing, sure = _thing(rgb, place, model, context, (*key, click.x, click.y))
        confidence = min(confidence, sure)
        after = _added(now, thing, place) if click.meant else _removed(rgb, now, thing, places[True], places[False])
        refused = (refused | (now & ~after)) & ~after
        now = after
    if not now.any():
        raise InputError(FIELD, "nothing is left", "a click on what is meant selects it", "Click on it again")
    made = _traced(picture, rgb, now, refused, model, context)
    if found:
        confidence = float(np.interp(confidence, *zip(*CALIBRATION, strict=True)))  # type: ignore[call-overload]
    return Selection(made if start is None else _kept_where_same(start, made, now ^ before), confidence)


def _kept_where_same(start: Tensor, made: Tensor, changed: Bools) -> Tensor:
    """Keep the start, to the last bit, away from what the clicks changed."""
    near = F.max_pool2d(torch.from_numpy(changed)[None, None].float(), 2 * RIM_PX + 1, 1, RIM_PX)
    return torch.lerp(start, made, resize(near, *start.shape[2:]).clamp(0, 1))


@dataclass(frozen=True, eq=False)
class _Answer:
    """Answer of the network about one square around a click.

    Attributes:
        cover: (h, w) in [0, 1] of the whole picture at `WORK_PX`, 0 beyond the square.
        region: the part of it that is connected with the click.
        score: how decided it is there, less what its square cuts off.
    """

    cover: Floats
    region: Bools
    score: float


def _thing(
    rgb: Tensor, place: tuple[int, int], model: Model, context: Context, key: tuple[object, ...]
) -> tuple[Bools, float]:
    """The thing at a place, (h, w), as the network and the picture's edges tell, and how sure that is.

    It is made once for a click, however many follow.
    """

    def make() -> tuple[Bools, float]:
        answers = [one for one in _answers(rgb, place, model, context) if one.region.any()]
        if not answers:
            return _alike(rgb, place), 0.0
        best = max(answers, key=lambda one: one.score)
        return _along_edges(rgb, best, place), _agreement(best, answers)

    return context.kept(("thing", *key), make)


def _answers(rgb: Tensor, place: tuple[int, int], model: Model, context: Context) -> list[_Answer]:
    height, width = rgb.shape[2:]
    squares, given = [], []
    for share in SHARES:
        side = max(8, round(share * min(height, width)))
        top, left = (_from(at, side, whole) for at, whole in zip(place, (height, width), strict=True))
        rows, columns = slice(top, top + min(side, height)), slice(left, left + min(side, width))
        if share == SHARES[0]:
            rows, columns = slice(0, height), slice(0, width)
        seen = resize(rgb[:, :, rows, columns], LOOK_PX, LOOK_PX).clamp(0, 1)
        down, across = (
            (at - span.start + 0.5) * LOOK_PX / (span.stop - span.start)
            for at, span in zip(place, (rows, columns), strict=True)
        )
        mark = disc(LOOK_PX, LOOK_PX, down, across, RADIUS * LOOK_PX)[None]
        squares.append((rows, columns))
        given.append(torch.cat([seen, marked(standing_out(seen), mark, None)], 1))
    made = context.infer(model, torch.cat(given)).sigmoid()
    return [_answer(cover, square, place, (height, width)) for cover, square in zip(made, squares, strict=True)]


def _answer(made: Tensor, square: tuple[slice, slice], place: tuple[int, int], size: tuple[int, int]) -> _Answer:
    rows, columns = square
    cover = np.zeros(size, np.float32)
    part = resize(made[None], rows.stop - rows.start, columns.stop - columns.start)
    cover[rows, columns] = part[0, 0].clamp(0, 1).numpy()
    region = _connected(cover > 0.5, place)
    if not region.any():
        return _Answer(cover, region, 0.0)
    cut = [
        region[rows.start] if rows.start > 0 else None,
        region[rows.stop - 1] if rows.stop < size[0] else None,
        region[:, columns.start] if columns.start > 0 else None,
        region[:, columns.stop - 1] if columns.stop < size[1] else None,
    ]
    length = sum(float(line.sum()) for line in cut if line is not None) / max(1.0, 4 * float(region.sum()) ** 0.5)
    return _Answer(cover, region, float(np.abs(2 * cover[region] - 1).mean()) - CUT_OFF * length)


def _agreement(one: _Answer, others: Sequence[_Answer]) -> float:
    """Mean IoU with the other answers, 0 to 1."""
    rest = [_iou(one.region, other.region) for other in others if other is not one]
    return float(np.mean(rest)) if rest else 0.0


def _iou(a: Bools, b: Bools) -> float:
    return float((a & b).sum()) / max(1.0, float((a | b).sum()))


def _connected(mask: Bools, place: tuple[int, int]) -> Bools:
    """The part of a mask that holds a place, or is next to it; empty where there is none."""
    from scipy import ndimage  # here, because importing it takes longer than looking

    parts, _ = ndimage.label(mask)
    near = parts[max(0, place[0] - 2) : place[0] + 3, max(0, place[1] - 2) : place[1] + 3]
    number = parts[place] or int(near.max(initial=0))
    made: Bools = parts == number if number else np.zeros_like(mask)
    return made


def _along_edges(rgb: Tensor, answer: _Answer, place: tuple[int, int]) -> Bools:
    """An answer's region with its undecided rim given to one side or the other where the picture has an edge.

    Watershed of the gradient's magnitude (Meyer, 1991) from what is surely the thing and what surely is not.
    """
    from scipy import ndimage
    from skimage.segmentation import watershed

    region = answer.region
    markers = np.zeros(region.shape, np.int32)
    markers[(answer.cover < SURELY_NOT) | ~ndimage.binary_dilation(region, iterations=RIM_PX)] = 2
    markers[region & (answer.cover > SURE)] = 1
    markers[place] = 1
    made = _connected(watershed(_gradient(rgb), markers) == 1, place)  # type: ignore[no-untyped-call]
    return made if _iou(made, region) > STILL_THE_SAME else region


def _alike(rgb: Tensor, place: tuple[int, int]) -> Bools:
    """Segment of one color at a place (Felzenszwalb and Huttenlocher, 2004), for where the network sees nothing."""
    from skimage.segmentation import felzenszwalb

    segments = felzenszwalb(rgb[0].permute(1, 2, 0).numpy(), scale=200, sigma=0.8, min_size=64, channel_axis=2)
    made: Bools = segments == segments[place]
    return made


def _gradient(rgb: Tensor) -> Floats:
    from scipy import ndimage

    planes = ndimage.gaussian_filter(to_oklab(rgb)[0].numpy(), (0, 1, 1))
    made: Floats = np.sqrt(sum(ndimage.sobel(plane, 0) ** 2 + ndimage.sobel(plane, 1) ** 2 for plane in planes))
    return made


def _added(now: Bools, thing: Bools, place: tuple[int, int]) -> Bools:
    return now if now[place] else now | thing


def _removed(
    rgb: Tensor, now: Bools, thing: Bools, meant: Sequence[tuple[int, int]], not_meant: Sequence[tuple[int, int]]
) -> Bools:
    """Without the thing under the last click that is not meant, or without that click's part of what is meant.

    Args:
        meant, not_meant: places of all clicks so far.
    """
    from scipy import ndimage
    from skimage.segmentation import watershed

    if not any(thing[place] for place in meant):
        parts, count = ndimage.label(now & ~thing)
        # Where the outline of what was selected is another than the thing's, slivers of it would stay.
        whole = np.isin(np.arange(count + 1), parts[ndimage.binary_erosion(now & ~thing, iterations=2)])
        whole[0] = False
        left: Bools = whole[parts]
        return left
    if not meant or not now[not_meant[-1]]:
        return now
    markers = np.zeros(now.shape, np.int32)
    for number, places in ((1, meant), (2, not_meant)):
        for place in places:
            markers[place] = number
    made: Bools = now & (watershed(_gradient(rgb), markers, mask=now) != 2)  # type: ignore[no-untyped-call]
    return made


def _traced(picture: Picture, rgb: Tensor, now: Bools, refused: Bools, model: Model, context: Context) -> Tensor:
    """The coverage at the picture's size: a closer look at the outline, then the edge as the picture has it."""
    from scipy import ndimage

    selected = torch.from_numpy(now.astype(np.float32))[None, None]
    rows, columns = _around(now)
    part = rgb[:, :, rows, columns]
    seen, known = shrunk(part, CLOSER_PX), selected[:, :, rows, columns]
    size = seen.shape[2:]
    pad = (0, -size[1] % model.multiple, 0, -size[0] % model.multiple)
    given = torch.cat([seen, SURELY_NOT + (SURE - SURELY_NOT) * known], 1)
    looked = context.infer(model, F.pad(given, pad, mode="replicate"))[:, :, : size[0], : size[1]].sigmoid()
    region = now[rows, columns]
    wide = ndimage.binary_dilation(region, iterations=TRACED_PX) & ~refused[rows, columns]
    rim = wide & ~ndimage.binary_erosion(region, iterations=TRACED_PX)
    closer = looked[0, 0].numpy()
    if _iou((closer > 0.5) & wide, region) > STILL_THE_SAME:
        selected[0, 0, rows, columns] = torch.from_numpy(np.where(rim, closer, region).astype(np.float32))
    return guided(picture.rgb, snapped_ends(selected.clamp(0, 1)), small=rgb)


def _around(now: Bools) -> tuple[slice, slice]:
    spans = []
    margin = 4 + round(MARGIN * max(np.ptp(np.flatnonzero(now.any(axis))) for axis in (0, 1)))
    for axis, side in ((1, now.shape[0]), (0, now.shape[1])):
        ends = np.flatnonzero(now.any(axis))
        spans.append(slice(max(0, int(ends[0]) - margin), min(side, int(ends[-1]) + 1 + margin)))
    return spans[0], spans[1]


def _from(at: int, side: int, whole: int) -> int:
    """Begin of a span of a side, with a place in its middle as far as the picture allows."""
    return min(max(0, at - side // 2), max(0, whole - side))


def _scaled(click: Click, picture: Picture, size: tuple[int, int]) -> tuple[int, int]:
    return int(click.y * size[0] / picture.height_px), int(click.x * size[1] / picture.width_px)
