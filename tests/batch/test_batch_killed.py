"""kill -9 in the middle, and the same command again: no half file, nothing made twice, the same bytes in the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from replays import FRAME, product, recipe_of, run, written

from gan.batch import worker
from gan.batch.jobs import sidecar_of
from gan.batch.recipe_json import write_recipe
from gan.batch.runner import Replay

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("a.png", "b.png", "c.png", "deep/d.png")


def started(folder: Path, out: str) -> subprocess.Popen[str]:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests/batch")])
    command = [sys.executable, str(ROOT / "tests/batch/slow_replay.py"), "recipe.json", "in", out, "0.2"]
    return subprocess.Popen(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": paths}, stdout=subprocess.PIPE, text=True
    )


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    for number, name in enumerate(NAMES):
        product(tmp_path / "in" / name, seed=number)
    recipe = recipe_of(FRAME)
    write_recipe(recipe, tmp_path / "recipe.json")
    with started(tmp_path, "out") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(2)]
        process.kill()  # SIGKILL: nothing of it can tidy up
    assert lines == ["made a.png\n", "made b.png\n"]
    out = tmp_path / "out"
    there = {name for name in written(out) if name.endswith(".png")}
    assert {"a.png", "b.png"} <= there < set(NAMES)
    for name in there:
        with Image.open(out / name) as image:
            image.load()
    # What a kill within a write leaves, and what a power cut may: a file whose sidecar does not belong to it.
    (out / f".{'0' * 32}.part").write_bytes(b"half")
    (out / "b.png").write_bytes((out / "b.png").read_bytes()[:100])

    found = {each.target: each.status for each in Replay(recipe, [tmp_path / "in"], out, run)}
    assert found == {"a.png": "kept", "b.png": "made", "c.png": "made", "deep/d.png": "made"}
    list(Replay(recipe, [tmp_path / "in"], tmp_path / "whole", run))
    first, whole = written(out), written(tmp_path / "whole")
    for each in (first, whole):
        table = json.loads(each.pop("report.json"))
        assert [row["target"] for row in table["pictures"]] == list(NAMES)
        each.pop("report.csv")  # it tells what was made and what was there
    assert first == whole
    assert not list(out.glob(".*.part"))


def test_no_moment_of_a_write_leaves_half_a_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ends before, between and after the two files of a result."""
    product(tmp_path / "in/a.png")
    real = worker.write_atomic
    for moment in range(3):
        out = tmp_path / f"out-{moment}"
        calls: list[Path] = []

        def dying(path: Path, data: bytes, calls: list[Path] = calls, moment: int = moment) -> None:
            if len(calls) == moment:
                raise KeyboardInterrupt
            calls.append(path)
            real(path, data)
            if len(calls) == moment == 2:
                raise KeyboardInterrupt

        monkeypatch.setattr(worker, "write_atomic", dying)
        with pytest.raises(KeyboardInterrupt):
            list(Replay(recipe_of(FRAME), [tmp_path / "in"], out, run))
        monkeypatch.setattr(worker, "write_atomic", real)
        assert (out / "a.png").is_file() == (moment > 0)
        assert sidecar_of(out / "a.png").is_file() == (moment > 1)
        (outcome,) = Replay(recipe_of(FRAME), [tmp_path / "in"], out, run)
        assert outcome.status == ("kept" if moment == 2 else "made")
