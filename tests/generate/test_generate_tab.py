"""The Generate tab: settings, text, directions and what a page shows of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from generate_handlers import (
    CATEGORIES,
    EVERYTHING,
    FINE,
    OWN,
    WAY,
    FakeModel,
    FakeRun,
    desk,
    latent,
)
from pages import within_a_loop

from gan.core.errors import InputError
from gan.generate import latent as latents
from gan.generate.directions import Direction
from gan.generate.page import directions, tab
from gan.generate.page import settings as tab_settings
from gan.generate.page.settings import Controls, Models, defaults, settings_of
from gan.generate.pipeline import Edit, GenerateRequest


def test_settings_and_requests_are_each_other_s_inverse() -> None:
    (back,) = tab_settings.to_requests(settings_of(EVERYTHING), edits=EVERYTHING.edits)
    assert back == EVERYTHING
    assert tab_settings.to_requests(defaults())[0] == tab_settings.to_requests({})[0] == GenerateRequest()
    assert settings_of(GenerateRequest()) == defaults()


@pytest.mark.parametrize(
    ("view", "as_drawn", "expected"), [(0, True, None), (0, False, 0.0), (-30, True, -30.0), (45, False, 45.0)]
)
def test_a_view_that_is_set_counts_more_than_the_tick(view: float, as_drawn: bool, expected: float | None) -> None:
    (request,) = tab_settings.to_requests({"azimuth": view, "as_drawn": as_drawn})
    assert request.sliders.azimuth_deg == expected


def test_nothing_ticked_means_nothing_mixed() -> None:
    assert tab_settings.to_requests({"mix_seed": 3, "mix": []})[0].mix_seed is None
    with pytest.raises(InputError, match="mix: there is no second seed"):
        tab_settings.to_requests({"mix": ["fine"]})


@pytest.mark.parametrize(
    "wrong",
    [
        {"seed": None},
        {"seed": -1},
        {"hue": 200},
        {"azimuth": 60},
        {"truncation": 2},
        {"size": 700},
        {"colour": "mauve"},
    ],
)
def test_what_cannot_be_asked_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        tab_settings.to_requests({**defaults(), **wrong})


def test_what_is_held_is_asked_for_one_by_one() -> None:
    made = tab_settings.to_requests({"seed": 5, "count": 8, "hue": 10}, held=[latent("chair"), latent("lamp")])
    assert [(one.latent and one.latent.category, one.seed, one.count) for one in made] == [
        ("chair", 5, 1),
        ("lamp", 6, 1),
    ]
    assert {one.sliders.hue_deg for one in made} == {10}


@pytest.mark.parametrize("text", ["red armchair from the left", "红色扶手椅 朝右"])
def test_a_line_of_text_sets_category_colour_and_view(text: str) -> None:
    settings, parsed = tab_settings.told({"hue": 20}, text, CATEGORIES)
    assert (settings["category"], settings["colour"], settings["hue"]) == ("chair", "red", 20)
    assert settings["azimuth"] < 0
    assert not settings["as_drawn"]
    assert not parsed.unknown


def test_only_what_was_not_understood_is_said() -> None:
    *_, held, release, line = desk().tell("red blorb", "", "auto", None)  # type: ignore[arg-type]
    assert "Not recognized: blorb" in line
    assert (held, release) == (gr.skip(), gr.skip())
    *_, held, release, line = desk().tell("a <b> chair", "", "auto", None)  # type: ignore[arg-type]
    assert held == ""
    assert release["visible"] is False
    assert "<b>" not in line
    assert desk().tell("", "lamp", "auto", None)[:2] == ["lamp", 0.0]  # type: ignore[arg-type]


def test_a_record_from_elsewhere_finds_room() -> None:
    placed = tab_settings.placed({**defaults(), "size": 300, "count": 40})
    assert placed["size"]["value"] == 300
    assert ("300 px", 300) in placed["size"]["choices"]
    assert placed["count"]["maximum"] == 40
    assert tab_settings.placed(defaults()) == defaults()


def test_a_saved_file_is_a_record_or_latents(tmp_path: Path) -> None:
    record, plain, bad = (tmp_path / name for name in ("record.json", "latents.json", "bad.json"))
    asked = EVERYTHING.replaced(latent=latent("lamp"))
    record.write_text(json.dumps({"request": asked.record()}), encoding="utf-8")
    assert tab_settings.read_saved(record) == (asked, (latent("lamp"),))
    latents.save(plain, (latent(), latent("lamp")))
    assert tab_settings.read_saved(plain) == (None, (latent(), latent("lamp")))
    for content in ("no JSON", "[" * 100_000, '{"request": {"seed": "x"}}', '{"latents": 3}', "{}"):
        bad.write_text(content)
        with pytest.raises(InputError):
            tab_settings.read_saved(bad)


def test_the_models_say_what_is_offered() -> None:
    ours, plain = FakeModel(), FakeModel(name="dcgan", config={"categories": ["product"], "attributes": []})
    both = Models([ours, plain, FakeModel(name="gone", ready=False)])
    assert [value for _, value in both.offered()] == ["auto", "generate-catalogue", "dcgan"]
    assert both.default == "auto"
    assert both.categories("auto") == CATEGORIES
    assert both.obeyed("auto") == ("hue_deg", "lightness", "size", "aspect", "azimuth_deg", "colour")
    assert both.obeyed("dcgan") == ()
    only = Models([plain])
    assert ([value for _, value in only.offered()], only.default) == (["dcgan"], "dcgan")
    controls = Controls(both)
    category, *others = controls.suited("dcgan", "chair")
    assert category["value"] == ""
    assert {update["visible"] for update in others} == {False}
    assert [update["value"] for update in others] == [0, 0, 0, 0, 0, "", True]
    category, *others = controls.suited("auto", "chair")
    assert category["value"] == "chair"
    assert all(update["visible"] and "value" not in update for update in others)


def library(find: Any = lambda _: [FINE, WAY]) -> directions.Library:
    return directions.Library(find, Models([FakeModel()]))


def test_the_directions_are_found_once() -> None:
    asked = []

    def find(name: str) -> list[Direction]:
        asked.append(name)
        return [WAY]

    once = library(find)
    assert once.of("auto") == once.of("generate-catalogue") == (WAY,)
    assert asked == ["generate-catalogue"]


def test_edits_are_the_active_ones_and_the_one_being_tried() -> None:
    kept = (Edit(direction=FINE, amount=1), Edit(direction=WAY, amount=-1))
    assert library().edits("auto", kept, [1], (), None, 3, "own", 1, None) == (kept[1],)
    assert library().edits("auto", kept, [], (), "PCA 1", 0, "own", 1, None) == ()
    (tried,) = library().edits("auto", (), [], (OWN,), "legs", 2.5, "own", 1, None)
    assert tried == Edit(direction=OWN, amount=2.5)


@pytest.mark.parametrize(
    ("layers", "first", "last", "expected"),
    [
        ("own", 1, None, (4, 6)),
        ("all", 1, None, (0, 6)),
        ("coarse", 1, None, (0, 4)),
        ("middle", 1, None, (4, 6)),
        ("range", 2, 3, (1, 3)),
        ("range", None, None, (0, 6)),
    ],
)
def test_a_direction_goes_where_it_is_told(
    layers: str, first: float | None, last: float | None, expected: tuple[int, int]
) -> None:
    assert library().limited("auto", FINE, layers, first, last).layers == expected


@pytest.mark.parametrize(
    ("layers", "first", "last"), [("range", 3, 2), ("range", 1, 7), ("range", -1, 2), ("fine", 1, 1)]
)
def test_a_range_without_layers_is_refused(layers: str, first: float, last: float) -> None:
    with pytest.raises(InputError, match="layers: "):
        library().limited("auto", FINE, layers, first, last)


def test_an_unknown_direction_is_refused() -> None:
    with pytest.raises(InputError, match='direction: "gone"'):
        library().edits("auto", (), [], (), "gone", 1, "own", 1, None)


def test_the_list_says_what_each_step_does() -> None:
    edits, group, amount = directions.show([Edit(direction=FINE, amount=-2)], "zh")
    assert (group["choices"], group["value"], group["visible"], amount) == (
        [("SeFa 表面（细） 1 -2 · 5–6", 0)],
        [0],
        True,
        0,
    )
    assert edits[0].direction is FINE
    assert directions.show([], "en")[1]["visible"] is False


def page_with(models: list[FakeModel]) -> tuple[dict[Any, Any], list[str]]:
    """The widgets by their ids, and all that is written as HTML."""

    def make() -> gr.Blocks:
        page = gr.Blocks(analytics_enabled=False)
        with page:
            tab.build(FakeRun(), models, lambda _: [WAY])
        return page

    blocks = list(within_a_loop(make).blocks.values())
    return {b.elem_id: b for b in blocks}, [str(b.value) for b in blocks if isinstance(b, gr.HTML)]


def test_without_a_model_the_buttons_are_off_and_the_reason_is_shown() -> None:
    blocks, written = page_with([FakeModel(ready=False, reason="its file is <missing>")])
    for name in ("generate-run", "generate-keep", "generate-saved", "project-run", "film-run"):
        assert blocks[name].interactive is False
    assert "generate-unavailable" in blocks
    assert any("&lt;missing&gt;" in text for text in written)
    assert "generate-unavailable" not in page_with([FakeModel()])[0]


def test_only_sliders_that_the_model_obeys_are_shown() -> None:
    names = ("hue", "lightness", "size-in-frame", "aspect", "azimuth", "as-drawn", "colour")
    blocks, _ = page_with([FakeModel()])
    assert all(blocks[f"generate-{name}"].visible for name in names)
    blocks, _ = page_with([FakeModel(config={"categories": ["product"], "attributes": []})])
    assert not any(blocks[f"generate-{name}"].visible for name in names)
