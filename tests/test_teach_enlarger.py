"""Pairs of what a generator draws and what it was to draw, as files for training its enlarger."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_generator import published_config, tiny_generate_net

from gan.enhance.train.teaching import Taught
from gan.imaging.product import MEASURES
from gan.models.weights import write_checkpoint
from gan.training.data.catalogue import load

ROOT = Path(__file__).resolve().parents[1]
PICTURES = 3
FIELDS: dict[str, Any] = {
    "categories": ("box",),
    "attributes": MEASURES,
    "channels_max": 8,
    "channels_base": 64,
    "members": PICTURES,
}


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    return importlib.import_module("teach_enlarger")


def _model(folder: Path, resolution: int, shop: Path | None = None) -> Path:
    network = tiny_generate_net(resolution=resolution, **FIELDS)
    if shop is not None:
        network.member_product.copy_(load(shop, 64)[0].product)
    config, state = published_config(network), network.state_dict()
    write_checkpoint(folder, name="tiny", task="generate", config=config, state=state, card="")
    return folder


def _catalogue(folder: Path, category: str = "box") -> Path:
    (folder / category).mkdir(parents=True)
    for number in range(PICTURES):
        pixels = np.full((256, 256, 3), 255, np.uint8)
        pixels[60:200, 60 : 150 + 20 * number] = (200, 40 * number, 30)
        Image.fromarray(pixels).save(folder / category / f"p{number}.png")
    return folder


def _run(script: Any, monkeypatch: pytest.MonkeyPatch, *told: object) -> None:
    monkeypatch.setattr("sys.argv", ["teach_enlarger.py", *map(str, told)])
    script.main()


def test_pairs_are_written_and_gone_on_with(script: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "VALIDATION_ITEMS", 2)
    catalogue, out = _catalogue(tmp_path / "shop"), tmp_path / "out"
    model = _model(tmp_path / "model", 64, catalogue)
    _run(script, monkeypatch, model, catalogue, out, "--count", 2)
    before = Taught(out / "training", 4, 128, 0).whole(1)
    _run(script, monkeypatch, model, catalogue, out, "--count", PICTURES + 1)
    pairs = Taught(out / "training", 4, 128, 0)
    assert (pairs.items, Taught(out / "validation", 4, 128, 0).items) == (PICTURES + 1, 2)
    for ours, theirs in zip(pairs.whole(1), before, strict=True):
        assert torch.equal(ours, theirs)
    drawn, real, enlarged = pairs.whole(0)
    assert drawn.shape == (3, 64, 64)
    assert real.shape == enlarged.shape == (3, 256, 256)
    # The first round draws the pictures as they are, the second with a little of a neighbor.
    first, again = (pairs.whole(row) for row in (0, PICTURES))
    assert not torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])


def test_a_model_of_another_size_is_refused(
    script: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model, catalogue = _model(tmp_path / "model", 32), _catalogue(tmp_path / "shop")
    with pytest.raises(SystemExit):
        _run(script, monkeypatch, model, catalogue, tmp_path / "out")
    assert "no generator of 64 px" in capsys.readouterr().err


@pytest.mark.parametrize(("category", "said"), [("lamp", "other categories"), ("box", "other products")])
def test_another_catalogue_is_refused(
    script: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    category: str,
    said: str,
) -> None:
    model, catalogue = _model(tmp_path / "model", 64), _catalogue(tmp_path / "shop", category)
    with pytest.raises(SystemExit):
        _run(script, monkeypatch, model, catalogue, tmp_path / "out")
    assert said in capsys.readouterr().err
