"""Files, remarks and figures that some tasks' commands have beside the options of their requests, by task."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from gan.cli.files import Piece
from gan.cli.mask_files import MASK_ENDING, MaskFiles, ProductMasks
from gan.core.contract import Result
from gan.core.errors import InputError
from gan.core.files import write_atomic
from gan.edit.printing import pattern_stems
from gan.edit.white import off_white_share
from gan.imaging.color import WHITE
from gan.imaging.contact_sheet import contact_sheet
from gan.imaging.io.codec import decode, write
from gan.imaging.io.formats import LOSSY, Encoding
from gan.imaging.mask import Mask, decode_mask, encode_mask
from gan.inpaint.pipeline import SIDES

SHADOW_ENDING, SHEET_ENDING = "_shadow", "_sheet"
SHEET_CELL_PX = 512


class Masks(Protocol):
    """Assignment of masks to pictures."""

    def leaves(self, path: Path) -> bool:
        """True if a file that was found is a picture and no mask."""

    def of(self, picture: Path) -> Mapping[str, Mask | None]:
        """The request's fields."""


@dataclass(frozen=True)
class Side:
    """A file that is written beside each result.

    Attributes:
        name: of its option.
        ending: of its name where there are several pictures.
        help: of the option.
        write: from the result to the file.
    """

    name: str
    ending: str
    help: str
    write: Callable[[Result, Path], None]

    @property
    def flag(self) -> str:
        return f"--{self.name.replace('_', '-')}"


def _one(result: Result, target: Path) -> Iterable[Piece]:
    return [Piece(target, result.picture)]


@dataclass(frozen=True)
class Special:
    """Extras of a command beside its request.

    Attributes:
        note: what --help adds to the task's description.
        masks: from the arguments and the names of masks among the fields.
        remark: what to tell of the way a picture is written.
        pieces: as of `gan.cli.files.each_file`.
        transparent: whether the result always has transparency.
        paired: picture fields for which a folder may be given, with a file named as each picture is.
        side: what else is written.
    """

    note: str = ""
    masks: Callable[[argparse.Namespace, Sequence[str]], Masks] = ProductMasks
    remark: Callable[[Encoding], str] = lambda _: ""
    pieces: Callable[[Result, Path], Iterable[Piece]] = _one
    transparent: bool = False
    paired: tuple[str, ...] = ()
    side: Side | None = None


class InpaintMasks:
    """The masks of --mask; else NAME_mask.png beside each picture, unless something is extended or clicked on."""

    def __init__(self, arguments: argparse.Namespace, _: Sequence[str]) -> None:
        self._files = MaskFiles(arguments.input, arguments.mask)
        extends = bool(arguments.aspect) or any(getattr(arguments, side) for side in SIDES)
        self._beside = arguments.mask is None and not extends and not arguments.clicks

    def leaves(self, path: Path) -> bool:
        return self._files.leaves(path)

    def of(self, picture: Path) -> dict[str, Mask | None]:
        """Raises `InputError` where there is none, or it cannot be read."""
        return {"mask": _mask_beside(picture) if self._beside else self._files.of(picture)}


def _mask_beside(picture: Path) -> Mask:
    beside = picture.with_name(picture.stem + MASK_ENDING + ".png")
    if not beside.is_file():
        raise InputError(
            "mask",
            "none for {name}",
            "{expected} beside it, or --mask, is expected",
            "Make one, such as with: python -m gan mask",
            name=picture.name,
            expected=beside.name,
        )
    return decode_mask(beside)


def _write_mask(result: Result, path: Path) -> None:
    """Write the alpha of the cut-out, or the mask that it was laid on a ground with."""
    alpha = result.picture.alpha
    mask = result.masks.get("product") or (None if alpha is None else Mask(alpha))
    if mask is not None:
        write_atomic(path, encode_mask(mask))


def _write_layer(result: Result, path: Path) -> None:
    write(result.pictures[1], path, Encoding())


def _with_confidence(result: Result, target: Path) -> Iterator[Piece]:
    details = result.details
    said = f"product {details['share']:.1%} of the picture, confidence {details['confidence']:.2f}"
    yield Piece(target, result.picture, lambda: said)


def _with_fill(result: Result, target: Path) -> Iterator[Piece]:
    yield Piece(target, result.picture, lambda: f"fill {result.details['fill']:.1%}")


def _variants(result: Result, target: Path) -> Iterator[Piece]:
    """One file for each color; its name says which where there are several."""
    several = len(result.pictures) > 1
    for picture, measured in zip(result.pictures, result.details["targets"], strict=True):
        name = f"{target.stem}_{measured['to'].lstrip('#')}{target.suffix}" if several else target.name
        yield Piece(target.with_name(name), picture, partial(_difference, measured))


def _prints(result: Result, target: Path) -> Iterator[Piece]:
    """One file for each pattern; its name says which where there are several."""
    stems = pattern_stems(result.details["patterns"])
    for picture, stem, covered in zip(result.pictures, stems, result.details["covered"], strict=True):
        name = target.name if len(stems) == 1 else f"{target.stem}_{stem}{target.suffix}"
        yield Piece(target.with_name(name), picture, partial("{:.0%} of the region printed".format, covered))


def _write_sheet(result: Result, path: Path) -> None:
    """Write all prints on one contact sheet."""
    columns = math.ceil(math.sqrt(len(result.pictures)))
    captions = [Path(name).stem for name in result.details["patterns"]]
    write(contact_sheet(result.pictures, captions, columns=columns, cell_px=SHEET_CELL_PX), path, Encoding())


def _with_angle(result: Result, target: Path) -> Iterator[Piece]:
    yield Piece(target, result.picture, lambda: f"turned by {result.details['angle_deg']:.2f} degrees")


def _with_corners(result: Result, target: Path) -> Iterator[Piece]:
    corners = " ".join(f"{x:.0f},{y:.0f}" for x, y in result.details["corners"])
    yield Piece(target, result.picture, lambda: f"corners {corners}")


def _difference(target: Mapping[str, Any]) -> str:
    return f"{target['to']}: colour difference {target['delta_e_before']:.1f} -> {target['delta_e']:.1f}"


def _with_white(result: Result, target: Path) -> Iterator[Piece]:
    """The off-white share of the background before and after, measured in the written file: its format may add some."""

    def said() -> str:
        made, details = result.picture, result.details
        off = float(details["off_white"])
        lost = off_white_share(decode(target).rgb, (made.rgb < WHITE).any(1, keepdim=True).float())
        return f"off-white ground {_percent(details['off_white_before'])} -> {_percent(off + (1 - off) * lost)}"

    yield Piece(target, result.picture, said)


def _with_difference(result: Result, target: Path) -> Iterator[Piece]:
    """Say the remaining color difference from the reference."""
    left = ", ".join(f"{what} {value:.1f}" for what, value in result.details["delta_e"].items())
    said = f"colour difference {left}" if left else "no colour difference: neither grounds nor products compare"
    yield Piece(target, result.picture, lambda: said)


def _with_table(result: Result, target: Path) -> Iterator[Piece]:
    details = result.details
    said = f"light was uneven by {details['unevenness']:.2f} stops"
    if "off_white" in details:
        said += f", off-white table {_percent(details['off_white_before'])} -> {_percent(details['off_white'])}"
    yield Piece(target, result.picture, lambda: said)


def _with_card(result: Result, target: Path) -> Iterator[Piece]:
    details = result.details
    before, after = details["delta_e_before"], details["delta_e"]
    card = "gray card" if details["card"] == "gray" else "24 patches"
    said = f"{card}, CIEDE2000 {before['mean']:.1f} -> {after['mean']:.1f} (largest {before['max']:.1f} -> "
    yield Piece(target, result.picture, lambda: f"{said}{after['max']:.1f})")


def _with_lengths(result: Result, target: Path) -> Iterator[Piece]:
    details = result.details
    said = f"{details['width']:g} x {details['height']:g} {details['unit']}" if "unit" in details else ""
    yield Piece(target, result.picture, lambda: said)


def _with_change(result: Result, target: Path) -> Iterator[Piece]:
    details = result.details
    parts = ", ".join(
        f"{name} {_percent(details[key])}"
        for name, key in (("picture", "share"), ("product", "product"), ("ground", "ground"))
        if details[key] is not None
    )
    figures = details["figures"].get("delta_e", {"mean": 0.0, "max": 0.0})
    said = f"differs visibly: {parts}; CIEDE2000 mean {figures['mean']:.2f}, largest {figures['max']:.1f}"
    yield Piece(target, result.picture, lambda: said)


def _with_shift(result: Result, target: Path) -> Iterator[Piece]:
    details = result.details
    down, right = details["shift"]
    said = f"moved by {down:+.1f}, {right:+.1f} px; clear {details['clear']:.0%}, partly {details['partly']:.0%}"
    yield Piece(target, result.picture, lambda: said)


def _percent(share: float) -> str:
    """A share that is not 0 never reads as 0."""
    return "under 0.01%" if 0 < share < 1e-4 else f"{share:.2%}"


SPECIAL: Mapping[str, Special] = {
    "inpaint": Special(
        note="Without --mask, and where nothing is extended, NAME_mask.png beside each picture is taken.",
        masks=InpaintMasks,
        remark=lambda encoding: "" if encoding.exact else LOSSY,
    ),
    "cutout": Special(
        note="On a transparent ground the results of JPEG files in a folder are written as PNG.",
        pieces=_with_confidence,
        side=Side(
            "save_mask",
            MASK_ENDING,
            "write the mask that was used; for several pictures into a folder, as NAME_mask.png",
            _write_mask,
        ),
    ),
    "recolor": Special(
        note="With several --to each picture gets a file for each color, NAME_RRGGBB. Printed is how far the product's "
        "main color is from the one asked for, before and after (CIEDE2000; about 1 is just seen).",
        pieces=_variants,
    ),
    "shadow": Special(
        side=Side(
            "layer",
            SHADOW_ENDING,
            "write the shadow alone too, on transparent; for several pictures into a folder, as NAME_shadow.png",
            _write_layer,
        )
    ),
    "frame": Special(pieces=_with_fill),
    "white": Special(
        note="Printed is the share of the ground that is not exactly 255, 255, 255: in the input, and measured again "
        "in the file that was written.",
        pieces=_with_white,
    ),
    "flatfield": Special(
        note="Printed is how uneven the light was, and the share of the bare table that is not 255, before and after.",
        pieces=_with_table,
    ),
    "colorcard": Special(
        note="Printed is how far the card's patches are from their colors, before and after (CIEDE2000; about 1 is "
        "just seen).",
        pieces=_with_card,
    ),
    "compare": Special(
        note="IN is the result. For a folder, --before may be a folder with files of the same names. Printed are the "
        "shares of the picture, of its product and of its ground that differ visibly, and why, as far as the file says "
        "which steps made it.",
        pieces=_with_change,
        paired=("before",),
    ),
    "annotate": Special(
        note="Printed are the product's width and height, of which one was given.",
        pieces=_with_lengths,
    ),
    "matte": Special(
        note="IN is the shot on black. For a folder, --on-white may be a folder with files of the same names. The "
        "results of JPEG files are written as PNG.",
        pieces=_with_shift,
        transparent=True,
        paired=("on_white",),
    ),
    "straighten": Special(note="Printed is by how much it was turned clockwise.", pieces=_with_angle),
    "perspective": Special(note="Printed are the corners, as --corners takes them.", pieces=_with_corners),
    "print": Special(
        note="With several --pattern each picture gets a file for each, NAME_PATTERN.",
        pieces=_prints,
        side=Side(
            "sheet",
            SHEET_ENDING,
            "write all prints of a picture on one sheet too; for several pictures into a folder, as NAME_sheet.png",
            _write_sheet,
        ),
    ),
    "match": Special(
        note="Printed is how far the ground's color and the product's lightness still are from the reference's "
        "(CIEDE2000; about 1 is just seen).",
        pieces=_with_difference,
    ),
}
"""By the task's name; others are forms and nothing else."""
