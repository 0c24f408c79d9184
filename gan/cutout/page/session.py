"""One visit of the Cut-out tab: the photograph, the cut-outs that were found in it, and what was made of them."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch

from gan.core.contract import Result
from gan.core.errors import InputError
from gan.cutout.page.settings import Edits
from gan.cutout.segment import AUTO_MODEL
from gan.imaging.io.codec import to_pil
from gan.imaging.mask import Mask, decode_mask, encode_mask, united
from gan.imaging.picture import Picture
from gan.imaging.resize import resize
from gan.ui import session
from gan.ui.mask_editor import LONGEST_PX, Color, EditorValue, drawn_in, layer_paths, open_layer
from gan.ui.preview import checkers, preview_size
from gan.ui.result import RenderedResult

KEEP: Final[Color] = (22, 163, 74)
DROP: Final[Color] = (225, 29, 72)
PROTECT: Final[Color] = (37, 99, 235)
BRUSHES: Final = (KEEP, DROP, PROTECT)
"""Brush colors of what belongs to the product, what does not, and what keeps its color."""

FADED: Final = 0.7
"""Opacity in the editor of what hides the cut-away parts, so that they can still be brought back."""


@dataclass(frozen=True)
class Clicked:
    """Clicks on a photograph, as requests hold them, and the picture that shows what they select."""

    clicks: tuple[str, ...] = ()
    overlay: Path | None = None


@dataclass(frozen=True)
class Marks:
    """User input on a photograph: strokes and masks, as paths of files.

    Attributes:
        keep, drop, protect: strokes, as masks; None where there are none.
        mask: where the product is, in place of what the network finds.
        model: that finds it.
        clicked: on what is meant, in place of what the model finds.
    """

    keep: Path | None = None
    drop: Path | None = None
    protect: Path | None = None
    mask: Path | None = None
    model: str = AUTO_MODEL
    clicked: Clicked = Clicked()

    @property
    def found(self) -> Marks:
        """Those of the cut-out that corrections start from."""
        return Marks(model=self.model, clicked=self.clicked)

    @property
    def corrected(self) -> bool:
        """True if a cut-out is more than the model, or the clicks, find."""
        return any((self.mask, self.keep, self.drop))

    @property
    def key(self) -> str:
        """The same for what makes the same cut-out; empty where our own model finds it and nothing is corrected."""
        if not self.corrected and self.model == AUTO_MODEL and not self.clicked.clicks:
            return ""
        files = (self.mask, self.keep, self.drop)
        parts = [
            self.model.encode(),
            " ".join(self.clicked.clicks).encode(),
            *(b"" if path is None else path.read_bytes() for path in files),
        ]
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
    stored: session.Stored
    result: Result
    mask: Path
    copy: Path


@dataclass(frozen=True, eq=False)
class Variant:
    """One finished picture: with as many bits as its file has, its files, and what stands below it in the gallery."""

    stored: session.Stored
    shown: RenderedResult
    thumb: Path
    title: str


@dataclass(frozen=True, eq=False)
class Entry:
    """Entry of the history: the inputs and results of one run.

    Attributes:
        folder: of its files.
        layers: what was drawn in the editor then.
        chosen: which of the variants is shown.
        archive: all files in one; None where there is one only.
    """

    folder: Path
    base: Base
    edits: Edits
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


@dataclass(frozen=True, eq=False, kw_only=True)
class Session(session.Session[Entry]):
    """State of a visit of the Cut-out page.

    Attributes:
        photograph: as it came.
        size: its width and height in pixels.
        copy: what the editor shows before anything is cut out.
        clicked: so far.
        bases: the cut-out as our own model found it, and the last other one.
    """

    photograph: Path
    size: tuple[int, int]
    copy: Path
    bases: tuple[Base, ...] = ()
    clicked: Clicked = Clicked()

    def base(self, key: str) -> Base | None:
        """The cut-out of those marks, if there is one."""
        known = (*self.bases, *(entry.base for entry in self.entries))
        return next((base for base in known if base.key == key), None)

    def gone_to(self, at: int) -> Session:
        """Another result, with the clicks that it was made with."""
        there = super().gone_to(at)
        return there if there.entry is None else dataclasses.replace(there, clicked=there.entry.marks.clicked)

    def with_base(self, base: Base) -> Session:
        """Another cut-out, in place of the last corrected one."""
        kept = tuple(one for one in self.bases if not one.key and base.key)
        return dataclasses.replace(self, bases=(*kept, base))


def read_marks(value: EditorValue | None, visit: Session, mask: str | None, protect: str | None) -> Marks:
    """Save the editor's strokes and the uploaded masks as files of the photograph's size.

    Args:
        mask: path of a mask of the product.
        protect: path of a mask of what keeps its colour; united with the strokes.

    Raises:
        InputError: a mask cannot be read, or one of what keeps its color has another size than the photograph.
    """
    width_px, height_px = visit.size
    folder, stem = visit.new_folder(), visit.photograph.stem or "picture"
    keep, drop, blue = drawn_in(value, height_px, width_px, BRUSHES)
    if protect is not None:
        given = decode_mask(protect, field="protect")
        if (given.width_px, given.height_px) != visit.size:
            raise InputError(
                "protect",
                "{mask} px mask, {picture} px picture",
                "a mask of the picture's size is needed",
                "Choose the mask that belongs to this picture",
                mask=f"{given.width_px} x {given.height_px}",
                picture=f"{width_px} x {height_px}",
            )
        blue = given if blue is None else united(given, blue)

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
    """Copies of what was drawn, which outlive the editor's own files.

    Raises:
        InputError: as of `gan.ui.mask_editor.open_layer`.
    """
    paths = []
    for number, layer in enumerate(layer_paths(value)):
        path = folder / f"layer-{number}.png"
        open_layer(layer).save(path)
        paths.append(path)
    return tuple(paths)
