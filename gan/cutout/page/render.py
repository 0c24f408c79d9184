"""Render results of the Cut-out page: the cached cut-out, the edits on it, and their files."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from gan.core.contract import Progress
from gan.core.errors import InputError
from gan.core.recipe import Chain, Made, Step, finished
from gan.cutout.page.result import from_results
from gan.cutout.page.session import Base, Entry, Marks, Session, Variant, write_faded
from gan.cutout.page.settings import Edits
from gan.cutout.pipeline import CutoutRequest
from gan.edit.white import off_white_share
from gan.imaging.io.codec import Encoding
from gan.imaging.mask import Mask, decode_mask, encode_mask
from gan.imaging.picture import Picture
from gan.ui.i18n import Language
from gan.ui.preview import preview_size, write_preview
from gan.ui.result import zipped
from gan.ui.session import store

THUMB_PX: Final = 256


@dataclass(frozen=True, eq=False)
class Order:
    """Everything one rendering needs: the photograph, settings, marks and encoding.

    Attributes:
        photograph: decoded.
        steps: of the edits, without masks.
        chain: carries out the requests.
        progress: for what comes after them.
        held: cut-outs of this run in memory, by their keys.
    """

    photograph: Picture
    edits: Edits
    steps: Sequence[Step]
    marks: Marks
    encoding: Encoding
    chain: Chain
    progress: Progress
    to: Language
    held: dict[str, Picture] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        return Path(self.photograph.name).stem or "picture"

    def cutout(self, base: Base) -> Picture:
        """A cut-out's picture, read from its file only where this run has not made it."""
        if base.key not in self.held:
            self.held[base.key] = base.stored.picture()
        return self.held[base.key]

    def coverage(self, base: Base) -> Mask:
        """A cut-out's coverage, to the last bit, under its file's name."""
        return Mask(_alpha(self.cutout(base)), base.mask.name)


def cutouts(visit: Session, marks: Marks) -> int:
    """Number of cut-outs needed for those marks: corrections start from the result without any."""
    if visit.base(marks.key) is not None:
        return 0
    return 1 + bool(marks.corrected and marks.mask is None and visit.base(marks.found.key) is None)


def cut(order: Order, visit: Session, marks: Marks) -> tuple[Session, Base]:
    """The cut-out of those marks: the one that is kept, or a new one, which needs the network only without marks.

    Raises:
        InputError: no product was found, and no strokes say where it is.
    """
    known = visit.base(marks.key)
    if known is not None:
        return visit, known
    mask = None if marks.mask is None else decode_mask(marks.mask)
    if mask is None and marks.corrected:
        try:
            visit, found = cut(order, visit, marks.found)
            mask = order.coverage(found)
        except InputError:
            if marks.keep is None:
                raise
    keep, drop = (None if path is None else decode_mask(path) for path in (marks.keep, marks.drop))
    # What was clicked on is in the mask already where that is a cut-out of ours.
    clicks = marks.clicked.clicks if mask is None or marks.mask is not None else ()
    request = CutoutRequest(picture=order.photograph, mask=mask, keep=keep, drop=drop, clicks=clicks, model=marks.model)
    result = order.chain(request)
    folder, made = visit.new_folder(), result.picture
    order.held[marks.key] = made
    alpha = folder / f"{order.stem}_mask.png"
    alpha.write_bytes(encode_mask(Mask(_alpha(made))))
    base = Base(
        key=marks.key,
        stored=store(made, folder / "cutout.npz", exact=True),
        result=dataclasses.replace(result, pictures=()),
        mask=alpha,
        copy=write_faded(order.photograph, made, folder / "faded.jpg"),
    )
    return visit.with_base(base), base


def make(order: Order, visit: Session, base: Base) -> Entry:
    """All that is wished of a cut-out, with its files."""
    edits, marks = order.edits, order.marks
    protect = None if marks.protect is None or "recolor" not in edits.ticked else decode_mask(marks.protect)
    mask = order.coverage(base) if base.key and edits.on_paper else None
    steps = [step.with_masks(mask, protect) for step in order.steps]
    start = order.photograph if edits.on_paper else order.cutout(base)
    made = finished(order.chain, Made((), start), steps)
    order.progress(0, 0, "Writing the files")
    off_white = None
    if "white" in edits.ticked and not edits.on_paper:
        off_white = off_white_share(order.photograph.rgb, order.coverage(base).coverage)
    folder = visit.new_folder()
    variants = tuple(_variant(order, base, one, folder, len(made) > 1, off_white) for one in made)
    return Entry(
        folder=folder,
        base=base,
        edits=edits,
        marks=marks,
        layers=(),
        variants=variants,
        archive=archive(variants, folder, order.stem),
    )


def archive(variants: Sequence[Variant], folder: Path, stem: str) -> Path | None:
    """All variants' files in one; None for a single one."""
    return zipped([one.shown for one in variants], folder / f"{stem}-colors.zip") if len(variants) > 1 else None


def _variant(order: Order, base: Base, made: Made, folder: Path, several: bool, off_white: float | None) -> Variant:
    targets = [target for result in made.results if result.task == "recolor" for target in result.details["targets"]]
    target = targets[made.index] if targets else None
    color = f"_{target['to'].lstrip('#')}" if several and target else ""
    shown = from_results(
        [base.result, *made.results],
        order.photograph,
        order.encoding,
        folder,
        order.to,
        index=made.index,
        picture=made.picture,
        layer=made.layer,
        stem=f"{order.stem}-cutout{color}",
        off_white=off_white,
    )
    thumb = folder / f"thumb-{made.index}.jpg"
    write_preview(made.picture, thumb, preview_size(made.picture, THUMB_PX), checkered=True)
    title = f"{target['to']} · ΔE {target['delta_e']:.1f}" if target else ""
    return Variant(store(made.picture, folder / f"picture-{made.index}.npz"), shown, thumb, title)


def _alpha(picture: Picture) -> Tensor:
    return torch.ones_like(picture.rgb[:, :1]) if picture.alpha is None else picture.alpha
