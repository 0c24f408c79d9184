"""`python -m gan generate`: pictures with records, replay, films, projections, one line for what cannot be done."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageSequence

import gan.api
from gan.api import Studio
from gan.cli.generate import Series
from gan.cli.main import main
from gan.generate import latent
from gan.generate.attributes import Sliders
from gan.generate.pipeline import NOT_TURNED, GenerateRequest
from gan.imaging.io.codec import decode

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _tiny(tiny_generator: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gan.api, "WEIGHTS_DIR", tiny_generator)


def _generate(*arguments: object) -> int:
    return main(["generate", "--size", "64", "--quiet", *map(str, arguments)])


def _pixels(path: Path) -> bytes:
    return Image.open(path).tobytes()


def _frames(path: Path) -> list[Image.Image]:
    with Image.open(path) as film:
        return [frame.convert("RGB") for frame in ImageSequence.Iterator(film)]


def test_pictures_are_those_of_python_and_each_has_its_record(tmp_path: Path) -> None:
    assert _generate("-o", tmp_path, "--category", "lamp", "--seed", 5, "--count", 3, "--truncation", "0.5") == 0
    names = ["lamp-5.png", "lamp-6.png", "lamp-7.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names, *(f"{name}.json" for name in names)])
    from_python = Studio("cpu").generate(category="lamp", seed=5, count=3, truncation=0.5, size=64)
    for index, name in enumerate(names):
        assert _pixels(tmp_path / name) == from_python.images[index].tobytes()
        record = json.loads((tmp_path / f"{name}.json").read_text("utf-8"))
        assert record["seed"] == record["request"]["seed"] == 5 + index
        assert record["weights"].keys() == {"generate-catalogue", "enhance-x2"}


@pytest.mark.parametrize(
    "options",
    [
        ("--seed", 4, "--count", 2),
        ("--colour", "red", "--hue", -20, "--lightness", "0.2", "--size-in-frame", "-0.5", "--aspect", "0.3"),
        ("--azimuth", -30, "--transparent", "--mix-seed", 9, "--mix", "coarse", "fine"),
    ],
)
def test_replay_gives_the_same_bytes(tmp_path: Path, options: tuple[object, ...]) -> None:
    assert _generate("-o", tmp_path / "a", *options) == 0
    written = sorted((tmp_path / "a").glob("*.png"))
    assert written
    for path in written:
        assert main(["generate", "-o", str(tmp_path / "b"), "--replay", f"{path}.json", "--quiet"]) == 0
        assert (tmp_path / "b" / path.name).read_bytes() == path.read_bytes()


def test_options_become_the_request(tmp_path: Path) -> None:
    options = (
        "--hue",
        0,
        "--lightness",
        "-1",
        "--size-in-frame",
        1,
        "--aspect",
        "0.5",
        "--azimuth",
        0,
        "--colour",
        "blue",
    )
    assert _generate("-o", tmp_path, "--category", "chair", *options) == 0
    request = json.loads((tmp_path / "chair-0.png.json").read_text("utf-8"))["request"]
    sliders = Sliders(**request["sliders"])
    assert sliders == Sliders(lightness=-1, size=1, aspect=0.5, azimuth_deg=0.0, colour="blue")
    assert request["truncation"] == 0.8


def test_text_sets_category_and_sliders_and_options_go_before_it(tmp_path: Path) -> None:
    assert _generate("-o", tmp_path, "--text", "red chair from the left") == 0
    request = json.loads((tmp_path / "chair-0.png.json").read_text("utf-8"))["request"]
    assert request["category"] == "chair"
    assert request["sliders"]["colour"] == "red"
    assert request["sliders"]["azimuth_deg"] < 0
    assert _generate("-o", tmp_path, "--text", "红色灯", "--colour", "blue") == 0
    request = json.loads((tmp_path / "lamp-0.png.json").read_text("utf-8"))["request"]
    assert request["sliders"]["colour"] == "blue"


def test_what_is_not_understood_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "-o", str(tmp_path), "--size", "64", "--text", "red chair zyxwv"]) == 0
    assert "not understood: zyxwv" in capsys.readouterr().out


def test_a_film(tmp_path: Path) -> None:
    target = tmp_path / "out.gif"
    assert _generate("-o", target, "--film", 1, 2, "--frames", 3, "--fps", 10) == 0
    frames = _frames(target)
    assert (len(frames), frames[0].size) == (6, (64, 64))
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_a_picture_of_ones_own_is_projected_and_filmed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = Image.new("RGB", (40, 30), "white")
    image.paste((200, 60, 40), (10, 5, 30, 25))
    image.save(tmp_path / "own.png")
    project = ("--project", str(tmp_path / "own.png"))
    assert _generate("-o", tmp_path / "a", *project, "--category", "chair") == 0
    assert capsys.readouterr().out == ""
    record = json.loads((tmp_path / "a/chair-0.png.json").read_text("utf-8"))
    assert record["request"]["latent"]["offsets"]
    assert _generate("-o", tmp_path / "film.gif", *project, "--film", 1, "--frames", 2) == 0
    assert len(_frames(tmp_path / "film.gif")) == 4


def test_a_photograph_that_is_to_be_turned_is_told_that_it_cannot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = Studio("cpu").generate(seed=40, size=64).details["latents"][0]
    latent.save(tmp_path / "l.json", (saved,))
    for azimuth, told in ((("--azimuth", 20), True), ((), False)):
        assert _generate("-o", tmp_path / "a", "--latent", tmp_path / "l.json", *azimuth) == 0
        record = json.loads(next((tmp_path / "a").glob("*.json")).read_text("utf-8"))
        assert record["notices"] == ([NOT_TURNED] if told else [])


def test_a_film_shows_the_latent_and_the_seed(tmp_path: Path) -> None:
    saved = Studio("cpu").generate(seed=40, size=64).details["latents"][0]
    latent.save(tmp_path / "l.json", (saved,))
    assert _generate("-o", tmp_path / "film.gif", "--latent", tmp_path / "l.json", "--film", 1, "--frames", 2) == 0
    frames = [frame.tobytes() for frame in _frames(tmp_path / "film.gif")]
    assert len(frames) == 4
    assert frames[0] != frames[2]


def test_a_saved_latent_is_drawn(tmp_path: Path) -> None:
    made = Studio("cpu").generate(category="lamp", seed=40, size=64, truncation=1.0)
    latent.save(tmp_path / "l.json", tuple(made.details["latents"]))
    assert _generate("-o", tmp_path, "--latent", tmp_path / "l.json") == 0
    assert _pixels(tmp_path / "lamp-0.png") == made.image.tobytes()


def test_a_model_by_its_folder(tmp_path: Path, tiny_generator: Path) -> None:
    shutil.copytree(tiny_generator / "generate-catalogue", tmp_path / "mine")
    assert _generate("-o", tmp_path / "a", "--model", tmp_path / "mine") == 0
    assert _generate("-o", tmp_path / "b") == 0
    (a,), (b,) = ((tmp_path / name).glob("*.png") for name in "ab")
    first, second = decode(a), decode(b)
    assert torch.equal(first.rgb, second.rgb)
    assert first.history[0]["request"]["model"] == "mine"
    assert str(tmp_path).encode() not in a.read_bytes()


def _write(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize(
    "options",
    [
        ("--category", "hat"),
        ("--count", 0),
        ("--count", 2**32 + 1),
        ("--seed", -1),
        ("--size", 20),
        ("--truncation", 2),
        ("--hue", 181),
        ("--azimuth", 60),
        ("--colour", "gaudy"),
        ("--mix-seed", -1),
        ("--model", "nothing"),
        ("--model", "enhance-x2"),
        ("--replay", "missing.json"),
        ("--replay", "bad.json"),
        ("--replay", "empty.json"),
        ("--replay", "list.json"),
        ("--latent", "missing.json"),
        ("--latent", "bad.json"),
        ("--latent", "none.json"),
        ("--project", "missing.png"),
        ("--project", "bad.json"),
        ("--film", 1),
        ("--film", 1, 2, "--frames", 1),
        ("--film", 1, -2),
        ("-o", "only.gif"),
        ("-o", "film.gif", "--film", 1, 2, "--fps", 0, "--frames", 2),
    ],
)
def test_bad_input_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: tuple[object, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    _write(Path("bad.json"), "no JSON")
    _write(Path("empty.json"), {})
    _write(Path("list.json"), {"request": [1]})
    _write(Path("none.json"), {"latents": []})
    assert main(["generate", "-o", "out", "--size", "64", *map(str, options)]) == 2
    said = capsys.readouterr()
    assert len(said.err.strip().splitlines()) == 1, said.err
    assert not Path("out").exists()
    assert not list(Path().glob("*.gif"))


@pytest.mark.parametrize("options", [("--mix", "rough"), ("--count", "many"), ("--film",), ()])
def test_options_that_argparse_refuses(options: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["generate", *(("-o", "x", *options) if options else ())])
    assert stopped.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_as_a_process(tmp_path: Path, tiny_generator: Path) -> None:
    model = str(tiny_generator / "generate-catalogue")
    command = [sys.executable, "-m", "gan", "generate", "-o", str(tmp_path), "--model", model, "--size", "64"]
    done = subprocess.run([*command, "--seed", "3"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    (written,) = tmp_path.glob("*.png")
    assert done.stdout.splitlines() == [str(written)]


def test_defaults_are_those_of_the_request(tmp_path: Path) -> None:
    """The same words and the same values in the command line and in Python."""
    assert main(["generate", "-o", str(tmp_path), "--quiet"]) == 0
    (path,) = tmp_path.glob("*.json")
    assert json.loads(path.read_text("utf-8"))["request"] == json.loads(json.dumps(GenerateRequest().record()))


def test_a_series_of_any_length_goes_on_where_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["generate", "--size", "64", "-o", str(tmp_path), "--seed", "3"]
    assert main([*command, "--count", "2"]) == 0
    first = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in tmp_path.glob("*.png")}
    assert len(first) == 2
    capsys.readouterr()
    assert main([*command, "--count", "70", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("status") for line in lines[:3]] == ["kept", "kept", "made"]
    assert lines[-2:] == [{"event": "summary", "made": 70, "failed": 0}, {"event": "end", "status": 0}]
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in first} == first
    pictures = sorted(tmp_path.glob("*.png"), key=lambda path: int(path.stem.rpartition("-")[2]))
    assert [int(path.stem.rpartition("-")[2]) for path in pictures] == list(range(3, 73))
    alone = Studio("cpu").generate(seed=72, size=64)
    assert _pixels(pictures[-1]) == alone.image.tobytes()


def test_only_the_same_record_with_its_picture_counts_as_made(tmp_path: Path) -> None:
    def series(request: GenerateRequest) -> Series:
        return Series(studio, request, tmp_path)

    studio, request = Studio("cpu"), GenerateRequest(size=64, category="lamp", seed=1)
    assert _generate("-o", tmp_path, "--category", "lamp", "--seed", 1) == 0
    picture = tmp_path / "lamp-1.png"
    assert series(request).kept(0) == picture
    assert series(request.replaced(category="")).kept(0) is None  # another request, though it may draw the same
    assert series(request.replaced(truncation=0.5)).kept(0) is None
    assert series(request).kept(1) is None
    record_path = tmp_path / "lamp-1.png.json"
    record = json.loads(record_path.read_text("utf-8"))
    for damaged in ({**record, "weights": {}}, {**record, "weights": {"generate-catalogue": "0" * 64}}, [], "half"):
        record_path.write_text(json.dumps(damaged), "utf-8")
        assert series(request).kept(0) is None
    record_path.write_text(json.dumps(record), "utf-8")
    picture.unlink()
    assert series(request).kept(0) is None
