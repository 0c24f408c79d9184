"""The ZIP: predictable safe names, the same bytes every day, whole or not at all, and reports of what happened."""

from __future__ import annotations

import csv
import io
import json
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from shots import cut, file_of, shot

from gan.api import Studio
from gan.core.contract import Context, Request, Result, run
from gan.core.errors import Cancelled, InputError
from gan.core.message import Message
from gan.export.channels import CHANNELS, Channel
from gan.export.filenames import Names
from gan.export.output import Written
from gan.export.pipeline import ExportRequest, check_picture, export
from gan.export.rule_result import Finding
from gan.export.zip_builder import Packed, pack
from gan.export.zip_package import COLUMNS, MEASUREMENTS, REPORTS, Package
from gan.imaging.io.codec import decode

CHANNEL = CHANNELS["amazon"]
BROKEN = Finding("fill", Message("12 %"), Message("at least 85 %"), "fail", Message("frames it"), 0.12)


def done(data: bytes = b"pixels", *findings: Finding, suffix: str = ".jpg") -> Written:
    return Written(data, None, suffix, findings, 30, 20)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("a.png", "a.jpg"),
        ("folder/deep/a.heic", "folder/deep/a.jpg"),
        ("../../etc/passwd", "etc/passwd.jpg"),
        ("/etc/passwd", "passwd.jpg"),
        ("C:\\photos\\a.png", "a.jpg"),
        ("deep\\a.png", "deep/a.jpg"),
        ("Red chair (2) #1.png", "Red-chair-2-1.jpg"),
        ("红色椅子.png", "红色椅子.jpg"),
        (".hidden.png", "hidden.jpg"),
        ("...", "picture.jpg"),
        ("", "picture.jpg"),
        ("con.png", "_con.jpg"),
        ("LPT1.x.png", "_LPT1.x.jpg"),
        ("a\nb\x00c.png", "a-b-c.jpg"),
        ("x" * 300 + ".png", "x" * 80 + ".jpg"),
        ("report.csv", "report.jpg"),
    ],
)
def test_names_are_safe(source: str, name: str) -> None:
    assert Names().of(source, ".jpg") == name


def test_names_are_given_once_whatever_the_case() -> None:
    names = Names(REPORTS)
    given = [names.of(source, ".jpg") for source in ("a.png", "A.heic", "a.webp", "a-2.png", "b/a.png")]
    assert given == ["a.jpg", "A-2.jpg", "a-3.jpg", "a-2-2.jpg", "b/a.jpg"]
    assert Names(("report.csv",)).of("report.x", ".csv") == "report-2.csv"


def test_a_package_is_the_same_every_day(tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        with Package(tmp_path / "new" / name, CHANNEL) as package:
            package.add("x.png", done())
    assert (tmp_path / "new/a.zip").read_bytes() == (tmp_path / "new/b.zip").read_bytes()
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["a.zip", "b.zip"]


def test_after_an_error_nothing_is_left_and_what_was_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"an older one")
    with pytest.raises(RuntimeError, match="in the middle"), Package(path, CHANNEL) as package:  # noqa: PT012
        package.add("x.png", done())
        assert len(list(tmp_path.iterdir())) == 2
        raise RuntimeError("in the middle")
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"an older one"]


def opened(path: Path) -> tuple[dict[str, bytes], list[dict[str, str]], dict[str, Any]]:
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        files = {name: package.read(name) for name in package.namelist()}
    rows = list(csv.DictReader(io.StringIO(files.pop("report.csv").decode("utf-8-sig"))))
    assert [entry["file"] for entry in json.loads(files.pop(MEASUREMENTS))["files"]] in ([], list(files)[:-1])
    return files, rows, json.loads(files.pop("report.json"))


def test_the_reports_say_what_happened(tmp_path: Path) -> None:
    with Package(tmp_path / "a.zip", CHANNEL) as package:
        repairs = (Message("framed at {percent:.1f} %", {"percent": 88}), Message("reduced"))
        package.add("x.png", done(b"1"), before=(BROKEN,), repairs=repairs, notices=("look",), licences={"net": "mit"})
        package.add("=cmd|'/c calc'!A1.png", done(b"22", BROKEN))
        package.fail("+bad.png", "image: not a picture")
        assert package.counts == {"pass": 1, "fail": 1, "error": 1}
    files, rows, report = opened(tmp_path / "a.zip")
    assert files == {"x.jpg": b"1", "cmd/c-calc-A1.jpg": b"22"}
    assert tuple(rows[0]) == COLUMNS
    assert [row["status"] for row in rows] == ["pass", "fail", "error"]
    assert rows[0]["broken_before"] == "fill (12 %)"
    assert rows[0]["repairs"] == "framed at 88.0 %; reduced"
    assert (rows[0]["licences"], rows[1]["licences"]) == ("net: mit", "")
    assert report["files"][0]["licences"] == {"net": "mit"}
    assert (rows[0]["broken_after"], rows[1]["broken_after"]) == ("", "fill (12 %)")
    assert rows[1]["source"] == "'=cmd|'/c calc'!A1.png"  # spreadsheets compute nothing
    assert (rows[2]["source"], rows[2]["error"]) == ("'+bad.png", "image: not a picture")
    assert report["channel"] == CHANNEL.record()
    assert [entry["source"] for entry in report["files"]] == ["x.png", "=cmd|'/c calc'!A1.png", "+bad.png"]
    assert report["files"][0]["before"] == [BROKEN.plain()]


@pytest.fixture
def runner(tiny_weights: Path) -> Callable[..., Result]:
    studio = Studio("cpu", tiny_weights)

    def carry_out(request: Request, *, progress: Any = None, cancel: threading.Event | None = None) -> Result:
        context = Context(torch.device("cpu"), studio.load, progress=progress, cancel=cancel)
        if isinstance(request, ExportRequest):
            return run(export, request, context, task="export")
        return run(check_picture, request, context, task="check")  # type: ignore[type-var]

    return carry_out


def packed(
    path: Path, sources: list[tuple[str, Any]], channel: Channel, runner: Callable[..., Result], **options: Any
) -> list[Packed]:
    with Package(path, channel) as package:
        return list(pack(package, sources, channel, runner, **options))


def product(**options: Any) -> bytes:
    """A cut-out, so that no network is needed."""
    picture, alpha = shot(700, 700, (100, 200, 600, 500))
    return file_of(cut(picture, alpha), "PNG", **options)


def test_sources_become_files_that_pass_and_bad_ones_are_noted(tmp_path: Path, runner: Callable[..., Result]) -> None:
    (tmp_path / "b.png").write_bytes(product())
    sources = [("a.png", product()), ("sub/b.png", tmp_path / "b.png"), ("c.png", b"no picture"), ("d.png", "nowhere")]
    made = packed(tmp_path / "a.zip", sources, CHANNEL, runner)
    assert [each.passed for each in made] == [True, True, False, False]
    assert [each.file for each in made] == ["a.jpg", "sub/b.jpg", "", ""]
    assert isinstance(made[2].error, InputError)
    files, rows, _ = opened(tmp_path / "a.zip")
    assert list(files) == ["a.jpg", "sub/b.jpg"]
    assert files["a.jpg"] == files["sub/b.jpg"]
    assert "product framed at 88.0 %" in rows[0]["repairs"]
    seen = decode(files["a.jpg"])
    assert seen.width_px == seen.height_px
    assert bool((seen.rgb[:, :, :8, :8] == 1).all())
    assert [step["task"] for step in seen.history] == ["export"]


def test_what_passes_goes_in_byte_for_byte_unless_it_tells_of_a_place(
    tmp_path: Path, runner: Callable[..., Result]
) -> None:
    picture, _ = shot(2100, 2100)
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    plain, told = file_of(picture, quality=90), file_of(picture, quality=90, exif=exif)
    made = packed(tmp_path / "a.zip", [("a.jpg", plain), ("b.jpeg", told)], CHANNELS["etsy"], runner)
    files, rows, _ = opened(tmp_path / "a.zip")
    assert files["a.jpg"] == plain
    assert made[0].repairs == ()
    assert b"A camera" not in files["b.jpg"]
    assert rows[1]["repairs"].startswith("EXIF data removed")


def test_files_that_are_only_of_the_wrong_kind_are_written_anew(tmp_path: Path, runner: Callable[..., Result]) -> None:
    picture, _ = shot(2100, 100)
    channel = Channel(name="a", formats=("png",), longest_least_px=2000)
    (made,) = packed(tmp_path / "a.zip", [("a.jpg", file_of(picture))], channel, runner)
    assert made.passed
    assert [str(repair) for repair in made.repairs] == ["writes PNG"]
    assert made.file == "a.png"


def test_without_repair_files_are_only_measured(tmp_path: Path, runner: Callable[..., Result]) -> None:
    data = product()
    (made,) = packed(tmp_path / "a.zip", [("a.png", data)], CHANNEL, runner, repair=False)
    assert not made.passed
    assert made.before == made.after
    assert opened(tmp_path / "a.zip")[0] == {"a.png": data}


def test_a_fill_that_the_channel_does_not_take_is_refused_at_once(
    tmp_path: Path, runner: Callable[..., Result]
) -> None:
    with pytest.raises(InputError, match="fill"):
        packed(tmp_path / "a.zip", [("a.png", product())], CHANNEL, runner, fill=0.5)
    assert list(tmp_path.iterdir()) == []


def test_stop_leaves_nothing(tmp_path: Path, runner: Callable[..., Result]) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        packed(tmp_path / "a.zip", [("a.png", product())], CHANNEL, runner, cancel=cancel)
    assert list(tmp_path.iterdir()) == []
