"""The Generate tab at work: choosing, loading, keeping, Stop, photographs, films."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from generate_handlers import (
    EVERYTHING,
    NAMES,
    WAY,
    FakeModel,
    FakeRun,
    desk,
    last,
    latent,
    shown,
    values,
)
from pages import endpoint, photograph
from PIL import Image

from gan.api import Studio
from gan.core.errors import InputError
from gan.generate import latent as latents
from gan.generate.attributes import Sliders
from gan.generate.page import directions, handlers, photo, result, tab, video
from gan.generate.page.settings import Models, settings_of
from gan.generate.pipeline import Edit, GenerateRequest
from gan.imaging.io.codec import decode
from gan.ui.background_job import report
from gan.ui.run_button import begin, end


def choose(number: int, made: result.RenderedResult) -> tuple[Any, ...]:
    event = gr.SelectData(None, {"index": number, "value": None})
    return last(desk().choose(made.gallery(), made.records, event, None))  # type: ignore[arg-type]


def test_a_chosen_picture_is_what_the_sliders_edit(tmp_path: Path) -> None:
    made = shown(tmp_path, EVERYTHING)
    put = choose(2, made)
    settings = dict(zip(NAMES, put, strict=False))
    assert settings["count"] == gr.skip()
    assert {**settings, "count": 3, "seed": 7} == settings_of(EVERYTHING)
    held, release, edits, group, amount, preview, line, file, record = put[len(NAMES) :]
    assert (settings["seed"], held, release["visible"]) == (9, "", False)
    assert (edits, group["value"], amount) == (EVERYTHING.edits, [0], 0)
    assert "seed 9" in line
    assert (Path(file).name, Path(record).name) == ("lamp-9.png", "lamp-9.json")
    with Image.open(preview) as image:
        assert image.size == (128, 128)


def test_a_chosen_latent_is_held(tmp_path: Path) -> None:
    put = choose(0, shown(tmp_path, GenerateRequest(latent=latent("lamp"))))
    assert latents.load(put[len(NAMES)].encode()) == (latent("lamp"),)
    assert put[len(NAMES) + 1]["visible"] is True


def load(path: Path) -> tuple[Any, ...]:
    return last(desk().load(None, str(path), *values({"hue": 15})))  # type: ignore[arg-type]


def test_a_record_sets_the_widgets_and_a_latent_is_held(tmp_path: Path) -> None:
    made = shown(tmp_path, EVERYTHING)
    put = load(made.record)
    settings = dict(zip(NAMES, put, strict=False))
    assert (settings["seed"], settings["hue"], settings["mix"]) == (7, 30, ["coarse", "fine"])
    put = load(made.latents)
    settings = dict(zip(NAMES, put, strict=False))
    assert (settings["hue"], settings["category"]) == (15, "lamp")
    assert len(latents.load(put[len(NAMES)].encode())) == 3
    assert "+ 2" in put[-1]


def test_a_record_of_a_model_that_is_not_offered_is_refused(tmp_path: Path) -> None:
    made = shown(tmp_path, GenerateRequest(model="another"))
    with pytest.raises(gr.Error, match="record: it was made with another"):
        load(made.record)


def test_keeping_adds_one_and_drops_none(tmp_path: Path) -> None:
    run = FakeRun()
    made = shown(tmp_path, GenerateRequest(category="chair", count=2))
    given = values({"category": "chair", "count": 4, "hue": 30})
    _, gallery, *_, records, _ = last(desk(run).keep(None, made.gallery(), made.records, *given))  # type: ignore[arg-type]
    assert [caption for _, caption in gallery] == ["chair-0-2", "chair-0", "chair-1"]
    assert len(records) == 3
    assert run.requests[0].count == 1
    assert len(last(desk().keep(None, None, [], *given))[1]) == 1  # type: ignore[arg-type]


def test_stop_reaches_the_run() -> None:
    run = FakeRun(step_s=0.1)
    steps = desk(run).generate(None, *values())  # type: ignore[arg-type]
    while not run.requests:
        next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert run.cancelled.wait(60)


def test_a_refusal_is_one_sentence_before_anything_is_run() -> None:
    run = FakeRun()
    with pytest.raises(gr.Error, match="mix: there is no second seed"):
        list(desk(run).generate(None, *values({"mix": ["fine"], "mix_seed": None})))  # type: ignore[arg-type]
    assert not run.requests


def test_the_endpoint_reads_text_and_replays_records(tmp_path: Path) -> None:
    run = FakeRun()
    api_generate = endpoint(lambda: tab.build(run, [FakeModel()], lambda _: [WAY]), "generate")  # type: ignore[list-item]
    assert len(last(api_generate())) == 7
    assert run.requests[0] == GenerateRequest()
    last(api_generate("small red lamp", seed=4, view=20))
    assert (run.requests[1].category, run.requests[1].sliders.colour, run.requests[1].seed) == ("lamp", "red", 4)
    assert run.requests[1].sliders.azimuth_deg == 20
    made = shown(tmp_path, EVERYTHING)
    last(api_generate(saved=str(made.record)))
    assert run.requests[2] == EVERYTHING.replaced(count=1)
    last(api_generate(saved=str(made.latents)))
    assert [one.latent for one in run.requests[3:]] == [latent("lamp")] * 3
    last(api_generate("", "chair", 9, 2, 0.5, 128, True, 10, -0.5, 0.25, 0.75, 0, False, "", "auto", 3, ["fine"]))
    assert run.requests[6] == GenerateRequest(
        category="chair",
        seed=9,
        count=2,
        truncation=0.5,
        size=128,
        transparent=True,
        sliders=Sliders(hue_deg=10, lightness=-0.5, size=0.25, aspect=0.75, azimuth_deg=0),
        mix_seed=3,
        mix=("fine",),
    )
    with pytest.raises(gr.Error, match="text: 3; a text is expected"):
        last(api_generate(3))


def test_a_real_record_makes_the_same_picture_bit_for_bit(tiny_generator: Path, tmp_path: Path) -> None:
    studio = Studio("cpu", tiny_generator)
    real = Models(studio.models("generate"))
    work = handlers.Handlers(studio.run, real, directions.Library(studio.directions, real), NAMES)
    replay = endpoint(lambda: tab.build(studio.run, studio.models("generate"), studio.directions), "generate")
    edit = Edit(direction=work.library.of("auto")[0], amount=2)
    wanted = {"count": 2, "size": 64, "hue": 60, "mix": ["coarse"], "transparent": True}
    made = last(work.generate(None, *values(wanted, "", (edit,), [0], (), None, 0, "own", 1, None)))  # type: ignore[arg-type]
    pixels = [Image.open(path).tobytes() for path, _ in made[1]]
    assert pixels[0] != pixels[1]
    for number, record in enumerate(made[8]):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(record), encoding="utf-8")
        again = last(replay(saved=str(path)))
        assert Image.open(again[0]).tobytes() == pixels[number]


def test_a_photograph_becomes_what_the_sliders_edit(tmp_path: Path) -> None:
    run = FakeRun()
    projector = photo.Projector(desk(run))
    path = str(photograph(tmp_path / "shoe.png"))
    settings = values({"hue": 40, "category": "chair", "size": 128})
    made = last(projector.project(None, path, 60, *settings))  # type: ignore[arg-type]
    file, pair, saved, summary, *put = made
    assert Path(file).name == "chair-projected.png"
    assert [decode(shown).rgb.shape[2:] for shown, _ in pair] == [(256, 256)] * 2
    assert "21.2 dB" in summary
    assert latents.load(Path(saved)) == (latent(),)
    placed = dict(zip(NAMES, put, strict=False))
    assert (placed["hue"], placed["category"]) == (0, "chair")
    assert latents.load(put[len(NAMES)].encode()) == (latent(),)
    assert len(made) == 4 + len(NAMES) + 2 + 3 + 2 + 1
    (asked,) = run.requests
    assert (asked.steps, asked.size, asked.category) == (60, 128, "chair")
    api_project = endpoint(lambda: tab.build(run, [FakeModel()], lambda _: [WAY]), "project")  # type: ignore[list-item]
    assert len(last(api_project(path, "lamp", 20, 64))) == 5
    assert (run.requests[1].steps, run.requests[1].size, run.requests[1].category) == (20, 64, "lamp")


def test_without_a_photograph_that_is_said() -> None:
    with pytest.raises(gr.Error, match="image: missing"):
        list(photo.Projector(desk()).project(None, None, 10, *values()))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1, 5,9", (1, 5, 9)), ("3-6", (3, 4, 5, 6)), ("1，2、3", (1, 2, 3)), ("", ()), (" 7 ,", (7,))],
)
def test_seeds_are_read_as_people_write_them(text: str, expected: tuple[int, ...]) -> None:
    assert video.seeds_of(text) == expected


@pytest.mark.parametrize("text", ["one", "1, x", "6-3", "-1", "4294967296", "1-100", "1.5", "١"])
def test_what_is_no_list_of_seeds_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="seeds: "):
        video.seeds_of(text)


def test_the_current_seed_is_added_behind() -> None:
    assert [video.with_seed(*given) for given in (("1, 2", 7), ("", 7), ("1,", 7), ("1", None))] == [
        "1, 2, 7",
        "7",
        "1, 7",
        "1",
    ]


@pytest.mark.parametrize(("file_format", "starts"), [("gif", b"GIF89a"), ("mp4", b"\x00\x00\x00")])
def test_a_film_from_widgets_to_a_file(file_format: str, starts: bytes) -> None:
    run = FakeRun()
    held = latents.to_json((latent(),))
    given = ("1, 2", 3, False, file_format, 128)
    settings = {"hue": 30, "seed": None}
    file, summary, status = last(video.Maker(desk(run)).film(None, *given, True, *values(settings, held)))  # type: ignore[arg-type]
    assert Path(file).read_bytes().startswith(starts)
    assert ("Frames" in summary, status) == (True, "")
    (asked,) = run.requests
    assert (asked.seeds, asked.latents, asked.frames, asked.loop, asked.size) == ((1, 2), (latent(),), 3, False, 128)
    assert (asked.sliders.hue_deg, asked.total_frames) == (30, 7)
    last(video.Maker(desk(run)).film(None, *given, False, *values(settings, held)))  # type: ignore[arg-type]
    assert run.requests[1].latents == ()


def test_one_product_is_no_film() -> None:
    with pytest.raises(gr.Error, match="a video needs at least two"):
        list(endpoint(lambda: tab.build(FakeRun(), [FakeModel()], lambda _: []), "film")(seeds="4"))  # type: ignore[list-item]


def test_a_film_for_programs_takes_the_products_settings() -> None:
    run = FakeRun()
    api_film = endpoint(lambda: tab.build(run, [FakeModel()], lambda _: []), "film")  # type: ignore[list-item]
    file, *_ = last(api_film("4-5", 2, True, "gif", 64, "red lamp", hue=20, view=10))
    assert Path(file).name == "packshot-film.gif"
    (asked,) = run.requests
    assert (asked.seeds, asked.frames, asked.category, asked.size) == ((4, 5), 2, "lamp", 64)
    assert (asked.sliders.hue_deg, asked.sliders.azimuth_deg, asked.sliders.colour) == (20, 10, "red")
    with pytest.raises(gr.Error, match="frames: 1; 2 to 120 is allowed"):
        last(api_film("4-5", 1))


def test_the_end_knows_stop_by_the_report_that_was_left() -> None:
    def line(status: str) -> Any:
        return end(status, None)[0]  # type: ignore[arg-type]

    assert line(begin(None)[0]) == ""  # type: ignore[arg-type]
    assert line("") == gr.skip()
    stopped = line(report("Generating", "en", fraction=0.5))
    assert "Stopped" in stopped
    assert line(stopped) == gr.skip()
