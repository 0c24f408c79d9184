"""Over the network a model is a name that the page offers."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import torch
from pages import FakeChoice
from safetensors.torch import save_file

from gan.api import Studio
from gan.core.contract import Model
from gan.core.errors import InputError, WeightsError
from gan.limits import MAX_LAYER_NUMBER
from gan.models.community import load_community
from gan.ui.background_job import one_sentence
from gan.ui.offered import Offered


@dataclass(frozen=True)
class Asked:
    model: Any = "auto"


@pytest.fixture
def asked() -> list[Any]:
    return []


@pytest.fixture
def offered(asked: list[Any]) -> Offered:
    def run(request: Any, **options: Any) -> Any:
        asked.append(request.model)
        return request

    made = Offered(run, lambda task: [FakeChoice("mine.pth")], lambda name: [name])  # type: ignore[arg-type, return-value]
    made.models("enhance")
    return made


@pytest.mark.parametrize("model", ["/etc/passwd", "runs/x", "owner/name", "../mine.pth", "", "mine", None, 7, ["auto"]])
def test_what_is_no_name_of_the_page_reaches_no_studio(model: Any, offered: Offered, asked: list[Any]) -> None:
    with pytest.raises(InputError, match="is not offered here; auto and the models in this page's lists"):
        offered.run(Asked(model))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="is not offered here"):
        offered.directions(model)
    assert not asked


def test_what_the_page_offers_does(offered: Offered, asked: list[Any]) -> None:
    for model in ("auto", "mine.pth"):
        offered.run(Asked(model))  # type: ignore[arg-type]
    assert asked == ["auto", "mine.pth"]
    assert offered.directions("mine.pth") == ["mine.pth"]


def test_a_long_name_is_told_short(offered: Offered) -> None:
    with pytest.raises(InputError) as caught:
        offered.check("x" * 10**6)
    assert len(str(caught.value)) < 300


def test_a_community_model_is_offered_by_its_file_s_name(tiny_weights: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.safetensors").write_bytes(b"")
    choice = Studio("cpu", weights_dir=tiny_weights, models_dir=tmp_path).models("enhance")[-1]
    assert (choice.name, choice.title) == ("mine.safetensors", "mine")


def test_loading_a_model_keeps_nobody_from_another(tiny_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    studio = Studio("cpu", weights_dir=tiny_weights)
    read, slow, reads = studio._read, threading.Event(), []

    def patched(name: str, task: str) -> Model:
        reads.append(name)
        if name == "enhance-x4":
            slow.wait(10)
        return read(name, task)

    monkeypatch.setattr(studio, "_read", patched)
    threads = [threading.Thread(target=studio.load, args=("enhance-x4",), daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    assert studio.load("enhance-x1").name == "enhance-x1"
    assert time.monotonic() - began < 5
    assert threads[0].is_alive()
    slow.set()
    for thread in threads:
        thread.join(10)
    assert sorted(reads) == ["enhance-x1", "enhance-x4"]


def test_a_model_that_fails_to_load_fails_for_each_and_holds_no_lock(tiny_weights: Path) -> None:
    studio = Studio("cpu", weights_dir=tiny_weights)
    for _ in range(2):
        with pytest.raises(WeightsError):
            studio.load("nobody-knows")
    assert not studio._loading


def test_a_file_that_claims_many_layers_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "claims.safetensors"
    save_file({f"model.{MAX_LAYER_NUMBER + 1}.weight": torch.zeros(1), "body.200000.x": torch.zeros(1)}, path)
    began = time.monotonic()
    with pytest.raises(WeightsError, match=r"claims.safetensors cannot be used: it names a layer"):
        load_community(path)
    assert time.monotonic() - began < 10


def test_no_message_tells_where_the_server_keeps_its_files(tmp_path: Path, tiny_weights: Path) -> None:
    folder = tmp_path / "weights" / "enhance-x1"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    studio = Studio("cpu", weights_dir=tiny_weights)

    def refused() -> None:
        raise InputError("image", "{path}", "another", "Choose it", path=tmp_path / "uploads" / "a.png")

    for call in (
        refused,
        lambda: studio.load(str(folder)),
        lambda: studio.load(str(tmp_path / "none.pth")),
        lambda: load_community(tmp_path / "none.pth"),
    ):
        with pytest.raises(gr.Error) as caught, one_sentence("en"):
            call()
        assert "/tmp" not in caught.value.message
        assert tmp_path.name not in caught.value.message
