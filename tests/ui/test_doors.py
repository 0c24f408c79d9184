"""What the middleware in front of Gradio refuses, and what a browser is told to make of the answers."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import gradio as gr
import httpx
import pytest
from gradio import processing_utils
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gan.limits import MAX_JSON_BYTES, MAX_JSON_DEPTH, MAX_JSON_ITEMS
from gan.ui import serve
from gan.ui.doors import LOOPBACK, check_settings, forbid_fetching, trusted_hosts

PAGE = "http://127.0.0.1:7860"


async def echo(request: Request) -> Response:
    return PlainTextResponse(await request.body())


def ask(path: str = "/gradio_api/queue/join", method: str = "POST", url: str = PAGE, **options: Any) -> httpx.Response:
    built = serve.app_options(hosts=trusted_hosts(None, ["shop.example"]))
    app = Starlette(
        routes=[Route("/{path:path}", echo, methods=["GET", "POST", "DELETE"])], middleware=built["middleware"]
    )

    async def go() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=url) as client:
            return await client.request(method, path, **options)

    return asyncio.run(go())


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:7860", 200),
        ("localhost", 200),
        ("[::1]:7860", 200),
        ("LOCALHOST:1", 200),
        ("shop.example", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("evil.example:7860", 403),
        ("[::1", 403),
        ("", 403),
    ],
)
def test_on_loopback_a_foreign_name_is_refused(host: str, status: int) -> None:
    for method in ("GET", "POST"):
        assert ask("/config", method, headers={"host": host}).status_code == status


def test_names_are_checked_on_loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRADIO_SERVER_NAME", raising=False)
    assert trusted_hosts(None) == trusted_hosts("localhost") == LOOPBACK
    assert trusted_hosts("127.0.0.1", ["Shop.Example"]) == LOOPBACK | {"shop.example"}
    assert trusted_hosts("0.0.0.0") is None
    assert trusted_hosts("0.0.0.0", ["Shop.Example"]) == LOOPBACK | {"shop.example"}
    monkeypatch.setenv("GRADIO_SERVER_NAME", "0.0.0.0")  # as on a Space
    assert trusted_hosts(None) is None


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": PAGE}, 200),
        ({"origin": PAGE, "sec-fetch-site": "same-origin"}, 200),
        ({"origin": "https://shop.example", "x-forwarded-host": "shop.example"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
    ],
)
def test_only_this_page_may_change_something(headers: dict[str, str], status: int) -> None:
    for path in ("/gradio_api/component_server", "/gradio_api/upload", "/gradio_api/queue/join"):
        assert ask(path, headers=headers).status_code == status
    assert ask("/config", "GET", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=http://example.com/a.png",
        "/gradio_api/file=https%3A%2F%2Fexample.com/a.png",
        "/gradio_api/file/http://example.com/a.png",
        "/gradio_api/file=ftp://example.com/a.png",
        "/gradio_api/file=//example.com/a.png",
        "/gradio_api/proxy=https://x.hf.space/a",
        "/gradio_api/process_recording",
        "/gradio_api/vibe-edit/",
        "/gradio_api/deep_link",
        "/monitoring",
    ],
)
def test_addresses_and_unused_routes_are_closed(path: str) -> None:
    for method in ("GET", "POST"):
        answer = ask(path, method)
        assert answer.status_code == 403
        assert "not served here" in answer.json()["detail"]


def test_files_of_the_page_are_open() -> None:
    for path in ("/gradio_api/file=/tmp/gradio/0a/a.png", "/gradio_api/file=/tmp/gradio/0a/http: it.png", "/config"):
        assert ask(path, "GET").status_code == 200


def file(**values: Any) -> bytes:
    return json.dumps({"data": [{"meta": {"_type": "gradio.FileData"}, **values}]}).encode()


@pytest.mark.parametrize(
    "body",
    [
        file(path="http://example.com/a.png"),
        file(path=" HTTPS://example.com/a.png"),
        file(path="data:image/png;base64,AAAA"),
        file(path="//example.com/a.png"),
        file(path="/tmp/gradio/a.png", url="data:image/png;base64,AAAA"),
        file(path=None, url="data:image/png;base64,AAAA"),
    ],
)
def test_a_file_that_is_an_address_is_refused(body: bytes) -> None:
    answer = ask(content=body)
    assert (answer.status_code, answer.json()["detail"][:16]) == (400, "A file's address")


def test_what_the_page_sends_passes_whole() -> None:
    own = file(path="/tmp/gradio/a.png", url=f"{PAGE}/gradio_api/file=/tmp/gradio/a.png")
    texts = json.dumps(
        {"data": ["data: a \U0001f600", '<img src="data:image/png;base64,AA">', {"a": [1, None]}]}
    ).encode()
    for body in (own, texts, b"", b"no JSON", json.dumps([[0] * MAX_JSON_ITEMS]).encode()):
        answer = ask(content=body)
        assert (answer.status_code, answer.content) == (200, body)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (json.dumps([0] * (MAX_JSON_ITEMS + 1)).encode(), 400),
        (b"[" * (MAX_JSON_DEPTH + 5) + b"]" * (MAX_JSON_DEPTH + 5), 400),
        (b"[" * 100_000, 400),
        (b'{"data": "' + b"x" * MAX_JSON_BYTES + b'"}', 413),
        (b'{"data": ["half of a pair: \\ud800"]}', 400),
        (b'{"\\udfff": 1}', 400),
    ],
)
def test_settings_are_bounded(body: bytes, status: int) -> None:
    answer = ask(content=body)
    assert answer.status_code == status
    assert answer.json()["error"].count(". ") == 1


def test_an_upload_is_not_read_as_settings() -> None:
    answer = ask("/gradio_api/upload", files={"files": ("a.bin", bytes(MAX_JSON_BYTES + 1))})
    assert answer.status_code == 200


def test_answers_tell_a_browser_to_take_them_for_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    page, sent = ask("/", "GET"), ask("/gradio_api/file=/tmp/gradio/a.html", "GET")
    assert {answer.headers["x-content-type-options"] for answer in (page, sent)} == {"nosniff"}
    assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
    assert "object-src 'none'" in page.headers["content-security-policy"]
    assert "sandbox" in sent.headers["content-security-policy"]
    assert ask("/gradio_api/proxy=x", "GET").headers["x-content-type-options"] == "nosniff"
    monkeypatch.setenv("SPACE_ID", "owner/name")
    assert "frame-ancestors 'self' https://huggingface.co" in ask("/", "GET").headers["content-security-policy"]


def test_the_functions_that_fetch_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("async_ssrf_protected_download", "ssrf_protected_download", "save_url_to_cache")
    for name in names:
        monkeypatch.setattr(processing_utils, name, getattr(processing_utils, name))
    forbid_fetching()
    with pytest.raises(gr.Error, match="only uploaded files are read"):
        asyncio.run(processing_utils.async_ssrf_protected_download("http://example.com", "/tmp"))
    for name in names[1:]:
        with pytest.raises(gr.Error, match="only uploaded files are read"):
            getattr(processing_utils, name)("http://example.com", "/tmp")


def test_no_json_is_somebody_else_s_to_refuse() -> None:
    assert check_settings(b"{") is None
    assert check_settings(b"\xff") is None
