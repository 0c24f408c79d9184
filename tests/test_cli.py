"""The command line: same pixels as Python, folders, failures that stop nothing, exit statuses, weights, figures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from community_models import small_esrgan
from PIL import Image
from safetensors.torch import save_file

import gan
import gan.api
from gan.cli.main import main

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _tiny(tiny_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gan.api, "WEIGHTS_DIR", tiny_weights)


def _save(path: Path, size: tuple[int, int] = (24, 18), mode: str = "RGB") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(size[0])
    pixels = (torch.rand(size[1], size[0], len(mode), generator=generator) * 255).byte().numpy()
    Image.fromarray(pixels if len(mode) > 1 else pixels[..., 0], mode=None).save(path)
    return path


def test_same_pixels_as_python(tmp_path: Path) -> None:
    source = _save(tmp_path / "a.png")
    assert main(["enhance", str(source), "-o", str(tmp_path / "out.png"), "--scale", "4", "--quiet"]) == 0
    from_python = gan.Studio("cpu").enhance(source, scale=4).image
    assert Image.open(tmp_path / "out.png").tobytes() == from_python.tobytes()


def test_strength_zero_at_x1_is_the_input(tmp_path: Path) -> None:
    source = _save(tmp_path / "a.png")
    out = tmp_path / "out.png"
    assert main(["enhance", str(source), "-o", str(out), "--scale", "1", "--strength", "0", "--quiet"]) == 0
    assert Image.open(out).tobytes() == Image.open(source).tobytes()


def test_a_folder_goes_on_past_bad_files_and_names_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _save(tmp_path / "in/a.png")
    _save(tmp_path / "in/deep/b.jpg")
    _save(tmp_path / "in/c.bmp")
    _save(tmp_path / "in/c.png")
    (tmp_path / "in/bad.jpg").write_bytes(b"\xff\xd8 not much of a picture")
    (tmp_path / "in/notes.txt").write_text("left alone")
    assert main(["enhance", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--scale", "1"]) == 2
    names = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*"))
    assert names == ["a.png", "c.png", "c.png.png", "deep/b.jpg"]
    printed = capsys.readouterr()
    (line,) = [text for text in printed.err.splitlines() if "bad.jpg" in text]
    assert "image:" in line
    assert printed.out.count("24x18") == 4


def test_several_files_and_a_format(tmp_path: Path) -> None:
    sources = [str(_save(tmp_path / name)) for name in ("a.png", "b.jpg")]
    out = tmp_path / "out"
    assert main(["enhance", *sources, "-o", str(out), "--scale", "1", "--format", "webp", "--lossless", "--quiet"]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["a.webp", "b.webp"]
    with Image.open(out / "a.webp") as written:
        assert written.format == "WEBP"


def test_record_makes_it_again(tmp_path: Path) -> None:
    source = _save(tmp_path / "a.png")
    out = tmp_path / "o.png"
    assert main(["enhance", str(source), "-o", str(out), "--width", "30", "--auto", "--record", "--quiet"]) == 0
    record = json.loads((tmp_path / "o.png.json").read_text())
    assert record["task"] == "enhance"
    assert record["request"]["width"] == 30
    assert len(record["weights"]["enhance-x2"]) == 64
    assert record["details"]["size"] == [30, 23]


def test_weights_list_and_verify(tiny_weights: Path, capsys: Any) -> None:
    assert main(["weights", "list"]) == 0
    assert "enhance-x4" in capsys.readouterr().out
    assert main(["weights", "verify"]) == 0
    assert capsys.readouterr().out.count(": ok") == 8


def test_a_community_checkpoint_is_added_where_the_app_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(gan.api, "MODELS_DIR", tmp_path / "models")
    save_file(small_esrgan(), tmp_path / "mine.safetensors")
    (tmp_path / "not.safetensors").write_bytes(b"nothing")
    assert main(["weights", "add", str(tmp_path / "mine.safetensors")]) == 0
    assert main(["weights", "add", str(tmp_path / "not.safetensors")]) == 2
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["mine.safetensors"]
    assert gan.Studio("cpu").models("enhance")[-1].title == "mine"


def test_evaluate_prints_ours_beside_bicubic(tmp_path: Path, capsys: Any) -> None:
    for index in range(2):
        _save(tmp_path / f"data/{index}.png", (72 + index, 70))
    figures = tmp_path / "figures.json"
    command = ["evaluate", "enhance", "--data", str(tmp_path / "data"), "--scale", "2", "1", "--json", str(figures)]
    assert main([*command, "--quiet"]) == 0
    printed = capsys.readouterr().out
    assert "x2, 2 pictures" in printed
    assert "bicubic" in printed
    at_x2, at_x1 = json.loads(figures.read_text())
    assert set(at_x2["metrics"]) == {"PSNR-Y", "SSIM-Y", "FD-lite2"}
    assert at_x2["metrics"]["PSNR-Y"]["baseline"]["bicubic"] > 5
    assert at_x1["metrics"]["clean PSNR"]["value"] > 5


def test_evaluate_against_references(tmp_path: Path, capsys: Any) -> None:
    _save(tmp_path / "in/a.png", (20, 20))
    _save(tmp_path / "ref/a.jpg", (40, 40))
    command = ["evaluate", "enhance", "--data", str(tmp_path / "in"), "--reference", str(tmp_path / "ref"), "--quiet"]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "MSE" in printed
    assert "SSIM" in printed
    (tmp_path / "ref/a.jpg").unlink()
    _save(tmp_path / "ref/b.jpg")
    assert main(command) == 2
    assert "reference: none for a.png" in capsys.readouterr().err


def test_importing_gan_imports_nothing_heavy_and_reads_nothing() -> None:
    code = (
        "import sys; import gan\n"
        "assert not {'torch', 'gradio', 'lightning', 'numpy', 'PIL'} & set(sys.modules), 'heavy imports'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_gan_works_where_gradio_is_not_installed_and_imports_nothing_slow(tmp_path: Path) -> None:
    """`torchvision.models` alone pulls `torch._dynamo` in and takes longer than a small picture."""
    source = _save(tmp_path / "a.png")
    code = (
        "import sys; sys.modules['gradio'] = None\n"
        f"import gan; gan.Studio('cpu').enhance({str(source)!r}, scale=1).image\n"
        "slow = {'torch._dynamo', 'torchvision', 'scipy', 'skimage', 'lightning', 'matplotlib', 'pandas'}\n"
        "assert not slow & set(sys.modules), slow & set(sys.modules)\n"
        "import gan.enhance.train.recipe, gan.training.loop"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
