"""Stylize's contact sheet, and its result as a recipe for many pictures."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
from pages import FakeChoice, FakeStudio, photograph, within_a_loop
from stylings import FORMAT, NAMES, FakeRun, call, on_page, page_with, photographic, values

import app
from gan.batch.page.recipe import STANDARD, chosen
from gan.stylize.presets import PRESETS

# The contact sheet


def test_the_sheet_has_every_preset_by_its_name(tmp_path: Path) -> None:
    run = FakeRun()
    path = photograph(tmp_path / "shoe.png")
    for step in call(run, "sheet", str(path), 0.5, mask="nowhere.png"):
        if step[0] != gr.skip():
            file, shown, status = step
            assert Path(file).name == "shoe-styles.png"
            assert [title for _, title in shown] == [preset.title for preset in PRESETS.values()]
            assert all(Path(cell).is_file() for cell, _ in shown)
            assert status == ""
    (request,) = run.requests
    assert (request.strength, request.mask, request.chosen) == (0.5, None, NAMES)


def test_stop_reaches_the_sheet(tmp_path: Path) -> None:
    run = FakeRun(step_s=0.1)
    steps = call(run, "sheet", str(photograph(tmp_path / "shoe.png")))
    while not run.requests:
        next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert len(run.requests) == 1


# Many pictures


def test_a_result_is_a_recipe_for_many_pictures(tmp_path: Path) -> None:
    own = photograph(tmp_path / "sea.png", (64, 64))
    given = values((NAMES[0], [str(own)], 1, 1, 1, 1), kind="photographic", strength=0.5)
    made = tmp_path / "made.png"
    for step in on_page(photographic(tmp_path), photograph(tmp_path / "shoe.png"), *given, *FORMAT):
        if step[0] != gr.skip():
            made.write_bytes(Path(step[0]).read_bytes())
    recipe = chosen(str(made), [str(own)], STANDARD, lambda _: [])
    assert [step.task for step in recipe.steps] == ["stylize"]
    (arguments,) = recipe.arguments
    assert (arguments["kind"], arguments["strength"]) == ("photographic", 0.5)
    assert [style.picture.width_px for style in arguments["styles"]] == [64]


def test_the_button_hands_it_to_batch() -> None:
    page = within_a_loop(lambda: app.build(FakeStudio()))  # type: ignore[arg-type]
    ids = {block.elem_id: number for number, block in page.blocks.items() if getattr(block, "elem_id", None)}
    (event,) = [event for event in page.fns.values() if (ids["stylize-many"], "click") in event.targets]
    assert event.fn is not None
    made, styles, fold, tabs = event.fn("made.png", ["sea.png"])
    assert (made, styles, fold["open"], tabs.selected) == ("made.png", ["sea.png"], True, "batch")
    assert event.fn(None, None) == (gr.skip(),) * 4


def test_stop_ends_the_sheet() -> None:
    blocks = page_with([FakeChoice()])
    ids = {block.elem_id: number for number, block in blocks.blocks.items() if getattr(block, "elem_id", None)}
    stops = [event for event in blocks.fns.values() if (ids["stylize-sheet-stop"], "click") in event.targets]
    assert any(event.cancels for event in stops)
