"""What a click says is taken where the page could have sent it, and told otherwise."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest

from gan.ui.selected import number, place, take_any_selection

take_any_selection()

ODD: list[Any] = [None, "x", True, {"a": 1}, [1], [1, "x"], [1, None], [float("nan"), 1], [1, 2, 3]]


def click(data: Any) -> gr.SelectData:
    return gr.SelectData(None, data)


def test_what_the_page_sends_is_taken() -> None:
    assert place(click({"index": [3, 4], "value": None})) == (3, 4)
    assert number(click({"index": 2, "value": "c"}), 3) == 2


@pytest.mark.parametrize("index", ODD, ids=str)
def test_what_is_no_place_or_number_is_told(index: Any) -> None:
    for read in (place, lambda event: number(event, 3)):
        with pytest.raises(gr.Error, match=r"click: .* is expected\. Correct the value\."):
            read(click({"index": index}))


@pytest.mark.parametrize("index", [-1, 3, 10**9])
def test_a_number_of_nothing_is_told(index: int) -> None:
    with pytest.raises(gr.Error, match=r"click: .*; 0 to 2 is allowed"):
        number(click({"index": index}), 3)


@pytest.mark.parametrize("data", [None, 3, [], {}])
def test_an_event_without_a_selection_is_told(data: Any) -> None:
    with pytest.raises(gr.Error, match="click: null; "):
        place(click(data))
