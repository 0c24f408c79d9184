"""The API with Gradio's real client against the real page and the real studio."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from pages import photograph
from PIL import Image
from test_app import ENDPOINTS

from gan.imaging.io.codec import MAX_BYTES, decode


def enhance(client: Client, path: Path, **options: Any) -> tuple[Any, ...]:
    return client.predict(handle_file(path), **options, api_name="/enhance")  # type: ignore[no-any-return]


def test_a_file_is_enough_and_a_file_comes_first(client: Client, tmp_path: Path) -> None:
    file, pair, summary, record, status = enhance(client, photograph(tmp_path / "shoe.png"))
    assert Path(file).name == "shoe-enhanced.png"
    assert decode(file).rgb.shape == (1, 3, 64, 96)
    assert len(pair) == 2
    assert "48 × 32 px → 96 × 64 px" in summary
    assert json.loads(Path(record).read_text())["weights"].keys() == {"enhance-x2"}
    assert status == ""


def test_these_are_the_only_endpoints(client: Client) -> None:
    endpoints = client.view_api(return_format="dict", print_info=False)
    assert list(endpoints["named_endpoints"]) == [f"/{task}" for task in ENDPOINTS]
    assert not endpoints["unnamed_endpoints"]
    others = endpoints["named_endpoints"]["/enhance"]["parameters"]
    types = {parameter["parameter_name"]: parameter["python_type"]["type"] for parameter in others}
    assert (types["scale"], types["strength"], types["auto"], types["reference"]) == (
        "Literal[1] | Literal[2] | Literal[4]",
        "float",
        "bool",
        "filepath",
    )


@pytest.mark.parametrize(
    ("file_format", "pillow"), [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP"), ("avif", "AVIF"), ("tiff", "TIFF")]
)
def test_every_format_can_be_asked_for(client: Client, tmp_path: Path, file_format: str, pillow: str) -> None:
    file, *_ = enhance(client, photograph(tmp_path / "shoe.png"), file_format=file_format)
    with Image.open(file) as image:
        assert (image.format, image.size) == (pillow, (96, 64))


def test_the_upload_arrives_as_it_was_sent(client: Client, tmp_path: Path) -> None:
    """An orientation in the EXIF, CMYK, and a format that browsers do not show: nothing re-encodes them on the way."""
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = photograph(tmp_path / "turned.jpg", exif=exif)
    file, *_ = enhance(client, turned, scale=1, strength=0, keep_exif=True)
    assert torch.equal(decode(file).rgb, decode(turned).rgb)
    assert decode(file).rgb.shape == (1, 3, 48, 32)
    uploaded = httpx.post(f"{client.src}gradio_api/upload", files={"files": turned.read_bytes()}).json()[0]
    assert hashlib.sha256(Path(uploaded).read_bytes()).digest() == hashlib.sha256(turned.read_bytes()).digest()
    for mode, name in (("CMYK", "ink.jpg"), ("I;16", "deep.png"), ("LA", "veil.png"), ("RGB", "page.tiff")):
        path = tmp_path / name
        with Image.open(turned) as image:
            image.convert("L" if mode == "I;16" else mode).convert(mode).save(path)
        file, *_ = enhance(client, path, scale=1, strength=0)
        assert torch.allclose(decode(file).rgb, decode(path).rgb, atol=0.5 / 255)


def test_heic_is_read(client: Client, tmp_path: Path) -> None:
    import pillow_heif

    with Image.open(photograph(tmp_path / "shoe.png", (64, 48))) as image:
        pillow_heif.from_pillow(image).save(tmp_path / "phone.heic")
    file, *_ = enhance(client, tmp_path / "phone.heic")
    assert Path(file).name == "phone-enhanced.png"
    assert decode(file).rgb.shape == (1, 3, 96, 128)


def test_a_reference_is_measured(client: Client, tmp_path: Path) -> None:
    path = photograph(tmp_path / "shoe.png")
    summary = enhance(client, path, scale=1, reference=handle_file(path))[2]
    assert "PSNR" in summary


def test_a_file_that_is_no_picture_is_told_and_the_next_one_works(client: Client, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"<html>")
    with pytest.raises(AppError, match="image: a web page"):
        enhance(client, bad)
    assert enhance(client, photograph(tmp_path / "shoe.png"))[0]


def test_the_sentence_is_in_the_language_of_the_request(studio_page: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"<html>")
    client = Client(studio_page, verbose=False, headers={"accept-language": "zh-CN"})
    with closing(client), pytest.raises(AppError, match="图片：这是网页"):
        enhance(client, bad)


def test_a_path_of_the_server_cannot_be_named(client: Client) -> None:
    """What was not uploaded is not read, let alone returned."""
    forged = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
    answer = httpx.post(f"{client.src}gradio_api/call/enhance", json={"data": [forged]})
    event = answer.json()["event_id"]
    with httpx.stream("GET", f"{client.src}gradio_api/call/enhance/{event}") as stream:
        told = "".join(stream.iter_text())
    assert "event: error" in told
    assert "root:" not in told


def test_the_served_page_answers_health_checks(studio_page: str) -> None:
    assert httpx.get(f"{studio_page}healthz").json()["status"] == "ok"


def test_an_endless_upload_is_cut_off(studio_page: str) -> None:
    """Chunked, so that nothing declares the length, and in files that each are small enough."""

    def form() -> Iterator[bytes]:
        for _ in range(MAX_BYTES // 2**24 + 1):
            yield b'\r\n--x\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'
            for _ in range(16):
                yield b"x" * 2**20

    with httpx.Client(headers={"content-type": "multipart/form-data; boundary=x"}) as client:
        answer = client.post(f"{studio_page}gradio_api/upload", content=form())
    assert answer.status_code == 413
    assert "too large" in answer.text


def test_a_declared_length_beyond_the_limit_is_refused(studio_page: str) -> None:
    answer = httpx.post(f"{studio_page}gradio_api/queue/join", content=b"x" * (MAX_BYTES + 2**21))
    assert answer.status_code == 413
