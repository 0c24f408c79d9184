"""Geometry's and prints' endpoints with Gradio's real client: Python's pixels, and a sentence for what cannot be."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

import gan


@pytest.fixture(scope="module")
def client(studio_page: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    client = Client(studio_page, verbose=False, download_files=tmp_path_factory.mktemp("api"))
    yield client
    client.close()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    y, x = np.mgrid[0:60, 0:80]
    Image.fromarray(np.stack([2 * x, 3 * y, x + y], -1).astype(np.uint8)).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


CORNERS = "10,8 70,12 66,50 14,52"


@pytest.mark.parametrize(
    ("task", "options", "named"),
    [
        ("crop", {"left": 3, "top": 5, "width": 30}, {"left_px": 3, "top_px": 5, "width_px": 30}),
        ("rotate", {"turn": 90, "flip": "horizontal"}, {"turn": 90, "flip": "horizontal"}),
        ("pad", {"bottom": 9, "ground": "#FF0000"}, {"bottom_px": 9, "ground": "#FF0000"}),
        ("straighten", {"angle": 4.5, "canvas": "crop"}, {"angle_deg": 4.5, "canvas": "crop"}),
        ("perspective", {"corners": CORNERS, "aspect": "4:3"}, {"corners": CORNERS, "aspect": "4:3"}),
        ("annotate", {"badge": "NEW", "table": "A | 1 2\nB | 3"}, {"badge": "NEW", "table": ("A | 1 2", "B | 3")}),
    ],
)
def test_an_endpoint_makes_python_s_pixels(
    client: Client, photo: Path, task: str, options: dict[str, Any], named: dict[str, Any]
) -> None:
    file, _, summary, _, beside, status = client.predict(handle_file(photo), **options, api_name=f"/{task}")
    with Image.open(file) as image:
        assert (np.asarray(image) == np.asarray(getattr(gan.Studio("cpu"), task)(photo, **named).image)).all()
    assert (beside, status) == (None, "")
    assert "px" in summary


def test_prints_come_with_a_zip(client: Client, photo: Path, tmp_path: Path) -> None:
    for name, color in (("red", (220, 10, 10)), ("blue", (10, 10, 220))):
        Image.new("RGB", (9, 9), color).save(tmp_path / f"{name}.png")
    patterns = [handle_file(tmp_path / f"{name}.png") for name in ("red", "blue")]
    file, *_, beside, _ = client.predict(handle_file(photo), patterns, corners=CORNERS, api_name="/print")
    with zipfile.ZipFile(beside) as packed:
        assert [name for name in packed.namelist() if name.endswith(".png")] == [
            "photo-printed_red.png",
            "photo-printed_blue.png",
        ]
    made = gan.Studio("cpu").print(photo, [tmp_path / "red.png", tmp_path / "blue.png"], corners=CORNERS).image
    with Image.open(file) as image:
        assert (np.asarray(image) == np.asarray(made)).all()


def test_what_cannot_be_is_a_sentence(client: Client, photo: Path) -> None:
    with pytest.raises(AppError, match="width: 100 to 101 px of a picture of 80 px"):
        client.predict(handle_file(photo), left=100, api_name="/crop")
    with pytest.raises(AppError, match="four corners such as"):
        client.predict(handle_file(photo), corners="1,2", api_name="/perspective")
    with pytest.raises(AppError, match="pattern: none was given"):
        client.predict(handle_file(photo), [], api_name="/print")
    with pytest.raises(AppError, match="text: nothing to add"):
        client.predict(handle_file(photo), api_name="/annotate")
    with pytest.raises(AppError, match="allows no text, logos or marks on its main picture"):
        client.predict(handle_file(photo), badge="NEW", channel="amazon", api_name="/annotate")


def test_what_changed_is_told_over_http(client: Client, photo: Path) -> None:
    file, summary, record, status = client.predict(
        handle_file(photo), handle_file(photo), show="red", file_format="webp", api_name="/compare"
    )
    with Image.open(file) as image:
        assert (image.format, image.size) == ("WEBP", (80, 60))
    assert "Picture changed" in summary
    assert json.loads(Path(record).read_text(encoding="utf-8"))["details"]["share"] == 0
    assert status == ""
    with pytest.raises(AppError, match="before: none was given"):
        client.predict(handle_file(photo), api_name="/compare")
