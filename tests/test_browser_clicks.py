"""Click to select in Chromium: on Cut-out and on Inpaint, added to, removed, taken back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from browsing import PHONE
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Locator, expect
from test_browser_cutout import Cutting, bytes_of
from test_browser_inpaint import Inpainting, changed

pytestmark = pytest.mark.browser

LEFT, RIGHT = (0.26, 0.5), (0.74, 0.5)


def two(path: Path) -> Path:
    """Two discs, 80 px wide, on light grey."""
    sheet = Image.new("RGB", (320, 240), (226, 226, 222))
    drawing = ImageDraw.Draw(sheet)
    drawing.ellipse((43, 80, 123, 160), (30, 120, 60))
    drawing.ellipse((197, 80, 277, 160), (160, 40, 40))
    sheet.save(path)
    return path


def click(picture: Locator, at: tuple[float, float], *, shown: bool = True) -> None:
    """Click on a share of the picture, and wait until another one takes its place where one is to."""
    before = picture.get_attribute("src")
    box = picture.bounding_box()
    assert box is not None
    # The picture is fitted into its element.
    width, height = min(box["width"], box["height"] * 4 / 3), min(box["height"], box["width"] * 3 / 4)
    left, top = (box["width"] - width) / 2, (box["height"] - height) / 2
    picture.click(position={"x": left + at[0] * width, "y": top + at[1] * height})
    if shown:
        expect(picture).not_to_have_attribute("src", before or "")


def test_a_click_selects_what_is_cut_out(browser: Browser, quick_page: str, tmp_path: Path) -> None:
    with Cutting(browser, quick_page) as visit:
        page = visit.page
        visit.open(two(tmp_path / "two.png"))
        visit.unfold("click")
        picture = page.locator("#cutout-click-picture img")
        click(picture, RIGHT)
        visit.shoot("cutout-click")
        visit.make("Confidence")
        made = bytes_of(visit.saved("#cutout-download", tmp_path))
        assert [made[120, x, 3] for x in (83, 237)] == [0, 255]
        click(picture, LEFT)
        visit.make("Product", "13.")
        page.click("#cutout-click-way label >> nth=1")
        click(picture, RIGHT)
        visit.make("Product", "6.")
        made = bytes_of(visit.saved("#cutout-download", tmp_path / "again"))
        assert [made[120, x, 3] for x in (83, 237)] == [255, 0]
        before = picture.get_attribute("src")
        page.click("#cutout-click-back")
        expect(picture).not_to_have_attribute("src", before or "")
        visit.make("Product", "13.")
        page.click("#cutout-click-clear")
        visit.make("Product", "13.")


def test_a_click_marks_what_is_removed(browser: Browser, quick_page: str, tmp_path: Path) -> None:
    with Inpainting(browser, quick_page, viewport=PHONE, color_scheme="dark") as visit:
        page = visit.page
        source = two(tmp_path / "two.png")
        visit.open(source)
        visit.unfold("click")
        picture = page.locator("#inpaint-click-picture img")
        click(picture, LEFT, shown=False)
        visit.marked("7.")
        click(picture, RIGHT, shown=False)
        visit.marked("14.")
        page.click("#inpaint-click-way label >> nth=1")
        click(picture, LEFT, shown=False)
        visit.marked("7.")
        page.click("#inpaint-back")
        visit.marked("14.")
        page.click("#inpaint-back")
        visit.marked("7.")
        visit.shoot("inpaint-click")
        visit.inpaint(steps=2)
        area = changed(source, visit.saved("#inpaint-download", tmp_path / "x")).numpy()
        assert area[120, 83]
        assert not np.any(area[:, 180:])
