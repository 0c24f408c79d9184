"""Synthesize contact, drop and reflection shadows from the alpha matte.

Nothing is known of the product's depth, so a floor is assumed that runs along its lower outline: feet touch it, what
is higher hovers above it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.imaging.box import Box, box_of, least_cover
from gan.imaging.resize import fitted, resize

Floats = npt.NDArray[np.float32]

SMALL_PX = 512
"""Longest side of the product at which soft shadows are made; they hold no finer detail."""

MOST_SMALL_PX = 2048
"""Longest side of the frame then."""

STEEPEST_CURVE = math.tan(math.radians(25))
"""Slope above which a curved outline leaves the floor: a ball touches it at its lowest part only."""

STEEPEST_EDGE = math.tan(math.radians(38))
"""A straight edge stands on the floor up to this slope: a box that is seen from its corner."""

_LEAST_SIGMA = 2.0
"""In pixels; a picture is made smaller before it is blurred, but not so far that a pixel of it would be seen."""

_TAIL = 1.5 / 255
"""Below this darkness a shadow is cut off, so that it does not gray the whole ground."""

# Shares of the product's size, the root of its box's area.
_EDGE = 0.12
_TOUCHING, _HOVERING = 0.02, 0.25
_FOOT_PROMINENCE, _FOOT_GAP = 0.03, 0.16
_APART, _TOUCHES = (
    0.10,
    0.05,
)  # depth of the gap between two feet; height of a foot above the line up to which it touches
_TIGHT_ACROSS, _TIGHT_DOWN = 0.01, 0.007
_BROAD_ACROSS, _BROAD_DOWN = 0.10, 0.3
_TIGHT, _BROAD = 0.85, 0.6
_LEAN = 0.25
_DROP = 0.2
_DROP_SOFT = 0.06
_MIRROR_SOFT = 0.035


@dataclass(frozen=True)
class Light:
    """Light direction, softness and length of a shadow.

    Attributes:
        angle_deg: where the light comes from: 0 from the right, 90 from above, 180 from the left.
        softness: 0 to 1.
        length: how far it reaches, as a share of the product's height, 0 to 1.
    """

    angle_deg: float
    softness: float
    length: float

    @property
    def away(self) -> tuple[float, float]:
        """The direction across and down in which shadows fall."""
        angle = math.radians(self.angle_deg)
        return -math.cos(angle), math.sin(angle)


def contact(alpha: Tensor, box: Box, light: Light) -> Tensor:
    """Contact shadow of a standing product: dark and sharp where it touches the floor, faint and broad around.

    Args:
        alpha: (1, 1, H, W) in [0, 1], the product's coverage.
        box: where that is above one half.

    Returns:
        (1, 1, H, W) in [0, 1].
    """
    from scipy import ndimage  # here, because importing it takes longer than most shadows

    height, width = fitted(alpha.shape[2], alpha.shape[3], _small(alpha, box))
    ratio = height / alpha.shape[2]
    cover = resize(alpha, height, width)[0, 0].numpy()
    size = math.sqrt(box.width * box.height) * ratio
    columns, outline = outline_of(cover)
    floor = floor_line(columns, outline, size)
    gap = (floor - outline) / size
    touching = np.exp(-((gap / _TOUCHING) ** 2))
    feet = [foot for foot in _feet(outline, size) if 0 < gap[foot].min() <= _FOOT_GAP]
    lines = [(columns, floor, touching), *((columns[foot], outline[foot], np.ones(len(foot))) for foot in feet)]
    softer = 0.4 + 1.2 * light.softness
    tight = _drawn(cover.shape, lines)
    across, down = _TIGHT_ACROSS * size * softer, _TIGHT_DOWN * size * softer
    tight = ndimage.gaussian_filter(tight, (down, across), mode="constant") * (math.sqrt(2 * math.pi) * down)
    reach = max(light.length * box.height * ratio, 1)
    across = _BROAD_ACROSS * size * softer
    down = max(_BROAD_DOWN * reach * (0.4 + 0.6 * light.softness), 1.0)
    broad = _drawn(cover.shape, [(columns + light.away[0] * _LEAN * reach, floor, np.exp(-((gap / _HOVERING) ** 2)))])
    broad = ndimage.gaussian_filter(broad, (down, across), mode="constant") * (math.sqrt(2 * math.pi) * down)
    dark = 1 - (1 - _TIGHT * np.minimum(tight, 1)) * (1 - _BROAD * np.minimum(broad, 1))
    return _enlarged(torch.from_numpy(dark.astype(np.float32))[None, None], alpha)


def drop(alpha: Tensor, box: Box, light: Light) -> Tensor:
    """Drop shadow of a product that lies flat or hangs before its background: its silhouette, offset from the light.

    Args:
        alpha: (1, 1, H, W) in [0, 1], the product's coverage.
        box: where that is above one half.

    Returns:
        (1, 1, H, W) in [0, 1].
    """
    from scipy import ndimage

    size = math.sqrt(box.width * box.height)
    sigma = _DROP_SOFT * light.softness * size
    longest = max(alpha.shape[2:])
    if sigma:
        longest = max(_small(alpha, box), round(_LEAST_SIGMA / sigma * longest))
    height, width = fitted(alpha.shape[2], alpha.shape[3], longest)
    ratio = height / alpha.shape[2]
    across, down = (part * _DROP * light.length * box.height * ratio for part in light.away)
    cover = resize(alpha, height, width)[0, 0].numpy()
    far = ndimage.shift(cover, (down, across), order=1, mode="constant")
    if not sigma:
        return _enlarged(torch.from_numpy(far)[None, None], alpha)
    near = ndimage.shift(cover, (down / 2, across / 2), order=1, mode="constant")
    far = ndimage.gaussian_filter(far, sigma * ratio, mode="constant")
    near = ndimage.gaussian_filter(near, sigma * ratio / 2, mode="constant")
    return _enlarged(torch.from_numpy((far + near) / 2)[None, None], alpha)


def mirrored(rgb: Tensor, alpha: Tensor, box: Box, light: Light) -> tuple[Tensor, Tensor, Box]:
    """Reflection in a polished floor: flipped by column at the floor line, ever fainter and more blurred.

    Args:
        rgb: (1, 3, H, W) in [0, 1], the product's own colors.
        alpha: (1, 1, H, W) in [0, 1].
        box: where that is above one half.

    Returns:
        (1, 3, h, w) colors and (1, 1, h, w) opacity, in [0, 1], and which part of the frame they take.
    """
    height, width = alpha.shape[2:]
    small = resize(alpha, *fitted(height, width, _small(alpha, box)))
    ratio = small.shape[2] / height
    columns, outline = outline_of(small[0, 0].numpy())
    floor_small = floor_line(columns, outline, math.sqrt(box.width * box.height) * ratio)
    at = (np.arange(width) + 0.5) * ratio - 0.5
    floor = torch.from_numpy(np.interp(at, columns, floor_small).astype(np.float32)) / ratio  # (W,)
    reach = max(1.0, light.length * box.height)
    top, bottom = max(0, math.floor(float(floor.min()))), min(height, math.ceil(float(floor.max()) + reach))
    sigma = _MIRROR_SOFT * light.softness * box.height
    covered = box_of(alpha, least=0.0) or box
    more = math.ceil(4 * sigma) + 2
    left, right = max(0, covered.left - more), min(width, covered.right + more)
    there = Box(left, top, right, max(top, bottom))
    if there.empty:
        return torch.ones(1, 3, 0, 0), torch.zeros(1, 1, 0, 0), Box(0, 0, 0, 0)
    rgb, alpha, floor = rgb[..., left:right], alpha[..., left:right], floor[left:right]
    rows = torch.arange(top, bottom, dtype=torch.float32)[:, None]
    depth = (rows + 0.5 - floor) / reach  # (h, W), 0 at the floor
    source = (2 * floor - rows - 1).clamp(0, height - 1)
    above = source.floor().long()
    share = source - above
    below = (above + 1).clamp(max=height - 1)

    def flipped(plane: Tensor) -> Tensor:
        return torch.lerp(plane.gather(0, above), plane.gather(0, below), share)

    cover = alpha[0, 0]
    layers = torch.stack([*(flipped(channel * cover) for channel in rgb[0]), flipped(cover)])  # (4, h, W)
    layers *= ((depth > 0) & (depth < 1)).to(layers.dtype)
    layers = _blurred_by_depth(layers, depth, sigma)
    seen = layers[3]
    colors = torch.where(seen > 1e-4, layers[:3] / seen.clamp(min=1e-4), 1).clamp_(0, 1)
    fade = (1 - depth.clamp(0, 1)) ** 1.5
    return colors[None], (seen * fade * (depth > 0)).clamp_(0, 1)[None, None], there


def _blurred_by_depth(layers: Tensor, depth: Tensor, sigma: float) -> Tensor:
    """Blur by depth: sharp at the floor, `sigma` pixels where the reflection ends."""
    if sigma < 0.3:
        return layers
    out = layers
    for level, part in ((0.35, (0.0, 0.5)), (1.0, (0.5, 1.0))):
        soft = _gaussian(layers, sigma * level)
        out = torch.lerp(out, soft, ((depth - part[0]) / (part[1] - part[0])).clamp(0, 1))
    return out


def _gaussian(layers: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of (C, h, w), computed at a lower resolution."""
    from scipy import ndimage

    height, width = layers.shape[1:]
    ratio = min(1.0, _LEAST_SIGMA / sigma)
    small = resize(layers[None], max(1, round(height * ratio)), max(1, round(width * ratio)))[0]
    soft = ndimage.gaussian_filter(small.numpy(), (0, sigma * ratio, sigma * ratio), mode="nearest")
    return F.interpolate(torch.from_numpy(soft)[None], (height, width), mode="bilinear", align_corners=False)[0]


def _small(alpha: Tensor, box: Box) -> int:
    """The longest side of a copy of the frame in which the product is `SMALL_PX` long."""
    longest = max(alpha.shape[2:])
    return min(longest, MOST_SMALL_PX, math.ceil(SMALL_PX * longest / max(box.width, box.height)))


def outline_of(cover: Floats) -> tuple[Floats, Floats]:
    """The columns in which anything is covered, and the line below its lowest pixel there, (n,) each."""
    inside = cover > least_cover(cover)
    if not inside.any():
        inside = cover > 0
    columns = np.flatnonzero(inside.any(0))
    lowest = cover.shape[0] - np.argmax(inside[::-1, columns], axis=0)
    return columns.astype(np.float32), lowest.astype(np.float32)


def floor_line(columns: Floats, outline: Floats, size: float) -> Floats:
    """The line on which a product with that lower outline stands.

    It runs along the outline's convex hull where that is an edge or nearly level, and level where it is not. Of several
    feet that touch it, such as a pair of shoes, each stands on its own line: one of them is further away.
    """
    from scipy.signal import find_peaks

    line = _hull_line(columns, outline, size)
    found = find_peaks(np.concatenate([[0.0], outline, [0.0]]), prominence=_APART * size)[0] - 1
    feet, ends = [int(found[0])] if len(found) else [], [0]
    for peak in map(int, found[1:]):
        gap = feet[-1] + int(outline[feet[-1] : peak].argmin())
        if min(outline[feet[-1]], outline[peak]) - outline[gap] >= _APART * size:
            feet.append(peak)
            ends.append(gap)
        elif outline[peak] > outline[feet[-1]]:
            feet[-1] = peak
    for peak, left, right in zip(feet, ends, [*ends[1:], len(columns)], strict=False):
        foot = slice(left, right)
        if len(feet) > 1 and line[peak] - outline[peak] < _TOUCHES * size:
            line[foot] = np.minimum(line[foot], _hull_line(columns[foot], outline[foot], size))
    return line


def _hull_line(columns: Floats, outline: Floats, size: float) -> Floats:
    """The line along the outline's convex hull where that is an edge or nearly level, and level where it is not."""
    hull: list[int] = []
    for i in range(len(columns)):
        while len(hull) > 1:
            a, b = hull[-2], hull[-1]
            turn = (columns[b] - columns[a]) * (outline[i] - outline[a])
            if turn < (outline[b] - outline[a]) * (columns[i] - columns[a]):
                break
            hull.pop()
        hull.append(i)
    across, down = columns[hull], outline[hull]
    width, rise = np.diff(across), np.diff(down)
    steepest = np.where(np.hypot(width, rise) >= _EDGE * size, STEEPEST_EDGE, STEEPEST_CURVE)
    steps = np.where(np.abs(rise) <= steepest * width, rise, 0)
    line = np.concatenate([[0.0], np.cumsum(steps)])
    line += down.max() - line[down.argmax()]
    floor: Floats = np.interp(columns, across, line).astype(np.float32)
    return floor


def _feet(outline: Floats, size: float) -> list[npt.NDArray[np.int64]]:
    """Indices of the columns of every part that reaches down further than what is beside it."""
    from scipy.signal import find_peaks

    padded = np.concatenate([[0.0], outline, [0.0]])
    peaks, found = find_peaks(padded, prominence=_FOOT_PROMINENCE * size, plateau_size=1)
    feet = []
    for left, right, peak in zip(found["left_edges"], found["right_edges"], peaks, strict=True):
        while left > 1 and padded[left - 1] > padded[peak] - 0.01 * size:
            left -= 1
        while right < len(outline) and padded[right + 1] > padded[peak] - 0.01 * size:
            right += 1
        feet.append(np.arange(left - 1, right))
    return feet


def _drawn(shape: tuple[int, ...], lines: list[tuple[Floats, Floats, Floats]]) -> Floats:
    """(h, w): the lines, a pixel of weight in every column, shared between the two pixels that they run between."""
    made = np.zeros(shape, np.float32)
    for columns, rows, weights in lines:
        across = np.round(columns).astype(np.int64)
        seen = (across >= 0) & (across < shape[1])
        exact = np.clip(rows[seen] - 0.5, 0, shape[0] - 1)
        above = np.floor(exact).astype(np.int64)
        share = exact - above
        np.maximum.at(made, (above, across[seen]), weights[seen] * (1 - share))
        np.maximum.at(made, (np.minimum(above + 1, shape[0] - 1), across[seen]), weights[seen] * share)
    return made


def _enlarged(dark: Tensor, like: Tensor) -> Tensor:
    """Enlarge to the picture's size, and cut off the faint tail."""
    size = like.shape[2:]
    full = dark if dark.shape[2:] == size else F.interpolate(dark, size, mode="bicubic", align_corners=False)
    return ((full - _TAIL) / (1 - _TAIL)).clamp_(0, 1)
