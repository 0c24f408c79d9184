"""A watched folder: files that grow, restarts, failures moved aside, the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from replays import FRAME, STILL, product, recipe_of, run, written

from gan.batch.recipe_json import Recipe, write_recipe
from gan.batch.results import Outcome
from gan.batch.watch import DOUBTFUL_S, FAILED, Watch
from gan.core.errors import InputError, WeightsError

ROOT = Path(__file__).resolve().parents[2]


class Watched:
    """A watch whose time passes as its steps are played, one between two looks; after the last it is ended."""

    def __init__(self, folder: Path, *steps: Callable[[], object], recipe: Recipe | None = None, **more: Any) -> None:
        (folder / "in").mkdir(parents=True, exist_ok=True)
        self.steps = list(steps)
        self.now = 0.0
        self.cancel = threading.Event()
        ways: dict[str, Any] = {"cancel": self.cancel, "wait": self.wait, "clock": lambda: self.now}
        ways = {"run": run, **ways, **more}
        self.watch = Watch(recipe or recipe_of(STILL), folder / "in", folder / "out", **ways)
        self.outcomes: list[Outcome] = []

    def wait(self, seconds: float) -> None:
        self.now += seconds
        if self.steps:
            self.steps.pop(0)()
        else:
            self.cancel.set()

    def play(self) -> list[tuple[str, str]]:
        self.outcomes = list(self.watch)
        return [(outcome.target, outcome.status) for outcome in self.outcomes]


def nothing() -> None:
    """A second passes."""


def test_a_file_that_grows_slowly_is_taken_once_and_whole(tmp_path: Path) -> None:
    data, growing = product(tmp_path / "whole.png").read_bytes(), tmp_path / "in/a.png"
    third = len(data) // 3

    def more(*, first: int, last: int) -> Callable[[], object]:
        def append() -> None:
            with growing.open("ab") as file:
                file.write(data[first:last])

        return append

    parts = [more(first=0, last=0), nothing, nothing, more(first=0, last=third), nothing]
    parts += [more(first=third, last=2 * third), nothing, more(first=2 * third, last=len(data)), *[nothing] * 3]
    assert Watched(tmp_path, *parts).play() == [("a.png", "made")]
    sidecar = json.loads((tmp_path / "out/a.png.json").read_text("utf-8"))
    assert sidecar["result"]["input"]["file"] == "a.png"


def test_a_writer_that_pauses_is_no_failure(tmp_path: Path) -> None:
    """Half a file rests long enough to be taken for whole; it is not moved away under its writer's hands."""
    data, path = product(tmp_path / "whole.png").read_bytes(), tmp_path / "in/a.png"
    path.parent.mkdir()
    path.write_bytes(data[: len(data) // 2])
    steps = [*[nothing] * 5, lambda: path.write_bytes(data), *[nothing] * 3]
    assert Watched(tmp_path, *steps).play() == [("a.png", "made")]


def test_a_renamed_file_and_folders_within_are_taken_and_other_files_are_not(tmp_path: Path) -> None:
    whole = product(tmp_path / "in/deep/b.png")
    source = whole.rename(whole.with_name("b.png.part"))

    def rename() -> None:
        source.rename(source.with_suffix(""))
        (tmp_path / "in/notes.txt").write_text("no picture")

    assert Watched(tmp_path, *[nothing] * 4, rename, *[nothing] * 3).play() == [("deep/b.png", "made")]


def test_what_cannot_be_used_is_moved_aside_with_the_reason(tmp_path: Path) -> None:
    watched = Watched(tmp_path, *[nothing] * int(DOUBTFUL_S + 5))
    (tmp_path / "in/bad.png").write_bytes(b"no picture")
    product(tmp_path / "in/good.png")
    (tmp_path / "in" / FAILED).mkdir()
    (tmp_path / "in" / FAILED / "bad.png").write_bytes(b"an earlier one")
    assert watched.play() == [("good.png", "made"), ("bad.png", "failed")]
    assert not (tmp_path / "in/bad.png").exists()
    assert (tmp_path / "in" / FAILED / "bad-2.png").read_bytes() == b"no picture"
    assert (tmp_path / "in" / FAILED / "bad-2.png.txt").read_text("utf-8").startswith("image: not a picture;")
    rows = json.loads((tmp_path / "out/report.json").read_bytes())["pictures"]
    assert {row["source"]: row["status"] for row in rows} == {"good.png": "made", "bad.png": "failed"}


def test_a_restart_makes_nothing_twice_and_a_changed_picture_again(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        product(tmp_path / "in" / name, seed=len(name))
    assert len(Watched(tmp_path, *[nothing] * 3).play()) == 2
    product(tmp_path / "in/b.png", seed=99)
    changes = [*[nothing] * 3, lambda: product(tmp_path / "in/a.png", seed=98), *[nothing] * 3]
    assert Watched(tmp_path, *changes).play() == [("a.png", "kept"), ("b.png", "made"), ("a.png", "made")]
    assert Watched(tmp_path, *[nothing] * 3, again=True).play() == [("a.png", "made"), ("b.png", "made")]


def test_names_stay_whatever_comes_beside_them(tmp_path: Path) -> None:
    product(tmp_path / "in/a.png")
    recipe = recipe_of(STILL, output={"format": "webp", "lossless": True})
    later = [*[nothing] * 3, lambda: product(tmp_path / "in/a.jpg", seed=1), *[nothing] * 3]
    assert Watched(tmp_path, *later, recipe=recipe).play() == [("a.webp", "made"), ("a.jpg.webp", "made")]
    again = Watched(tmp_path, *[nothing] * 3, recipe=recipe).play()
    assert sorted(again) == [("a.jpg.webp", "kept"), ("a.webp", "kept")]


def test_every_variant_of_a_recipe_is_made(tmp_path: Path) -> None:
    product(tmp_path / "in/a.png")
    recipe = recipe_of({"task": "recolor", "request": {"to": ["#102030", "#C0A080"]}})
    made = Watched(tmp_path, *[nothing] * 3, recipe=recipe).play()
    assert [status for _, status in made] == ["made", "made"]
    assert len({target for target, _ in made}) == 2


def test_results_within_the_watched_folder_are_not_taken(tmp_path: Path) -> None:
    product(tmp_path / "in/a.png")
    watched = Watched(tmp_path, *[nothing] * 6)
    watched.watch = Watch(
        *(recipe_of(STILL), tmp_path / "in", tmp_path / "in/out", run),
        cancel=watched.cancel,
        wait=watched.wait,
        clock=lambda: watched.now,
    )
    assert watched.play() == [("a.png", "made")]


def test_a_missing_model_ends_the_watch(tmp_path: Path) -> None:
    product(tmp_path / "in/a.png")

    def refuse(*_: Any, **__: Any) -> Any:
        raise WeightsError("model", "none", "one is needed", "Train one")

    with pytest.raises(WeightsError):
        Watched(tmp_path, *[nothing] * 3, run=refuse).play()
    assert (tmp_path / "in/a.png").exists()


@pytest.mark.parametrize(
    ("out", "steps", "said"),
    [
        ("in", [STILL], "is the folder of the pictures"),
        ("out", [{"task": "generate"}], "a recipe that generates its own"),
    ],
)
def test_what_cannot_be_watched_is_refused(tmp_path: Path, out: str, steps: list[Any], said: str) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(InputError, match=said):
        Watch(recipe_of(*steps), tmp_path / "in", tmp_path / out, run)


def started(folder: Path) -> subprocess.Popen[str]:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests/batch")])
    command = [sys.executable, str(ROOT / "tests/batch/slow_watch.py"), "recipe.json", "in", "out"]
    environment = {**os.environ, "PYTHONPATH": paths}
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)


def test_a_killed_watch_goes_on_where_it_was(tmp_path: Path) -> None:
    """kill -9 in the middle of a picture; then files grow while it is not there; then it ends by an interrupt."""
    for number, name in enumerate(("a.png", "b.png", "c.png")):
        product(tmp_path / "in" / name, seed=number)
    write_recipe(recipe_of(FRAME), tmp_path / "recipe.json")
    with started(tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "made a.png\n"
        process.kill()
    (tmp_path / "out" / f".{'0' * 32}.part").write_bytes(b"half")
    product(tmp_path / "in/d.png", seed=9)
    before = (tmp_path / "out/a.png").stat().st_mtime_ns
    found = dict(Watched(tmp_path, *[nothing] * 3, recipe=recipe_of(FRAME)).play())
    assert (found["a.png"], found["c.png"], found["d.png"]) == ("kept", "made", "made")
    assert (tmp_path / "out/a.png").stat().st_mtime_ns == before
    assert {name for name in written(tmp_path / "out") if name.endswith(".png")} == {f"{name}.png" for name in "abcd"}
    assert not list((tmp_path / "out").glob(".*.part"))


def test_ctrl_c_ends_the_command_cleanly(tmp_path: Path) -> None:
    product(tmp_path / "in/a.png")
    write_recipe(recipe_of({"task": "crop", "request": {"aspect": "1:1"}}), tmp_path / "recipe.json")
    command = [sys.executable, "-m", "gan", "run", "recipe.json", "--watch", "in", "-o", "out", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.send_signal(2)
        rest, errors = process.communicate()
    lines += map(json.loads, rest.splitlines())
    assert [line["event"] for line in lines] == ["watching", "result", "summary", "end"]
    assert (lines[1]["status"], lines[2]["made"], lines[3]["status"]) == ("made", 1, 0)
    assert process.returncode == 0, errors
    assert (tmp_path / "out/report.json").is_file()
