"""What is no upload is refused in a sentence that names the input, wherever Gradio would fail on it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from gradio import processing_utils
from gradio.context import LocalContext
from PIL import Image

from gan.limits import MAX_AGE_S
from gan.ui.editor_component import BoundedEditor
from gan.ui.storage import Storage
from gan.ui.uploads import check_uploads

check_uploads()

FILE = gr.File(elem_id="enhance-picture", render=False)
FILES = gr.File(file_count="multiple", elem_id="batch-files", render=False)
EDITOR = BoundedEditor(elem_id="inpaint-mask", render=False)


def described(path: object) -> dict[str, Any]:
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def brought_in(widget: Any, value: object) -> Any:
    """What a handler would get of an event's value."""
    moved = asyncio.run(processing_utils.async_move_files_to_cache(value, widget, check_in_upload_folder=True))
    model = widget.data_model
    return widget.preprocess(None if moved is None else model.model_validate(moved, context={"validate_meta": True}))


@pytest.mark.parametrize(
    ("widget", "value"),
    [
        *((FILE, value) for value in (3, True, "x", "/etc/passwd", [1], {"a": 1}, {"path": "/etc/passwd"})),
        *((FILES, value) for value in (3, "x", [None], [[]], {"a": 1}, [{"path": "/etc/passwd"}])),
        *((EDITOR, value) for value in (3, "x", [1], {"layers": 2}, {"layers": [{"path": "/etc/passwd"}]})),
        (FILE, described(None)),
    ],
    ids=lambda x: x.elem_id if hasattr(x, "elem_id") else str(x),
)
def test_what_is_no_upload_gets_a_sentence(widget: Any, value: object) -> None:
    with pytest.raises(gr.Error) as caught:
        brought_in(widget, value)
    name = widget.elem_id.partition("-")[2]
    assert caught.value.message.startswith(f"{name}: ")
    assert "a file that was uploaded to this page is expected" in caught.value.message
    assert not caught.value.print_exception


def test_nothing_and_an_upload_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FILE, "GRADIO_CACHE", str(tmp_path))
    upload = tmp_path / "shoe.png"
    upload.write_bytes(b"a picture")
    assert brought_in(FILE, None) is None
    assert Path(brought_in(FILE, described(str(upload)))).read_bytes() == b"a picture"


@pytest.mark.parametrize(
    ("widget", "value_of"),
    [
        (FILE, lambda file: file),
        (FILES, lambda file: [file]),
        (EDITOR, lambda file: {"background": file, "layers": [], "composite": None}),
    ],
    ids=["picture", "files", "mask"],
)
def test_a_file_that_the_server_no_longer_has_is_told(
    widget: Any, value_of: Callable[[Any], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a page that nobody used for an hour: swept by age, and the page still names it."""
    storage = Storage(tmp_path / "server")
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(storage.cache))
    monkeypatch.setattr(widget, "GRADIO_CACHE", str(storage.cache))
    upload = storage.cache / "shoe.png"
    Image.new("RGB", (3, 2), "teal").save(upload)
    value = value_of(described(str(upload)))
    brought_in(widget, value)
    storage.sweep(time.time() + MAX_AGE_S + 1)
    with pytest.raises(gr.Error) as caught:
        brought_in(widget, value)
    name = widget.elem_id.partition("-")[2]
    assert caught.value.message == (
        f"{name}: this file is no longer on the server; files are kept for up to 60 minutes after they were last used. "
        "Upload it again; your settings are still here."
    )


def test_a_file_outside_of_the_uploads_is_not_looked_for(tmp_path: Path) -> None:
    """Nobody learns which files the server has: present or not, the sentence is the same."""
    launched = SimpleNamespace(has_launched=True, is_running=True, blocked_paths=[], allowed_paths=[])
    (tmp_path / "there.png").touch()
    messages = []
    token = LocalContext.blocks.set(launched)  # type: ignore[arg-type]
    try:
        for name in ("there.png", "gone.png"):
            with pytest.raises(gr.Error) as caught:
                brought_in(FILE, described(str(tmp_path / name)))
            messages.append(caught.value.message.replace(name, ""))
    finally:
        LocalContext.blocks.reset(token)
    assert messages[0] == messages[1]
    assert "was uploaded to this page" in messages[0]


def test_twice_is_as_once() -> None:
    before = gr.File.preprocess, processing_utils.async_move_files_to_cache
    check_uploads()
    assert (gr.File.preprocess, processing_utils.async_move_files_to_cache) == before
