"""The canvas of a picture that is extended: where it lies, and sides that need no network because they are plain."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.imaging.picture import Picture

PLAIN = 1.5 / 255
"""A border whose pixels differ from their neighbours by no more than this is a studio ground."""

DEPTH_PX = 4
"""How far into the picture a ground is compared."""


@dataclass(frozen=True)
class Margins:
    """Pixels that are added on each side."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0

    def __bool__(self) -> bool:
        return any((self.left, self.top, self.right, self.bottom))

    @property
    def pad(self) -> tuple[int, int, int, int]:
        """In the order of `torch.nn.functional.pad`."""
        return (self.left, self.right, self.top, self.bottom)


def margins_for(aspect: tuple[float, float], height_px: int, width_px: int) -> Margins:
    """What brings a picture to width : height without cutting: evenly on the two sides that are too short."""
    wide, high = aspect
    width, height = max(width_px, round(height_px * wide / high)), max(height_px, round(width_px * high / wide))
    # One of the two grows; rounding must not let the other follow by a pixel.
    across, down = (width - width_px, 0) if width_px * high < height_px * wide else (0, height - height_px)
    return Margins(across // 2, down // 2, across - across // 2, down - down // 2)


def extended(picture: Picture, margins: Margins) -> tuple[Picture, Tensor]:
    """The picture on a larger canvas, its outermost pixels repeated outwards, and what of that is still to be made.

    A side along which the picture is plain is finished by the repetition: a white or evenly graded studio ground goes
    on exactly. Transparency is repeated too.

    Returns:
        The picture of the new size, and (1, 1, H, W) of bool, True where a network has to fill.
    """
    rgb = _repeated(picture.rgb, margins)
    alpha = None if picture.alpha is None else _repeated(picture.alpha, margins)
    todo = torch.zeros(1, 1, *rgb.shape[2:], dtype=torch.bool)
    height_px, width_px = picture.rgb.shape[2:]
    bottom, right = margins.top + height_px, margins.left + width_px
    hidden = picture.alpha is not None
    for size, inner, strip in (
        (margins.top, picture.rgb[:, :, :DEPTH_PX], todo[:, :, : margins.top]),
        (margins.bottom, picture.rgb[:, :, -DEPTH_PX:].flip(2), todo[:, :, bottom:]),
        (margins.left, picture.rgb[:, :, :, :DEPTH_PX].transpose(2, 3), todo[:, :, :, : margins.left]),
        (margins.right, picture.rgb[:, :, :, -DEPTH_PX:].flip(3).transpose(2, 3), todo[:, :, :, right:]),
    ):
        if size and not _plain(inner):
            strip.fill_(True)
    if hidden and alpha is not None:
        todo &= alpha > 0
    return picture.with_pixels(rgb, alpha), todo


def _repeated(x: Tensor, margins: Margins) -> Tensor:
    return F.pad(x, margins.pad, mode="replicate")


def _plain(inner: Tensor) -> bool:
    """Whether the rows (1, 3, depth, length), outermost first, equal one another and vary only slowly along."""
    first = inner[:, :, :1]
    if float((inner - first).abs().max()) > PLAIN:
        return False
    return first.shape[3] == 1 or float(first.diff(dim=3).abs().max()) <= PLAIN
