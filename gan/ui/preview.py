"""Small JPEG copies for the page: what a component would make itself is lossy, slow, or not shown by every browser."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import torch
from PIL import Image
from torch import Tensor

from gan.imaging.io.codec import Encoding, write
from gan.imaging.picture import Picture
from gan.imaging.resize import fitted, resize

LONGEST_PX: Final = 2048
AROUND: Final = (226, 232, 240)
"""What a preview shows where a picture was not yet, before it was extended."""

CHECKERS: Final = (1.0, 0.9)
SQUARES: Final = 64
"""Along the longer side."""

_ENCODING: Final = Encoding(file_format="jpeg", quality=90)


def preview_size(picture: Picture, longest_px: int = LONGEST_PX) -> tuple[int, int]:
    """(height, width) of the picture's preview: the picture's own, or shrunk until its longest side fits."""
    return fitted(picture.height_px, picture.width_px, longest_px)


def write_preview(picture: Picture, path: Path, size: tuple[int, int] | None = None, *, checkered: bool = False) -> str:
    """Write a JPEG of the picture.

    Args:
        picture: stays as it is.
        path: the file to write.
        size: (height, width) in pixels; by default `preview_size(picture)`.
        checkered: whether transparency shows as two greys; otherwise it shows as white.

    Returns:
        The path, as components take it.
    """
    height_px, width_px = size or preview_size(picture)
    rgb = resize(picture.rgb, height_px, width_px)
    alpha = None if picture.alpha is None else resize(picture.alpha, height_px, width_px)
    if checkered and alpha is not None:
        rgb, alpha = torch.lerp(checkers(height_px, width_px).expand_as(rgb), rgb, alpha), None
    write(Picture(rgb=rgb, alpha=alpha), path, _ENCODING)
    return str(path)


def checkers(height_px: int, width_px: int) -> Tensor:
    """(1, 1, height_px, width_px): the two greys that stand for transparency, in squares."""
    square = max(1, round(max(height_px, width_px) / SQUARES))
    y, x = (torch.arange(side) // square for side in (height_px, width_px))
    light, dark = CHECKERS
    return torch.where((y[:, None] + x) % 2 == 0, light, dark)[None, None]


def lay(preview: Path, size: tuple[int, int], origin: tuple[int, int], onto: Picture, path: Path) -> str:
    """A preview laid where its picture belongs in a larger one, as large as that one's preview.

    Args:
        preview: of the smaller picture.
        size: width and height of the smaller picture, in its own pixels.
        origin: its left and top in the larger one.
        onto: the larger one.
        path: the file to write.
    """
    height_px, width_px = preview_size(onto)
    shrink = width_px / onto.width_px
    box = [round(value * shrink) for value in (*origin, origin[0] + size[0], origin[1] + size[1])]
    canvas = Image.new("RGB", (width_px, height_px), AROUND)
    with Image.open(preview) as image:
        part = image.resize((max(1, box[2] - box[0]), max(1, box[3] - box[1])), Image.Resampling.LANCZOS)
        canvas.paste(part, (box[0], box[1]))
    canvas.save(path, quality=90)
    return str(path)
