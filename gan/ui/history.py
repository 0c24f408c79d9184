"""Recent results in the visitor's own browser: a small picture of each, and a link that sets the same again.

Nothing of it reaches the server, and nothing is kept before the visitor says that the browser is nobody else's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

import gradio as gr
from gradio.components.base import Component

from gan.ui.deep_link import query_of
from gan.ui.events import LIGHT
from gan.ui.i18n import label

_ADDED: Final = """(...values) => {
  const query = (QUERY)(values)
  window.packshotHistory?.add(query.get('tab'), String(query))
}"""


def add(page: gr.Blocks, remembered: Mapping[str, Sequence[Component]]) -> None:
    """Add the fold, and note every result of a tab with a summary.

    Args:
        remembered: each tab's controls, by the tab's id.
    """
    with gr.Accordion(label("history.title"), open=False, elem_id="history") as fold:
        keep = gr.Checkbox(False, label=label("history.keep"), info=label("history.keep.info"), elem_id="history-keep")
        gr.HTML("<ol></ol>", elem_id="history-list", padding=False)
        clear = gr.Button(label("history.clear"), size="sm", elem_id="history-clear")
    gr.on(None, None, None, keep, js="() => window.packshotHistory?.kept() ?? false", **LIGHT)
    fold.expand(None, js="() => { setTimeout(() => window.packshotHistory?.draw(), 100) }", **LIGHT)
    keep.input(None, keep, js="on => { window.packshotHistory?.keep(on) }", **LIGHT)
    clear.click(
        None, keep, js="on => { window.packshotHistory?.keep(false); window.packshotHistory?.keep(on) }", **LIGHT
    )
    summaries = {block.elem_id: block for block in page.blocks.values() if isinstance(block, gr.HTML)}
    for tab, controls in remembered.items():
        summary = summaries.get(f"{tab}-summary")
        if summary is not None:
            script = _ADDED.replace("QUERY", query_of({tab: controls}, json.dumps(tab)))
            summary.change(None, list(controls), js=script, **LIGHT)
