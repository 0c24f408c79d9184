"""Agents: the public endpoints as tools of MCP by the official client, and their limits."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pages import serving
from PIL import Image

import app
from gan.core.errors import InputError
from gan.ui import agents
from gan.ui.serve import launch_options

mcp = pytest.importorskip("mcp", reason="the package mcp of requirements.txt is not installed")

SECRET = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(["tests/pages.py", "quick", "--mcp"]) as url:
        yield url.rstrip("/")


def png(color: str = "teal", size: tuple[int, int] = (24, 18)) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, color).save(data, "PNG")
    return data.getvalue()


def as_data(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode("ascii")


def texts(answer: Any) -> str:
    return "\n".join(content.text for content in answer.content if content.type == "text")


def test_an_agent_lists_tools_hands_in_a_picture_and_gets_a_file(url: str) -> None:
    asyncio.run(_visit(url))


async def _visit(url: str) -> None:
    from mcp import ClientSession, McpError
    from mcp.client.streamable_http import streamable_http_client

    async with (
        streamable_http_client(f"{url}/gradio_api/mcp/") as (reading, writing, _),
        ClientSession(reading, writing) as session,
    ):
        await session.initialize()
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        listed = httpx.get(f"{url}/gradio_api/info", follow_redirects=True).json()["named_endpoints"]
        assert set(tools) | {"channels", "channel", "recolour"} == {name.lstrip("/") for name in listed}
        assert "recolour" not in tools
        named = await session.call_tool("recolour", {"image": as_data(b"no picture"), "to": "#123456"})
        assert "image: not a picture;" in texts(named), "a former name is understood"
        assert tools["enhance"].description.startswith("Enlarge and clean a product photograph.")
        schema = tools["enhance"].inputSchema
        assert schema["required"] == ["image"]
        assert schema["properties"]["strength"]["description"] == "0 gives the input, 1 the full effect"
        for tool in tools.values():
            assert all(about.get("description") for about in tool.inputSchema["properties"].values()), tool.name

        # A picture as data, and as an upload.
        made = await session.call_tool("enhance", {"image": as_data(png()), "scale": 2})
        assert not made.isError, texts(made)
        uploaded = httpx.post(f"{url}/gradio_api/upload", files={"files": ("chair.png", png())}).json()[0]
        for given in (uploaded, f"{url}/gradio_api/file={uploaded}"):
            made = await session.call_tool("enhance", {"image": given, "scale": 2})
            assert not made.isError, texts(made)
        (link,) = [each for each in made.content if each.type == "resource_link" and each.name == "chair-enhanced.png"]
        with Image.open(io.BytesIO(httpx.get(str(link.uri)).content)) as image:
            assert (image.format, image.size) == ("PNG", (48, 36))
        shown = next(each for each in made.content if each.type == "image")
        with Image.open(io.BytesIO(base64.b64decode(shown.data))) as image:
            assert image.size == (48, 36)
        assert "Size: 24 × 18 px → 48 × 36 px" in texts(made)

        for wrong, said in (
            ({"image": as_data(png()), "scale": 3}, "scale: 3; 1, 2 or 4 is allowed."),
            ({"image": "https://example.com/a.png"}, "image: a file's address; only uploaded files are read."),
            ({"image": "/etc/passwd"}, "a file that was uploaded to this page is expected"),
            ({"image": SECRET}, "a file that was uploaded to this page is expected"),
            ({"image": as_data(png()), "model": SECRET}, "a file that was uploaded to this page is expected"),
            ({"image": "data:image/png;base64,?"}, "a data: address"),
            ({"image": as_data(b"no picture")}, "image: not a picture;"),
            ({"image": as_data(png()), "sharpen": 1}, "sharpen: an unknown parameter;"),
            ({}, "image: it is missing;"),
        ):
            refused = await session.call_tool("enhance", wrong)
            assert refused.isError
            assert said in texts(refused), wrong
            assert "root:" not in texts(refused)
        refused = await session.call_tool("_look", {"image": uploaded})
        assert refused.isError, "events of the page are no tools"

        assert [str(each.uri) for each in (await session.list_resources()).resources] == ["channels://all"]
        channels = json.loads((await session.read_resource("channels://all")).contents[0].text)
        assert "amazon" in [each["name"] for each in channels]
        rules = json.loads((await session.read_resource("channels://amazon")).contents[0].text)
        assert rules["source"].startswith("https://")
        with pytest.raises(McpError, match="it is no resource"):
            await session.read_resource("channels://nowhere")


@pytest.fixture(scope="module")
def stopping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address and folder of a page that works until it is told to stop."""
    folder = tmp_path_factory.mktemp("work")
    with serving(["tests/stopping_page.py", str(folder)]) as url:
        yield f"{url}gradio_api/mcp/", folder


@pytest.mark.parametrize("way", ["told", "told while it reports", "gone"])
def test_a_call_that_is_canceled_or_left_stops_its_work(stopping: tuple[str, Path], way: str) -> None:
    url, folder = stopping
    for name in ("began", "stopped"):
        (folder / name).unlink(missing_ok=True)
    asyncio.run(_leave(url, folder, way))
    assert asyncio.run(_there(folder / "stopped"))


async def _there(path: Path) -> bool:
    for _ in range(300):
        if path.exists():
            return True
        await asyncio.sleep(0.1)
    return False


async def _leave(url: str, folder: Path, way: str) -> None:
    from mcp import ClientSession, McpError, types
    from mcp.client.streamable_http import streamable_http_client

    async def reported(*_: Any) -> None:
        pass

    async with (
        streamable_http_client(url) as (reading, writing, _),
        ClientSession(reading, writing) as session,
    ):
        await session.initialize()
        reports: dict[str, Any] = {"progress_callback": reported} if way.endswith("reports") else {}
        number = session._request_id
        call = asyncio.create_task(session.call_tool("work", {}, **reports))
        assert await _there(folder / "began")
        assert not (folder / "stopped").exists()
        if way == "gone":
            call.cancel()  # and the session ends, as that of an agent that is closed
            return
        told = types.CancelledNotification(params=types.CancelledNotificationParams(requestId=number))
        await session.send_notification(types.ClientNotification(told))
        with pytest.raises(McpError, match="cancel"):
            await call


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"origin": "https://evil.example"}, b"{}", 403),
        ({"host": "evil.example"}, b"{}", 403),
        ({}, b"[" + b"1," * 2000 + b"1]", 400),
        ({"content-type": "multipart/form-data, application/json"}, b"[" * 100 + b"]" * 100, 400),
        ({}, b'{"x": "' + b"x" * (9 * 2**20) + b'"}', 413),
    ],
)
def test_the_doors_hold_for_agents(url: str, headers: dict[str, str], body: bytes, status: int) -> None:
    asked = {"content-type": "application/json", "accept": "application/json, text/event-stream", **headers}
    assert httpx.post(f"{url}/gradio_api/mcp/", content=body, headers=asked).status_code == status


def test_the_former_transport_is_closed(url: str) -> None:
    assert httpx.get(f"{url}/gradio_api/mcp/sse").status_code == 403
    assert httpx.post(f"{url}/gradio_api/mcp/messages/?session_id=1", json={}).status_code == 403


def test_only_uploads_are_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "cache"))
    upload = tmp_path / "cache/1/a.png"
    upload.parent.mkdir(parents=True)
    upload.write_bytes(png())
    (tmp_path / "secret.png").write_bytes(png())
    (tmp_path / "cache/link.png").symlink_to(tmp_path / "secret.png")
    many = agents.files_of({"files": [str(upload), as_data(png())], "scale": 2, "mask": ""}, {"files", "mask"})
    assert [Path(one["path"]).read_bytes() for one in many["files"]] == [png(), png()]
    assert (many["scale"], many["mask"]) == (2, None)
    up = tmp_path / "cache/../secret.png"
    for wrong in (str(up), str(tmp_path / "cache/link.png"), str(tmp_path / "cache"), 3, ["x"], "a\0b", {"path": "x"}):
        with pytest.raises(InputError):
            agents.files_of({"files": [wrong]}, {"files"})


def test_agents_are_served_where_it_is_asked_for_and_on_a_space(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(app, "build", lambda *_, **__: None)
    monkeypatch.setattr(app.serve, "serve", lambda *_, mcp, **__: asked.append(mcp) or 0)
    monkeypatch.delenv("SPACE_ID", raising=False)
    app.main([])
    app.main(["--mcp"])
    monkeypatch.setenv("SPACE_ID", "someone/packshot")
    app.main([])
    app.main(["--no-mcp"])
    assert asked == [False, True, True, False]
    assert "mcp_server" not in launch_options(None, None), "set by serve alone"
