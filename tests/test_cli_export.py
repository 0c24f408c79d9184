"""`check` and `export` on the command line: what they print and write, and their exit statuses."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from gan.cli.main import main

pytestmark = pytest.mark.usefixtures("workplace")


def product(
    name: str, *, clear: bool = True, side: int = 700, box: tuple[int, int, int, int] = (100, 200, 600, 500)
) -> None:
    """A product on nothing: no network is needed to find it; or one on white that fills its frame."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGBA" if clear else "RGB", (side, side), (255, 255, 255, 0) if clear else (255, 255, 255))
    ImageDraw.Draw(image).rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill=(200, 40, 40))
    image.save(path)


def good(name: str) -> None:
    """What Etsy takes; it asks nothing about the product."""
    product(name, clear=False, side=2000)


def test_a_check_prints_a_table_and_tells_by_its_status(capsys: Any) -> None:
    product("a.png")
    assert main(["check", "a.png", "--channel", "amazon"]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "a.png  Amazon main image  FAIL: 2 of 13 rules, 1 to look at"
    assert lines[1].split() == ["rule", "measured", "allowed", "result", "repair"]
    (fill,) = (line for line in lines if line.startswith("  fill"))
    for part in ("71.4 %", "at least 85 % of the frame's width or height", "FAIL", "frames the product at 88 %"):
        assert part in fill
    columns = lines[1].index("result")
    assert {line[columns : columns + 4] for line in lines[2:] if line} == {"pass", "FAIL", "warn"}


def test_a_check_that_all_pass_is_status_0_and_writes_everything(capsys: Any) -> None:
    good("in/a.png")
    good("in/deep/b.png")
    assert main(["check", "in", "--channel", "etsy", "--json", "out/all.json", "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    told = json.loads(Path("out/all.json").read_text(encoding="utf-8"))
    assert [file["source"] for file in told["files"]] == ["a.png", "deep/b.png"]
    assert told["channel"]["name"] == "etsy"
    assert told["channel"]["checked"] == "2026-11-22"
    shortest = next(finding for finding in told["files"][0]["findings"] if finding["rule"] == "shortest")
    assert shortest["measured"] == 2000
    assert shortest["status"] == "pass"


def test_a_bad_file_is_named_and_the_others_go_on(capsys: Any) -> None:
    good("in/a.png")
    Path("in/bad.png").write_bytes(b"no picture")
    good("in/c.png")
    assert main(["check", "in", "--channel", "etsy", "--json", "all.json"]) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith("in/bad.png: image: not a picture")
    assert printed.err.count("\n") == 1
    assert [line.split()[0] for line in printed.out.splitlines() if line.startswith("in/")] == ["in/a.png", "in/c.png"]
    files = json.loads(Path("all.json").read_text(encoding="utf-8"))["files"]
    assert ["error" in file for file in files] == [False, True, False]


def test_a_channel_of_ones_own() -> None:
    product("a.png", clear=False)
    Path("shop.toml").write_text("longest_least_px = 700\n", encoding="utf-8")
    assert main(["check", "a.png", "--channel", "shop.toml", "--quiet"]) == 0
    Path("shop.toml").write_text("longest_least_px = 701\n", encoding="utf-8")
    assert main(["check", "a.png", "--channel", "shop.toml", "--quiet"]) == 3


@pytest.mark.parametrize("arguments", [["check", "a.png"], ["check"], ["check", "--channel", "etsy"]])
def test_a_check_needs_pictures_and_a_channel_or_what_was_stored(arguments: list[str], capsys: Any) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith("input: no pictures or no channel; ")
    assert main(["check", "a.png", "--stored", "out"]) == 2
    assert capsys.readouterr().err.startswith("input: pictures and --stored together; ")


def zipped(path: str) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def test_an_export_repairs_and_packs(capsys: Any) -> None:
    product("in/a.png")
    product("in/deep/a.png", box=(0, 0, 650, 600))
    assert main(["export", "in", "--channel", "amazon", "-o", "out.zip", "--enlarge", "1"]) == 0
    files = zipped("out.zip")
    assert list(files) == ["a.jpg", "deep/a.jpg", "report.csv", "report.json", "measurements.json"]
    with Image.open(io.BytesIO(files["a.jpg"])) as made:
        assert made.size == (568, 568)
        assert made.getpixel((0, 0)) == (255, 255, 255)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("a.png  ->  a.jpg")
    assert "product framed at" in lines[0]
    assert lines[-1] == "out.zip  2 pass, 0 fail, 0 could not be used"
    report = json.loads(files["report.json"])
    assert report["counts"] == {"pass": 2, "fail": 0, "error": 0}


def test_every_product_alike() -> None:
    product("a.png")
    product("b.png", box=(300, 100, 400, 650))
    assert main(["export", "a.png", "b.png", "--channel", "shopify", "-o", "out.zip", "--fill", "0.9", "--quiet"]) == 0
    for name in ("a.png", "b.png"):
        with Image.open(io.BytesIO(zipped("out.zip")[name])) as made:
            box = made.getchannel("A").getbbox()
            assert box is not None
            assert max(box[2] - box[0], box[3] - box[1]) / made.size[0] == pytest.approx(0.9, abs=0.005)


def test_without_repair_files_stay_and_the_status_tells(capsys: Any) -> None:
    product("a.png")
    assert main(["export", "a.png", "--channel", "amazon", "-o", "out.zip", "--no-repair"]) == 3
    assert zipped("out.zip")["a.png"] == Path("a.png").read_bytes()
    assert "FAIL (" in capsys.readouterr().out


def test_an_export_goes_on_past_a_bad_file(capsys: Any) -> None:
    good("in/a.png")
    Path("in/b.png").write_bytes(b"no picture")
    assert main(["export", "in", "--channel", "etsy", "-o", "out.zip"]) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith("b.png: image: not a picture")
    assert printed.out.splitlines()[-1] == "out.zip  1 pass, 0 fail, 1 could not be used"
    assert "b.png" in zipped("out.zip")["report.csv"].decode("utf-8-sig")


def test_a_small_picture_is_enlarged_by_the_network_of_enhance(capsys: Any) -> None:
    product("a.png", side=300, box=(18, 18, 282, 282))
    assert main(["export", "a.png", "--channel", "amazon", "-o", "out.zip"]) == 0
    with Image.open(io.BytesIO(zipped("out.zip")["a.jpg"])) as made:
        assert made.size == (600, 600)
    assert "The picture had to be enlarged" in capsys.readouterr().out
