"""Measuring Cut-out in scenes: what counts, what stands beside it, what its confidence is worth."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from rooms import furnish
from shop import open_shop

from gan.core.contract import Result
from gan.core.errors import InputError
from gan.cutout.pipeline import CutoutRequest
from gan.cutout.train import evaluate_scenes
from gan.cutout.train.evaluate import evaluate
from gan.cutout.train.evaluate_scenes import CLICKED, PEER, SCENES, SceneEvaluation
from gan.cutout.train.readings import Reading
from gan.cutout.train.u2net import U2Net
from gan.imaging.click import click_of
from gan.imaging.picture import Picture
from gan.training.data.scenes import Scenes, find_scenes
from gan.training.evaluation import OURS


class Knowing:
    """Cuts out what is true: the clicked thing, or the first; its confidence is what it was told to say."""

    def __init__(self, folder: Path, confidence: float = 1.0) -> None:
        self.scenes = Scenes(find_scenes(folder))
        self.confidence = confidence
        self.asked: list[CutoutRequest] = []

    def __call__(self, request: CutoutRequest) -> Result:
        self.asked.append(request)
        differences = [float((request.picture.rgb[0] - x.float() / 255).abs().mean()) for x in self.scenes.pixels]
        covers = self.scenes.whole(differences.index(min(differences)))[1]
        number = 0
        if request.clicks:
            click = click_of(request.clicks[0])
            number = int(covers[:, click.y, click.x].argmax())
        picture = Picture(request.picture.rgb, covers[None, number : number + 1])
        return Result("cutout", (picture,), 0, 0.1, {}, (), {"confidence": self.confidence}, {})


@pytest.fixture
def furnished(tmp_path: Path) -> Path:
    folder = open_shop(tmp_path / "data")
    furnish(folder / "rooms")
    return folder


@pytest.fixture(autouse=True)
def _no_peer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("U2NET_HOME", str(tmp_path / "nowhere"))


def test_the_true_answer_gets_full_marks_and_clicks_ask_for_everything(furnished: Path) -> None:
    run = Knowing(furnished)
    found = evaluate_scenes.evaluate_scenes(furnished, run)
    assert found is not None
    assert found.reached() == {
        "mean IoU, scenes": 1.0,
        "share over 0.9, scenes": 1.0,
        "one click, share over 0.9": 1.0,
        "confidence against IoU, widest gap": 0.0,
    }
    assert len(found.of(OURS)) == 4
    assert [reading.thing for reading in found.of(CLICKED)] == [0, 1] * 4
    assert sum(bool(request.clicks) for request in run.asked) == 8
    assert found.of(PEER) == []


def test_held_out_scenes_alone_and_a_limit(furnished: Path) -> None:
    run = Knowing(furnished)
    held_out = evaluate_scenes.evaluate_scenes(furnished, run, held_out=True)
    assert held_out is not None
    assert [reading.scene for reading in held_out.of(OURS)] == ["scene-3"]
    few = evaluate_scenes.evaluate_scenes(furnished, run, limit=2)
    assert few is not None
    assert len(few.of(OURS)) == 2
    assert evaluate_scenes.evaluate_scenes(furnished / "photos", run) is None


def test_finding_nothing_counts_nothing(furnished: Path) -> None:
    def nothing(request: CutoutRequest) -> Result:
        raise InputError("image", "no product was found", "a product is needed", "Choose another")

    found = evaluate_scenes.evaluate_scenes(furnished, nothing)
    assert found is not None
    assert found.reached()["mean IoU, scenes"] == 0
    assert found.of(OURS)[0].confidence == 0


def test_confidence_is_compared_with_what_it_promises() -> None:
    def readings(confidence: float, iou: float, count: int) -> list[Reading]:
        return [Reading(SCENES, OURS, iou, 0.0, 0.1, confidence)] * count

    evaluation = SceneEvaluation("rooms", [*readings(0.95, 0.75, 6), *readings(0.5, 0.45, 6), *readings(0.1, 0.9, 2)])
    assert [(one.low, one.n) for one in evaluation.bins()] == [(0.0, 2), (0.4, 6), (0.8, 6)]
    # The bin of two cases says nothing.
    assert evaluation.reached()["confidence against IoU, widest gap"] == pytest.approx(0.2)
    assert "one click, share over 0.9" not in evaluation.reached()


def test_the_whole_evaluation_tells_of_scenes(furnished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan.cutout.train.evaluate.SIDE_PX", 64)
    monkeypatch.setattr("gan.cutout.train.evaluate.SHIPPED", ())
    (found,) = evaluate(furnished, Knowing(furnished), limit=1)
    assert "one click" in found.table()
    assert found.metrics["mean IoU, scenes"]["value"] == 1.0
    assert found.record()["scenes"]["ours"][0]["iou"] == 1.0
    assert "mean IoU, scenes" in found.reached


def test_the_peer_is_asked_as_rembg_asks_it(furnished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    class Session:
        def __init__(self, path: str, options: object, providers: list[str]) -> None:
            seen.append(path)

        def get_inputs(self) -> list[object]:
            return [type("Input", (), {"name": "input.1"})()]

        def run(self, outputs: None, given: dict[str, object]) -> list[object]:
            x = torch.as_tensor(given["input.1"])
            seen.append(x)
            return [(x[:, :1] * 3 - 5).numpy()]

    onnx = pytest.importorskip("onnxruntime")
    monkeypatch.setattr(onnx, "InferenceSession", Session)
    assert U2Net.find() is None
    monkeypatch.setenv("U2NET_HOME", str(tmp_path))
    (tmp_path / "u2net.onnx").write_bytes(b"")
    cut = U2Net.find()
    assert cut is not None
    rgb = torch.zeros(1, 3, 80, 60)
    rgb[:, 0, :, 30:] = 0.5
    made = cut(rgb)
    assert made.shape == (1, 1, 80, 60)
    assert made.min() == 0
    assert made.max() == pytest.approx(1, abs=0.05)
    assert made[0, 0, 40, 50] > 0.9
    x = seen[1]
    assert x.shape == (1, 3, 320, 320)
    # The brightest value counts as 1: (1 - mean) / std.
    assert float(x[0, 0].max()) == pytest.approx((1 - 0.485) / 0.229, abs=1e-2)
    found = evaluate_scenes.evaluate_scenes(furnished, Knowing(furnished), limit=1)
    assert found is not None
    assert len(found.of(PEER)) == 1
    assert "U-2-Net" in found.metrics()["mean IoU, scenes"]["baseline"]
