"""Names by SKU: patterns, tables, barcodes, slots, and each platform's own form."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from gan.core.errors import InputError
from gan.core.reader import AnySource
from gan.export.channels import CHANNELS, Channel
from gan.export.naming import Naming, Planned, labeled, missing, planned, read_codes, read_table
from gan.imaging.picture import Picture

SHOP = Channel(name="shop")
SAFE = re.compile(r"[\w.-]+")
PLATFORM = {"amazon": re.compile(r"[A-Z0-9]{10}(?:\.(?:MAIN|PT0[1-8]|SWCH|BACK))?")}
"""What a platform's uploader takes; of the others SKU_1."""


def named(sources: list[str], channel: Channel = SHOP, **options: Any) -> list[str]:
    naming = Naming.read(options, AnySource())
    plan = planned(labeled([(source, b"") for source in sources], naming), naming, channel)
    return [str(picture.error) if picture.error else picture.name for picture in plan]


def test_without_a_wish_files_keep_their_own_names() -> None:
    naming = Naming()
    assert not naming.asked
    assert planned(labeled([("a_1.jpg", b"x")], naming), naming, SHOP) == [Planned("a_1.jpg", b"x")]


@pytest.mark.parametrize("name", CHANNELS)
def test_names_are_of_each_platform_s_own_form(name: str) -> None:
    sources = ["B000123456_1.jpg", "B000123456_2.png", "in/B000123456.PT02.jpg", "B000999999.MAIN.jpg"]
    made = named(sources, CHANNELS[name], names="channel")
    form = PLATFORM.get(name, re.compile(r"[A-Z0-9]{10}_\d+"))
    assert all(form.fullmatch(each) for each in made), made
    assert len(set(made)) == 4
    if name == "amazon":
        assert made == ["B000123456.MAIN", "B000123456.PT01", "B000123456.PT02", "B000999999.MAIN"]


@pytest.mark.parametrize(
    ("pattern", "made"),
    [
        ("{sku}.{slot}.{ext}", ["CH-1.1", "CH-1.3"]),
        ("{stem}.{ext}", ["CH-1_1", "CH-1_3"]),
        ("{channel}-{sku}-{n}.{ext}", ["shop-CH-1-1", "shop-CH-1-2"]),
        ("{sku}/{n}.{ext}", ["CH-1/1", "CH-1/2"]),
    ],
)
def test_patterns(pattern: str, made: list[str]) -> None:
    assert named(["deep/CH-1_1.jpg", "CH-1_3.jpg"], names=pattern) == made


def test_a_pattern_without_the_sku_asks_nothing_of_it() -> None:
    assert named(["my-chair_1.jpg"], CHANNELS["amazon"], names="{stem}.{ext}") == ["my-chair_1"]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("{asin}.{ext}", "{asin} is not a field of names; {sku}, {slot}, {stem}, {channel}, {n}, {ext} are allowed"),
        ("{sku.__class__}.{ext}", "{sku.__class__} is not a field"),
        ("{sku!r}.{ext}", "{sku!r} is not a field"),
        ("{sku:>400}.{ext}", "{sku:>400} is not a field"),
        ("{}.{ext}", "{} is not a field"),
        ("{sku.{ext}", "cannot be read"),
        ("{sku}.jpg", "is no pattern of names"),
        ("picture.{ext}", "is no pattern of names"),
        ("../{sku}.{ext}", "../x is not a safe file name"),
        ("/{sku}.{ext}", "/x is not a safe file name"),
        ("{sku}//{n}.{ext}", "is not a safe file name"),
        (".{sku}.{ext}", "is not a safe file name"),
        ("{sku} {n}.{ext}", "is not a safe file name"),
        ("con.{n}/{sku}.{ext}", "is not a safe file name"),
        ("C:\\{sku}.{ext}", "is not a safe file name"),
        ("x" * 90 + "{sku}.{ext}", "is not a safe file name"),
    ],
)
def test_bad_patterns_get_one_sentence(pattern: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        Naming(names=pattern)
    assert str(caught.value).startswith("names: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("sku", "channel", "said"),
    [
        ("a/b", "etsy", "sku: a/b is not a safe file name"),
        ("..", "etsy", "sku: .. is not a safe file name"),
        ("A B", "etsy", "sku: A B is not a safe file name"),
        ("B0-1", "amazon", "sku: B0-1; only letters A to Z and digits are allowed here"),
        ("Größe", "otto", "sku: Größe; only letters A to Z, digits, points"),
    ],
)
def test_a_sku_that_a_platform_does_not_take_is_told_and_the_others_go_on(sku: str, channel: str, said: str) -> None:
    table = f"file,sku,slot\na.jpg,{sku},1\nb.jpg,B1,1\n".encode()
    bad, good = named(["a.jpg", "b.jpg"], CHANNELS[channel], table=table)
    assert bad.startswith(said)
    assert good == ("B1.MAIN" if channel == "amazon" else "B1_1")


def test_the_same_sku_and_slot_twice_is_refused() -> None:
    with pytest.raises(InputError, match=r"slot: A 1 is both A_1\.jpg and in/A\.MAIN\.png; a slot takes one picture"):
        named(["A_1.jpg", "in/A.MAIN.png"], names="channel")


@pytest.mark.parametrize("pattern", ["{sku}.{ext}", "{sku}_{channel}.{ext}"])
def test_two_pictures_of_one_name_are_refused(pattern: str) -> None:
    with pytest.raises(InputError, match="names: two pictures would be called A"):
        named(["A_1.jpg", "A_2.jpg"], names=pattern)
    with pytest.raises(InputError, match="names: two pictures would be called a_1"):
        named(["x/A_1.jpg", "y/a_1.jpg"], names="{stem}.{ext}")


def test_slots_that_are_not_said_are_the_next_free_ones() -> None:
    assert named(["A.jpg", "A_1.jpg", "B.png"], names="channel") == ["A_2", "A_1", "B_1"]


@pytest.mark.parametrize(
    ("slot", "channel", "made"),
    [
        ("main", "amazon", "A.MAIN"),
        ("01", "amazon", "A.MAIN"),
        ("9", "amazon", "A.PT08"),
        ("back", "amazon", "A.BACK"),
        ("PT01", "etsy", "A_2"),
        ("BACK", "etsy", "A_BACK"),
    ],
)
def test_slots_are_what_the_channel_calls_them(slot: str, channel: str, made: str) -> None:
    assert named(["a.jpg"], CHANNELS[channel], table=f"file;sku;slot\na.jpg;A;{slot}\n".encode()) == [made]


def test_a_slot_that_the_channel_does_not_have_is_told() -> None:
    (told,) = named(["A_10.jpg"], CHANNELS["amazon"], names="channel")
    assert told.startswith("slot: 10; MAIN, PT01, PT02")
    with pytest.raises(InputError, match="slot: COVER; MAIN, PT01"):
        named(["A_1.jpg"], CHANNELS["amazon"], slots=("COVER",))


def test_missing_slots() -> None:
    made = [("A", "MAIN"), ("A", "PT02"), ("B", "PT01"), ("C", "MAIN")]
    assert missing(made, Naming(names="channel"), CHANNELS["amazon"]) == {"A": ("PT01",), "B": ("MAIN",)}
    asked = Naming(slots=("1", "pt01"))
    assert missing(made, asked, CHANNELS["amazon"]) == {"A": ("PT01",), "B": ("MAIN",), "C": ("PT01",)}
    assert missing([("A", "1"), ("A", "2")], asked, SHOP) == {}


# Tables


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("line", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_tables_as_programs_write_them(mark: str, line: str, encoding: str, tmp_path: Path) -> None:
    rows = [["SKU", " Slot", "File", "Note"], ["椅子-1", "2", "Deep/A.jpg", "x"], ["", "", "", ""], ["B", "", "b.jpg"]]
    path = tmp_path / "skus.csv"
    path.write_bytes((line.join(mark.join(row) for row in rows) + line).encode(encoding))
    assert named(["deep/a.JPG", "B.jpg"], table=path) == ["椅子-1_2", "B_1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "its columns are "),
        (b"name,sku\na.jpg,A\n", "its columns are name, sku; a CSV of the columns file, sku and slot is expected"),
        (b"file,sku\na.jpg,\n", "line 2 has no sku"),
        (b"file,sku\n\n,A\n", "line 3 has no file"),
        (b"file,sku\na.jpg\n", "line 2 has no sku"),
        (b"file,sku\na.jpg,A\nA.JPG,B\n", "lines 2 and 3 both name A.JPG"),
        ("file,sku\na.jpg,A\n".encode("utf-16"), "it is not written in UTF-8"),
        (b"file,sku\n\xff,A\n", "it is not written in UTF-8"),
        (b"x" * (8 * 2**20 + 1), "it is too long"),
    ],
)
def test_a_bad_table_gets_one_sentence(text: bytes, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_table(text)
    assert str(caught.value).startswith("table: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_table_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="table: it cannot be read: No such file"):
        Naming.read({"table": tmp_path / "no.csv"}, AnySource())


def test_rows_without_a_picture_and_pictures_without_a_row_are_told() -> None:
    made = named(["a.jpg", "b.jpg"], table=b"file,sku\na.jpg,A\nc.jpg,C\n")
    assert made == [
        "A_1",
        "table: it has no row for b.jpg; a row for every picture is needed. Add one.",
        "table: line 3 names c.jpg, which is not among the pictures; a picture for every row is needed. "
        "Add the picture, or remove the row.",
    ]


# Barcodes


def codes(monkeypatch: pytest.MonkeyPatch, found: tuple[str, ...]) -> None:
    monkeypatch.setattr("gan.export.naming.decode", lambda _: Picture(torch.ones(1, 3, 8, 8)))
    monkeypatch.setattr("gan.export.naming.read_codes", lambda _: found)


def test_a_barcode_is_the_sku_and_the_file_s_name_the_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    codes(monkeypatch, ("4006381333931",))
    assert named(["x_2.jpg", "y.jpg"], barcode=True) == ["4006381333931_2", "4006381333931_1"]


@pytest.mark.parametrize(("found", "count"), [((), 0), (("1", "2"), 2)])
def test_no_barcode_or_several_are_told(monkeypatch: pytest.MonkeyPatch, found: tuple[str, ...], count: int) -> None:
    codes(monkeypatch, found)
    (told,) = named(["x.jpg"], barcode=True)
    assert told.startswith(f"sku: {count} barcodes were found in x.jpg; a picture with one is needed")


def test_the_table_comes_before_the_barcode(monkeypatch: pytest.MonkeyPatch) -> None:
    codes(monkeypatch, ("111",))
    assert named(["a.jpg", "b.jpg"], barcode=True, table=b"file,sku\na.jpg,A\n") == ["A_1", "111_1"]


def test_without_the_package_the_whole_run_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zxingcpp", None)
    with pytest.raises(InputError, match=r"barcode: barcode reading \(zxing-cpp\) is not installed"):
        read_codes(Picture(torch.ones(1, 3, 8, 8)))
    monkeypatch.setattr("gan.export.naming.decode", lambda _: Picture(torch.ones(1, 3, 8, 8)))
    with pytest.raises(InputError, match="not installed"):
        named(["x.jpg"], barcode=True)


@pytest.mark.skipif(importlib.util.find_spec("zxingcpp") is None, reason="needs the extra [barcode]")
@pytest.mark.parametrize(("form", "text"), [("QRCode", "CH-100"), ("Code128", "CH-100"), ("EAN13", "4006381333931")])
def test_real_codes_are_read_turned_and_small(form: str, text: str) -> None:
    import numpy as np
    import zxingcpp

    code = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, form))
    drawn = np.array(zxingcpp.write_barcode_to_image(code, scale=3)).astype(np.float32) / 255
    ground = np.ones((400, 500), dtype=np.float32)
    ground[40 : 40 + drawn.shape[0], 30 : 30 + drawn.shape[1]] = drawn
    for turned in (ground, ground.T.copy(), ground[::-1, ::-1].copy()):
        picture = Picture(torch.from_numpy(turned)[None, None].expand(1, 3, -1, -1).contiguous())
        assert read_codes(picture) == (text,)
    assert read_codes(Picture(torch.ones(1, 3, 50, 50))) == ()
