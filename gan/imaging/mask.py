"""Masks: soft selections of pixels. `Hole` and `Cover` are the two meanings that 1 can have."""

from __future__ import annotations

import dataclasses
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from gan.core.errors import InputError, check_within
from gan.imaging import mask_shapes
from gan.imaging.io.codec import decode
from gan.imaging.mask_shapes import INSIDE
from gan.imaging.picture import Picture
from gan.imaging.row_chunks import bands

BLIND, COARSE = 1.0, 0.5
"""Values of a network's mask plane: nothing is known there, or the colors come from a coarser level's fill."""

MOST_PX = 200
"""Largest radius by which a mask is grown, shrunk or feathered."""

MOST_TOLERANCE = 100
"""The Delta E between black and white."""


@dataclass(frozen=True, eq=False)
class Mask:
    """Soft selection of a picture's pixels; annotate it as `Hole` or `Cover` to say what is selected.

    Attributes:
        coverage: float32, shape (1, 1, H, W), in [0, 1], on the CPU: 0 is outside of the selection, 1 within,
            between them a pixel is selected in part.
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


Hole: TypeAlias = Mask
"""A mask that is 1 where pixels are to be made and 0 where they are known and kept exactly: what Inpaint fills."""

Cover: TypeAlias = Mask
"""A mask that is 1 where the product is and 0 on its background: what Cut-out finds, and edits and Stylize go by."""


def decode_mask(source: str | Path | bytes | Image.Image, *, field: str = "mask") -> Mask:
    """Read a mask from a picture's file, as `gan.imaging.io.codec.decode` reads pictures.

    A pixel's coverage is its brightness (the largest of its channels) times its opacity: white on black, with grays
    between them, or strokes of any light color on transparent. Where that is 0 everywhere although something is
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
    """True if parts are transparent and the rest has many gray levels, as no mask and no stroke has."""
    solid = brightness[alpha > 0.5]
    if not bool((alpha < 0.5).any()) or not solid.numel():
        return False
    between = (solid > 0.1) & (solid < 0.9)
    return float(between.float().mean()) > 0.05 and float(solid.std(correction=0)) > 0.05


def encode_mask(mask: Mask) -> bytes:
    """A mask as the content of a PNG of 8-bit grays: k / 255 becomes k, a half is rounded up."""
    image = Image.new("L", (mask.width_px, mask.height_px))
    for rows in bands(mask.height_px, mask.width_px):
        grey = mask.coverage[0, 0, rows].mul(255).add_(0.5).clamp_(0, 255).to(torch.uint8)
        image.paste(Image.fromarray(grey.numpy()), (0, rows.start))
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def check_size(mask: Mask, picture: Picture, field: str = "mask") -> None:
    """Raise `InputError`, with both sizes in it, for a mask of another size than its picture's."""
    if (mask.height_px, mask.width_px) != (picture.height_px, picture.width_px):
        raise InputError(
            field,
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
    """The mask widened, or below 0 narrowed, by a disc; see `gan.imaging.mask_shapes.grow` for gray values.

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
    """Complement of a mask: of a hole what is known, of a cover the background."""
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
            "the picture has no transparency",
            "marking by transparency needs transparent pixels",
            "Choose another picture or another way of marking",
        )
    return Mask(1 - picture.alpha)


def from_color(picture: Picture, x: int, y: int, *, tolerance: float, connected: bool = True) -> Mask:
    """Marks what has about the color of the pixel `x` from the left and `y` from the top.

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
            "a point within {width} x {height} px, counted from 0, is needed",
            "Choose another",
            x=x,
            y=y,
            width=picture.width_px,
            height=picture.height_px,
        )
    return Mask(mask_shapes.similar(picture, x, y, tolerance=tolerance, connected=connected))


BLACK: Final = 24 / 255
"""Up to here a pixel is unmarked, and from 1 less this on wholly marked."""

EDGE_PX: Final = 2
"""A hard edge's own width; soft values further away from it are a ramp, or noise."""

RAMP_SHARE: Final = 0.05
"""Share of the values between black and white that a ramp has in its middle; noise stays near its ends."""

NEITHER_SHARE: Final = 0.2
ROUGH: Final = 0.03
"""A picture is taken for no mask where so much of it is gray, and half of that varies by more than this."""


def settled(coverage: Tensor) -> Tensor:
    """A mask's coverage without noise: marked from a half on; values below that only soften its edge.

    Args:
        coverage: (1, 1, H, W) in [0, 1].

    Returns:
        (1, 1, H, W); `coverage` itself where it holds nothing but 0 and 1.

    Raises:
        InputError: nothing in it is as bright as a half although something is gray, or most of it is neither black
            nor white: a photograph, or another picture's mask in faint gray.
    """
    soft = (coverage > 0) & (coverage < 1)
    if not bool(soft.any()):
        return coverage
    clean = torch.where(coverage <= BLACK, 0.0, torch.where(coverage >= 1 - BLACK, 1.0, coverage))
    shape = clean >= INSIDE
    if not bool(shape.any()) and bool(clean.any()):
        raise InputError(
            "mask",
            "its brightest gray is {percent} % of white",
            "a mask must be white where the picture is repainted and black elsewhere",
            "Paint the area to replace white",
            percent=round(100 * float(clean.max())),
        )
    middle = (clean > 0.25) & (clean < 0.75)
    between = (clean > 0) & (clean < 1)
    if _is_no_mask(clean, middle):
        raise InputError(
            "mask",
            "a picture of many grays",
            "a mask must be white where the picture is repainted and black elsewhere",
            "Choose the mask, and not the picture that it belongs to",
        )
    size = 2 * EDGE_PX + 1
    most, least = F.max_pool2d(shape.float(), size, 1, EDGE_PX), -F.max_pool2d(-shape.float(), size, 1, EDGE_PX)
    away = between & (most == least)
    if not bool(away.any()):
        return clean  # hard edges and the one soft pixel along them
    if int((middle & away).sum()) < RAMP_SHARE * int(away.sum()):
        return shape.to(coverage.dtype)
    return clean


def _is_no_mask(clean: Tensor, middle: Tensor) -> bool:
    if float(middle.float().mean()) < NEITHER_SHARE:
        return False
    near = F.avg_pool2d(clean, 3, 1, 1, count_include_pad=False)
    return float(((clean - near).abs()[middle] > ROUGH).float().mean()) > 0.5
