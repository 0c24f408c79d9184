"""A teacher's answers become files: only where two networks agree about a thing, each part once."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gan.training.data.mixture import sort_out

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    return importlib.import_module("teach_cutout")


class Session:
    """Answers with what it is made with, notes how often it was asked."""

    def __init__(self, made: NDArray[np.float32]) -> None:
        self.made = made
        self.asked = 0

    def get_inputs(self) -> list[Any]:
        return [type("Input", (), {"name": "input.1"})()]

    def run(self, _outputs: None, given: dict[str, NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        assert given["input.1"].shape == (1, 3, 320, 320)
        self.asked += 1
        return [self.made[None, None]]


def _disc(center: int, radius: int = 60) -> NDArray[np.float32]:
    y, x = np.mgrid[:320, :320]
    inside: NDArray[np.float32] = (np.hypot(y - 160, x - center) < radius).astype(np.float32) * 2 - 1
    return inside


def _photographs(folder: Path) -> list[Path]:
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (360, 480, 3), np.uint8)
    Image.fromarray(noise).save(folder / "one-place.jpg")
    Image.fromarray(noise[:100]).save(folder / "too-small.jpg")
    return [folder]


def test_answers_are_kept_once_and_found_by_training(
    script: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = {"u2net.onnx": Session(_disc(160)), "u2netp.onnx": Session(_disc(164))}
    monkeypatch.setattr(script.U2Net, "load", lambda path, threads: script.U2Net(sessions[path.name]))
    folders, out = _photographs(tmp_path / "places"), tmp_path / "data/taught"
    for _ in range(2):
        script.main(tmp_path, out, folders)
    assert {session.asked for session in sessions.values()} == {script.PARTS}
    found = sort_out(tmp_path / "data").taught
    assert len(found) == script.PARTS
    # Parts of one photograph are one product: they are never split apart.
    assert {entry.product for entry in found} == {"one-place"}
    records = [json.loads(line) for line in (out / "meta.jsonl").read_text("utf-8").splitlines()]
    assert [record["id"] for record in records] == [f"places-one-place-{number}" for number in range(script.PARTS)]
    with Image.open(out / "soft" / "places-one-place-0.png") as soft:
        assert soft.size == (320, 320)
        assert soft.getextrema() == (0, 255)


@pytest.mark.parametrize(
    ("large", "small"),
    [
        (_disc(160), _disc(220)),  # they disagree
        (_disc(160, 10), _disc(160, 10)),  # next to nothing
        (np.tile(np.linspace(-1, 1, 320, dtype=np.float32)[:, None], (1, 320)),) * 2,  # the lower half of a view
    ],
)
def test_what_is_no_answer_is_not_kept(
    script: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: Any, small: Any
) -> None:
    sessions = {"u2net.onnx": Session(large), "u2netp.onnx": Session(small)}
    monkeypatch.setattr(script.U2Net, "load", lambda path, threads: script.U2Net(sessions[path.name]))
    script.main(tmp_path, tmp_path / "out", _photographs(tmp_path / "places"))
    assert list((tmp_path / "out/soft").iterdir()) == []
    assert len((tmp_path / "out/seen.txt").read_text().splitlines()) == script.PARTS
