"""A button that shows the original picture for as long as it is held: with the mouse, a finger, or a key."""

from __future__ import annotations

import gradio as gr

from gan.ui.assets import asset
from gan.ui.i18n import label
from gan.ui.widgets import LIGHT, ResultView


def overlay(name: str, view: ResultView) -> gr.Image:
    """Add the original, which lies over a result for as long as the button is held.

    Args:
        name: prefix of the element ids.
    """
    with view.stage:
        original = gr.Image(
            type="filepath",
            interactive=False,
            show_label=False,
            label=label("result.original"),
            buttons=[],
            elem_id=f"{name}-original",
            elem_classes="original",
        )
    gr.on(None, None, js=asset("compare_button.js"), **LIGHT)
    return original


def button(name: str) -> gr.Button:
    """Add the button, hidden until there is something to compare."""
    return gr.Button(
        label("result.hold"), size="sm", visible=False, min_width=240, elem_id=f"{name}-hold", elem_classes="hold"
    )
