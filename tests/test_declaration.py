"""An option is declared once: a toy task, registered in one place, is found on every surface.

Each check runs in a process of its own, since surfaces are built from `TASKS` when they are imported.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gan.batch.schema import recipe_schema
from gan.batch.steps import LEFT_OUT, REQUESTS
from gan.core.option import names, parameters
from gan.imaging.io.formats import Encoding
from gan.tasks import TASKS

ROOT = Path(__file__).resolve().parents[1]

TOY = '''
from typing import Annotated, Literal

import gan.tasks
from gan.core.contract import Output, Request
from gan.core.option import Option
from gan.core.reader import PictureFile


class DimRequest(Request):
    """Dim a picture. Toys are dimmed too."""

    picture: PictureFile
    factor: Annotated[float, Option("what colors are multiplied by", ge=0, le=1, group="light", alias="by")] = 0.5
    channels: Annotated[Literal["all", "red"], Option("which of them")] = "all"


def dim(request, context):
    rgb = request.picture.rgb.clone()
    rgb[:, :3 if request.channels == "all" else 1] *= request.factor
    return Output((request.picture.with_pixels(rgb, request.picture.alpha),))


gan.tasks.TASKS["dim"] = gan.tasks.Task("dim", DimRequest, dim, aliases=("darken",))
'''
"""The one place: a request, its pipeline, a line."""


def after(code: str, folder: Path, toy: str = TOY) -> Any:
    """What a program that has the toy says, as JSON, with `say`; packages in the folder come before the project's."""
    said = "import json\n\ndef say(*values):\n    print(json.dumps(values))\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{said}{toy}{code}"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{folder}:{ROOT}", "OMP_NUM_THREADS": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a picture in it."""
    Image.new("RGB", (4, 3), (200, 100, 50)).save(tmp_path / "a.png")
    return tmp_path


COMMANDS = """
import contextlib, io
from gan.cli.main import main

def run(*line):
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            status = main(line)
        except SystemExit as ended:
            status = ended.code
    return [status, out.getvalue()]

files = ["a.png", "-o"]
say(
    run("--help"),
    run("dim", "--help"),
    run("dim", *files, "new.png", "--channels", "red", "--factor", "0.1"),
    run("darken", *files, "old.png", "--by", "0.1", "--quiet"),
    run("dim", *files, "none.png", "--factor", "7"),
    run("dim", *files, "none.png", "--channels", "blue"),
)
"""


def test_the_command_line_has_it(folder: Path) -> None:
    listed, helped, new, old, far, unknown = after(COMMANDS, folder)
    assert listed[0] == helped[0] == new[0] == old[0] == 0
    assert "dim (darken)" in listed[1]
    assert "dim a picture" in listed[1]
    assert "Dim a picture. Toys are dimmed too." in helped[1]
    assert "--factor 0..1, --by 0..1" in helped[1]
    assert "what colors are multiplied by (0.5)" in helped[1]
    assert "--channels {all,red}" in helped[1]
    assert helped[1].index("\nlight:") < helped[1].index("--factor 0..1, --by")
    assert new[1].startswith("new.png  4x3  ")
    assert old[1] == ""
    assert pixel(folder / "new.png") == (20, 100, 50)
    assert pixel(folder / "old.png") == (20, 10, 5)
    assert far == [2, "a.png: factor: 7; 0 to 1 is allowed. Choose a number in this range.\n"]
    assert unknown[0] == 2
    assert not (folder / "none.png").exists()


CALLS = """
import inspect
from gan import InputError, Studio

studio, signature = Studio("cpu"), inspect.signature(Studio.dim)

def refused(kind, **options):
    try:
        studio.dim("a.png", **options)
    except kind as error:
        return str(error)

say(
    [[name, str(each.kind), repr(each.default), str(each.annotation)] for name, each in signature.parameters.items()],
    Studio.dim.__doc__,
    studio.dim("a.png", factor=0.1).image.getpixel((0, 0)),
    studio.darken("a.png", by=0.1, channels="red").image.getpixel((0, 0)),
    refused(TypeError, fctor=0.1),
    refused(InputError, factor="half"),
)
"""


def test_python_has_a_call_with_its_signature(folder: Path) -> None:
    signature, doc, new, old, unknown, wrong = after(CALLS, folder)
    assert [name for name, *_ in signature] == ["self", "image", "seed", "factor", "channels", "progress", "cancel"]
    assert signature[3] == ["factor", "KEYWORD_ONLY", "0.5", "<class 'float'>"]
    assert signature[4] == ["channels", "KEYWORD_ONLY", "'all'", "typing.Literal['all', 'red']"]
    assert doc.startswith("Dim a picture. Toys are dimmed too.")
    assert "factor: what colors are multiplied by; 0 to 1." in doc
    assert (new, old) == ([20, 10, 5], [20, 100, 50])
    assert "fctor" in unknown
    assert wrong == 'factor: "half"; a number is expected. Correct the value.'


RECIPES = """
from gan import InputError, Studio
from gan.batch.recipe_json import read_recipe
from gan.batch.schema import recipe_schema
from gan.batch.steps import request_of
from gan.imaging.io.codec import decode

def recipe(**request):
    steps = [{"task": "darken", "request": request}]
    return read_recipe(json.dumps({"version": 1, "steps": steps}).encode())

step = recipe(factor=0.1).steps[0]
made = Studio("cpu").run(request_of(step, decode("a.png"), {}))
try:
    recipe(factor=7)
except InputError as error:
    wrong = str(error)
steps = [each["properties"] for each in recipe_schema()["properties"]["steps"]["items"]["oneOf"]]
schema = next(each for each in steps if "dim" in each["task"]["enum"])
say(step.task, made.image.getpixel((0, 0)), made.picture.history[-1]["request"], wrong, schema)
"""


def test_recipes_read_it_and_their_schema_has_it(folder: Path) -> None:
    task, color, history, wrong, schema = after(RECIPES, folder)
    assert (task, color, history) == ("dim", [20, 10, 5], {"factor": 0.1})
    assert wrong == "step 1: factor: 7; 0 to 1 is allowed. Choose a number in this range."
    assert schema["task"]["enum"] == ["dim", "darken"]
    fields = schema["request"]["properties"]
    assert fields.keys() == {"seed", "factor", "channels"}
    assert fields["factor"] == {
        "type": "number",
        "minimum": 0,
        "maximum": 1,
        "default": 0.5,
        "description": "what colors are multiplied by",
    }
    assert fields["channels"]["enum"] == ["all", "red"]
    assert schema["request"]["additionalProperties"] is False


@pytest.mark.parametrize("task", list(TASKS))
def test_no_two_options_have_one_name(task: str) -> None:
    kind = TASKS[task].request
    own = [name for parameter in parameters(kind) for name in names(kind, parameter)]
    assert len(set(own)) == len(own)
    others = {parameter.public for parameter in parameters(Encoding)} | {"input", "output", "record", "device", "quiet"}
    assert not others & {parameter.public for parameter in parameters(kind)}
    assert {"progress", "cancel", "self", "image"}.isdisjoint(own)


@pytest.mark.parametrize("task", list(REQUESTS))
def test_the_schema_has_every_field_of_a_step(task: str) -> None:
    steps = [each["properties"] for each in recipe_schema()["properties"]["steps"]["items"]["oneOf"]]
    (request,) = (each["request"] for each in steps if task in each["task"]["enum"])
    assert request["properties"].keys() == REQUESTS[task].model_fields.keys() - LEFT_OUT
    for parameter in parameters(REQUESTS[task]):
        *groups, name = parameter.path
        properties = request["properties"]
        for group in groups:
            properties = properties[group]["properties"]
        assert name in LEFT_OUT or properties[name]["description"] == parameter.option.help


def pixel(path: Path) -> Any:
    with Image.open(path) as image:
        return image.getpixel((0, 0))


# Below: the page's form and the HTTP endpoint, which `gan.ui` derives.


CHANNEL = """
import contextlib, io
import gradio as gr
from gan.cli.main import main
from gan.export.channels import CHANNELS
from gan.export.page.channel import build_choice

def shown(*line):
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), contextlib.suppress(SystemExit):
        main(line)
    return out.getvalue()

with gr.Blocks():
    choices = build_choice().choices
say(list(CHANNELS), shown("check", "--help"), shown("check", "a.png", "--channel", "nobody"), choices[1])
"""


def test_a_channel_is_one_file(tmp_path: Path) -> None:
    """A copy of the package, of links, with one TOML file more."""
    subprocess.run(["cp", "-rs", str(ROOT / "gan"), str(tmp_path)], check=True)
    text = 'title = "My shop"\norder = 15\nlongest_least_px = 800\n'
    (tmp_path / "gan/export/channels/my-shop.toml").write_text(text, encoding="utf-8")
    Image.new("RGB", (4, 3)).save(tmp_path / "a.png")
    listed, helped, refused, offered = after(CHANNEL, tmp_path, toy="")
    assert listed[:3] == ["amazon", "my-shop", "ebay"]
    assert "amazon, my-shop, ebay" in " ".join(helped.split())
    assert "my-shop" in refused
    assert offered == ["My shop", "my-shop"]
