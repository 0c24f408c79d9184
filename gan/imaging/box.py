"""Axis-aligned boxes of pixels, in the one order left, top, right, bottom."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gan.core.errors import InputError

MOST_ASPECT: Final = 4


class Box(NamedTuple):
    """Left, top, right and bottom in pixels; right and bottom are the first column and row outside.

    It may reach beyond the picture; an empty box has no positive width or height.
    """

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def whole(cls, x: Tensor) -> Box:
        """The box of all of (..., H, W)."""
        return cls(0, 0, x.shape[-1], x.shape[-2])

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def empty(self) -> bool:
        return self.width <= 0 or self.height <= 0

    def of(self, x: Tensor) -> Tensor:
        """Crop (..., H, W), within which the box lies; a view."""
        return x[..., self.top : self.bottom, self.left : self.right]

    def fill(self, height_px: int, width_px: int) -> float:
        """The larger of width and height as a share of a canvas's."""
        return max(self.width / width_px, self.height / height_px)

    def touches(self, height_px: int, width_px: int) -> bool:
        """True if the box reaches the edge of a picture of that size."""
        return self.left <= 0 or self.top <= 0 or self.right >= width_px or self.bottom >= height_px

    def moved(self, across: int, down: int) -> Box:
        return Box(self.left + across, self.top + down, self.right + across, self.bottom + down)

    def grown(self, by_px: int) -> Box:
        """A box that is larger by so much on every side."""
        return Box(self.left - by_px, self.top - by_px, self.right + by_px, self.bottom + by_px)

    def within(self, other: Box) -> Box:
        """Intersection of two boxes; empty if they do not meet."""
        return Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def joined(self, other: Box) -> Box:
        """The smallest box around two boxes."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


def box_of(alpha: Tensor, *, least: float = 0.5) -> Box | None:
    """Bounding box of what is covered by more than `least`; of anything at all if nothing is.

    Args:
        alpha: (1, 1, H, W) in [0, 1], or bool.

    Returns:
        None for a coverage of 0 everywhere.
    """
    across, down = alpha[0, 0].amax(0), alpha[0, 0].amax(1)
    most = float(across.max())
    if most <= 0:
        return None
    bound = least if most > least else 0.0
    columns, rows = (torch.nonzero(profile > bound).flatten() for profile in (across, down))
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


SEEN: Final = 0.08
"""Coverage from which something see-through is taken for the product: clear glass has little more in its middle."""

MOST_SOLID: Final = 0.5
"""A product of which less than this share of what is seen covers more than one half is see-through."""


def least_cover(alpha: Tensor | npt.NDArray[np.floating]) -> float:
    """Coverage from which a pixel is the product's: one half, of what is see-through, such as glass, `SEEN`."""
    seen, solid = float((alpha > SEEN).sum()), float((alpha > 0.5).sum())
    return 0.5 if solid >= MOST_SOLID * seen else SEEN


def product_box(alpha: Tensor) -> Box:
    """`box_of` a product's coverage. Raises `InputError` for a coverage of 0 everywhere."""
    box = box_of(alpha, least=least_cover(alpha))
    if box is None:
        raise empty_mask()
    return box


def empty_mask() -> InputError:
    """The error for a mask in which nothing is marked."""
    return InputError("mask", "it is empty", "the product must be marked", "Mark it, or remove the mask")


def sides_of(aspect: str) -> tuple[float, float]:
    """Width and height of an aspect ratio "W:H".

    Raises:
        InputError: it is not of this form, or not within 1:`MOST_ASPECT` and `MOST_ASPECT`:1.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*[:/x]\s*(\d+(?:\.\d+)?)\s*", aspect)
    width, height = (float(part) for part in found.groups()) if found else (0.0, 0.0)
    if min(width, height) <= 0 or not 1 / MOST_ASPECT <= width / height <= MOST_ASPECT:
        raise InputError(
            "aspect",
            "{aspect}",
            "width:height within 1:4 and 4:1 is allowed, such as 4:5",
            "Choose another",
            aspect=aspect,
        )
    return width, height
