"""Gradio's state of a visitor without its copy of the page.

Gradio 6.31 keeps for every visitor the configuration of all components, and in it the last value that each of them was
sent: on this page 6,000 objects and more than a megabyte, whoever calls one endpoint once, and a body of settings of
any size for as long as the visitor is among the last `state_session_capacity`. Only its deep links read it, which this
page does not have (`gan.ui.doors`).
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import gradio as gr
from gradio import route_utils, state_holder


class VisitorState(state_holder.SessionState):
    """The components that differ from the page's, and the values of `gr.State`."""

    def __init__(self, blocks: gr.Blocks) -> None:
        without_components: Any = SimpleNamespace(default_config=blocks.default_config, blocks={})
        super().__init__(without_components)

    def __setitem__(self, key: int, value: Any) -> None:
        super().__setitem__(key, value)
        self.config_values.clear()

    def _update_config(self, key: int) -> None:
        pass

    def _update_value_in_config(self, key: int, value: Any) -> None:
        pass


def keep_visitors_small() -> None:
    """Let this process make all states of visitors so; once is enough."""
    for module in (state_holder, route_utils):
        setattr(module, "SessionState", VisitorState)  # noqa: B010
