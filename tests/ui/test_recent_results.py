"""Recent results: noted by the browser alone, from a tab's summary, and off until the visitor turns them on."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest
from pages import within_a_loop

from gan.ui import history
from gan.ui.assets import asset
from gan.ui.serve import launch_options


@pytest.fixture
def page() -> gr.Blocks:
    def make() -> gr.Blocks:
        with gr.Blocks(analytics_enabled=False) as blocks:
            scale = gr.Radio([1, 2, 4], value=2, elem_id="enhance-scale")
            gr.HTML(elem_id="enhance-summary")
            history.add(blocks, {"enhance": [scale], "batch": [gr.Checkbox(elem_id="batch-x")]})
        return blocks

    return within_a_loop(make)


def part(page: gr.Blocks, elem_id: str) -> Any:
    return next(block for block in page.blocks.values() if getattr(block, "elem_id", None) == elem_id)


def test_nothing_of_it_reaches_the_server(page: gr.Blocks) -> None:
    assert len(page.fns) == 5
    for event in page.fns.values():
        assert event.fn is None
        assert event.js is not None
        assert "packshotHistory" in str(event.js)


def test_it_is_off_at_first_and_says_why(page: gr.Blocks) -> None:
    keep = part(page, "history-keep")
    assert keep.value is False
    assert keep.info is not None


def test_a_result_is_noted_with_its_tabs_settings(page: gr.Blocks) -> None:
    summary = part(page, "enhance-summary")
    (event,) = (one for one in page.fns.values() if (summary._id, "change") in one.targets)
    assert [block.elem_id for block in event.inputs] == ["enhance-scale"]
    script = str(event.js)
    assert '["enhance", "scale", 2]' in script
    assert not {"QUERY", "CONTROLS", "TAB"} & set(script.replace("(", " ").replace(")", " ").split())


def test_the_script_is_on_every_page() -> None:
    assert asset("history.js") in launch_options(None, None)["js"]
