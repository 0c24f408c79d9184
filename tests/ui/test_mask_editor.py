"""What may come in through the mask editor: few small layers, never opened by a plugin of Pillow's choice."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from gradio.components.image_editor import EditorData
from gradio.data_classes import FileData
from PIL import Image
from starlette.exceptions import HTTPException

from gan.core.errors import InputError
from gan.cutout.page.session import kept_layers
from gan.limits import MAX_LAYER_BYTES, MAX_LAYER_PX, MAX_LAYERS
from gan.ui import mask_editor
from gan.ui.editor_component import HELD, BoundedEditor, HeldLayers

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 16 16\n%%EndComments\n{} loop\n%%EOF\n"
"""A program that never ends, for whoever hands it to an interpreter."""


@pytest.fixture
def editor() -> BoundedEditor:
    return BoundedEditor(type="filepath", render=False)


def blob(kind: str = "layer", index: object = 0, name: object = "abc", content: bytes = b"x") -> Any:
    return SimpleNamespace(data={"type": kind, "index": index, "id": name}, files=[("layer.png", content)])


def postscript(folder: Path) -> Path:
    path = folder / "layer.png"
    path.write_bytes(EPS)
    return path


def test_a_layer_that_is_a_program_is_refused_unopened(
    editor: BoundedEditor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []
    path = postscript(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(Image, "open", lambda *args, **_: opened.append(args))
        value = editor.preprocess(EditorData(background=FileData(path=str(path)), layers=[FileData(path=str(path))]))
    assert not opened
    assert value == {"background": None, "layers": [str(path)], "composite": None}
    for use in (lambda: mask_editor.drawn(value, 16, 16), lambda: kept_layers(value, tmp_path)):
        with pytest.raises(InputError, match="mask: a layer that cannot be read"):
            use()


def test_a_drawing_arrives_as_it_was_sent(editor: BoundedEditor, tmp_path: Path) -> None:
    Image.new("RGBA", (48, 32), (225, 29, 72, mask_editor.OPACITY)).save(tmp_path / "layer.png")
    editor.accept_blobs(blob(content=(tmp_path / "layer.png").read_bytes(), index="0"))
    value = editor.preprocess(EditorData(id="abc"))
    cover = mask_editor.drawn(value, 32, 48)
    assert cover is not None
    assert cover.shape == (32, 48)
    assert float(cover.min()) == 1
    assert editor.preprocess(EditorData(id="abc")) == {"background": None, "layers": [], "composite": None}


@pytest.mark.parametrize("index", [100_000_000, MAX_LAYERS, "100000000", -1, "null", None, "²", "9" * 5000])
def test_an_index_beyond_the_layers_is_refused_at_once(editor: BoundedEditor, index: object) -> None:
    with pytest.raises(HTTPException) as caught:
        editor.accept_blobs(blob(index=index))
    assert caught.value.status_code == 400
    assert HELD.bytes() == 0


def test_what_is_no_layer_is_not_held(editor: BoundedEditor) -> None:
    for kind in ("background", "composite", "else"):
        editor.accept_blobs(blob(kind, index="null", content=b"x" * 1000))
    for sent in (blob(content=bytes(MAX_LAYER_BYTES + 1)), blob(name="x" * 65), blob(name=None)):
        with pytest.raises(HTTPException):
            editor.accept_blobs(sent)
    assert HELD.bytes() == 0
    assert not editor.blob_storage


def test_the_oldest_layers_make_room() -> None:
    held = HeldLayers(most=3, most_bytes=100)
    for number in range(5):
        held.put(f"{number}", 0, b"x" * 10)
    assert [len(held.take(f"{number}")) for number in range(5)] == [0, 0, 1, 1, 1]
    held.put("a", 0, b"x" * 60)
    held.put("b", 0, b"x" * 60)
    assert (held.take("a"), held.bytes()) == ([], 60)


def test_layers_beyond_the_bounds_are_named(tmp_path: Path) -> None:
    path = tmp_path / "layer.png"
    Image.new("RGBA", (MAX_LAYER_PX + 1, 1)).save(path)
    with pytest.raises(InputError, match=f"more than {MAX_LAYER_PX} px on a side"):
        mask_editor.drawn({"layers": [str(path)]}, 16, 16)
    path.write_bytes(bytes(MAX_LAYER_BYTES + 1))
    with pytest.raises(InputError, match=f"more than {MAX_LAYER_BYTES // 2**20} MB"):
        mask_editor.drawn({"layers": [str(path)]}, 16, 16)
    with pytest.raises(InputError, match=f"at most {MAX_LAYERS} are allowed"):
        mask_editor.drawn({"layers": [str(path)] * (MAX_LAYERS + 1)}, 16, 16)


def test_gradio_writes_no_stub_beside_the_source() -> None:
    assert not list(Path(mask_editor.__file__).parent.glob("*.pyi"))
    assert mask_editor.BoundedEditor(render=False).get_block_name() == "imageeditor"
