"""Continue what is regular into a hole: a smooth ground by a polynomial, a repeating texture by its period.

Both are told by what is known around the hole, and taken only where they explain it: a network makes clouds of a plain
gradient and lumps of a brick wall, which have an answer that nobody needs to guess.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gan.imaging import surface
from gan.imaging.mask_shapes import max_within

EVEN = 3 / 255
"""Deviation of a ground from its surface, in the channel where it is most, up to which it is smooth: the noise of a
good photograph and of good JPEG."""

NEAR, FAR = 12 / 255, 28 / 255
"""A fill within NEAR of the surface becomes it; beyond FAR it stays; between them it is drawn to it."""

ON_IT = 3 / 255
"""What lies on the surface is at most so far from it, or three deviations."""

RIM_PX, MOST_DOUBTFUL = 6, 0.06
"""Of the pixels along a hole so many at most may be neither on the surface nor FAR from it."""

GROUND_SHARE = 0.3
"""Share of what surrounds a hole that has to lie on the surface."""

WHOLE_SHARE = 0.97
"""From which on nothing else surrounds it, and no network is asked."""

RING_PX = 24

EDGE_PX, LEAST_EDGE_PX, STRAIGHT, EDGES_AGREE = 40, 10, 0.7, 0.985
"""Edges are looked at so far from the hole, over at least so many pixels that deviate by less than the third; what is
continued has to agree with so much of what is known."""

LEAST_PERIOD_PX = 6
MOST_SIDE_PX = 900
"""Of the area in which a period is looked for."""

CORRELATION = 0.55
"""Normalized, of a texture with itself at a period."""

VECTORS = 24
EXPLAINED = 0.6
"""Share of the texture's variance around the hole that its own repetition has to explain."""

LEAST_TEXTURE = 2.5 / 255
CHECKED_PX = 12


def on_surface(made: Tensor, seen: Tensor, gone: Tensor) -> tuple[Tensor, bool]:
    """Lay a fill on the smooth ground around its hole, where it comes near it.

    Args:
        made: (1, 3, H, W), a fill; outside of the hole it means nothing.
        seen: (1, 3, H, W), the picture.
        gone: (1, 1, H, W) of bool, the hole.

    Returns:
        The fill, and whether the ground alone surrounds the hole: then all of it is ground.
    """
    reach = max(RING_PX, round(0.35 * float(gone.sum()) ** 0.5))
    ring = max_within(gone, reach) & ~gone
    if not bool(ring.any()):
        return made, False
    # Beyond the picture's border a polynomial is free to go anywhere.
    open_sides = any(bool(line.any()) for line in (gone[:, :, 0], gone[:, :, -1], gone[..., 0], gone[..., -1]))
    found = surface.fit(seen, ring, degree=1 if open_sides else 2)
    if found is None or found.deviation > EVEN:
        return made, False
    smooth = found.at(*seen.shape[2:])
    away = (seen - smooth).abs().amax(1, keepdim=True)
    least = max(3 * found.deviation, ON_IT)
    share = float((away[ring] <= least).float().mean())
    rim = max_within(gone, RIM_PX) & ~gone
    # A soft shadow that the hole cuts through lies between the ground and other things.
    doubtful = float(((away[rim] > least) & (away[rim] < FAR)).float().mean())
    if share < GROUND_SHARE or doubtful > MOST_DOUBTFUL:
        return made, False
    if bool((smooth[gone.expand_as(smooth)] < -NEAR).any()) or bool((smooth[gone.expand_as(smooth)] > 1 + NEAR).any()):
        return made, False
    smooth = smooth.clamp(0, 1)
    if share >= WHOLE_SHARE:
        return smooth, True
    edged = _two_tones(seen, gone, ring, smooth, away)
    if edged is not None:
        return edged, True
    distance = (made - smooth).abs().amax(1, keepdim=True)
    keep = ((distance - NEAR) / (FAR - NEAR)).clamp(0, 1)
    return torch.where(keep > 0, smooth + (made - smooth) * keep, smooth), False


def _two_tones(seen: Tensor, gone: Tensor, ring: Tensor, smooth: Tensor, away: Tensor) -> Tensor | None:
    """A ground and one plain thing before it, whose two straight edges run into the hole; None for anything else.

    The edges are continued as lines; of what they enclose, or leave, that is the thing which agrees with what is known.
    """
    from scipy import ndimage  # here, because importing it takes longer than most fills

    thing = ring & (away > FAR)
    found = surface.fit(seen, thing, degree=1)
    if found is None or found.deviation > EVEN:
        return None
    tone = found.at(*seen.shape[2:]).clamp(0, 1)
    on_thing = (seen - tone).abs().amax(1, keepdim=True) < FAR
    rim = max_within(gone, RIM_PX) & ~gone
    if float((on_thing | (away < FAR))[rim].float().mean()) < WHOLE_SHARE:
        return None
    known, label = (~gone)[0, 0].numpy(), on_thing[0, 0].numpy()
    near = (max_within(gone, EDGE_PX) & ~gone)[0, 0].numpy()
    # Pixels of the thing that have the ground beside them, and no hole.
    border = label & near & ndimage.binary_dilation(~label & known) & ~ndimage.binary_dilation(~known)
    edges, count = ndimage.label(border, np.ones((3, 3)))
    lines = [line for line in (_line(np.argwhere(edges == index), label) for index in range(1, count + 1)) if line]
    if len(lines) != 2 or count > 4:
        return None
    y, x = np.mgrid[: label.shape[0], : label.shape[1]]
    first, second = ((y - at[0]) * across[0] + (x - at[1]) * across[1] + 0.5 for at, across in lines)
    for inside in (np.minimum(first, second), np.maximum(first, second)):
        if ((inside > 0.5) == label)[near].mean() > EDGES_AGREE:
            share = torch.from_numpy(inside.clip(0, 1)).float()[None, None]
            return torch.lerp(smooth, tone, share)
    return None


def _line(
    points: npt.NDArray[Any], label: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None:
    """A point of a straight edge and the unit vector across it, into the thing; None for few points or a bent edge."""
    if len(points) < LEAST_EDGE_PX:
        return None
    center = points.mean(0)
    _, spread, axes = np.linalg.svd(points - center, full_matrices=False)
    if spread[1] > STRAIGHT * np.sqrt(len(points)):
        return None
    across = axes[1]
    ahead = np.round(points + 3 * across).astype(int).clip(0, np.array(label.shape) - 1)
    inside = label[ahead[:, 0], ahead[:, 1]].mean()
    return center, across if inside > 0.5 else -across


def repeated(seen: Tensor, gone: Tensor) -> Tensor | None:
    """Fill a hole in a regular texture with what lies whole periods away; None where the texture is not regular.

    The periods are the peaks of the picture's correlation with itself over what is known of both (normalized masked
    correlation, Padfield, "Masked object registration in the Fourier domain", 2012). The repetition is believed where
    it explains the known pixels around the hole.

    Args:
        seen: (1, 3, H, W).
        gone: (1, 1, H, W) of bool.

    Returns:
        (1, 3, H, W), made for the hole and for known pixels around it.
    """
    height, width = seen.shape[2:]
    if max(height, width) > MOST_SIDE_PX or min(height, width) < 4 * LEAST_PERIOD_PX:
        return None
    known = ~gone[0, 0].numpy()
    colors = seen[0].numpy()
    detail = _flattened(colors, known)
    if float(detail[:, known].std()) < LEAST_TEXTURE:
        return None
    vectors = _periods(detail.mean(0), known)
    if not vectors:
        return None
    ring = (max_within(gone, CHECKED_PX) & ~gone)[0, 0].numpy()
    made, covered = _copied(colors, known, ring | ~known, vectors)
    checked = ring & covered
    if not covered[~known].all() or checked.sum() < 0.5 * ring.sum():
        return None
    left = float(((made - colors)[:, checked] ** 2).mean())
    whole = float(detail[:, known].var())
    if left > (1 - EXPLAINED) * whole:
        return None
    return torch.from_numpy(made)[None].to(seen.dtype)


def _flattened(colors: npt.NDArray[Any], known: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """(3, H, W) without its mean and slow changes of light; 0 where nothing is known."""
    from scipy import ndimage

    size = max(15, min(colors.shape[1:]) // 3)
    weight = ndimage.uniform_filter(known.astype(np.float64), size) + 1e-9
    slow = np.stack([ndimage.uniform_filter(plane * known, size) / weight for plane in colors.astype(np.float64)])
    made: npt.NDArray[np.float64] = (colors - slow) * known
    return made


def _periods(detail: npt.NDArray[np.float64], known: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Vectors (rows, columns) by which the texture may be moved onto itself, the surest first."""
    from scipy import fft, ndimage

    height, width = detail.shape
    size = tuple(fft.next_fast_len(2 * side, real=True) for side in (height, width))
    mask = fft.rfft2(known.astype(np.float64), size)
    value, square = fft.rfft2(detail, size), fft.rfft2(detail * detail, size)

    def correlated(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        return np.asarray(fft.irfft2(a * np.conj(b), size))

    both = correlated(mask, mask)
    energy = np.sqrt(np.maximum(correlated(square, mask), 0) * np.maximum(correlated(mask, square), 0))
    alike = np.where(both > 0.2 * known.sum(), correlated(value, value) / np.maximum(energy, 1e-9), -1.0)
    rows, columns = height - height // 5, width - width // 5
    # From -rows to rows and from -columns to columns.
    alike = np.roll(alike, (rows, columns), (0, 1))[: 2 * rows + 1, : 2 * columns + 1]
    peaks = (alike == ndimage.maximum_filter(alike, 2 * LEAST_PERIOD_PX - 1)) & (alike > CORRELATION)
    y, x = np.nonzero(peaks)
    order = np.argsort(-alike[y, x])
    found = [(int(y[i]) - rows, int(x[i]) - columns) for i in order]
    return [vector for vector in found if vector != (0, 0) and np.hypot(*vector) >= LEAST_PERIOD_PX][:VECTORS]


def _copied(
    colors: npt.NDArray[Any],
    known: npt.NDArray[np.bool_],
    wanted: npt.NDArray[np.bool_],
    vectors: list[tuple[int, int]],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Copy from a vector away, to each wanted pixel by the first vector that leads to a known one; and say to which."""
    height, width = known.shape
    made = np.zeros_like(colors, dtype=np.float32)
    covered = np.zeros_like(known)
    y, x = np.nonzero(wanted)
    for down, across in vectors:
        open_ = ~covered[y, x]
        if not open_.any():
            break
        rows, columns = y[open_] + down, x[open_] + across
        inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        at, to = (rows[inside], columns[inside]), (y[open_][inside], x[open_][inside])
        usable = known[at]
        made[:, to[0][usable], to[1][usable]] = colors[:, at[0][usable], at[1][usable]]
        covered[to[0][usable], to[1][usable]] = True
    return made, covered
