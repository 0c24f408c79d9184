"""Review a coverage by what the picture itself shows: holes, lost parts and reflections.

The network sees a product at a few hundred pixels and is wrong in ways that a plain ground gives away: what lies wholly
inside the product and does not look like the ground seen around it is no hole; what stands out sharply from the ground
is a part of the product, or is said to have been left out; a fainter mirror image below it is a reflection. Which sides
of the frame the product reaches is said. On grounds that are not plain only holes are reviewed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gan.cutout.outline import in_the_middle, is_rectangle, open_share, with_bites, without_half_filled
from gan.imaging import surface
from gan.imaging.color import to_linear, to_oklab
from gan.imaging.resize import shrunk

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]

PIXELS = 300_000
"""Pictures are reviewed at about so many pixels at most."""

PLACES = (
    ("upper left", "top", "upper right"),
    ("left", "middle", "right"),
    ("lower left", "bottom", "lower right"),
)
LEFT_OUT = {
    "upper left": "Something at the upper left was left out; mark it with the brush if it belongs to the product",
    "top": "Something at the top was left out; mark it with the brush if it belongs to the product",
    "upper right": "Something at the upper right was left out; mark it with the brush if it belongs to the product",
    "left": "Something at the left was left out; mark it with the brush if it belongs to the product",
    "middle": "Something in the middle was left out; mark it with the brush if it belongs to the product",
    "right": "Something at the right was left out; mark it with the brush if it belongs to the product",
    "lower left": "Something at the lower left was left out; mark it with the brush if it belongs to the product",
    "bottom": "Something at the bottom was left out; mark it with the brush if it belongs to the product",
    "lower right": "Something at the lower right was left out; mark it with the brush if it belongs to the product",
}
MOST_PLACES = 2
"""So many places are named one by one, so that a lost earring is found; more of them in one sentence."""

SEVERAL = "Things in several places were left out; mark with the brush what belongs to the product"
REFLECTED = "A reflection below the product was left out"
TOUCHES = {
    "left": "The product touches the left side of the picture; the part outside the picture is unknown",
    "top": "The product touches the top of the picture; the part outside the picture is unknown",
    "right": "The product touches the right side of the picture; the part outside the picture is unknown",
    "bottom": "The product touches the bottom of the picture; the part outside the picture is unknown",
}
NOTICES = (*LEFT_OUT.values(), SEVERAL, REFLECTED, *TOUCHES.values())

LEAST_APART = 0.02
"""Distance in OKLab from the ground's color from which a pixel is no ground; on a noisy ground it is more."""

CLEARLY_APART = 0.08
LIFT = 0.04
PLAIN_DEVIATION = 0.02
PLAIN_INLIERS = 0.6
SHADOW_DARKEST, SHADOW_TINT = 0.18, 0.3
"""A shadow lets about the same share of the ground's light through in every channel, and not less than this."""

MOST_PRINT = 0.2
"""Of such an outline so much at most is taken for print in the ground's color."""

FRAME_HOLE = 0.15
"""Share of the outline from which an opening in its middle is that of a frame."""

UNTOLD_HOLE = 0.05
"""Share of the outline up to which an opening is judged by its colors on a ground that is not plain. Without this bound
three of 30 composites over photographs lost 0.12 to 0.36 of their IoU, and none gained."""

CLIPPED = 0.98
"""Lightness of all channels from which on paper and a white product look alike."""

HALF_SEEN = 0.1
"""Coverage that the network gives to a gray part at least, but to no shadow."""

LEAST_PART = 4e-4
"""Share of the picture from which something beside the product is worth a word."""

MIRROR_PX = 160
MIRROR_MOST = 0.75
MIRROR_UNEXPLAINED = 0.1

_CELL = 0.04
"""Of a palette, in OKLab."""

_CORE_PX = 2
_EDGE_PX = 3


@dataclass(frozen=True, eq=False)
class Reviewed:
    """A coverage after its review.

    Attributes:
        cover: (1, 1, h, w) in [0, 1].
        changed: (1, 1, h, w) of bool, where the review changed it.
        doubt: pixels that were changed, or might have to be, as a share of the product, 0 to 1.
        notices: what the user should be told.
    """

    cover: Tensor
    changed: Tensor
    doubt: float
    notices: tuple[str, ...]


@dataclass(frozen=True)
class Seen:
    """Comparison of a picture's pixels with its ground, (h, w) each.

    Attributes:
        apart: distance from the ground's color in OKLab.
        least: from which on a pixel is no ground.
        shadow: whether a shadow on the ground would look like it.
        plain: whether the ground follows a smooth surface; else `apart` is the distance from any of its colors.
    """

    apart: Floats
    least: float
    shadow: Bools
    plain: bool

    @property
    def unlike(self) -> Bools:
        """Neither ground nor a shadow on it."""
        return (self.apart > self.least) & ~self.shadow


def review_size(height_px: int, width_px: int) -> tuple[int, int]:
    """Height and width at which a picture is reviewed."""
    scale = min(1.0, math.sqrt(PIXELS / (height_px * width_px)))
    return max(1, round(height_px * scale)), max(1, round(width_px * scale))


def review(rgb: Tensor, cover: Tensor, hint: Tensor) -> Reviewed:
    """Correct a coverage where the picture contradicts it.

    Args:
        rgb: (1, 3, h, w) in [0, 1], at `review_size`.
        cover: (1, 1, h, w) in [0, 1].
        hint: (1, 1, h, w) in [0, 1]: the network's first look, with the small parts that were left out since.
    """
    before = cover[0, 0].numpy()
    seen = seen_against_ground(rgb, cover)
    now = before.copy()
    notices: list[str] = []
    if seen is None or not (before > 0.5).any():
        return Reviewed(cover, torch.zeros_like(cover, dtype=torch.bool), 0.0, touched(cover))
    if seen.plain:
        axis = _reflection(rgb, now)
        if axis is not None:
            before = before.copy()
            # What is explained so well is no doubt.
            before[axis:] = now[axis:] = 0
            seen.apart[axis:] = 0
            notices.append(REFLECTED)
        now = without_half_filled(now, seen.unlike, rgb[0].amin(0).numpy() > CLIPPED)
        now = with_bites(np.maximum(now, _flat_parts(rgb, now, seen)), seen.unlike)
    now, doubtful = _without_false_holes(now, seen)
    if seen.plain:
        kept, dropped = _beside(now, hint[0, 0].numpy(), seen)
        now = np.maximum(now, kept)
        notices += [SEVERAL] if len(dropped) > MOST_PLACES else [LEFT_OUT[place] for place in dropped]
    made = torch.from_numpy(now)[None, None]
    changed = (made - cover).abs() > 0.02
    product = max(1.0, float(made.sum()))
    doubt = min(1.0, (float(np.abs(now - before).sum()) + doubtful) / product)
    return Reviewed(made, changed, doubt, (*notices, *touched(made)))


def touched(cover: Tensor) -> tuple[str, ...]:
    """A notice for each side of the frame that the product reaches."""
    solid = cover[0, 0] > 0.5
    sides = {"left": solid[:, 0], "top": solid[0], "right": solid[:, -1], "bottom": solid[-1]}
    return tuple(TOUCHES[name] for name, line in sides.items() if int(line.sum()) > max(1, 0.004 * len(line)))


def seen_against_ground(rgb: Tensor, cover: Tensor) -> Seen | None:
    """Compare each pixel with the ground around the product; None where too little ground is seen."""
    # Near black OKLab magnifies what only noise and blur tell apart.
    lab = to_oklab((rgb + LIFT) / (1 + LIFT))
    ground = _around(cover)
    if float(ground.float().mean()) < 0.02:
        return None
    found = surface.fit(lab, ground)
    if found is not None and found.deviation < PLAIN_DEVIATION and found.inliers > PLAIN_INLIERS:
        smooth = found.at(*lab.shape[2:])
        apart = torch.linalg.vector_norm(lab - smooth, dim=1)[0].numpy()
        light = to_linear(rgb)
        linear = surface.fit(light, ground)
        if linear is not None:
            share = light / linear.at(*rgb.shape[2:]).clamp(min=0.01)
            mean = share.mean(1)[0]
            tint = (share.amax(1) - share.amin(1))[0] / mean.clamp(min=0.05)
            shadow = (mean > SHADOW_DARKEST) & (mean < 1.02) & (tint < SHADOW_TINT)
            least = max(LEAST_APART, 5 * found.deviation)
            return Seen(apart, least, shadow.numpy(), True)
    none = np.zeros(lab.shape[2:], bool)
    return Seen(_from_palette(lab, ground), CLEARLY_APART, none, False)


def _around(cover: Tensor) -> Tensor:
    """(1, 1, h, w) of bool: the ground around the product; what its outline encloses may be anything."""
    from scipy import ndimage

    outline = ndimage.binary_fill_holes(cover[0, 0].numpy() >= 0.02)
    return torch.from_numpy(~_dilated(outline, _EDGE_PX))[None, None]


def _from_palette(lab: Tensor, ground: Tensor) -> Floats:
    """Distance from the nearest of the ground's colors, which are counted in cells of `_CELL`."""
    colors = lab[0].permute(1, 2, 0)
    own, counts = torch.unique((colors[ground[0, 0]] / _CELL).round().int(), dim=0, return_counts=True)
    known = own[counts >= max(2, 2e-4 * float(counts.sum()))].float() * _CELL
    if not len(known):
        return np.zeros(lab.shape[2:], np.float32)
    cells, back = torch.unique((colors.reshape(-1, 3) / (_CELL / 2)).round().int(), dim=0, return_inverse=True)
    nearest = torch.cat([torch.cdist(part.float() * (_CELL / 2), known).amin(1) for part in cells.split(4096)])
    made: Floats = nearest[back].reshape(lab.shape[2:]).numpy()
    return made


def _without_false_holes(cover: Floats, seen: Seen) -> tuple[Floats, float]:
    """The coverage with what is no hole filled, and how many pixels of other holes are in doubt."""
    from scipy import ndimage  # here, because importing it takes longer than looking

    outline = ndimage.binary_fill_holes(cover > 0.5)
    inside = ndimage.binary_erosion(outline, iterations=_EDGE_PX, border_value=1)
    enclosed = outline & (cover <= 0.5)
    holes, _ = ndimage.label(enclosed)
    # Racks, grids and baskets have such outlines too; most of them is open.
    box = is_rectangle(outline) and open_share(enclosed & ~seen.unlike, outline) < MOST_PRINT
    now, doubtful = cover.copy(), 0.0
    area = float(outline.sum())
    open_to_ground = np.zeros_like(outline)
    for index, place in enumerate(ndimage.find_objects(holes), start=1):
        around = tuple(slice(max(0, part.start - _EDGE_PX), part.stop + _EDGE_PX) for part in place)
        hole = holes[around] == index
        size = int(hole.sum())
        core = ndimage.binary_erosion(hole, iterations=_CORE_PX)
        if not core.any():
            core = hole if box else core
        if not core.any():
            continue
        unlike = float(seen.unlike[around][core].mean())
        framed = size > FRAME_HOLE * area and in_the_middle(place, outline)
        # Where the ground has many colors, what is seen through a large opening often has others yet.
        told = seen.plain or size <= UNTOLD_HOLE * area
        if (unlike > 0.5 and told) or (box and not framed):
            filled = ndimage.binary_dilation(hole, iterations=_EDGE_PX) & outline[around]
            now[around] = np.where(filled, 1.0, now[around])
        else:
            open_to_ground[around] |= hole
            # What a shadow or a print would both look like.
            doubtful += float((seen.apart[around][core] > seen.least).sum())
    near_open = ndimage.binary_dilation(open_to_ground, iterations=_EDGE_PX)
    soft = inside & (now < 0.98) & ~near_open & ~open_to_ground
    solid = soft & (seen.unlike | box)
    # Parts of a product that its ground shines through look like the ground in part: they stay.
    return np.where(solid, np.float32(1), now), doubtful


def _reflection(rgb: Tensor, cover: Floats) -> int | None:
    """The row at which a product stands on its own mirror image; None where there is none.

    Below that row each pixel's difference from the ground has to be the one of its mirror image above, times a share
    that is well below 1 and falls, if at all, linearly with the distance. A product that is symmetrical itself has a
    share of 1.
    """
    height = rgb.shape[2]
    small = shrunk(torch.cat([rgb, torch.from_numpy(cover)[None, None]], 1), MIRROR_PX)
    lab, solid = to_oklab(small[:, :3]), small[0, 3].numpy() > 0.5
    found = surface.fit(lab, torch.from_numpy(~_dilated(solid, _EDGE_PX))[None, None])
    rows = np.flatnonzero(solid.any(1))
    if found is None or not len(rows):
        return None
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    least = max(6, round(0.12 * (bottom - top)))
    away = (lab - found.at(*lab.shape[2:]))[0].numpy()  # (3, h, w)
    best: tuple[float, int] | None = None
    for axis in range(top + (bottom - top) // 3, bottom - least):
        depth = min(bottom - axis, axis - top)
        where = solid[axis : axis + depth] | solid[axis - depth : axis][::-1]
        # Most of what is reflected has to be seen below, and nothing below that.
        if depth < bottom - axis or solid[axis:bottom].sum() < 0.8 * where.sum():
            continue
        below, above = away[:, axis : axis + depth][:, where], away[:, axis - depth : axis][:, ::-1][:, where]
        fade = np.broadcast_to(np.arange(depth)[:, None] / depth, where.shape)[where]
        terms = np.stack([above.ravel(), (above * fade).ravel()], 1).astype(np.float64)
        wanted = below.ravel().astype(np.float64)
        share, *_ = np.linalg.lstsq(terms, wanted, rcond=None)
        unexplained = float(((wanted - terms @ share) ** 2).sum()) / max(float((wanted**2).sum()), 1e-9)
        begins, ends = float(share[0]), float(share[0] + share[1])
        faint = 0.05 < begins < MIRROR_MOST and -0.1 < ends < MIRROR_MOST
        if unexplained < MIRROR_UNEXPLAINED and faint and (best is None or unexplained < best[0]):
            best = unexplained, axis
    return None if best is None else round(best[1] * height / small.shape[2])


def _dilated(mask: Bools, px: int) -> Bools:
    from scipy import ndimage

    made: Bools = ndimage.binary_dilation(mask, iterations=px)
    return made


def _flat_parts(rgb: Tensor, cover: Floats, seen: Seen) -> Floats:
    """Thin parts that were taken for half transparent: even areas that end sharply at the ground."""
    from scipy import ndimage

    lab = to_oklab(rgb)[0].numpy()
    step = np.sqrt(sum(ndimage.sobel(plane, 0) ** 2 + ndimage.sobel(plane, 1) ** 2 for plane in lab)) / 8
    even = step < 0.25 * np.maximum(seen.apart, 0.04)
    candidates = (seen.apart > max(2 * seen.least, CLEARLY_APART)) & (cover < 0.9)
    parts, _ = ndimage.label(candidates & even)
    made = np.zeros_like(cover)
    near = _dilated(cover > 0.9, 4)
    for index, place in enumerate(ndimage.find_objects(parts), start=1):
        around = tuple(slice(max(0, part.start - 5), part.stop + 5) for part in place)
        core = parts[around] == index
        if core.sum() < 12 or not (near[around] & core).any():
            continue
        # A hard shadow is as even and ends as sharply; the network knows it for ground.
        if float(seen.shadow[around][core].mean()) > 0.5 and float(cover[around][core].mean()) < HALF_SEEN:
            continue
        depth = float(np.median(seen.apart[around][core]))
        if float(seen.apart[around][core].std()) > 0.2 * depth:
            continue
        whole = ndimage.binary_dilation(core, iterations=2) & (seen.apart[around] > 0.5 * depth)
        beyond = ndimage.binary_dilation(whole, iterations=3) & ~ndimage.binary_dilation(whole, iterations=2)
        beyond &= ~near[around]
        # A shadow fades into the ground, a thing ends at it.
        if beyond.sum() >= 4 and float((seen.apart[around][beyond] < 0.2 * depth).mean()) > 0.8:
            rim = (cover[around] > 0.5) | whole
            made[around] = np.where(whole & rim, 1.0, made[around])
    return made


def _beside(cover: Floats, hint: Floats, seen: Seen) -> tuple[Floats, list[str]]:
    """Parts beside the product: those that the network saw too, and the places of the others."""
    from scipy import ndimage

    free = ~_dilated(cover > 0.02, _EDGE_PX)
    parts, _ = ndimage.label(ndimage.binary_opening(seen.unlike & free))
    kept, dropped = np.zeros_like(cover), []
    for index, place in enumerate(ndimage.find_objects(parts), start=1):
        part = parts[place] == index
        if part.sum() < LEAST_PART * cover.size or float(seen.apart[place][part].mean()) < CLEARLY_APART:
            continue
        if float(hint[place][part].mean()) > 0.5:
            grown = tuple(slice(max(0, span.start - 2), span.stop + 2) for span in place)
            whole = ndimage.binary_dilation(parts[grown] == index) & seen.unlike[grown]
            kept[grown] = np.where(whole, 1.0, kept[grown])
        else:
            center = [(span.start + span.stop) / 2 / side for span, side in zip(place, cover.shape, strict=True)]
            dropped.append(PLACES[min(2, int(3 * center[0]))][min(2, int(3 * center[1]))])
    return kept, list(dict.fromkeys(dropped))
