"""Measure a product in its picture: its place in the frame and its color.

A coverage (alpha) says where the product is. Colors are measured in Y'CbCr of BT.601 over the full range, because a
turn in its chroma plane is a turn of hue that leaves the lightness alone, and is linear.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.imaging.resize import resize

MEASURES = ("lightness", "blue", "red", "size", "aspect", "across", "down")
"""Measures that `measure` returns, in order."""

GROUND_TOLERANCE = 0.06
"""Largest difference of the border's color from its median on a plain background."""

EDGE = 0.05
"""Sobel's answer to an edge of about a tenth of the range; soft shadows stay below."""

CLOSING_PX = 2
SPECK = 0.02
"""Share of the largest part below which a part is no product."""

_YCC = torch.tensor([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])


def to_ycc(rgb: Tensor) -> Tensor:
    """(N, 3, H, W) in [0, 1] -> Y' in [0, 1], Cb and Cr in [-0.5, 0.5] (ITU-R BT.601, full range)."""
    return torch.einsum("ij,njhw->nihw", _YCC.to(rgb), rgb)


def from_ycc(ycc: Tensor) -> Tensor:
    """The inverse of `to_ycc`; colors outside RGB come out outside [0, 1]."""
    return torch.einsum("ij,njhw->nihw", torch.linalg.inv(_YCC.double()).to(ycc), ycc)


def measure(rgb: Tensor, alpha: Tensor) -> Tensor:
    """The product's mean color and its box.

    Args:
        rgb: (N, 3, H, W) in [0, 1].
        alpha: (N, 1, H, W) in [0, 1], the product's coverage without its shadow.

    Returns:
        (N, 7): mean Y', Cb and Cr over the product; natural logarithm of its longer side over the frame's; natural
        logarithm of width over height; its center across and down, in [-1, 1]. A picture without a product counts as
        one product that fills the frame.
    """
    cover = torch.where(alpha.flatten(1).amax(1)[:, None, None, None] > 0.5, alpha, torch.ones_like(alpha))
    weight = cover / cover.sum((2, 3), keepdim=True)
    colour = (to_ycc(rgb) * weight).sum((2, 3))
    left, right = _ends(cover.amax(2)[:, 0])
    top, bottom = _ends(cover.amax(3)[:, 0])
    width, height = right - left, bottom - top
    box = torch.stack(
        [
            torch.maximum(width, height).log(),
            (width / height).log(),
            right + left - 1,
            bottom + top - 1,
        ],
        1,
    )
    return torch.cat([colour, box], 1)


def hue_deg(measures: Tensor) -> Tensor:
    """The angle in the chroma plane of `measure`'s rows, (N,) in (-180, 180] degrees; Cb points along 0."""
    return torch.rad2deg(torch.atan2(measures[:, 2], measures[:, 1]))


def chroma(measures: Tensor) -> Tensor:
    """The distance from gray of `measure`'s rows, (N,), 0 to about 0.5."""
    distance: Tensor = torch.linalg.vector_norm(measures[:, 1:3], dim=1)
    return distance


def coverage(rgb: Tensor) -> Tensor:
    """The product's coverage where no mask exists: what sharp edges enclose.

    A soft shadow differs from the ground as much as a pale product does, but has no edges; so edges are found
    (Sobel), closed and filled, and specks are left out. A ground that is no plain color, or a product that touches
    most of the border, cannot be told apart so simply: then the whole frame counts as product.

    Args:
        rgb: (N, 3, H, W) in [0, 1].

    Returns:
        (N, 1, H, W) in [0, 1], on the pictures' device; all 0 for an empty ground.
    """
    border = torch.cat([rgb[:, :, 0], rgb[:, :, -1], rgb[:, :, :, 0], rgb[:, :, :, -1]], 2)  # (N, 3, 2H + 2W)
    ground = border.median(2).values
    plain = ((border - ground[:, :, None]).abs().amax(1) < GROUND_TOLERANCE).float().mean(1) > 0.8
    inside = torch.stack(
        [
            _enclosed(picture) if flat else torch.ones_like(picture[:1])
            for picture, flat in zip(rgb.detach().cpu(), plain.tolist(), strict=True)
        ]
    )
    return inside.to(rgb)


def squared(rgb: Tensor, cover: Tensor | None, size_px: int) -> Tensor:
    """A picture as networks of products see it: padded to a square with its ground, with the product's coverage.

    Args:
        rgb: (1, 3, H, W) in [0, 1], without transparency.
        cover: (1, 1, H, W) in [0, 1]; where there is none, `coverage` finds it.
        size_px: side of the result.

    Returns:
        (1, 4, size_px, size_px) in [0, 1].
    """
    height, width = rgb.shape[2:]
    longer = max(height, width)
    across, down = longer - width, longer - height
    pad = (across // 2, across - across // 2, down // 2, down - down // 2)
    known = coverage(rgb) if cover is None else cover
    square = torch.cat([F.pad(rgb, pad, mode="replicate"), F.pad(known, pad)], 1)
    return resize(square, size_px, size_px)


def rotation(angle_rad: Tensor) -> Tensor:
    """Matrices (N, 2, 2) that turn the chroma plane."""
    cos, sin = angle_rad.cos(), angle_rad.sin()
    return torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1)


def _enclosed(rgb: Tensor) -> Tensor:
    """(3, H, W) -> (1, H, W), 1 within edges."""
    from scipy import ndimage  # here, because importing it takes longer than measuring
    from skimage.filters import sobel
    from skimage.morphology import disk

    edges = np.max([sobel(plane) for plane in rgb.double().numpy()], axis=0) > EDGE  # type: ignore[no-untyped-call]
    # Padded, so that closing does not eat what touches the frame.
    closed = ndimage.binary_closing(np.pad(edges, CLOSING_PX), structure=disk(CLOSING_PX))  # type: ignore[no-untyped-call]
    filled = ndimage.binary_fill_holes(closed)[CLOSING_PX:-CLOSING_PX, CLOSING_PX:-CLOSING_PX]
    # Sobel answers on both sides of an edge; the outer half of its width is ground.
    slim = ndimage.binary_erosion(np.pad(filled, 1, mode="edge"))[1:-1, 1:-1]
    parts, count = ndimage.label(slim)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    kept = 1 + np.flatnonzero(sizes >= SPECK * sizes.max(initial=0))
    return torch.from_numpy(np.isin(parts, kept) & (parts > 0))[None].to(rgb)


def _ends(profile: Tensor) -> tuple[Tensor, Tensor]:
    """Start and end of a profile (N, L), as fractions of the length.

    The first and the last pixel above one half, and those beside them, count by as much as is covered of them: exact
    for a box wherever it lies. A profile of a single pixel has that pixel's width.
    """
    length = profile.shape[1]
    inside = (profile > 0.5).float()
    first = inside.argmax(1)
    last = length - 1 - inside.flip(1).argmax(1)

    def at(place: Tensor) -> Tensor:
        covered = profile.gather(1, place.clamp(0, length - 1)[:, None])[:, 0]
        return torch.where((place >= 0) & (place < length), covered, 0.0)

    several = first < last
    left = first + torch.where(several, 1 - at(first), 0.0) - at(first - 1)
    right = last + torch.where(several, at(last), 1.0) + at(last + 1)
    return left / length, right / length
