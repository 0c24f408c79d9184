"""`python -m gan run`: same pixels as Python, bad files named, exit statuses, verification."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

import gan
import gan.api
from gan.cli.main import main
from gan.inpaint.pipeline import InpaintRequest


@pytest.fixture(autouse=True)
def _tiny(tiny_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gan.api, "WEIGHTS_DIR", tiny_weights)


def _save(path: Path, size: tuple[int, int] = (24, 18)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(size[0])
    Image.fromarray((torch.rand(size[1], size[0], 3, generator=generator) * 255).byte().numpy()).save(path)
    return path


def _recipe(path: Path, *steps: dict[str, Any], **more: Any) -> str:
    path.write_text(json.dumps({"version": 1, "steps": list(steps), **more}))
    return str(path)


ENHANCE = {"task": "enhance", "request": {"scale": 2}}
EXTEND = {"task": "inpaint", "request": {"left": 6}}


def test_same_pixels_as_python_and_nothing_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = _save(tmp_path / "in/a.png")
    recipe = _recipe(tmp_path / "twice.json", ENHANCE, EXTEND)
    command = ["run", recipe, str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--device", "cpu"]
    assert main(command) == 0
    studio = gan.Studio("cpu")
    expected = studio.run(InpaintRequest(picture=studio.enhance(source, scale=2).picture, left=6)).image
    with Image.open(tmp_path / "out/a.png") as made:
        assert made.size == (54, 36)
        assert made.tobytes() == expected.tobytes()
    printed = capsys.readouterr()
    assert "a.png  54x36" in printed.out
    assert "Pictures: 1 made, 0 done already, 0 could not be used" in printed.out
    assert printed.err == ""
    assert main(command) == 0
    assert "0 made, 1 done already" in capsys.readouterr().out
    sidecar = json.loads((tmp_path / "out/a.png.json").read_bytes())
    assert [len(sha256) for step in sidecar["steps"] for sha256 in step["weights"].values()] == [64, 64]
    licences = sidecar["result"]["licences"]
    assert list(licences) == ["enhance-x2", "inpaint"]
    assert all(text.startswith("apache-2.0") for text in licences.values())
    assert f"enhance-x2: {licences['enhance-x2']}" in (tmp_path / "out/report.csv").read_text("utf-8-sig")
    assert main([*command, "--verify", "--quiet"]) == 0
    (tmp_path / "out/a.png").write_bytes(b"another")
    assert main([*command, "--verify", "--quiet"]) == 3
    assert "a.png: it differs from what the recipe makes" in capsys.readouterr().err


def test_a_folder_goes_on_past_bad_files_and_names_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _save(tmp_path / "in/a.png")
    _save(tmp_path / "in/deep/b.jpg")
    (tmp_path / "in/bad.jpg").write_bytes(b"\xff\xd8 not much of a picture")
    (tmp_path / "in/notes.txt").write_text("left alone")
    still = {"task": "enhance", "request": {"scale": 1, "strength": 0}}
    recipe = _recipe(tmp_path / "r.json", still, output={"format": "webp", "lossless": True})
    assert main(["run", recipe, str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 2
    made = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.webp")}
    assert made == {"a.webp", "deep/b.webp"}
    printed = capsys.readouterr()
    (line,) = printed.err.splitlines()
    assert line.startswith("bad.jpg: image:")
    assert "1 could not be used" in printed.out
    assert "Other files, left alone (1): notes.txt" in printed.out


@pytest.mark.parametrize(
    ("steps", "given", "said"),
    [
        ([{"task": "polish"}], ["a.png"], 'step 1: task: "polish" is unknown'),
        ([ENHANCE], [], "image: no picture"),
        ([ENHANCE], ["a.png", "-o", "."], "a.png would overwrite its own source"),
        ([{"task": "enhance", "request": {"model": "nobody-knows"}}], ["a.png"], "nobody-knows"),
        ([ENHANCE], ["--watch", "none"], "watch: none is no folder"),
        ([ENHANCE], ["a.png", "--watch", "."], "watch: --watch with IN"),
        ([ENHANCE], ["a.png", "--engine", "ray", "--verify"], "verify: --verify with --engine ray"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, steps: list[Any], given: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    _save(tmp_path / "a.png")
    assert main(["run", _recipe(tmp_path / "r.json", *steps), *given, *([] if "-o" in given else ["-o", "out"])]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_the_schema_of_recipes_is_printed_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["run", "--schema"])
    assert stopped.value.code == 0
    assert json.loads(capsys.readouterr().out)["properties"]["version"] == {"const": 1}
