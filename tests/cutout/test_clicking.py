"""Clicks on the Cut-out page without a browser: what is selected, taken back, and cut out."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
import torch
from cut_outs import CutOuts
from cutout_sessions import HELD, encoding, made, opened, page
from pages import within_a_loop
from PIL import Image, ImageDraw
from torch import Tensor

from gan import Studio
from gan.cutout.page import tab
from gan.cutout.page.clicking import Clicking
from gan.cutout.page.session import Session
from gan.cutout.page.stage import Page
from gan.imaging.io.codec import decode
from gan.inpaint.page import tab as inpaint_tab
from gan.select.network import PromptNet

LEFT, RIGHT = (83, 120), (237, 120)


def two(path: Path) -> Path:
    """Two discs, 80 px wide, on light grey."""
    sheet = Image.new("RGB", (320, 240), (226, 226, 222))
    drawing = ImageDraw.Draw(sheet)
    drawing.ellipse((43, 80, 123, 160), (30, 120, 60))
    drawing.ellipse((197, 80, 277, 160), (160, 40, 40))
    sheet.save(path)
    return path


def clicked(studio: CutOuts, visit: Session, at: tuple[int, int], way: str = "add") -> Session:
    event: Any = SimpleNamespace(index=list(at))
    after, shown = Clicking(studio.run).click(visit, way, event, None)  # type: ignore[arg-type]
    assert after.clicked.overlay == Path(shown)
    with Image.open(shown) as overlay:
        assert overlay.size == visit.size
    return after


def alpha_at(shown: dict[str, Any], *places: tuple[int, int]) -> list[float]:
    alpha = decode(Path(shown["download"])).alpha
    assert alpha is not None
    return [round(float(alpha[0, 0, y, x])) for x, y in places]


def test_clicks_are_kept_for_the_cut_out_and_taken_back(tmp_path: Path) -> None:
    desk, studio = page()
    visit = clicked(studio, opened(desk, two(tmp_path / "two.png")), RIGHT)
    shown = made(desk, visit)
    assert studio.requests[-1].clicks == ("237,120",)
    assert alpha_at(shown, LEFT, RIGHT) == [0, 1]
    visit = clicked(studio, shown["visit"], LEFT)
    shown = made(desk, visit)
    assert alpha_at(shown, LEFT, RIGHT) == [1, 1]
    visit = clicked(studio, shown["visit"], RIGHT, "remove")
    assert visit.clicked.clicks == ("237,120", "83,120", "237,120,-")
    shown = made(desk, visit)
    assert alpha_at(shown, LEFT, RIGHT) == [1, 0]
    visit, _ = Clicking(studio.run).back(shown["visit"], None)  # type: ignore[arg-type]
    assert visit.clicked.clicks == ("237,120", "83,120")
    visit, picture = Clicking(studio.run).clear(visit, None)  # type: ignore[arg-type]
    assert visit.clicked.clicks == ()
    assert picture == str(visit.copy)
    undone = desk.undo(shown["visit"], None)[0]  # type: ignore[arg-type]
    assert undone.clicked.clicks == ("237,120", "83,120")


def test_what_is_selected_stands_out(tmp_path: Path) -> None:
    desk, studio = page()
    visit = clicked(studio, opened(desk, two(tmp_path / "two.png")), RIGHT)
    assert visit.clicked.overlay is not None
    before, after = decode(tmp_path / "two.png").rgb, decode(visit.clicked.overlay).rgb
    rows, chosen, other = slice(100, 110), slice(225, 235), slice(75, 85)
    assert torch.allclose(before[:, :, rows, chosen], after[:, :, rows, chosen], atol=0.06)
    assert float((before[:, :, rows, other] - after[:, :, rows, other]).abs().mean()) > 0.1


class Encoder:
    """In place of the network's: counts, and waits where it is to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()
        encode = PromptNet.encode

        def counted(network: PromptNet, rgb: Tensor) -> Tensor:
            self.count += 1
            self.begun.set()
            assert self.go_on.wait(30)
            return encode(network, rgb)

        monkeypatch.setattr(PromptNet, "encode", counted)


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> Encoder:
    return Encoder(monkeypatch)


@pytest.fixture
def real(tiny_weights: Path) -> Any:
    return Studio("cpu", tiny_weights)


def test_a_photograph_that_was_opened_is_encoded_once_before_the_first_click(
    tmp_path: Path, real: Any, encoder: Encoder
) -> None:
    desk = Page(real.run, tuple(HELD), encoding)  # whose files go with it
    visit = opened(desk, two(tmp_path / "two.png"))
    assert encoder.count == 0  # opening itself waits for nothing
    for _ in range(2):  # Gradio tells of some files twice
        Clicking(real.run).look(visit)
    assert encoder.count == 1
    clicked(real, clicked(real, visit, RIGHT), LEFT)
    assert encoder.count == 1


def test_a_click_that_comes_too_early_waits_for_what_is_encoded_already(
    tmp_path: Path, real: Any, encoder: Encoder
) -> None:
    desk = Page(real.run, tuple(HELD), encoding)  # whose files go with it
    visit = opened(desk, two(tmp_path / "two.png"))
    encoder.go_on.clear()
    with ThreadPoolExecutor(2) as pool:
        looking = pool.submit(Clicking(real.run).look, visit)
        assert encoder.begun.wait(30)
        click = pool.submit(clicked, real, visit, RIGHT)
        encoder.go_on.set()
        looking.result(30)
        assert click.result(30).clicked.clicks == ("237,120",)
    assert encoder.count == 1


def test_who_leaves_before_it_is_encoded_leaves_nothing_to_do(tmp_path: Path, real: Any, encoder: Encoder) -> None:
    desk = Page(real.run, tuple(HELD), encoding)
    visit, other = (opened(desk, two(tmp_path / name)) for name in ("two.png", "other.png"))
    desk.shelf.forget(visit)
    for gone in (visit, None):
        Clicking(real.run).look(gone)
    assert encoder.count == 0
    encoder.go_on.clear()
    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(Clicking(real.run).look, other)
        assert encoder.begun.wait(30)
        desk.shelf.forget(other)
        encoder.go_on.set()
        looking.result(30)


@pytest.mark.parametrize(("build", "name", "count"), [(tab.build, "cutout", 1), (inpaint_tab.build, "inpaint", 2)])
def test_it_follows_whatever_puts_another_picture_there(build: Any, name: str, count: int) -> None:
    def made() -> gr.Blocks:
        with gr.Blocks(analytics_enabled=False) as blocks:
            build(CutOuts().run, [])
        return blocks

    blocks = within_a_loop(made)
    looks = [event for event in blocks.fns.values() if event.concurrency_id == "beforehand"]
    began = []
    for event in looks:
        assert event.outputs == []
        assert event.trigger_only_on_success
        while event.trigger_after is not None:
            event = blocks.fns[event.trigger_after]
        began.append(event.targets[0])
    ids = {block.elem_id: block._id for block in blocks.blocks.values() if getattr(block, "elem_id", None)}
    assert began == [(ids[f"{name}-picture"], "change"), (ids[f"{name}-run"], "click")][:count]
