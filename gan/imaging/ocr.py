"""Read text in a picture with PP-OCR by rapidocr-onnxruntime, the extra [ocr]; Chinese and English."""

from __future__ import annotations

import importlib.util
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from gan.core.errors import InputError
from gan.core.message import Message
from gan.imaging import mask_shapes
from gan.imaging.box import Box
from gan.imaging.io.codec import to_pil
from gan.imaging.picture import Picture
from gan.imaging.resize import fitted

PACKAGE: Final = "rapidocr_onnxruntime"

LONGEST_PX: Final = 2048
"""Side of the copy that is read at most; letters of 12 px in it are found."""

LEAST_SCORE: Final = 0.6
"""Least certainty of the words, 0 to 1: textures that are taken for letters score below."""

LEAST_PROTECTED: Final = 0.5
"""The same for text that is only kept as it is, where a texture that is taken for letters does less harm."""

EDGE_PX: Final = 3
"""Width in pixels of the picture over which a protected line's surroundings turn into what is made of them."""

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


@dataclass(frozen=True)
class Protected:
    """The text of a picture that an edit leaves as it is.

    Attributes:
        lines: as they were read.
        cover: (1, 1, H, W) in [0, 1], 1 on every line and falling to 0 within `EDGE_PX` around it; None where there
            is no text.
    """

    lines: tuple[Line, ...]
    cover: Tensor | None

    @property
    def told(self) -> list[list[Any]]:
        """For a record: [text, left, top, right, bottom] of each line, in pixels."""
        return [[line.text, *line.box] for line in self.lines]

    @property
    def notice(self) -> Message:
        if not self.lines:
            return Message("No text was found to protect")
        return Message("Lines of text that were protected: {count}", {"count": len(self.lines)})

    def outside(self, share: Tensor | None = None) -> Tensor | None:
        """The share that an edit has of each pixel, (1, 1, H, W), with protected pixels taken out; None for all."""
        if self.cover is None:
            return share
        free = 1 - self.cover
        return free if share is None else free.mul_(share)


def protected(picture: Picture) -> Protected:
    """Read the text of a picture that an edit has to leave.

    Raises:
        InputError: the package is not installed.
    """
    if not installed():
        raise InputError(
            "protect_text",
            "text recognition ({package}) is not installed",
            "protecting text requires it",
            'Turn this off, or run: pip install "rapidocr-onnxruntime>=1.4,<2"',
            package=PACKAGE,
        )
    lines = read_lines(picture, least=LEAST_PROTECTED)
    if not lines:
        return Protected((), None)
    canvas = Image.new("1", (picture.width_px, picture.height_px))
    pen = ImageDraw.Draw(canvas)
    for line in lines:
        pen.polygon(line.corners, fill=1)
    cover = torch.from_numpy(np.asarray(canvas)[None, None].astype(np.float32))
    # The ramp has the grown shape's edge in its middle, so all of it lies outside the lines.
    return Protected(lines, mask_shapes.feather(mask_shapes.grow(cover, EDGE_PX), EDGE_PX))


@cache
def _engine() -> Any:
    return importlib.import_module(PACKAGE).RapidOCR()
