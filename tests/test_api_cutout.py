"""The endpoints of Cut-out & recolor with Gradio's real client against the real page and the real studio."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cut_outs import cut_product, product
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from gan import Studio
from gan.core.contract import Request
from gan.cutout.pipeline import CutoutRequest
from gan.edit.frame import FrameRequest
from gan.edit.match import MatchRequest
from gan.edit.recolor import RecolorRequest
from gan.edit.shadow import ShadowRequest
from gan.edit.white import WhiteRequest
from gan.imaging.io.codec import decode
from gan.imaging.mask import decode_mask, encode_mask, rectangle

TASKS = ("cutout", "recolor", "shadow", "frame", "white", "match")


@pytest.fixture(scope="module")
def client(studio_page: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    client = Client(studio_page, verbose=False, download_files=tmp_path_factory.mktemp("api"))
    yield client
    client.close()


@pytest.fixture
def mug(tmp_path: Path) -> Path:
    """Cut out, so that no network is needed."""
    return cut_product(tmp_path / "mug.png")


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    (tmp_path / "mask.png").write_bytes(encode_mask(rectangle(72, 96, left=20, top=10, width=50, height=40)))
    return tmp_path / "mask.png"


@pytest.mark.parametrize(
    ("name", "given", "kind", "same", "file_name"),
    [
        ("cutout", {"ground": "#F2F2F2"}, CutoutRequest, {"ground": "#F2F2F2"}, "mug-cutout.png"),
        ("recolor", {"to": "#1F6FEB", "strength": 0.8}, RecolorRequest, {"to": ("#1F6FEB",), "strength": 0.8}, ""),
        ("shadow", {}, ShadowRequest, {}, "mug-shadow.png"),
        (
            "shadow",
            {"kind": "drop", "angle": 120, "opacity": 0.5, "ground": "white"},
            ShadowRequest,
            {"kind": "drop", "angle_deg": 120, "opacity": 0.5, "ground": "white"},
            "mug-shadow.png",
        ),
        ("frame", {}, FrameRequest, {}, "mug-framed.png"),
        (
            "frame",
            {"fill": 0.7, "aspect": "4:5", "width": 200, "baseline": 0.9, "ground": "white"},
            FrameRequest,
            {"fill": 0.7, "aspect": "4:5", "width_px": 200, "baseline": 0.9, "ground": "white"},
            "mug-framed.png",
        ),
        ("white", {}, WhiteRequest, {}, "mug-white.png"),
    ],
)
def test_its_pixels_are_the_studio_s(
    client: Client,
    tiny_weights: Path,
    mug: Path,
    name: str,
    given: dict[str, Any],
    kind: type[Request],
    same: dict[str, Any],
    file_name: str,
) -> None:
    file, pair, summary, record, beside, status = client.predict(handle_file(mug), **given, api_name=f"/{name}")
    assert Path(file).name == (file_name or "mug-recolored.png")
    assert len(pair) == 2
    assert "px" in summary
    assert status == ""
    assert (beside is not None) == (name == "shadow")
    assert json.loads(Path(record).read_text(encoding="utf-8"))["task"] == name
    expected = Studio("cpu", tiny_weights).run(kind(picture=decode(mug), **same)).image  # type: ignore[call-arg]
    with Image.open(file) as image:
        assert (image.size, image.mode) == (expected.size, expected.mode)
        assert image.tobytes() == expected.tobytes()


def test_match_takes_a_reference(client: Client, tiny_weights: Path, mug: Path, tmp_path: Path) -> None:
    reference = cut_product(tmp_path / "reference.png", (80, 80))
    file, *_ = client.predict(handle_file(mug), handle_file(reference), exposure=False, api_name="/match")
    request = MatchRequest(picture=decode(mug), reference=decode(reference), exposure=False)
    expected = Studio("cpu", tiny_weights).run(request).image
    with Image.open(file) as image:
        assert image.tobytes() == expected.tobytes()


def test_masks_and_grounds_are_files(client: Client, tmp_path: Path, mask: Path) -> None:
    photograph = product(tmp_path / "mug.jpg", quality=95)
    Image.new("RGB", (20, 20), (0, 0, 255)).save(tmp_path / "sky.png")
    drop = tmp_path / "drop.png"
    drop.write_bytes(encode_mask(rectangle(72, 96, left=20, top=10, width=20, height=40)))
    file, *_ = client.predict(
        handle_file(photograph),
        ground_file=handle_file(tmp_path / "sky.png"),
        mask=handle_file(mask),
        drop=handle_file(drop),
        api_name="/cutout",
    )
    rgb = decode(file).rgb[0]
    assert rgb[:, 2, 2].tolist() == pytest.approx([0, 0, 1], abs=0.01)
    assert rgb[:, 30, 28].tolist() == pytest.approx([0, 0, 1], abs=0.05)
    assert rgb[:, 30, 60].tolist() == pytest.approx(decode(photograph).rgb[0, :, 30, 60].tolist(), abs=0.01)
    assert float(decode_mask(mask).coverage.sum()) == 2000


@pytest.mark.parametrize("name", ["recolor", "recolour"])
def test_several_colors_come_together_as_a_zip(client: Client, mug: Path, name: str) -> None:
    file, _, summary, _, beside, _ = client.predict(handle_file(mug), to="#1F6FEB, b91c1c", api_name=f"/{name}")
    assert Path(file).name == "mug-recolored_1F6FEB.png"
    assert "ΔE" in summary
    with zipfile.ZipFile(beside) as archive:
        assert archive.namelist() == ["mug-recolored_1F6FEB.png", "mug-recolored_B91C1C.png"]
        assert archive.read("mug-recolored_1F6FEB.png") == Path(file).read_bytes()


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("cutout", {"ground": "/etc/passwd"}, "ground: /etc/passwd; transparent, white"),
        ("cutout", {"model": "/etc/passwd"}, "/etc/passwd"),
        ("cutout", {"clicks": "20,10; 900,1,-"}, "clicks: 900,1,-; a pixel of this picture"),
        ("cutout", {"clicks": "left"}, 'clicks: "left"; X,Y in pixels is expected'),
        ("recolor", {}, "to: none was given"),
        ("recolor", {"to": "sky"}, "to: sky; a hex color"),
        ("shadow", {"kind": "long"}, "kind: long"),
        ("frame", {"fill": 2}, "fill: 2; 0.1 to 1 is allowed"),
        ("white", {"file_format": "jpeg", "lossless": True}, "lossless: jpeg is always lossy"),
        ("match", {}, "reference: none was given"),
    ],
)
def test_a_refusal_is_told(
    client: Client, mug: Path, tmp_path: Path, name: str, options: dict[str, Any], sentence: str
) -> None:
    picture = product(tmp_path / "photograph.png") if "model" in options else mug
    with pytest.raises(AppError, match=sentence):
        client.predict(handle_file(picture), **options, api_name=f"/{name}")


def test_everything_but_the_picture_has_a_default(client: Client) -> None:
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    for name in TASKS:
        first, *others = endpoints[f"/{name}"]["parameters"]
        assert (first["parameter_name"], first["parameter_has_default"]) == ("image", False)
        assert all(parameter["parameter_has_default"] for parameter in others), name
    defaults = {item["parameter_name"]: item["parameter_default"] for item in endpoints["/frame"]["parameters"][1:]}
    assert (defaults["fill"], defaults["aspect"], defaults["baseline"], defaults["ground"]) == (0.85, "1:1", None, "")
