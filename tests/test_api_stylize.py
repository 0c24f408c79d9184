"""/stylize and /sheet with Gradio's real client against the real page and the real studio."""

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
from gan.imaging.io.cube import read_cube
from gan.imaging.mask import encode_mask, rectangle
from gan.stylize.presets import PRESETS

FIRST, SECOND, *_ = PRESETS


@pytest.fixture(scope="module")
def client(studio_page: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    client = Client(studio_page, verbose=False, download_files=tmp_path_factory.mktemp("api"))
    yield client
    client.close()


@pytest.fixture
def shoe(tmp_path: Path) -> Path:
    return photograph(tmp_path / "shoe.png", (96, 64))


def test_a_file_is_enough_and_a_file_comes_first(client: Client, shoe: Path, tiny_weights: Path) -> None:
    file, pair, summary, record, cube, status = client.predict(handle_file(shoe), api_name="/stylize")
    assert Path(file).name == "shoe-stylized.png"
    assert len(pair) == 2
    assert "96 × 64 px" in summary
    assert json.loads(Path(record).read_text(encoding="utf-8"))["weights"].keys() == {"stylize"}
    assert (cube, status) == (None, "")
    with Image.open(file) as image:
        assert image.tobytes() == Studio("cpu", tiny_weights).stylize(shoe, FIRST).image.tobytes()


@pytest.mark.parametrize(
    "options",
    [
        {"style": SECOND, "strength": 0.4, "preserve_color": True},
        {"style": SECOND, "content_px": 64, "style_px": 128},
        {"style": SECOND, "kind": "photographic"},
    ],
)
def test_its_pixels_are_the_studio_s(client: Client, tiny_weights: Path, shoe: Path, options: dict[str, Any]) -> None:
    file, *_ = client.predict(handle_file(shoe), **options, api_name="/stylize")
    expected = Studio("cpu", tiny_weights).stylize(shoe, **options).image
    with Image.open(file) as image:
        assert image.tobytes() == expected.tobytes()


def test_several_styles_are_mixed_by_weight_in_their_order(client: Client, tiny_weights: Path, tmp_path: Path) -> None:
    shoe, sea = photograph(tmp_path / "shoe.png", (96, 64)), photograph(tmp_path / "sea.png", (64, 64))
    file, *_ = client.predict(
        handle_file(shoe), style=FIRST, style_files=[handle_file(sea)], weights="0.2,0.8", api_name="/stylize"
    )
    expected = Studio("cpu", tiny_weights).stylize(shoe, [FIRST, sea], weights=[0.2, 0.8]).image
    with Image.open(file) as image:
        assert image.tobytes() == expected.tobytes()


def test_a_look_goes_out_and_comes_back(client: Client, shoe: Path) -> None:
    file, *_, cube, _ = client.predict(handle_file(shoe), kind="photographic", api_name="/stylize")
    assert torch.allclose(read_cube(cube).apply(decode(shoe).rgb), decode(file).rgb, atol=2 / 255)
    again, *_ = client.predict(handle_file(shoe), style_files=[handle_file(cube)], api_name="/stylize")
    assert torch.allclose(decode(again).rgb, decode(file).rgb, atol=2 / 255)


def test_the_ground_stays_exactly_where_the_mask_is_black(client: Client, shoe: Path, tmp_path: Path) -> None:
    mask = rectangle(64, 96, left=20, top=10, width=30, height=20)
    (tmp_path / "mask.png").write_bytes(encode_mask(mask))
    options = {"where": "product", "mask": handle_file(tmp_path / "mask.png")}
    file, _, summary, *_ = client.predict(handle_file(shoe), **options, api_name="/stylize")
    moved = (decode(file).rgb != decode(shoe).rgb).any(1, keepdim=True)
    assert bool(moved.any())
    assert not bool((moved & (mask.coverage == 0)).any())
    assert f"{100 * 30 * 20 / (96 * 64):.2f} %" in summary


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"style": "/etc/passwd"}, "style: there is no preset /etc/passwd"),
        ({"weights": "1,2"}, "weight: 2 weights for 1 styles"),
        ({"strength": 1.5}, "1.5"),
        ({"where": "product"}, "where: a picture without a plain ground"),
        ({"style_px": 8}, "style_px: 8"),
        ({"model": "/etc/passwd"}, "/etc/passwd"),
        ({"file_format": "jpeg", "lossless": True}, "lossless: jpeg always loses something"),
    ],
)
def test_a_refusal_is_told(client: Client, shoe: Path, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AppError, match=sentence):
        client.predict(handle_file(shoe), **options, api_name="/stylize")


def test_a_contact_sheet_shows_every_preset(client: Client, shoe: Path) -> None:
    file, shown, status = client.predict(handle_file(shoe), api_name="/sheet")
    assert Path(file).name == "shoe-styles.png"
    assert [cell["caption"] for cell in shown] == [preset.title for preset in PRESETS.values()]
    assert status == ""
    with Image.open(file) as image:
        assert image.width > 4 * 96


def test_everything_but_the_picture_has_a_default(client: Client) -> None:
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    for name in ("/stylize", "/sheet"):
        first, *others = endpoints[name]["parameters"]
        assert (first["parameter_name"], first["parameter_has_default"]) == ("image", False)
        assert all(parameter["parameter_has_default"] for parameter in others)
    names = [parameter["parameter_name"] for parameter in endpoints["/stylize"]["parameters"]]
    assert names[1:6] == ["style", "style_files", "weights", "kind", "strength"]
