"""The Check & export tab in Chromium: three uploads become a ZIP that is opened and measured; a phone in Chinese."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from browsing import PHONE, Session
from pages import photograph
from playwright.sync_api import Browser, expect
from test_api_export import bowl

from gan.imaging.io.codec import decode

pytestmark = pytest.mark.browser

ENGLISH = ("Check", "Fix", "Channel", "Passes", "Fails", "Drop File", "Download", "at least", "Rules", "More")


class Checking(Session):
    """A visit of the Check & export tab."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        super().__init__(browser, url, **options)
        self.page.set_default_timeout(60_000)
        self.turn_to("export")
        expect(self.page.locator("#export-card dl")).to_be_visible()

    def give(self, *files: Path) -> None:
        self.page.set_input_files("#export-files input[type=file]", list(files))
        for file in files:
            expect(self.page.locator("#export-files")).to_contain_text(file.suffix)

    def check(self) -> None:
        self.start("export-check")
        expect(self.page.locator("#export-check-run")).to_be_enabled()
        expect(self.page.locator("#export-json")).to_be_visible()

    def export(self) -> None:
        self.start("export")
        expect(self.page.locator("#export-run")).to_be_enabled()
        expect(self.page.locator("#export-archive")).to_be_visible()


def test_from_three_uploads_to_a_zip_that_amazon_takes(browser: Browser, studio_page: str, tmp_path: Path) -> None:
    names = ("small.png", "loose.png", "tight.png")
    files = [
        bowl(tmp_path / name, side, share)
        for name, side, share in zip(names, (720, 1100, 800), (0.7, 0.5, 0.87), strict=True)
    ]
    with Checking(browser, studio_page) as visit:
        page = visit.page
        expect(page.locator("#export-card")).to_contain_text("at least 85 %")
        visit.give(*files)
        visit.check()
        cards = page.locator("#export-report details")
        expect(cards).to_have_count(3)
        expect(page.locator("#export-report [role=status]")).to_contain_text("0 of 3 pictures pass")
        expect(cards.nth(0)).to_contain_text("Fails 2 of 13 rules")
        expect(cards.nth(0)).to_contain_text("70 %")
        expect(cards.nth(1)).to_contain_text("50 %")
        visit.shoot("export-check")
        told = json.loads(visit.saved("#export-json", tmp_path).read_text(encoding="utf-8"))
        assert [file["passed"] for file in told["files"]] == [False] * 3

        visit.export()
        expect(page.locator("#export-report [role=status]")).to_contain_text("3 of 3 pictures pass")
        expect(page.locator("#export-gallery .grid-container button")).to_have_count(6)
        expect(page.locator("#export-json")).to_be_hidden()
        visit.shoot("export-made")
        with zipfile.ZipFile(visit.saved("#export-archive", tmp_path)) as packed:
            kept = ["report.csv", "report.json", "measurements.json"]
            assert packed.namelist() == ["small.jpg", "loose.jpg", "tight.jpg", *kept]
            assert json.loads(packed.read("report.json"))["counts"]["pass"] == 3
            made = [decode(packed.read(name)) for name in packed.namelist()[:3]]
        for picture in made:
            measure(picture.rgb)
        assert made[2].width_px == 1600  # the recommended size, twice its own

        page.locator("#export-gallery .grid-container button").nth(3).click()
        page.wait_for_timeout(1000)
        assert visit.saved("#export-download", tmp_path).name == "loose.jpg"
        page.click("#export-send-enhance")
        expect(page.locator("#enhance-facts")).to_contain_text("· JPEG")
        assert not visit.broken


def measure(rgb: torch.Tensor) -> None:
    """What Amazon asks, by plain arithmetic: square, 500 px or more, a ground of 255, and a product of 85 % or more."""
    height, width = rgb.shape[2:]
    assert height == width >= 500
    product = (rgb < 0.9).any(1)[0]
    rows, columns = (torch.nonzero(product.any(axis)).flatten() for axis in (1, 0))
    fill = max(int(columns[-1] - columns[0]) + 1, int(rows[-1] - rows[0]) + 1) / width
    assert 0.85 <= fill < 0.95
    ground = torch.ones(height, width, dtype=torch.bool)
    ground[max(0, rows[0] - 8) : rows[-1] + 9, max(0, columns[0] - 8) : columns[-1] + 9] = False
    assert bool(ground.any())
    assert bool((rgb[0][:, ground] == 1).all())


def test_pictures_come_from_other_tabs_and_rules_from_files(browser: Browser, studio_page: str, tmp_path: Path) -> None:
    with Checking(browser, studio_page) as visit:
        page = visit.page
        visit.turn_to("enhance")
        visit.upload(photograph(tmp_path / "shoe.png"))
        visit.enhance()
        page.click("#enhance-send-export")
        expect(page.locator("#export-files")).to_contain_text("shoe-enhanced")
        page.click("#export-examples button >> nth=0")
        expect(page.locator("#export-files")).to_contain_text("carton")
        expect(page.locator("#export-files")).to_contain_text("shoe-enhanced")

        page.click("#export-own button >> nth=0")
        rules = visit.saved("#export-rules", tmp_path)
        assert rules.name == "amazon-own.toml"
        rules.write_text('title = "Corner shop"\nlongest_least_px = 1100\nname = "corner"\n', encoding="utf-8")
        page.set_input_files("#export-file input[type=file]", rules)
        expect(page.locator("#export-card")).to_contain_text("Corner shop")
        visit.check()
        expect(page.locator("#export-report [role=status]")).to_contain_text("Corner shop · 0 of 2 pictures pass")
        page.click("#export-channel input")
        page.click("[role=option] >> text=Etsy")
        expect(page.locator("#export-card")).to_contain_text("at least 635 px")
        expect(page.locator("#export-file")).not_to_contain_text("amazon-own")
        assert not visit.broken


def test_a_phone_in_chinese_has_no_sideways_scrolling(browser: Browser, studio_page: str, tmp_path: Path) -> None:
    options: dict[str, Any] = {"viewport": PHONE, "locale": "zh-CN", "color_scheme": "dark", "has_touch": True}
    (tmp_path / "broken.jpg").write_bytes(b"no")
    long_name = tmp_path / "a-very-long-name-as-cameras-and-shops-make-them-1.png"
    with Checking(browser, studio_page, **options) as visit:
        page = visit.page
        visit.give(bowl(long_name), tmp_path / "broken.jpg")
        for fold in ("own", "more", "delivery", "stored-fold"):
            page.click(f"#export-{fold} button >> nth=0")
        visit.check()
        expect(page.locator("#export-report [role=status]")).to_contain_text("1 张无法使用")
        page.wait_for_timeout(300)
        assert visit.overflow_px() <= 0
        visit.shoot("export-phone-check")
        page.fill("#export-names textarea, #export-names input", "{stem}_{n}.{ext}")
        visit.export()
        expect(page.locator("#export-report [role=status]")).to_contain_text("2 张图片中有 1 张合格")
        expect(page.locator("#export-report")).to_contain_text("make-them-1_1.jpg")
        page.set_input_files("#export-stored-file input[type=file]", visit.saved("#export-archive", tmp_path))
        page.click("#export-stored-run")
        expect(page.locator("#export-report [role=status]")).to_contain_text("1 张图片中有 1 张合格")
        visit.shoot("export-phone-stored")
        assert visit.overflow_px() <= 0
        visible = page.locator("[role=tabpanel]:visible").inner_text()
        assert not [word for word in ENGLISH if word in visible]
        visit.shoot("export-phone-made")
