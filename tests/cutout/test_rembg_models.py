"""rembg's models by name: found where rembg looks for them, run without a download, refused in one sentence."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from products import GREEN, RED, over, ring

from gan.api import Studio
from gan.core.errors import WeightsError
from gan.cutout import rembg_models
from gan.imaging.picture import Picture

CHAIR = Path(__file__).parents[2] / "tests/pictures/chair.jpg"

SESSIONS = '''
from PIL import ImageChops

class U2net:
    """Red is product."""
    def __init__(self, model_name, sess_opts, *args, **kwargs):
        with open(self.download_models()) as file:
            if file.read() != "weights":
                raise RuntimeError("no graph")
    @classmethod
    def name(cls): return "u2net"
    @classmethod
    def download_models(cls): raise AssertionError("a download")
    def predict(self, image):
        red, green, _ = image.split()
        return [ImageChops.subtract(red, green).point(lambda value: 255 if value > 25 else 0)]

sessions_class = [U2net]
'''


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """U2NET_HOME, with a rembg installed that must not be imported as a whole."""
    package = tmp_path / "site/rembg"
    (package / "sessions").mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError('imported')")
    (package / "sessions/__init__.py").write_text(SESSIONS)
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.setitem(sys.modules, "onnxruntime", SimpleNamespace(SessionOptions=SimpleNamespace))
    monkeypatch.delitem(sys.modules, rembg_models._SESSIONS, raising=False)
    monkeypatch.delitem(sys.modules, "rembg", raising=False)
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("U2NET_HOME", str(folder))
    yield folder
    sys.modules.pop(rembg_models._SESSIONS, None)


@pytest.mark.parametrize("place", ["u2net.onnx", "models/u2net/u2net.onnx"])
def test_a_model_is_offered_and_runs_where_its_file_is(place: str, home: Path, tiny_weights: Path) -> None:
    path = home / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("weights")
    studio = Studio("cpu", weights_dir=tiny_weights, models_dir=tiny_weights)
    ready = {choice.name: choice.title for choice in studio.models("cutout") if choice.ready}
    assert ready["u2net"].startswith("u2net (Apache-2.0, ")
    assert "u2netp" not in ready
    alpha = ring(240, 300)
    result = studio.cutout(Picture(over(RED, GREEN, alpha), name="a.png"), model="u2net")
    assert result.picture.alpha is not None
    assert (result.picture.alpha - alpha).abs().mean() < 0.01
    assert list(result.weights) == ["u2net"]
    assert result.licences == {"u2net": "Apache-2.0"}
    assert result.details["confidence"] > 0.9


def test_a_missing_file_is_one_sentence_and_no_download(home: Path, tiny_weights: Path) -> None:
    studio = Studio("cpu", weights_dir=tiny_weights, models_dir=tiny_weights)
    wanted = (
        "model: u2net.onnx is not there; nothing is downloaded. "
        "Put u2net.onnx into the folder that U2NET_HOME names, or into ~/.rembg/models/u2net."
    )
    with pytest.raises(WeightsError) as error:
        studio.cutout(Picture(torch.rand(1, 3, 40, 40)), model="u2net")
    assert str(error.value) == wanted
    (choice,) = [choice for choice in studio.models("cutout") if choice.name == "u2net"]
    assert (choice.ready, choice.reason) == (False, wanted)
    assert str(home) not in wanted


def test_a_damaged_file_is_one_sentence(home: Path, tiny_weights: Path) -> None:
    (home / "u2net.onnx").write_text("other")
    with pytest.raises(WeightsError, match=r"^model: u2net\.onnx cannot be used \(no graph\)"):
        Studio("cpu", weights_dir=tiny_weights).cutout(Picture(torch.rand(1, 3, 40, 40)), model="u2net")


def test_without_the_package_nothing_is_offered(tiny_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rembg_models, "PACKAGE", "rembg_that_is_not_there")
    studio = Studio("cpu", weights_dir=tiny_weights)
    assert not {choice.name for choice in studio.models("cutout")} & set(rembg_models.MODELS)
    with pytest.raises(WeightsError, match=r"is not installed; it runs u2net\. Run: pip install"):
        studio.cutout(Picture(torch.rand(1, 3, 40, 40)), model="u2net")


def test_a_name_means_rembg_s_model_for_cut_outs_only(home: Path, tiny_weights: Path) -> None:
    with pytest.raises(WeightsError, match='there is no "u2net"'):
        Studio("cpu", weights_dir=tiny_weights).enhance(Picture(torch.rand(1, 3, 40, 40)), model="u2net")


def test_every_model_says_its_licence() -> None:
    for name, model in rembg_models.MODELS.items():
        assert model.name == name
        assert model.licence in model.title
    assert rembg_models.MODELS["bria-rmbg"].title == "bria-rmbg (CC BY-NC 4.0: no commercial use)"


def test_u2net_cuts_a_chair_out() -> None:
    if importlib.util.find_spec("rembg") is None:
        pytest.skip("rembg is not installed (pip install -e .[rembg])")
    if rembg_models.found("u2net") is None:
        pytest.skip("u2net.onnx is not where rembg looks for it")
    from gan.imaging.io.codec import decode

    result = Studio("cpu").cutout(decode(CHAIR), model="u2net")
    assert list(result.weights) == ["u2net"]
    ours = Studio("cpu").cutout(decode(CHAIR))
    assert result.picture.alpha is not None
    assert ours.picture.alpha is not None
    both = [picture.alpha > 0.5 for picture in (result.picture, ours.picture) if picture.alpha is not None]
    assert float((both[0] & both[1]).sum()) > 0.9 * float((both[0] | both[1]).sum())
