"""One declaration of an option: its widget, its parameter over HTTP, and what is said of values that cannot be."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import gradio as gr
import pytest
import torch
from pages import photograph, within_a_loop
from PIL import Image

from gan.batch.steps import REQUESTS
from gan.core.contract import Request, Result
from gan.core.errors import InputError
from gan.core.option import Option, parameters
from gan.core.reader import MaskFile, PictureFile
from gan.edit.background import GroundFile
from gan.imaging.io.codec import Encoding
from gan.ui.endpoint import LATE, Done, Endpoints
from gan.ui.form import Form, holds_pixels, read, shown_values, takes_file, widget

FORMS = {name: kind for name, kind in REQUESTS.items() if name != "export"}
"""A channel is a name or a file of rules and is chosen on its own page."""


class Toy(Request):
    """Play with a picture.

    All its options are here.

    Raises:
        InputError: never mind.
    """

    picture: PictureFile
    bounce: Annotated[float, Option("how much", ge=0, le=2, step=0.5)] = 1.0
    times: Annotated[int, Option("how often", ge=1, le=9)] = 3
    side_px: Annotated[int | None, Option("longest side", ge=64, unit="px", alias="side")] = None
    level: Annotated[Literal[1, 2, 4], Option("which one")] = 2
    way: Annotated[Literal["left", "right"], Option("where to", group="size")] = "left"
    fast: Annotated[bool, Option("at once")] = False
    words: Annotated[tuple[str, ...], Option("several", many=True)] = ()
    ground: Annotated[GroundFile | None, Option("below")] = None
    mask: Annotated[MaskFile | None, Option("white where to play")] = None


def page_of(make: Callable[[], Any]) -> tuple[gr.Blocks, Any]:
    def build() -> tuple[gr.Blocks, Any]:
        with gr.Blocks(analytics_enabled=False) as page:
            made = make()
        return page, made

    return within_a_loop(build)


def all_of(kind: type[Request], task: str) -> Form[Any]:
    form = Form(kind, task)
    for parameter in parameters(kind):
        form.add(parameter.public)
    return form


@pytest.fixture
def image(tmp_path: Path) -> str:
    return str(photograph(tmp_path / "toy.png"))


# Widgets


def test_a_new_option_is_a_widget_at_once() -> None:
    _, form = page_of(lambda: all_of(Toy, "toy"))
    kinds = {name: type(component).__name__ for name, component in form.fields.items()}
    assert kinds == {
        "seed": "Number",
        "picture": "File",
        "bounce": "Slider",
        "times": "Slider",
        "side": "Number",
        "level": "Radio",
        "way": "Radio",
        "fast": "Checkbox",
        "words": "Textbox",
        "ground": "Textbox",
        "mask": "File",
    }
    bounce = form["bounce"]
    assert (bounce.minimum, bounce.maximum, bounce.step, bounce.value) == (0, 2, 0.5, 1.0)
    assert (bounce.elem_id, bounce.label) == ("toy-bounce", "Bounce")
    assert form["times"].step == 1


def test_a_group_is_a_fold_of_its_fields() -> None:
    def make() -> Form[Toy]:
        form = Form(Toy, "toy")
        form.add_group("size")
        return form

    page, form = page_of(make)
    assert list(form.fields) == ["way"]
    assert "toy-size" in {block.elem_id for block in page.blocks.values() if isinstance(block, gr.Accordion)}


def test_what_no_line_of_a_page_names_is_on_it_all_the_same() -> None:
    def make() -> Form[Toy]:
        form = Form(Toy, "toy")
        form.add("times")
        form.add_rest(without=("mask", "ground"))
        return form

    page, form = page_of(make)
    assert list(form.fields) == ["times", "bounce", "side", "level", "fast", "words", "way"]
    assert "toy-size" in {block.elem_id for block in page.blocks.values() if isinstance(block, gr.Accordion)}


def test_a_field_that_may_be_left_out_is_a_slider_where_a_tick_stands_for_that() -> None:
    class Turned(Request):
        angle: Annotated[float | None, Option("of view", ge=-45, le=45, step=5)] = None

    _, form = page_of(lambda: all_of(Turned, "toy"))
    assert isinstance(form["angle"], gr.Number)
    _, slider = page_of(lambda: Form(Turned, "toy").add_slider("angle", value=0))
    assert (slider.minimum, slider.maximum, slider.step, slider.value) == (-45, 45, 5, 0)


OWN: dict[str, dict[str, Any]] = {"select": {"clicks": "1,1"}, "annotate": {"text": "New"}}
"""What single tasks need besides."""


def test_widgets_hold_what_was_read_from_them(image: str) -> None:
    held = {"bounce": 0.5, "times": 4, "side": 0, "level": 4, "way": "right", "fast": True, "words": ["red"], "seed": 3}
    toy = read(Toy, {**held, "image": image})
    assert {name: value for name, value in shown_values(toy).items() if name != "ground"} == held


@pytest.mark.parametrize("task", FORMS)
def test_every_field_has_the_widget_of_its_type_and_gives_its_default_back(task: str, tmp_path: Path) -> None:
    kind = FORMS[task]
    _, form = page_of(lambda: all_of(kind, task))
    for parameter in parameters(kind):
        component = form[parameter.public]
        if parameter.choices and not parameter.many:
            assert [value for _, value in component.choices] == list(parameter.choices)
        elif isinstance(component, gr.Slider):
            assert component.maximum == parameter.option.le
        assert isinstance(component, gr.File) == holds_pixels(parameter)
    values = form.given([component.value for component in form.controls()])
    needed = {"picture": photograph(tmp_path / "a.png"), "to": "#112233", "styles": [tmp_path / "a.png"]}
    needed |= dict.fromkeys(("reference", "flat_field", "pattern", "before"), tmp_path / "a.png")
    needed |= {"left": 3} | OWN.get(task, {})
    if task == "print":
        needed["pattern"] = [tmp_path / "a.png"]
    given = {**values, **{name: value for name, value in needed.items() if name in form.fields}}
    made = read(kind, given)
    for parameter in parameters(kind):
        if not {parameter.name, parameter.public} & needed.keys():
            held = made
            for name in parameter.path:
                held = getattr(held, name)
            assert held == parameter.default, parameter.name


def test_what_is_not_set_is_left_out(image: str) -> None:
    toy = read(Toy, {"image": image, "side": 0, "ground": "", "mask": None, "times": 4.0, "words": "red, blue red"})
    assert (toy.side_px, toy.ground, toy.mask, toy.times, toy.words) == (None, None, None, 4, ("red", "blue"))


def test_files_are_opened_and_texts_are_not(image: str, tmp_path: Path) -> None:
    Image.new("L", (48, 32), 255).save(tmp_path / "mask.png")
    toy = read(Toy, {"image": image, "mask": str(tmp_path / "mask.png"), "ground": "white", "ground_file": image})
    assert toy.picture.width_px == 48
    assert toy.mask is not None
    assert not isinstance(toy.ground, str)
    with pytest.raises(InputError, match="ground: /etc/passwd"):
        read(Toy, {"image": image, "ground": "/etc/passwd"})


# Endpoints


def exposed(kind: type[Request], name: str = "toy") -> tuple[dict[str, Any], Callable[..., Iterator[Any]], list[Any]]:
    """The API's listing of an endpoint, its handler, and what it asked."""
    asked: list[Any] = []

    def run(request: Request, **_: Any) -> Result:
        asked.append(request)
        picture = request.picture  # type: ignore[attr-defined]
        return Result("toy", (picture,), 0, 0.0, {}, (), {}, request.record())

    def finish(done: Done[Any]) -> tuple[str]:
        return (done.asked.encoding.file_format,)

    def make() -> Any:
        outputs = [gr.Textbox(elem_id="out")]
        status = gr.HTML(elem_id="status")
        return Endpoints("toy").expose(name, kind, run, finish, outputs, status, returns="Returns a word.")

    page, handler = page_of(make)
    return page.get_api_info()["named_endpoints"][f"/{name}"], handler, asked


def test_a_new_option_is_a_typed_parameter_at_once() -> None:
    info, _, _ = exposed(Toy)
    listed = {one["parameter_name"]: one["python_type"]["type"] for one in info["parameters"]}
    assert listed == {
        "image": "filepath",
        "bounce": "float",
        "times": "int",
        "side": "int",
        "level": "Literal[1] | Literal[2] | Literal[4]",
        "way": "Literal['left', 'right']",
        "fast": "bool",
        "words": "str",
        "ground": "str",
        "ground_file": "filepath",
        "mask": "filepath",
        "file_format": "Literal['png', 'jpeg', 'webp', 'avif', 'tiff']",
        "quality": "int",
        "lossless": "bool",
        "keep_exif": "bool",
        "keep_location": "bool",
        "seed": "int",
        "bits": "Literal[8] | Literal[16]",
    }
    assert next(iter(listed)) == "image"
    assert [one["parameter_name"] for one in info["parameters"] if not one["parameter_has_default"]] == ["image"]
    assert {one["label"] for one in info["parameters"]} >= {"how much", "how often", "below"}
    assert info["description"] == "Play with a picture. All its options are here. Returns a word."


def test_values_arrive_as_fields_and_the_file_s_options_beside(image: str) -> None:
    _, handler, asked = exposed(Toy)
    *_, last = handler(image, bounce=0.5, level=4, fast=True, seed=7, file_format="webp", lossless=True)
    assert last == ("webp", "")
    (toy,) = asked
    assert (toy.bounce, toy.level, toy.fast, toy.seed, toy.picture.width_px) == (0.5, 4, True, 7, 48)


@pytest.mark.parametrize(
    ("odd", "sentence"),
    [
        ({"bounce": "1"}, 'bounce: "1"; a number is expected'),
        ({"bounce": None}, "bounce: null; a number is expected"),
        ({"bounce": math.nan}, "bounce: nan; 0 to 2 is allowed"),
        ({"bounce": True}, "bounce: true; a number is expected"),
        ({"bounce": 2.5}, "bounce: 2.5; 0 to 2 is allowed"),
        ({"times": 2.5}, "times: 2.5; a whole number is expected"),
        ({"times": [1]}, r"times: \[1\]; a whole number is expected"),
        ({"side": 8}, "side_px: 8"),
        ({"level": "2"}, 'level: "2"; a whole number is expected'),
        ({"level": 3}, "level: 3; 1, 2 or 4 is allowed"),
        ({"way": "up"}, "way: up; left or right is allowed"),
        ({"fast": "false"}, 'fast: "false"; true or false is expected'),
        ({"fast": 0}, "fast: 0; true or false is expected"),
        ({"quality": "high"}, 'quality: "high"; a whole number is expected'),
        ({"lossless": "true"}, 'lossless: "true"; true or false is expected'),
        ({"ground": {"a": 1}}, "ground: .*; a file is expected"),
        ({"seed": -1}, "seed: -1"),
    ],
)
def test_every_odd_value_gets_one_sentence_and_runs_nothing(image: str, odd: dict[str, Any], sentence: str) -> None:
    _, handler, asked = exposed(Toy)
    with pytest.raises(gr.Error, match=sentence):
        list(handler(image, **odd))
    assert not asked


def test_without_a_picture_one_is_asked_for() -> None:
    _, handler, _ = exposed(Toy)
    with pytest.raises(gr.Error, match="image: missing; one picture is required"):
        list(handler(None))


def test_a_hidden_component_hands_values_over_as_they_came() -> None:
    """Else Gradio refuses them first, with its own words or with none."""
    parameter = next(one for one in parameters(Encoding) if one.name == "quality")
    _, component = page_of(lambda: widget(parameter, "output", "toy"))
    assert isinstance(component, gr.Slider)
    _, endpoints = page_of(lambda: Endpoints("toy").entries(Toy))
    for entry in endpoints:
        if not isinstance(entry.component, gr.File):
            assert entry.component.preprocess("no number") == "no number"


def test_a_text_parameter_takes_texts_and_null_for_its_default() -> None:
    """Whoever reads the value, a list or a number never reaches it."""
    seen: list[str] = []

    def handle(values: dict[str, Any], _: gr.Request | None) -> Iterator[tuple[Any, ...]]:
        seen.append(values["channel"])
        yield ("",)

    def make() -> Any:
        public = Endpoints("toy")
        return public.serve("toy", handle, [public.text("channel", "a name", "amazon")], [gr.HTML()], docs="Does.")

    _, handler = page_of(make)
    for given in ("ebay", None):
        list(handler(given))
    assert seen == ["ebay", "amazon"]
    for odd in (3, True, ["ebay"], {"a": 1}):
        with pytest.raises(gr.Error, match=r"channel: .*a text is expected"):
            list(handler(odd))


@pytest.mark.parametrize("task", FORMS)
def test_every_task_s_fields_are_parameters(task: str) -> None:
    kind = FORMS[task]
    _, entries = page_of(lambda: Endpoints("toy").entries(kind))
    names = [entry.name for entry in entries]
    for parameter in parameters(kind):
        assert ("image" if parameter.name == "picture" else parameter.public) in names
        assert (f"{parameter.public}_file" in names) == takes_file(parameter)
    late = [name in LATE for name in names]
    assert "seed" in names
    assert late == sorted(late)


def test_a_mask_s_pixels_are_those_of_the_file(image: str, tmp_path: Path) -> None:
    Image.new("L", (48, 32), 128).save(tmp_path / "half.png")
    _, handler, asked = exposed(Toy)
    list(handler(image, mask=str(tmp_path / "half.png")))
    assert torch.allclose(asked[0].mask.coverage, torch.full((1, 1, 32, 48), 128 / 255))
