"""The Inpaint tab in Chromium: painted on with the mouse, worked on by numbers, and there and back again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from browsing import PHONE, TabSession
from pages import photograph
from PIL import Image
from playwright.sync_api import Browser, expect

from gan.imaging.io.codec import decode
from gan.imaging.mask import decode_mask

pytestmark = pytest.mark.browser

THUMBNAILS = "#inpaint-strip .grid-container button"
FOLDED = ("find", "select", "rectangle", "change", "extend", "edge", "output")


class Inpainting(TabSession):
    """A visit of the Inpaint tab."""

    tab = "inpaint"
    few_frames = True

    def open(self, path: Path) -> None:
        self.page.set_input_files("#inpaint-picture input[type=file]", path)
        self.await_editor("px")

    def inpaint(self, steps: int) -> None:
        """Run, and wait until so many pictures stand in the strip."""
        self.start("inpaint")
        expect(self.page.locator(THUMBNAILS)).to_have_count(steps)
        expect(self.page.locator("#inpaint-run")).to_be_enabled()
        expect(self.page.locator("#inpaint-download")).to_be_visible()

    def marked(self, text: str) -> None:
        expect(self.page.locator("#inpaint-marked")).to_contain_text(text)


def changed(before: Path, after: Path) -> torch.Tensor:
    """(H, W) of bool."""
    return (decode(before).rgb != decode(after).rgb).any(1)[0]


def test_paint_run_compare_undo_download(browser: Browser, quick_page: str, tmp_path: Path) -> None:
    with Inpainting(browser, quick_page) as visit:
        page = visit.page
        assert not page.is_visible("#inpaint-editor")
        assert not page.is_visible("#inpaint-hold")
        page.click("[role=tab] >> nth=0")
        visit.upload(photograph(tmp_path / "shoe.png", (160, 120)))
        visit.enhance()
        source = visit.saved("#enhance-download", tmp_path / "source.png")
        page.click("#enhance-send-inpaint")
        visit.await_editor("320 × 240 px · PNG")
        visit.refused("#inpaint-run", "mask: nothing is marked")
        visit.paint((0.4, 0.5), (0.6, 0.5))
        visit.inpaint(steps=2)
        visit.shoot("inpaint-result")
        first = visit.saved("#inpaint-download", tmp_path)
        assert first.name == "shoe-enhanced-inpainted.png"
        area = changed(source, first)
        height_px, width_px = area.shape
        assert bool(area[height_px // 2 - 3 : height_px // 2 + 3, width_px // 2 - 20 : width_px // 2 + 20].all())
        assert not bool(area[: height_px // 4].any())
        assert 0.02 < float(area.float().mean()) < 0.4

        original, shown = page.locator("#inpaint-original img"), page.locator("#inpaint-slider img").last
        expect(original).to_be_hidden()
        hold = page.locator("#inpaint-hold")
        hold.hover()
        page.mouse.down()
        expect(original).to_be_visible()
        expect(hold).to_have_attribute("aria-pressed", "true")
        lies, at = original.bounding_box(), shown.bounding_box()
        assert lies is not None
        assert at is not None
        assert abs(lies["y"] - at["y"]) < 1
        visit.shoot("inpaint-held")
        page.mouse.up()
        expect(original).to_be_hidden()
        hold.focus()
        page.keyboard.down("Space")
        expect(original).to_be_visible()
        page.keyboard.up("Space")
        expect(original).to_be_hidden()

        visit.paint((0.35, 0.25), (0.4, 0.25))
        visit.inpaint(steps=3)
        page.click("#inpaint-undo")
        visit.marked("% is marked")  # what was painted for the second run
        expect(page.locator("#inpaint-redo")).to_be_enabled()
        assert not changed(first, visit.saved("#inpaint-download", tmp_path / "again.png")).any()
        page.focus(f"{THUMBNAILS} >> nth=0")
        page.keyboard.press("Enter")
        expect(page.locator("#inpaint-undo")).to_be_disabled()
        expect(page.locator("#inpaint-download")).to_be_hidden()
        page.click("#inpaint-redo")
        expect(page.locator("#inpaint-download")).to_be_visible()
        page.click("#inpaint-send-enhance")
        expect(page.locator("#enhance-facts")).to_contain_text("320 × 240 px · PNG")
        assert not visit.broken


def test_without_a_mouse_by_numbers_and_files(browser: Browser, quick_page: str, tmp_path: Path) -> None:
    with Inpainting(browser, quick_page) as visit:
        page = visit.page
        Image.new("RGB", (320, 240), "white").save(tmp_path / "shoe.png")
        with Image.open(tmp_path / "shoe.png") as image:
            image.paste((10, 20, 200), (160, 0, 320, 120))
            image.save(tmp_path / "shoe.png")
        visit.open(tmp_path / "shoe.png")
        visit.unfold("rectangle", "select", "change", "extend", "output")
        for name, value in (("left", 32), ("top", 24), ("width", 64), ("height", 48)):
            page.fill(f"#inpaint-rectangle-{name} input", str(value))
        page.click("#inpaint-rectangle-run")
        visit.marked("4.00 % is marked")
        mask = visit.saved("#inpaint-mask-save", tmp_path)
        assert mask.name == "shoe_mask.png"
        assert float(decode_mask(mask).coverage.sum()) == 64 * 48
        page.click("#inpaint-invert")
        visit.marked("96.00 % is marked")
        page.click("#inpaint-back")
        visit.marked("4.00 % is marked")
        page.click("#inpaint-editor [aria-label='Clear canvas']")
        expect(page.locator("#inpaint-marked")).to_be_hidden()
        page.set_input_files("#inpaint-mask input[type=file]", mask)
        visit.marked("4.00 % is marked")
        picture = page.locator("#inpaint-pick img")  # the blue quarter is above its middle on the right
        box = picture.bounding_box()
        assert box is not None
        picture.click(position={"x": 0.6 * box["width"], "y": 0.4 * box["height"]})
        visit.marked("29.00 % is marked")
        page.click("#inpaint-aspect label:has-text('1:1')")
        page.click("#inpaint-format label:has-text('JPEG')")
        visit.inpaint(steps=2)
        expect(page.locator("#inpaint-summary")).to_contain_text("320 × 240 px → 320 × 320 px")
        expect(page.locator("#inpaint-summary")).to_contain_text("Unmarked pixels change slightly")
        page.click("#inpaint-format label:has-text('TIFF')")
        expect(page.locator("#inpaint-summary")).not_to_contain_text("Unmarked pixels change slightly")
        assert decode(visit.saved("#inpaint-download", tmp_path / "x")).file_format == "TIFF"


ENGLISH = ("Mask", "Remove", "Grow", "Steps", "Undo", "Hold", "Drop File", "marked")


def test_a_phone_in_chinese_has_no_sideways_scrolling(browser: Browser, quick_page: str, tmp_path: Path) -> None:
    options: dict[str, Any] = {"viewport": PHONE, "locale": "zh-CN", "color_scheme": "dark", "has_touch": True}
    with Inpainting(browser, quick_page, **options) as visit:
        visit.open(
            photograph(tmp_path / "a-very-long-name-of-a-photograph-as-cameras-and-shops-make-them.png", (640, 400))
        )
        visit.unfold(*FOLDED)
        visit.page.click("#inpaint-transparent")
        expect(visit.page.locator(".toast-body")).to_be_visible()
        visit.page.click("#inpaint-color")
        expect(visit.page.locator("#inpaint-marked")).to_contain_text("%")
        visit.inpaint(steps=2)
        expect(visit.page.locator("#inpaint-slider")).to_be_in_viewport()
        visit.page.wait_for_timeout(300)
        assert visit.overflow_px() <= 0
        visible = visit.page.locator("[role=tabpanel]:visible").inner_text()
        assert not [word for word in ENGLISH if word in visible]
        visit.shoot("inpaint-phone-dark-zh")
