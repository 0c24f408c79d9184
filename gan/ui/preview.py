"""Small JPEG copies for the page: what a component would make itself is lossy, slow, or not shown by every browser."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from gan.imaging.codec import Encoding, write
from gan.imaging.picture import Picture
from gan.imaging.resize import fitted, resize

LONGEST_PX: Final = 2048
_ENCODING: Final = Encoding(file_format="jpeg", quality=90)


def preview_size(picture: Picture, longest_px: int = LONGEST_PX) -> tuple[int, int]:
    """(height, width) of the picture's preview: the picture's own, or shrunk until its longest side fits."""
    return fitted(picture.height_px, picture.width_px, longest_px)


def write_preview(picture: Picture, path: Path, size: tuple[int, int] | None = None) -> str:
    """Write a JPEG of the picture, over white where it is transparent.

    Args:
        picture: stays as it is.
        path: the file to write.
        size: (height, width) in pixels; by default `preview_size(picture)`.

    Returns:
        The path, as components take it.
    """
    height_px, width_px = size or preview_size(picture)
    alpha = None if picture.alpha is None else resize(picture.alpha, height_px, width_px)
    write(Picture(rgb=resize(picture.rgb, height_px, width_px), alpha=alpha), path, _ENCODING)
    return str(path)
