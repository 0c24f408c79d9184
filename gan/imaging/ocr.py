"""Read text in a picture with PP-OCR by rapidocr-onnxruntime, the extra [ocr]; Chinese and English."""

from __future__ import annotations

import importlib.util
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import torch

from gan.imaging.box import Box
from gan.imaging.io.codec import to_pil
from gan.imaging.picture import Picture
from gan.imaging.resize import fitted

PACKAGE: Final = "rapidocr_onnxruntime"

LONGEST_PX: Final = 2048
"""Side of the copy that is read at most; letters of 12 px in it are found."""

LEAST_SCORE: Final = 0.6
"""Least certainty of the words, 0 to 1: textures that are taken for letters score below."""

_lock = threading.Lock()


@dataclass(frozen=True)
class Line:
    """A line of text.

    Attributes:
        text: as it was read.
        score: certainty of the reading, 0 to 1.
        corners: four points (across, down) in pixels of the picture, clockwise.
    """

    text: str
    score: float
    corners: tuple[tuple[float, float], ...]

    @property
    def box(self) -> Box:
        """The upright box around it, in whole pixels."""
        across, down = zip(*self.corners, strict=True)
        return Box(max(0, int(min(across))), max(0, int(min(down))), round(max(across)), round(max(down)))


def installed() -> bool:
    """True if the package is there; it is not imported."""
    return importlib.util.find_spec(PACKAGE) is not None


def read_lines(picture: Picture, *, least: float = LEAST_SCORE) -> tuple[Line, ...]:
    """The lines of text in a picture, from the top; letters without a word around them are none.

    Args:
        least: certainty from which on a reading counts.

    Raises:
        ImportError: the package is not installed.
    """
    size = fitted(picture.height_px, picture.width_px, LONGEST_PX)
    rgb = picture.rgb if picture.alpha is None else torch.lerp(torch.ones(()), picture.rgb, picture.alpha)
    image = to_pil(Picture(rgb)).resize(size[::-1])
    scale = picture.width_px / size[1], picture.height_px / size[0]
    with _lock:  # its sessions are shared
        found, _ = _engine()(np.ascontiguousarray(np.asarray(image)[:, :, ::-1]), use_cls=False)
    lines = []
    for corners, text, score in found or ():
        said = str(text).strip()
        if float(score) >= least and sum(letter.isalnum() for letter in said) > 1:
            points = tuple((float(x) * scale[0], float(y) * scale[1]) for x, y in corners)
            lines.append(Line(said, float(score), points))
    return tuple(sorted(lines, key=lambda line: (line.box.top, line.box.left)))


@cache
def _engine() -> Any:
    return importlib.import_module(PACKAGE).RapidOCR()
