"""Interfaces that a tab gets: the models it offers, and the function that runs its requests."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Protocol

from gan.core.contract import Progress, Request, Result


class Run(Protocol):
    """Carries out a request, wherever the networks are."""

    def __call__(
        self, request: Request, *, progress: Progress | None = None, cancel: threading.Event | None = None
    ) -> Result: ...


class Choice(Protocol):
    """A model as it is offered; one that is not ready says why."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def ready(self) -> bool: ...
    @property
    def reason(self) -> str: ...
    @property
    def config(self) -> Mapping[str, Any]: ...
