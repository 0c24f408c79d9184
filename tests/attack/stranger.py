"""Somebody who speaks HTTP with the page, without Gradio's client and without manners."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 16 16\n%%EndComments\n{} loop\n%%EOF\n"
"""A program that never ends, for whoever hands it to an interpreter."""


class Stranger:
    """One visitor of a page on this machine.

    Args:
        url: of the page; another machine's is refused.
        session: what the page tells visitors apart by.
    """

    def __init__(self, url: str, session: str = "stranger") -> None:
        if httpx.URL(url).host not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError(f"{url} is not this machine; attacks go nowhere else")
        self.session = session
        self.http = httpx.Client(base_url=url, timeout=300, follow_redirects=False)
        self.config: dict[str, Any] = self.http.get("/config").json()

    def upload(self, path: Path) -> str:
        """The path on the server."""
        with path.open("rb") as file:
            answer = self.http.post("/gradio_api/upload", files={"files": (path.name, file)})
        return str(answer.json()[0])

    def number(self, api_name: str) -> int:
        """Of an event, public or not."""
        return next(int(one["id"]) for one in self.config["dependencies"] if one["api_name"] == api_name)

    def widgets(self, kind: str) -> list[int]:
        return [int(one["id"]) for one in self.config["components"] if one["type"] == kind]

    def values(self, api_name: str, **given: Any) -> list[Any]:
        """Of a public endpoint's parameters: the defaults, but for what is given."""
        told = self.http.get("/gradio_api/info").json()["named_endpoints"][f"/{api_name}"]["parameters"]
        return list(({one["parameter_name"]: one.get("parameter_default") for one in told} | given).values())

    def defaults(self, api_name: str, replaced: dict[int, Any]) -> list[Any]:
        """Of any event's inputs: what the page begins with, but for these widgets' values."""
        begun = {one["id"]: one["props"].get("value") for one in self.config["components"]}
        event = next(one for one in self.config["dependencies"] if one["api_name"] == api_name)
        return [replaced.get(number, begun[number]) for number in event["inputs"]]

    def join(self, number: int, data: list[Any], **more: Any) -> httpx.Response:
        """Put an event into the queue; NaN is sent as Python writes it."""
        asked = json.dumps({"data": data, "fn_index": number, "session_hash": self.session, **more})
        headers = {"content-type": "application/json"}
        return self.http.post("/gradio_api/queue/join", content=asked, headers=headers)

    def ask(self, number: int, data: list[Any], **more: Any) -> dict[str, Any]:
        """The last message of an event through the queue; of one that is refused, its status and text."""
        joined = self.join(number, data, **more)
        if joined.status_code != 200:
            return {"success": False, "status": joined.status_code, "text": joined.text}
        with self.http.stream("GET", "/gradio_api/queue/data", params={"session_hash": self.session}) as messages:
            for line in messages.iter_lines():
                told = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
                if told.get("msg") == "process_completed" and told["event_id"] == joined.json()["event_id"]:
                    return dict(told)
        return {"success": False}


def file_of(path: str) -> dict[str, Any]:
    """A file as Gradio's page describes it."""
    return {"path": path, "meta": {"_type": "gradio.FileData"}}
