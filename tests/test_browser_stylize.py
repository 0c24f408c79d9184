"""The Stylize tab in Chromium: from an example to the contact sheet and the result; on a phone in Chinese."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from browsing import PHONE, TabSession
from pages import photograph
from playwright.sync_api import Browser, expect

from gan.imaging.io.codec import decode
from gan.stylize.presets import PRESETS

pytestmark = pytest.mark.browser

FOLDED = ("own-fold", "strokes", "output", "sheet")
ENGLISH = ("Style", "Strength", "Whole", "Artistic", "Preview", "Hold", "Drop File", "Weight", "Look", "done")


class Styling(TabSession):
    """A visit of the Stylize tab."""

    tab = "stylize"

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        super().__init__(browser, url, **options)
        expect(self.page.locator("#stylize-presets .grid-container button")).to_have_count(len(PRESETS))

    def preview(self) -> bytes:
        """The preview's file, once it is not the one that was there before."""
        shown = self.page.locator("#stylize-preview img")
        expect(shown).to_be_visible()
        return self.page.request.get(str(shown.get_attribute("src"))).body()

    def await_other_preview(self, before: bytes) -> bytes:
        for _ in range(300):
            if (now := self.preview()) != before:
                return now
            self.page.wait_for_timeout(100)
        raise AssertionError("the preview stayed as it was")

    def stylize(self) -> None:
        self.start("stylize")
        expect(self.page.locator("#stylize-run")).to_be_enabled()
        expect(self.page.locator("#stylize-download")).to_be_visible()


def test_from_an_example_to_the_contact_sheet_and_the_result(
    browser: Browser, studio_page: str, tmp_path: Path
) -> None:
    with Styling(browser, studio_page) as visit:
        page = visit.page
        assert not page.is_visible("#stylize-download")
        page.click("#stylize-examples button >> nth=0")
        expect(page.locator("#stylize-facts")).to_contain_text("1024 × 1024 px · JPEG")
        expect(page.locator("#stylize-line")).to_contain_text("Preview at 512 px")
        expect(page.locator("#stylize-chosen")).to_contain_text(PRESETS["woodcut"].title)
        before = visit.preview()

        visit.unfold("sheet")
        page.click("#stylize-sheet-run")
        cells = page.locator("#stylize-sheet-gallery .grid-container button")
        expect(cells).to_have_count(len(PRESETS))
        sheet = decode(visit.saved("#stylize-sheet-download", tmp_path))
        assert sheet.width_px > 1000
        names = list(PRESETS)
        cells.nth(names.index("neon")).click()
        expect(page.locator("#stylize-chosen")).to_contain_text(PRESETS["neon"].title)
        chosen = visit.await_other_preview(before)
        visit.shoot("stylize-sheet")

        page.fill("#stylize-strength input[type=number]", "0.5")
        page.press("#stylize-strength input[type=number]", "Enter")
        visit.await_other_preview(chosen)
        visit.stylize()
        expect(page.locator("#stylize-summary")).to_contain_text(PRESETS["neon"].title)
        visit.shoot("stylize-result")
        made = visit.saved("#stylize-download", tmp_path)
        assert made.name.endswith("-stylized.png")
        assert decode(made).rgb.shape == (1, 3, 1024, 1024)
        assert not page.is_visible("#stylize-cube")

        page.click("#stylize-kind label:has-text('Photographic')")
        expect(page.locator("#stylize-strokes")).to_be_hidden()
        visit.stylize()
        expect(page.locator("#stylize-cube")).to_be_visible()
        assert visit.saved("#stylize-cube", tmp_path).read_text().count("\n") > 1000
        assert not torch.equal(decode(visit.saved("#stylize-download", tmp_path)).rgb, torch.zeros(1, 3, 1024, 1024))
        page.click("#stylize-send-enhance")
        expect(page.locator("#enhance-facts")).to_contain_text("1024 × 1024 px · PNG")
        visit.turn_to("enhance")
        visit.enhance()
        page.click("#enhance-send-stylize")
        expect(page.locator("#stylize-facts")).to_contain_text("2048 × 2048 px · PNG")
        assert not visit.broken


def test_a_phone_in_chinese_has_no_sideways_scrolling(browser: Browser, studio_page: str, tmp_path: Path) -> None:
    options: dict[str, Any] = {"viewport": PHONE, "locale": "zh-CN", "color_scheme": "dark", "has_touch": True}
    files = [photograph(tmp_path / f"a-very-long-name-as-cameras-and-shops-make-them-{n}.png") for n in range(2)]
    with Styling(browser, studio_page, **options) as visit:
        page = visit.page
        page.set_input_files("#stylize-picture input[type=file]", photograph(tmp_path / "shoe.png", (640, 400)))
        visit.preview()
        visit.unfold(*FOLDED)
        page.set_input_files("#stylize-own input[type=file]", files)
        expect(page.locator("#stylize-weight-2")).to_be_visible()
        page.click("#stylize-where label >> nth=1")
        expect(page.locator("#stylize-line")).to_contain_text("图片中商品周围没有纯色背景")
        page.click("#stylize-where label >> nth=0")
        visit.stylize()
        expect(page.locator("#stylize-slider")).to_be_in_viewport()
        page.wait_for_timeout(300)
        assert visit.overflow_px() <= 0
        visible = page.locator("[role=tabpanel]:visible").inner_text()
        assert not [word for word in ENGLISH if word in visible]
        visit.shoot("stylize-phone-dark-zh")
        page.click("#stylize-many")
        expect(page.locator("#batch-recipe")).to_contain_text("stylized")
        expect(page.locator("#batch-more")).to_contain_text("a-very-long-name")
