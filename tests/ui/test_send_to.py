"""Buttons that send a result to another tab: one event for all of them, which goes by the button that was pressed."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest
from pages import within_a_loop

from gan.ui.send_to import Place, link

NAMES = ("enhance", "cutout", "batch")


@pytest.fixture(scope="module")
def page() -> gr.Blocks:
    def make() -> gr.Blocks:
        with gr.Blocks(analytics_enabled=False) as page:
            places = []
            with gr.Tabs() as tabs:
                for name in NAMES:
                    with gr.Tab(name, id=name):
                        with gr.Row() as files:
                            made = gr.File()
                        places.append(Place(name, made, files, gr.File() if name != "batch" else None))
            link(tabs, places)
        return page

    return within_a_loop(make)


def sent(page: gr.Blocks, source: str, pressed: str | None, path: str | None) -> list[Any]:
    named = {block.elem_id: block for block in page.blocks.values()}
    (event,) = [
        one for one in page.fns.values() if (named[f"{source}-send-{_other(source)}"]._id, "click") in one.targets
    ]
    assert event.fn is not None
    return list(event.fn(path, gr.EventData(named.get(pressed), {})))


def _other(source: str) -> str:
    return "cutout" if source == "enhance" else "enhance"


def test_each_place_has_one_event(page: gr.Blocks) -> None:
    assert sorted(len(event.targets) for event in page.fns.values()) == [1, 1, 2]


def test_the_pressed_button_s_tab_gets_the_file_and_comes_to_the_front(page: gr.Blocks) -> None:
    first, second, tabs = sent(page, "batch", "batch-send-cutout", "a.png")
    assert (first, second, tabs.selected) == (gr.skip(), "a.png", "cutout")


@pytest.mark.parametrize(("pressed", "path"), [("batch-send-cutout", None), (None, "a.png")])
def test_without_a_file_or_a_button_nothing_changes(page: gr.Blocks, pressed: str | None, path: str | None) -> None:
    assert sent(page, "batch", pressed, path) == [gr.skip()] * 3
