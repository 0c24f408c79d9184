"""Middleware in front of Gradio: who may ask, for what, and what a browser may make of the answer.

Gradio 6.31 fetches public addresses for whoever names one, takes posts from foreign pages, answers under any host's
name, and reads bodies of any shape. None of that serves this page.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

import anyio
import gradio as gr
from gradio import processing_utils
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gan.limits import MAX_JSON_BYTES, MAX_JSON_DEPTH, MAX_JSON_ITEMS

LOOPBACK: Final = frozenset(("localhost", "127.0.0.1", "::1"))

CLOSED: Final = re.compile(
    r"/(?:mcp/(?:sse|messages)|proxy=|process_recording|(?:undo-)?vibe-|deep_link|stream/|monitoring|dev/reload|profiling)"
    r"|/file[=/]\s*(?:[a-z][a-z0-9+.-]+:|//)",
    re.IGNORECASE,
)
"""Routes of Gradio's that this page does not use and that work for a stranger: they fetch, convert films, write files,
keep connections (MCP's former transport). A file's path that begins with a scheme is an address to fetch."""

ADDRESS: Final = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*://|data:|//)", re.IGNORECASE)

HALF: Final = re.compile("[\ud800-\udfff]")
"""Half of a character in JSON's UTF-16; an answer that repeats it cannot be written, and its stream breaks off."""

POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",  # Gradio's page is inline, and builds its handlers of texts
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)

FILE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""For what was uploaded or made: opened by itself it runs nothing."""

_SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS")


def trusted_hosts(host: str | None, others: Iterable[str] = ()) -> frozenset[str] | None:
    """The names under which the page answers; None for any.

    On loopback only those: a foreign page whose name is made to point here (DNS rebinding) comes with its own. An
    address that the network reaches may have names that nobody here knows, unless they are told.

    Args:
        host: the address that is listened on; None leaves it to Gradio.
        others: further names, such as that of a proxy in front, or of a container's host.
    """
    listened = host or os.environ.get("GRADIO_SERVER_NAME") or "127.0.0.1"
    names = frozenset(name.lower() for name in others)
    return LOOPBACK | names if names or listened in LOOPBACK else None


class Doors:
    """ASGI middleware that refuses, in one sentence, what the module's first lines name.

    Args:
        hosts: as of `trusted_hosts`.
        framed_by: origins that may show the page in a frame, besides its own.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] | None = None, framed_by: Iterable[str] = ()) -> None:
        self._app = app
        self._hosts = hosts
        self._policy = "; ".join((POLICY, " ".join(("frame-ancestors 'self'", *framed_by))))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {key.lower(): value.decode("latin-1") for key, value in scope["headers"]}
        guarded = self._guarded(scope["path"], send)
        problem = self._problem(scope["path"], scope["method"], headers)
        if problem is None and scope["method"] not in _SAFE_METHODS and _is_settings(scope["path"], headers):
            body, problem = await _read(receive)
            receive = _again(body, receive)
        if problem is not None:
            await _refusal(*problem)(scope, receive, guarded)
            return
        await self._app(scope, receive, guarded)

    def _problem(self, path: str, method: str, headers: Mapping[bytes, str]) -> tuple[int, str] | None:
        host = headers.get(b"host", "")
        if self._hosts is not None and _name(host) not in self._hosts:
            return 403, "This page is served to this machine only, under its own name. Open it at http://127.0.0.1."
        if CLOSED.search(path):
            return 403, "This address is not served here. Files are uploaded; nothing is fetched for a visitor."
        if method not in _SAFE_METHODS and not _is_own(headers, host):
            return 403, "Requests from another page are not accepted. Open this page itself."
        return None

    def _guarded(self, path: str, send: Send) -> Send:
        policy = FILE_POLICY if "/file=" in path or "/file/" in path else self._policy

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-content-type-options", b"nosniff"),
                    (b"content-security-policy", policy.encode("ascii")),
                    (b"referrer-policy", b"same-origin"),
                ]
            await send(message)

        return with_headers


def forbid_fetching() -> None:
    """Take from this process Gradio's functions that download an address, wherever a visitor's value reaches them."""

    async def refuse_later(*_: Any, **__: Any) -> NoReturn:
        _refuse()

    def refuse(*_: Any, **__: Any) -> NoReturn:
        _refuse()

    processing_utils.async_ssrf_protected_download = refuse_later
    processing_utils.ssrf_protected_download = refuse
    processing_utils.save_url_to_cache = refuse


def check_settings(body: bytes) -> str | None:
    """Find the fault in a body of settings, as one sentence; None for what is fine and for what is no JSON.

    Args:
        body: at most `MAX_JSON_BYTES`.
    """
    try:
        values = json.loads(body)
    except RecursionError:
        return _too_deep()
    except ValueError:  # whoever expects JSON says so
        return None
    pending: list[tuple[Any, int]] = [(values, 0)]
    while pending:
        value, depth = pending.pop()
        if isinstance(value, str) and HALF.search(value):
            return "A text with half of a character; whole Unicode characters are accepted. Correct the text."
        if not isinstance(value, (dict, list)):
            continue
        if depth > MAX_JSON_DEPTH:
            return _too_deep()
        if len(value) > MAX_JSON_ITEMS:
            return f"A list of {len(value)} items; at most {MAX_JSON_ITEMS} are accepted. Send fewer at a time."
        if isinstance(value, dict) and _names_an_address(value):
            return "A file's address; only uploaded files are read. Download it, and upload the file."
        items = [*value, *value.values()] if isinstance(value, dict) else value
        pending += [(item, depth + 1) for item in items]
    return None


def _names_an_address(value: Mapping[str, Any]) -> bool:
    """True if a file's description asks for fetching or carries the file; a page also tells from where it shows it."""
    path, url = value.get("path"), value.get("url")
    if isinstance(url, str) and "path" in value and url.lstrip()[:5].lower() == "data:":
        return True
    return isinstance(path, str) and ADDRESS.match(path) is not None


def _is_settings(path: str, headers: Mapping[bytes, str]) -> bool:
    """True if a body is no form with a file; the agents' route reads JSON whatever else its type names."""
    return "/mcp" in path or not headers.get(b"content-type", "").lower().startswith("multipart/form-data")


async def _read(receive: Receive) -> tuple[bytes, tuple[int, str] | None]:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            break
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_JSON_BYTES:
            most = MAX_JSON_BYTES // 2**20
            return b"", (413, f"These settings are too large; at most {most} MB are accepted. Upload files instead.")
        if not message.get("more_body"):
            break
    body = b"".join(parts)
    problem = await anyio.to_thread.run_sync(check_settings, body) if body else None
    return body, None if problem is None else (400, problem)


def _again(body: bytes, receive: Receive) -> Receive:
    """The body that was read, once more, and then what follows it."""
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _is_own(headers: Mapping[bytes, str], host: str) -> bool:
    """True if a request that changes something comes from this page, or from no page at all."""
    if headers.get(b"sec-fetch-site", "") == "cross-site":
        return False
    origin = headers.get(b"origin")
    if origin is None:
        return True
    names = {host.lower(), headers.get(b"x-forwarded-host", "").lower()}
    return urlsplit(origin).netloc.lower() in names - {""}


def _name(host: str) -> str:
    """Of a Host header, without its port and brackets."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _refusal(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"detail": sentence, "error": sentence}, status_code=status)


def _refuse() -> NoReturn:
    raise gr.Error("A file's address; only uploaded files are read. Download it, and upload the file.")


def _too_deep() -> str:
    return (
        f"Values nested more than {MAX_JSON_DEPTH} deep; what the page itself sends is not. Send it as the page does."
    )
