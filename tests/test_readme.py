"""The README is true: what it tells one to type works, what it points to exists."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import gradio as gr
import pytest
from PIL import Image

from gan.__main__ import main
from gan.stylize.presets import PRESETS
from gan.training.cli import main as train
from train import RECIPES

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def _commands(start: str) -> list[list[str]]:
    lines = "\n".join(_blocks("bash")).splitlines()
    return [shlex.split(line) for line in lines if line.startswith(start)]


@pytest.fixture
def _beside_the_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("tour", "*.py"))
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_beside_the_examples")
@pytest.mark.parametrize("command", _commands("python -m gan"), ids=" ".join)
def test_commands(command: list[str]) -> None:
    assert main(command[3:]) == 0


@pytest.mark.usefixtures("_beside_the_examples")
def test_python() -> None:
    for code in _blocks("python"):
        if "Studio" in code:
            exec(compile(code, "README.md", "exec"), {})
    with Image.open("carton.png") as made:
        assert made.size == (1024, 1024)
    with Image.open("sofa.png") as made:
        assert made.size == (256, 256)
    with Image.open("clean.png") as made, Image.open("examples/labelled.png") as marked:
        assert made.size == marked.size
        assert made.tobytes() != marked.tobytes()
    with Image.open("blue.png") as blue, Image.open("square.png") as square:
        assert blue.mode == "RGBA"
        assert square.getpixel((0, 0)) == (255, 255, 255)
        assert square.width == square.height
    _assert_restyled("watercolor.png", "examples/chair.jpg", corner_kept=True)
    _assert_restyled("moody.png", "examples/chair.jpg", corner_kept=False)
    _assert_restyled("mixed.png", "examples/tulips.jpg", corner_kept=False)


def _assert_restyled(name: str, came: str, *, corner_kept: bool) -> None:
    with Image.open(name) as made, Image.open(came) as before:
        assert made.size == before.size
        assert made.tobytes() != before.tobytes()
        assert (made.getpixel((0, 0)) == before.getpixel((0, 0))) is corner_kept


@pytest.mark.usefixtures("_beside_the_examples")
def test_training_command() -> None:
    commands = [command for command in _commands("python train.py") if "doctor" not in command]
    assert len(commands) == 7
    for command in commands:
        assert train(RECIPES, [*command[2:], "--data", "examples", "--dry-run"]) == 0


@pytest.mark.usefixtures("_beside_the_examples")
def test_doctor_command(capsys: pytest.CaptureFixture[str]) -> None:
    (command,) = (command for command in _commands("python train.py") if "doctor" in command)
    assert train(RECIPES, [*command[2:], "--data", "examples"]) == 0
    assert "pictures" in capsys.readouterr().out


def test_every_preset_is_named() -> None:
    (sentence,) = re.findall(r"^The presets: (.*?)\. ", README, flags=re.DOTALL | re.MULTILINE)
    assert re.findall(r"`([\w-]+)`", sentence) == list(PRESETS)


def test_nothing_is_left_to_fill_in() -> None:
    assert not re.findall(r"\{\w+\}", README)


def test_the_two_commands_name_files_that_exist() -> None:
    first, second = _blocks("bash")[:2]
    assert first.strip() == "pip install -r requirements.txt && python app.py"
    assert second.strip() == "pip install -r requirements-dev.txt && pytest"
    assert all((ROOT / name).is_file() for name in ("requirements.txt", "requirements-dev.txt", "app.py"))


def test_the_extra_asks_for_what_the_tests_run_with() -> None:
    extra = re.search(r"^ray = \[(.*)\]$", (ROOT / "pyproject.toml").read_text("utf-8"), flags=re.MULTILINE)
    assert extra is not None
    wanted = re.findall(r'"([^"]+)"', extra[1])
    assert len(wanted) == 2
    assert set(wanted) <= set((ROOT / "requirements-dev.txt").read_text("utf-8").splitlines())


def test_front_matter_is_a_spaces() -> None:
    front = dict(re.findall(r"^(\w+): (.+)$", README.split("---")[1], flags=re.MULTILINE))
    assert front["sdk"] == "gradio"
    assert front["app_file"] == "app.py"
    assert front["license"] == "apache-2.0"
    assert len(front["short_description"]) <= 60
    assert front["sdk_version"].split(".")[0] == gr.__version__.split(".")[0]


def test_pictures_and_rooms_exist() -> None:
    for picture in re.findall(r"!\[.*?\]\((.*?)\)", README):
        assert (ROOT / picture).is_file(), picture
    for room in re.findall(r"^(gan/[\w/.]+)", README, flags=re.MULTILINE):
        assert (ROOT / room).exists(), room
