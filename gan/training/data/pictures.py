"""A folder of pictures in memory, split by product, cropped at random."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.errors import InputError
from gan.core.files import pictures_below
from gan.imaging.io.codec import decode
from gan.imaging.io.formats import ALLOWED
from gan.training.data.dice import Dice
from gan.training.data.records import read_records

NOT_PICTURES = frozenset({"masks", "covers", "soft"})
"""Folders that hold coverage and no picture."""


@dataclass(frozen=True)
class Entry:
    """A file and the product it shows; files of one product are never split apart."""

    path: Path
    product: str


def find(folder: Path) -> list[Entry]:
    """All pictures below a folder, sorted by path; products are read from a `meta.jsonl` beside or above them.

    Lines of it that cannot be used are passed over; `gan.training.data.dataset_report` names them.

    Raises:
        InputError: the folder is missing or holds no picture.
    """
    if not folder.is_dir():
        raise InputError("data", "{folder} is no folder", "a folder of pictures", "Check the path", folder=folder)
    records = read_records(folder)
    entries = [
        Entry(path, records.product(path))
        for path in pictures_below(folder)
        if not NOT_PICTURES & set(path.relative_to(folder).parts)
    ]
    if not entries:
        raise InputError(
            "data",
            "no picture below {folder}",
            ALLOWED,
            "Check the path",
            folder=folder,
        )
    return entries


def mask_path(path: Path) -> Path:
    """The place of a picture's mask, beside the picture's folder: FOLDER/NAME.jpg has masks/NAME.png."""
    return path.parent.parent / "masks" / f"{path.stem}.png"


def split(entries: list[Entry], held_out: float = 0.08) -> tuple[list[Entry], list[Entry]]:
    """(training, validation), decided by a hash of the product, so that it is always the same on every machine."""

    def is_held_out(entry: Entry) -> bool:
        digest = hashlib.sha256(entry.product.encode()).digest()
        return int.from_bytes(digest[:4], "big") / 2**32 < held_out

    return [e for e in entries if not is_held_out(e)], [e for e in entries if is_held_out(e)]


class Pictures:
    """Decoded pictures as uint8, and random crops of them in which every part of the folder is equally likely.

    Args:
        entries: at least one.
        least_px: smaller pictures are left out, since no crop fits.

    Raises:
        InputError: no picture is large enough.
    """

    def __init__(self, entries: list[Entry], least_px: int = 1) -> None:
        with ThreadPoolExecutor() as pool:
            decoded = pool.map(_read, entries)
        kept = [(e, x) for e, x in zip(entries, decoded, strict=True) if x is not None and min(x.shape[1:]) >= least_px]
        if not kept:
            raise InputError(
                "data",
                "no readable picture of at least {least} px among {count}",
                "a folder with at least one",
                "Choose larger pictures or a preset with smaller patches",
                least=least_px,
                count=len(entries),
            )
        self.entries = [entry for entry, _ in kept]
        self.pixels = [x for _, x in kept]
        areas = torch.tensor([x.shape[1] * x.shape[2] for x in self.pixels], dtype=torch.float64)
        self._cumulative = areas.cumsum(0) / areas.sum()

    def __len__(self) -> int:
        return len(self.pixels)

    def crop(self, size_px: int, generator: torch.Generator, *, shrink_to: float = 0.4) -> Tensor:
        """A random square, (3, size_px, size_px) float32 in [0, 1], mirrored and turned at random.

        Large pictures are shrunk by a random factor first: photographs are soft at the pixel level, and a target
        must be sharper than what a network is asked to sharpen.

        Args:
            shrink_to: the smallest factor.
        """
        place = torch.rand((), generator=generator, dtype=torch.float64)
        x = self.pixels[int(torch.searchsorted(self._cumulative, place).clamp(max=len(self) - 1))]
        height, width = x.shape[1:]
        least = max(shrink_to, size_px / min(height, width))
        factor = Dice(generator).uniform(least, 1.0) if least < 1 else 1.0
        window = min(round(size_px / factor), height, width)
        top = int(torch.randint(height - window + 1, (), generator=generator))
        left = int(torch.randint(width - window + 1, (), generator=generator))
        patch = x[:, top : top + window, left : left + window].float() / 255
        if window != size_px:
            patch = F.interpolate(patch[None], (size_px, size_px), mode="bicubic", antialias=True)[0].clamp(0, 1)
        turns, mirrored = (int(v) for v in torch.randint(8, (2,), generator=generator))
        patch = torch.rot90(patch, turns % 4, (1, 2))
        return (patch.flip(2) if mirrored % 2 else patch).contiguous()


def both_parts(entries: list[Entry], least_px: int) -> tuple[Pictures, Pictures]:
    """(training, validation), decoded; where none is held out, all are both."""
    training, held_out = split(entries)
    everything = Pictures(training or held_out, least_px)
    return everything, Pictures(held_out, least_px) if held_out else everything


def _read(entry: Entry) -> Tensor | None:
    """Picture as uint8 (3, H, W) on white; None for an unreadable file, which a folder may contain."""
    try:
        picture = decode(entry.path)
    except InputError:
        return None
    rgb = picture.rgb[0]
    if picture.alpha is not None:
        rgb = rgb * picture.alpha[0] + (1 - picture.alpha[0])
    return (rgb * 255).round().to(torch.uint8)
