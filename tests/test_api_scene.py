"""/scene and /scenes over HTTP, from Python and on the command line: the same pixels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from gan import Studio
from gan.cli.main import main
from gan.scene.sets import NAMES, SETS


@pytest.fixture(scope="module")
def client(studio_page: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    client = Client(studio_page, verbose=False, download_files=tmp_path_factory.mktemp("api"))
    yield client
    client.close()


@pytest.fixture
def cut_out(tmp_path: Path) -> Path:
    rgba = np.zeros((60, 50, 4), np.uint8)
    rgba[10:50, 15:35] = (40, 90, 160, 255)
    Image.fromarray(rgba).save(tmp_path / "cup.png")
    return tmp_path / "cup.png"


def test_the_same_pixels_on_every_surface(client: Client, cut_out: Path, tmp_path: Path) -> None:
    expected = Studio("cpu").scene(cut_out, set="oak-shelf", season="autumn", seed=3, warmth=0.4).image
    options = {"set": "oak-shelf", "season": "autumn", "seed": 3, "warmth": 0.4}
    file, pair, summary, record, status = client.predict(handle_file(cut_out), **options, api_name="/scene")
    assert (Path(file).name, len(pair), status) == ("cup-scene.png", 2, "")
    assert "Oak shelf" in summary
    told = json.loads(Path(record).read_text(encoding="utf-8"))
    assert (told["task"], told["request"]["set"]) == ("scene", "oak-shelf")
    line = ["scene", str(cut_out), "-o", str(tmp_path / "made.png"), "--set", "oak-shelf", "--season", "autumn"]
    assert main([*line, "--seed", "3", "--warmth", "0.4", "--quiet"]) == 0
    for made in (Path(file), tmp_path / "made.png"):
        with Image.open(made) as image:
            assert image.convert("RGB").tobytes() == expected.convert("RGB").tobytes()


def test_a_set_of_ones_own_is_a_file(client: Client, cut_out: Path, tmp_path: Path) -> None:
    own = tmp_path / "mine.toml"
    own.write_text('title = "Mine"\nstage = "corner"\nfloor = { color = "#3366CC" }\n')
    file, _, summary, *_ = client.predict(handle_file(cut_out), set_file=handle_file(own), api_name="/scene")
    assert "Mine" in summary
    with Image.open(file) as image:
        red, _, blue = image.convert("RGB").getpixel((2, image.height - 2))
    assert blue > red + 60


def test_an_unknown_set_and_a_path_are_refused(client: Client, cut_out: Path) -> None:
    for name in ("nowhere", "/etc/passwd"):
        with pytest.raises(AppError, match="oak-table"):
            client.predict(handle_file(cut_out), set=name, api_name="/scene")


def test_the_sheet_shows_every_set(client: Client, cut_out: Path) -> None:
    file, cells, status = client.predict(handle_file(cut_out), api_name="/scenes")
    assert status == ""
    assert len(cells) == len(NAMES) == len(SETS)
    with Image.open(file) as image:
        assert min(image.size) > 1000
