"""Stop for work that hands over what is done so far: it ends at its next step, and its result comes all the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr


class Stops:
    """One for each place where such work is started; every visitor's own run is stopped, and no other."""

    def __init__(self) -> None:
        self._running: dict[str | None, threading.Event] = {}
        self._asked: set[str | None] = set()

    def stop(self, request: gr.Request) -> None:
        """End the visitor's run at its next step, or as it begins; what `gan.ui.run_button.Bar.attach` takes."""
        self._asked.add(_visitor(request))
        if running := self._running.get(_visitor(request)):
            running.set()

    def begin(self, request: gr.Request | None, cancel: threading.Event) -> None:
        """Let `stop` set this event from now on; at once where it was asked for already."""
        self._running[_visitor(request)] = cancel
        if _visitor(request) in self._asked:
            cancel.set()

    @contextmanager
    def until_the_end(self, request: gr.Request | None) -> Iterator[None]:
        """Afterwards nothing of the run is remembered."""
        try:
            yield
        finally:
            self._running.pop(_visitor(request), None)
            self._asked.discard(_visitor(request))


def _visitor(request: gr.Request | None) -> str | None:
    return None if request is None else request.session_hash
