"""A result belongs to the picture that it was made of: where another picture is opened, the old result goes away."""

from __future__ import annotations

from typing import Any

import gradio as gr

from gan.ui.send_to import part
from gan.ui.widgets import LIGHT

PARTS = ("slider", "before", "after", "view", "summary", "download", "record")
"""Of `gan.ui.widgets.result_view`, by the ends of their elements' ids."""


def forget_with(page: gr.Blocks, name: str) -> None:
    """Empty a tab's result when its picture changes; closing a picture alone takes nothing away.

    Args:
        page: with the tab built, and the one that is being built now.
        name: prefix of the element ids.
    """
    picture = part(page, f"{name}-picture")
    parts = [part(page, f"{name}-{end}") for end in PARTS]
    shown = gr.State(None)
    outputs = [*parts, parts[PARTS.index("download")].parent, shown]
    picture.change(_forget, [picture, shown], outputs, **LIGHT)


def _forget(path: str | None, shown: str | None) -> tuple[Any, ...]:
    # Gradio tells of a file twice where another component has put it there; the second time may come after a result.
    if path is None or path == shown:
        return (gr.skip(),) * (len(PARTS) + 2)
    away, hidden = gr.update(value=None, visible=False), gr.update(visible=False)
    return gr.update(value=None, visible=True), away, away, hidden, "", None, None, hidden, path
