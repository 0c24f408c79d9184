"""Widgets take values of their own type; all others get one sentence that names the option."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest

from gan.core.errors import InputError
from gan.imaging.io.formats import Encoding
from gan.ui.strict import make_strict

make_strict()

SCALE = gr.Radio([("x1", 1), ("x2", 2), ("x4", 4)], elem_id="enhance-scale", render=False)
KIND = gr.Dropdown([("A", "a"), ("B", "b")], elem_id="shadow-kind", render=False)
SUGGEST = gr.CheckboxGroup(["dust", "text"], elem_id="inpaint-suggest", render=False)
EXIF = gr.Checkbox(elem_id="enhance-keep-exif", render=False)
QUALITY = gr.Slider(1, 100, 92, step=1, elem_id="enhance-quality", render=False)
ANGLE = gr.Number(elem_id="shadow-angle", render=False)
WORDS = gr.Textbox(elem_id="generate-text", render=False)


@pytest.mark.parametrize(
    ("widget", "value", "told"),
    [
        (EXIF, "false", "keep_exif: 'false'; true or false is expected. Correct the value."),
        (EXIF, None, "keep_exif: None; true or false is expected"),
        (EXIF, 0, "keep_exif: 0; true or false is expected"),
        (QUALITY, float("nan"), "quality: nan; a number is expected"),
        (QUALITY, None, "quality: None; a number is expected"),
        (QUALITY, 101, "quality: 101; 1 ... 100 is expected"),
        (QUALITY, True, "quality: True; a number is expected"),
        (ANGLE, "45", "angle: '45'; a number is expected"),
        (ANGLE, [45], "angle: [45]; a number is expected"),
        (ANGLE, float("inf"), "angle: inf; a number is expected"),
        (ANGLE, 10**300, "angle: 1000"),
        (WORDS, {"a": 1}, "text: {'a': 1}; a text is expected"),
        (WORDS, "x" * 10**6, "text: 'xxx"),
        (SCALE, 3, "scale: 3; 1, 2, 4 is expected"),
        (SCALE, [2], "scale: [2]; 1, 2, 4 is expected"),
        (SCALE, True, "scale: True; 1, 2, 4 is expected"),
        (SCALE, {"a": 2}, "scale: {'a': 2}; 1, 2, 4 is expected"),
        (KIND, "c", "kind: 'c'; a, b is expected"),
        (KIND, ["a"], "kind: ['a']; a, b is expected"),
        (SUGGEST, "dust", "suggest: 'dust'; a list is expected"),
        (SUGGEST, [["dust"]], "suggest: ['dust']; dust, text is expected"),
        (SUGGEST, ["rust"], "suggest: 'rust'; dust, text is expected"),
        (WORDS, ["<script>"], "text: ['&lt;script&gt;']; a text"),
    ],
)
def test_a_value_of_another_type_is_told(widget: Any, value: object, told: str) -> None:
    with pytest.raises(gr.Error) as caught:
        widget.preprocess(value)
    assert caught.value.message.startswith(told)
    assert len(caught.value.message) < 200
    assert not caught.value.print_exception


@pytest.mark.parametrize(
    ("widget", "value", "taken"),
    [
        (EXIF, True, True),
        (QUALITY, 92, 92),
        (ANGLE, 45.5, 45.5),
        (ANGLE, None, None),
        (WORDS, None, ""),
        (WORDS, "red", "red"),
        (SCALE, 2, 2),
        (SCALE, "2", 2),
        (SCALE, 2.0, 2),
        (SCALE, None, None),
        (KIND, "a", "a"),
        (SUGGEST, ["dust"] * 500, ["dust"]),
        (SUGGEST, None, []),
    ],
)
def test_what_the_page_sends_is_taken(widget: Any, value: object, taken: object) -> None:
    assert widget.preprocess(value) == taken
    assert type(widget.preprocess(value)) is type(taken)


def test_numbers_are_listed_as_numbers() -> None:
    assert SCALE.api_info() == {"type": "integer", "description": "one of 1, 2, 4"}
    assert KIND.api_info()["enum"] == ["a", "b"]


def test_twice_is_as_once() -> None:
    before = gr.Checkbox.preprocess
    make_strict()
    assert gr.Checkbox.preprocess is before


@pytest.mark.parametrize("name", ["lossless", "keep_exif", "keep_location"])
def test_a_text_keeps_no_location(name: str) -> None:
    with pytest.raises(InputError, match=f'{name}: "false"; true or false is expected'):
        Encoding(file_format="png", **{name: "false"})  # type: ignore[arg-type]
