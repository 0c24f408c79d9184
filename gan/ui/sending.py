"""From one tab to another: a result's file becomes the other's photograph, and that tab comes to the front."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.components.base import Component

from gan.ui.widgets import LIGHT


def connect(tabs: gr.Tabs, send: gr.Button, file: Component, *, tab: str, photograph: Component) -> None:
    """Let a button send what a download button offers, in full quality, to a tab's photograph.

    Args:
        tabs: of the page.
        send: is shown from now on; without a tab to send to it stays hidden.
        file: holds the path.
        tab: id of the tab that comes to the front.
        photograph: that tab's widget.
    """
    send.visible = True

    def passed_on(path: str | None) -> tuple[Any, Any]:
        return (gr.skip(), gr.skip()) if path is None else (path, gr.Tabs(selected=tab))

    send.click(passed_on, file, [photograph, tabs], **LIGHT)


def part(page: gr.Blocks, elem_id: str) -> Any:
    """The widget of that element id, by which a tab is known to others as it is to tests.

    Raises:
        KeyError: there is none.
    """
    return {block.elem_id: block for block in page.blocks.values()}[elem_id]
