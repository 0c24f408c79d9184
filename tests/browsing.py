"""A visitor's page in Chromium, which the browser's tests share."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error, Page, TimeoutError, expect

import app

PATIENCE_MS = 90_000
"""A machine that trains at the same time is slow; what is expected to happen at all is given this long."""
expect.set_options(timeout=PATIENCE_MS)

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
CLEAR = "#enhance-picture .icon-button"
FEW_FRAMES = "() => { window.requestAnimationFrame = draw => setTimeout(() => draw(performance.now()), 500) }"
"""An editor draws with every frame; without a GPU sixty of them a second leave little time for anything else."""

KEEP_TOLD = """(() => {
  window.told = []
  const keep = () => document.querySelectorAll('.toast-body').forEach(toast => {
    if (!window.told.includes(toast.innerText)) window.told.push(toast.innerText)
  })
  new MutationObserver(keep).observe(document, { childList: true, subtree: true, characterData: true })
})()"""
"""A sentence goes away after ten seconds, in which a busy machine may not have looked."""

COUNT_RUNS = """(() => {
  window.began = {}
  const isStop = node => node.id && node.id.endsWith('-stop')
  const count = node => window.began[node.id] = (window.began[node.id] || 0) + 1
  new MutationObserver(changes => changes.forEach(change => change.addedNodes.forEach(node => {
    if (node.nodeType !== Node.ELEMENT_NODE) return
    ;[node, ...node.querySelectorAll('[id$=-stop]')].filter(isStop).forEach(count)
  }))).observe(document, { childList: true, subtree: true })
})()"""
"""How often each Stop came into sight: a quick run may take it away again before a busy machine has looked."""

TABS = tuple(app.TABS)
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


class Session:
    """One visitor's page, with every address it asked for."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.context = browser.new_context(**{"viewport": DESKTOP, "locale": "en-US", **options})
        self.requested: list[str] = []
        self.broken: list[str] = []
        self.context.set_default_timeout(PATIENCE_MS)
        self.context.add_init_script(KEEP_TOLD)
        self.context.add_init_script(COUNT_RUNS)
        self.page: Page = self.context.new_page()
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.page.on("pageerror", lambda error: self.broken.append(str(error)))
        self.page.goto(url)
        expect(self.page.locator("#enhance-run")).to_be_visible()

    def upload(self, path: Path) -> None:
        """Put a file in, in place of the one that is there."""
        if self.page.is_visible(CLEAR):
            self.page.click(CLEAR)
        self.page.set_input_files("#enhance-picture input[type=file]", path)

    def told(self, text: str, *, within_ms: float = PATIENCE_MS) -> None:
        """Wait until a sentence that says this was shown since the page was opened."""
        said = "text => window.told.some(each => each.includes(text))"
        self.page.wait_for_function(said, arg=text, timeout=within_ms)

    def refused(self, button: str, text: str) -> None:
        """Press a button until it is refused with a sentence; a page that has just opened may miss a click."""
        for within_ms in (20_000, 20_000, PATIENCE_MS):
            self.page.click(button)
            with suppress(TimeoutError):
                return self.told(text, within_ms=within_ms)
        raise AssertionError(f"{button} was not refused with: {text}")

    def tick(self, selector: str) -> None:
        """Tick a box, also where what lies above it moved it away from under the mouse."""
        for _ in range(3):
            with suppress(Error):
                self.page.check(selector)
            if self.page.is_checked(selector):
                return
            self.page.wait_for_timeout(500)
        raise AssertionError(f"{selector} was not ticked")

    def start(self, name: str) -> None:
        """Press a button that runs something, and wait until it has begun."""
        began = "name => window.began[`${name}-stop`] || 0"
        before = self.page.evaluate(began, name)
        self.page.click(f"#{name}-run")
        self.page.wait_for_function(f"([name, before]) => ({began})(name) > before", arg=[name, before])

    def enhance(self) -> None:
        expect(self.page.locator("#enhance-facts")).to_be_visible()
        self.start("enhance")
        expect(self.page.locator("#enhance-run")).to_be_enabled()
        expect(self.page.locator("#enhance-download")).to_be_visible()

    def turn_to(self, name: str) -> None:
        """Another tab, by its id; where they do not all fit, some are in a menu."""
        tabs = self.page.locator("#tabs > .tab-wrapper [role=tablist] [role=tab]")
        expect(tabs.first).to_be_visible()
        there = self.page.locator(f"[role=tablist] [data-tab-id={name}]")
        if there.count():
            there.click()
            return
        self.page.click("#tabs .overflow-menu > button")
        self.page.locator("#tabs .overflow-dropdown button").nth(TABS.index(name) - tabs.count()).click()

    def saved(self, button: str, target: Path) -> Path:
        """What a button downloads: as that file, or in that folder under the name that the page gives it."""
        with self.page.expect_download() as waiting:
            self.page.click(button)
        path = target / waiting.value.suggested_filename if target.is_dir() else target
        waiting.value.save_as(path)
        return path

    def overflow_px(self) -> int:
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))

    def shoot(self, name: str) -> None:
        """Keep what the page looks like, where SHOTS names a folder."""
        if folder := os.environ.get("SHOTS"):
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


class TabSession(Session):
    """A visit of one tab: its folds, and its mask editor where it has one.

    Attributes:
        tab: its name, the prefix of its elements' ids.
        few_frames: whether it draws seldom, as `FEW_FRAMES` says.
    """

    tab: str
    few_frames = False

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        super().__init__(browser, url, **options)
        self.page.set_default_timeout(60_000)
        if self.few_frames:
            self.page.evaluate(FEW_FRAMES)
        self.turn_to(self.tab)
        expect(self.page.locator(f"#{self.tab}-run")).to_be_visible()

    def unfold(self, *names: str) -> None:
        for name in names:
            self.page.click(f"#{self.tab}-{name} button >> nth=0")

    def await_editor(self, facts: str) -> None:
        expect(self.page.locator(f"#{self.tab}-facts")).to_contain_text(facts)
        expect(self.page.locator(f"#{self.tab}-editor canvas").first).to_be_visible()
        self.page.wait_for_timeout(1000)  # the canvas is there before the picture is

    def paint(self, *points: tuple[float, float]) -> None:
        """A stroke with the mouse; the points are shares of the canvas."""
        canvas = self.page.locator(f"#{self.tab}-editor canvas").first
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box is not None
        (x, y), *others = [(box["x"] + a * box["width"], box["y"] + b * box["height"]) for a, b in points]
        mouse = self.page.mouse
        mouse.move(x, y, steps=2)  # the brush has to have seen the pointer before it is pressed
        mouse.down()
        for other in others:
            mouse.move(*other, steps=3)
        mouse.up()
