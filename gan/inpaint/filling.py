"""Filling holes: each in its own crop, from coarse to fine, with edges and grounds that agree with what is known."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.contract import Context, Model
from gan.imaging.alpha import bleed
from gan.imaging.box import Box, box_of
from gan.imaging.mask import BLIND, COARSE
from gan.imaging.mask_shapes import max_within
from gan.imaging.patches import Copied, magnified, patch_fill
from gan.imaging.resize import resize
from gan.imaging.smooth_fill import smooth_fill
from gan.inpaint.regular import on_surface, repeated

RADIUS_PX = 64
"""A hole whose middle is further than this from what is known is filled at a smaller size first."""

SMOOTH_PIXELS = 30_000
"""And one with more unknown pixels than this, so that the smooth fill takes no more than a fraction of a second."""

TILE_PX = 384
"""Side of a tile without its surroundings: with larger ones attention would cost more than is saved around them."""

WHOLE_PX = 512
"""Longest side of a crop that a network which sees a hole as a whole is given."""

RING_PX = 6
"""Known pixels around a hole to which the fill's colors are matched."""

GROUND_RING_PX = 24
GROUND_SHARE = 0.25
GROUND_PURITY = 0.75
"""A color that this share of the surroundings has exactly is a ground, and is restored exactly; but not one that is
only the most frequent of many like it, as on a photographed or compressed ground."""

NEAR, FAR = 8 / 255, 20 / 255
"""A fill within NEAR of the ground's color becomes it; beyond FAR it stays; between them it is drawn to it."""

REGULAR_PX = 96
"""How far around a hole at least it is looked for a smooth ground or a repeating texture."""

Report = Callable[[float], None]
"""Called with the share of a hole that is finished, 0 to 1."""


def holes(hole: Tensor, margin_px: int) -> list[Box]:
    """The bounding boxes of a mask's connected parts; those that would see one another are one.

    Args:
        hole: (1, 1, H, W) of bool.
        margin_px: what a box needs to see around it.
    """
    from scipy import ndimage  # here, because importing it takes longer than most fills

    around = box_of(hole)
    if around is None:
        return []
    labels, _ = ndimage.label(around.of(hole)[0, 0].numpy(), np.ones((3, 3)))
    boxes = [
        Box(x.start, y.start, x.stop, y.stop).moved(around.left, around.top) for y, x in ndimage.find_objects(labels)
    ]
    return _merged(boxes, margin_px)


def fill(rgb: Tensor, hole: Tensor, box: Box, model: Model, finer: Model, context: Context, report: Report) -> Tensor:
    """Colors for the holes of one box.

    A hole that reaches further than `RADIUS_PX` is filled at half the size, a quarter, and so on, until it does not;
    every finer level adds detail to what the coarser one made, as LaMa's refinement does (arXiv 2206.13644), but in
    one pass of a network that has learned it. Texture comes along: what the coarsest level copied from elsewhere in the
    picture is copied again from the same places in more detail (HiFill, arXiv 2005.09704, does so with attention).

    Args:
        rgb: (1, 3, H, W), the picture.
        hole: (1, 1, H, W) of bool.
        box: around the holes to fill.
        model: fills the coarsest level.
        finer: adds detail on the others.

    Returns:
        (1, 3, box's height, box's width), in [0, 1]; what it holds outside of the hole means nothing.
    """
    made_regular = _regular(rgb, hole, box)
    if made_regular is not None:
        report(1.0)
        return made_regular
    levels = _levels(hole, box, model)
    wide = _widened(box, model.context_px << levels, rgb, multiple=1 << levels)
    made, before, area = rgb, wide, wide
    source: Tensor | None = None
    for level in reversed(range(levels + 1)):
        factor = 1 << level
        known, gone = _shrunk(wide.of(rgb), wide.of(hole), factor)
        area = _widened(box, model.context_px << level, rgb, multiple=factor)
        inner = _shrunk_within(area, wide, factor).within(Box.whole(known))
        if source is None:
            copies, smooth = _started(known, gone, model)
            source, given = copies.source, torch.cat([smooth, copies.filled, BLIND * gone], 1)
        else:
            known_wide, known, gone = known, inner.of(known), inner.of(gone)
            # The coarser level's area lies around this one's, and its origin on this one's grid.
            coarse = _shrunk_within(area, before, factor).of(resize(made, 2 * made.shape[2], 2 * made.shape[3]))
            coarse = torch.where(gone, coarse[:, :, : known.shape[2], : known.shape[3]], known)
            copied = magnified(known_wide, source, coarse, factor=1 << (levels - level), top=inner.top, left=inner.left)
            given = torch.cat([coarse, torch.where(gone, copied, known), COARSE * gone], 1)
        # A level has a quarter of the pixels of the next finer one.
        start = 0.25 ** (level + 1) if level < levels else 0.0
        span = 0.25**level - start
        made = _painted(given, model if level == levels else finer, context, _part(report, start, span))
        made = torch.where(gone, made, known) if level else made
        before = area
    seen, gone = area.of(rgb), area.of(hole)
    made = _matched(made, seen, gone)
    made, _ = on_surface(made, seen, gone)
    return box.moved(-area.left, -area.top).of(_grounded(made, seen, gone))


def _regular(rgb: Tensor, hole: Tensor, box: Box) -> Tensor | None:
    """A smooth ground or a repeating texture, continued without a network; None where it is neither."""
    longer = max(box.width, box.height)
    area = _widened(box, max(REGULAR_PX, 2 * longer), rgb)
    seen, gone = area.of(rgb), area.of(hole)
    near = _widened(box, max(REGULAR_PX, longer // 2), rgb).moved(-area.left, -area.top)
    inside = box.moved(-area.left, -area.top)
    smooth, whole = on_surface(near.of(seen), near.of(seen), near.of(gone))
    if whole:
        return inside.moved(-near.left, -near.top).of(_grounded(smooth, near.of(seen), near.of(gone)))
    found = repeated(seen, gone)
    return None if found is None else inside.of(_matched(found, seen, gone).clamp(0, 1))


def _started(known: Tensor, gone: Tensor, model: Model) -> tuple[Copied, Tensor]:
    """Both fills that a network begins with."""
    if model.whole:
        # Networks that are not ours paint over whatever fills the hole.
        smooth = bleed(known, (~gone).float())
        return Copied(smooth, torch.full(smooth.shape[2:], -1)), smooth
    smooth = smooth_fill(known, gone)
    return patch_fill(smooth, gone), smooth


def _levels(hole: Tensor, box: Box, model: Model) -> int:
    """Number of halvings that bring the hole within the size that the network fills in one pass."""
    from scipy import ndimage

    if model.whole:
        longest_px = max(box.width, box.height) + 2 * model.context_px
        return max(0, math.ceil(math.log2(longest_px / WHOLE_PX)))
    gone = _widened(box, 1, hole).of(hole)[0, 0].numpy()
    radius = float(ndimage.distance_transform_edt(gone).max())
    return max(0, math.ceil(math.log2(radius / RADIUS_PX)), math.ceil(math.log2(gone.sum() / SMOOTH_PIXELS) / 2))


def _shrunk(rgb: Tensor, hole: Tensor, factor: int) -> tuple[Tensor, Tensor]:
    """Means of known pixels alone, and where most are unknown (or all are, if little is known anywhere)."""
    if factor == 1:
        return rgb, hole
    weight = (~hole).float()
    share = F.avg_pool2d(weight, factor, ceil_mode=True, count_include_pad=False)
    mean = F.avg_pool2d(rgb * weight, factor, ceil_mode=True, count_include_pad=False)
    gone = share < 0.5
    return mean / share.clamp(min=1e-6), share == 0 if bool(gone.all()) else gone


def _painted(given: Tensor, model: Model, context: Context, report: Report) -> Tensor:
    """The network over the tiles that show something of the hole."""

    def on_tile(network: Callable[[Tensor], Tensor], tile: Tensor) -> Tensor:
        if not bool((tile[:, -1] > 0).any()):
            return tile[:, :3]
        return network(torch.cat([tile[:, :3], tile[:, -1:]], 1) if model.whole else tile)

    def on_progress(done: int, total: int) -> None:
        report(done / total)

    tile_px = max(given.shape[2:]) if model.whole else TILE_PX
    return context.apply(model, given, around=on_tile, tile_px=tile_px, on_progress=on_progress)


def _matched(made: Tensor, seen: Tensor, gone: Tensor) -> Tensor:
    """The fill plus a smooth correction, so that it meets the surroundings without a step.

    What the network makes of the known pixels around the hole differs from them by an error that is known there; it is
    continued into the hole (a membrane, as in Poisson image editing, Perez et al. 2003, by push-pull).
    """
    ring = max_within(gone, RING_PX) & ~gone
    if not bool(ring.any()):
        return made
    error = (seen - made) / 2 + 0.5
    return (made + 2 * (bleed(error, ring.float()) - 0.5)).clamp(0, 1)


def _grounded(made: Tensor, seen: Tensor, gone: Tensor) -> Tensor:
    """A ground of exactly one color is exactly that again where the fill comes near it."""
    ring = max_within(gone, GROUND_RING_PX) & ~gone
    colours = (seen.permute(0, 2, 3, 1)[ring[:, 0]] * 65535).round().int()  # (K, 3)
    if not len(colours):
        return made
    packed = colours[:, 0].long() << 32 | colours[:, 1].long() << 16 | colours[:, 2].long()
    values, counts = torch.unique(packed, return_counts=True)
    for most in counts.argsort(descending=True)[:2].tolist():
        if counts[most] < GROUND_SHARE * len(packed):
            break
        code = int(values[most])
        ground = torch.tensor([code >> 32, code >> 16 & 65535, code & 65535]).float()[None, :, None, None] / 65535
        near = (colours - (ground.flatten() * 65535).round()).abs().amax(1) <= FAR * 65535
        if counts[most] < GROUND_PURITY * near.sum():
            continue
        distance = (made - ground).abs().amax(1, keepdim=True)
        keep = ((distance - NEAR) / (FAR - NEAR)).clamp(0, 1)
        made = torch.where(keep > 0, ground + (made - ground) * keep, ground)
    return made


def _part(report: Report, start: float, span: float) -> Report:
    return lambda share: report(start + span * share)


def _widened(box: Box, by_px: int, x: Tensor, *, multiple: int = 1) -> Box:
    """A box larger on every side, its origin at a multiple, within the picture `x`."""
    left, top, right, bottom = box.grown(by_px).within(Box.whole(x))
    return Box(left // multiple * multiple, top // multiple * multiple, right, bottom)


def _shrunk_within(box: Box, outer: Box, factor: int) -> Box:
    """A box in the coordinates of one around it, both shrunk by a factor that divides the origins."""
    left, top, right, bottom = box.moved(-outer.left, -outer.top)
    return Box(left // factor, top // factor, -(-right // factor), -(-bottom // factor))


def _merged(boxes: list[Box], margin_px: int) -> list[Box]:
    """Boxes of which no two, each with half the margin, meet."""
    done: list[Box] = []
    waiting = list(boxes)
    while waiting:
        box = waiting.pop()
        near = next((other for other in done if _near(box, other, margin_px)), None)
        if near is None:
            done.append(box)
        else:
            done.remove(near)
            waiting.append(box.joined(near))
    return sorted(done, key=lambda box: (box.top, box.left))


def _near(a: Box, b: Box, margin_px: int) -> bool:
    return not a.grown(margin_px).within(b).empty
