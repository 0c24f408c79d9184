"""/inpaint and /mask with Gradio's real client against the real page and the real studio."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from pages import photograph
from PIL import Image

from gan import Studio
from gan.imaging.io.codec import decode
from gan.imaging.mask import decode_mask, encode_mask, rectangle


@pytest.fixture(scope="module")
def client(studio_page: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    client = Client(studio_page, verbose=False, download_files=tmp_path_factory.mktemp("api"))
    yield client
    client.close()


@pytest.fixture
def shoe(tmp_path: Path) -> Path:
    return photograph(tmp_path / "shoe.png", (96, 64))


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    (tmp_path / "mask.png").write_bytes(encode_mask(rectangle(64, 96, left=20, top=10, width=30, height=20)))
    return tmp_path / "mask.png"


def test_a_file_comes_first_and_only_marked_pixels_moved(client: Client, shoe: Path, mask: Path) -> None:
    file, pair, summary, record, status = client.predict(handle_file(shoe), handle_file(mask), api_name="/inpaint")
    assert Path(file).name == "shoe-inpainted.png"
    assert len(pair) == 2
    assert "96 × 64 px" in summary
    assert status == ""
    request = json.loads(Path(record).read_text(encoding="utf-8"))["request"]
    assert (request["mask"], request["grow_px"], request["feather_px"]) == ("mask.png", 0, 0)
    moved = (decode(file).rgb != decode(shoe).rgb).any(1, keepdim=True)
    assert bool(moved.any())
    assert not bool((moved & (decode_mask(mask).coverage == 0)).any())


@pytest.mark.parametrize("options", [{"grow": 3, "feather": 2}, {"aspect": "1:1"}, {"left": 7, "bottom": 3}])
def test_its_pixels_are_the_studio_s(
    client: Client, tiny_weights: Path, shoe: Path, mask: Path, options: dict[str, Any]
) -> None:
    file, *_ = client.predict(handle_file(shoe), handle_file(mask), **options, api_name="/inpaint")
    names = {"grow": "grow_px", "feather": "feather_px"}
    same = {names.get(name, name): value for name, value in options.items()}
    expected = Studio("cpu", tiny_weights).inpaint(shoe, mask, **same).image
    with Image.open(file) as image:
        assert image.size == expected.size
        assert image.tobytes() == expected.tobytes()


def test_an_empty_mask_returns_the_picture_and_says_so(client: Client, shoe: Path, tmp_path: Path) -> None:
    Image.new("L", (96, 64)).save(tmp_path / "empty.png")
    file, _, summary, *_ = client.predict(handle_file(shoe), handle_file(tmp_path / "empty.png"), api_name="/inpaint")
    assert torch.equal(decode(file).rgb, decode(shoe).rgb)
    assert "The mask is empty: the picture is unchanged" in summary


def test_a_picture_is_extended_without_a_mask(client: Client, shoe: Path) -> None:
    file, *_ = client.predict(handle_file(shoe), right=10, file_format="tiff", api_name="/inpaint")
    made = decode(file)
    assert (made.width_px, made.height_px, made.file_format) == (106, 64, "TIFF")
    assert torch.equal(made.rgb[..., :96], decode(shoe).rgb)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "mask: none was given"),
        ({"aspect": "4:5", "left": 3}, "aspect: an aspect and pixels for a side"),
        ({"aspect": "9:1"}, "aspect: 9:1"),
        ({"left": 3, "file_format": "jpeg", "lossless": True}, "lossless: jpeg always loses something"),
        ({"left": 3, "model": "/etc/passwd"}, "/etc/passwd"),
    ],
)
def test_a_refusal_is_told(client: Client, shoe: Path, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AppError, match=sentence):
        client.predict(handle_file(shoe), **options, api_name="/inpaint")


def test_a_mask_of_another_size_is_refused_with_both_sizes(client: Client, mask: Path, tmp_path: Path) -> None:
    other = photograph(tmp_path / "other.png", (50, 40))
    with pytest.raises(AppError, match="96 x 64 px mask, 50 x 40 px picture"):
        client.predict(handle_file(other), handle_file(mask), api_name="/inpaint")


def test_a_mask_is_made_and_used(client: Client, shoe: Path, mask: Path) -> None:
    made, _ = client.predict(handle_file(shoe), rectangle="20,10,30,20", api_name="/mask")
    assert Path(made).name == "shoe_mask.png"
    assert torch.equal(decode_mask(made).coverage, decode_mask(mask).coverage)
    made, _ = client.predict(handle_file(shoe), suggest=["dust"], mask=handle_file(mask), grow=2, api_name="/mask")
    assert float(decode_mask(made).coverage.sum()) > 30 * 20
    file, *_ = client.predict(handle_file(shoe), handle_file(made), api_name="/inpaint")
    assert decode(file).rgb.shape == (1, 3, 64, 96)
    with pytest.raises(AppError, match="mask: nothing says what to mark"):
        client.predict(handle_file(shoe), api_name="/mask")


def test_everything_but_the_picture_has_a_default(client: Client) -> None:
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    for name in ("/inpaint", "/mask"):
        first, *others = endpoints[name]["parameters"]
        assert (first["parameter_name"], first["parameter_has_default"]) == ("image", False)
        assert all(parameter["parameter_has_default"] for parameter in others)
        defaults = {parameter["parameter_name"]: parameter["parameter_default"] for parameter in others}
        assert (defaults["grow"], defaults["feather"], defaults["mask"]) == (0, 0, None)
