"""From a photograph's cut-out through the ticked edits to finished pictures: one request after the other.

All edits work on the cut-out, which carries its own transparency, so that the network has to look once only and every
picture's history holds steps that do the same to another photograph. Where the natural shadow is to stay, there is no
cut-out to work on: the photograph itself becomes white first, and is framed last, since its shadow needs its canvas.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from gan.core.contract import Progress, Request, Result
from gan.core.errors import Cancelled
from gan.cutout.page.settings import Settings
from gan.edit.background import TRANSPARENT, Ground
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture
from gan.ui.protocols import Run

PARTS: Final = 100
"""In so many parts each request's progress is told."""


@dataclass(frozen=True)
class Made:
    """A finished picture.

    Attributes:
        results: of the requests that led to it, in order, without that of the cut-out.
        picture: the last one's, or the cut-out itself.
        index: which of the recolored ones it is.
        layer: the shadow alone; None where there is none.
    """

    results: tuple[Result, ...]
    picture: Picture
    index: int = 0
    layer: Picture | None = None


class Chain:
    """Carries out requests one after the other, with one progress for all of them.

    Args:
        run: carries out each.
        total: how many there will be.
        progress, cancel: as of `gan.ui.background_job.follow`.
    """

    def __init__(self, run: Run, total: int, progress: Progress, cancel: threading.Event) -> None:
        self._run = run
        self._total = max(1, total)
        self._progress = progress
        self._cancel = cancel
        self._done = 0

    def __call__(self, request: Request) -> Result:
        """Raises what the run raises, and `Cancelled` once nobody waits any longer."""
        began = PARTS * self._done

        def progress(done: int, total: int, what: str) -> None:
            self._progress(began + round(PARTS * done / max(1, total)), PARTS * self._total, what)

        result = self._run(request, progress=progress, cancel=self._cancel)
        if self._cancel.is_set():
            raise Cancelled
        self._done += 1
        return result


def count(wish: Settings) -> int:
    """How many requests `make` will carry out.

    Raises:
        InputError: a target is no colour.
    """
    colors = len(wish.targets()) if wish.recolor else 1
    return wish.on_paper + wish.recolor + colors * len(_steps(wish, None, TRANSPARENT))


def make(
    chain: Chain, wish: Settings, photograph: Picture, base: Picture, protect: Mask | None, found: Mask | None
) -> list[Made]:
    """Make all that is wished.

    Args:
        photograph: as it came; looked at only where its natural shadow is to stay.
        base: the cut-out, with transparency.
        protect: what recoloring leaves alone, of the photograph's size.
        found: the cut-out's coverage where a user corrected it, for steps that work on the photograph; None where they
            may look for themselves.

    Raises:
        InputError, WeightsError, Cancelled: as the requests and their runs raise them.
    """
    ground = wish.read_ground()
    start = Made((), base)
    mask = found if wish.on_paper else None
    if wish.on_paper:
        start = _followed(start, chain(wish.whitened(photograph, mask)))
    variants = [start]
    if wish.recolor:
        result = chain(wish.recolored(start.picture, mask, protect))
        variants = [_followed(start, result, index) for index in range(len(result.pictures))]
    steps = _steps(wish, mask, ground)
    return [_finished(chain, one, steps) for one in variants]


Step = Callable[[Picture], Request]


def _finished(chain: Chain, made: Made, steps: Sequence[Step]) -> Made:
    for step in steps:
        made = _followed(made, chain(step(made.picture)), index=made.index)
    return made


def _steps(wish: Settings, mask: Mask | None, ground: Ground) -> list[Step]:
    """What comes after the colours. The last edit that can lays the ground, else a request of its own does."""
    steps: list[Step] = []
    if wish.on_paper:
        if wish.shadow:
            steps.append(lambda picture: wish.shaded(picture, mask, None))
        if wish.frame:
            steps.append(lambda picture: wish.framed(picture, mask, None))
        return steps
    under = None if wish.white or wish.ground == TRANSPARENT else ground
    if wish.frame:
        steps.append(lambda picture: wish.framed(picture, None, None if wish.shadow else under))
    if wish.shadow:
        steps.append(lambda picture: wish.shaded(picture, None, under))
    if wish.white:
        steps.append(lambda picture: wish.whitened(picture, None))
    elif wish.ground != TRANSPARENT and not steps:
        steps.append(lambda picture: wish.laid(picture, ground))
    return steps


def _followed(made: Made, result: Result, index: int = 0) -> Made:
    """The next step's picture. A frame has another canvas than the layer of a shadow before it."""
    shaded = result.task == "shadow"
    layer = result.pictures[1] if shaded else None if result.task == "frame" else made.layer
    return Made((*made.results, result), result.pictures[0 if result.task != "recolor" else index], index, layer)
