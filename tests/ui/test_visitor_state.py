"""What a server keeps of each visitor: nothing of the page's configuration, and no value that was sent once."""

from __future__ import annotations

import gradio as gr
import pytest
from gradio import route_utils, state_holder
from pages import within_a_loop

from gan.ui.visitor_state import VisitorState, keep_visitors_small


@pytest.fixture(scope="module")
def page() -> gr.Blocks:
    def make() -> gr.Blocks:
        with gr.Blocks(analytics_enabled=False) as made:
            for number in range(50):
                gr.Slider(0, 100, value=number)
            gr.State([1, 2])
        return made

    return within_a_loop(make)


def numbers(page: gr.Blocks, kind: type) -> list[int]:
    return [number for number, block in page.blocks.items() if isinstance(block, kind)]


def test_a_visitor_costs_no_copy_of_the_page(page: gr.Blocks) -> None:
    assert len(list(state_holder.SessionState(page).components)) > 50 or state_holder.SessionState is VisitorState
    assert list(VisitorState(page).components) == []


def test_what_was_sent_is_not_kept(page: gr.Blocks) -> None:
    state = VisitorState(page)
    slider = numbers(page, gr.Slider)[0]
    state._update_value_in_config(slider, "x" * 1000)
    state[slider] = gr.Slider(0, 7, render=False)
    state._update_config(slider)
    assert state[slider].maximum == 7  # type: ignore[attr-defined]
    assert list(state.components) == []


def test_each_visitor_has_values_of_its_own(page: gr.Blocks) -> None:
    (number,) = numbers(page, gr.State)
    one, other = VisitorState(page), VisitorState(page)
    one[number].append(3)
    assert (one[number], other[number]) == ([1, 2, 3], [1, 2])


def test_the_page_s_visitors_are_kept_so(page: gr.Blocks, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (state_holder, route_utils):
        monkeypatch.setattr(module, "SessionState", module.SessionState)
    keep_visitors_small()
    holder = state_holder.StateHolder()
    holder.set_blocks(page)
    assert type(holder["somebody"]) is VisitorState
    assert route_utils.SessionState is VisitorState
