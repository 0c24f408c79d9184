"""The click that is carried out before the first one: when, on what, and what of it is heard."""

from __future__ import annotations

import sys
import threading
import types
from pathlib import Path

import pytest
from PIL import Image

from gan.core.errors import WeightsError
from gan.imaging.picture import Picture
from gan.ui.click_panel import look_beforehand
from gan.ui.gate import GATE


class Selecting:
    """Remembers clicks, and fails where it is to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.clicks: list[tuple[str, ...]] = []
        self.error = error

    def __call__(self, copy: Picture, clicks: tuple[str, ...]) -> None:
        self.clicks.append(clicks)
        if self.error is not None:
            raise self.error


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    Image.new("RGB", (9, 6)).save(tmp_path / "copy.jpg")
    return tmp_path / "copy.jpg"


def test_it_is_in_the_middle(copy: Path) -> None:
    select = Selecting()
    look_beforehand(select, copy)
    assert select.clicks == [("4,3",)]
    assert GATE.held_bytes == 0


def test_a_copy_that_is_gone_is_passed_over(tmp_path: Path) -> None:
    select = Selecting()
    look_beforehand(select, tmp_path / "left.jpg")
    assert select.clicks == []


def test_missing_weights_are_for_the_first_click_to_tell(copy: Path) -> None:
    select = Selecting(WeightsError("model", "select is missing", "its file is needed", "Fetch it"))
    look_beforehand(select, copy)
    assert select.clicks


def test_what_nobody_expects_is_heard_and_leaves_the_way_free(copy: Path) -> None:
    with pytest.raises(RuntimeError, match="broken"):
        look_beforehand(Selecting(RuntimeError("broken")), copy)
    select = Selecting()
    look_beforehand(select, copy)
    assert select.clicks


def test_it_gives_way_to_jobs_and_to_another_of_its_kind(copy: Path) -> None:
    inner = Selecting()
    with GATE.worker(threading.Event()):
        look_beforehand(inner, copy)
    look_beforehand(lambda *_: look_beforehand(inner, copy), copy)
    assert inner.clicks == []


def test_a_borrowed_gpu_is_left_alone(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spaces", types.ModuleType("spaces"))
    select = Selecting()
    look_beforehand(select, copy)
    assert select.clicks == []
