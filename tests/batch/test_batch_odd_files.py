"""A folder with every odd file: each bad one is named in a sentence, the others are made, nothing is overwritten."""

from __future__ import annotations

import csv
import io
import json
import os
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image
from replays import FRAME, STILL, product, recipe_of, run, written

from gan.batch.jobs import plan
from gan.batch.results import printable
from gan.batch.runner import Replay
from gan.core.errors import InputError


def outcomes(source: Path, out: Path) -> dict[str, str]:
    """{name: what went wrong, or where the result is}."""
    replay = Replay(recipe_of(STILL), [source], out, run)
    return {each.name: each.target if each.error is None else str(each.error) for each in replay}


def huge_header() -> bytes:
    """A PNG of 60000 x 60000 px that holds nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_bad_files_are_named_and_the_others_are_made(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    whole = product(folder / "good.png").read_bytes()
    product(folder / "deep/er/good too.png")
    bad = {
        "empty.png": b"",
        "cut-off.png": whole[: len(whole) // 2],
        "header-only.jpg": b"\xff\xd8\xff",
        "text.jpg": b"this is no picture",
        "drawing.png": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        "huge.png": huge_header(),
        "page.gif": b"<!doctype html><html></html>",
        "archive.webp": b"PK\x03\x04" + b"\0" * 40,
    }
    for name, data in bad.items():
        (folder / name).write_bytes(data)
    found = outcomes(folder, tmp_path / "out")
    assert found["good.png"] == "good.png"
    assert found["deep/er/good too.png"] == "deep/er/good too.png"
    said = {
        "empty.png": "an empty file",
        "cut-off.png": "damaged",
        "header-only.jpg": "image:",
        "text.jpg": "not a picture",
        "drawing.png": "an SVG drawing",
        "huge.png": "megapixels",
        "page.gif": "not a picture",
        "archive.webp": "not a picture",
    }
    assert found.keys() == {"good.png", "deep/er/good too.png", *bad}
    for name, words in said.items():
        assert words in found[name]
        assert "\n" not in found[name]
    made = {name for name in written(tmp_path / "out") if name.endswith(".png")}
    assert made == {"good.png", "deep/er/good too.png"}


def test_what_is_no_picture_s_file_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    product(folder / "a.png")
    product(folder / "folder.png/inside.png")
    product(folder / ".hidden.png")
    product(folder / ".hidden/b.png")
    (folder / "empty.jpg").mkdir()
    (folder / "notes.txt").write_text("notes")
    (folder / "drawing.svg").write_text("<svg/>")
    (folder / "loop.png").symlink_to(folder / "loop.png")
    (folder / "gone.png").symlink_to(folder / "nowhere.png")
    (folder / "round").symlink_to(folder, target_is_directory=True)
    replay = Replay(recipe_of(STILL), [folder], tmp_path / "out", run)
    assert {outcome.name: outcome.status for outcome in replay} == {"a.png": "made", "folder.png/inside.png": "made"}
    assert replay.summary.ignored == ("drawing.svg", "gone.png", "loop.png", "notes.txt")
    assert json.loads((tmp_path / "out/report.json").read_text())["ignored"] == list(replay.summary.ignored)


def test_a_link_to_a_picture_is_a_picture(tmp_path: Path) -> None:
    product(tmp_path / "elsewhere.png")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/link.png").symlink_to(tmp_path / "elsewhere.png")
    assert outcomes(tmp_path / "in", tmp_path / "out") == {"link.png": "link.png"}
    assert not (tmp_path / "out/link.png").is_symlink()


@pytest.mark.skipif(os.name == "nt", reason="Windows allows no such names")
def test_names_of_any_kind(tmp_path: Path) -> None:
    names = ["with space.png", "椅子 红色.png", "new\nline.png", "=1+1.png", "émoji 🪑.png", "-o.png", 'a;b,c".png']
    bytes_name = os.fsdecode(b"latin-\xe9.png")
    for number, name in enumerate([*names, bytes_name]):
        product(tmp_path / "in" / name, seed=number)
    found = outcomes(tmp_path / "in", tmp_path / "out")
    assert found == {name: name for name in [*names, bytes_name]}
    table = list(csv.DictReader(io.StringIO((tmp_path / "out/report.csv").read_bytes().decode("utf-8-sig"))))
    assert {row["source"] for row in table} >= {"椅子 红色.png", "'=1+1.png", "'-o.png", "new\nline.png"}
    report = json.loads((tmp_path / "out/report.json").read_bytes())
    assert bytes_name in {row["source"] for row in report["pictures"]}
    again = Replay(recipe_of(STILL), [tmp_path / "in"], tmp_path / "out", run)
    assert {outcome.status for outcome in again} == {"kept"}
    assert printable("new\nline\udce9.png") == "new\\nline\\udce9.png"


def test_files_that_map_to_one_name_all_keep_a_name(tmp_path: Path) -> None:
    for number, name in enumerate(("a.jpg", "a.png", "a.png.webp", "a.webp")):
        product(tmp_path / "one" / name, seed=number)
    product(tmp_path / "two/a.png", seed=7)
    product(tmp_path / "three/a.png", seed=8)
    sources = [tmp_path / name for name in ("one", "two", "three")]
    replay = Replay(recipe_of(STILL), sources, tmp_path / "out", run)
    made = {outcome.target for outcome in replay}
    assert len(made) == 6
    assert {name for name in written(tmp_path / "out") if name.endswith(".png")} == made
    assert len({data for name, data in written(tmp_path / "out").items() if name in made}) == 6
    assert "a.png" in made


def test_names_that_differ_in_case_only_stay_apart_everywhere(tmp_path: Path) -> None:
    for name in ("A.png", "a.png"):
        (tmp_path / "in").mkdir(exist_ok=True)
        product(tmp_path / "in" / name)
    assert [job.below for job in plan(recipe_of(STILL), [tmp_path / "in"], tmp_path / "out")] == ["A.png", "a-2.png"]


def test_results_are_no_sources_and_take_no_source_s_place(tmp_path: Path) -> None:
    product(tmp_path / "in/a.png")
    out = tmp_path / "in/results"
    assert outcomes(tmp_path / "in", out) == {"a.png": "a.png"}
    assert outcomes(tmp_path / "in", out) == {"a.png": "a.png"}
    with pytest.raises(InputError, match="is the folder of the pictures"):
        Replay(recipe_of(STILL), [tmp_path / "in"], tmp_path / "in", run)
    with pytest.raises(InputError, match=r"a\.png would take the place of a picture"):
        Replay(recipe_of(STILL), [tmp_path / "in/a.png"], tmp_path / "in", run)
    assert len(plan(recipe_of(STILL), [tmp_path / "in"], tmp_path)) == 2  # results of before are pictures here


def test_a_second_recipe_on_the_results_of_a_first_sees_no_contact_sheet(tmp_path: Path) -> None:
    product(tmp_path / "in/a.png")
    list(Replay(recipe_of(STILL), [tmp_path / "in"], tmp_path / "first", run))
    assert (tmp_path / "first/contact-sheet-01.jpg").is_file()
    assert outcomes(tmp_path / "first", tmp_path / "second") == {"a.png": "a.png"}
    Image.new("RGB", (8, 8)).save(tmp_path / "in/contact-sheet-01.jpg")
    jobs = plan(recipe_of(STILL, output={"format": "jpeg"}), [tmp_path / "in"], tmp_path / "third")
    assert [job.below for job in jobs] == ["a.jpg", "contact-sheet-01-2.jpg"]


@pytest.mark.parametrize(
    ("sources", "out", "said"),
    [
        (["nowhere"], "out", None),
        (["empty"], "out", "no picture below"),
        (["in"], "in/a.png", "is a file; a folder is needed"),
    ],
)
def test_folders_that_cannot_be_used(tmp_path: Path, sources: list[str], out: str, said: str | None) -> None:
    product(tmp_path / "in/a.png")
    (tmp_path / "empty").mkdir()
    given = [tmp_path / name for name in sources]
    if said is None:
        (outcome,) = Replay(recipe_of(STILL), given, tmp_path / out, run)
        assert "there is no file" in str(outcome.error)
        return
    with pytest.raises(InputError, match=said):
        Replay(recipe_of(STILL), given, tmp_path / out, run)


def test_a_folder_of_results_that_cannot_be_written_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    product(tmp_path / "in/a.png")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match=r"output: .* cannot be written"):
        list(Replay(recipe_of(STILL), [tmp_path / "in"], tmp_path / "file/below", run))

    def read_only(self: Path, *args: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", read_only)
    with pytest.raises(InputError, match="Permission denied"):
        list(Replay(recipe_of(STILL), [tmp_path / "in"], tmp_path / "out", run))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read and write everything")
def test_permissions(tmp_path: Path) -> None:
    product(tmp_path / "in/a.png").chmod(0)
    product(tmp_path / "in/b.png")
    found = outcomes(tmp_path / "in", tmp_path / "out")
    assert "a.png cannot be read" in found["a.png"]
    assert found["b.png"] == "b.png"
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(InputError, match="cannot be written"):
        list(Replay(recipe_of(STILL), [tmp_path / "in"], tmp_path / "locked", run))


def test_a_picture_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    product(tmp_path / "in/a.png")
    product(tmp_path / "in/b.png")
    real = Path.open

    def refusing(self: Path, mode: str = "r", *args: object, **options: object) -> object:
        if self.name == "a.png" and "r" in mode:
            raise PermissionError(13, "Permission denied")
        return real(self, mode, *args, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refusing)
    found = outcomes(tmp_path / "in", tmp_path / "out")
    assert "a.png cannot be read: Permission denied" in found["a.png"]
    assert found["b.png"] == "b.png"


def test_a_picture_that_goes_away_while_others_are_made_is_named(tmp_path: Path) -> None:
    for name in "ab":
        product(tmp_path / f"in/{name}.png")
    replay = Replay(recipe_of(FRAME), [tmp_path / "in"], tmp_path / "out", run)
    (tmp_path / "in/b.png").unlink()
    a, b = replay
    assert (a.status, b.status) == ("made", "failed")
    assert "there is no file" in str(b.error)
