"""Makes the README's pictures: each example enlarged, bicubic on the left, ours on the right; and the page's tabs.

python examples/tour.py
"""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from gan import Studio
from gan.stylize.presets import PRESETS

FOLDER = Path(__file__).parent
# name: (left, top, side) of the part to show, in pixels of the example
PARTS = {
    "carton.jpg": (70, 70, 120),
    "helmet.jpg": (40, 20, 150),
    "tulips.jpg": (20, 10, 150),
    "dandelions.jpg": (20, 60, 200),
}
SHOWN_PX = 480
SCALE = 2
PRESET = "oil-impasto"
"""In which Stylize's tab is shown."""

PORT = 7999


def main() -> None:
    """Write `tour/`."""
    pairs()
    page()


def pairs() -> None:
    """Before and after, for every part."""
    studio = Studio("cpu")
    (FOLDER / "tour").mkdir(exist_ok=True)
    for name, (left, top, side) in PARTS.items():
        image = Image.open(FOLDER / name).convert("RGB")
        made = studio.enhance(image, scale=SCALE).image
        box = tuple(SCALE * edge for edge in (left, top, left + side, top + side))
        before = image.resize(made.size, Image.Resampling.BICUBIC).crop(box)
        pair = Image.new("RGB", (2 * SHOWN_PX + 8, SHOWN_PX), "white")
        for offset, half in ((0, before), (SHOWN_PX + 8, made.crop(box))):
            pair.paste(half.resize((SHOWN_PX, SHOWN_PX), Image.Resampling.LANCZOS), (offset, 0))
        pair.save(FOLDER / "tour" / name, quality=90, subsampling=0)


def page() -> None:
    """The page's tabs with a result each, as a visitor sees them."""
    with subprocess.Popen([sys.executable, "app.py", "--port", str(PORT)], cwd=FOLDER.parent) as app:
        try:
            _await(f"http://127.0.0.1:{PORT}/healthz")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
                shown = browser.new_page(viewport={"width": 1280, "height": 860}, locale="en-US")
                shown.goto(f"http://127.0.0.1:{PORT}")
                _enhance(shown)
                shown.screenshot(path=FOLDER / "tour/page.png")
                shown.set_viewport_size({"width": 1280, "height": 1190})
                visits = {
                    "generate": _generate,
                    "inpaint": _inpaint,
                    "stylize": _stylize,
                    "cutout": _cutout,
                    "export": _export,
                }
                for name, visit in visits.items():
                    shown.click(f"#tab-{name}-button")
                    visit(shown)
                    shown.evaluate("scrollTo(0, 0)")
                    shown.screenshot(path=FOLDER / f"tour/page-{name}.png")
                browser.close()
        finally:
            app.terminate()


def _enhance(shown: Page) -> None:
    shown.set_input_files("#enhance-picture input[type=file]", FOLDER / "helmet.jpg")
    shown.click("#enhance-run")
    shown.wait_for_selector("#enhance-download", state="visible", timeout=120_000)
    shown.wait_for_timeout(2000)  # the slider settles


def _generate(shown: Page) -> None:
    shown.locator("#generate-text textarea, #generate-text input").first.fill("red armchair from the left")
    shown.locator("#generate-count input[type=number]").fill("6")
    shown.keyboard.press("Tab")
    shown.wait_for_timeout(3000)  # the line is read as it is typed
    shown.click("#generate-run")
    shown.wait_for_selector("#generate-gallery img >> nth=5", timeout=120_000)
    shown.wait_for_timeout(2000)


def _inpaint(shown: Page) -> None:
    shown.set_input_files("#inpaint-picture input[type=file]", FOLDER / "labelled.png")
    shown.locator("#inpaint-editor canvas").first.wait_for(timeout=60_000)
    shown.wait_for_timeout(2000)
    shown.click("#inpaint-change button >> nth=0")
    shown.set_input_files("#inpaint-mask input[type=file]", FOLDER / "masks/labelled.png")
    shown.wait_for_timeout(4000)  # the mask is drawn into the editor
    shown.click("#inpaint-change button >> nth=0")
    shown.click("#inpaint-run")
    shown.wait_for_selector("#inpaint-download", state="visible", timeout=120_000)
    shown.wait_for_timeout(3000)


def _cutout(shown: Page) -> None:
    shown.set_input_files("#cutout-picture input[type=file]", FOLDER / "chair.jpg")
    shown.wait_for_timeout(4000)
    shown.click("#cutout-run")
    shown.wait_for_selector("#cutout-download", state="visible", timeout=120_000)
    shown.wait_for_timeout(3000)


def _export(shown: Page) -> None:
    shown.set_input_files("#export-files input[type=file]", [FOLDER / name for name in ("chair.jpg", "helmet.jpg")])
    shown.wait_for_timeout(2000)
    shown.click("#export-run")
    shown.wait_for_selector("#export-download", state="visible", timeout=120_000)
    shown.mouse.move(0, 0)
    shown.wait_for_timeout(3000)


def _stylize(shown: Page) -> None:
    shown.set_input_files("#stylize-picture input[type=file]", FOLDER / "chair.jpg")
    shown.locator("#stylize-preview img").wait_for(timeout=60_000)
    shown.click(f"#stylize-presets .grid-container button >> nth={list(PRESETS).index(PRESET)}")
    shown.click("#stylize-where label >> nth=1")  # the product only
    shown.wait_for_timeout(3000)  # the preview follows
    shown.click("#stylize-run")
    shown.wait_for_selector("#stylize-download", state="visible", timeout=120_000)
    shown.mouse.move(0, 0)  # what it points at is drawn otherwise
    shown.wait_for_timeout(3000)


def _await(url: str) -> None:
    for _ in range(240):
        with suppress(OSError):
            urllib.request.urlopen(url).close()
            return
        time.sleep(0.5)
    raise TimeoutError(url)


if __name__ == "__main__":
    main()
