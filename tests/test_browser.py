"""The page in Chromium, as a visitor uses it."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from browsing import CLEAR, PHONE, Session
from pages import SLOW_S, photograph
from PIL import Image
from playwright.sync_api import Browser, expect

from gan.imaging.io.codec import decode

pytestmark = pytest.mark.browser


def test_upload_enhance_slide_download(browser: Browser, studio_page: str, tmp_path: Path) -> None:
    with Session(browser, studio_page) as visit:
        page = visit.page
        assert page.title() == "Packshot Studio"
        assert not page.is_visible("#enhance-stop")
        assert not page.is_visible("#enhance-download")
        visit.shoot("desktop-empty")
        visit.upload(photograph(tmp_path / "shoe.png", (320, 240)))
        expect(page.locator("#enhance-facts")).to_contain_text("320 × 240 px · PNG")
        expect(page.locator("#enhance-preview img")).to_be_visible()
        visit.enhance()
        expect(page.locator("#enhance-summary")).to_contain_text("640 × 480 px")
        expect(page.locator("#enhance-stop")).to_be_hidden()
        visit.shoot("desktop-result")

        slider = page.locator("#enhance-slider")
        box = slider.locator("img").first.bounding_box()
        assert box is not None
        handle = slider.locator("[data-testid=slider]")
        middle = handle.bounding_box()
        assert middle is not None
        assert abs(middle["x"] + middle["width"] / 2 - (box["x"] + box["width"] / 2)) < 0.05 * box["width"]
        page.mouse.move(middle["x"] + middle["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + box["height"] / 2, steps=5)
        page.mouse.up()
        moved = handle.bounding_box()
        assert moved is not None
        assert moved["x"] < middle["x"] - 0.2 * box["width"]

        with page.expect_download() as waiting:
            page.click("#enhance-download")
        waiting.value.save_as(tmp_path / "saved.png")
        assert waiting.value.suggested_filename == "shoe-enhanced.png"
        saved = decode(tmp_path / "saved.png")
        assert (saved.width_px, saved.height_px, saved.file_format) == (640, 480, "PNG")
        with page.expect_download() as waiting:
            page.click("#enhance-record")
        assert waiting.value.suggested_filename == "shoe-enhanced.json"
        assert not visit.broken


def test_the_views_work_from_the_keyboard(browser: Browser, studio_page: str, tmp_path: Path) -> None:
    with Session(browser, studio_page) as visit:
        page = visit.page
        visit.upload(photograph(tmp_path / "shoe.png"))
        visit.enhance()
        page.focus("#enhance-view input[value=swipe]")
        for shown in (["before"], ["after"], ["before", "after"]):
            page.keyboard.press("Tab")  # Gradio's radios are stops of their own
            page.keyboard.press("Space")
            for name in ("before", "after"):
                still = page.locator(f"#enhance-{name} img")
                expect(still).to_be_visible() if name in shown else expect(still).to_be_hidden()
            expect(page.locator("#enhance-slider")).to_be_hidden()
        visit.shoot("desktop-side-by-side")
        for _ in range(3):
            page.keyboard.press("Shift+Tab")
        page.keyboard.press("Space")
        expect(page.locator("#enhance-slider img").first).to_be_visible()


def test_a_new_picture_takes_the_old_result_away(browser: Browser, quick_page: str, tmp_path: Path) -> None:
    with Session(browser, quick_page) as visit:
        page = visit.page
        gone = [page.locator(f"#enhance-{part}") for part in ("download", "record", "view", "send-generate")]
        for name in ("a", "b", "c"):  # quick results, one after the other: none is taken away by a late event
            visit.upload(photograph(tmp_path / f"{name}.png"))
            for part in gone:
                expect(part).to_be_hidden()
            expect(page.locator("#enhance-summary")).not_to_contain_text("-enhanced.png")
            visit.enhance()
            expect(page.locator("#enhance-summary")).to_contain_text(f"{name}-enhanced.png")
            page.wait_for_timeout(1500)
            expect(page.locator("#enhance-slider img").first).to_be_visible()
            assert visit.saved("#enhance-download", tmp_path).name == f"{name}-enhanced.png"
        page.click(CLEAR)  # closing alone takes nothing away, nor does the same picture again
        expect(page.locator("#enhance-preview img")).to_be_hidden()
        assert visit.saved("#enhance-download", tmp_path).name == "c-enhanced.png"
        visit.upload(tmp_path / "c.png")
        expect(page.locator("#enhance-preview img")).to_be_visible()
        expect(page.locator("#enhance-download")).to_be_visible()
        assert not visit.broken


def test_a_result_that_comes_after_another_picture_is_not_shown(
    browser: Browser, slow_page: str, tmp_path: Path
) -> None:
    with Session(browser, slow_page) as visit:
        page = visit.page
        visit.upload(photograph(tmp_path / "a.png"))
        expect(page.locator("#enhance-facts")).to_be_visible()
        page.click("#enhance-run")
        expect(page.locator("#enhance-status .bar")).to_be_visible()
        visit.upload(photograph(tmp_path / "b.png"))
        expect(page.locator("#enhance-facts")).to_be_visible()
        expect(page.locator("#enhance-stop")).to_be_hidden()  # the run is over
        page.wait_for_timeout(1500)
        for part in ("download", "record", "view"):
            expect(page.locator(f"#enhance-{part}")).to_be_hidden()
        expect(page.locator("#enhance-slider img")).to_have_count(0)
        visit.enhance()
        expect(page.locator("#enhance-summary")).to_contain_text("b-enhanced.png")
        assert not visit.broken


def test_what_browsers_do_not_show_is_shown(browser: Browser, studio_page: str, tmp_path: Path) -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
    with Session(browser, studio_page) as visit:
        for name, width_px in (("phone.heic", 96), ("scan.tiff", 88)):
            visit.upload(photograph(tmp_path / name, (width_px, 64)))
            expect(visit.page.locator("#enhance-facts")).to_contain_text(f"{width_px} × 64 px")
            preview = visit.page.locator("#enhance-preview img")
            expect(preview).to_be_visible()
            assert preview.evaluate("img => img.decode().then(() => img.naturalWidth)") == width_px
            visit.enhance()
            expect(visit.page.locator("#enhance-summary")).to_contain_text(f"{2 * width_px} × 128 px")


@pytest.mark.parametrize(
    ("locale", "button", "stop", "tab"),
    [
        ("en-US", "Enhance", "Stop", "Enhance"),
        ("zh-CN", "开始增强", "停止", "增强"),
        ("zh-TW", "开始增强", "停止", "增强"),
    ],
)
def test_the_language_is_the_browser_s(
    browser: Browser, slow_page: str, tmp_path: Path, locale: str, button: str, stop: str, tab: str
) -> None:
    with Session(browser, slow_page, locale=locale) as visit:
        page = visit.page
        expect(page.locator("#enhance-run")).to_have_text(button)
        expect(page.get_by_role("tab").first).to_have_text(tab)
        (bad := tmp_path / "bad.jpg").write_bytes(b"<html>")
        visit.upload(bad)
        said = "图片：这是网页" if locale.startswith("zh") else "image: a web page"
        visit.told(said)
        visit.upload(photograph(tmp_path / "shoe.png"))
        expect(page.locator("#enhance-facts")).to_be_visible()  # a click before it is there finds no picture
        page.click("#enhance-run")
        expect(page.locator("#enhance-stop")).to_have_text(stop)
        said = "正在增强" if locale.startswith("zh") else "Enhancing"
        expect(page.locator("#enhance-status")).to_contain_text(said)
        page.click("#enhance-stop")
        said = "已停止" if locale.startswith("zh") else "Stopped"
        expect(page.locator("#enhance-status")).to_contain_text(said)
        expect(page.locator("#enhance-run")).to_be_enabled()
        expect(page.locator("#enhance-download")).to_be_hidden()
        visible = page.locator("body").inner_text()
        if locale.startswith("zh"):
            for english in ("Enlarge", "Strength", "Model", "Stopped", "Exact size", "Drop File"):
                assert english not in visible


@pytest.mark.parametrize(("locale", "scheme"), [("en-US", "dark"), ("zh-CN", "light")])
def test_a_phone_has_no_sideways_scrolling(
    browser: Browser, studio_page: str, tmp_path: Path, locale: str, scheme: Any
) -> None:
    with Session(browser, studio_page, viewport=PHONE, locale=locale, color_scheme=scheme, has_touch=True) as visit:
        page = visit.page
        assert visit.overflow_px() <= 0
        visit.upload(photograph(tmp_path / "a-very-long-name-of-a-photograph-as-cameras-and-shops-make-them.png"))
        for folded in ("size", "adjust", "output", "measure"):
            page.click(f"#enhance-{folded} button >> nth=0")
        page.locator("#enhance-run").scroll_into_view_if_needed()
        visit.enhance()
        expect(page.locator("#enhance-slider")).to_be_in_viewport()
        assert visit.overflow_px() <= 0
        for element in ("#enhance-run", "#enhance-download", "#enhance-slider"):
            box = page.locator(element).bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE["width"]
        visit.shoot(f"phone-{locale}-{scheme}")


def test_dark_mode_is_dark_and_legible(browser: Browser, studio_page: str, tmp_path: Path) -> None:
    with Session(browser, studio_page, color_scheme="dark", locale="zh-CN") as visit:
        visit.upload(photograph(tmp_path / "shoe.png", (320, 240)))
        visit.enhance()
        visit.shoot("desktop-dark-zh")
        colours = visit.page.evaluate(
            "() => [getComputedStyle(document.body).backgroundColor,"
            " getComputedStyle(document.querySelector('#enhance-summary dd')).color]"
        )
        ground, text = (sum(int(part) for part in c.split("(")[1].rstrip(")").split(",")[:3]) / 3 for c in colours)
        assert ground < 60
        assert text > 180


def test_stop_stops_and_nothing_is_lost(browser: Browser, slow_page: str, tmp_path: Path) -> None:
    with Session(browser, slow_page) as visit:
        page = visit.page
        visit.upload(photograph(tmp_path / "shoe.png"))
        visit.enhance()
        before = page.inner_text("#enhance-summary dl")
        page.click("#enhance-run")
        stop = page.locator("#enhance-stop")
        expect(stop).to_be_visible()
        expect(page.locator("#enhance-run")).to_be_disabled()
        expect(page.locator("#enhance-status")).to_contain_text("left")
        visit.shoot("desktop-running")
        pressed = time.monotonic()
        stop.click()
        expect(page.locator("#enhance-status")).to_contain_text("Stopped")
        expect(stop).to_be_hidden()
        expect(page.locator("#enhance-run")).to_be_enabled()
        assert time.monotonic() - pressed < 0.8 * SLOW_S
        assert page.inner_text("#enhance-summary dl") == before
        expect(page.locator("#enhance-facts")).to_contain_text("48 × 32 px")
        visit.enhance()  # the one run at a time is free again


def test_closing_the_page_frees_the_machine_for_the_next_visitor(
    browser: Browser, slow_page: str, tmp_path: Path
) -> None:
    path = photograph(tmp_path / "shoe.png")
    with Session(browser, slow_page) as visit, Session(browser, slow_page) as next_visit:
        visit.upload(path)
        next_visit.upload(path)
        for each in (visit, next_visit):
            expect(each.page.locator("#enhance-facts")).to_be_visible()
        visit.page.click("#enhance-run")
        expect(visit.page.locator("#enhance-status")).to_contain_text("Enhancing")
        next_visit.page.click("#enhance-run")
        expect(next_visit.page.locator("#enhance-status")).to_contain_text("Waiting in the queue")
        left = time.monotonic()
        visit.page.close()
        expect(next_visit.page.locator("#enhance-status")).to_contain_text("Enhancing")
        assert time.monotonic() - left < 0.8 * SLOW_S


def test_a_bad_file_is_told_and_the_page_goes_on(browser: Browser, studio_page: str, tmp_path: Path) -> None:
    (bad := tmp_path / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut off")
    with Session(browser, studio_page) as visit:
        page = visit.page
        good = photograph(tmp_path / "shoe.png")
        visit.upload(good)
        visit.enhance()
        summary = page.inner_text("#enhance-summary dl")
        page.click(CLEAR)
        expect(page.locator("#enhance-preview")).to_be_hidden()
        visit.upload(bad)
        visit.told("image: the picture is damaged or incomplete")
        page.click("#enhance-run")
        expect(page.locator("#enhance-run")).to_be_enabled()
        expect(page.locator("#enhance-stop")).to_be_hidden()
        assert page.inner_text("#enhance-summary dl") == summary
        expect(page.locator("#enhance-slider img").first).to_be_visible()
        visit.shoot("desktop-refusal")
        visit.upload(good)
        visit.enhance()


def test_settings_are_remembered(browser: Browser, studio_page: str) -> None:
    with Session(browser, studio_page) as visit:
        page = visit.page
        page.click("#enhance-scale label:has-text('4×')")
        page.click("#enhance-output button >> nth=0")
        page.click("#enhance-format label:has-text('WebP')")
        page.check("#enhance-lossless input")
        expect(page.locator("#enhance-quality")).to_be_hidden()
        page.reload()
        expect(page.locator("#enhance-scale input[value='4']")).to_be_checked()
        page.click("#enhance-output button >> nth=0")
        expect(page.locator("#enhance-format input[value=webp]")).to_be_checked()
        expect(page.locator("#enhance-lossless input")).to_be_checked()


def test_nothing_is_asked_of_another_host(browser: Browser, studio_page: str, tmp_path: Path) -> None:
    with Session(browser, studio_page) as visit:
        visit.upload(photograph(tmp_path / "shoe.png"))
        visit.enhance()
        asked = {urlsplit(url) for url in visit.requested}
        assert len(asked) > 10
        foreign = [url for url in asked if url.scheme not in ("data", "blob") and url.hostname != "127.0.0.1"]
        assert not foreign


def test_an_example_is_taken_with_one_click(browser: Browser, studio_page: str) -> None:
    with Session(browser, studio_page) as visit:
        shelf = visit.page.locator("#enhance-examples button")
        expect(shelf.first).to_be_visible()
        names = [shelf.nth(i).get_attribute("aria-label") for i in range(shelf.count())]
        assert all(names)
        shelf.first.click()
        expect(visit.page.locator("#enhance-facts")).to_contain_text("px")
        shown = visit.page.locator("#enhance-preview img")
        with Image.open(next(Path("examples/uploads").glob(f"{names[0]}.*"))) as image:
            assert shown.evaluate("img => img.decode().then(() => img.naturalWidth)") == image.width


def test_examples_of_tabs_that_are_opened_later_have_names_too(browser: Browser, studio_page: str) -> None:
    with Session(browser, studio_page) as visit:
        for tab in ("inpaint", "stylize", "cutout", "export"):
            visit.page.click(f"#tab-{tab}-button")
            shelf = visit.page.locator(f"#{tab}-examples button")
            expect(shelf.first).to_be_visible()
            for number in range(shelf.count()):
                expect(shelf.nth(number)).to_have_attribute("aria-label", re.compile(r"^\w+$"))
