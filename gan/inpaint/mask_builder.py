"""What is to be made anew, said in one piece: marks of several kinds are united, then inverted, grown and feathered."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from gan.core.errors import InputError
from gan.imaging import mask as masks
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture

TOLERANCE = 10.0
"""Delta E within which a colour counts as the same: shades of one ground, and not yet what lies on it."""


@dataclass(frozen=True, kw_only=True)
class Marking:
    """What to mark in a picture.

    Attributes:
        given: a mask to begin with.
        kinds: of `gan.inpaint.defects.KINDS`, to be found.
        sensitivity: of finding them, 0 to 1.
        transparent: mark what is transparent.
        color: mark what has the colour of this pixel, x and y from the top left.
        tolerance: of that colour, Delta E, 0 to 100.
        connected: only the area around that pixel; otherwise that colour everywhere.
        rectangles: left, top, width and height of each, in pixels.
        invert: mark everything else instead.
        grow_px: widen by this or, below 0, narrow; -200 to 200.
        feather_px: soften the edge; 0 to 200.
    """

    given: Mask | None = None
    kinds: tuple[str, ...] = ()
    sensitivity: float = 0.5
    transparent: bool = False
    color: tuple[int, int] | None = None
    tolerance: float = TOLERANCE
    connected: bool = True
    rectangles: tuple[tuple[int, int, int, int], ...] = ()
    invert: bool = False
    grow_px: int = 0
    feather_px: int = 0


def marked(picture: Picture, marking: Marking) -> Mask:
    """The mask of a picture, of its size.

    Raises:
        InputError: nothing says what to mark; a given mask of another size; or a value that a mark cannot have.
    """
    marks = list(_marks(picture, marking))
    if not marks:
        raise InputError(
            "mask",
            "nothing says what to mark",
            "kinds, a colour, a rectangle, transparency or a mask are needed",
            "Give one of these, or several",
        )
    mask = functools.reduce(masks.united, marks)
    if marking.invert:
        mask = masks.inverted(mask)
    return masks.feathered(masks.grown(mask, marking.grow_px), marking.feather_px)


def _marks(picture: Picture, marking: Marking) -> Iterator[Mask]:
    if marking.given is not None:
        masks.check_size(marking.given, picture)
        yield marking.given
    if marking.kinds:
        from gan.inpaint.defects import suggest  # scikit-image's filters take long to import, and few ask for them

        yield suggest(picture, kinds=marking.kinds, sensitivity=marking.sensitivity)
    if marking.transparent:
        yield masks.from_alpha(picture)
    if marking.color is not None:
        x, y = marking.color
        yield masks.from_color(picture, x, y, tolerance=marking.tolerance, connected=marking.connected)
    for left, top, width, height in marking.rectangles:
        yield masks.rectangle(picture.height_px, picture.width_px, left=left, top=top, width=width, height=height)
