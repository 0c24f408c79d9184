"""Interfaces that a tab gets: the models it offers, and the function that runs requests; and its own for the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import gradio as gr
from gradio.components.base import Component

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


@dataclass(frozen=True)
class Tab:
    """Components of a tab that the page connects.

    Attributes:
        settings: the controls whose settings are worth remembering.
        photograph: where a picture from another tab goes.
        picture: holds the result's file, or that of the picture that is chosen.
    """

    settings: list[Component]
    photograph: gr.File
    picture: gr.DownloadButton
