"""Evaluation cases of Stylize: photographs, styles, and products with their masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from skimage import data as shipped
from torch import Tensor

from gan.imaging.io.codec import decode
from gan.imaging.io.pixels import to_image
from gan.imaging.mask import Cover, decode_mask
from gan.imaging.resize import resize
from gan.training.data.pictures import Entry, Pictures, find, mask_path, split
from gan.training.data.styles import ALSO, FOLDER, parted

SIDE_PX = 1024
"""Longest side of a photograph."""

MOST = 4
LEAST_STYLE_PX = 64
SHIPPED = ("coffee", "chelsea", "astronaut", "rocket")
"""Photographs inside scikit-image's package, all CC0 or public domain; none of them is fetched."""


@dataclass(frozen=True)
class Sample:
    """A decoded picture, RGB in 8 bits, as both we and the peer are given it."""

    name: str
    image: Image.Image

    @property
    def rgb(self) -> Tensor:
        """(1, 3, H, W) in [0, 1], multiples of 1/255."""
        return decode(self.image).rgb


@dataclass(frozen=True)
class Product:
    """A catalog picture and its product's mask."""

    sample: Sample
    mask: Cover


@dataclass(frozen=True)
class Cases:
    """Every photograph meets every style; each product meets one.

    Attributes:
        photographs: with a longest side of `SIDE_PX`.
        styles: as large as they are.
    """

    photographs: tuple[Sample, ...]
    styles: tuple[Sample, ...]
    products: tuple[Product, ...]


def cases(folder: Path, *, held_out: bool, most: int = MOST, products: int) -> Cases:
    """Evenly spread pictures of a folder; the same ones each time.

    Styles lie below `styles/`; where these are too few, others that training would take for styles follow. A picture
    with a mask beside its folder is a product, one below `textures/` is not restyled, and all others are
    photographs; where these are too few, those that come with scikit-image follow.

    Args:
        held_out: use only what training never sees.
        most: of photographs, and of styles.
        products: how many products at most.

    Raises:
        InputError: the folder is missing, there is no style that can be read, or a product or its mask cannot be.
    """
    contents, candidates = (split(entries)[1] if held_out else entries for entries in parted(find(folder), folder))
    first = [entry for entry in candidates if FOLDER in entry.path.parts]
    others = [entry for entry in candidates if FOLDER not in entry.path.parts]
    chosen = _evenly(first, most)
    chosen += _evenly(others, most - len(chosen))
    masked = [entry for entry in contents if mask_path(entry.path).is_file()]
    apart = {entry.path for entry in (*chosen, *masked)}
    plain = [e for e in contents if e.path not in apart and ALSO not in e.path.relative_to(folder).parts]
    taken = _evenly(plain, most)
    photographs = [_at_side(sample) for sample in (_samples(taken) if taken else [])]
    photographs += [_at_side(_shipped(name)) for name in SHIPPED[: most - len(photographs)]]
    return Cases(
        photographs=tuple(photographs),
        styles=tuple(_samples(chosen, LEAST_STYLE_PX)),
        products=tuple(_product(entry) for entry in _evenly(masked, products)),
    )


def _evenly(entries: Sequence[Entry], count: int) -> list[Entry]:
    """At most so many, from the middles of equal parts."""
    count = min(count, len(entries))
    return [entries[(2 * index + 1) * len(entries) // (2 * count)] for index in range(count)]


def _samples(entries: list[Entry], least_px: int = 1) -> list[Sample]:
    """Those that can be read and are large enough."""
    pictures = Pictures(entries, least_px)
    return [
        Sample(entry.path.name, Image.fromarray(pixels.permute(1, 2, 0).contiguous().numpy()))
        for entry, pixels in zip(pictures.entries, pictures.pixels, strict=True)
    ]


def _product(entry: Entry) -> Product:
    (sample,) = _samples([entry])
    return Product(sample, decode_mask(mask_path(entry.path)))


def _shipped(name: str) -> Sample:
    pixels = getattr(shipped, name)()
    return Sample(f"{name} (scikit-image)", Image.fromarray(pixels))


def _at_side(sample: Sample) -> Sample:
    scale = SIDE_PX / max(sample.image.size)
    width_px, height_px = (max(1, round(side * scale)) for side in sample.image.size)
    with torch.inference_mode():
        return Sample(sample.name, to_image(resize(sample.rgb, height_px, width_px), None))
