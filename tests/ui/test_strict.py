"""Widgets take values of their own type; all others get one sentence that names the option."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from gradio.data_classes import FileData

from gan.core.errors import InputError
from gan.imaging.io.formats import Encoding
from gan.ui import strict
from gan.ui.strict import make_strict

make_strict()

SCALE = gr.Radio([("x1", 1), ("x2", 2), ("x4", 4)], elem_id="enhance-scale", render=False)
KIND = gr.Dropdown([("A", "a"), ("B", "b")], elem_id="shadow-kind", render=False)
SUGGEST = gr.CheckboxGroup(["dust", "text"], elem_id="inpaint-suggest", render=False)
EXIF = gr.Checkbox(elem_id="enhance-keep-exif", render=False)
QUALITY = gr.Slider(1, 100, 92, step=1, elem_id="enhance-quality", render=False)
ANGLE = gr.Number(elem_id="shadow-angle", render=False)
LEAST = gr.Number(minimum=1, elem_id="inpaint-by", render=False)
WORDS = gr.Textbox(elem_id="generate-text", render=False)
WAY = gr.Radio(["add", "remove"], value="add", elem_id="cutout-click-way", render=False)
STATUS = gr.HTML(elem_id="enhance-status", render=False)
EXAMPLES = gr.Dataset(
    components=[gr.Textbox(render=False)],
    samples=[["a"], ["b"], ["c"]],
    type="index",
    elem_id="enhance-examples",
    render=False,
)


@pytest.mark.parametrize(
    ("widget", "value", "told"),
    [
        (EXIF, "false", 'keep_exif: "false"; true or false is expected. Correct the value.'),
        (EXIF, None, "keep_exif: null; true or false is expected"),
        (EXIF, 0, "keep_exif: 0; true or false is expected"),
        (QUALITY, float("nan"), "quality: NaN; a number is expected"),
        (QUALITY, None, "quality: null; a number is expected"),
        (QUALITY, 101, "quality: 101; 1 to 100 is allowed"),
        (QUALITY, True, "quality: true; a number is expected"),
        (ANGLE, "45", 'angle: "45"; a number is expected'),
        (ANGLE, [45], "angle: [45]; a number is expected"),
        (ANGLE, float("inf"), "angle: Infinity; a number is expected"),
        (ANGLE, 10**300, "angle: 1000"),
        (WORDS, {"a": 1}, 'text: {"a": 1}; a text is expected'),
        (WORDS, "x" * 10**6, 'text: "xxx'),
        (SCALE, 3, "scale: 3; 1, 2, 4 are allowed"),
        (SCALE, [2], "scale: [2]; 1, 2, 4 are allowed"),
        (SCALE, True, "scale: true; 1, 2, 4 are allowed"),
        (SCALE, {"a": 2}, 'scale: {"a": 2}; 1, 2, 4 are allowed'),
        (KIND, "c", 'kind: "c"; a, b are allowed'),
        (KIND, ["a"], 'kind: ["a"]; a, b are allowed'),
        (SUGGEST, "dust", 'suggest: "dust"; a list is expected'),
        (SUGGEST, [["dust"]], 'suggest: ["dust"]; dust, text are allowed'),
        (SUGGEST, ["rust"], 'suggest: "rust"; dust, text are allowed'),
        (STATUS, 3, "status: 3; a text is expected"),
        (EXAMPLES, None, "examples: null; a whole number is expected"),
        (EXAMPLES, True, "examples: true; a whole number is expected"),
        (EXAMPLES, "a", 'examples: "a"; a whole number is expected'),
        (EXAMPLES, 3, "examples: 3; 0 to 2 is allowed"),
        (EXAMPLES, -1, "examples: -1; 0 to 2 is allowed"),
        (WORDS, ["<script>"], 'text: ["&lt;script&gt;"]; a text'),
    ],
)
def test_a_value_of_another_type_is_told(widget: Any, value: object, told: str) -> None:
    with pytest.raises(gr.Error) as caught:
        widget.preprocess(value)
    assert caught.value.message.startswith(told)
    assert len(caught.value.message) < 200
    assert not caught.value.print_exception


@pytest.mark.parametrize(
    ("widget", "value", "told"),
    [
        (ANGLE, "45", '"45"；应为数字。请更正该值。'),
        (EXIF, 0, "0；应为 true 或 false。"),
        (WORDS, 3, "3；应为文字。"),
        (SUGGEST, 3, "3；应为列表。"),
        (QUALITY, 101, "101；允许 1 到 100。"),
        (LEAST, 0, "0；不得小于 1。"),
        (SCALE, 3, "3；可选 1, 2, 4。"),
    ],
)
def test_a_chinese_sentence_is_chinese_to_its_end(
    widget: Any, value: object, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strict, "language", lambda _: "zh")
    with pytest.raises(gr.Error) as caught:
        widget.preprocess(value)
    assert told in caught.value.message


def test_a_file_that_is_used_is_not_old(tmp_path: Path) -> None:
    """Whoever works with an upload for longer than uploads are kept does not lose it."""
    for widget in (gr.File(type="filepath", render=False), gr.DownloadButton(render=False)):
        path = tmp_path / f"{type(widget).__name__}.png"
        path.write_bytes(b"x")
        os.utime(path, (0, 0))
        assert widget.preprocess(FileData(path=str(path))) == str(path)  # type: ignore[attr-defined]
        assert path.stat().st_mtime > 1


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
        (WAY, None, "add"),
        (STATUS, None, ""),
        (STATUS, "<b>x</b>", "<b>x</b>"),
        (EXAMPLES, 2, 2),
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


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_emptied_number_is_none(nothing: str | None) -> None:
    assert ANGLE.preprocess(nothing) is None  # type: ignore[arg-type]
