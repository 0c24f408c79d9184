"""Measurements of a picture that the rules judge, each made when a rule asks for it; all of them as a JSON record."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

import torch
from torch import Tensor

from gan.core.errors import InputError
from gan.edit.white import off_white_share
from gan.export import overlays
from gan.export.file_metadata import FileFacts
from gan.imaging import ocr
from gan.imaging.box import Box, box_of
from gan.imaging.picture import GENERATED, PARTLY_GENERATED, Picture

BLOCK_PX = 8
"""Of JPEG, where nothing is known of the file. An edge spreads within its block."""


GENERATING: Final = {"generate": GENERATED, "inpaint": PARTLY_GENERATED}
"""Tasks whose networks make pixels up, and the code that their pictures carry; Stylize knows itself when it does."""


class Measures:
    """Measurements of one picture, or those of a record.

    Args:
        picture: H x W pixels.
        facts: of its file; None where there is none.
        alpha: (1, 1, H, W) in [0, 1], where the product is; None where that is not known.
    """

    def __init__(self, picture: Picture, facts: FileFacts | None, alpha: Tensor | None) -> None:
        self._picture = picture
        self._alpha = alpha
        self.facts = facts

    @cached_property
    def width_px(self) -> int:
        return self._picture.width_px

    @cached_property
    def height_px(self) -> int:
        return self._picture.height_px

    @cached_property
    def source_type(self) -> str:
        """IPTC's digital source type; empty where there is none."""
        return self._picture.source_type

    @cached_property
    def generated(self) -> bool:
        """True if a step in the file's record generated pixels."""
        return any(step["task"] in GENERATING for step in self._picture.history)

    @cached_property
    def enlarged(self) -> bool:
        """True if a step in the file's record enlarged it."""
        steps = [step for step in self._picture.history if step["task"] == "enhance"]
        # Unless it says otherwise, Enhance enlarges twofold.
        return any(step["request"].get("scale", 2) != 1 for step in steps)

    @cached_property
    def transparent(self) -> float:
        """Share of the pixels."""
        alpha = self._picture.alpha
        return 0.0 if alpha is None else float((alpha < 1).float().mean())

    @cached_property
    def product(self) -> bool:
        """True if it is known where the product is."""
        return self._alpha is not None

    @cached_property
    def off_white(self) -> float | None:
        """Share of the ground that is not pure white; None without a product."""
        if self._alpha is None:
            return None
        block_px = BLOCK_PX if self.facts is None else self.facts.block_px
        # From corner to corner of a block; so near to the product nobody can tell its edge from the ground.
        return off_white_share(self._rgb, self._alpha, margin_px=math.ceil(math.sqrt(2) * (block_px - 1)))

    @cached_property
    def fill(self) -> float | None:
        """Share of the frame that the product takes; None without a product."""
        box = None if self._alpha is None else box_of(self._alpha)
        return None if self._alpha is None or box is None else box.fill(*self._alpha.shape[2:])

    @cached_property
    def cut_off(self) -> int | None:
        """Sides of the frame that the product touches; None without a product."""
        return None if self._alpha is None or self.fill is None else overlays.cut_off(self._alpha)

    @cached_property
    def borders(self) -> Box:
        """Depths in pixels."""
        return overlays.borders(self._rgb, self._alpha)

    @cached_property
    def beside(self) -> overlays.Beside | None:
        """Things and shadows within the borders; None without a product, or where the ground is not plain."""
        if self._alpha is None:
            return None
        depth = self.borders
        rows = slice(depth.top, self.height_px - depth.bottom)
        columns = slice(depth.left, self.width_px - depth.right)
        return overlays.beside(self._rgb[:, :, rows, columns], self._alpha[:, :, rows, columns])

    @cached_property
    def text_lines(self) -> int:
        """Lines that look like text beside the product."""
        return len(self.texts) if ocr.installed() else overlays.text_lines(self._rgb, self._alpha)

    @cached_property
    def texts(self) -> list[list[Any]]:
        """Those lines as [text, left, top, right, bottom] in pixels; empty without the extra [ocr]."""
        return overlays.texts_beyond(self._picture, self._alpha) if ocr.installed() else []

    @cached_property
    def _rgb(self) -> Tensor:
        return on_white(self._picture)

    def record(self) -> dict[str, Any]:
        """All of them, JSON-ready."""
        values = {name: getattr(self, name) for name in _NAMES}
        return {
            **{name: value._asdict() if hasattr(value, "_asdict") else value for name, value in values.items()},
            "facts": None if self.facts is None else dataclasses.asdict(self.facts),
        }

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Measures:
        """Inverse of `record`. Raises `InputError` for what is none."""
        try:
            values = {name: record.get(name, []) if name == "texts" else record[name] for name in _NAMES}
            values["borders"] = Box(**record["borders"])
            values["beside"] = None if record["beside"] is None else overlays.Beside(**record["beside"])
            facts = None if record["facts"] is None else FileFacts(**record["facts"])
            if not all(isinstance(values[name], int) for name in ("width_px", "height_px", "text_lines")):
                raise TypeError("whole numbers are expected")
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(
                "stored",
                "the measurements cannot be read: {reason}",
                "a file that an export has written is expected",
                "Export the pictures again",
                reason=str(error),
            ) from error
        made = cls.__new__(cls)
        made.facts = facts
        made.__dict__.update(values)  # in place of what would be computed
        return made


_NAMES = tuple(
    name for name, value in vars(Measures).items() if isinstance(value, cached_property) and not name.startswith("_")
)


def on_white(picture: Picture) -> Tensor:
    """(1, 3, H, W): a picture's colours as a shop shows them that knows no transparency."""
    if picture.alpha is None:
        return picture.rgb
    return torch.lerp(torch.ones_like(picture.rgb), picture.rgb, picture.alpha)
