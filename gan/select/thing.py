"""Select the thing under a click; further clicks add and remove.

The promptable network says what belongs to a click, and the network for cut-outs looks closer at the outline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.contract import Context, Model
from gan.core.errors import InputError
from gan.imaging.click import FIELD, Click, click_of
from gan.imaging.color import to_oklab
from gan.imaging.matting import guided, snapped_ends
from gan.imaging.picture import Picture
from gan.imaging.resize import fitted, resize
from gan.select.prompting import encoded

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]

OUR_MODEL = "cutout"

NOTHING_LEFT = "nothing is selected any more"

WORK_PX = 384
"""Longest side at which things are told apart."""

MARGIN = 0.12
SURE, SURELY_NOT = 0.85, 0.15
"""What the closer look is told of what is selected and of what is not."""

RIM_PX = 5
"""Depth on either side of an outline within which it may still move."""

STILL_THE_SAME = 0.7
"""IoU from which two outlines are of one thing."""

TRACED_PX = 3
"""Depth within which the closer look decides: what lies beyond may be the next thing, which it takes along."""


@dataclass(frozen=True, eq=False)
class Selection:
    """Selection of things by clicks.

    Attributes:
        cover: (1, 1, H, W) in [0, 1].
        confidence: 0 to 1: the IoU to be expected, of the click that is least sure.
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
    now = np.zeros(size, bool)
    if start is not None:
        now = (resize(start, *size)[0, 0] >= 0.5).numpy()
    before, refused = now, np.zeros(size, bool)
    confidence = 1.0
    asking = _Asking(rgb, picture.rgb, context)
    for click in found:
        place = _scaled(click, picture, size)
        asking.clicks.append((place, click.meant))
        if click.meant and now[place]:
            continue
        thing, sure = asking.thing((place, True))
        confidence = min(confidence, sure)
        after = now | thing if click.meant else asking.without(now, thing)
        refused = (refused | (now & ~after)) & ~after
        now = after
    if not now.any():
        raise InputError(FIELD, NOTHING_LEFT, "click an item to select it", "Click it again")
    made = _traced(picture, rgb, now, refused, model, context)
    return Selection(made if start is None else _kept_where_same(start, made, now ^ before), confidence)


def _kept_where_same(start: Tensor, made: Tensor, changed: Bools) -> Tensor:
    """Keep the start, to the last bit, away from what the clicks changed."""
    near = F.max_pool2d(torch.from_numpy(changed)[None, None].float(), 2 * RIM_PX + 1, 1, RIM_PX)
    return torch.lerp(start, made, resize(near, *start.shape[2:]).clamp(0, 1))


Place = tuple[int, int]


@dataclass(frozen=True, eq=False)
class _Asking:
    """Prompts for the segmentation network about one picture, with all clicks so far.

    Attributes:
        rgb: (1, 3, h, w), the picture at `WORK_PX`.
        whole: (1, 3, H, W), the picture itself.
        clicks: so far, each a row and a column of `rgb` and whether it is meant.
    """

    rgb: Tensor
    whole: Tensor
    context: Context
    clicks: list[tuple[Place, bool]] = field(default_factory=list)

    def thing(self, *clicks: tuple[Place, bool]) -> tuple[Bools, float]:
        """Ask for what clicks mean: it, (h, w), as far as it is connected with the first, and the IoU to be expected.

        Where the network sees nothing there, it is what has the same color.
        """
        height, width = self.rgb.shape[2:]
        places = [((x + 0.5) / width, (y + 0.5) / height, meant) for (y, x), meant in clicks]
        mask, quality = encoded(self.whole, self.context).mask(self.context, places)
        region = _connected(_at(mask, height, width), clicks[0][0])
        return (region, quality) if region.any() else (_alike(self.rgb, clicks[0][0]), 0.0)

    def without(self, now: Bools, thing: Bools) -> Bools:
        """Remove the thing under the last click, or, where that is a part of what is meant, what belongs to this click
        rather than to the others.
        """
        last = self.clicks[-1][0]
        meant = [click for click in self.clicks if click[1] and thing[click[0]]]
        if not meant:
            return _without_slivers(now, thing)
        if not now[last]:
            return now
        rest, _ = self.thing(*meant, *(click for click in self.clicks if not click[1]))
        if not rest[last] and all(rest[place] for place, _ in meant):
            return now & (rest | ~thing)
        return _divided(self.rgb, now, self.clicks)


def _at(mask: Tensor, height: int, width: int) -> Bools:
    made: Bools = (resize(mask, height, width)[0, 0] >= 0.5).numpy()
    return made


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


def _without_slivers(now: Bools, thing: Bools) -> Bools:
    """Take a thing out of what is selected; where its outline was selected otherwise, no slivers of it stay."""
    from scipy import ndimage

    rest = now & ~thing
    parts, count = ndimage.label(rest)
    deep, beside = (
        np.isin(np.arange(count + 1), parts[where])
        for where in (ndimage.binary_erosion(rest, iterations=2), ndimage.binary_dilation(thing))
    )
    whole = deep | ~beside  # a thin part elsewhere is no sliver of this thing
    whole[0] = False
    left: Bools = whole[parts]
    return left


def _divided(rgb: Tensor, now: Bools, clicks: Sequence[tuple[Place, bool]]) -> Bools:
    """Take out of what is selected what lies nearer, across the picture's edges, to clicks that are not meant.

    Watershed of the gradient's magnitude (Meyer, 1991) from all clicks.
    """
    from skimage.segmentation import watershed

    markers = np.zeros(now.shape, np.int32)
    for place, meant in clicks:
        markers[place] = 1 if meant else 2
    made: Bools = now & (watershed(_gradient(rgb), markers, mask=now) != 2)  # type: ignore[no-untyped-call]
    return made


def _traced(picture: Picture, rgb: Tensor, now: Bools, refused: Bools, model: Model, context: Context) -> Tensor:
    """The coverage at the picture's size: a closer look at the outline, then the edge as the picture has it."""
    from scipy import ndimage

    selected = torch.from_numpy(now.astype(np.float32))[None, None]
    rows, columns = _around(now)
    known = SURELY_NOT + (SURE - SURELY_NOT) * selected[:, :, rows, columns]
    looked = context.infer(model, torch.cat([rgb[:, :, rows, columns], known], 1), multiple=model.multiple).sigmoid()
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


def _scaled(click: Click, picture: Picture, size: tuple[int, int]) -> tuple[int, int]:
    return int(click.y * size[0] / picture.height_px), int(click.x * size[1] / picture.width_px)
