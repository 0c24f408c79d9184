"""/run with Gradio's real client against the real page and the real studio."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from test_api_export import bowl

from gan.api import Studio
from gan.batch.page.recipe import ready_recipe
from gan.batch.recipe_json import read_recipe
from gan.batch.runner import Replay

SMALL = {"task": "frame", "request": {"fill": 0.6, "width_px": 60, "ground": {"file": "wood.png", "sha256": ""}}}


def saved(path: Path, *steps: Any) -> Path:
    path.write_text(json.dumps({"version": 1, "name": "Mine", "steps": list(steps)}), encoding="utf-8")
    return path


def test_a_run_gives_the_bytes_of_a_replay(client: Client, tiny_weights: Path, tmp_path: Path) -> None:
    sources = [bowl(tmp_path / f"{name}.png", 64, share) for name, share in (("a", 0.5), ("b", 0.7))]
    bowl(tmp_path / "wood.png", 80)
    steps = saved(tmp_path / "mine.json", SMALL, {"task": "enhance", "request": {"scale": 2}})
    archive, report, first, sheets, told, status = client.predict(
        [handle_file(path) for path in sources],
        handle_file(steps),
        [handle_file(tmp_path / "wood.png")],
        api_name="/run",
    )
    out = tmp_path / "out"
    list(Replay(read_recipe(steps), sources, out, Studio("cpu", tiny_weights).run))
    with zipfile.ZipFile(archive) as packed:
        names = packed.namelist()
        assert {"a.png", "a.png.json", "b.png", "report.csv", "report.json", "contact-sheet-01.jpg"} <= set(names)
        assert all(packed.read(name) == (out / name).read_bytes() for name in names)
    assert Path(report).read_bytes() == (out / "report.json").read_bytes()
    assert Path(first).read_bytes() == (out / "a.png").read_bytes()
    assert len(sheets) == 1
    assert "<b>Mine</b> · 2 of 2 pictures done" in told
    assert status == ""


def test_files_are_enough_and_a_bad_one_is_named(client: Client, tiny_weights: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"no")
    files = [bowl(tmp_path / "bowl.png", 64), tmp_path / "bad.jpg"]
    archive, report, first, *_ = client.predict([handle_file(path) for path in files], api_name="/run")
    rows = {row["source"]: row for row in json.loads(Path(report).read_text(encoding="utf-8"))["pictures"]}
    assert rows["bowl.png"]["status"] == "made"
    assert (rows["bowl.png"]["width_px"], rows["bowl.png"]["height_px"]) == (2000, 2000)
    assert "not a picture" in rows["bad.jpg"]["error"]
    list(Replay(ready_recipe("square"), files[:1], tmp_path / "out", Studio("cpu", tiny_weights).run))
    with zipfile.ZipFile(archive) as packed:
        assert packed.read("bowl.jpg") == (tmp_path / "out" / "bowl.jpg").read_bytes() == Path(first).read_bytes()


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ([SMALL], "Step 1: ground: there is no file wood.png"),
        ([{"task": "enhance", "request": {"model": "/etc/passwd"}}], "/etc/passwd is not offered here"),
        ([], "0 steps"),
    ],
)
def test_a_refusal_is_told(client: Client, tmp_path: Path, steps: list[Any], sentence: str) -> None:
    with pytest.raises(AppError, match=sentence):
        client.predict(
            [handle_file(bowl(tmp_path / "bowl.png", 64))],
            handle_file(saved(tmp_path / "mine.json", *steps)),
            api_name="/run",
        )
