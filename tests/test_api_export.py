"""/check and /export with Gradio's real client against the real page and the real studio."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from PIL import Image, ImageDraw


def bowl(path: Path, side: int = 640, share: float = 0.75) -> Path:
    """A blue square of that share in the middle of transparency: no network is needed to find it."""
    image, margin = Image.new("RGBA", (side, side), (255, 255, 255, 0)), round(side * (1 - share) / 2)
    ImageDraw.Draw(image).rectangle((margin, margin, side - margin - 1, side - margin - 1), fill=(30, 60, 190, 255))
    image.save(path)
    return path


def test_files_are_enough_and_the_report_comes_first(client: Client, tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"no")
    files = [handle_file(bowl(tmp_path / "bowl.png")), handle_file(tmp_path / "bad.jpg")]
    report, listed, status = client.predict(files, api_name="/check")
    told = json.loads(Path(report).read_text(encoding="utf-8"))
    assert told["channel"]["name"] == "amazon"
    good, bad = told["files"]
    found = {finding["rule"]: finding for finding in good["findings"]}
    assert found["fill"]["measured"] == pytest.approx(0.75, abs=0.005)
    assert {rule for rule, finding in found.items() if finding["status"] == "fail"} == {"fill", "transparency"}
    assert "not a picture" in bad["error"]
    assert "bowl.png" in listed
    assert status == ""


def test_an_export_s_zip_comes_first_and_passes(client: Client, tmp_path: Path) -> None:
    files = [handle_file(bowl(tmp_path / "bowl.png"))]
    archive, one, shown, listed, status = client.predict(files, api_name="/export")
    with zipfile.ZipFile(archive) as packed:
        assert packed.namelist() == ["bowl.jpg", "report.csv", "report.json", "measurements.json"]
        told = json.loads(packed.read("report.json"))
        (row,) = csv.DictReader(packed.read("report.csv").decode("utf-8-sig").splitlines())
        assert packed.read("bowl.jpg") == Path(one).read_bytes()
    assert told["counts"] == {"pass": 1, "fail": 0, "error": 0}
    assert (row["source"], row["file"], row["status"]) == ("bowl.png", "bowl.jpg", "pass")
    assert [item["caption"] for item in shown] == ["Before: bowl.png", "After: bowl.png"]
    assert "1 of 1 pictures pass" in listed
    assert status == ""


def test_names_and_further_channels_and_what_was_published(client: Client, tmp_path: Path) -> None:
    (tmp_path / "skus.csv").write_text("file;sku;slot\nbowl.png;B000123456;PT01\n", encoding="utf-8-sig")
    given = {"also": "etsy", "table": handle_file(tmp_path / "skus.csv"), "enlarge": 1}
    files = [handle_file(bowl(tmp_path / "bowl.png"))]
    archive, _, _, listed, _ = client.predict(files, **given, api_name="/export")
    with zipfile.ZipFile(archive) as packed:
        assert packed.namelist()[:2] == ["amazon/B000123456.PT01.jpg", "etsy/B000123456_2.png"]
    assert "MAIN missing" in listed
    report, listed, _ = client.predict(handle_file(archive), api_name="/check_stored")
    told = json.loads(Path(report).read_text(encoding="utf-8"))["files"]
    assert [(each["channel"], each["passed"]) for each in told] == [("amazon", True), ("etsy", True)]
    assert "B000123456.PT01.jpg" in listed


def test_rules_of_one_s_own(client: Client, tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text('title = "Corner shop"\nlongest_least_px = 700\n', encoding="utf-8")
    rules = handle_file(tmp_path / "shop.toml")
    files = [handle_file(bowl(tmp_path / "bowl.png"))]
    report, listed, _ = client.predict(files, channel_file=rules, api_name="/check")
    told = json.loads(Path(report).read_text(encoding="utf-8"))
    assert told["channel"] == {"name": "shop", "title": "Corner shop", "longest_least_px": 700, "ground": "any"}
    assert [finding["rule"] for finding in told["files"][0]["findings"]] == ["longest"]
    assert "Corner shop" in listed
