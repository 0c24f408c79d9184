"""Photographed materials: seamless tiles of free licence, with their authors."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch.nn.functional as F
from torch import Tensor

from gan.imaging.io.codec import decode

FOLDER: Final = Path(__file__).with_name("textures")


@dataclass(frozen=True)
class Texture:
    """Source of a tile: a file in an archive of Debian's `sweethome3d-furniture`, whose copyright file says the rest.

    Attributes:
        archive, path: where `examples/scene_textures.py` takes it from.
        author: of the model that it covers.
    """

    archive: str
    path: str
    author: str
    licence: str

    def __str__(self) -> str:
        return f"{self.author}, {self.licence}"


TEXTURES: Final = {
    "veneer": Texture("BlendSwap-CC-0", "blendswap-cc-0/drawersCabinet/american_oak.jpg", "Vladoffsky", "CC0-1.0"),
    "washed-wood": Texture(
        "BlendSwap-CC-0", "blendswap-cc-0/chairWithCushion/Wood_013_COLOR.jpg", "MZiemys", "CC0-1.0"
    ),
    "granite": Texture("BlendSwap-CC-0", "blendswap-cc-0/drawersCabinet/marble_14.jpg", "Vladoffsky", "CC0-1.0"),
    "grass": Texture("Scopia", "scopia/hedgeTextured/hedge-displacement-texture.jpg", "Scopia", "CC-BY-3.0"),
    "rattan": Texture("Scopia", "scopia/rattanTable/textureRattan.jpg", "Scopia", "CC-BY-3.0"),
}
"""By the material's name."""


@functools.lru_cache(maxsize=len(TEXTURES))
def tile(name: str) -> Tensor:
    """(3, 512, 512), encoded, of mean 1 in every channel."""
    rgb = decode(FOLDER / f"{name}.webp").rgb[0]
    return rgb / rgb.mean((1, 2), keepdim=True)


def resized(name: str, size_px: int) -> Tensor:
    """The tile at another size, (3, size_px, size_px); it stays periodic."""
    made = tile(name)
    side, around = made.shape[1], 8
    padded = F.pad(made[None], (around,) * 4, mode="circular")
    more = round(around * size_px / side)
    whole = F.interpolate(padded, size_px + 2 * more, mode="bicubic", antialias=True, align_corners=False)
    return whole[0, :, more : more + size_px, more : more + size_px].clamp(min=0)
