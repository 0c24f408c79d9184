"""A serving process keeps its files to itself, for a while, within bounds, and leaves none."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from pages import ROOT
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gan.ui import serve, storage
from gan.ui.storage import PREFIX, Storage, opened, remove_left


def put(folder: Path, name: str, size: int = 10, age_s: float = 0) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    changed = time.time() - age_s
    os.utime(path, (changed, changed))
    return path


def test_everything_goes_into_one_folder_and_with_it(tmp_path: Path) -> None:
    before = (tempfile.gettempdir(), os.environ.get("GRADIO_TEMP_DIR"))
    with opened(tmp_path) as stored:
        assert Path(tempfile.mkdtemp()).parent == stored.work
        assert os.environ["GRADIO_TEMP_DIR"] == str(stored.cache)
        put(stored.cache, "a/b.png")
        assert stored.root.parent == tmp_path
    assert list(tmp_path.iterdir()) == []
    assert (tempfile.gettempdir(), os.environ.get("GRADIO_TEMP_DIR")) == before


def test_what_a_killed_process_left_goes_and_a_living_one_keeps_its_own(tmp_path: Path) -> None:
    put(tmp_path / f"{PREFIX}dead", "cache/upload.png")
    put(tmp_path / "packshot-another", "kept.png")
    with opened(tmp_path) as first, opened(tmp_path) as second:
        remove_left(tmp_path)
        assert first.root.is_dir()
        assert second.root.is_dir()
        assert not (tmp_path / f"{PREFIX}dead").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["packshot-another"]


def test_age_and_size_bound_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = Storage(tmp_path, most_bytes=250, most_age_s=3600)
    example = put(stored.cache, "example/a.png", 30)
    stored.keep_present()
    files = [put(stored.cache, f"{number}/a.png", 100) for number in range(3)]
    working = put(stored.work, "job/a.png", 40)
    now = time.time()
    for number, path in enumerate((*files, working, example)):
        os.utime(path, (now - 1000 + number, now - 1000 + number))
    # The time of the last change cannot be set; what is swept goes by the later of the two.
    monkeypatch.setattr(storage, "max", lambda changed, _: changed, raising=False)
    stored.sweep(now)
    assert [path.exists() for path in files] == [False, True, True]  # 340 bytes with what is being worked on
    assert not stored.full
    stored.sweep(now + 3600 - 998.5)
    assert [path.exists() for path in files] == [False, False, True]
    stored.sweep(now + 10_000)
    assert not any(path.exists() for path in files)
    assert example.exists()
    assert working.exists()
    assert not (stored.cache / "2").exists() or not any((stored.cache / "2").iterdir())


def test_it_is_swept_without_being_asked(tmp_path: Path) -> None:
    stored = Storage(tmp_path, most_age_s=-10)
    path = put(stored.cache, "a.png")
    stored.sweep_on(0.05)
    until = time.monotonic() + 5
    while path.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not path.exists()
    stored.close()
    assert not tmp_path.exists()


def test_a_full_storage_takes_no_upload(tmp_path: Path) -> None:
    stored = Storage(tmp_path, most_bytes=5)
    put(stored.work, "a.png", 100)
    stored.sweep()
    assert stored.full
    built = serve.app_options(storage=stored)
    page = Starlette(
        routes=[Route("/{path:path}", lambda _: PlainTextResponse("taken"), methods=["GET", "POST"])],
        middleware=built["middleware"],
    )

    async def ask(path: str) -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(page), base_url="http://page") as client:
            return (await client.post(path, files={"files": ("a", b"x")})).status_code

    assert asyncio.run(ask("/gradio_api/upload")) == 507
    assert asyncio.run(ask("/gradio_api/queue/join")) == 200
    (stored.work / "a.png").unlink()
    stored.sweep()
    assert asyncio.run(ask("/gradio_api/upload")) == 200


@contextmanager
def page(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The quick page in a process of its own, with this folder for temporary files."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder), "GRADIO_SERVER_PORT": "8150"}
    command = [sys.executable, "tests/pages.py", "quick"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, next(line.split()[-1] for line in process.stdout if "http://" in line)
        finally:
            process.kill()


def test_a_server_that_is_told_to_end_leaves_nothing(tmp_path: Path) -> None:
    with page(tmp_path) as (process, url):
        uploaded = httpx.post(f"{url}gradio_api/upload", files={"files": ("a.png", b"mine")}).json()[0]
        assert Path(uploaded).is_file()
        assert Path(uploaded).is_relative_to(tmp_path)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert list(tmp_path.glob(f"{PREFIX}*")) == []
