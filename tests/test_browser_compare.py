"""What changed and blind ratings in Chromium."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path

import pytest
from browsing import Session
from pages import photograph
from PIL import Image
from playwright.sync_api import Browser, expect

from gan.cli.main import main
from gan.rate.session import PAGE, new_session

pytestmark = pytest.mark.browser


def test_the_fold_shows_what_changed_and_closes_with_the_next_result(
    browser: Browser, studio_page: str, tmp_path: Path
) -> None:
    with Session(browser, studio_page) as visit:
        page = visit.page
        visit.upload(photograph(tmp_path / "shoe.png", (160, 120)))
        visit.enhance()
        page.click("#enhance-changed > button")
        expect(page.locator("#enhance-changed-map img")).to_be_visible()
        summary = page.locator("#enhance-changed-summary")
        expect(summary).to_contain_text("Picture changed")
        expect(summary).to_contain_text("Enhance: made by the model enhance-x2")
        page.locator("#enhance-changed").scroll_into_view_if_needed()
        visit.shoot("what-changed")
        before = page.locator("#enhance-changed-map img").get_attribute("src")
        page.check("#enhance-changed-show input[value=blue]")
        expect(page.locator("#enhance-changed-map img")).not_to_have_attribute("src", before or "")
        visit.upload(photograph(tmp_path / "bag.png", (120, 160)))  # the same picture would give the same result
        expect(page.locator("#enhance-download")).to_be_hidden()
        visit.enhance()
        expect(page.locator("#enhance-changed-map")).to_be_hidden()
        assert not visit.broken


def test_batch_makes_a_session_and_shows_its_scores(browser: Browser, studio_page: str, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        photograph(tmp_path / name / "shoe.png")
    with Session(browser, studio_page) as visit:
        page = visit.page
        visit.turn_to("batch")
        page.click("#rate > button")
        for name in "ab":
            page.set_input_files(f"#rate-set-{name} input[type=file]", tmp_path / name / "shoe.png")
            expect(page.locator(f"#rate-set-{name}")).to_contain_text("shoe")
        page.click("#rate-run")
        archive = visit.saved("#rate-session", tmp_path / "session.zip")
        with zipfile.ZipFile(archive) as package:
            session = json.loads(package.read("blind-rating/key.json"))["session"]
        (tmp_path / "ratings.csv").write_text(f"session,trial,choice,seconds\n{session},0001,1,2\n")
        page.set_input_files("#rate-saved input[type=file]", [archive, tmp_path / "ratings.csv"])
        expect(page.locator("#rate-summary")).to_contain_text("1 wins, 0 losses, 0 ties")
        page.locator("#rate").scroll_into_view_if_needed()
        visit.shoot("rate")
        assert not visit.broken


def test_rating_by_keyboard_is_saved_and_goes_on_after_a_reload(browser: Browser, tmp_path: Path) -> None:
    for name, color in (("ours", (200, 30, 30)), ("theirs", (30, 30, 200))):
        (tmp_path / name).mkdir()
        for stem in "abc":
            Image.new("RGB", (60, 40), color).save(tmp_path / name / f"{stem}.png")
    session = tmp_path / "session"
    new_session([tmp_path / "ours", tmp_path / "theirs"], session, seed=1)
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto((session / PAGE).as_uri())
    line = page.locator("#line")
    expect(line).to_have_text("1 of 3 · Which is better?")
    page.keyboard.press("1")
    page.keyboard.press("3")  # there is no third
    expect(line).to_contain_text("2 of 3")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#shown button").first).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("2")
    page.keyboard.press(" ")
    page.reload()
    expect(line).to_contain_text("3 of 3")
    page.locator("#shown button").nth(1).click()
    expect(line).to_have_text("All rated. Save the ratings now.")
    with page.expect_download() as waiting:
        page.click("#save")
    waiting.value.save_as(session / "ratings.csv")
    rows = list(csv.DictReader((session / "ratings.csv").read_text().splitlines()))
    assert [row["choice"] for row in rows] == ["2", "0", "2"]
    assert main(["rate", "summary", str(session)]) == 0
    assert broken == []
    context.close()
