"""The Generate tab in Chromium, from seed to film."""

from __future__ import annotations

import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import PHONE, Session
from pages import serving
from playwright.sync_api import Browser, expect

from gan.generate.latent import load
from gan.imaging.io.codec import decode

pytestmark = pytest.mark.browser

THUMBNAILS = "#generate-gallery .grid-container button"
FOLDED = ("more", "mixing", "directions", "photo", "film")


@pytest.fixture(scope="module")
def generate_page(tiny_generator: Path) -> Iterator[str]:
    """Address of the page over the real studio with a very small generator."""
    with serving(["tests/pages.py", str(tiny_generator)]) as url:
        yield url


class Generating(Session):
    """A visit of the Generate tab."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        super().__init__(browser, url, **options)
        self.turn_to("generate")
        expect(self.page.locator("#generate-run")).to_be_visible()

    def set(self, name: str, value: float) -> None:
        number = self.page.locator(f"#{name} input[type=number]")
        number.fill(str(value))
        number.press("Enter")

    def unfold(self, name: str) -> None:
        self.page.click(f"#generate-{name} button >> nth=0")

    def generate(self) -> None:
        self.start("generate")
        expect(self.page.locator("#generate-download")).to_be_visible()
        expect(self.page.locator("#generate-run")).to_be_enabled()

    def shown(self) -> str:
        """What the preview shows; a picture's address names its content."""
        image = self.page.locator("#generate-preview img")
        return str(image.get_attribute("src")) if image.count() else ""

    def wait_for_another(self, before: str) -> float:
        """Seconds until the preview shows something else."""
        began = time.monotonic()
        while self.shown() in ("", before):
            assert time.monotonic() - began < 30
            self.page.wait_for_timeout(20)
        return time.monotonic() - began

    def upload_to(self, button: str, path: Path) -> None:
        with self.page.expect_file_chooser() as waiting:
            self.page.click(button)
        waiting.value.set_files(path)


def test_from_seed_to_film(browser: Browser, generate_page: str, tmp_path: Path) -> None:
    with Generating(browser, generate_page) as visit:
        page = visit.page
        assert not page.is_visible("#generate-stop")
        assert not page.is_visible("#generate-download")
        visit.shoot("generate-empty")
        page.fill("#generate-text textarea, #generate-text input", "red lamp from the left, blorb")
        expect(page.locator("#generate-heard")).to_have_text("Not recognized: blorb")
        expect(page.locator("#generate-colour input")).to_have_value("Red")
        expect(page.locator("#generate-azimuth input[type=number]")).to_have_value("-35")
        before = visit.shown()
        visit.set("generate-seed", 11)
        visit.wait_for_another(before)
        expect(page.locator("#generate-line")).to_have_text("Lamp · seed 11")
        visit.generate()
        expect(page.locator(THUMBNAILS)).to_have_count(4)
        expect(page.locator("#generate-stop")).to_be_hidden()

        before = visit.shown()
        page.focus("#generate-lightness input[type=range]")
        page.keyboard.press("ArrowRight")
        assert visit.wait_for_another(before) < 10  # a tenth of a second where nothing else runs

        page.click(f"{THUMBNAILS} >> nth=2")
        expect(page.locator("#generate-line")).to_have_text("Lamp · seed 13")
        expect(page.locator("#generate-seed input")).to_have_value("13")
        expect(page.locator("#generate-lightness input[type=number]")).to_have_value("0")
        visit.shoot("generate-chosen")
        picture = decode(visit.saved("#generate-download", tmp_path / "lamp.png"))
        assert (picture.width_px, picture.file_format) == (256, "PNG")
        record = json.loads(visit.saved("#generate-record", tmp_path / "lamp.json").read_text(encoding="utf-8"))
        assert (record["request"]["seed"], record["request"]["sliders"]["colour"]) == (13, "red")
        with zipfile.ZipFile(visit.saved("#generate-archive", tmp_path / "all.zip")) as packed:
            assert {name for name in packed.namelist() if name.endswith(".png")} == {
                f"lamp-{seed}.png" for seed in range(11, 15)
            }

        before = visit.shown()
        visit.set("generate-hue", 90)
        visit.wait_for_another(before)
        expect(page.locator("#generate-gallery .preview")).to_be_visible()
        page.click("#generate-keep")
        expect(page.locator("#generate-summary")).to_contain_text("Pictures")
        expect(page.locator(THUMBNAILS)).to_have_count(5)
        expect(page.locator("#generate-gallery .preview")).to_be_hidden()

        visit.unfold("photo")
        page.click("#project-examples button >> nth=0")
        expect(page.locator("#project-facts")).to_contain_text("px")
        visit.set("project-steps", 10)
        visit.start("project")
        expect(page.locator("#project-summary")).to_contain_text(" dB")
        expect(page.locator("#project-pair img").first).to_be_visible()
        expect(page.locator("#generate-release")).to_be_visible()
        expect(page.locator("#generate-hue input[type=number]")).to_have_value("0")
        (held,) = load(visit.saved("#project-latent", tmp_path / "latent.json"))
        assert held.offsets
        before = visit.shown()
        visit.set("generate-hue", 120)
        visit.wait_for_another(before)
        expect(page.locator("#generate-line")).to_contain_text("from a latent")

        visit.unfold("film")
        visit.set("film-frames", 3)
        page.click("#film-run")
        film = page.locator("#film-gif img")
        expect(film).to_be_visible()
        assert film.evaluate("img => img.decode().then(() => img.naturalWidth)") == 256
        data = visit.saved("#film-download", tmp_path / "film.gif").read_bytes()
        assert data.startswith(b"GIF89a")
        visit.shoot("generate-film")

        page.click("#generate-release")
        expect(page.locator("#generate-line")).to_have_text("Lamp · seed 13")
        assert not visit.broken


def test_a_record_and_latents_come_back(browser: Browser, generate_page: str, tmp_path: Path) -> None:
    with Generating(browser, generate_page) as visit:
        page = visit.page
        visit.set("generate-seed", 5)
        visit.set("generate-size-in-frame", 0.5)
        visit.unfold("mixing")
        page.click("#generate-mix label:has-text('Shape')")
        visit.set("generate-count", 1)
        visit.generate()
        first = decode(visit.saved("#generate-download", tmp_path / "first.png"))
        record = visit.saved("#generate-record", tmp_path / "record.json")
        latents = visit.saved("#generate-latents", tmp_path / "latents.json")
    with Generating(browser, generate_page) as visit:
        page = visit.page
        visit.upload_to("#generate-saved", record)
        expect(page.locator("#generate-size-in-frame input[type=number]")).to_have_value("0.5")
        expect(page.locator("#generate-seed input")).to_have_value("5")
        visit.generate()
        again = decode(visit.saved("#generate-download", tmp_path / "again.png"))
        assert again.rgb.equal(first.rgb)
        visit.upload_to("#generate-saved", latents)
        expect(page.locator("#generate-line")).to_contain_text("from a latent")
        visit.upload_to("#generate-saved", tmp_path / "first.png")
        visit.told("contains no latents")


def test_directions_are_tried_listed_named_and_saved(browser: Browser, generate_page: str, tmp_path: Path) -> None:
    with Generating(browser, generate_page) as visit:
        page = visit.page
        visit.unfold("directions")
        page.wait_for_timeout(500)
        page.click("#generate-direction input")
        expect(page.locator("[role=option]").first).to_contain_text("SeFa coarse 1")
        page.locator("[role=option]", has_text="PCA 1").click()
        before = visit.shown()
        visit.set("generate-amount", 3)
        visit.wait_for_another(before)
        page.click("#generate-add")
        expect(page.locator("#generate-edits")).to_contain_text("PCA 1 +3")
        expect(page.locator("#generate-amount input[type=number]")).to_have_value("0")
        before = visit.shown()
        page.uncheck("#generate-edits input")
        visit.wait_for_another(before)
        page.fill("#generate-name textarea, #generate-name input", "longer legs")
        page.click("#generate-name-keep")
        expect(page.locator("#generate-direction input")).to_have_value("longer legs")
        saved = visit.saved("#generate-directions-save", tmp_path / "directions.json")
        visit.shoot("generate-directions")
    with Generating(browser, generate_page) as visit:
        visit.unfold("directions")
        visit.upload_to("#generate-directions-load", saved)
        expect(visit.page.locator("#generate-direction input")).to_have_value("longer legs")


def test_pictures_go_from_tab_to_tab(browser: Browser, generate_page: str) -> None:
    with Generating(browser, generate_page) as visit:
        page = visit.page
        visit.generate()
        page.click("#generate-send-enhance")
        expect(page.locator("#enhance-facts")).to_contain_text("256 × 256 px · PNG")
        visit.enhance()
        page.click("#enhance-send-generate")
        visit.unfold("photo")
        expect(page.locator("#project-facts")).to_contain_text("512 × 512 px · PNG")


def test_the_tab_speaks_chinese_on_a_phone(browser: Browser, generate_page: str) -> None:
    with Generating(
        browser, generate_page, viewport=PHONE, locale="zh-CN", color_scheme="dark", has_touch=True
    ) as visit:
        page = visit.page
        for name in FOLDED:
            visit.unfold(name)
        page.fill("#generate-text textarea, #generate-text input", "红色的灯 朝左 哈哈")
        expect(page.locator("#generate-heard")).to_have_text("无法理解：哈哈")
        expect(page.locator("#generate-category input")).to_have_value("灯具")
        visit.generate()
        expect(page.locator("#generate-line")).to_contain_text("灯具 · 种子 0")
        visible = page.locator("[role=tabpanel]:visible").inner_text()
        for english in ("Category", "Seed", "Color", "Hue", "Video", "Steps", "Drop File", "Pictures", "Keep", "Shape"):
            assert english not in visible, english
        assert visit.overflow_px() <= 0
        visit.shoot("generate-phone-dark-zh")


def test_a_phone_has_no_sideways_scrolling(browser: Browser, generate_page: str) -> None:
    with Generating(browser, generate_page, viewport=PHONE, locale="en-US", has_touch=True) as visit:
        for name in FOLDED:
            visit.unfold(name)
        visit.generate()
        expect(visit.page.locator("#generate-gallery")).to_be_in_viewport()
        visit.page.wait_for_timeout(300)
        assert visit.overflow_px() <= 0
        visit.shoot("generate-phone")


def test_settings_are_remembered(browser: Browser, generate_page: str) -> None:
    with Generating(browser, generate_page) as visit:
        page = visit.page
        visit.set("generate-count", 2)
        visit.set("generate-aspect", -0.4)
        visit.wait_for_another("")
        page.reload()
        page.click("[role=tab] >> nth=1")
        expect(page.locator("#generate-count input[type=number]")).to_have_value("2")
        expect(page.locator("#generate-aspect input[type=number]")).to_have_value("-0.4")


def test_without_a_model_the_tab_says_why(browser: Browser, studio_page: str) -> None:
    with Generating(browser, studio_page) as visit:
        expect(visit.page.locator("#generate-unavailable")).to_contain_text("Generate is off")
        expect(visit.page.locator("#generate-run")).to_be_disabled()
        visit.page.click("[role=tab] >> nth=0")
        expect(visit.page.locator("#enhance-send-generate")).to_be_hidden()
