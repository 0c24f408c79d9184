"""From one tab to another: a result's file becomes the other's photograph, and that tab comes to the front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.blocks import BlockContext
from gradio.components.base import Component

from gan.ui.i18n import label
from gan.ui.widgets import LIGHT


@dataclass(frozen=True)
class Place:
    """A tab that pictures come from and go to.

    Attributes:
        name: the tab's id, with which the elements' ids begin.
        picture: holds the path of what it made.
        files: the row or column of the result's files, shown while there is one; the control goes to its end.
        photograph: takes a picture; None where the tab has no use for one.
    """

    name: str
    picture: Component
    files: BlockContext
    photograph: Component | None


def link(tabs: gr.Tabs, places: Sequence[Place]) -> None:
    """Let what each place made go to every other: the tabs need not know one another.

    Each gets one line, "Send to", of small buttons that bear the other tabs' names, reached with Tab and pressed with
    Enter as all buttons are.
    """
    for source in places:
        targets = [target for target in places if target is not source and target.photograph is not None]
        if not targets:
            continue
        with source.files, gr.Row(elem_id=f"{source.name}-send", elem_classes="send-to"):
            gr.Markdown(label("send.title"), elem_classes="facts")
            buttons = [
                gr.Button(label(f"tab.{to.name}"), size="sm", min_width=0, elem_id=f"{source.name}-send-{to.name}")
                for to in targets
            ]
        _connect(tabs, source.picture, dict(zip(buttons, targets, strict=True)))


def _connect(tabs: gr.Tabs, file: Component, targets: Mapping[gr.Button, Place]) -> None:
    """Let each button send what a download button offers, in full quality, to its tab's photograph.

    One event for all of them: a browser goes through every event of the page each time it draws one.
    """
    names = {button.elem_id: place.name for button, place in targets.items()}

    def passed_on(path: str | None, event: gr.EventData) -> tuple[Any, ...]:
        chosen = names.get(getattr(event.target, "elem_id", None))
        if path is None or chosen is None:
            return (gr.skip(),) * (len(names) + 1)
        files = (path if name == chosen else gr.skip() for name in names.values())
        return *files, gr.Tabs(selected=chosen)

    photographs: list[Any] = [place.photograph for place in targets.values()]
    gr.on([button.click for button in targets], passed_on, file, [*photographs, tabs], **LIGHT)


def link_steps(page: gr.Blocks, tabs: gr.Tabs) -> None:
    """Let Stylize's last result be a recipe of Batch: the picture carries its steps, which name the style pictures."""
    recipe, more, fold = (part(page, f"batch-{name}") for name in ("recipe", "more", "own"))

    def passed_on(made: str | None, styles: list[str] | None) -> tuple[Any, ...]:
        if made is None:
            return (gr.skip(),) * 4
        return made, styles, gr.update(open=True), gr.Tabs(selected="batch")

    inputs = [part(page, f"stylize-{name}") for name in ("download", "own")]
    part(page, "stylize-many").click(passed_on, inputs, [recipe, more, fold, tabs], **LIGHT)


def part(page: gr.Blocks, elem_id: str) -> Any:
    """The widget of that element id, by which a tab is known to others as it is to tests.

    Raises:
        KeyError: there is none.
    """
    return {block.elem_id: block for block in page.blocks.values()}[elem_id]
