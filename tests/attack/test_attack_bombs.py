"""Small requests that ask for much: counted, and refused before anything is computed."""

from __future__ import annotations

import io
import json
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from gan.batch.recipe_json import read_recipe
from gan.core.errors import InputError, StepError
from gan.export.channels import channel_of
from gan.export.page.handlers import pick
from gan.generate.latent import load
from gan.imaging.color_grading import SIZES
from gan.imaging.io import cube
from gan.imaging.io.cube import read_cube
from gan.limits import MAX_CUBE_BYTES, MAX_ITEMS, MAX_VARIANTS
from gan.stylize.pipeline import MOST_STYLES
from gan.stylize.sources import styles_of


def recipe(*steps: dict[str, Any]) -> bytes:
    return json.dumps({"version": 1, "steps": steps}).encode()


def picture(size: tuple[int, int] = (8, 8)) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", size, 255).save(buffer, "PNG")
    return buffer.getvalue()


def colors(count: int) -> list[str]:
    return [f"#{number * 7919 % 2**24:06X}" for number in range(count)]


def peak_mb(call: Callable[[], object]) -> float:
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


def test_a_product_of_colors_is_counted_and_not_made() -> None:
    steps = [{"task": "recolor", "request": {"to": colors(12)}} for _ in range(8)]
    began = time.monotonic()
    with pytest.raises(InputError, match=f"steps: {12**8} results of one picture; at most {MAX_VARIANTS} are made"):
        read_recipe(recipe(*steps)).variants()
    assert time.monotonic() - began < 5
    assert len(read_recipe(recipe(*steps[:2])).variants()) == 144


def test_three_thousand_styles_are_refused_unread() -> None:
    with pytest.raises(StepError, match=f"a list of 3000; at most {MAX_ITEMS} are allowed"):
        read_recipe(recipe({"task": "stylize", "request": {"styles": ["a.png"] * 3000}}), {"a.png": picture()})
    with pytest.raises(InputError, match=f"style: 3000 styles; 1 to {MOST_STYLES}"):
        styles_of(["there is no such file.png"] * 3000)


def test_the_files_of_a_recipe_share_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan.batch.steps.Budget.__init__.__defaults__", (7 * 64,))
    step = {"task": "inpaint", "request": {"mask": "m.png"}}
    assert read_recipe(recipe(*[step] * 7), {"m.png": picture()}).steps
    with pytest.raises(StepError, match="step 8: mask: the files of all steps have more than"):
        read_recipe(recipe(*[step] * 8), {"m.png": picture()})


def archive(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> str:
    with zipfile.ZipFile(path, "w", method) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return str(path)


def report(*names: str) -> bytes:
    return json.dumps({"files": [{"file": name, "status": "pass"} for name in names]}).encode()


def picked(path: str, index: Any = 0) -> Any:
    (found,) = [Path(one).read_bytes() for one in pick(path, SimpleNamespace(index=index))]  # type: ignore[arg-type]
    return found


def test_a_zip_of_a_visitor_is_unpacked_within_bounds(tmp_path: Path) -> None:
    good = archive(tmp_path / "good.zip", {"report.json": report("a.png"), "a.png": b"the picture"})
    assert picked(good) == b"the picture"
    zeros = bytes(80 * 2**20)
    bad = {
        "large picture": {"report.json": report("a.png"), "a.png": zeros},
        "large report": {"report.json": zeros},
        "many": {"report.json": report("a.png"), "a.png": b"x", **{f"{number}": b"" for number in range(10_001)}},
        "no report": {"a.png": b"x"},
        "nested": {"report.json": b"[" * 100_000},
        "odd": {"report.json": b'{"files": [1, 2]}'},
        "empty": {"report.json": b'{"files": []}'},
    }
    for name, members in bad.items():
        path = archive(tmp_path / f"{name}.zip", members)
        with pytest.raises(gr.Error, match="it is no archive of this page"):
            picked(path)
    for index in (7, "x", [0, 0], None):
        with pytest.raises(gr.Error, match="it is no archive of this page"):
            picked(good, index)
    (tmp_path / "text.zip").write_text("no ZIP")
    with pytest.raises(gr.Error, match="it is no archive of this page"):
        picked(str(tmp_path / "text.zip"))

    def refused() -> None:
        with pytest.raises(gr.Error):
            picked(str(tmp_path / "large picture.zip"))

    assert peak_mb(refused) < 150


def test_a_cube_file_of_many_lines_is_read_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    line = b"0.1234567 0.2345678 0.3456789\n"
    size = 48
    data = b"LUT_3D_SIZE %d\n" % size + line * size**3
    began = time.monotonic()
    assert read_cube(data).size == size
    assert time.monotonic() - began < 5
    assert peak_mb(lambda: read_cube(data)) < 20
    monkeypatch.setattr(cube, "SIZES", (2, 3))
    with pytest.raises(InputError, match="line 29 reads"):
        read_cube(b"LUT_3D_SIZE 3\n" + line * 10_000)
    assert SIZES[1] ** 3 * len(line) < MAX_CUBE_BYTES


@pytest.mark.parametrize(
    "content",
    [
        b'{"latents": [' + b"1, " * 2000 + b"1]}",
        b'{"latents": [{"z": [' + b"0," * 70_000 + b'0], "attributes": [], "category": "chair"}]}',
        b'{"latents": [' + b" " * 17 * 2**20 + b"]}",
    ],
)
def test_latents_are_few_and_short(content: bytes) -> None:
    with pytest.raises(InputError, match="latent: "):
        load(content)


def test_a_channel_that_is_nested_a_thousand_deep_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deep.toml"
    path.write_text("name = " + "[" * 20_000)
    with pytest.raises(InputError, match=r"channel: deep.toml cannot be read"):
        channel_of(path)
