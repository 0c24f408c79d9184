"""The horizon of one's own background as a line over the preview, in step with its slider."""

from __future__ import annotations

import gradio as gr

from gan.core.contract import Result
from gan.ui.assets import asset, html_of
from gan.ui.i18n import Language, word
from gan.ui.widgets import LIGHT


def overlay() -> gr.HTML:
    """Add the line's place; it belongs beside the preview in one column of class "stage"."""
    made = gr.HTML(elem_id="scene-horizon-line", padding=False)
    gr.on(None, None, js=asset("horizon.js"), **LIGHT)
    return made


def line(result: Result, to: Language) -> str:
    """The line where a scene's camera has its horizon; nothing where the scene has no own background."""
    stretch = result.details.get("stretch")
    if stretch is None:
        return ""
    at = (result.details["horizon"] + (stretch - 1) / 2) / stretch
    return html_of("horizon.html", share=at, stretch=stretch, name=word("scene.horizon.line", to))
