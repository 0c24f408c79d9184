"""What a tab is handed: the models that it offers, and the function that carries out its requests."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import gradio as gr

from gan.core.contract import Progress, Request, Result
from gan.ui import widgets
from gan.ui.i18n import label


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


def say_why_not(name: str, sentence: str, models: Sequence[Choice]) -> None:
    """Draw why a tab cannot work.

    Args:
        name: the tab's, as its elements' ids begin.
        sentence: a key of `gan.ui.locale.labels`.
        models: those that would be needed.
    """
    with gr.Column(elem_id=f"{name}-unavailable"):
        gr.Markdown(label(sentence))
        reasons = [f"{choice.title}: {choice.reason}" for choice in models if choice.reason]
        gr.HTML(widgets.facts_list([], reasons), elem_classes="summary", padding=False)
