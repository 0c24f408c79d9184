"""Clicks on the Cut-out page without a browser: what is selected, taken back, and cut out."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from cut_outs import CutOuts
from cutout_sessions import made, opened, page
from PIL import Image, ImageDraw

from gan.cutout.page.clicking import Clicking
from gan.cutout.page.session import Session
from gan.imaging.io.codec import decode

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
