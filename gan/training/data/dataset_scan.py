"""Scan a folder of pictures for the dataset report: read every file once, keep a thumbnail and a few numbers."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

import torch
from PIL import Image
from torch import Tensor

from gan.core.errors import InputError
from gan.core.files import pictures_below
from gan.imaging.io.codec import DEPTH_NOTICE, EXIF_NOTICE, FRAMES_NOTICE, PROFILE_NOTICE, decode
from gan.imaging.io.formats import READ_APART
from gan.imaging.io.pixels import DEEP_GREY_MODES
from gan.imaging.picture import Picture
from gan.training.data.duplicates import groups, is_blank, near_copies, thumbnail
from gan.training.data.pictures import Entry, find, mask_path, split
from gan.training.data.records import META_NAME, Records, read_records

Progress = Callable[[int, int, str], None]
"""Called with (steps done, steps in all, what is being done)."""

Background = Literal["white", "off-white", "plain", "busy"]
"""Pure white, nearly white, one other color or a soft gradient, or anything else."""

Trait = Literal["gray file", "colorless", "transparent", "animated", "CMYK", "deep", "damaged EXIF", "damaged profile"]

MOST_COMPARED = 30_000
"""Pictures; the search for near-copies takes time with the square of their number."""

_AT_ONCE = 4
"""Pictures decoded at a time: one of 100 megapixels takes more than a gigabyte."""

_GRAY_MODES = ("1", "L", "LA", "La", *DEEP_GREY_MODES)
_NOTICES: dict[str, Trait] = {
    FRAMES_NOTICE: "animated",
    DEPTH_NOTICE: "deep",
    EXIF_NOTICE: "damaged EXIF",
    PROFILE_NOTICE: "damaged profile",
}

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, eq=False)
class PictureFacts:
    """Measurements of a readable picture, with transparency on white as in training.

    Attributes:
        path: of the file.
        file_format: Pillow's name, such as "JPEG".
        width_px, height_px: upright.
        traits: special properties.
        background: kind of the border.
        white: share of the border's pixels that are 255, 255, 255.
        blank: whether it shows one color only.
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
    def size(self) -> str:
        return f"{self.width_px} x {self.height_px}"

    @property
    def shorter_px(self) -> int:
        return min(self.width_px, self.height_px)

    @property
    def elongation(self) -> float:
        """Longer over shorter side, at least 1."""
        return max(self.width_px, self.height_px) / self.shorter_px


@dataclass(frozen=True)
class Unreadable:
    """A file that cannot be read, and imaging's reason."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Scan:
    """Contents of a folder, without any judgment.

    Attributes:
        pictures: readable pictures, sorted by path.
        unreadable: files with a picture's suffix that cannot be read.
        others: files without a picture's suffix, which are not opened.
        masks: files in folders named `masks`.
        masks_used: those of them that belong to a picture.
        mask_faults: faults of masks, by their paths.
        exact: groups of equal files, as indices into `pictures`.
        copies: groups of equal or nearly equal pictures, as indices into `pictures`.
        compared: whether near-copies were searched for.
    """

    folder: Path
    pictures: tuple[PictureFacts, ...]
    unreadable: tuple[Unreadable, ...] = ()
    others: tuple[Path, ...] = ()
    masks: tuple[Path, ...] = ()
    masks_used: frozenset[Path] = frozenset()
    mask_faults: Mapping[Path, str] = field(default_factory=dict)
    records: Records = field(default_factory=lambda: Records({}))
    exact: tuple[tuple[int, ...], ...] = ()
    copies: tuple[tuple[int, ...], ...] = ()
    compared: bool = True

    def name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def names(self, pictures: Iterable[PictureFacts]) -> tuple[str, ...]:
        return tuple(self.name(picture.path) for picture in pictures)

    def joined(self, groups: Iterable[Iterable[int]]) -> tuple[str, ...]:
        """One name for each group of indices, such as "a.png = b.png"."""
        return tuple(" = ".join(self.names(self.pictures[i] for i in group)) for group in groups)

    def product(self, picture: PictureFacts) -> str:
        return self.records.product(picture.path)

    def category(self, picture: PictureFacts) -> str:
        return self.records.category(picture.path, self.folder)

    def by_category(self) -> Counter[str]:
        """Number of readable pictures of each category."""
        return Counter(map(self.category, self.pictures))

    def distinct_products(self) -> int:
        """Number of products in readable, not blank pictures; products that share a picture count once."""
        shown = {self.product(picture) for picture in self.pictures if not picture.blank}
        number = {product: i for i, product in enumerate(sorted(shown))}
        joined: list[tuple[int, int]] = []
        for group in self.copies:
            members = {self.product(self.pictures[i]) for i in group}
            joined += itertools.pairwise(sorted(number[product] for product in members if product in number))
        return len(shown) - sum(len(group) - 1 for group in groups(joined))

    def held_out(self) -> frozenset[Path]:
        """Pictures that training keeps for validation."""
        return frozenset(e.path for e in split([Entry(p.path, self.product(p)) for p in self.pictures])[1])


def scan(folder: Path, progress: Progress) -> Scan:
    """Read every file below a folder; a bad one is recorded and does not stop the scan.

    Raises:
        InputError: the folder is missing or holds no file with a picture's suffix.
    """
    paths = [entry.path for entry in find(folder)]
    everything = list(pictures_below(folder))
    known = set(paths)
    seen = list(_parallel(inspect, paths, progress, "Looking at pictures"))
    pictures = tuple(item for item in seen if isinstance(item, PictureFacts))
    expected = {path: mask for path in paths if (mask := _expected_mask(path, folder)) is not None}
    exact = _equal_files(pictures)
    connected = [pair for group in exact for pair in itertools.pairwise(group)]
    compared = len(pictures) <= MOST_COMPARED
    if compared and pictures:
        thumbnails = torch.stack([picture.thumbnail for picture in pictures])
        pairs = near_copies(thumbnails, on_progress=lambda done, total: progress(done, total, "Comparing pictures"))
        connected += [(pair.first, pair.second) for pair in pairs]
    return Scan(
        folder=folder,
        pictures=pictures,
        unreadable=tuple(item for item in seen if isinstance(item, Unreadable)),
        others=tuple(_others(folder, set(everything))),
        masks=tuple(path for path in everything if path not in known),
        masks_used=frozenset(expected.values()),
        mask_faults=_mask_faults(pictures, expected, progress),
        records=read_records(folder),
        exact=exact,
        copies=tuple(map(tuple, groups(connected))),
        compared=compared,
    )


def inspect(path: Path) -> PictureFacts | Unreadable:
    """Read and measure a picture; nothing that a file can hold makes this raise."""
    try:
        return _facts(path, decode(path))
    except InputError as refused:
        return Unreadable(path, refused.got.format(**refused.values))
    except OSError as error:
        return Unreadable(path, error.strerror or type(error).__name__)
    except MemoryError:
        return Unreadable(path, "too large for this machine's memory")


def _facts(path: Path, picture: Picture) -> PictureFacts:
    rgb = picture.rgb
    traits = {_NOTICES[notice] for notice in picture.notices if notice in _NOTICES}
    if picture.alpha is not None and picture.alpha.amin() < 1:
        rgb = rgb * picture.alpha + (1 - picture.alpha)
        traits.add("transparent")
    mode = "RGB"
    if picture.file_format not in READ_APART:
        with Image.open(path) as header:  # decode has registered every plugin and proved that the file opens
            mode = header.mode
    if picture.bits > 8:
        traits.add("deep")
    if mode in _GRAY_MODES:
        traits.add("gray file")
    if mode == "CMYK":
        traits.add("CMYK")
    small = thumbnail(rgb)
    if int((small.amax(0) - small.amin(0)).max()) <= 3:
        traits.add("colorless")
    background, white = _background(rgb)
    return PictureFacts(
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
    """Kind and white share of a border of 1/32 of the shorter side, of which a cropped product may cover a fifth."""
    height, width = rgb.shape[2:]
    ring = max(min(height, width) // 32, 1)
    sides = (rgb[..., :ring, :], rgb[..., -ring:, :], rgb[..., :ring], rgb[..., -ring:])
    border = torch.cat([side[0].flatten(1) for side in sides], 1)  # (3, pixels)
    white = float((border.amin(0) > 254.5 / 255).float().mean())
    median = border.median(1, keepdim=True).values
    away = (border - median).abs().amax(0).float()
    if white >= 0.8:
        return "white", white
    if float((away < 0.12).float().mean()) < 0.8:
        return "busy", white
    return ("off-white" if float(median.min()) >= 240 / 255 else "plain"), white


def _parallel(fn: Callable[[T], R], items: list[T], progress: Progress, what: str) -> Iterator[R]:
    with ThreadPoolExecutor(min(_AT_ONCE, os.cpu_count() or 1)) as pool:
        for done, result in enumerate(pool.map(fn, items), 1):
            progress(done, len(items), what)
            yield result


def _equal_files(pictures: tuple[PictureFacts, ...]) -> tuple[tuple[int, ...], ...]:
    by_digest: dict[bytes, list[int]] = defaultdict(list)
    for index, picture in enumerate(pictures):
        by_digest[picture.digest].append(index)
    return tuple(tuple(group) for group in by_digest.values() if len(group) > 1)


def _expected_mask(path: Path, folder: Path) -> Path | None:
    """Path at which training looks for a picture's mask; None if there is no folder of masks."""
    mask = mask_path(path)
    return mask if path.parent != folder and mask.parent.is_dir() else None


def _mask_faults(
    pictures: tuple[PictureFacts, ...], expected: Mapping[Path, Path], progress: Progress
) -> dict[Path, str]:
    masked = [picture for picture in pictures if picture.path in expected]
    found = _parallel(
        lambda picture: _mask_fault(expected[picture.path], picture), masked, progress, "Looking at masks"
    )
    return {expected[picture.path]: fault for picture, fault in zip(masked, found, strict=True) if fault}


def _mask_fault(path: Path, picture: PictureFacts) -> str:
    """Reason why a mask cannot be used with a picture; empty if it can."""
    if not path.is_file():
        return "missing"
    try:
        mask = decode(path)
    except InputError as refused:
        return refused.got.format(**refused.values)
    size = f"{mask.width_px} x {mask.height_px}"
    return "" if size == picture.size else f"{size} px, the picture {picture.size}"


def _others(folder: Path, pictures: set[Path]) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and path not in pictures and path.name != META_NAME:
            yield path
