"""What one file of a folder is: read once, and only a thumbnail and a few numbers of it are kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from PIL import Image
from torch import Tensor

from gan.core.errors import InputError
from gan.imaging.io.codec import DEPTH_NOTICE, EXIF_NOTICE, FRAMES_NOTICE, PROFILE_NOTICE, decode
from gan.imaging.io.pixels import DEEP_GREY_MODES
from gan.imaging.picture import Picture
from gan.training.data.duplicates import is_blank, thumbnail

Background = Literal["white", "off-white", "plain", "busy"]
"""Pure white, nearly white, one other colour or a soft gradient, or anything else."""

Trait = Literal["grey file", "colourless", "transparent", "animated", "CMYK", "deep", "damaged EXIF", "damaged profile"]

_GREY_MODES = ("1", "L", "LA", "La", *DEEP_GREY_MODES)
_NOTICES: dict[str, Trait] = {
    FRAMES_NOTICE: "animated",
    DEPTH_NOTICE: "deep",
    EXIF_NOTICE: "damaged EXIF",
    PROFILE_NOTICE: "damaged profile",
}


@dataclass(frozen=True, eq=False)
class Look:
    """A picture that can be read, transparency laid on white as training does.

    Attributes:
        path: of the file.
        file_format: Pillow's name, such as "JPEG".
        width_px, height_px: upright.
        traits: what is special about it.
        background: of what kind the border is.
        white: share of the border's pixels that are 255, 255, 255.
        blank: whether it shows one colour only.
        digest: SHA-256 of the file.
        thumbnail: (3, 32, 32) uint8.
    """

    path: Path
    file_format: str
    width_px: int
    height_px: int
    traits: frozenset[Trait]
    background: Background
    white: float
    blank: bool
    digest: bytes
    thumbnail: Tensor

    @property
    def shorter_px(self) -> int:
        return min(self.width_px, self.height_px)

    @property
    def elongation(self) -> float:
        """Longer over shorter side, at least 1."""
        return max(self.width_px, self.height_px) / self.shorter_px


@dataclass(frozen=True)
class Refusal:
    """A file that cannot be read, and imaging's reason."""

    path: Path
    reason: str


def look_at(path: Path) -> Look | Refusal:
    """Read a picture; nothing that a file can hold makes this raise."""
    try:
        picture = decode(path)
        return _look(path, picture)
    except InputError as refused:
        return Refusal(path, refused.got.format(**refused.values))
    except OSError as error:
        return Refusal(path, error.strerror or type(error).__name__)
    except MemoryError:
        return Refusal(path, "too large for this machine's memory")


def mask_fault(path: Path, width_px: int, height_px: int) -> str | None:
    """Why a mask cannot be used with a picture of that size; None where it can."""
    try:
        mask = decode(path)
    except InputError as refused:
        return refused.got.format(**refused.values)
    if (mask.width_px, mask.height_px) != (width_px, height_px):
        return f"{mask.width_px} x {mask.height_px} px, the picture {width_px} x {height_px}"
    return None


def _look(path: Path, picture: Picture) -> Look:
    rgb = picture.rgb
    traits = {_NOTICES[notice] for notice in picture.notices if notice in _NOTICES}
    if picture.alpha is not None and picture.alpha.amin() < 1:
        rgb = rgb * picture.alpha + (1 - picture.alpha)
        traits.add("transparent")
    with Image.open(path) as header:  # decode has registered every plugin and proved that the file opens
        mode = header.mode
    if picture.bits > 8:
        traits.add("deep")
    if mode in _GREY_MODES:
        traits.add("grey file")
    if mode == "CMYK":
        traits.add("CMYK")
    small = thumbnail(rgb)
    if int((small.amax(0) - small.amin(0)).max()) <= 3:
        traits.add("colourless")
    background, white = _background(rgb)
    return Look(
        path=path,
        file_format=picture.file_format,
        width_px=picture.width_px,
        height_px=picture.height_px,
        traits=frozenset(traits),
        background=background,
        white=white,
        blank=is_blank(small),
        digest=hashlib.sha256(path.read_bytes()).digest(),
        thumbnail=small,
    )


def _background(rgb: Tensor) -> tuple[Background, float]:
    """Judged by a frame of 1/32 of the shorter side, of which a cropped product may cover a fifth."""
    height, width = rgb.shape[2:]
    ring = max(min(height, width) // 32, 1)
    sides = (rgb[..., :ring, :], rgb[..., -ring:, :], rgb[..., :ring], rgb[..., -ring:])
    border = torch.cat([side[0].flatten(1) for side in sides], 1)  # (3, pixels)
    white = float((border.amin(0) > 254.5 / 255).float().mean())
    median = border.median(1, keepdim=True).values
    away = (border - median).abs().amax(0).float()
    plain = float((away < 0.12).float().mean()) >= 0.8
    if white >= 0.8:
        return "white", white
    if not plain:
        return "busy", white
    return ("off-white" if float(median.min()) >= 240 / 255 else "plain"), white
