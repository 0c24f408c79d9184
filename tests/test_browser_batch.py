"""The Batch tab in Chromium: two uploads become a ZIP that is opened; a result brings its steps back, on a phone."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from browsing import PHONE, Session
from playwright.sync_api import Browser, expect
from test_api_export import bowl

from gan.imaging.io.codec import decode

pytestmark = pytest.mark.browser

ENGLISH = ("Run", "Steps", "Batch", "Written", "pictures", "Download", "Drop File", "Your own", "Cut out", "Frame")


def test_two_pictures_ready_made_steps_and_a_zip(browser: Browser, studio_page: str, tmp_path: Path) -> None:
    files = [bowl(tmp_path / f"{name}.png", 400, share) for name, share in (("cup", 0.5), ("plate", 0.8))]
    (tmp_path / "bad.jpg").write_bytes(b"no")
    with Session(browser, studio_page) as visit:
        page = visit.page
        page.set_default_timeout(60_000)
        visit.turn_to("batch")
        expect(page.locator("#batch-steps li")).to_have_count(2)
        visit.shoot("batch-empty")
        page.click("#batch-ready input")
        page.click("[role=option] >> text=Cut out, transparent PNG")
        expect(page.locator("#batch-steps li")).to_have_count(1)
        page.click("#batch-ready input")
        page.click("[role=option] >> text=White, framed square")
        expect(page.locator("#batch-steps")).to_contain_text("width 2000")
        told = json.loads(visit.saved("#batch-save", tmp_path).read_text(encoding="utf-8"))
        assert [step["task"] for step in told["steps"]] == ["cutout", "frame"]

        page.set_input_files("#batch-files input[type=file]", [*files, tmp_path / "bad.jpg"])
        expect(page.locator("#batch-files")).to_contain_text("bad")
        visit.start("batch")
        expect(page.locator("#batch-archive")).to_be_visible(timeout=60_000)
        expect(page.locator("#batch-report [role=status]")).to_contain_text("2 of 3 pictures done")
        expect(page.locator("#batch-report .card.fail")).to_contain_text("bad.jpg")
        expect(page.locator("#batch-gallery img").first).to_be_visible()
        visit.shoot("batch-made")
        with zipfile.ZipFile(visit.saved("#batch-archive", tmp_path)) as packed:
            assert {"cup.jpg", "cup.jpg.json", "plate.jpg", "report.csv"} <= set(packed.namelist())
            made = decode(packed.read("plate.jpg"))
        assert (made.width_px, made.height_px) == (2000, 2000)
        assert bool((made.rgb[:, :, :100] == 1).all())

        one = visit.saved("#batch-download", tmp_path)
        assert one.name == "cup.jpg"
        page.click("#batch-send-enhance")
        expect(page.locator("#enhance-facts")).to_contain_text("2000 × 2000 px · JPEG")
        assert not visit.broken

    options: dict[str, Any] = {"viewport": PHONE, "locale": "zh-CN", "color_scheme": "dark", "has_touch": True}
    with Session(browser, studio_page, **options) as visit:
        page = visit.page
        page.set_default_timeout(60_000)
        visit.turn_to("batch")
        page.click("#batch-own button >> nth=0")
        page.set_input_files("#batch-recipe input[type=file]", one)
        expect(page.locator("#batch-steps")).to_contain_text("cup")
        expect(page.locator("#batch-steps li")).to_have_text(["抠图", "构图宽度 2000 · 背景 白色"])
        page.set_input_files("#batch-files input[type=file]", files[1])
        visit.start("batch")
        expect(page.locator("#batch-report [role=status]")).to_contain_text("1 张图片中已完成 1 张", timeout=60_000)
        assert visit.overflow_px() <= 0
        visible = page.locator("[role=tabpanel]:visible").inner_text()
        assert not [word for word in ENGLISH if word in visible]
        visit.shoot("batch-phone")
        assert not visit.broken
