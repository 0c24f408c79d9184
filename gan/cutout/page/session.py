"""One visit of the Cut-out tab: the photograph, the cut-outs that were found in it, and what was made of them."""

from __future__ import annotations

import dataclasses
import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from PIL import Image

from gan.core.contract import Result
from gan.cutout.page.result import RenderedResult
from gan.cutout.page.settings import Settings
from gan.imaging.io.codec import to_pil
from gan.imaging.mask import Mask, decode_mask, encode_mask
from gan.imaging.picture import Picture
from gan.imaging.resize import resize
from gan.ui.mask_editor import LONGEST_PX, Color, EditorValue, drawn_in
from gan.ui.picture_cache import Stored
from gan.ui.preview import checkers, preview_size

KEEP: Final[Color] = (22, 163, 74)
DROP: Final[Color] = (225, 29, 72)
PROTECT: Final[Color] = (37, 99, 235)
BRUSHES: Final = (KEEP, DROP, PROTECT)
"""What belongs to the product, what does not, and what keeps its colour."""

FADED: Final = 0.7
"""How much of what was cut away is hidden in the editor: so much is left that it can be brought back."""

MOST_BYTES: Final = 2**30
"""Of pictures in one visit; the oldest results make room."""


@dataclass(frozen=True)
class Marks:
    """What the user says of a photograph: strokes and masks, by their files.

    Attributes:
        keep, drop, protect: strokes, as masks; None where there are none.
        mask: where the product is, in place of what the network finds.
    """

    keep: Path | None = None
    drop: Path | None = None
    protect: Path | None = None
    mask: Path | None = None

    @property
    def key(self) -> str:
        """The same for corrections that make the same cut-out; empty where there are none."""
        files = (self.mask, self.keep, self.drop)
        if not any(files):
            return ""
        parts = [b"" if path is None else path.read_bytes() for path in files]
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


@dataclass(frozen=True, eq=False)
class Base:
    """A cut-out.

    Attributes:
        key: of the marks that corrected it; empty where none did.
        stored: the picture with its transparency, to the last bit.
        result: of its request, without the picture.
        mask: its transparency as a file.
        copy: the photograph as the editor shows it, with what was cut away faded.
    """

    key: str
    stored: Stored
    result: Result
    mask: Path
    copy: Path


@dataclass(frozen=True, eq=False)
class Variant:
    """One finished picture: with as many bits as its file has, its files, and what stands below it in the gallery."""

    stored: Stored
    shown: RenderedResult
    thumb: Path
    title: str


@dataclass(frozen=True, eq=False)
class Entry:
    """What one run made.

    Attributes:
        folder: of its files.
        layers: what was drawn in the editor then.
        chosen: which of the variants is shown.
        archive: all files in one; None where there is one only.
    """

    folder: Path
    base: Base
    wish: Settings
    marks: Marks
    layers: tuple[Path, ...]
    variants: tuple[Variant, ...]
    chosen: int = 0
    archive: Path | None = None

    @property
    def shown(self) -> RenderedResult:
        return self.variants[self.chosen].shown

    @property
    def bytes(self) -> int:
        return self.base.stored.bytes + sum(variant.stored.bytes for variant in self.variants)


@dataclass(frozen=True, eq=False)
class Session:
    """What the page is at. It never changes: a handler gives another, so that Stop and errors leave it as it was.

    Attributes:
        folder: of all files.
        photograph: as it came.
        size: its width and height in pixels.
        copy: what the editor shows before anything is cut out.
        bases: the cut-out as it was found, and the last corrected one.
        entries: what was made, in order.
        at: which of them is shown; -1 where there is none.
    """

    folder: Path
    photograph: Path
    size: tuple[int, int]
    copy: Path
    bases: tuple[Base, ...] = ()
    entries: tuple[Entry, ...] = ()
    at: int = -1

    @property
    def entry(self) -> Entry | None:
        return self.entries[self.at] if self.entries else None

    def new_folder(self) -> Path:
        """For the files of one cut-out or result."""
        return Path(tempfile.mkdtemp(dir=self.folder))

    def base(self, key: str) -> Base | None:
        """The cut-out of those marks, if there is one."""
        known = (*self.bases, *(entry.base for entry in self.entries))
        return next((base for base in known if base.key == key), None)

    def with_base(self, base: Base) -> Session:
        """Another cut-out, in place of the last corrected one."""
        kept = tuple(one for one in self.bases if not one.key and base.key)
        return dataclasses.replace(self, bases=(*kept, base))

    def followed_by(self, entry: Entry) -> Session:
        """A result after the current one, in place of all that were."""
        entries = [*self.entries[: self.at + 1], entry]
        while len(entries) > 1 and sum(one.bytes for one in entries) > MOST_BYTES:
            del entries[0]
        return dataclasses.replace(self, entries=tuple(entries), at=len(entries) - 1)

    def with_entry(self, entry: Entry) -> Session:
        """Another result in place of the current one."""
        entries = (*self.entries[: self.at], entry, *self.entries[self.at + 1 :])
        return dataclasses.replace(self, entries=entries)

    def gone_to(self, at: int) -> Session:
        """Another result; `at` is brought into range."""
        return dataclasses.replace(self, at=min(max(at, 0), len(self.entries) - 1))


def read_marks(value: EditorValue | None, visit: Session, mask: str | None, protect: str | None) -> Marks:
    """What was drawn in the editor, and the masks that were brought, as files of the photograph's size.

    Args:
        mask: path of a mask of the product.
        protect: path of a mask of what keeps its colour; united with the strokes.

    Raises:
        InputError: a mask cannot be read.
    """
    width_px, height_px = visit.size
    folder, stem = visit.new_folder(), visit.photograph.stem or "picture"
    keep, drop, blue = drawn_in(value, height_px, width_px, BRUSHES)
    if protect is not None:
        given = decode_mask(protect, field="protect")
        blue = given if blue is None else _united(given, blue)

    def write(found: Mask | None, name: str) -> Path | None:
        if found is None:
            return None
        path = folder / f"{stem}_{name}.png"
        path.write_bytes(encode_mask(found))
        return path

    return Marks(
        write(keep, "keep"),
        write(drop, "drop"),
        write(blue, "protect"),
        None if mask is None else write(decode_mask(mask), "mask"),
    )


def write_faded(photograph: Picture, cutout: Picture, path: Path) -> Path:
    """The photograph as the editor shows it, with what was cut away faded into the checkers of transparency."""
    size = preview_size(photograph, LONGEST_PX)
    rgb = resize(photograph.rgb, *size)
    alpha = torch.ones(1, 1, *size) if cutout.alpha is None else resize(cutout.alpha, *size)
    away = torch.lerp(rgb, checkers(*size).expand_as(rgb), FADED)
    to_pil(Picture(torch.lerp(away, rgb, alpha))).save(path, quality=90)
    return path


def kept_layers(value: EditorValue | None, folder: Path) -> tuple[Path, ...]:
    """Copies of what was drawn, which outlive the editor's own files."""
    paths = []
    for number, layer in enumerate((value or {}).get("layers") or ()):
        path = folder / f"layer-{number}.png"
        with Image.open(layer) as image:
            image.save(path)
        paths.append(path)
    return tuple(paths)


def _united(a: Mask, b: Mask) -> Mask:
    return b if a.coverage.shape != b.coverage.shape else Mask(torch.maximum(a.coverage, b.coverage), a.name)
