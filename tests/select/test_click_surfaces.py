"""Clicks from the command line and from a recipe are those of Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

import gan.api
from gan.batch.recipe_json import read_recipe
from gan.cli.main import main


@pytest.fixture
def two(tmp_path: Path, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two products on white, in the folder that commands run in."""
    monkeypatch.setattr(gan.api, "WEIGHTS_DIR", tiny_weights)
    monkeypatch.chdir(tmp_path)
    sheet = Image.new("RGB", (96, 64), "white")
    drawing = ImageDraw.Draw(sheet)
    drawing.ellipse((8, 12, 40, 52), (180, 40, 40))
    drawing.ellipse((56, 12, 88, 52), (30, 60, 160))
    sheet.save(tmp_path / "two.png")
    return tmp_path / "two.png"


def test_the_command_selects_as_python_does(two: Path) -> None:
    assert main(["cutout", "two.png", "-o", "cut.png", "--click", "24,32", "--click", "72,32,-"]) == 0
    wanted = gan.api.Studio("cpu").cutout(two, clicks=[(24, 32), (72, 32, False)])
    with Image.open("cut.png") as made:
        assert np.array_equal(np.asarray(made), np.asarray(wanted.image))


def test_a_click_beside_the_picture_is_one_line(two: Path, capsys: Any) -> None:
    assert main(["inpaint", "two.png", "-o", "out.png", "--click", "96,1"]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("two.png: clicks: 96,1; a pixel of this picture of 96 x 64 px is expected")


def test_a_recipe_holds_clicks(two: Path) -> None:
    step = {"task": "cutout", "request": {"clicks": ["24,32", "72,32,-"]}}
    recipe = read_recipe(json.dumps({"version": 1, "steps": [step]}).encode())
    wanted = gan.api.Studio("cpu").cutout(two, clicks=["24,32", "72,32,-"])
    assert wanted.picture.history[-1]["request"] == step["request"]
    assert dict(recipe.steps[0].request)["clicks"] in (("24,32", "72,32,-"), ["24,32", "72,32,-"])
