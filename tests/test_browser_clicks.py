"""Click to select in Chromium: on Cut-out and on Inpaint, added to, removed, taken back."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from browsing import PHONE
from cut_outs import GROUND
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Locator, expect
from test_browser_cutout import Cutting
from test_browser_inpaint import Inpainting, changed

pytestmark = pytest.mark.browser

SIZE = (320, 240)
LEFT, RIGHT = (90, 130), (240, 90)
RADII = {LEFT: 56, RIGHT: 34}
SHARES = {at: 100 * math.pi * radius**2 / (SIZE[0] * SIZE[1]) for at, radius in RADII.items()}
"""Percent of the picture."""

PERCENT = re.compile(r"([\d.]+) ?%")

SETTLED = """
async img => {
  const seen = () => img.src + JSON.stringify(img.getBoundingClientRect())
  let before = "", since = 0
  for (let waited = 0; waited < 60000; waited += 100) {
    const now = seen()
    since = now === before && img.complete && img.naturalWidth > 0 ? since + 100 : 0
    if (since >= 800) {
      const at = img.getBoundingClientRect()
      const most = getComputedStyle(img).objectFit === "scale-down" ? 1 : Infinity
      const scale = Math.min(at.width / img.naturalWidth, at.height / img.naturalHeight, most)
      return [(at.width - scale * img.naturalWidth) / 2, (at.height - scale * img.naturalHeight) / 2,
              scale * img.naturalWidth, scale * img.naturalHeight]
    }
    before = now
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error("the picture keeps moving")
}
"""
"""Where a picture lies within its element, once it has stood still with one address for 0.8 s."""


def two(path: Path) -> Path:
    """A large green disc and a small red one on light grey."""
    sheet = Image.new("RGB", SIZE, GROUND)
    drawing = ImageDraw.Draw(sheet)
    for (x, y), color in ((LEFT, (30, 120, 60)), (RIGHT, (160, 40, 40))):
        radius = RADII[x, y]
        drawing.ellipse((x - radius, y - radius, x + radius, y + radius), color)
    sheet.save(path)
    return path


def click(picture: Locator, at: tuple[int, int]) -> None:
    """Click on a pixel of the picture, once it stands still."""
    picture.scroll_into_view_if_needed()
    left, top, width, height = picture.evaluate(SETTLED)
    picture.click(position={"x": left + (at[0] + 0.5) * width / SIZE[0], "y": top + (at[1] + 0.5) * height / SIZE[1]})


def redrawn(picture: Locator, act: Callable[[], None]) -> None:
    """Do what draws the picture anew, and wait for that: each time its file is another."""
    picture.evaluate(SETTLED)
    before = picture.get_attribute("src")
    assert before
    act()
    expect(picture).not_to_have_attribute("src", before)
    picture.evaluate(SETTLED)


def marked_after(page: Inpainting, act: Callable[[], None]) -> float:
    """Percent that are marked once an act has changed that."""
    line = page.page.locator("#inpaint-marked")
    before = PERCENT.findall(line.inner_text()) if line.count() else []
    act()
    expect(line).to_have_text(re.compile(rf"(?<![\d.])(?!{before[0] if before else '-'} ?%)[\d.]+ ?%"))
    # The editor draws two frames a second here; what it has yet to take away would count as drawn in the next event.
    page.page.wait_for_timeout(2000)
    return float(PERCENT.findall(line.inner_text())[0])


class Removing(Inpainting):
    """The Inpaint tab of a visit that has begun."""

    def __init__(self, visit: Cutting) -> None:
        self.page, self.context = visit.page, visit.context
        self.turn_to("inpaint")


def cut(visit: Cutting, folder: Path, alphas: list[int]) -> None:
    """Cut out, and wait until the result's alpha on the discs' middles, left and right, is that."""
    visit.make()
    visit.laid(folder, lambda made: [int(made[y, x, 3]) for x, y in (LEFT, RIGHT)] == alphas)


def test_clicks_select_what_is_cut_out_and_what_is_removed(browser: Browser, quick_page: str, tmp_path: Path) -> None:
    source = two(tmp_path / "two.png")
    with Cutting(browser, quick_page) as visit:
        page = visit.page
        visit.open(source)
        visit.unfold("click")
        picture = page.locator("#cutout-click-picture img")
        expect(picture).to_be_visible()
        redrawn(picture, lambda: click(picture, RIGHT))
        visit.shoot("cutout-click")
        cut(visit, tmp_path, [0, 255])
        redrawn(picture, lambda: click(picture, LEFT))
        page.click("#cutout-click-way label >> nth=1")
        redrawn(picture, lambda: click(picture, RIGHT))
        cut(visit, tmp_path, [255, 0])
        redrawn(picture, lambda: page.click("#cutout-click-back"))
        cut(visit, tmp_path, [255, 255])

        # The other tab, on a phone's width.
        inpainting = Removing(visit)
        page.set_viewport_size(PHONE)
        inpainting.open(source)
        inpainting.unfold("click")
        picture = page.locator("#inpaint-click-picture img")
        expect(picture).to_be_visible()
        left = marked_after(inpainting, lambda: click(picture, LEFT))
        assert SHARES[LEFT] <= left < 1.3 * SHARES[LEFT]
        both = marked_after(inpainting, lambda: click(picture, RIGHT))
        assert SHARES[RIGHT] <= both - left < 1.4 * SHARES[RIGHT]
        page.click("#inpaint-click-way label >> nth=1")
        assert marked_after(inpainting, lambda: click(picture, LEFT)) == pytest.approx(both - left, abs=0.2)
        for expected in (both, left):
            assert marked_after(inpainting, lambda: page.click("#inpaint-back")) == expected
        visit.shoot("inpaint-click")
        inpainting.inpaint(steps=2)
        area = changed(source, inpainting.saved("#inpaint-download", tmp_path / "x.png")).numpy()
        assert area[LEFT[1], LEFT[0]]
        assert not np.any(area[:, LEFT[0] + RADII[LEFT] + 20 :])
        assert visit.overflow_px() <= 0
        assert not visit.broken
