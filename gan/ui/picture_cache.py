"""Pictures of a visit in files: at full size, quickly written and read, with everything that belongs to them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan.imaging.picture import Picture
from gan.imaging.row_chunks import bands


@dataclass(frozen=True, eq=False)
class Stored:
    """A picture whose pixels lie in a file.

    Attributes:
        path: of the file, which `store` wrote.
        rest: the picture without its pixels.
        size: width and height in pixels.
    """

    path: Path
    rest: Picture
    size: tuple[int, int]

    @property
    def bytes(self) -> int:
        return self.path.stat().st_size

    def picture(self) -> Picture:
        """The picture again.

        Raises:
            OSError: the file is gone.
        """
        with np.load(self.path) as arrays:
            alpha = _unit(arrays["alpha"]) if "alpha" in arrays.files else None
            return self.rest.with_pixels(_unit(arrays["rgb"]), alpha)


def store(picture: Picture, path: Path, *, exact: bool = False) -> Stored:
    """Write a picture's pixels with as many bits as it has: what a lossless file would hold, in a tenth of the time.

    Args:
        path: ending in .npz.
        exact: keep them as they are, so that what is made of them is the same to the last bit.
    """
    arrays: dict[str, Any] = {"rgb": picture.rgb.numpy() if exact else _numbers(picture.rgb, picture.bits)}
    if picture.alpha is not None:
        arrays["alpha"] = picture.alpha.numpy() if exact else _numbers(picture.alpha, picture.bits)
    np.savez(path, **arrays)
    rest = dataclasses.replace(picture, rgb=torch.zeros(1, 3, 1, 1), alpha=None)
    return Stored(path, rest, (picture.width_px, picture.height_px))


def _numbers(x: Tensor, bits: int) -> np.ndarray:
    most, (height_px, width_px) = 2**bits - 1, x.shape[2:]
    numbers = np.empty(x.shape, np.uint16 if bits > 8 else np.uint8)
    for rows in bands(height_px, width_px):
        numbers[:, :, rows] = x[:, :, rows].mul(most).add_(0.5).clamp_(0, most).numpy()
    return numbers


def _unit(numbers: np.ndarray) -> Tensor:
    if numbers.dtype == np.float32:
        return torch.from_numpy(numbers)
    return torch.from_numpy(numbers.astype(np.float32)).div_(float(np.iinfo(numbers.dtype).max))
