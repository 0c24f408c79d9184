"""From one tab to another: a result's file becomes the other's photograph, and that tab comes to the front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import gradio as gr
from gradio.components.base import Component

from gan.ui.i18n import label
from gan.ui.widgets import LIGHT


@dataclass(frozen=True)
class Place:
    """A tab that pictures come from and go to.

    Attributes:
        name: the tab's id, with which the elements' ids begin.
        picture: holds the path of what it made.
        send: one of its buttons that send it on; others are put beside it.
        photograph: takes a picture; None where the tab has no use for one.
    """

    name: str
    picture: Component
    send: gr.Button
    photograph: Component | None


def link(tabs: gr.Tabs, places: Sequence[Place]) -> None:
    """Let what each place made go to every other: the tabs need not know one another."""
    for source, target in permutations(places, 2):
        if target.photograph is None:
            continue
        elem_id = f"{source.name}-send-{target.name}"
        send = source.send if source.send.elem_id == elem_id else _beside(source.send, f"send.{target.name}", elem_id)
        connect(tabs, send, source.picture, tab=target.name, photograph=target.photograph)


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


def _beside(button: gr.Button, key: str, elem_id: str) -> gr.Button:
    row = button.parent
    if row is None:
        raise ValueError(f"{button.elem_id} stands in no row")
    with row:
        return gr.Button(label(key), size=button.size, min_width=button.min_width, visible=False, elem_id=elem_id)
