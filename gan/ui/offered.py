"""The models of a served page: a request that came over the network uses one of these and no other.

A model's name may be a path or a Hub id elsewhere. Over HTTP, and in a recipe or a record that a visitor sends, such a
name would tell which files the server has, make it ask the Hub, or load what the visitor has uploaded.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from gan.core.contract import Progress, Result
from gan.core.contract import Request as Task
from gan.core.errors import InputError
from gan.ui.protocols import Choice, Run

ALWAYS: Final = ("auto",)
_SHOWN: Final = 60


class Offered:
    """Functions that tabs are handed in place of the studio's own.

    Args:
        run: carries out a request, whatever model it names.
        models: a task's models.
        directions: a model's, which loads it.
    """

    def __init__(
        self,
        run: Run,
        models: Callable[[str], Sequence[Choice]],
        directions: Callable[[str], Sequence[Any]] | None = None,
    ) -> None:
        self._run = run
        self._models = models
        self._directions = directions
        self._names = set(ALWAYS)

    def models(self, task: str) -> Sequence[Choice]:
        """A task's models; their names are offered from now on."""
        found = self._models(task)
        self._names.update(choice.name for choice in found)
        return found

    def run(self, request: Task, *, progress: Progress | None = None, cancel: threading.Event | None = None) -> Result:
        """Carry out a request.

        Raises:
            InputError: it names another model; or as the run raises it.
        """
        self.check(getattr(request, "model", ALWAYS[0]))
        return self._run(request, progress=progress, cancel=cancel)

    def directions(self, name: str) -> Sequence[Any]:
        """A model's unsupervised directions. Raises `InputError` for a model that is not offered."""
        self.check(name)
        return [] if self._directions is None else self._directions(name)

    def check(self, name: object) -> None:
        """Raise `InputError` for what is no model of the page."""
        if not (isinstance(name, str) and name in self._names):
            raise InputError(
                "model",
                "{name} is not offered here",
                "auto and the models in this page's lists are allowed",
                "Choose one of these",
                name=repr(name)[:_SHOWN] if not isinstance(name, str) else name[:_SHOWN],
            )
