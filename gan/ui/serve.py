"""Serve the app: launch options, a health check, a limit on the size of a request."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, Final

import gradio as gr
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gan.core.contract import Progress, Result
from gan.core.contract import Request as Task
from gan.core.errors import InputError
from gan.imaging.io.codec import MAX_BYTES
from gan.imaging.io.file_types import keep_documented_openers
from gan.ui.agents import serve_agents
from gan.ui.allocator import keep_one_arena, tidy_on
from gan.ui.assets import FOLDER, asset
from gan.ui.doors import Doors, forbid_fetching, trusted_hosts
from gan.ui.gate import GATE
from gan.ui.i18n import translations
from gan.ui.late_imports import import_beforehand
from gan.ui.storage import Storage
from gan.ui.theme import CSS, theme
from gan.ui.visitor_state import keep_visitors_small

HUB: Final = "https://huggingface.co"
"""Shows a Space in a frame."""

SCRIPTS: Final = ("listing.js", "editing_keys.js", "paste.js", "compare_slider.js", "example_names.js", "history.js")
"""Of every page, run once when it is there."""

MAX_BODY_BYTES: Final = MAX_BYTES + 2**20
"""A file of the greatest size, and what a form wraps around it."""


def serve(
    page: gr.Blocks,
    host: str | None,
    port: int | None,
    *,
    shown: Sequence[Path] = (),
    trusted: Sequence[str] = (),
    storage: Storage | None = None,
    mcp: bool = False,
) -> int:
    """Launch the page, print its address, and stay until interrupted.

    Args:
        page: with its queue set up.
        host: address to listen on; None leaves it to Gradio (this machine only, or all on a Space).
        port: None takes the first free one from 7860.
        shown: folders whose pictures the page may show, besides what it makes itself.
        trusted: further names under which it is reached, as of `gan.ui.doors.trusted_hosts`.
        storage: as of `gan.ui.storage.opened`, within which the page was built; it is swept from now on, and uploads
            are refused while it is full.
        mcp: serve the public endpoints to agents too, as of `gan.ui.agents`.

    Returns:
        0, the exit status, after an interrupt (Ctrl-C) or a request to end (SIGTERM, SIGHUP) alike.

    Raises:
        InputError: the port or the host cannot be listened on, or agents cannot be served.
    """
    keep_one_arena()
    keep_documented_openers()
    forbid_fetching()
    keep_visitors_small()
    if mcp:
        try:
            serve_agents()
        except ImportError as error:
            raise InputError(
                "mcp",
                "the package mcp is not installed",
                "agents are served with it",
                'Run: pip install "mcp>=1.30,<2", or leave --mcp out',
            ) from error
    options = {**launch_options(host, port, shown, trusted, storage), "mcp_server": mcp}
    try:
        _, url, _ = page.launch(**options, prevent_thread_lock=True)
    except OSError as error:
        raise InputError(
            "port",
            "{host}:{port} cannot be listened on",
            "a free port of this machine is needed",
            "Choose another --port or --host",
            host=host or "127.0.0.1",
            port="any" if port is None else port,
        ) from error
    if storage is not None:
        storage.keep_present()
        storage.sweep_on()
    tidy_on()
    for ending in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(ending, _interrupt)
    if mcp and page.mcp_error:
        raise InputError("mcp", "{reason}", "agents cannot be served", "Start it without --mcp", reason=page.mcp_error)
    print(f"Packshot Studio: {url}", flush=True)
    import_beforehand()
    page.block_thread()
    return 0


def _interrupt(*_: Any) -> None:
    """End as Ctrl-C does, so that the files go with the process."""
    raise KeyboardInterrupt


def launch_options(
    host: str | None,
    port: int | None,
    shown: Sequence[Path] = (),
    trusted: Sequence[str] = (),
    storage: Storage | None = None,
) -> dict[str, Any]:
    """Options of `launch`: nothing is shared, counted, recorded, or fetched from another host."""
    return {
        "server_name": host,
        "server_port": port,
        # Gradio asks for its own page then, and on a machine too busy to answer in 3 s ends the process.
        "_frontend": False,
        "share": False,
        "quiet": True,
        "show_error": False,
        "footer_links": ["api"],
        "js": f"() => {{ {'; '.join(f'({asset(name)})()' for name in SCRIPTS)} }}",
        "pwa": True,
        "favicon_path": FOLDER / "icon.svg",
        "run_history": False,
        "enable_monitoring": False,
        "ssr_mode": False,
        "state_session_capacity": 64,
        "max_file_size": MAX_BYTES,
        "allowed_paths": [str(folder) for folder in shown],
        "app_kwargs": app_options(hosts=trusted_hosts(host, trusted), storage=storage),
        "i18n": translations(),
        "theme": theme(),
        "css": CSS,
    }


def on_gpu(run: Callable[..., Result]) -> Callable[..., Result]:
    """The same run, on a GPU borrowed for each call where this is a ZeroGPU Space.

    There the call happens in a process of its own, which neither progress nor Stop can reach.
    """
    spaces = sys.modules.get("spaces")
    if spaces is None:
        return run

    @spaces.GPU  # type: ignore[untyped-decorator]
    def borrowed(request: Task) -> Result:
        return run(request)

    def call(request: Task, *, progress: Progress | None = None, cancel: threading.Event | None = None) -> Result:
        result: Result = borrowed(request)
        return result

    return call


def app_options(
    max_body_bytes: int = MAX_BODY_BYTES, hosts: Collection[str] | None = None, storage: Storage | None = None
) -> dict[str, Any]:
    """Options for `launch(app_kwargs=...)`: the route /healthz, the doors and the limit on bodies.

    Args:
        hosts: as of `gan.ui.doors.trusted_hosts`.
        storage: takes uploads in, as long as it is not full.
    """
    framed_by = [HUB] if os.environ.get("SPACE_ID") else []
    return {
        "routes": [Route("/healthz", _healthz)],
        "middleware": [
            Middleware(BodyLimit, max_body_bytes=max_body_bytes, storage=storage),
            Middleware(Doors, hosts=hosts, framed_by=framed_by),
        ],
    }


class BodyLimit:
    """ASGI middleware that answers 413, in one sentence, to a body that is too large.

    A declared Content-Length is refused before anything is read; a body without one (chunked) is cut off where it
    passes the limit, so that neither memory nor disk takes in more.
    """

    def __init__(self, app: ASGIApp, max_body_bytes: int, storage: Storage | None = None) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._storage = storage

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and int(declared) > self._max_body_bytes:
            await self._refusal()(scope, receive, send)
            return
        if self._storage is not None and self._storage.full and scope["path"].rstrip("/").endswith("/upload"):
            sentence = "The server has no room for another upload. Try again in some minutes."
            await PlainTextResponse(sentence, status_code=507)(scope, receive, send)
            return

        received = 0
        started = False

        async def counting() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            return {"type": "http.disconnect"} if received > self._max_body_bytes else message

        async def watching(message: Message) -> None:
            nonlocal started
            if received > self._max_body_bytes and not started:
                return
            started = True
            await send(message)

        try:
            await self._app(scope, counting, watching)
        except Exception:
            if received <= self._max_body_bytes:
                raise
        if received > self._max_body_bytes and not started:
            await self._refusal()(scope, receive, send)

    def _refusal(self) -> Response:
        largest = self._max_body_bytes // 2**20
        return PlainTextResponse(
            f"This request is too large; at most {largest} MB are accepted. Send a smaller file.", status_code=413
        )


async def _healthz(_: Request) -> Response:
    """Alive, and how many jobs are under way: a server without any can be ended with no loss."""
    return JSONResponse({"status": "ok", "jobs": GATE.jobs})
