"""Geometry and prints from the command line: options, files, what is printed; the same pixels as from Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

import gan
from gan.cli.main import main


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a box on white, its mask, and two patterns."""
    monkeypatch.chdir(tmp_path)
    image, mask = Image.new("RGB", (90, 70), (250, 250, 250)), Image.new("L", (90, 70))
    ImageDraw.Draw(image).rectangle((20, 15, 69, 54), fill=(120, 130, 150))
    ImageDraw.Draw(mask).rectangle((20, 15, 69, 54), fill=255)
    image.save("a.png")
    mask.save("m.png")
    for name, color in (("red", (200, 20, 20)), ("blue", (20, 20, 200))):
        Image.new("RGB", (8, 8), color).save(f"{name}.png")


def pixels(path: str) -> Any:
    with Image.open(path) as image:
        return np.asarray(image).copy()


CALLS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "crop": (
        ["--left", "3", "--top-px", "5", "--width", "30", "--aspect", "1:1"],
        {"left_px": 3, "top_px": 5, "width_px": 30, "aspect": "1:1"},
    ),
    "rotate": (["--turn", "90", "--flip", "vertical"], {"turn": 90, "flip": "vertical"}),
    "pad": (
        ["--left", "4", "--aspect", "2:1", "--ground", "white"],
        {"left_px": 4, "aspect": "2:1", "ground": "white"},
    ),
    "straighten": (["--angle", "-7.5", "--canvas", "grow"], {"angle_deg": -7.5, "canvas": "grow"}),
    "perspective": (["--corners", "20,15 70,18 68,55 22,50"], {"corners": "20,15 70,18 68,55 22,50"}),
    "print": (
        ["--pattern", "red.png", "--mask", "m.png", "--scale", "0.3", "--rotation", "30"],
        {"pattern": "red.png", "mask": "m.png", "scale": 0.3, "rotation_deg": 30.0},
    ),
}


@pytest.mark.parametrize("task", CALLS)
def test_the_command_makes_python_s_pixels(task: str) -> None:
    line, options = CALLS[task]
    assert main([task, "a.png", *line, "-o", "out.png", "--record", "--quiet"]) == 0
    image = getattr(gan.Studio("cpu"), task)("a.png", **options).image
    assert (np.asarray(image) == pixels("out.png")).all()
    assert json.loads(Path("out.png.json").read_text())["task"] == task


def test_four_turns_give_the_file_s_pixels() -> None:
    source = "a.png"
    for number in range(4):
        assert main(["rotate", source, "--turn", "270", "-o", f"{number}.png", "--quiet"]) == 0
        source = f"{number}.png"
    assert (pixels("3.png") == pixels("a.png")).all()


def test_what_was_found_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["straighten", "a.png", "--mask", "m.png", "-o", "out.png"]) == 0
    assert "turned by " in capsys.readouterr().out
    assert main(["perspective", "a.png", "--mask", "m.png", "-o", "out.png"]) == 0
    assert "corners 20,15 70,15 70,55 20,55" in capsys.readouterr().out


def test_several_patterns_make_a_file_each_and_a_sheet(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["print", "a.png", "--mask", "m.png", "--repeat", "--pattern", "red.png", "--pattern", "blue.png"]
    assert main([*command, "-o", "out.png", "--sheet", "sheet.png"]) == 0
    assert [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()] == ["out_red.png", "out_blue.png"]
    assert pixels("out_red.png")[30, 40, 0] > 120 > pixels("out_blue.png")[30, 40, 0]
    assert pixels("sheet.png").shape[1] > 500
