"""The quick ones of the attacks over HTTP, against the real page and the real studio in a process of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from stranger import EPS, Stranger, file_of


@pytest.fixture(scope="module")
def stranger(studio_page: str) -> Iterator[Stranger]:
    stranger = Stranger(studio_page)
    yield stranger
    stranger.http.close()


def test_nothing_is_computed_beside_the_queue(stranger: Stranger) -> None:
    queued = [one for one in stranger.config["dependencies"] if one["queue"] and one["backend_fn"]]
    assert len(queued) > 100
    for one in queued:
        for way in ("run", "api"):
            answer = stranger.http.post(f"/gradio_api/{way}/{one['api_name']}", json={"data": []})
            assert answer.status_code == 404
    answer = stranger.http.post("/gradio_api/run/predict", json={"data": [], "fn_index": queued[0]["id"]})
    assert answer.status_code == 404


def test_the_editor_s_server_takes_no_index_of_a_hundred_million(stranger: Stranger) -> None:
    editors = stranger.widgets("imageeditor")
    assert len(editors) == 3  # of Inpaint, Cut-out and prints
    for editor in editors:
        form = {"component_id": editor, "session_hash": "s", "fn_name": "accept_blobs", "type": "layer", "id": "x"}
        for index, status in ((100_000_000, 400), (0, 200)):
            sent = {**form, "index": str(index)}
            answer = stranger.http.post("/gradio_api/component_server", data=sent, files={"file": ("a.png", b"x")})
            assert answer.status_code == status


def test_a_program_in_the_editor_is_refused_in_a_sentence(stranger: Stranger, tmp_path: Path) -> None:
    (tmp_path / "layer.png").write_bytes(EPS)
    Image.new("RGB", (48, 32), "teal").save(tmp_path / "shoe.png")
    layer, shoe = (stranger.upload(tmp_path / name) for name in ("layer.png", "shoe.png"))
    opened = stranger.ask(stranger.number("open_2"), [file_of(shoe), None])
    assert opened["success"], opened
    value = {"background": file_of(layer), "layers": [file_of(layer)], "composite": file_of(layer), "id": None}
    data = stranger.defaults("make", dict.fromkeys(stranger.widgets("imageeditor"), value))
    told = stranger.ask(stranger.number("make"), data)
    assert not told["success"]
    assert "mask: a layer that cannot be read" in told["output"]["error"]


@pytest.mark.parametrize("model", ["/etc/passwd", "openai/clip", "weights/enhance-x2", None, 3])
@pytest.mark.parametrize("task", ["enhance", "cutout", "white", "stylize", "generate", "frame"])
def test_a_model_is_a_name_of_the_page(task: str, model: object, stranger: Stranger, tmp_path: Path) -> None:
    Image.new("RGB", (48, 32), "teal").save(tmp_path / "shoe.png")
    picture = {} if task == "generate" else {"image": file_of(stranger.upload(tmp_path / "shoe.png"))}
    told = stranger.ask(stranger.number(task), stranger.values(task, model=model, **picture))
    assert not told["success"]
    if isinstance(model, str):  # by Gradio where the page has a list, by us where it has a text
        assert re.search("is not offered here|is expected", told["output"]["error"])


def test_nothing_is_fetched_for_a_visitor(stranger: Stranger) -> None:
    for address in ("http://127.0.0.1:9/a.png", "https://example.com/a.png"):
        told = stranger.ask(stranger.number("enhance"), [file_of(address), 2])
        assert told["status"] == 400
        assert "only uploaded files are read" in told["text"]
        for way in ("file=", "file/", "proxy="):
            assert stranger.http.get(f"/gradio_api/{way}{address}").status_code == 403


def test_a_foreign_page_and_a_foreign_name_are_refused(stranger: Stranger) -> None:
    assert stranger.http.get("/config", headers={"host": "evil.example"}).status_code == 403
    for path in ("/gradio_api/upload", "/gradio_api/component_server", "/gradio_api/queue/join"):
        assert stranger.http.post(path, headers={"origin": "https://evil.example"}).status_code == 403


def test_a_text_keeps_no_location(stranger: Stranger, tmp_path: Path) -> None:
    Image.new("RGB", (48, 32), "teal").save(tmp_path / "shoe.png")
    picture = file_of(stranger.upload(tmp_path / "shoe.png"))
    told = stranger.ask(stranger.number("enhance"), stranger.values("enhance", image=picture, keep_exif="false"))
    assert told["output"]["error"].startswith('keep_exif: "false"; true or false is expected')
    told = stranger.ask(stranger.number("enhance"), stranger.values("enhance", image=picture, scale="2"))
    assert told["output"]["error"].startswith('scale: "2"; a whole number is expected'), told


def test_attacks_go_to_this_machine_only() -> None:
    with pytest.raises(ValueError, match="is not this machine"):
        Stranger("http://example.com/")
