"""README.md and docs/ are true: what they tell one to type works, what they point to exists."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest
import yaml
from packaging.requirements import Requirement
from PIL import Image

from examples.thumbnail import PICTURE, SIZE, with_thumbnail
from examples.thumbnail import main as thumbnail
from gan.cli.main import main
from gan.stylize.presets import PRESETS
from gan.training.cli import main as train
from train import RECIPES

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = {path: path.read_text("utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
MOST_LINES = 150


def _blocks(language: str) -> list[str]:
    return [block for text in PAGES.values() for block in re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)]


def _commands(start: str) -> list[list[str]]:
    lines = "\n".join(_blocks("bash")).splitlines()
    return [shlex.split(line) for line in dict.fromkeys(lines) if line.startswith(start)]


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
        assert made.size == (2048, 2048)
    with Image.open("sofa.png") as made:
        assert made.size == (256, 256)
    with Image.open("clean.png") as made, Image.open("examples/labelled.jpg") as marked:
        assert made.size == marked.size
        assert made.tobytes() != marked.tobytes()
    with Image.open("blue.png") as blue, Image.open("square.png") as square:
        assert blue.mode == "RGBA"
        assert square.getpixel((0, 0)) == (255, 255, 255)
        assert square.width == square.height
    _assert_restyled("watercolor.png", "examples/chair.jpg", corner_kept=False)
    _assert_restyled("moody.png", "examples/chair.jpg", corner_kept=False)
    _assert_restyled("mixed.png", "examples/dandelions.jpg", corner_kept=False)


def _assert_restyled(name: str, came: str, *, corner_kept: bool) -> None:
    with Image.open(name) as made, Image.open(came) as before:
        assert made.size == before.size
        assert made.tobytes() != before.tobytes()
        assert (made.getpixel((0, 0)) == before.getpixel((0, 0))) is corner_kept


@pytest.mark.usefixtures("_beside_the_examples")
def test_training_command() -> None:
    commands = [command for command in _commands("python train.py") if command[2] not in ("doctor", "prepare")]
    assert len(commands) == 13
    for command in commands:
        assert train(RECIPES, [*command[2:], "--data", "examples", "--dry-run"]) == 0


@pytest.mark.usefixtures("_beside_the_examples")
def test_prepare_command(capsys: pytest.CaptureFixture[str]) -> None:
    (command,) = (command for command in _commands("python train.py") if command[2] == "prepare")
    assert train(RECIPES, [*command[2:], "--data", "examples", "--teacher", "missing.safetensors"]) == 2
    assert "convert-realesrgan" in capsys.readouterr().err


@pytest.mark.usefixtures("_beside_the_examples")
def test_doctor_command(capsys: pytest.CaptureFixture[str]) -> None:
    (command,) = (command for command in _commands("python train.py") if "doctor" in command)
    assert train(RECIPES, [*command[2:], "--data", "examples"]) == 0
    assert "pictures" in capsys.readouterr().out


def test_every_preset_is_named() -> None:
    use = PAGES[ROOT / "docs" / "use.md"]
    (sentence,) = re.findall(r"^The presets: (.*?)\. ", use, flags=re.DOTALL | re.MULTILINE)
    assert re.findall(r"`([\w-]+)`", sentence) == list(PRESETS)


def test_nothing_is_left_to_fill_in() -> None:
    for path, text in PAGES.items():
        if path.name == "llms.md":
            continue  # made from the declaration, whose help names patterns such as {sku}
        prose = re.sub(r"`[^`]*`|```.*?```", "", text, flags=re.DOTALL)
        assert not re.findall(r"\{\w+\}", prose), path


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= MOST_LINES


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


def test_a_space_of_any_name_gets_its_thumbnail() -> None:
    for again in (False, True):
        text = with_thumbnail(README, "old/name") if again else README
        front = yaml.safe_load(with_thumbnail(text, "someone/studio").split("---")[1])
        address = "https://huggingface.co/spaces/someone/studio/resolve/main/"
        assert front.pop("thumbnail") == address + PICTURE.as_posix()
        assert front == yaml.safe_load(README.split("---")[1])
    with Image.open(ROOT / PICTURE) as made:
        assert made.size == SIZE
    assert thumbnail(["a", "b"]) == thumbnail(["https://x/y/z"]) == 2


def test_the_space_has_the_gradio_that_the_requirements_name() -> None:
    version = yaml.safe_load(README.split("---")[1])["sdk_version"]
    (line,) = [
        line for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines() if line.startswith("gradio")
    ]
    assert Requirement(line).specifier.contains(version)


def test_pictures_and_pages_exist() -> None:
    for path, text in PAGES.items():
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


CARDS = {path: path.read_text("utf-8") for path in sorted((ROOT / "weights").glob("*/README.md"))}
ROOTS = (ROOT, ROOT / "gan", ROOT / "tests")
"""Where a path with folders in it may begin, besides a folder of `gan`."""


def _present(path: str) -> bool:
    """Whether a path of a page is there: a name alone anywhere in the sources, with folders from one of the roots."""
    if "/" not in path.rstrip("/"):
        return (ROOT / path).exists() or any(True for top in ("gan", "tests", "benchmarks") for _ in _named(top, path))
    return any((root / path).exists() for root in (*ROOTS, *(ROOT / "gan").iterdir()))


def _named(top: str, name: str) -> Iterator[Path]:
    return (ROOT / top).rglob(name.rstrip("/"))


@pytest.mark.parametrize("page", [*PAGES, *CARDS], ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_folders_that_a_page_or_a_card_names_exist(page: Path) -> None:
    """Short paths too, in backticks or within a command; `NAME` and `*` stand for something."""
    text = page.read_text("utf-8")
    found = re.findall(r"(?<![\w/.-])[\w/.-]+\.py\b", text)
    found += re.findall(r"`((?:gan|tests|benchmarks|examples|weights|docs)/[\w/.-]*)`", text)
    gone = [path for path in dict.fromkeys(found) if not _present(path)]
    assert not gone, f"{page.relative_to(ROOT)} names what is not there: {', '.join(gone)}"


def test_the_page_on_security_writes_paths_from_the_root() -> None:
    """Of two files of one name nobody should have to guess which is meant."""
    found = re.findall(r"`([\w/.-]+\.py)(?:::(\w+))?`", PAGES[ROOT / "docs" / "security.md"])
    assert len(found) > 80
    assert not [path for path, _ in found if not (ROOT / path).is_file()]
    gone = [name for path, name in found if f"def {name}(" not in (ROOT / path).read_text("utf-8") and name]
    assert not gone, f"no test is called {', '.join(gone)}"


def test_the_picture_of_the_layers_is_that_of_the_contracts() -> None:
    layers = (ROOT / "pyproject.toml").read_text("utf-8").partition("layers = [")[2].partition("]")[0]
    wanted = [re.findall(r"gan\.([\w.]+)", layer) for layer in re.findall(r'"(.+?)"', layers)]
    picture = (ROOT / "docs/design.md").read_text("utf-8").partition("do not import each other")[2].split("```")[1]
    drawn = [line.split("above it")[0].split() for line in picture.strip().splitlines()]
    assert [sorted(names) for names in drawn] == [sorted(names) for names in wanted]
