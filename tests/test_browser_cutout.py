"""The Cut-out tab in Chromium: cut out, laid on grounds, corrected with the brush, recolored, and back again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import PHONE, TabSession
from cut_outs import product
from PIL import Image
from playwright.sync_api import Browser, expect

from gan.imaging.io.codec import decode

pytestmark = pytest.mark.browser

FOLDED = ("recolor", "frame", "shadow", "white", "own", "output")
BRUSHES = ("keep", "drop", "protect", "erase")


class Cutting(TabSession):
    """A visit of the Cut-out tab."""

    tab = "cutout"
    few_frames = True

    def open(self, path: Path) -> None:
        """Put a file in, in place of the one that is there."""
        if self.page.is_visible("#cutout-picture .icon-button"):
            self.page.click("#cutout-picture .icon-button")
        self.page.set_input_files("#cutout-picture input[type=file]", path)
        self.await_editor("px")

    def make(self, *said: str) -> None:
        """Press the button, and wait until the result says all that."""
        self.start("cutout")
        expect(self.page.locator("#cutout-download")).to_be_visible()
        for text in said:
            expect(self.page.locator("#cutout-summary")).to_contain_text(text)
        expect(self.page.locator("#cutout-run")).to_be_enabled()

    def take(self, brush: str) -> None:
        self.page.click(f"#cutout-brush label >> nth={BRUSHES.index(brush)}")
        self.page.wait_for_timeout(500)
        expect(self.page.locator("#cutout-editor menu.swatch")).to_have_count(0)

    def ground(self, name: str) -> None:
        self.page.click(f"#cutout-ground input[value={name}]")

    def laid(self, folder: Path, right: Callable[[np.ndarray], bool]) -> np.ndarray:
        """The result as it is downloaded, once it is right."""
        for _ in range(60):
            made = bytes_of(self.saved("#cutout-download", folder))
            if right(made):
                return made
            self.page.wait_for_timeout(500)
        raise AssertionError("the result stayed as it was")


def bytes_of(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA"), np.int16)


def test_cut_out_lay_correct_and_undo(browser: Browser, quick_page: str, tmp_path: Path) -> None:
    with Cutting(browser, quick_page) as visit:
        page = visit.page
        assert not page.is_visible("#cutout-editor")
        visit.refused("#cutout-run", "image: missing")
        visit.open(product(tmp_path / "mug.png", (320, 240)))
        visit.make("Confidence")
        expect(page.locator("#cutout-slider img").first).to_be_visible()
        expect(page.locator("#cutout-run")).to_have_text("Cut out")
        first = bytes_of(visit.saved("#cutout-download", tmp_path))
        assert [first[y, x, 3] for y, x in ((120, 100), (120, 160), (10, 10))] == [255, 0, 0]
        visit.ground("white")
        white = visit.laid(tmp_path, lambda made: made[10, 10].tolist() == [255, 255, 255, 255])
        visit.shoot("cutout-white")

        visit.take("drop")
        visit.paint((0.36, 0.5), (0.4, 0.5))
        visit.take("keep")
        visit.paint((0.3, 0.25), (0.34, 0.25))
        visit.ground("transparent")  # strokes that are yet to be used stay
        visit.laid(tmp_path, lambda made: np.array_equal(made, first))
        visit.ground("white")
        visit.laid(tmp_path, lambda made: np.array_equal(made, white))
        visit.make("Size")
        expect(page.locator("#cutout-undo")).to_be_enabled()
        corrected = visit.laid(tmp_path, lambda made: not np.array_equal(made, white))
        moved = (corrected != white).any(2)
        assert 0.005 < moved.mean() < 0.2
        removed = moved & (corrected[..., :3] == 255).all(2)
        kept = moved & ~removed
        assert removed.sum() > 100
        assert kept.sum() > 100
        mask = decode(visit.saved("#cutout-alpha", tmp_path))
        assert (mask.width_px, mask.height_px) == (320, 240)
        visit.shoot("cutout-corrected")
        page.click("#cutout-undo")
        expect(page.locator("#cutout-redo")).to_be_enabled()
        visit.laid(tmp_path, lambda made: np.array_equal(made, white))
        page.click("#cutout-send-inpaint")
        expect(page.locator("#inpaint-facts")).to_contain_text("320 × 240 px · PNG")
        assert not visit.broken


def test_recolor_frame_and_shadow(browser: Browser, quick_page: str, tmp_path: Path) -> None:
    with Cutting(browser, quick_page) as visit:
        page = visit.page
        page.click("#cutout-examples button >> nth=0")
        visit.await_editor("1024 × 1024 px")
        visit.open(product(tmp_path / "mug.jpg", (320, 240), quality=95))
        visit.unfold("recolor", "frame", "shadow")
        page.fill("#cutout-colors input, #cutout-colors textarea", "#1F6FEB, b91c1c")
        expect(page.locator("#cutout-swatches")).to_contain_text("#B91C1C")
        expect(page.locator("#cutout-recolor-apply input")).to_be_checked()
        visit.tick("#cutout-frame-apply input")
        page.fill("#cutout-width input", "400")
        visit.tick("#cutout-shadow-apply input")
        page.click("#cutout-kind input[value=drop]")
        expect(page.locator("#cutout-angle")).to_be_visible()
        expect(page.locator("#cutout-run")).to_have_text("Cut out and edit")
        visit.make("400 × 400 px", "#1F6FEB · ΔE", "85.", "Drop")
        expect(page.locator("#cutout-variants .grid-container button")).to_have_count(2)
        visit.shoot("cutout-variants")
        assert visit.saved("#cutout-archive", tmp_path).name == "mug-colors.zip"
        assert decode(visit.saved("#cutout-layer", tmp_path)).alpha is not None
        page.click("#cutout-variants .grid-container button >> nth=1")
        expect(page.locator("#cutout-summary")).to_contain_text("#B91C1C · ΔE")
        red = visit.saved("#cutout-download", tmp_path)
        assert red.name == "mug-cutout_B91C1C.png"
        seen = bytes_of(red)[200]
        assert (seen[seen[:, 3] == 255].mean(0)[0] > 1.5 * seen[seen[:, 3] == 255].mean(0)[1:3]).all()
        assert not visit.broken


ENGLISH = ("Brush", "Background", "Cut out", "Frame", "Shadow", "Undo", "Hold", "Drop File", "Confidence", "Mask")


def test_a_phone_in_chinese_has_no_sideways_scrolling(browser: Browser, quick_page: str, tmp_path: Path) -> None:
    options: dict[str, Any] = {"viewport": PHONE, "locale": "zh-CN", "color_scheme": "dark", "has_touch": True}
    with Cutting(browser, quick_page, **options) as visit:
        visit.open(
            product(tmp_path / "a-very-long-name-of-a-photograph-as-cameras-and-shops-make-them.png", (640, 400))
        )
        visit.unfold(*FOLDED)
        visit.tick("#cutout-white-apply input")
        visit.make("非纯白背景")
        expect(visit.page.locator("#cutout-slider")).to_be_in_viewport()
        visit.page.wait_for_timeout(300)
        assert visit.overflow_px() <= 0
        visible = visit.page.locator("[role=tabpanel]:visible").inner_text()
        assert not [word for word in ENGLISH if word in visible]
        visit.shoot("cutout-phone-dark-zh")
