"""Recipes carried out in memory: steps on a picture, one request after the other, with one progress for all of them.

The Cut-out page and Batch run this. A step knows its request's type, and nothing here knows which tasks there are, so
that pages of single rooms can have steps too; `gan.batch` reads steps from JSON by the names in `gan.tasks`.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from gan.core.contract import Progress, Request, Result
from gan.core.errors import Cancelled, InputError, StepError
from gan.core.option import PICTURE
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture

PARTS: Final = 100
"""The progress divides each request into so many."""


class Run(Protocol):
    """Runs a request: `gan.api.Studio.run`."""

    def __call__(
        self, request: Request, *, progress: Progress | None = None, cancel: threading.Event | None = None
    ) -> Result: ...


@dataclass(frozen=True, kw_only=True)
class Step:
    """A request without its picture.

    Attributes:
        kind: its type; one without a field for a picture draws its own.
        fields: the others, validated or not.
    """

    kind: type[Request]
    fields: Mapping[str, Any] = field(default_factory=dict)

    def request(self, picture: Picture | None) -> Request:
        """The request on this picture.

        Raises:
            InputError: a value that the request refuses.
        """
        given = {PICTURE: picture} if PICTURE in self.kind.model_fields else {}
        return self.kind(**{**self.fields, **given})

    def with_masks(self, mask: Mask | None, protect: Mask | None) -> Step:
        """The same with the product's mask, and that of what keeps its color, where it has fields for them."""
        known = {"mask": mask, "protect": protect}
        fields = {name: value for name, value in known.items() if value is not None and name in self.kind.model_fields}
        return dataclasses.replace(self, fields={**self.fields, **fields})


@dataclass(frozen=True)
class Made:
    """A finished picture.

    Attributes:
        results: of the requests that led to it, in order.
        picture: the last one's, or the picture that the steps began with.
        index: which of a step's several pictures it comes from.
        layer: the shadow alone; None where there is none.
    """

    results: tuple[Result, ...]
    picture: Picture
    index: int = 0
    layer: Picture | None = None


class Chain:
    """Runs requests one after the other, with one progress for all of them.

    Args:
        run: carries out each.
        total: how many there will be.
        progress: called as steps of `PARTS` each get on; None where nobody watches.
        cancel: ends the work before the next request.
    """

    def __init__(self, run: Run, total: int, progress: Progress | None, cancel: threading.Event | None) -> None:
        self._run = run
        self._total = max(1, total)
        self._progress = progress
        self._cancel = cancel
        self._done = 0

    def __call__(self, request: Request) -> Result:
        """Run the next request. Raises what the run raises, and `Cancelled`."""
        self.check()
        progress = part_of(self._progress, self._done, self._total)
        result = self._run(request, progress=progress, cancel=self._cancel)
        self._done += 1
        return result

    def check(self) -> None:
        """Raise `Cancelled` once nobody waits any longer."""
        if self._cancel is not None and self._cancel.is_set():
            raise Cancelled


def part_of(progress: Progress | None, number: int, count: int) -> Progress | None:
    """Map the progress of one of several requests or pictures to that of all of them."""
    if progress is None:
        return None
    return lambda done, total, what: progress(PARTS * number + PARTS * done // max(1, total), PARTS * count, what)


def finished(chain: Chain, made: Made, steps: Sequence[Step]) -> list[Made]:
    """All that comes of a picture by the steps: several pictures where a step gives it several colors.

    Raises:
        InputError, WeightsError, Cancelled: as the requests and their runs raise them.
    """
    if not steps:
        return [made]
    first, *rest = steps
    result = chain(first.request(made.picture))
    chain.check()
    several = range(len(result.pictures)) if result.task == "recolor" else [None]
    return [one for index in several for one in finished(chain, _followed(made, result, index), rest)]


@contextmanager
def at_step(number: int) -> Iterator[None]:
    """Add the step's number to an `InputError` raised within."""
    try:
        yield
    except StepError:
        raise
    except InputError as error:
        raise StepError(number, error) from error


def _followed(made: Made, result: Result, index: int | None) -> Made:
    """The next step's picture. A frame has another canvas than the layer of a shadow before it."""
    layer = {"shadow": result.pictures[-1], "frame": None}.get(result.task, made.layer)
    picture = result.pictures[0 if index is None else index]
    return Made((*made.results, result), picture, made.index if index is None else index, layer)
