"""Ray's engine: the files of the plain one, a worker's death costs nothing, and other file systems."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from replays import FRAME, STILL, product, run, written

from gan.batch.recipe_json import read_recipe
from gan.batch.runner import Replay

HERE = Path(__file__).parent
PICTURES = 5


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[str]]]:
    """A folder that both engines have worked through, and the statuses of each of Ray's runs."""
    folder = tmp_path_factory.mktemp("ray")
    for number in range(PICTURES):
        product(folder / "in" / ("deep" if number % 2 else "") / f"{number}.png", seed=number)
    (folder / "in" / "broken.png").write_bytes(b"no picture")
    recipe = folder / "recipe.json"
    recipe.write_text(json.dumps({"version": 1, "name": "test", "steps": [STILL, FRAME]}))
    assert len(list(Replay(read_recipe(recipe), [folder / "in"], folder / "plain", run))) == PICTURES + 1
    command = [str(HERE / "ray_replay.py"), str(recipe), str(folder / "in"), str(folder / "ray"), "2"]
    paths = os.pathsep.join(str(path) for path in (HERE, HERE.parents[1]))
    told = subprocess.run(
        [sys.executable, *command, str(folder / "mark")],
        env={**os.environ, "PYTHONPATH": paths, "RAY_ADDRESS": "", "RAY_USAGE_STATS_ENABLED": "0"},
        capture_output=True,
        text=True,
        timeout=560,
        check=False,
    )
    assert told.returncode == 0, told.stderr[-3000:]
    statuses: list[list[str]] = json.loads((folder / "mark.json").read_text())
    return folder, statuses


def test_the_same_files_as_the_plain_engine_although_a_worker_was_killed(done: tuple[Path, list[list[str]]]) -> None:
    folder, statuses = done
    assert (folder / "mark").exists()
    assert statuses[0] == ["failed", *["made"] * PICTURES]
    plain, by_ray = written(folder / "plain"), written(folder / "ray-first")
    assert len(plain) == 2 * PICTURES + 3
    assert by_ray == plain


def test_nothing_is_made_twice_and_any_file_system_does(done: tuple[Path, list[list[str]]]) -> None:
    folder, statuses = done
    assert statuses[1] == ["failed", *["kept"] * (PICTURES - 1), "made"]
    plain, far = written(folder / "plain"), written(folder / "ray")
    told = {name for name in far if name.startswith(("contact", "report"))}  # of what this run made
    assert len(told) == 3
    assert {name: far[name] for name in far.keys() - told} == {name: plain[name] for name in plain.keys() - told}
    assert not [name for name in far if name.endswith(".part")]


def test_an_address_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    code = (
        "from gan.batch.ray import replay\n"
        "from gan.batch.recipe_json import read_recipe\n"
        "from gan.core.errors import InputError\n"
        f"recipe = read_recipe({json.dumps({'version': 1, 'name': 'a', 'steps': [STILL]})!r}.encode())\n"
        "wrong = (['nosuch://bucket/in'], {}), (['file:///nosuch/in'], {}), (['x.png'], {'workers': -1})\n"
        "for given, more in wrong:\n"
        "    try:\n"
        f"        replay(recipe, given, {str(tmp_path / 'out')!r}, studio=None, **more)\n"
        "    except InputError as error:\n"
        "        print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    lines = told.stdout.splitlines()
    assert len(lines) == 3
    assert "nosuch://bucket/in cannot be reached" in lines[0]
    assert "/nosuch/in cannot be reached" in lines[1]
    assert lines[2].startswith("workers: -1; 0 or more")


def test_verifying_needs_one_machine(tmp_path: Path) -> None:
    from gan.cli.main import main

    recipe = tmp_path / "recipe.json"
    recipe.write_text(json.dumps({"version": 1, "name": "test", "steps": [STILL]}))
    picture = product(tmp_path / "a.png")
    command = ["run", str(recipe), str(picture), "-o", str(tmp_path / "out"), "--engine", "ray", "--verify"]
    assert main(command) == 2
