"""Interfaces that a tab gets: the models it offers, and the function that runs its requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from gan.core.recipe import Run as Run


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
