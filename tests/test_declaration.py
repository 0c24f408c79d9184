"""An option is declared once: a toy task, registered in one place, is found on every surface.

Each check runs in a process of its own, since surfaces are built from `TASKS` when they are imported.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

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


def after(code: str, folder: Path) -> str:
    """What a program that has the toy prints."""
    done = subprocess.run(
        [sys.executable, "-c", f"{TOY}\n{code}"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    Image.new("RGB", (4, 3), (200, 100, 50)).save(tmp_path / "a.png")
    return tmp_path


def test_the_command_line_has_it(picture: Path) -> None:
    run = "from gan.cli.main import main\n"
    listed = after(f"{run}\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass", picture)
    assert "dim (darken)" in listed
    assert "dim a picture" in listed
    helped = after(f"{run}\ntry:\n    main(['dim', '--help'])\nexcept SystemExit:\n    pass", picture)
    assert "Toys are dimmed too." in helped
    assert "--factor 0..1, --by 0..1" in helped
    assert "what colors are multiplied by (0.5)" in helped
    assert "--channels {all,red}" in helped
    assert helped.index("light:") < helped.index("--factor 0..1, --by")
    for options in (["--channels", "red"], ["--channels=red", "--by", "0.5"]):
        assert after(f"{run}\nprint(main(['darken', 'a.png', '-o', 'o.png', '--quiet', *{options}]))", picture) == "0\n"
        assert Image.open(picture / "o.png").getpixel((0, 0)) == (100, 100, 50)
    refused = after(f"{run}\nprint(main(['dim', 'a.png', '-o', 'o.png', '--factor', '2']))", picture)
    assert refused == "2\n"


def test_python_has_a_call_with_its_signature(picture: Path) -> None:
    told = after(
        "import inspect, json\n"
        "from gan import Studio\n"
        "studio, signature = Studio('cpu'), inspect.signature(Studio.dim)\n"
        "options = {name: [str(each.kind), each.default] for name, each in signature.parameters.items()\n"
        "           if name in ('factor', 'channels')}\n"
        "colors = [studio.dim('a.png', factor=0.1).image.getpixel((0, 0)), studio.darken('a.png', by=0.1, channels='red')"
        ".image.getpixel((0, 0))]\n"
        "try:\n    studio.dim('a.png', fctor=0.1)\nexcept TypeError as error:\n    wrong = str(error)\n"
        "print(json.dumps([list(signature.parameters), options, Studio.dim.__doc__, colors, wrong]))",
        picture,
    )
    names, options, doc, colors, wrong = json.loads(told)
    assert names == ["self", "image", "seed", "factor", "channels", "progress", "cancel"]
    assert options == {"factor": ["KEYWORD_ONLY", 0.5], "channels": ["KEYWORD_ONLY", "all"]}
    assert doc.startswith("Dim a picture. Toys are dimmed too.")
    assert "factor: what colors are multiplied by; 0 to 1." in doc
    assert colors == [[20, 10, 5], [20, 100, 50]]
    assert "fctor" in wrong


def test_recipes_read_it_and_their_schema_has_it(picture: Path) -> None:
    told = after(
        "import json\n"
        "from gan import InputError, Studio\n"
        "from gan.batch.recipe_json import read_recipe\n"
        "from gan.batch.schema import recipe_schema\n"
        "from gan.batch.steps import request_of\n"
        "from gan.imaging.io.codec import decode\n"
        "def recipe(**request):\n"
        "    return read_recipe(json.dumps({'version': 1, 'steps': [{'task': 'darken', 'request': request}]}).encode())\n"
        "step = recipe(factor=0.1).steps[0]\n"
        "made = Studio('cpu').run(request_of(step, decode('a.png'), {}))\n"
        "try:\n    recipe(factor=7)\nexcept InputError as error:\n    wrong = str(error)\n"
        "steps = recipe_schema()['properties']['steps']['items']['oneOf']\n"
        "schema = next(each['properties'] for each in steps if 'dim' in each['properties']['task']['enum'])\n"
        "print(json.dumps([step.task, made.image.getpixel((0, 0)), made.picture.history[-1]['request'], wrong, schema]))",
        picture,
    )
    task, color, history, wrong, schema = json.loads(told)
    assert (task, color, history) == ("dim", [20, 10, 5], {"factor": 0.1})
    assert wrong == "step 1: factor: 7; 0 to 1 is allowed. Choose a number within."
    assert schema["task"]["enum"] == ["dim", "darken"]
    assert schema["request"]["properties"].keys() == {"seed", "factor", "channels"}
    assert schema["request"]["properties"]["factor"] == {
        "type": "number",
        "minimum": 0,
        "maximum": 1,
        "default": 0.5,
        "description": "what colors are multiplied by",
    }
    assert schema["request"]["properties"]["channels"]["enum"] == ["all", "red"]
    assert schema["request"]["additionalProperties"] is False


# Below: the page's form and the HTTP endpoint, which `gan.ui` derives.
