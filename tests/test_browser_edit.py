"""The Shape & print tab in Chromium: corners and a crop by mouse, the same by numbers, prints, labels; a phone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import PATIENCE_MS, PHONE, Session
from PIL import Image
from playwright.sync_api import Browser, FloatRect, Locator, expect

import gan

pytestmark = pytest.mark.browser

SIZE = (200, 150)
TYPED = "#edit-perspective-corners textarea, #edit-perspective-corners input"
FOUR = re.compile(r"^(\S+,\S+ ?){4}$")
CORNERS = ((40, 30), (160, 36), (150, 120), (46, 110))


class Shaping(Session):
    """A visit of the Shape & print tab with a photograph in it."""

    def __init__(self, browser: Browser, url: str, path: Path, **options: Any) -> None:
        super().__init__(browser, url, **options)
        self.page.set_default_timeout(PATIENCE_MS)
        self.turn_to("edit")
        expect(self.page.locator("#edit-run")).to_be_visible()
        self.page.set_input_files("#edit-picture input[type=file]", path)
        expect(self.page.locator("#edit-preview img")).to_be_visible()
        expect(self.page.locator("#edit-facts")).to_contain_text("200 × 150 px")
        # 0 would be an angle; nothing asks for the one that the product's edges have.
        expect(self.page.locator("#edit-straighten-angle input")).to_have_value("")

    def choose(self, task: str) -> None:
        self.page.click(f"#edit-task input[value={task}]")
        expect(self.page.locator(f"#edit-{task}")).to_be_visible()

    def click(self, *pixels: tuple[float, float]) -> None:
        """Click pixels of the photograph, as fast as the mouse goes, and wait until it is drawn anew."""
        image = self.page.locator("#edit-preview img")
        image.scroll_into_view_if_needed()
        before, box = image.get_attribute("src"), self.settled(image)
        scale = min(box["width"] / SIZE[0], box["height"] / SIZE[1])
        left, top = (box["width"] - SIZE[0] * scale) / 2, (box["height"] - SIZE[1] * scale) / 2
        for x, y in pixels:
            self.page.mouse.click(box["x"] + left + (x + 0.5) * scale, box["y"] + top + (y + 0.5) * scale)
        expect(image).not_to_have_attribute("src", before or "")

    def settled(self, image: Locator) -> FloatRect:
        """Where it stands once it stands still: a choice moves what lies below it."""
        box = None
        for _ in range(50):
            last, box = box, image.bounding_box()
            if box is not None and box == last:
                return box
            self.page.wait_for_timeout(200)
        raise AssertionError(f"the photograph moves: {box}")

    def number(self, field: str) -> int:
        return int(self.page.locator(f"#edit-crop-{field} input").input_value())

    def made(self, folder: Path, said: str) -> np.ndarray:
        """Press the button, and wait until the summary says that: the result's pixels."""
        self.start("edit")
        expect(self.page.locator("#edit-summary")).to_contain_text(said)
        expect(self.page.locator("#edit-run")).to_be_enabled()
        expect(self.page.locator("#edit-download")).to_be_visible()
        with Image.open(self.saved("#edit-download", folder)) as image:
            return np.asarray(image)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    y, x = np.mgrid[0:150, 0:200]
    values = np.stack([x, y, (x + y) // 2], -1).astype(np.uint8)
    Image.fromarray(values).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def test_corners_crop_labels_and_prints(browser: Browser, studio_page: str, photo: Path, tmp_path: Path) -> None:
    source = np.asarray(Image.open(photo))
    for name, color in (("red", (220, 10, 10)), ("blue", (10, 10, 220))):
        Image.new("RGB", (20, 20), color).save(tmp_path / f"{name}.png")
    with Shaping(browser, studio_page, photo) as visit:
        page, studio = visit.page, gan.Studio("cpu")
        # Four corners in any order; the fifth begins anew; the button clears.
        visit.choose("perspective")
        for index in (2, 0, 3, 1):
            visit.click(CORNERS[index])
        text = page.locator(TYPED).input_value()
        points = [tuple(float(value) for value in point.split(",")) for point in text.split()]
        assert np.abs(np.array(points) - np.array(CORNERS)).max() <= 1.5
        made = visit.made(tmp_path, "Corners")
        assert (made == np.asarray(studio.perspective(photo, corners=text).image)).all()
        visit.click((10, 10))
        assert len(page.locator(TYPED).input_value().split()) == 1
        page.click("#edit-clear")
        expect(page.locator(TYPED)).to_have_value("")

        # A crop by two clicks, and by the keyboard alone.
        visit.choose("crop")
        visit.click((150, 110))
        visit.click((30, 20))
        left, top, width, height = (visit.number(field) for field in ("left", "top", "width", "height"))
        assert (left, top, width, height) == pytest.approx((30, 20, 120, 90), abs=2)
        made = visit.made(tmp_path, f"{width} × {height} px")
        assert (made == source[top : top + height, left : left + width]).all()
        for field, value in (("left", 5), ("top", 6), ("width", 70), ("height", 80)):
            page.fill(f"#edit-crop-{field} input", str(value))
        page.fill("#edit-crop-aspect textarea, #edit-crop-aspect input", "1:1")
        assert (visit.made(tmp_path, "70 × 70 px") == source[11:81, 5:75]).all()
        visit.shoot("edit-crop")

        # A label where it was clicked; two patterns come as a ZIP.
        visit.choose("print")
        page.set_input_files("#edit-print-pattern input[type=file]", [tmp_path / "red.png", tmp_path / "blue.png"])
        expect(page.locator("#edit-print-pattern")).to_contain_text("blue")
        # A region that is painted: nothing is printed elsewhere.
        page.fill("#edit-print-scale input >> nth=0", "2")
        page.click("#edit-print-region button >> nth=0")
        canvas = page.locator("#edit-print-editor canvas").first
        expect(canvas).to_be_visible()
        page.wait_for_timeout(1000)  # the canvas is there before the picture is
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x - 20, y, steps=2)  # the brush has to have seen the pointer before it is pressed
        page.mouse.down()
        page.mouse.move(x + 20, y, steps=3)
        page.mouse.up()
        expect(page.locator("#edit-print-mask")).to_contain_text("painted")
        visit.shoot("edit-print-painted")
        made = visit.made(tmp_path, "Printed share")
        assert made[75, 100, 0] > 2 * made[75, 100, 2]
        assert 0.005 < (made != source).any(2).mean() < 0.5
        assert (made[:15] == source[:15]).all()
        page.click("#edit-print-mask .icon-button >> nth=0")
        page.fill("#edit-print-scale input >> nth=0", "0.4")

        # Clicks that come before the last one is drawn are not lost.
        visit.click(*CORNERS)
        expect(page.locator("#edit-print-corners").locator("textarea, input")).to_have_value(FOUR)
        made = visit.made(tmp_path, "Printed share")
        assert made[75, 100, 0] > 2 * made[75, 100, 2]
        assert (made[:20] == source[:20]).all()
        expect(page.locator("#edit-variants img")).to_have_count(2)
        expect(page.locator("#edit-archive")).to_be_visible()
        visit.shoot("edit-print")

        # A badge: seen as it is typed, and then in full quality, on a phone's width.
        page.set_viewport_size(PHONE)
        visit.choose("annotate")
        plain = page.locator("#edit-preview img").get_attribute("src") or ""
        page.fill("#edit-annotate-badge textarea, #edit-annotate-badge input", "NEW")
        expect(page.locator("#edit-line")).to_contain_text("Preview at 200 px")
        expect(page.locator("#edit-preview img")).not_to_have_attribute("src", plain)
        assert visit.overflow_px() <= 0
        visit.shoot("edit-annotate-phone")
        visit.start("edit")
        expect(page.locator("#edit-variants")).to_be_hidden()
        expect(page.locator("#edit-run")).to_be_enabled()
        with Image.open(visit.saved("#edit-download", tmp_path)) as image:
            assert (np.asarray(image) == np.asarray(studio.annotate(photo, badge="NEW").image)).all()
        assert not visit.broken
