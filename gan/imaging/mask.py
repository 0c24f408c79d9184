"""Masks: 1 where pixels are to be made, 0 where they are known."""

from __future__ import annotations

import dataclasses
import io
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from gan.core.errors import InputError, check_within
from gan.imaging import mask_shapes
from gan.imaging.io.codec import decode
from gan.imaging.picture import Picture
from gan.imaging.row_chunks import bands

BLIND, COARSE = 1.0, 0.5
"""What a network is told of a hole: nothing is known there, or the colours come from a coarser level's fill."""

MOST_PX = 200
"""How far a mask is grown, shrunk or feathered."""

MOST_TOLERANCE = 100
"""The Delta E between black and white."""


@dataclass(frozen=True, eq=False)
class Mask:
    """Which pixels are to be made.

    Attributes:
        coverage: float32, shape (1, 1, H, W), in [0, 1], on the CPU: 0 keeps a pixel exactly, 1 makes it anew, between
            them the two are mixed.
        name: file name of the source without folders; empty where there was none.

    Raises:
        InputError: the tensor does not have this shape.
    """

    coverage: Tensor
    name: str = ""

    def __post_init__(self) -> None:
        shape = self.coverage.shape
        if self.coverage.ndim != 4 or shape[:2] != (1, 1) or self.coverage.dtype != torch.float32:
            raise InputError(
                "mask",
                "a tensor of shape {shape} and type {dtype}",
                "float32 of shape (1, 1, H, W)",
                "Convert it first",
                shape=tuple(shape),
                dtype=self.coverage.dtype,
            )

    @property
    def width_px(self) -> int:
        return int(self.coverage.shape[3])

    @property
    def height_px(self) -> int:
        return int(self.coverage.shape[2])


def decode_mask(source: str | Path | bytes | Image.Image, *, field: str = "mask") -> Mask:
    """Read a mask from a picture's file, as `gan.imaging.io.codec.decode` reads pictures.

    A pixel's coverage is its brightness (the largest of its channels) times its opacity: white on black, with greys
    between them, or strokes of any light colour on transparent. Where that is 0 everywhere although something is
    opaque and something transparent (black strokes on transparent), it is the opacity; and so it is of a cut-out,
    whose product is of many brightnesses.

    Args:
        source: a file's path, its content, or an image of Pillow's.
        field: which input this is, in the words of the command line, for the error.

    Raises:
        InputError: as of `decode`.
    """
    picture = decode(source, field=field)
    coverage = picture.rgb.amax(1, keepdim=True)
    if picture.alpha is not None:
        if _is_cut_out(coverage, picture.alpha):
            return Mask(picture.alpha, picture.name)
        coverage *= picture.alpha
        if not bool(coverage.any()):
            coverage = picture.alpha
    return Mask(coverage, picture.name)


def _is_cut_out(brightness: Tensor, alpha: Tensor) -> bool:
    """Whether something is transparent and what is not is painted in many greys, as no mask and no stroke is."""
    solid = brightness[alpha > 0.5]
    if not bool((alpha < 0.5).any()) or not solid.numel():
        return False
    between = (solid > 0.1) & (solid < 0.9)
    return float(between.float().mean()) > 0.05 and float(solid.std(correction=0)) > 0.05


def encode_mask(mask: Mask) -> bytes:
    """A mask as the content of a PNG of 8-bit greys: k / 255 becomes k, a half is rounded up."""
    image = Image.new("L", (mask.width_px, mask.height_px))
    for rows in bands(mask.height_px, mask.width_px):
        grey = mask.coverage[0, 0, rows].mul(255).add_(0.5).clamp_(0, 255).to(torch.uint8)
        image.paste(Image.fromarray(grey.numpy()), (0, rows.start))
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def check_size(mask: Mask, picture: Picture) -> None:
    """Raise `InputError`, with both sizes in it, for a mask of another size than its picture's."""
    if (mask.height_px, mask.width_px) != (picture.height_px, picture.width_px):
        raise InputError(
            "mask",
            "{mask} px mask, {picture} px picture",
            "a mask of the picture's size is needed",
            "Choose the mask that belongs to this picture",
            mask=f"{mask.width_px} x {mask.height_px}",
            picture=f"{picture.width_px} x {picture.height_px}",
        )


def resized(mask: Mask, height_px: int, width_px: int) -> Mask:
    """The mask at another size, linearly interpolated and averaged, so that nothing beyond its edge is touched.

    Args:
        height_px: of the result, from 1.
        width_px: of the result, from 1.
    """
    if (mask.height_px, mask.width_px) == (height_px, width_px):
        return mask
    coverage = F.interpolate(mask.coverage, (height_px, width_px), mode="bilinear", antialias=True)
    # The weights' sum is 1 only up to rounding; what was whole has to be whole again.
    coverage.clamp_(0, 1).masked_fill_(coverage > 1 - 1e-5, 1)
    return dataclasses.replace(mask, coverage=coverage)


def grown(mask: Mask, px: int) -> Mask:
    """The mask widened, or below 0 narrowed, by a disc; see `gan.imaging.mask_shapes.grow` for grey values.

    Raises:
        InputError: more than `MOST_PX` either way.
    """
    check_within("grow", px, -MOST_PX, MOST_PX)
    return mask if px == 0 else dataclasses.replace(mask, coverage=mask_shapes.grow(mask.coverage, px))


def feathered(mask: Mask, px: int) -> Mask:
    """The mask with a smooth ramp across its edge, from 1 at `px` inside through 0.5 to 0 at `px` outside.

    What is narrower than the ramp is nowhere 1 any more: grow such a mask first.

    Raises:
        InputError: not within 0 and `MOST_PX`.
    """
    check_within("feather", px, 0, MOST_PX)
    return mask if px == 0 else dataclasses.replace(mask, coverage=mask_shapes.feather(mask.coverage, px))


def inverted(mask: Mask) -> Mask:
    """What was known is to be made, and the other way round."""
    return dataclasses.replace(mask, coverage=1 - mask.coverage)


def united(a: Mask, b: Mask) -> Mask:
    """The larger coverage of the two; the name is the first one's.

    Raises:
        InputError: their sizes differ.
    """
    if a.coverage.shape != b.coverage.shape:
        raise InputError(
            "mask",
            "masks of {first} px and {second} px",
            "masks of one size are needed",
            "Choose masks of the same picture",
            first=f"{a.width_px} x {a.height_px}",
            second=f"{b.width_px} x {b.height_px}",
        )
    return dataclasses.replace(a, coverage=torch.maximum(a.coverage, b.coverage))


def rectangle(height_px: int, width_px: int, *, left: int, top: int, width: int, height: int) -> Mask:
    """A mask of `height_px` x `width_px` that marks one rectangle of it, in pixels from the top left.

    Raises:
        InputError: the rectangle has no pixel, or reaches beyond the picture.
    """
    inside = left >= 0 and top >= 0 and left + width <= width_px and top + height <= height_px
    if not inside or width < 1 or height < 1:
        raise InputError(
            "rectangle",
            "{width} x {height} px from {left}, {top}",
            "a rectangle within {picture} px is needed",
            "Move it or make it smaller",
            left=left,
            top=top,
            width=width,
            height=height,
            picture=f"{width_px} x {height_px}",
        )
    coverage = torch.zeros(1, 1, height_px, width_px)
    coverage[:, :, top : top + height, left : left + width] = 1
    return Mask(coverage)


def from_alpha(picture: Picture) -> Mask:
    """Marks what is transparent, by as much as it is.

    Raises:
        InputError: nothing is.
    """
    if picture.alpha is None or not bool((picture.alpha < 1).any()):
        raise InputError(
            "image",
            "a picture without transparency",
            "a mask from transparency needs transparent pixels",
            "Choose another picture or another way to mark",
        )
    return Mask(1 - picture.alpha)


def from_color(picture: Picture, x: int, y: int, *, tolerance: float, connected: bool = True) -> Mask:
    """Marks what has about the colour of the pixel `x` from the left and `y` from the top.

    Args:
        tolerance: largest Delta E (CIE 1976), 0 to `MOST_TOLERANCE`; about 2 is hardly seen.
        connected: only the area around that pixel; otherwise everywhere.

    Raises:
        InputError: a pixel outside the picture, or a tolerance outside its range.
    """
    check_within("tolerance", tolerance, 0, MOST_TOLERANCE)
    if not (0 <= x < picture.width_px and 0 <= y < picture.height_px):
        raise InputError(
            "color",
            "the pixel {x}, {y}",
            "one within {width} x {height} px is needed, counted from 0",
            "Choose another",
            x=x,
            y=y,
            width=picture.width_px,
            height=picture.height_px,
        )
    return Mask(mask_shapes.similar(picture, x, y, tolerance=tolerance, connected=connected))
