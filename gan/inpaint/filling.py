"""Filling holes: each in its own crop, from coarse to fine, with edges and grounds that agree with what is known."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.contract import Context, Model
from gan.imaging.alpha import bleed
from gan.imaging.biharmonic_fill import smooth_fill
from gan.imaging.mask import BLIND, COARSE
from gan.imaging.patches import Copied, magnified, patch_fill
from gan.imaging.resize import resize

RADIUS_PX = 64
"""A hole whose middle is further than this from what is known is filled at a smaller size first."""

SMOOTH_PIXELS = 30_000
"""And one with more unknown pixels than this, so that the smooth fill takes no more than a fraction of a second."""

TILE_PX = 384
"""Side of a tile without its surroundings: with larger ones attention would cost more than is saved around them."""

WHOLE_PX = 512
"""Longest side of a crop that a network which sees a hole as a whole is given."""

RING_PX = 6
"""Known pixels around a hole to which the fill's colours are matched."""

GROUND_RING_PX = 24
GROUND_SHARE = 0.25
GROUND_PURITY = 0.75
"""A colour that this share of the surroundings has exactly is a ground, and is restored exactly; but not one that is
only the most frequent of many like it, as on a photographed or compressed ground."""

NEAR, FAR = 8 / 255, 20 / 255
"""A fill within NEAR of the ground's colour becomes it; beyond FAR it stays; between them it is drawn to it."""

Report = Callable[[float], None]
"""Called with the share of a hole that is finished, 0 to 1."""


@dataclass(frozen=True)
class Box:
    """Rows top to bottom and columns left to right, the ends excluded, in pixels."""

    top: int
    left: int
    bottom: int
    right: int

    def of(self, x: Tensor) -> Tensor:
        """The part of (N, C, H, W) within the box; a view."""
        return x[:, :, self.top : self.bottom, self.left : self.right]

    def widened(self, by_px: int, height_px: int, width_px: int, multiple: int = 1) -> Box:
        """A box larger on every side, its origin at a multiple, within the picture."""
        return Box(
            max(0, self.top - by_px) // multiple * multiple,
            max(0, self.left - by_px) // multiple * multiple,
            min(height_px, self.bottom + by_px),
            min(width_px, self.right + by_px),
        )

    def within(self, outer: Box, factor: int = 1) -> Box:
        """This box in the coordinates of a box around it, both shrunk by a factor that divides the origins."""
        return Box(
            (self.top - outer.top) // factor,
            (self.left - outer.left) // factor,
            -(-(self.bottom - outer.top) // factor),
            -(-(self.right - outer.left) // factor),
        )

    def clipped(self, x: Tensor) -> Box:
        return Box(self.top, self.left, min(self.bottom, x.shape[2]), min(self.right, x.shape[3]))

    def meets(self, other: Box) -> bool:
        return (
            self.top < other.bottom and other.top < self.bottom and self.left < other.right and other.left < self.right
        )

    def joined(self, other: Box) -> Box:
        return Box(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
        )


def holes(hole: Tensor, margin_px: int) -> list[Box]:
    """The bounding boxes of a mask's connected parts; those that would see one another are one.

    Args:
        hole: (1, 1, H, W) of bool.
        margin_px: what a box needs to see around it.
    """
    from scipy import ndimage  # here, because importing it takes longer than most fills

    around = _bounds(hole[0, 0].numpy())
    if around is None:
        return []
    labels, _ = ndimage.label(around.of(hole)[0, 0].numpy(), np.ones((3, 3)))
    boxes = [
        Box(around.top + y.start, around.left + x.start, around.top + y.stop, around.left + x.stop)
        for y, x in ndimage.find_objects(labels)
    ]
    return _merged(boxes, margin_px)


def fill(rgb: Tensor, hole: Tensor, box: Box, model: Model, finer: Model, context: Context, report: Report) -> Tensor:
    """Colours for the holes of one box.

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
    levels = _levels(hole, box, model)
    height_px, width_px = rgb.shape[2:]
    wide = box.widened(model.context_px << levels, height_px, width_px, multiple=1 << levels)
    made, before, area = rgb, wide, wide
    source: Tensor | None = None
    for level in reversed(range(levels + 1)):
        factor = 1 << level
        known, gone = _shrunk(wide.of(rgb), wide.of(hole), factor)
        area = box.widened(model.context_px << level, height_px, width_px, multiple=factor)
        inner = area.within(wide, factor).clipped(known)
        if source is None:
            copies, smooth = _started(known, gone, model)
            source, given = copies.source, torch.cat([smooth, copies.filled, BLIND * gone], 1)
        else:
            known_wide, known, gone = known, inner.of(known), inner.of(gone)
            # The coarser level's area lies around this one's, and its origin on this one's grid.
            coarse = area.within(before, factor).of(resize(made, 2 * made.shape[2], 2 * made.shape[3]))
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
    return box.within(area).of(_grounded(made, seen, gone))


def _started(known: Tensor, gone: Tensor, model: Model) -> tuple[Copied, Tensor]:
    """Both fills that a network begins with."""
    if model.whole:
        # Networks that are not ours paint over whatever fills the hole.
        smooth = bleed(known, (~gone).float())
        return Copied(smooth, torch.full(smooth.shape[2:], -1)), smooth
    smooth = smooth_fill(known, gone)
    return patch_fill(smooth, gone), smooth


def _levels(hole: Tensor, box: Box, model: Model) -> int:
    """How many halvings bring the hole within what the network fills in one go."""
    from scipy import ndimage

    if model.whole:
        longest_px = max(box.bottom - box.top, box.right - box.left) + 2 * model.context_px
        return max(0, math.ceil(math.log2(longest_px / WHOLE_PX)))
    height_px, width_px = hole.shape[2:]
    area = box.widened(1, height_px, width_px)
    gone = area.of(hole)[0, 0].numpy()
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
    ring = _dilated(gone, RING_PX) & ~gone
    if not bool(ring.any()):
        return made
    error = (seen - made) / 2 + 0.5
    return (made + 2 * (bleed(error, ring.float()) - 0.5)).clamp(0, 1)


def _grounded(made: Tensor, seen: Tensor, gone: Tensor) -> Tensor:
    """A ground of exactly one colour is exactly that again where the fill comes near it."""
    ring = _dilated(gone, GROUND_RING_PX) & ~gone
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


def _dilated(hole: Tensor, by_px: int) -> Tensor:
    """(1, 1, H, W) of bool, grown by a square."""
    grown = F.max_pool2d(hole.float(), (2 * by_px + 1, 1), stride=1, padding=(by_px, 0))
    return F.max_pool2d(grown, (1, 2 * by_px + 1), stride=1, padding=(0, by_px)) > 0


def _part(report: Report, start: float, span: float) -> Report:
    return lambda share: report(start + span * share)


def _bounds(hole: np.ndarray) -> Box | None:
    rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
    if not len(rows):
        return None
    return Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)


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
    return sorted(done, key=dataclasses.astuple)


def _near(a: Box, b: Box, margin_px: int) -> bool:
    return Box(a.top - margin_px, a.left - margin_px, a.bottom + margin_px, a.right + margin_px).meets(b)
