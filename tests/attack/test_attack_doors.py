"""The quick ones of the attacks over HTTP, against the real page and the real studio in a process of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 16 16\n%%EndComments\n{} loop\n%%EOF\n"
"""A program that never ends, for whoever hands it to an interpreter."""


class Stranger:
    """Somebody who speaks HTTP with the page, without Gradio's client."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=60, follow_redirects=False)
        self.config: dict[str, Any] = self.http.get("/config").json()

    def upload(self, path: Path) -> str:
        with path.open("rb") as file:
            answer = self.http.post("/gradio_api/upload", files={"files": (path.name, file)})
        return str(answer.json()[0])

    def number(self, api_name: str) -> int:
        return next(int(one["id"]) for one in self.config["dependencies"] if one["api_name"] == api_name)

    def ask(self, number: int, data: list[Any], session: str = "stranger") -> dict[str, Any]:
        """The last message of an event through the queue."""
        asked = {"data": data, "fn_index": number, "session_hash": session}
        joined = self.http.post("/gradio_api/queue/join", json=asked)
        if joined.status_code != 200:
            return {"status": joined.status_code, "text": joined.text}
        with self.http.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as messages:
            for line in messages.iter_lines():
                told = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
                if told.get("msg") == "process_completed":
                    return dict(told)
        return {}


@pytest.fixture(scope="module")
def stranger(studio_page: str) -> Iterator[Stranger]:
    stranger = Stranger(studio_page)
    yield stranger
    stranger.http.close()


def file_of(path: str) -> dict[str, Any]:
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


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
    editors = [one["id"] for one in stranger.config["components"] if one["type"] == "imageeditor"]
    assert len(editors) == 2
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
    numbers = {one["api_name"]: one for one in stranger.config["dependencies"]}
    opened = stranger.ask(numbers["open_2"]["id"], [file_of(shoe), None])
    assert opened["success"], opened
    make = numbers["make"]
    value = {"background": file_of(layer), "layers": [file_of(layer)], "composite": file_of(layer), "id": None}
    defaults = {one["id"]: one["props"].get("value") for one in stranger.config["components"]}
    editors = [one["id"] for one in stranger.config["components"] if one["type"] == "imageeditor"]
    data = [value if number in editors else defaults[number] for number in make["inputs"]]
    told = stranger.ask(make["id"], data)
    assert not told["success"]
    assert "mask: a layer that cannot be read" in told["output"]["error"]


@pytest.mark.parametrize("model", ["/etc/passwd", "openai/clip", "weights/enhance-x2", None, 3])
@pytest.mark.parametrize("task", ["enhance", "cutout", "white", "stylize", "generate", "frame"])
def test_a_model_is_a_name_of_the_page(task: str, model: object, stranger: Stranger, tmp_path: Path) -> None:
    Image.new("RGB", (48, 32), "teal").save(tmp_path / "shoe.png")
    information = stranger.http.get("/gradio_api/info").json()["named_endpoints"][f"/{task}"]["parameters"]
    values = {one["parameter_name"]: one.get("parameter_default") for one in information} | {"model": model}
    if "image" in values:
        values["image"] = file_of(stranger.upload(tmp_path / "shoe.png"))
    told = stranger.ask(stranger.number(task), list(values.values()))
    assert not told["success"]
    if isinstance(model, str):  # by Gradio where the page has a list, by us where it has a text
        assert re.search("is not offered here|is not in the list of choices", told["output"]["error"])


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
