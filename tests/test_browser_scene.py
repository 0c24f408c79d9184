"""The Scene tab in Chromium: a product, a click on a set, a slider, the download; on a phone in Chinese."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import PHONE, Session
from PIL import Image
from playwright.sync_api import Browser, expect

from gan.scene.sets import NAMES, SETS

pytestmark = pytest.mark.browser


class Setting(Session):
    """A visit of the Scene tab."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        super().__init__(browser, url, **options)
        self.page.set_default_timeout(90_000)
        self.turn_to("scene")
        expect(self.page.locator("#scene-run")).to_be_visible()
        expect(self.page.locator("#scene-sets .grid-container button")).to_have_count(len(NAMES))

    def preview(self) -> bytes:
        shown = self.page.locator("#scene-preview img")
        expect(shown).to_be_visible()
        return self.page.request.get(str(shown.get_attribute("src"))).body()

    def await_other_preview(self, before: bytes) -> bytes:
        for _ in range(900):
            if (now := self.preview()) != before:
                return now
            self.page.wait_for_timeout(100)
        raise AssertionError("the preview stayed as it was")

    def choose(self, name: str) -> None:
        self.page.click(f"#scene-sets .grid-container button >> nth={NAMES.index(name)}")

    def make(self, folder: Path) -> Path:
        self.page.click("#scene-run")
        expect(self.page.locator("#scene-download")).to_be_visible()
        expect(self.page.locator("#scene-run")).to_be_enabled()
        with self.page.expect_download() as download:
            self.page.click("#scene-download")
        download.value.save_as(folder / "scene.png")
        return folder / "scene.png"


@pytest.fixture
def cut_out(tmp_path: Path) -> Path:
    """A red bottle on transparent."""
    rgba = np.zeros((120, 90, 4), np.uint8)
    rgba[20:110, 30:60] = (180, 40, 30, 255)
    Image.fromarray(rgba).save(tmp_path / "bottle.png")
    return tmp_path / "bottle.png"


def test_product_set_slider_download(browser: Browser, studio_page: str, cut_out: Path, tmp_path: Path) -> None:
    with Setting(browser, studio_page) as visit:
        page = visit.page
        page.set_input_files("#scene-picture input[type=file]", cut_out)
        expect(page.locator("#scene-line")).to_contain_text("Preview at 512 px")
        first = visit.preview()
        visit.choose("oak-table")
        expect(page.locator("#scene-chosen")).to_contain_text(SETS["oak-table"].title)
        second = visit.await_other_preview(first)
        expect(page.locator("#scene-fill input[type=number]")).to_have_value(str(SETS["oak-table"].fill))
        slider = page.locator("#scene-fill input[type=number]")
        slider.fill("0.4")
        slider.press("Enter")
        visit.await_other_preview(second)
        with Image.open(visit.make(tmp_path)) as image:
            pixels = np.asarray(image.convert("RGB")).astype(int)
        # 90 rows of bottle are four tenths of the height, and none was resampled.
        assert pixels.shape[0] == round(90 / 0.4)
        assert ((pixels[..., 0] > pixels[..., 2] + 80).sum(0) > 80).sum() == 30
        assert not visit.broken


def test_on_a_phone_in_chinese(browser: Browser, studio_page: str, cut_out: Path, tmp_path: Path) -> None:
    with Setting(browser, studio_page, viewport=PHONE, locale="zh-CN") as visit:
        page = visit.page
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        page.set_input_files("#scene-picture input[type=file]", cut_out)
        first = visit.preview()
        visit.choose("lawn")
        expect(page.locator("#scene-chosen")).to_contain_text("草坪")
        visit.await_other_preview(first)
        assert visit.make(tmp_path).stat().st_size > 1000
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
