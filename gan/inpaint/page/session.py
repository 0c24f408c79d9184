"""The steps of one visit: each picture at full size in a file of its own, so that the next step works on it."""

from __future__ import annotations

import dataclasses
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch

from gan.imaging.io.codec import decode
from gan.imaging.mask import Mask, decode_mask, encode_mask
from gan.imaging.picture import Picture
from gan.inpaint.page.result import RenderedResult
from gan.ui import mask_editor
from gan.ui.picture_cache import Stored

MOST_BYTES: Final = 2**30
"""Of pictures in one visit; the oldest steps but the first make room."""

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
    stored: Stored | None = None


@dataclass(frozen=True)
class Session:
    """What the page is at. It never changes: a handler gives another, so that Stop and errors leave it as it was.

    Attributes:
        folder: of all files.
        steps: from the photograph on.
        at: which of them the editor shows.
        masks: files of the current one, the last is in force; what lies before it can be taken back.
    """

    folder: Path
    steps: tuple[Step, ...]
    at: int
    masks: tuple[Path, ...] = ()

    @property
    def step(self) -> Step:
        return self.steps[self.at]

    @property
    def mask(self) -> Mask:
        """In force, without what was drawn since; empty where there is none."""
        width_px, height_px = self.step.size
        return decode_mask(self.masks[-1]) if self.masks else Mask(torch.zeros(1, 1, height_px, width_px))

    def picture(self) -> Picture:
        """The current picture at full size."""
        return decode(self.step.picture) if self.step.stored is None else self.step.stored.picture()

    def caught_up(self, value: mask_editor.EditorValue | None) -> tuple[Session, Mask]:
        """With what was drawn in the editor as the mask in force, and that mask; itself where nothing was."""
        width_px, height_px = self.step.size
        kept = self.mask
        mask = mask_editor.with_strokes(kept, mask_editor.drawn(value, height_px, width_px))
        return (self if mask is kept else self.with_mask(mask)), mask

    def with_mask(self, mask: Mask) -> Session:
        """Another mask in force."""
        path = self.new_folder() / f"{self.steps[0].picture.stem or 'picture'}_mask.png"
        path.write_bytes(encode_mask(mask))
        return dataclasses.replace(self, masks=(*self.masks, path)[-MOST_MASKS:])

    def taken_back(self) -> Session:
        """The mask before the last one, down to none."""
        return dataclasses.replace(self, masks=self.masks[:-1])

    def with_step(self, step: Step) -> Session:
        """Another one in place of the current one."""
        return dataclasses.replace(self, steps=(*self.steps[: self.at], step, *self.steps[self.at + 1 :]))

    def gone_to(self, at: int) -> Session:
        """Another step, with the mask that was in force when it was left; `at` is brought into range."""
        at = min(max(at, 0), len(self.steps) - 1)
        mask = self._left().mask if at == self.at else self.steps[at].mask
        return dataclasses.replace(self.with_step(self._left()), at=at, masks=() if mask is None else (mask,))

    def followed_by(self, step: Step) -> Session:
        """A step after the current one, in place of all that were."""
        steps = [*self.steps[: self.at], self._left(), step]
        while len(steps) > 2 and sum(_bytes(one) for one in steps[1:]) > MOST_BYTES:
            del steps[1]
        return Session(self.folder, tuple(steps), len(steps) - 1)

    def new_folder(self) -> Path:
        """For the files of one step or mask."""
        return Path(tempfile.mkdtemp(dir=self.folder))

    def _left(self) -> Step:
        return dataclasses.replace(self.step, mask=self.masks[-1] if self.masks else None)


def _bytes(step: Step) -> int:
    return step.picture.stat().st_size
