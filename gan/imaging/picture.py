"""The one form in which a picture travels between rooms."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch
from torch import Tensor

from gan.errors import InputError


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded picture: upright, in sRGB, with its transparency beside it.

    Attributes:
        rgb: float32, shape (1, 3, H, W), in [0, 1], sRGB-encoded, not premultiplied, on the CPU.
        alpha: float32, shape (1, 1, H, W), in [0, 1]; None where the file had no transparency.
        exif: the EXIF block of the source without its orientation; None where there was none.
        notices: what the reader should tell the user ("first of 12 frames"), as templates of `gan.ui.words`.
        name: file name of the source without folders; empty where there was none.
        file_format: Pillow's name of the source's format, such as "JPEG"; empty where there was none.
        bits: 16 where more than 8 bits a channel were read, else 8: what is written where nothing else is asked.

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
                "the colours' height and width, {size}",
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
        """The same picture's name, EXIF, depth and notices around new pixels."""
        return dataclasses.replace(self, rgb=rgb, alpha=alpha)
