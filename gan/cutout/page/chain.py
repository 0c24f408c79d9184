"""Steps on pictures in memory: one request after the other, with one progress for all of them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gan.core.contract import Progress, Request, Result
from gan.core.errors import Cancelled
from gan.cutout.page.settings import Step
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


def finished(chain: Chain, made: Made, steps: Sequence[Step]) -> list[Made]:
    """All that comes of a picture by the steps: several pictures where a step gives it several colors.

    Raises:
        InputError, WeightsError, Cancelled: as the requests and their runs raise them.
    """
    if not steps:
        return [made]
    first, *rest = steps
    result = chain(first.request(made.picture))
    several = range(len(result.pictures)) if result.task == "recolor" else [None]
    return [one for index in several for one in finished(chain, _followed(made, result, index), rest)]


def _followed(made: Made, result: Result, index: int | None) -> Made:
    """The next step's picture. A frame has another canvas than the layer of a shadow before it."""
    layer = {"shadow": result.pictures[-1], "frame": None}.get(result.task, made.layer)
    picture = result.pictures[0 if index is None else index]
    return Made((*made.results, result), picture, made.index if index is None else index, layer)
