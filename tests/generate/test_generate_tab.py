"""Generate's tab: from widgets to requests and back, from results to files, and every handler without a browser."""

from __future__ import annotations

import dataclasses
import io
import json
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import torch
from pages import SHA256, photograph, within_a_loop
from PIL import Image

from gan.contract import Progress, Request, Result
from gan.errors import Cancelled, InputError
from gan.generate import latent as latents
from gan.generate import tab, tab_directions, tab_film, tab_photo, tab_result, tab_settings, tab_work
from gan.generate.directions import Direction
from gan.generate.interpolation import FilmRequest
from gan.generate.latent import Latent
from gan.generate.pipeline import Edit, GenerateRequest, record_of
from gan.generate.projection import ProjectRequest
from gan.generate.sliders import Sliders
from gan.generate.tab_settings import INDEX, Models, Settings
from gan.imaging.codec import decode
from gan.imaging.picture import Picture
from gan.studio import Studio
from gan.ui.running import begin, end
from gan.ui.work import report

CATEGORIES = ("chair", "lamp")
ATTRIBUTES = ("lightness", "blue", "red", "size", "aspect", "azimuth")
WAY = Direction(name="PCA 1", kind="pca", vector=(1.0, 0.0), layers=(0, 6))
FINE = Direction(name="SeFa fine 1", kind="sefa", vector=(0.0, 1.0), layers=(4, 6))
OWN = Direction(name="legs", kind="saved", vector=(0.5, 0.5), layers=(0, 2))


@dataclasses.dataclass(frozen=True)
class FakeModel:
    name: str = "generate-catalogue"
    title: str = "Ours"
    ready: bool = True
    reason: str = ""
    config: Mapping[str, Any] = dataclasses.field(
        default_factory=lambda: {"categories": list(CATEGORIES), "attributes": list(ATTRIBUTES)}
    )


class FakeRun:
    """Flat pictures whose lightness is the seed's; remembers what it was asked."""

    def __init__(self, step_s: float = 0.0) -> None:
        self.step_s = step_s
        self.requests: list[Any] = []
        self.cancelled = threading.Event()

    def __call__(
        self, request: Request, *, progress: Progress | None = None, cancel: threading.Event | None = None
    ) -> Result:
        self.requests.append(request)
        for step in range(10 if self.step_s else 0):
            if cancel is not None and cancel.is_set():
                self.cancelled.set()
                raise Cancelled
            time.sleep(self.step_s)
            if progress is not None:
                progress(step + 1, 10, "Generating")
        details: dict[str, Any] = {"model": "generate-catalogue"}
        if isinstance(request, FilmRequest):
            pictures = tuple(flat(32, number / 50) for number in range(request.total_frames))
        elif isinstance(request, ProjectRequest):
            pictures = (flat(request.size, 0.3, name="chair-projected.png"),)
            details |= {"latent": latent("chair"), "psnr": 21.25, "category": "chair"}
        else:
            assert isinstance(request, GenerateRequest)
            found = [request.latent or latent(request.category or "lamp") for _ in range(request.count)]
            pictures = tuple(
                flat(request.size, (request.seed + i) % 100 / 100, name=f"{one.category}-{request.seed + i}.png")
                for i, one in enumerate(found)
            )
            details["latents"] = found
        weights = {"generate-catalogue": SHA256}
        return Result("generate", pictures, request.seed, 0.5, weights, (), details, request.record())


def flat(side: int, value: float, name: str = "") -> Picture:
    return Picture(torch.full((1, 3, side, side), value), name=name)


def latent(category: str = "chair") -> Latent:
    return Latent(z=(0.5, -0.25), attributes=(0.0,) * 6, category=category, model="generate-catalogue", sha256=SHA256)


def desk(run: Any = None, *, find: Any = lambda _: [FINE, WAY]) -> tab_work.Desk:
    models = Models([FakeModel()])
    return tab_work.Desk(run or FakeRun(), models, tab_directions.Library(find, models))


def values(settings: Settings | None = None, held: str = "", *panel: Any) -> list[Any]:
    """What the widgets hold, as handlers take it."""
    return [*(settings or Settings()).values(), held, *(panel or ((), [], (), None, 0, "own", 1, None))]


_open: list[Any] = []


@pytest.fixture(autouse=True)
def _closing() -> Iterator[None]:
    """What a handler made lies in a folder that goes away with its generator; it stays until the test is over."""
    yield
    while _open:
        _open.pop().close()


def last(steps: Any) -> tuple[Any, ...]:
    """The first values that are a result and no report."""
    _open.append(steps)
    for step in steps:
        if step[0] != gr.skip():
            return step  # type: ignore[no-any-return]
    raise AssertionError("nothing was made")


EVERYTHING = GenerateRequest(
    category="lamp",
    seed=7,
    count=3,
    truncation=0.5,
    size=512,
    transparent=True,
    model="generate-catalogue",
    sliders=Sliders(hue_deg=30, lightness=-0.5, size=0.25, aspect=0.5, azimuth_deg=-20, colour="red"),
    edits=(Edit(direction=WAY, amount=2),),
    mix_seed=9,
    mix=("coarse", "fine"),
)


def test_settings_and_requests_are_each_other_s_inverse() -> None:
    (back,) = tab_settings.to_requests(Settings.of(EVERYTHING), edits=EVERYTHING.edits)
    assert back == EVERYTHING
    assert tab_settings.to_requests(Settings())[0] == GenerateRequest()
    assert Settings(*Settings.of(EVERYTHING).values()) == dataclasses.replace(
        Settings.of(EVERYTHING), mix=["coarse", "fine"]
    )


@pytest.mark.parametrize(
    ("view", "as_drawn", "expected"), [(0, True, None), (0, False, 0.0), (-30, True, -30.0), (45, False, 45.0)]
)
def test_a_view_that_is_set_counts_more_than_the_tick(view: float, as_drawn: bool, expected: float | None) -> None:
    assert tab_settings.sliders_of(Settings(view=view, as_drawn=as_drawn)).azimuth_deg == expected


def test_nothing_ticked_means_nothing_mixed() -> None:
    assert tab_settings.to_requests(Settings(mix_seed=None))[0].mix_seed is None
    with pytest.raises(InputError, match="mix seed: none was given"):
        tab_settings.to_requests(Settings(mix_seed=None, mix=["fine"]))


@pytest.mark.parametrize(
    "wrong",
    [{"seed": None}, {"seed": -1}, {"hue": 200}, {"view": 60}, {"truncation": 2}, {"size": 700}, {"colour": "mauve"}],
)
def test_what_cannot_be_asked_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        tab_settings.to_requests(Settings(**wrong))


def test_what_is_held_is_asked_for_one_by_one() -> None:
    made = tab_settings.to_requests(Settings(seed=5, count=8, hue=10), held=[latent("chair"), latent("lamp")])
    assert [(one.latent and one.latent.category, one.seed, one.count) for one in made] == [
        ("chair", 5, 1),
        ("lamp", 6, 1),
    ]
    assert {one.sliders.hue_deg for one in made} == {10}


@pytest.mark.parametrize("text", ["red armchair from the left", "红色扶手椅 朝右"])
def test_a_line_of_text_sets_category_colour_and_view(text: str) -> None:
    settings, parsed = tab_settings.told(Settings(hue=20), text, CATEGORIES)
    assert (settings.category, settings.colour, settings.hue) == ("chair", "red", 20)
    assert settings.view < 0
    assert not settings.as_drawn
    assert not parsed.unknown


def test_only_what_was_not_understood_is_said() -> None:
    *_, held, release, line = desk().tell("red blorb", "", "auto", None)  # type: ignore[arg-type]
    assert "Not understood: blorb" in line
    assert (held, release) == (gr.skip(), gr.skip())
    *_, held, release, line = desk().tell("a <b> chair", "", "auto", None)  # type: ignore[arg-type]
    assert held == ""
    assert release["visible"] is False
    assert "<b>" not in line
    assert desk().tell("", "lamp", "auto", None)[:2] == ["lamp", 0.0]  # type: ignore[arg-type]


def test_a_record_from_elsewhere_finds_room() -> None:
    placed = tab_settings.placed(Settings(size=300, count=40))
    assert (300, placed[INDEX["size"]]["value"]) == (300, 300)
    assert ("300 px", 300) in placed[INDEX["size"]]["choices"]
    assert placed[INDEX["count"]]["maximum"] == 40
    assert tab_settings.placed(Settings()) == Settings().values()


def test_a_saved_file_is_a_record_or_latents(tmp_path: Path) -> None:
    record, plain, bad = (tmp_path / name for name in ("record.json", "latents.json", "bad.json"))
    asked = dataclasses.replace(EVERYTHING, latent=latent("lamp"))
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
    category, *others = tab_settings.suited(both, "dcgan", "chair")
    assert category["value"] == ""
    assert {update["visible"] for update in others} == {False}
    assert [update["value"] for update in others] == [0, 0, 0, 0, 0, True, ""]
    category, *others = tab_settings.suited(both, "auto", "chair")
    assert category["value"] == "chair"
    assert all(update["visible"] and "value" not in update for update in others)


def library(find: Any = lambda _: [FINE, WAY]) -> tab_directions.Library:
    return tab_directions.Library(find, Models([FakeModel()]))


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
    edits, group, amount = tab_directions.show([Edit(direction=FINE, amount=-2)], "zh")
    assert (group["choices"], group["value"], group["visible"], amount) == (
        [("SeFa 表面（细） 1 -2 · 5–6", 0)],
        [0],
        True,
        0,
    )
    assert edits[0].direction is FINE
    assert tab_directions.show([], "en")[1]["visible"] is False


def shown(tmp_path: Path, *requests: GenerateRequest, **options: Any) -> tab_result.Shown:
    return tab_result.from_results([FakeRun()(one) for one in requests], tmp_path, options.pop("to", "en"), **options)


def test_every_picture_has_a_record_that_makes_it_alone(tmp_path: Path) -> None:
    made = shown(tmp_path, EVERYTHING)
    assert [path.name for path in made.files] == ["lamp-7.png", "lamp-8.png", "lamp-9.png"]
    for number, record in enumerate(made.records):
        asked = record_of(record["request"])
        assert asked == dataclasses.replace(EVERYTHING, seed=7 + number, count=1)
        again = FakeRun()(asked).picture
        with Image.open(made.files[number]) as image:
            assert image.getpixel((0, 0))[0] == round(float(again.rgb[0, 0, 0, 0]) * 255)  # type: ignore[index]
    assert json.loads(made.record.read_text(encoding="utf-8")) == made.records[0]


def test_the_archive_holds_pictures_records_and_latents(tmp_path: Path) -> None:
    made = shown(tmp_path, GenerateRequest(category="chair", count=2))
    with zipfile.ZipFile(made.archive) as packed:
        assert sorted(packed.namelist()) == [
            "chair-0.json",
            "chair-0.png",
            "chair-1.json",
            "chair-1.png",
            "latents.json",
        ]
        assert Image.open(io.BytesIO(packed.read("chair-1.png"))).size == (256, 256)
        assert json.loads(packed.read("chair-1.json"))["seed"] == 1
    assert latents.load(made.latents) == (latent(), latent())


def test_what_is_kept_comes_first_under_a_name_of_its_own(tmp_path: Path) -> None:
    first = shown(tmp_path, GenerateRequest(category="chair", count=2))
    (tmp_path / "more").mkdir()
    both = shown(
        tmp_path / "more",
        GenerateRequest(category="chair", sliders=Sliders(hue_deg=90)),
        before=list(zip(first.files, first.records, strict=True)),
    )
    assert [path.name for path in both.files] == ["chair-0-2.png", "chair-0.png", "chair-1.png"]
    assert record_of(both.records[0]["request"]).sliders.hue_deg == 90
    with zipfile.ZipFile(both.archive) as packed:
        assert len(packed.namelist()) == 7


def test_the_preview_is_small_and_the_summary_speaks_both_languages(tmp_path: Path) -> None:
    made = shown(tmp_path, GenerateRequest(category="chair", size=512))
    with Image.open(made.preview) as image:
        assert (image.format, image.size) == ("JPEG", (128, 128))
    assert made.line == "Chair · seed 0"
    for text in ("512 × 512 px", "PNG, ", "0.5 s", "generate-catalogue · 3fa91c07"):
        assert text in made.summary
    chinese = shown(tmp_path, GenerateRequest(latent=latent("lamp")), to="zh")
    assert chinese.line == "灯具 · 来自潜变量"
    assert "图片" in chinese.summary


def test_a_set_from_widgets_to_files() -> None:
    run = FakeRun()
    steps = desk(run).generate(None, *values(Settings(category="chair", count=2)))  # type: ignore[arg-type]
    file, gallery, archive, record, saved, summary, preview, line, records, status = last(steps)
    assert Path(file).name == "chair-0.png"
    assert [caption for _, caption in gallery] == ["chair-0", "chair-1"]
    assert all(Path(path).is_file() for path in (file, archive, record, saved, preview))
    assert "Chair · seed 0" in line
    assert [one["seed"] for one in records] == [0, 1]
    assert (status, "256 × 256" in summary) == ("", True)
    assert list(steps) == []
    assert not Path(file).exists()  # Gradio has its own copy by now
    assert run.requests == [GenerateRequest(category="chair", count=2)]


def test_the_preview_is_small_whatever_the_size_asked_for() -> None:
    run = FakeRun()
    settings = Settings(size=512, count=9, transparent=True, hue=30)
    preview, line = last(desk(run).preview(None, *values(settings)))  # type: ignore[arg-type]
    with Image.open(preview) as image:
        assert image.size == (128, 128)
    (asked,) = run.requests
    assert (asked.size, asked.count, asked.transparent, asked.sliders.hue_deg) == (128, 1, False, 30)
    assert "Lamp · seed 0" in line


def test_another_seed_lets_go_of_what_was_held() -> None:
    run = FakeRun()
    held = latents.to_json((latent(),))
    last(desk(run).preview(None, *values(None, held)))  # type: ignore[arg-type]
    *_, now_held, release = last(desk(run).fresh(None, *values(None, held)))  # type: ignore[arg-type]
    assert [one.latent for one in run.requests] == [latent(), None]
    assert (now_held, release["visible"]) == ("", False)


def choose(number: int, made: tab_result.Shown) -> tuple[Any, ...]:
    event = gr.SelectData(None, {"index": number, "value": None})
    return last(desk().choose(made.gallery(), made.records, event, None))  # type: ignore[arg-type]


def test_a_chosen_picture_is_what_the_sliders_edit(tmp_path: Path) -> None:
    made = shown(tmp_path, EVERYTHING)
    put = choose(2, made)
    settings = Settings(*put[: len(INDEX)])
    assert settings.count == gr.skip()
    assert dataclasses.replace(settings, count=3, mix=("coarse", "fine"), seed=7) == Settings.of(EVERYTHING)
    held, release, edits, group, amount, preview, line, file, record = put[len(INDEX) :]
    assert (settings.seed, held, release["visible"]) == (9, "", False)
    assert (edits, group["value"], amount) == (EVERYTHING.edits, [0], 0)
    assert "seed 9" in line
    assert (Path(file).name, Path(record).name) == ("lamp-9.png", "lamp-9.json")
    with Image.open(preview) as image:
        assert image.size == (128, 128)


def test_a_chosen_latent_is_held(tmp_path: Path) -> None:
    put = choose(0, shown(tmp_path, GenerateRequest(latent=latent("lamp"))))
    assert latents.load(put[len(INDEX)].encode()) == (latent("lamp"),)
    assert put[len(INDEX) + 1]["visible"] is True


def load(path: Path) -> tuple[Any, ...]:
    return last(desk().load(None, str(path), *values(Settings(hue=15))))  # type: ignore[arg-type]


def test_a_record_sets_the_widgets_and_a_latent_is_held(tmp_path: Path) -> None:
    made = shown(tmp_path, EVERYTHING)
    put = load(made.record)
    assert (put[INDEX["seed"]], put[INDEX["hue"]], put[INDEX["mix"]]) == (7, 30, ["coarse", "fine"])
    put = load(made.latents)
    assert (put[INDEX["hue"]], put[INDEX["category"]]) == (15, "lamp")
    assert len(latents.load(put[len(INDEX)].encode())) == 3
    assert "+ 2" in put[-1]


def test_a_record_of_a_model_that_is_not_offered_is_refused(tmp_path: Path) -> None:
    made = shown(tmp_path, GenerateRequest(model="another"))
    with pytest.raises(gr.Error, match="record: it was made with another"):
        load(made.record)


def test_keeping_adds_one_and_drops_none(tmp_path: Path) -> None:
    run = FakeRun()
    made = shown(tmp_path, GenerateRequest(category="chair", count=2))
    given = values(Settings(category="chair", count=4, hue=30))
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
    assert run.cancelled.wait(2)


def test_a_refusal_is_one_sentence_before_anything_is_run() -> None:
    run = FakeRun()
    with pytest.raises(gr.Error, match="seed: none was given"):
        list(desk(run).generate(None, *values(Settings(seed=None))))  # type: ignore[arg-type]
    assert not run.requests


def test_the_endpoint_reads_text_and_replays_records(tmp_path: Path) -> None:
    run = FakeRun()
    assert len(last(desk(run).api_generate())) == 7
    assert run.requests[0] == GenerateRequest()
    last(desk(run).api_generate("small red lamp", seed=4, view=20))
    assert (run.requests[1].category, run.requests[1].sliders.colour, run.requests[1].seed) == ("lamp", "red", 4)
    assert run.requests[1].sliders.azimuth_deg == 20
    made = shown(tmp_path, EVERYTHING)
    last(desk(run).api_generate(saved=str(made.record)))
    assert run.requests[2] == dataclasses.replace(EVERYTHING, count=1)
    last(desk(run).api_generate(saved=str(made.latents)))
    assert [one.latent for one in run.requests[3:]] == [latent("lamp")] * 3


def test_a_real_record_makes_the_same_picture_bit_for_bit(tiny_generator: Path, tmp_path: Path) -> None:
    studio = Studio("cpu", tiny_generator)
    real = Models(studio.models("generate"))
    work = tab_work.Desk(studio.run, real, tab_directions.Library(studio.directions, real))
    edit = Edit(direction=work.library.of("auto")[0], amount=2)
    wanted = Settings(count=2, size=64, hue=60, mix=["coarse"], transparent=True)
    made = last(work.generate(None, *values(wanted, "", (edit,), [0], (), None, 0, "own", 1, None)))  # type: ignore[arg-type]
    pixels = [Image.open(path).tobytes() for path, _ in made[1]]
    assert pixels[0] != pixels[1]
    for number, record in enumerate(made[8]):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(record), encoding="utf-8")
        again = last(work.api_generate(saved=str(path)))
        assert Image.open(again[0]).tobytes() == pixels[number]


def test_a_photograph_becomes_what_the_sliders_edit(tmp_path: Path) -> None:
    run = FakeRun()
    projector = tab_photo.Projector(desk(run))
    path = str(photograph(tmp_path / "shoe.png"))
    settings = Settings(hue=40, category="chair", size=128)
    made = last(projector.project(None, path, 60, *settings.values()))  # type: ignore[arg-type]
    file, pair, saved, summary, *put = made
    assert Path(file).name == "chair-projected.png"
    assert [decode(shown).rgb.shape[2:] for shown, _ in pair] == [(256, 256)] * 2
    assert "21.2 dB" in summary
    assert latents.load(Path(saved)) == (latent(),)
    assert (put[INDEX["hue"]], put[INDEX["category"]]) == (0, "chair")
    assert latents.load(put[len(INDEX)].encode()) == (latent(),)
    assert len(made) == 4 + len(INDEX) + 2 + 3 + 2 + 1
    (asked,) = run.requests
    assert (asked.steps, asked.size, asked.category) == (60, 128, "chair")
    assert len(last(projector.api_project(path))) == 5


def test_without_a_photograph_that_is_said() -> None:
    with pytest.raises(gr.Error, match="image: none was given"):
        list(tab_photo.Projector(desk()).project(None, None, 10, *Settings().values()))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1, 5,9", (1, 5, 9)), ("3-6", (3, 4, 5, 6)), ("1，2、3", (1, 2, 3)), ("", ()), (" 7 ,", (7,))],
)
def test_seeds_are_read_as_people_write_them(text: str, expected: tuple[int, ...]) -> None:
    assert tab_film.seeds_of(text) == expected


@pytest.mark.parametrize("text", ["one", "1, x", "6-3", "-1", "4294967296", "1-100", "1.5", "١"])
def test_what_is_no_list_of_seeds_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="seeds: "):
        tab_film.seeds_of(text)


def test_the_current_seed_is_added_behind() -> None:
    assert [tab_film.with_seed(*given) for given in (("1, 2", 7), ("", 7), ("1,", 7), ("1", None))] == [
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
    settings = Settings(hue=30, seed=None)
    file, summary, status = last(tab_film.Maker(desk(run)).film(None, *given, True, *values(settings, held)))  # type: ignore[arg-type]
    assert Path(file).read_bytes().startswith(starts)
    assert ("Frames" in summary, status) == (True, "")
    (asked,) = run.requests
    assert (asked.seeds, asked.latents, asked.frames, asked.loop, asked.size) == ((1, 2), (latent(),), 3, False, 128)
    assert (asked.sliders.hue_deg, asked.total_frames) == (30, 7)
    last(tab_film.Maker(desk(run)).film(None, *given, False, *values(settings, held)))  # type: ignore[arg-type]
    assert run.requests[1].latents == ()


def test_one_product_is_no_film() -> None:
    with pytest.raises(gr.Error, match="a film needs at least two"):
        list(tab_film.Maker(desk()).api_film(seeds="4"))


def test_the_end_knows_stop_by_the_report_that_was_left() -> None:
    def line(status: str) -> Any:
        return end(status, None)[0]  # type: ignore[arg-type]

    assert line(begin(None)[0]) == ""  # type: ignore[arg-type]
    assert line("") == gr.skip()
    stopped = line(report("Generating", "en", fraction=0.5))
    assert "Stopped" in stopped
    assert line(stopped) == gr.skip()


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
    names = ("hue", "lightness", "fill", "aspect", "view", "as-drawn", "colour")
    blocks, _ = page_with([FakeModel()])
    assert all(blocks[f"generate-{name}"].visible for name in names)
    blocks, _ = page_with([FakeModel(config={"categories": ["product"], "attributes": []})])
    assert not any(blocks[f"generate-{name}"].visible for name in names)
