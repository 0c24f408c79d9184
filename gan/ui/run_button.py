"""Buttons that start and stop long work, and the line that reports on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components.base import Component
from gradio.events import Dependency, EventListenerMethod, set_cancel_events

from gan.ui.background_job import report
from gan.ui.belonging import Belonging
from gan.ui.i18n import label, language, say
from gan.ui.widgets import COMPUTING, LIGHT


@dataclass(frozen=True)
class Bar:
    """One place to start, stop and follow work.

    Attributes:
        start: disabled while the work runs.
        stop: visible only while it runs.
        status: a report as `gan.ui.background_job.report` writes it; empty between runs.
    """

    start: gr.Button
    stop: gr.Button
    status: gr.HTML

    def attach(
        self,
        click: Callable[..., Dependency],
        handler: Callable[..., Any],
        inputs: Sequence[Component],
        outputs: Sequence[Any],
        *,
        api_name: str | None = None,
        stop: Callable[[gr.Request], None] | None = None,
        of: Belonging | None = None,
    ) -> Dependency:
        """Run a handler on a click, of this bar's own button or another that works for it.

        Args:
            handler: a generator, as one around `gan.ui.background_job.follow`; what it yields ends with the status.
            outputs: what it fills before the status.
            api_name: under which programs may call it; None for the page alone.
            stop: what Stop calls in place of ending the handler at once, for one that hands over what is done so far.
            of: the picture among the inputs, and what its result is shown by: with another picture that is taken away.

        Returns:
            The run, or the comparison with the picture, for what follows its success.
        """
        parts = [self.status, self.start, self.stop]
        began = click(begin, None, parts, queue=False, **LIGHT)
        running: Dependency = began.then(
            handler,
            list(inputs),
            [*outputs, self.status],
            js=None if of is None else of.sent(inputs),
            trigger_mode="once",
            api_name=api_name,
            api_visibility="private" if api_name is None else "public",
            **COMPUTING,
        )
        for ended in (running.success, running.failure):  # Stop leads there too; `then` does not follow a failure
            ended(end, self.status, parts, **LIGHT)
        if stop is None:
            set_cancel_events([EventListenerMethod(self.stop, "click")], [running])
        else:
            self.stop.click(stop, None, None, queue=False, **LIGHT)
        if of is None:
            return running
        of.watch()
        return of.settle(running.success)


def bar(name: str, start: str, *, enabled: bool = True, primary: bool = False) -> Bar:
    """The two buttons in a row, and the status below.

    Args:
        name: prefix of the element ids.
        start: the label's key of the button that starts.
        enabled: whether it can be pressed.
        primary: whether it is the one that the page is about.
    """
    with gr.Row():
        button = gr.Button(
            label(start),
            variant="primary" if primary else "secondary",
            interactive=enabled,
            elem_id=f"{name}-run",
        )
        stop = gr.Button(label("page.stop"), variant="stop", visible=False, elem_id=f"{name}-stop")
    return Bar(button, stop, gr.HTML(elem_id=f"{name}-status", elem_classes="status", padding=False))


def begin(request: gr.Request) -> tuple[Any, ...]:
    """Status, start, stop once the work was asked for and waits for its turn."""
    line = report("Waiting in the queue", language(request))
    return f'<div class="queued">{line}</div>', gr.update(interactive=False), gr.update(visible=True)


def end(status: str, request: gr.Request) -> tuple[Any, ...]:
    """After a result, an error or Stop. The first two take the report away, so one that is left means Stop.

    Stop itself says nothing: a report that is still on its way would write over it.
    """
    line: Any = gr.skip()
    if 'class="queued"' in status:
        line = ""
    elif 'class="bar"' in status:
        text = say("Stopped. Nothing was changed.", language(request))
        line = f'<div class="line" role="status">{text}</div>'
    return line, gr.update(interactive=True), gr.update(visible=False)
