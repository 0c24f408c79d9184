"""Picture in memory: the one form in which it travels between tasks."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from gan.core.errors import InputError
from gan.imaging.resize import shrunk

History = tuple[Mapping[str, Any], ...]
"""Steps, the first one first: each {"task": name, "request": what `gan.core.contract.Request.as_step` gives, "weights":
{name: sha256}}, all of it JSON-ready."""

Rights = tuple[tuple[str, str, str], ...]
"""(property, language, text); the language is empty where a property has none. Lists have an entry for each member."""

GENERATED: Final = "trainedAlgorithmicMedia"
PARTLY_GENERATED: Final = "compositeWithTrainedAlgorithmicMedia"
"""Codes of the IPTC's digital source types: all of a picture's pixels were made by a network, or some of them."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded picture: upright, in sRGB, with its transparency beside it.

    Attributes:
        rgb: float32, shape (1, 3, H, W), in [0, 1], sRGB-encoded, not premultiplied, on the CPU.
        alpha: float32, shape (1, 1, H, W), in [0, 1]; None where the file had no transparency.
        exif: the EXIF block of the source without its orientation; None where there was none.
        notices: what the reader should tell the user ("first of 12 frames"), as templates of `gan.ui.i18n`.
        name: file name of the source without folders; empty where there was none.
        file_format: Pillow's name of the source's format, such as "JPEG"; empty where there was none.
        bits: 16 where more than 8 bits a channel were read, else 8: what is written where nothing else is asked.
        history: the steps that made it of what was taken, generated or drawn elsewhere.
        dpi: pixels an inch, across and down, as the source's file says; None where it does not.
        rights: what the source's XMP and IPTC say of whose picture it is.
        source_type: code of its IPTC digital source type, such as `GENERATED`; empty where nobody said.

    Raises:
        InputError: the tensors do not have these shapes.
    """

    rgb: Tensor
    alpha: Tensor | None = None
    exif: bytes | None = None
    notices: tuple[str, ...] = ()
    name: str = ""
    file_format: str = ""
    bits: int = 8
    history: History = ()
    source_type: str = ""
    dpi: tuple[float, float] | None = None
    rights: Rights = ()

    def __post_init__(self) -> None:
        if self.rgb.ndim != 4 or self.rgb.shape[:2] != (1, 3) or self.rgb.dtype != torch.float32:
            raise InputError(
                "image",
                "a tensor of shape {shape} and type {dtype}",
                "float32 of shape (1, 3, H, W)",
                "Convert it first",
                shape=tuple(self.rgb.shape),
                dtype=self.rgb.dtype,
            )
        if self.alpha is not None and self.alpha.shape != (1, 1, *self.rgb.shape[2:]):
            raise InputError(
                "alpha",
                "a tensor of shape {shape}",
                "the height and width of the color channels, {size}",
                "Resize it first",
                shape=tuple(self.alpha.shape),
                size=tuple(self.rgb.shape[2:]),
            )

    @property
    def width_px(self) -> int:
        return int(self.rgb.shape[3])

    @property
    def height_px(self) -> int:
        return int(self.rgb.shape[2])

    def with_pixels(self, rgb: Tensor, alpha: Tensor | None) -> Picture:
        """The same picture's name, EXIF, rights, resolution, depth, notices and provenance around new pixels."""
        return dataclasses.replace(self, rgb=rgb, alpha=alpha)

    def shrunk(self, longest_px: int) -> Picture:
        """The same with no side above `longest_px`, as `gan.imaging.resize.shrunk` has it."""
        alpha = None if self.alpha is None else shrunk(self.alpha, longest_px)
        return self.with_pixels(shrunk(self.rgb, longest_px), alpha)

    def with_source(self, source_type: str) -> Picture:
        """The same picture with another digital source type, unless it is generated as a whole: it stays that."""
        return self if self.source_type == GENERATED else dataclasses.replace(self, source_type=source_type)


def check_pixels(
    field: str,
    width_px: int,
    height_px: int,
    most: int,
    remedy: str,
    got: str = "an output of {width} x {height} px",
    *,
    count: int = 1,
) -> None:
    """Raise `InputError` where `count` pictures of that size have more than `most` pixels."""
    if count * width_px * height_px > most:
        raise InputError(
            field,
            got,
            "at most {most} megapixels are made at once",
            remedy,
            count=count,
            width=width_px,
            height=height_px,
            most=most // 10**6,
        )
