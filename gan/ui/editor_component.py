"""Gradio's image editor with its two doors for bytes bounded: what it preprocesses, and its component server.

Gradio 6.31 opens background, layers and composite with every plugin that Pillow has, and keeps what is sent to its
component server under any name and at any index, for good. Only the layers are of use here, so nothing is opened on
the way in: a handler gets their paths, and `gan.ui.mask_editor` opens them as any other picture that arrives.
"""

from __future__ import annotations

import threading
import uuid
from abc import ABCMeta
from collections import OrderedDict
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import server
from starlette.exceptions import HTTPException

from gan.limits import MAX_HELD_BYTES, MAX_HELD_LAYERS, MAX_LAYER_BYTES, MAX_LAYERS

MAX_ID_CHARACTERS: Final = 64


class HeldLayers:
    """Layers that came ahead of their event; the oldest make room for new ones. Safe to use from several threads.

    Args:
        most: how many are held.
        most_bytes: of all of them.
    """

    def __init__(self, most: int = MAX_HELD_LAYERS, most_bytes: int = MAX_HELD_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._held: OrderedDict[str, dict[int, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, name: str, index: int, content: bytes) -> None:
        """Hold a layer.

        Raises:
            ValueError: the name, the index or the content is beyond the bounds.
        """
        if not 0 < len(name) <= MAX_ID_CHARACTERS:
            raise ValueError(f"an id of 1 to {MAX_ID_CHARACTERS} characters is needed")
        if not 0 <= index < MAX_LAYERS:
            raise ValueError(f"layer {index}: at most {MAX_LAYERS} are accepted, counted from 0")
        if len(content) > MAX_LAYER_BYTES:
            raise ValueError(f"a layer of more than {MAX_LAYER_BYTES // 2**20} MB: at most that many are accepted")
        with self._lock:
            self._held.setdefault(name, {})[index] = content
            self._held.move_to_end(name)
            while self._count() > self._most or self.bytes() > self._most_bytes:
                self._held.popitem(last=False)

    def take(self, name: str) -> list[bytes]:
        """The layers of that name, in order; they are held no longer."""
        with self._lock:
            layers = self._held.pop(name, {})
        return [layers[index] for index in sorted(layers)]

    def bytes(self) -> int:
        """Bytes that all of them take."""
        return sum(len(content) for layers in self._held.values() for content in layers.values())

    def _count(self) -> int:
        return sum(len(layers) for layers in self._held.values())


HELD: Final = HeldLayers()
"""Of all editors and visitors: Gradio makes a new component for each visitor whose editor is updated."""


class _WithoutStub(type(gr.ImageEditor)):  # type: ignore[misc]
    """Gradio's metaclass writes a stub file beside the source of every component; this one leaves that out."""

    def __new__(cls, name: str, bases: tuple[type, ...], attributes: dict[str, Any]) -> Any:
        return ABCMeta.__new__(cls, name, bases, attributes)


class BoundedEditor(gr.ImageEditor, metaclass=_WithoutStub):
    """The image editor, of which an event gets the layers' paths, unopened: {"layers": [path, ...]}."""

    is_template = True  # Gradio's page knows it by the name of the class that it extends

    def preprocess(self, payload: Any) -> Any:
        """The value that a handler gets.

        Args:
            payload: files that were uploaded, or the id of layers that came ahead.

        Raises:
            gr.Error: there are more layers than `MAX_LAYERS`.
        """
        if payload is None:
            return None
        if payload.id is not None:
            layers = [self._written(content) for content in HELD.take(payload.id)]
        else:
            layers = [layer.path for layer in payload.layers if layer is not None]
        if len(layers) > MAX_LAYERS:
            raise gr.Error(f"mask: {len(layers)} layers; at most {MAX_LAYERS} are accepted. Send one.")
        return {"background": None, "layers": layers, "composite": None}

    @server  # type: ignore[untyped-decorator]
    def accept_blobs(self, data: Any) -> None:
        """Hold a layer that the page sends ahead of its event; background and composite are dropped at once.

        Raises:
            HTTPException: it is none, or beyond the bounds.
        """
        told = data.data
        if told.get("type") != "layer" or not data.files:
            return
        try:
            HELD.put(str(told.get("id") or ""), _index(told.get("index")), data.files[0][1])
        except ValueError as error:
            raise HTTPException(400, f"mask: {error}. Draw it again.") from error

    def _written(self, content: bytes) -> str:
        """Path of a file in Gradio's cache, which `delete_cache` empties."""
        folder = Path(self.GRADIO_CACHE) / "layers"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{uuid.uuid4().hex}.png"
        path.write_bytes(content)
        self.temp_files.add(str(path))
        return str(path)


def _index(sent: object) -> int:
    """Index as the page sends it: a number, as text too.

    Raises:
        ValueError: it is none.
    """
    text = str(sent)
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError("a layer without a number")
    return int(text)
