"""What surrounds the page: the limit on bodies, the health check, the launch."""

from __future__ import annotations

import asyncio
import sys
import threading
import types
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gan.core.contract import Result
from gan.imaging.io.codec import MAX_BYTES
from gan.ui import serve
from gan.ui.gate import GATE

LIMIT = 1000


async def length(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def careless(request: Request) -> Response:
    """Swallows that the client went away, and answers."""
    try:
        await request.body()
    except Exception:
        return PlainTextResponse("I have read all of it")
    return PlainTextResponse("fine")


def ask(path: str, **options: Any) -> httpx.Response:
    built = serve.app_options(LIMIT)
    routes = [Route("/length", length, methods=["POST"]), Route("/careless", careless, methods=["POST"])]
    app = Starlette(routes=built["routes"] + routes, middleware=built["middleware"])

    async def go() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page") as client:
            return await client.request(**{"method": "POST", "url": path, **options})

    return asyncio.run(go())


async def chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 100):
        yield b"x" * 100


def test_healthz_answers() -> None:
    answer = ask("/healthz", method="GET")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "jobs": 0})
    with GATE.worker(threading.Event()):
        assert ask("/healthz", method="GET").json()["jobs"] == 1


@pytest.mark.parametrize("size", [0, LIMIT - 100, LIMIT])
def test_a_body_within_the_limit_passes_whole(size: int) -> None:
    assert ask("/length", content=b"x" * size).text == str(size)
    assert ask("/length", content=chunks(size)).text == str(size)


@pytest.mark.parametrize("path", ["/length", "/careless"])
def test_a_larger_body_is_refused_in_one_sentence(path: str) -> None:
    for body in (b"x" * (LIMIT + 1), chunks(LIMIT + 100)):
        answer = ask(path, content=body)
        assert answer.status_code == 413
        assert "too large" in answer.text
        assert "\n" not in answer.text


def test_a_declared_length_is_refused_before_anything_is_read() -> None:
    async def go() -> list[Any]:
        sent: list[Any] = []

        async def receive() -> Any:
            raise AssertionError("the body was read")

        async def send(message: Any) -> None:
            sent.append(message)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            raise AssertionError("the app was asked")

        scope = {"type": "http", "headers": [(b"content-length", b"1001")]}
        await serve.BodyLimit(app, LIMIT)(scope, receive, send)
        return sent

    assert asyncio.run(go())[0]["status"] == 413


def test_an_error_of_the_app_is_not_hidden() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(serve.BodyLimit(app, LIMIT)({"type": "http", "headers": []}, None, None))  # type: ignore[arg-type]


def test_what_is_no_request_passes() -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    asyncio.run(serve.BodyLimit(app, LIMIT)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan"]


def test_a_file_of_the_greatest_size_fits_into_a_request() -> None:
    assert serve.MAX_BODY_BYTES > MAX_BYTES


def test_the_launch_shares_counts_and_records_nothing() -> None:
    options = serve.launch_options(None, None)
    assert options["max_file_size"] == MAX_BYTES
    assert options["allowed_paths"] == []
    for switch in ("share", "show_error", "run_history", "enable_monitoring", "ssr_mode"):
        assert options[switch] is False


def test_without_zero_gpu_the_run_is_the_same() -> None:
    assert serve.on_gpu(print) is print  # type: ignore[arg-type]


def test_on_zero_gpu_only_the_request_travels(monkeypatch: pytest.MonkeyPatch) -> None:
    spaces: Any = types.ModuleType("spaces")
    borrowed = []
    spaces.GPU = lambda function: lambda *args: borrowed.append(args) or function(*args)
    monkeypatch.setitem(sys.modules, "spaces", spaces)

    def run(request: Any, **others: Any) -> Result:
        assert not others
        return request

    assert serve.on_gpu(run)("request", progress=print, cancel=object()) == "request"  # type: ignore[arg-type, comparison-overlap]
    assert borrowed == [("request",)]
