"""Keys, the wheel, the clipboard, the lens, links and the foot of the page in Chromium, in one visit of a dark page."""

from __future__ import annotations

import base64
import io
import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from browsing import Session
from pages import photograph
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from test_browser_inpaint import Inpainting

from gan.ui.assets import asset

pytestmark = pytest.mark.browser

DATA = "data:image/png;base64,"
PASTE = """async ([kind, data]) => {
  const blob = await (await fetch(data)).blob()
  const transfer = new DataTransfer()
  transfer.items.add(new File([blob], 'clip.png', {type: kind}))
  document.body.dispatchEvent(new ClipboardEvent('paste', {clipboardData: transfer, bubbles: true, cancelable: true}))
}"""
BRUSH = "() => (({brush_size, eraser_size}) => [brush_size, eraser_size])(window.editor.tools.get('brush'))"
ZOOM = "() => parseInt(document.querySelector('#inpaint-editor .zoom-number span').textContent)"
STROKES = """() => {
  let [count, at] = [0, window.editor.command_manager.history]
  while (at.previous) { count++; at = at.previous }
  return count
}"""
PHOTOGRAPH = "() => window.editor.background_image_present !== undefined && Boolean(window.editor.background_image)"


def png(size: tuple[int, int]) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, "PNG")
    return file.getvalue()


def paste(page: Page, path: Path, kind: str = "image/png") -> None:
    """A picture from the clipboard, which a browser without a window does not have."""
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    page.evaluate(PASTE, [kind, f"data:{kind};base64,{data}"])


def test_keys_wheel_clipboard_and_lens(browser: Browser, quick_page: str, tmp_path: Path) -> None:
    with Inpainting(browser, quick_page, color_scheme="dark") as visit:
        page = visit.page
        paste(page, photograph(tmp_path / "first.png", (320, 240)))
        visit.await_editor("320 × 240 px · PNG")
        paste(page, photograph(tmp_path / "second.png", (300, 200)))
        visit.await_editor("300 × 200 px · PNG")

        visit.paint((0.4, 0.5), (0.6, 0.5))
        strokes = page.evaluate(STROKES)
        assert strokes >= 1
        visit.paint((0.4, 0.7), (0.6, 0.7))
        assert page.evaluate(STROKES) == strokes + 1
        page.keyboard.press("Control+z")
        assert page.evaluate(STROKES) == strokes
        page.keyboard.press("Control+Shift+Z")
        assert page.evaluate(STROKES) == strokes + 1
        for _ in range(5):  # further back than there are strokes: the photograph stays
            page.keyboard.press("Control+z")
        assert page.evaluate(PHOTOGRAPH)
        visit.refused("#inpaint-run", "mask: nothing is marked")
        page.keyboard.press("Control+y")

        size, eraser = page.evaluate(BRUSH)
        page.keyboard.press("]")
        page.keyboard.press("]")
        assert page.evaluate(BRUSH)[0] > size + 1
        page.keyboard.press("[")
        page.keyboard.press("[")
        assert page.evaluate(BRUSH) == [size, eraser]
        page.click("#inpaint-edge button >> nth=0")
        page.focus("#inpaint-grow input[type=number]")
        page.keyboard.press("]")  # in a field it is a letter
        assert page.evaluate(BRUSH) == [size, eraser]

        canvas = page.locator("#inpaint-editor canvas").first
        canvas.hover()
        before = page.evaluate(ZOOM)
        page.mouse.wheel(0, -100)
        page.wait_for_function(f"before => ({ZOOM})() > before * 1.05", arg=before)
        page.mouse.wheel(0, 100)
        page.wait_for_function(f"before => ({ZOOM})() < before * 1.05", arg=before)
        visit.shoot("keys-editor-dark")

        visit.inpaint(steps=2)
        handle = page.locator("#inpaint-slider [role=slider]")
        expect(handle).to_have_attribute("aria-valuenow", "50")
        handle.focus()
        page.keyboard.press("ArrowRight")
        expect(handle).to_have_attribute("aria-valuenow", "52")
        page.keyboard.press("Home")
        expect(handle).to_have_attribute("aria-valuenow", "0")
        page.keyboard.press("PageUp")
        expect(handle).to_have_attribute("aria-valuenow", "10")

        lens = page.locator("#inpaint-stage .lens")
        page.click("#inpaint-lens")
        expect(lens).to_be_visible()
        box = page.locator("#inpaint-slider img").first.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"], steps=2)
        expect(lens).to_be_visible()
        shown = lens.locator("i").evaluate_all("parts => parts.map(part => getComputedStyle(part).backgroundImage)")
        assert len(set(shown)) == 2
        assert all(one.startswith("url(") for one in shown)
        visit.shoot("keys-lens-dark")
        page.keyboard.press("ArrowUp")
        page.click("#inpaint-lens")
        expect(lens).to_have_count(0)

        handle.focus()
        page.keyboard.press("Control+z")
        expect(page.locator("#inpaint-undo")).to_be_disabled()
        page.keyboard.press("Control+Shift+Z")
        expect(page.locator("#inpaint-download")).to_be_visible()
        assert not visit.broken


def test_a_link_opens_its_tab_with_its_settings_and_the_foot_copies_one(browser: Browser, quick_page: str) -> None:
    options: dict[str, Any] = {"locale": "zh-CN", "color_scheme": "dark"}
    with Session(browser, f"{quick_page}?tab=enhance&scale=4&format=jpeg&quality=300", **options) as visit:
        page = visit.page
        expect(page.locator("#enhance-scale input[value='4']")).to_be_checked()
        visit.told("300")
        page.goto(f"{quick_page}?tab=inpaint&grow=9")
        expect(page.locator("#inpaint-run")).to_be_visible()
        visit.told("grow")  # set by the photograph, and by no link
        page.click("#inpaint-output button >> nth=0")
        page.click("#inpaint-format label:has-text('TIFF')")
        page.click("#copy-link")
        page.wait_for_url("**/?tab=inpaint&format=tiff")
        visit.shoot("keys-foot-dark-zh")
        page.click("#footer-links a >> nth=0")
        expect(page.locator(".api-docs")).to_contain_text("/enhance")
        assert not visit.broken


def test_recent_results_are_kept_where_the_visitor_says_so(browser: Browser) -> None:
    """The script alone, on a page of its own: `tests/ui/test_recent_results.py` connects it."""
    body = """<html lang=en><div id=tabs><button role=tab data-tab-id=enhance>Enhance</button></div>
      <div id=enhance-summary></div><div id=enhance-slider><img><img></div>
      <div id=history-list><ol></ol></div></html>"""
    context = browser.new_context()
    page = context.new_page()
    page.route("**/*", lambda route: route.fulfill(body=body, content_type="text/html"))
    stored = "() => JSON.parse(localStorage.getItem('packshot-studio-history'))"
    entries = page.locator("#history-list a")

    def opened() -> None:
        page.goto("http://packshot.test/")
        page.evaluate(asset("history.js"))
        data = base64.b64encode(png((64, 48))).decode("ascii")
        page.evaluate("data => [...document.images].forEach(image => { image.src = data })", DATA + data)
        page.evaluate("document.getElementById('enhance-summary').innerText = 'Size: 64 × 48 px'")

    opened()
    page.evaluate("window.packshotHistory.add('enhance', 'tab=enhance&scale=4')")
    page.wait_for_timeout(1200)
    assert page.evaluate(stored) is None
    assert page.evaluate("window.packshotHistory.kept()") is False
    page.evaluate("window.packshotHistory.keep(true)")
    for scale in range(25):
        page.evaluate("query => window.packshotHistory.add('enhance', query)", f"tab=enhance&scale={scale}")
    expect(entries).to_have_count(20)
    opened()
    page.evaluate("window.packshotHistory.draw()")
    expect(entries).to_have_count(20)
    expect(entries.first).to_have_attribute("href", "?tab=enhance&scale=24")
    expect(entries.first).to_contain_text("Enhance · ")
    assert str(entries.first.locator("img").get_attribute("src")).startswith("data:image/")
    page.evaluate("window.packshotHistory.keep(false)")
    expect(entries).to_have_count(0)
    assert page.evaluate(stored) is None
    context.close()


def test_the_page_can_be_installed(quick_page: str) -> None:
    with urllib.request.urlopen(f"{quick_page}manifest.json") as answer:
        manifest = json.load(answer)
    assert (manifest["name"], manifest["display"]) == ("Packshot Studio", "standalone")
    with urllib.request.urlopen(f"{quick_page}{manifest['icons'][0]['src'].lstrip('/')}") as answer:
        assert b"<svg" in answer.read()
