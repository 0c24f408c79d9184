"""Links with settings: what is set, what is passed over and said, and what the page itself offers to set."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest
from pages import within_a_loop

from gan.ui.deep_link import followed, named
from gan.ui.i18n import label
from gan.ui.strict import make_strict
from gan.ui.widgets import footer


@pytest.fixture
def remembered() -> dict[str, list[Any]]:
    make_strict()
    return {
        "enhance": [
            gr.Radio([1, 2, 4], value=2, elem_id="enhance-scale"),
            gr.Slider(0, 1, 1, elem_id="enhance-strength"),
            gr.Checkbox(elem_id="enhance-keep-exif"),
            gr.File(elem_id="enhance-reference"),
        ],
        "cutout": [
            gr.ColorPicker("#ffffff", elem_id="cutout-color"),
            gr.CheckboxGroup(["text", "dust"], elem_id="cutout-suggest"),
            gr.Textbox(elem_id="shadow-note"),
            gr.Dropdown([("A", "a"), ("B", "b")], elem_id="cutout-model"),
            gr.Number(minimum=0, maximum=50, precision=0, elem_id="cutout-grow"),
        ],
    }


def test_a_link_sets_what_it_names_in_the_tab_that_it_names(remembered: dict[str, list[Any]]) -> None:
    skip = gr.skip()
    told = followed("tab=enhance&scale=4&strength=0.25&keep-exif=true", remembered, "en")
    assert told == ("enhance", [4, 0.25, True, *[skip] * 6], [])
    query = "tab=cutout&color=%231F6FEB&suggest=text,dust&shadow_note=a%20%3Cb%3E&model=b&grow=7&__theme=dark"
    assert followed(query, remembered, "en") == (
        "cutout",
        [*[skip] * 4, "#1F6FEB", ["text", "dust"], "a <b>", "b", 7],
        [],
    )


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("scale=3", 'scale: "3"; 1, 2, 4 are allowed'),
        ("strength=7", "strength: 7; 0 to 1 is allowed"),
        ("strength=nan", "a number"),
        ("strength=x", "a number"),
        ("keep_exif=perhaps", "true or false"),
        ("reference=/etc/passwd", "it is no setting of this tab"),
        ("<b>=1", "it is no setting of this tab; a link sets scale, strength, keep_exif. Correct the link."),
    ],
)
def test_what_cannot_be_is_passed_over_with_a_sentence(query: str, told: str, remembered: dict[str, list[Any]]) -> None:
    tab, values, problems = followed(f"tab=enhance&{query}", remembered, "en")
    assert tab == "enhance"
    (problem,) = problems
    assert told in problem
    assert "<b>" not in problem
    assert values == [gr.skip()] * 9


@pytest.mark.parametrize(
    "query", ["", "tab=", "tab=nowhere", "scale=4", "tab=%3Cscript%3E", "&&=", "tab=" + "x" * 99999]
)
def test_a_link_to_no_tab_sets_nothing(query: str, remembered: dict[str, list[Any]]) -> None:
    tab, values, (problem,) = followed(query, remembered, "en")
    assert tab is None
    assert values == [gr.skip()] * 9
    assert "enhance, cutout are allowed" in problem
    assert "<script>" not in problem
    assert len(problem) < 300


@pytest.mark.parametrize(("name", "text"), [("color", "red"), ("suggest", "rust"), ("model", "c"), ("grow", "51")])
def test_each_kind_of_control_refuses_what_it_does_not_have(
    name: str, text: str, remembered: dict[str, list[Any]]
) -> None:
    _, values, problems = followed(f"tab=cutout&{name}={text}", remembered, "zh")
    assert values == [gr.skip()] * 9
    assert len(problems) == 1
    assert "Correct" not in problems[0]


def test_names_are_those_of_programs_and_files_have_none(remembered: dict[str, list[Any]]) -> None:
    assert list(named("enhance", remembered["enhance"])) == ["scale", "strength", "keep_exif"]
    assert list(named("cutout", remembered["cutout"])) == ["color", "suggest", "shadow_note", "model", "grow"]


@pytest.mark.parametrize("on_space", [True, False])
def test_the_footer_names_agents_and_a_copy_only_where_they_are(
    on_space: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACE_ID", "someone/studio") if on_space else monkeypatch.delenv("SPACE_ID", raising=False)

    def make() -> gr.Blocks:
        with gr.Blocks(analytics_enabled=False) as page:
            footer(mcp=on_space)
        return page

    there: dict[Any, Any] = {block.elem_id: block for block in within_a_loop(make).blocks.values()}
    assert ("duplicate" in there) is on_space
    assert 'href="endpoints?view=api"' in there["footer-links"].value
    assert ("MCP" in there["footer-links"].value) is on_space
    assert str(label("page.link")) in str(there["copy-link"].value)
