"""Recipes: strict in what they take, the same after writing and reading, named by their step where they are wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import torch
from PIL import Image
from replays import FRAME, STILL, product, recipe_of, run

from gan.batch.recipe_json import MOST_RECIPE_BYTES, Recipe, Step, from_history, read_recipe, write_recipe
from gan.batch.steps import DRAWING, LEFT_OUT, REQUESTS, arguments_of, request_of
from gan.core.errors import InputError, StepError
from gan.edit.frame import FrameRequest
from gan.enhance.adjust import Adjustments
from gan.enhance.pipeline import EnhanceRequest
from gan.generate.attributes import Sliders
from gan.generate.pipeline import GenerateRequest
from gan.imaging.color_grading import identity
from gan.imaging.io.codec import encode
from gan.imaging.io.cube import write_cube
from gan.imaging.io.formats import Encoding
from gan.imaging.mask import Mask, decode_mask, encode_mask
from gan.imaging.picture import Picture
from gan.imaging.pixel_hash import sha256_of
from gan.inpaint.pipeline import InpaintRequest
from gan.stylize.pipeline import StylizeRequest
from gan.tasks import TASKS

GREY = Picture(torch.full((1, 3, 6, 8), 128 / 255))


def mask_file(path: Path, width_px: int = 8, height_px: int = 6) -> Path:
    coverage = torch.zeros(1, 1, height_px, width_px)
    coverage[:, :, 2:4, 2:5] = 1
    path.write_bytes(encode_mask(Mask(coverage)))
    return path


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([{"task": "polish"}], 'step 1: task: "polish" is unknown; generate, enhance'),
        ([STILL, {"task": "check"}], 'step 2: task: "check" is unknown'),
        ([STILL, {}], "step 2: task: null; a text is expected"),
        ([STILL, 3], "step 2: step: 3; an object is expected"),
        ([STILL, {"task": "enhance", "requests": {}}], 'step 2: recipe: there is no field "requests"'),
        ([{"task": "enhance", "request": []}], "step 1: request: []; an object is expected"),
        (
            [{"task": "enhance", "request": {"scal": 2}}],
            'step 1: request: there is no field "scal"; the fields are seed',
        ),
        ([{"task": "enhance", "request": {"picture": "a.png"}}], 'step 1: request: there is no field "picture"'),
        (
            [{"task": "export", "request": {"channel": "ebay", "facts": {}}}],
            'step 1: request: there is no field "facts"',
        ),
        ([{"task": "enhance", "request": {"scale": 2.0}}], "step 1: scale: 2.0; a whole number is expected"),
        ([{"task": "enhance", "request": {"scale": True}}], "step 1: scale: true; a whole number is expected"),
        ([{"task": "enhance", "request": {"scale": 10**300}}], "step 1: scale: 1000"),
        ([{"task": "enhance", "request": {"scale": 3}}], "step 1: scale: 3; 1, 2 or 4 is allowed"),
        ([{"task": "enhance", "request": {"strength": "1"}}], 'step 1: strength: "1"; a number is expected'),
        ([{"task": "enhance", "request": {"strength": 1.5}}], "step 1: strength: 1.5; 0 to 1 is allowed"),
        ([{"task": "enhance", "request": {"strength": 10**400}}], "step 1: strength: 1000"),
        ([{"task": "enhance", "request": {"width": 50_000}}], "step 1: width: 50000 px"),
        ([{"task": "enhance", "request": {"adjustments": 1}}], "step 1: adjustments: 1; an object is expected"),
        ([{"task": "enhance", "request": {"adjustments": {"tint": 1}}}], 'step 1: request: there is no field "tint"'),
        ([{"task": "enhance", "request": {"model": None}}], "step 1: model: null; a text is expected"),
        ([{"task": "enhance", "request": {"seed": -1}}], "step 1: seed: -1"),
        ([{"task": "cutout", "request": {"ground": "#12"}}], "step 1: ground: #12"),
        ([{"task": "cutout", "request": {"ground": "/etc/passwd"}}], "step 1: ground: /etc/passwd"),
        ([{"task": "cutout", "request": {"mask": 3}}], "step 1: mask: 3; the name of a file is expected"),
        ([{"task": "cutout", "request": {"mask": {"file": "m.png", "at": 1}}}], "step 1: mask:"),
        ([STILL, {"task": "cutout", "request": {"mask": "m.png"}}], "step 2: mask: there is no file m.png beside"),
        ([{"task": "cutout", "request": {"mask": "m" * 300}}], "step 1: mask: there is no file mmm"),
        ([{"task": "stylize", "request": {"styles": "woodcut"}}], 'step 1: styles: "woodcut"; a list is expected'),
        ([{"task": "stylize", "request": {"styles": ["nobody"]}}], "step 1: styles: there is no file nobody"),
        ([{"task": "stylize", "request": {"styles": []}}], "step 1: style: 0 styles"),
        ([{"task": "stylize"}], "step 1: style: 0 styles"),
        ([{"task": "recolor"}], "step 1: to: null; a value is expected"),
        ([{"task": "recolor", "request": {"to": ["blue"]}}], "step 1: to: blue"),
        ([{"task": "export", "request": {"channel": "nobody"}}], 'step 1: channel: "nobody"; amazon'),
        ([{"task": "export", "request": {"channel": "../x.toml"}}], 'step 1: channel: "../x.toml"; amazon'),
        ([STILL, {"task": "generate"}], "step 2: task: generate comes after another step"),
        ([{"task": "generate", "request": {"sliders": {"size": 2}}}], "step 1: size_in_frame: 2"),
        ([{"task": "generate", "request": {"latent": {"z": "no"}}}], "step 1: latent: these numbers are not a latent"),
        ([{"task": "generate", "request": {"edits": [{"amount": 1}]}}], "step 1: direction: null; a value is expected"),
        ([{"task": "inpaint"}], "step 1: mask: missing"),
        ([], "steps: 0 steps"),
        ([STILL] * 101, "steps: 101 steps"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_with_the_step_s_number(steps: list[Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        recipe_of(*steps)
    text = str(caught.value)
    assert text.startswith(said)
    assert "\n" not in text
    assert len(text) < 500


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "recipe: not valid JSON"),
        ("{", "recipe: not valid JSON"),
        ("[]", "recipe: not an object with steps"),
        ("[" * 100_000, "recipe: not valid JSON: it is nested too deeply"),
        ('{"version": 1, "version": 1, "steps": []}', "recipe: not valid JSON: a name occurs twice"),
        ('{"version": 1, "steps": [{"task": "enhance", "request": {"strength": NaN}}]}', "NaN is not a number"),
        ("{}", "version: null; recipes of version 1"),
        ('{"version": 2, "steps": []}', "version: 2; recipes of version 1"),
        ('{"version": true, "steps": []}', "version: true"),
        ('{"version": 1}', "recipe: there is no list of steps"),
        ('{"version": 1, "steps": [], "extra": 1}', 'recipe: there is no field "extra"'),
        ('{"version": 1, "steps": [], "name": 3}', "name: 3; a short text is expected"),
        ('{"version": 1, "steps": [{"task": "enhance"}], "output": 3}', "output: 3; an object is expected"),
        (
            '{"version": 1, "steps": [{"task": "enhance"}], "output": {"format": "gif"}}',
            "format: gif; png, jpeg, webp",
        ),
        ('{"version": 1, "steps": [{"task": "enhance"}], "output": {"file_format": "png"}}', "request: there is no"),
        ('{"version": 1, "steps": [{"task": "enhance"}], "output": {"quality": 0}}', "quality: 0"),
    ],
)
def test_what_is_no_recipe_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        read_recipe(text.encode(), {})


def test_a_file_that_is_missing_or_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no\.json cannot be read"):
        read_recipe(tmp_path / "no.json")
    with pytest.raises(InputError, match="cannot be read"):
        read_recipe(tmp_path)
    (tmp_path / "long.json").write_bytes(b" " * (MOST_RECIPE_BYTES + 1))
    with pytest.raises(InputError, match="more than 16 MB"):
        read_recipe(tmp_path / "long.json")


@pytest.mark.parametrize("name", ["../mask.png", "/etc/mask.png", "a/../../mask.png", "C:\\mask.png", "..\\mask.png"])
def test_no_name_leads_out_of_the_recipe_s_folder(tmp_path: Path, name: str) -> None:
    mask_file(tmp_path / "mask.png")
    folder = tmp_path / "in/deep"
    folder.mkdir(parents=True)
    steps = [{"task": "cutout", "request": {"mask": name}}]
    (folder / "r.json").write_text(json.dumps({"version": 1, "steps": steps}))
    with pytest.raises(StepError, match=r"step 1: file: .* points outside the recipe's folder"):
        read_recipe(folder / "r.json")


@pytest.mark.parametrize(
    ("task", "given", "expected"),
    [
        ("enhance", {"scale": 4, "strength": 0.5}, EnhanceRequest(picture=GREY, scale=4, strength=0.5)),
        ("enhance", {"width": 12, "height": None}, EnhanceRequest(picture=GREY, width=12)),
        (
            "enhance",
            {"adjustments": {"auto": True, "saturation": -1}},
            EnhanceRequest(picture=GREY, adjustments=Adjustments(auto=True, saturation=-1)),
        ),
        ("inpaint", {"aspect": "1:1", "seed": 5}, InpaintRequest(picture=GREY, aspect="1:1", seed=5)),
        ("frame", {"ground": "#FFF", "baseline": 0.9}, FrameRequest(picture=GREY, ground="#FFF", baseline=0.9)),
        ("frame", {"ground": None}, FrameRequest(picture=GREY)),
        (
            "generate",
            {"category": "chair", "sliders": {"hue_deg": 30}, "mix": ["coarse"], "mix_seed": 4},
            GenerateRequest(category="chair", sliders=Sliders(hue_deg=30), mix=("coarse",), mix_seed=4),
        ),
    ],
)
def test_a_step_is_the_request_that_python_would_make(task: str, given: dict[str, Any], expected: Any) -> None:
    made = request_of(Step(task, given), None if task == DRAWING else GREY, {})
    assert made == expected


def test_files_of_steps_are_read(tmp_path: Path) -> None:
    mask = decode_mask(mask_file(tmp_path / "mask.png"))
    write_cube(identity(2), tmp_path / "warm.cube", title="warm")
    files = {name: (tmp_path / name).read_bytes() for name in ("mask.png", "warm.cube")}
    cut = request_of(Step("cutout", {"mask": {"file": "mask.png", "sha256": sha256_of(mask)}}), GREY, files)
    assert torch.equal(cut.mask.coverage, mask.coverage)  # type: ignore[attr-defined]
    look = request_of(Step("stylize", {"look": "warm.cube", "kind": "photographic"}), GREY, files)
    assert isinstance(look, StylizeRequest)
    assert look.look is not None
    assert (look.look.name, look.look.size) == ("warm.cube", 2)
    with pytest.raises(InputError, match=r"mask\.png has different pixels from the file that the step was saved with"):
        request_of(Step("cutout", {"mask": {"file": "mask.png", "sha256": "0" * 64}}), GREY, files)
    with pytest.raises(InputError, match="mask: not a picture"):
        request_of(Step("cutout", {"mask": "warm.cube"}), GREY, files)


def test_styles_are_presets_and_pictures(tmp_path: Path) -> None:
    files = {"mine.png": product(tmp_path / "mine.png").read_bytes()}
    given = ["woodcut", "mine.png", {"picture": "oil-impasto", "weight": 0.5}, {"picture": {"file": "mosaic.webp"}}]
    request = request_of(Step("stylize", {"styles": given}), GREY, files)
    assert isinstance(request, StylizeRequest)
    assert [style.weight for style in request.styles] == [1, 1, 0.5, 1]
    names = ["woodcut", "mine.png", "oil-impasto", "mosaic.webp"]
    assert [style.picture.name for style in request.styles] == names
    assert recipe_of({"task": "stylize", "request": {"styles": given}}, files=files).wanted == ("mine.png",)


def test_a_recipe_is_the_same_after_writing_and_reading(tmp_path: Path) -> None:
    files = {"masks/m.png": mask_file(tmp_path / "m.png").read_bytes()}
    steps = ({"task": "cutout", "request": {"mask": "masks/m.png", "ground": "white"}}, FRAME, STILL)
    output = {"format": "webp", "quality": 80, "lossless": True}
    recipe = recipe_of(*steps, files=files, output=output)
    assert recipe.output == Encoding(file_format="webp", quality=80, lossless=True)
    write_recipe(recipe, tmp_path / "saved/r.json")
    again = read_recipe(tmp_path / "saved/r.json")
    assert again == recipe
    assert again.files == files
    assert again.sha256 == recipe.sha256
    write_recipe(again, tmp_path / "saved/r.json")
    assert read_recipe(tmp_path / "saved/r.json") == recipe


def test_a_file_that_is_missing_beside_a_recipe_is_named(tmp_path: Path) -> None:
    files = {"m.png": mask_file(tmp_path / "m.png").read_bytes()}
    write_recipe(recipe_of(STILL, {"task": "cutout", "request": {"mask": "m.png"}}, files=files), tmp_path / "a/r.json")
    (tmp_path / "a/m.png").unlink()
    with pytest.raises(StepError, match=r"step 2: mask: there is no file m\.png beside the recipe"):
        read_recipe(tmp_path / "a/r.json")


def test_the_hash_is_of_what_a_recipe_does() -> None:
    base = recipe_of(STILL)
    same = [
        recipe_of({"task": "enhance", "request": {"strength": 0.0, "scale": 1, "model": "auto", "width": None}}),
        recipe_of({**STILL, "weights": {"enhance-x1": "0" * 64}}),
        recipe_of(STILL, output={}),
        recipe_of(STILL, output={"format": "png", "quality": 92}),
        Recipe("another name", base.steps),
    ]
    assert {recipe.sha256 for recipe in same} == {base.sha256}
    others = [recipe_of(STILL, STILL), recipe_of(STILL, output={"format": "jpeg"}), recipe_of(FRAME)]
    others += [recipe_of({**STILL, "request": {"scale": 1, "strength": 0.1}})]
    assert len({base.sha256, *(recipe.sha256 for recipe in others)}) == 5


def test_the_hash_is_of_the_pixels_that_steps_use(tmp_path: Path) -> None:
    first = mask_file(tmp_path / "m.png").read_bytes()
    Image.new("L", (8, 6), 255).save(tmp_path / "m.png")
    step = {"task": "cutout", "request": {"mask": "m.png"}}
    hashes = [recipe_of(step, files={"m.png": data}).sha256 for data in (first, (tmp_path / "m.png").read_bytes())]
    assert hashes[0] != hashes[1]


@pytest.mark.parametrize("task", list(REQUESTS))
def test_every_field_of_every_task_is_readable_or_refused_in_a_sentence(task: str) -> None:
    hints = get_type_hints(REQUESTS[task])
    assert set(hints) >= {"seed"}
    for name in hints.keys() - LEFT_OUT:
        for value in ([[{"a": 1}]], {"unknown": [1]}, -(2**60), object):
            with pytest.raises(InputError):
                arguments_of(Step(task, {"to": ["#fff"], "channel": "ebay", name: value}), {})


def test_history_becomes_a_recipe_with_names_for_what_has_none(tmp_path: Path) -> None:
    mask = Mask(decode_mask(mask_file(tmp_path / "m.png")).coverage)  # drawn on the page: without a name
    cover = Picture(torch.rand(1, 3, 6, 8, generator=torch.Generator().manual_seed(0)), mask.coverage)
    done = run(FrameRequest(picture=cover, mask=mask, ground=GREY, width_px=16)).picture
    done = run(EnhanceRequest(picture=done, scale=1, strength=0)).picture
    recipe = from_history(done.history, name="mine", output=Encoding(file_format="jpeg"))
    short = sha256_of(mask)[:8]
    assert recipe.wanted == (f"ground-{sha256_of(GREY)[:8]}.png", f"mask-{short}.png")
    assert [step.task for step in recipe.steps] == ["frame", "enhance"]
    write_recipe(recipe, tmp_path / "r.json")
    with pytest.raises(StepError, match=r"step 1: ground: there is no file ground-"):
        read_recipe(tmp_path / "r.json")
    (tmp_path / f"mask-{short}.png").write_bytes(encode_mask(mask))
    (tmp_path / recipe.wanted[0]).write_bytes(encode(GREY, Encoding()))
    again = read_recipe(tmp_path / "r.json")
    repeated = request_of(again.steps[0], cover, again.files)
    assert torch.equal(run(repeated).picture.rgb, done.rgb)


def test_a_history_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="0 steps"):
        from_history(())
    with pytest.raises(StepError, match="step 1: task"):
        from_history(({"task": "from a later version", "request": {}, "weights": {}},))
    with pytest.raises(StepError, match="step 1: step"):
        from_history((3,))  # type: ignore[arg-type]


def test_each_color_of_a_series_is_a_recipe_of_its_own() -> None:
    recipe = recipe_of({"task": "recolor", "request": {"to": ["#2040C0", "#30A030"]}})
    labels, variants = zip(*recipe.variants(), strict=True)
    assert labels == ("2040C0", "30A030")
    assert variants[0].sha256 != variants[1].sha256
    assert recipe_of(STILL).variants()[0][1].steps == recipe_of(STILL).steps


def test_a_recipe_and_a_history_with_a_task_s_former_name_are_read() -> None:
    request = {"to": ["#2040C0"]}
    today = recipe_of({"task": "recolor", "request": request})
    assert recipe_of({"task": "recolour", "request": request}) == today
    old, new = (
        from_history(({"task": task, "request": request, "weights": {"cutout": "a" * 64}},))
        for task in ("recolour", "recolor")
    )
    assert old == new
    assert [step.task for step in old.steps] == ["recolor"]


def test_models_are_named_so_that_a_page_can_refuse_them() -> None:
    steps = (
        {"task": "enhance", "request": {"model": "/tmp/a.pth"}},
        STILL,
        {"task": "cutout", "request": {"model": "o/r"}},
    )
    assert recipe_of(*steps).models == {"/tmp/a.pth", "o/r"}


def test_a_step_s_task_is_what_the_studio_calls_it() -> None:
    assert {task: TASKS[task].step for task in REQUESTS} == {task: task for task in REQUESTS}
