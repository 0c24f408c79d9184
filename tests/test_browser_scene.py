"""The Scene tab in Chromium, in Chinese: a product, a set, a slider, a horizon that is dragged, and on a phone's width
the download."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import PATIENCE_MS, PHONE, Session
from PIL import Image
from playwright.sync_api import Browser, expect

from gan.scene.sets import NAMES, SETS

pytestmark = pytest.mark.browser

SHOWN = "#scene-preview img"
FILL, HORIZON = "#scene-fill input[type=number]", "#scene-horizon input[type=number]"


class Setting(Session):
    """A visit of the Scene tab."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        super().__init__(browser, url, **options)
        self.page.set_default_timeout(PATIENCE_MS)
        self.turn_to("scene")
        expect(self.page.locator("#scene-sets .grid-container button")).to_have_count(len(NAMES))

    def shown(self) -> str:
        """Address of the preview, which is another one for other pixels."""
        expect(self.page.locator(SHOWN)).to_be_visible()
        return self.page.locator(SHOWN).get_attribute("src") or ""

    def await_another(self, before: str) -> None:
        expect(self.page.locator(SHOWN)).not_to_have_attribute("src", before)

    def horizon(self) -> float:
        """Share of the preview at which the line is seen."""
        line, around = self.page.locator(".horizon").bounding_box(), self.page.locator(SHOWN).bounding_box()
        assert line is not None
        assert around is not None
        return (line["y"] + line["height"] / 2 - around["y"]) / around["height"]


def test_product_set_slider_horizon_download(browser: Browser, studio_page: str, tmp_path: Path) -> None:
    rgba = np.zeros((120, 90, 4), np.uint8)
    rgba[20:110, 30:60] = (180, 40, 30, 255)
    Image.fromarray(rgba).save(tmp_path / "bottle.png")
    rows = np.linspace(210, 90, 80)[:, None, None].repeat(80, 1).repeat(3, 2)
    Image.fromarray(rows.astype(np.uint8)).save(tmp_path / "room.png")
    with Setting(browser, studio_page, locale="zh-CN") as visit:
        page = visit.page
        page.set_input_files("#scene-picture input[type=file]", tmp_path / "bottle.png")
        expect(page.locator("#scene-line")).to_contain_text("512")
        first = visit.shown()
        page.click(f"#scene-sets .grid-container button >> nth={NAMES.index('lawn')}")
        expect(page.locator("#scene-chosen")).to_contain_text("草坪")
        expect(page.locator(FILL)).to_have_value(str(SETS["lawn"].fill))
        visit.await_another(first)
        second = visit.shown()
        page.fill(FILL, "0.4")
        page.press(FILL, "Enter")
        visit.await_another(second)

        page.click("#scene-more button >> nth=0")
        page.set_input_files("#scene-background input[type=file]", tmp_path / "room.png")
        line = page.locator(".horizon")
        expect(line.locator("span")).to_contain_text("地平线")
        line.scroll_into_view_if_needed()
        # Sixty pixels up by mouse; then by an arrow key, which the new preview leaves where they were.
        begun, box = visit.horizon(), line.bounding_box()
        assert box is not None
        at = box["x"] + 40, box["y"] + box["height"] / 2
        page.mouse.move(*at)
        page.mouse.down()
        page.mouse.move(at[0], at[1] - 60, steps=4)
        page.mouse.up()
        assert visit.horizon() < begun - 0.08
        dragged = float(page.locator(HORIZON).input_value())
        assert dragged == pytest.approx(visit.horizon(), abs=0.02)
        expect(line).to_have_attribute("data-share", f"{dragged:.4f}")
        line.press("ArrowUp")
        expect(page.locator(HORIZON)).to_have_value(f"{dragged - 0.01:.2f}".rstrip("0"))
        expect(line).to_have_attribute("data-share", f"{dragged - 0.01:.4f}")
        expect(line).to_be_focused()
        visit.shoot("scene-horizon")
        page.click("#scene-background .icon-button")
        expect(line).to_have_count(0)

        page.set_viewport_size(PHONE)
        assert visit.overflow_px() <= 0
        visit.start("scene")
        expect(page.locator("#scene-download")).to_be_visible()
        expect(page.locator("#scene-run")).to_be_enabled()
        with Image.open(visit.saved("#scene-download", tmp_path / "scene.png")) as image:
            pixels = np.asarray(image.convert("RGB")).astype(int)
        # 90 rows of bottle are four tenths of the height, and none was resampled.
        assert pixels.shape[0] == round(90 / 0.4)
        assert ((pixels[..., 0] > pixels[..., 1] + 60).sum(0) > 80).sum() == 30
        assert visit.overflow_px() <= 0
        visit.shoot("scene-phone")
        assert not visit.broken
