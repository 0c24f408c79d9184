"""The steps of one visit: each picture at full size in a file of its own, so that the next step works on it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

import torch

from gan.imaging.io.codec import decode
from gan.imaging.mask import Mask, decode_mask, encode_mask
from gan.imaging.picture import Picture
from gan.ui import mask_editor, session
from gan.ui.result import RenderedResult

MOST_MASKS: Final = 20
THUMB_PX: Final = 160


@dataclass(frozen=True)
class Step:
    """A picture on the way.

    Attributes:
        folder: holds all its files.
        picture: the file, at full size: the photograph as it came, or what `store` wrote.
        size: width and height in pixels.
        origin: left and top of the photograph in it, in pixels: it moves where the picture is extended.
        copy: what the editor shows.
        thumb: for the strip of steps.
        original: preview of the photograph, laid where it belongs in this picture.
        mask: what was marked last while this was the current step.
        shown: the result's files; None for the photograph.
        stored: the picture in its file; None for the photograph.
    """

    folder: Path
    picture: Path
    size: tuple[int, int]
    origin: tuple[int, int]
    copy: Path
    thumb: Path
    original: Path
    mask: Path | None = None
    shown: RenderedResult | None = None
    stored: session.Stored | None = None

    @property
    def bytes(self) -> int:
        return self.picture.stat().st_size


@dataclass(frozen=True, eq=False, kw_only=True)
class Session(session.Session[Step]):
    """State of a visit of the Inpaint page; the first step is the photograph.

    Attributes:
        masks: files of the current step, the last is in force; what lies before it can be taken back.
    """

    masks: tuple[Path, ...] = ()

    FIXED: ClassVar[int] = 1

    @property
    def step(self) -> Step:
        return self.entries[self.at]

    @property
    def mask(self) -> Mask:
        """In force, without what was drawn since; empty where there is none."""
        width_px, height_px = self.step.size
        return decode_mask(self.masks[-1]) if self.masks else Mask(torch.zeros(1, 1, height_px, width_px))

    def picture(self) -> Picture:
        """The current picture at full size."""
        return decode(self.step.picture) if self.step.stored is None else self.step.stored.picture()

    def caught_up(self, value: mask_editor.EditorValue | None) -> tuple[Session, Mask]:
        """Merge the editor's strokes into the mask in force; the session, itself without strokes, and the mask."""
        width_px, height_px = self.step.size
        kept = self.mask
        mask = mask_editor.with_strokes(kept, mask_editor.drawn(value, height_px, width_px))
        return (self if mask is kept else self.with_mask(mask)), mask

    def with_mask(self, mask: Mask) -> Session:
        """Another mask in force."""
        path = self.new_folder() / f"{self.entries[0].picture.stem or 'picture'}_mask.png"
        path.write_bytes(encode_mask(mask))
        return dataclasses.replace(self, masks=(*self.masks, path)[-MOST_MASKS:])

    def taken_back(self) -> Session:
        """The mask before the last one, down to none."""
        return dataclasses.replace(self, masks=self.masks[:-1])

    def gone_to(self, at: int) -> Session:
        """Another step, with the mask that was in force when it was left; `at` is brought into range."""
        there = super(Session, self.left()).gone_to(at)
        mask = there.step.mask
        return dataclasses.replace(there, masks=() if mask is None else (mask,))

    def followed_by(self, entry: Step) -> Session:
        """A step after the current one, in place of all that were."""
        return dataclasses.replace(super(Session, self.left()).followed_by(entry), masks=())

    def left(self) -> Session:
        """Store the mask in force in the current step, so that coming back restores it."""
        return self.with_entry(dataclasses.replace(self.step, mask=self.masks[-1] if self.masks else None))
