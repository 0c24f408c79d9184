"""Files that single endpoints take or give besides: masks, styles, grounds, patterns, archives, sheets."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from cut_outs import cut_product, product
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from pages import photograph
from PIL import Image

import gan
from gan import Studio
from gan.cli.main import main
from gan.imaging.io.codec import decode
from gan.imaging.io.cube import read_cube
from gan.imaging.mask import decode_mask, encode_mask, rectangle
from gan.scene.sets import NAMES, SETS
from gan.stylize.presets import PRESETS


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


FIRST, *_ = PRESETS


def test_a_file_is_enough_and_a_file_comes_first(client: Client, shoe: Path, tiny_weights: Path) -> None:
    file, pair, summary, record, cube, status = client.predict(handle_file(shoe), api_name="/stylize")
    assert Path(file).name == "shoe-stylized.png"
    assert len(pair) == 2
    assert "96 × 64 px" in summary
    assert json.loads(Path(record).read_text(encoding="utf-8"))["weights"].keys() == {"stylize"}
    assert (cube, status) == (None, "")
    with Image.open(file) as image:
        assert image.tobytes() == Studio("cpu", tiny_weights).stylize(shoe, FIRST).image.tobytes()


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


def test_a_contact_sheet_shows_every_preset(client: Client, shoe: Path) -> None:
    file, shown, status = client.predict(handle_file(shoe), api_name="/sheet")
    assert Path(file).name == "shoe-styles.png"
    assert [cell["caption"] for cell in shown] == [preset.title for preset in PRESETS.values()]
    assert status == ""
    with Image.open(file) as image:
        assert image.width > 4 * 96


@pytest.fixture
def mug(tmp_path: Path) -> Path:
    """Cut out, so that no network is needed."""
    return cut_product(tmp_path / "mug.png")


@pytest.fixture
def mug_mask(tmp_path: Path) -> Path:
    (tmp_path / "mask.png").write_bytes(encode_mask(rectangle(72, 96, left=20, top=10, width=50, height=40)))
    return tmp_path / "mask.png"


def test_masks_and_grounds_are_files(client: Client, tmp_path: Path, mug_mask: Path) -> None:
    photograph = product(tmp_path / "mug.jpg", quality=95)
    Image.new("RGB", (20, 20), (0, 0, 255)).save(tmp_path / "sky.png")
    drop = tmp_path / "drop.png"
    drop.write_bytes(encode_mask(rectangle(72, 96, left=20, top=10, width=20, height=40)))
    file, *_ = client.predict(
        handle_file(photograph),
        ground_file=handle_file(tmp_path / "sky.png"),
        mask=handle_file(mug_mask),
        drop=handle_file(drop),
        api_name="/cutout",
    )
    rgb = decode(file).rgb[0]
    assert rgb[:, 2, 2].tolist() == pytest.approx([0, 0, 1], abs=0.01)
    assert rgb[:, 30, 28].tolist() == pytest.approx([0, 0, 1], abs=0.05)
    assert rgb[:, 30, 60].tolist() == pytest.approx(decode(photograph).rgb[0, :, 30, 60].tolist(), abs=0.01)
    assert float(decode_mask(mug_mask).coverage.sum()) == 2000


@pytest.mark.parametrize("name", ["recolor", "recolour"])
def test_several_colors_come_together_as_a_zip(client: Client, mug: Path, name: str) -> None:
    file, _, summary, _, beside, _ = client.predict(handle_file(mug), to="#1F6FEB, b91c1c", api_name=f"/{name}")
    assert Path(file).name == "mug-recolored_1F6FEB.png"
    assert "ΔE" in summary
    with zipfile.ZipFile(beside) as archive:
        assert archive.namelist() == ["mug-recolored_1F6FEB.png", "mug-recolored_B91C1C.png"]
        assert archive.read("mug-recolored_1F6FEB.png") == Path(file).read_bytes()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    y, x = np.mgrid[0:60, 0:80]
    Image.fromarray(np.stack([2 * x, 3 * y, x + y], -1).astype(np.uint8)).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


CORNERS = "10,8 70,12 66,50 14,52"


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


def test_what_changed_is_told_over_http(client: Client, photo: Path) -> None:
    file, summary, record, status = client.predict(
        handle_file(photo), handle_file(photo), show="red", file_format="webp", api_name="/compare"
    )
    with Image.open(file) as image:
        assert (image.format, image.size) == ("WEBP", (80, 60))
    assert "Picture changed" in summary
    assert json.loads(Path(record).read_text(encoding="utf-8"))["details"]["share"] == 0
    assert status == ""


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


def test_the_sheet_shows_every_set(client: Client, cut_out: Path) -> None:
    file, cells, status = client.predict(handle_file(cut_out), api_name="/scenes")
    assert status == ""
    assert len(cells) == len(NAMES) == len(SETS)
    with Image.open(file) as image:
        assert min(image.size) > 1000
