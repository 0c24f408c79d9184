"""Repair: what a channel's broken rules ask to be done to the pixels, and nothing else."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from gan.core.contract import Context
from gan.core.errors import WeightsError
from gan.core.message import Message
from gan.cutout.segment import has_transparency
from gan.edit.background import WHITE, laid_on
from gan.edit.frame import LEAST_FILL, framed
from gan.edit.white import snapped
from gan.enhance.pipeline import EnhanceRequest, enhance
from gan.export.channels import Channel
from gan.export.overlays import BORDER_EDGE_PX, borders
from gan.export.rules import LARGEST_SCALE, LIKED_SCALE, on_white
from gan.export.rules_file import with_mark
from gan.imaging.box import box_of
from gan.imaging.picture import Picture
from gan.imaging.resize import resize

__all__ = ["LEAST_FILL", "NOTICES", "Repaired", "repaired"]

SPARE_PX = 4
"""Pixels of its canvas that framing an enlarged picture again may take."""

REGROUND = frozenset(("ground", "text", "shadow", "transparency"))
REFRAME = frozenset(("fill", "cut-off", "aspect"))

ENLARGED = "The picture had to be enlarged, and AI added detail; a larger original stays closer to the product"
RECOMMENDED = (
    "The picture was enlarged toward the channel's recommended size, and AI added detail; "
    "a larger original stays closer to the product"
)
TOO_SMALL = "The picture is too small for this channel and was not enlarged"
NOT_ENLARGED = (
    "The picture is smaller than the channel recommends; it was not enlarged because no model for that is installed"
)
NOTICES = (ENLARGED, RECOMMENDED, TOO_SMALL, NOT_ENLARGED)


@dataclass(frozen=True, eq=False)
class Repaired:
    """A picture under repair.

    Attributes:
        picture: H x W pixels.
        alpha: (1, 1, H, W) in [0, 1], where the product is; None where that is not known.
        repairs: what was done, in this order.
        notices: what the user should be told.
    """

    picture: Picture
    alpha: Tensor | None
    repairs: tuple[Message, ...] = ()
    notices: tuple[str, ...] = ()

    def done(self, picture: Picture, alpha: Tensor | None, repair: Message, *notices: str) -> Repaired:
        return Repaired(picture, alpha, (*self.repairs, repair), (*self.notices, *notices))


def repaired(
    picture: Picture,
    alpha: Tensor | None,
    failing: frozenset[str],
    channel: Channel,
    context: Context,
    *,
    fill: float | None = None,
    enlarge: float = LIKED_SCALE,
) -> Repaired:
    """Repair a picture's pixels.

    Borders are cropped; the product is cut out and laid on white; it is framed; the picture is enlarged toward the
    channel's recommended size, only where the channel does not forbid it, or reduced. Where the product is not known,
    only what needs it not is done.

    Args:
        picture: H x W pixels.
        alpha: (1, 1, H, W) in [0, 1], where the product is.
        failing: rules of `gan.export.rules` that are broken.
        channel: whose rules.
        context: for enlarging.
        fill: share of the frame that the product is to take in any case; None frames only where a rule is broken.
        enlarge: most times that the sides grow; 1 enlarges nothing.
    """
    work = Repaired(with_mark(picture) if "mark" in failing else picture, alpha)
    if "borders" in failing:
        work = _cropped(work)
    if failing & REGROUND and work.alpha is not None:
        work = _on_white(work)
    target = fill or channel.fill_target
    if fill is None and not failing & REFRAME:
        target = None
    elif target is None and work.alpha is not None:
        target = _fill_of(work.alpha)
    if target is not None and work.alpha is not None:
        work = _framed(work, channel, target)
    else:
        target = None
    work = _large_enough(work, channel, target, enlarge, context)
    work = _small_enough(work, channel, target)
    if channel.ground == "white" and work.alpha is not None and work.picture.alpha is None:
        rgb = snapped(work.picture.rgb, work.alpha)
        work = dataclasses.replace(work, picture=work.picture.with_pixels(rgb, None))
    return work


def _cropped(work: Repaired) -> Repaired:
    """Without borders, and without the pixels over which they fade."""
    depth = borders(on_white(work.picture), work.alpha)
    left, top, right, bottom = (px + BORDER_EDGE_PX if px else 0 for px in depth)
    rows, columns = slice(top, work.picture.height_px - bottom), slice(left, work.picture.width_px - right)
    picture, alpha = _each(work, lambda x: x[:, :, rows, columns])
    return work.done(picture, alpha, Message("borders cropped"))


def _on_white(work: Repaired) -> Repaired:
    if work.alpha is None:
        return work
    # What a file holds under its own transparency is the product's own color already.
    own = work.picture.rgb if has_transparency(work.picture) else None
    picture = laid_on(work.picture, work.alpha, WHITE, rgb=own)
    return work.done(picture, work.alpha, Message("product cut out and placed on white"))


def _framed(work: Repaired, channel: Channel, fill: float, height_px: int = 0, width_px: int = 0) -> Repaired:
    if work.alpha is None:
        return work
    made = framed(work.picture, work.alpha, fill=fill, aspect=channel.aspect, width_px=width_px, height_px=height_px)
    phrase = Message("product framed at {percent:.1f} %", {"percent": 100 * made.fill})
    earlier = tuple(repair for repair in work.repairs if repair.template != phrase.template)
    return Repaired(made.picture, made.alpha, (*earlier, phrase), (*work.notices, *made.notices))


def _large_enough(work: Repaired, channel: Channel, fill: float | None, most: float, context: Context) -> Repaired:
    sides = sorted((work.picture.width_px, work.picture.height_px))
    least = _scale(channel.shortest_least_px, channel.longest_least_px, sides)
    wanted = _scale(channel.shortest_wanted_px, channel.longest_wanted_px, sides)
    if "enlarged" in channel.forbid or max(1, least) > most:
        return work if least <= 1 else dataclasses.replace(work, notices=(*work.notices, TOO_SMALL))
    scale = max(least, min(most, wanted))
    if scale <= 1:
        return work
    # Rounded up, because the other side follows from the width.
    width_px = math.ceil(work.picture.width_px * scale - 1e-6) + (0 if fill is None else SPARE_PX)
    # What has to be met may take the spare pixels; what is only recommended stays within what was asked.
    cap = LARGEST_SCALE if least > 1 else most
    request = EnhanceRequest(picture=work.picture, width=min(width_px, math.floor(cap * work.picture.width_px)))
    try:
        picture = enhance(request, context).pictures[0]
    except WeightsError:
        if least > 1:
            raise
        return dataclasses.replace(work, notices=(*work.notices, NOT_ENLARGED))
    alpha = None if work.alpha is None else resize(work.alpha, picture.height_px, picture.width_px)
    if channel.ground == "white" and alpha is not None and picture.alpha is None:
        picture = picture.with_pixels(snapped(picture.rgb, alpha), None)
    size = {"width": picture.width_px, "height": picture.height_px}
    said = ENLARGED if least > 1 else RECOMMENDED
    work = work.done(picture, alpha, Message("enlarged to {width} x {height} px", size), said)
    return work if fill is None else _framed(work, channel, fill)


def _small_enough(work: Repaired, channel: Channel, fill: float | None) -> Repaired:
    height_px, width_px = work.picture.height_px, work.picture.width_px
    scale = min(
        1.0,
        (channel.longest_most_px or math.inf) / max(height_px, width_px),
        math.sqrt((channel.megapixels_most or math.inf) * 1e6 / (height_px * width_px)),
    )
    if scale == 1:
        return work
    height_px, width_px = (max(1, math.floor(side * scale + 1e-6)) for side in (height_px, width_px))
    phrase = Message("reduced to {width} x {height} px", {"width": width_px, "height": height_px})
    if fill is None:
        return work.done(*_each(work, lambda x: resize(x, height_px, width_px)), phrase)
    made = _framed(work, channel, fill, height_px, width_px)
    return made.done(made.picture, made.alpha, phrase)


def _scale(shortest_px: int | None, longest_px: int | None, sides: list[int]) -> float:
    """By how much sides, the shorter first, have to grow."""
    return max((shortest_px or 0) / sides[0], (longest_px or 0) / sides[1])


def _fill_of(alpha: Tensor) -> float:
    box = box_of(alpha)
    return LEAST_FILL if box is None else max(LEAST_FILL, box.fill(*alpha.shape[2:]))


def _each(work: Repaired, change: Callable[[Tensor], Tensor]) -> tuple[Picture, Tensor | None]:
    """A change of place or size to colors, transparency and coverage alike."""
    own = work.picture.alpha
    picture = work.picture.with_pixels(change(work.picture.rgb), None if own is None else change(own))
    return picture, None if work.alpha is None else change(work.alpha)
