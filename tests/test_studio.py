"""The studio: devices, lazy loading, eviction, threads, missing and foreign models."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest
import torch
from community_models import small_esrgan
from PIL import Image
from safetensors.torch import save_file

import gan.api
from gan.api import Studio
from gan.core.contract import Model
from gan.core.errors import InputError, WeightsError
from gan.enhance.pipeline import EnhanceRequest
from gan.imaging.picture import Picture


def _request(scale: int = 2) -> EnhanceRequest:
    return EnhanceRequest(picture=Picture(torch.full((1, 3, 8, 8), 0.5)), scale=scale)


def test_nothing_is_loaded_before_it_is_needed(tiny_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[str] = []
    original = Studio._read

    def counting(self: Studio, name: str, task: str) -> object:
        loads.append(name)
        return original(self, name, task)

    monkeypatch.setattr(Studio, "_read", counting)
    studio = Studio("cpu", weights_dir=tiny_weights, models_dir=tiny_weights)
    assert [choice.name for choice in studio.models("enhance")] == ["enhance-x1", "enhance-x2", "enhance-x4"]
    assert loads == []
    studio.run(_request())
    studio.run(_request())
    assert loads == ["enhance-x2"]
    studio.close()
    studio.run(_request())
    assert loads == ["enhance-x2"] * 2


def test_the_least_recently_used_model_makes_room(tiny_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gan.api, "KEEP_MODELS", 2)
    studio = Studio("cpu", weights_dir=tiny_weights)
    first = studio.load("enhance-x1")
    studio.load("enhance-x2")
    assert studio.load("enhance-x1") is first
    studio.load("enhance-x4")
    assert studio.load("enhance-x1") is first
    assert len(studio._models) == 2


def test_threads_share_one_model(tiny_weights: Path) -> None:
    studio = Studio("cpu", weights_dir=tiny_weights)
    images: list[torch.Tensor] = []
    threads = [threading.Thread(target=lambda: images.append(studio.run(_request()).picture.rgb)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(images) == 4
    assert all(torch.equal(image, images[0]) for image in images)


def test_a_damaged_file_is_refused_and_listed(tiny_weights: Path, tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(tiny_weights, folder)
    file = folder / "enhance-x2/model.safetensors"
    file.write_bytes(file.read_bytes()[:-4] + b"\0\0\0\1")
    studio = Studio("cpu", weights_dir=folder)
    with pytest.raises(WeightsError, match="SHA-256"):
        studio.run(_request(2))
    studio.run(_request(4))
    (damaged,) = [choice for choice in studio.models("enhance") if not choice.ready]
    assert "SHA-256" in damaged.reason
    file.unlink()
    (missing,) = [choice for choice in studio.models("enhance") if not choice.ready]
    assert missing.name == "enhance-x2"
    assert missing.reason


def test_no_weights_at_all(tmp_path: Path) -> None:
    studio = Studio("cpu", weights_dir=tmp_path, models_dir=tmp_path)
    assert studio.models("enhance") == []
    with pytest.raises(WeightsError, match="enhance-x2"):
        studio.run(_request())


@pytest.mark.parametrize("device", ["tpu", "cuda" if not torch.cuda.is_available() else "cuda:7"])
def test_unknown_devices(device: str) -> None:
    with pytest.raises(InputError, match="device"):
        Studio(device)


def test_community_models_are_offered_and_work(tiny_weights: Path, tmp_path: Path) -> None:
    """A small network of a known architecture, saved as the community does, beside ours."""
    save_file(small_esrgan(), tmp_path / "mine.safetensors")
    studio = Studio("cpu", weights_dir=tiny_weights, models_dir=tmp_path)
    choice = studio.models("enhance")[-1]
    assert choice.title == "mine"
    for scale in (1, 2, 4):
        request = EnhanceRequest(picture=Picture(torch.rand(1, 3, 9, 7)), scale=scale, model=choice.name)
        result = studio.run(request)
        assert result.picture.rgb.shape == (1, 3, 9 * scale, 7 * scale)
        assert len(result.weights["mine.safetensors"]) == 64


def test_community_models_of_one_name_are_kept_apart_by_task(
    tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inpaint").mkdir()
    for place in ("net.safetensors", "inpaint/net.safetensors"):
        (tmp_path / place).touch()
    monkeypatch.setattr(Studio, "_read", lambda _self, name, task: Model(name, "0" * 64, torch.nn.Identity(), task))
    studio = Studio("cpu", weights_dir=tiny_weights, models_dir=tmp_path)
    first, second = (studio.load("net.safetensors", task) for task in ("enhance", "inpaint"))
    assert (first.task, second.task) == ("enhance", "inpaint")
    assert studio.load("net.safetensors", "enhance") is first


def test_native_half_precision_gives_nearly_the_same_picture(
    tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = EnhanceRequest(picture=Picture(torch.rand(1, 3, 16, 16)), scale=2)
    exact = Studio("cpu", weights_dir=tiny_weights).run(request).picture.rgb
    monkeypatch.setattr(gan.api, "_native_half", lambda _: torch.bfloat16)
    half = Studio("cpu", weights_dir=tiny_weights).run(request).picture.rgb
    assert half.dtype == torch.float32
    assert (half - exact).abs().max() < 4 / 255


def test_a_picture_is_checked_and_repaired_from_python(tmp_path: Path) -> None:
    cut = Image.new("RGBA", (600, 400), (0, 0, 0, 0))
    cut.paste((150, 60, 40, 255), (200, 100, 380, 300))
    cut.save(tmp_path / "cut.png")
    studio = Studio("cpu")
    before = studio.check(tmp_path / "cut.png", "amazon")
    assert not before.details["passed"]
    made = studio.export(tmp_path / "cut.png", "amazon", enlarge=3)
    assert studio.check(made.image.convert("RGB"), "amazon").details["findings"]
    assert made.image.getpixel((0, 0))[:3] == (255, 255, 255)
    assert min(made.image.size) >= 500
