"""Clicks of a user on a picture: the pixel, and whether what lies there is meant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gan.core.errors import InputError, shown
from gan.imaging.picture import Picture

FIELD = "clicks"

_TEXT = re.compile(r"\s*(-?\d+)\s*,\s*(-?\d+)\s*(?:,\s*([+-])\s*)?")


@dataclass(frozen=True)
class Click:
    """A click.

    Attributes:
        x, y: the pixel, from the left and from the top.
        meant: whether it says what belongs; else what does not.
    """

    x: int
    y: int
    meant: bool = True

    def __str__(self) -> str:
        return f"{self.x},{self.y}" if self.meant else f"{self.x},{self.y},-"


def written(value: Any) -> str:
    """A click as requests and recipes hold it, "X,Y" or "X,Y,-".

    Args:
        value: such a text; a `Click`; (x, y) or (x, y, whether it is meant); or an object with these names.

    Raises:
        InputError: it is none.
    """
    return str(click_of(value))


def click_of(value: Any) -> Click:
    """Read a click; see `written`."""
    if isinstance(value, Click):
        return value
    if isinstance(value, str) and (found := _TEXT.fullmatch(value)):
        x, y, sign = found.groups()
        return Click(int(x), int(y), sign != "-")
    if isinstance(value, Mapping) and {"x", "y"} <= set(value) <= {"x", "y", "meant", "positive"} and len(value) < 4:
        value = [value["x"], value["y"], value.get("meant", value.get("positive", True))]
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) in (2, 3):
        x, y, meant = (*value, True)[:3]
        if all(isinstance(each, int) and not isinstance(each, bool) for each in (x, y)) and isinstance(meant, bool):
            return Click(x, y, meant)
    raise InputError(
        FIELD,
        "{value}",
        "X,Y in pixels is expected, followed by ,- for what to leave out",
        "Correct it, such as 120,340",
        value=shown(value),
    )


def check_clicks(clicks: Sequence[str], picture: Picture, *, begun: bool = False) -> None:
    """Raise `InputError` for a click beside the picture, or where none says what is meant.

    Args:
        begun: whether something is selected before the first click.
    """
    for click in map(click_of, clicks):
        if not (0 <= click.x < picture.width_px and 0 <= click.y < picture.height_px):
            raise InputError(
                FIELD,
                "{value}",
                "a pixel of this picture of {width} x {height} px is expected, counted from 0",
                "Click within the picture",
                value=str(click),
                width=picture.width_px,
                height=picture.height_px,
            )
    if clicks and not begun and not any(click_of(text).meant for text in clicks):
        raise InputError(FIELD, "no click selects anything", "at least one is needed", "Click the item you want first")
