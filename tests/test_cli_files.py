"""Files of the user: originals are never replaced, a disk that refuses is told in a line, and the others go on."""

from __future__ import annotations

import errno
import hashlib
import os
import resource
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import gan.api
from gan.cli.main import main
from gan.core.files import csv_cell, trouble
from gan.export.channels import channel_of
from gan.export.zip_package import Package

OUT = ["--quiet"]
COMMANDS: dict[str, list[str]] = {
    "enhance": ["--scale", "1"],
    "inpaint": ["--left", "3"],
    "mask": ["--suggest", "dust"],
    "stylize": ["--style", "woodcut"],
    "cutout": [],
    "recolor": ["--to", "#1F4E79"],
    "frame": ["--ground", "white"],
    "shadow": ["--ground", "white"],
    "white": [],
}


@pytest.fixture(autouse=True)
def _tiny(tiny_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gan.api, "WEIGHTS_DIR", tiny_weights)


def product(path: Path) -> Path:
    """A dark box on white, small, and large enough for every task."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", (48, 48), "white")
    image.paste((150, 30, 40), (14, 14, 34, 34))
    image.save(path)
    return path


def told(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_replaces_what_it_reads(command: str, tmp_path: Path, capsys: Any) -> None:
    picture = product(tmp_path / "in/a.png")
    before = told(picture)
    (tmp_path / "link").symlink_to(tmp_path / "in")
    for given, out, said in (
        ("in", "in", "is the folder of the pictures"),
        ("in", "link", "is the folder of the pictures"),
        ("in/a.png", "in/a.png", "is read by this command"),
        ("in/a.png", "in", "is read by this command"),
        ("in/a.png", "link/a.png", "is read by this command"),
    ):
        assert main([command, str(tmp_path / given), "-o", str(tmp_path / out), *COMMANDS[command], *OUT]) == 2
        error = capsys.readouterr().err
        assert said in error
        assert "--overwrite" in error
        assert error.count("\n") == 1
        assert told(picture) == before
    assert below(tmp_path / "in") == ["a.png"]


def test_overwrite_replaces_each_picture_with_its_own_result(tmp_path: Path) -> None:
    for name in ("a.png", "deep/b.png"):
        product(tmp_path / "in" / name)
    arguments = ["enhance", str(tmp_path / "in"), "-o", str(tmp_path / "in"), "--scale", "2", "--overwrite", *OUT]
    assert main(arguments) == 0
    assert below(tmp_path / "in") == ["a.png", "deep/b.png"]
    with Image.open(tmp_path / "in/deep/b.png") as replaced:
        assert replaced.size == (96, 96)


def test_overwrite_never_takes_another_picture_s_place(tmp_path: Path, capsys: Any) -> None:
    product(tmp_path / "in/a.bmp")
    other = product(tmp_path / "in/a.png")
    before = told(other)
    arguments = ["enhance", str(tmp_path / "in"), "-o", str(tmp_path / "in"), "--overwrite", "--scale", "1", *OUT]
    assert main(arguments) == 2
    assert "a.png is read by this command" in capsys.readouterr().err
    assert told(other) == before


def test_a_variant_and_what_is_made_beside_take_no_picture_s_place(tmp_path: Path, capsys: Any) -> None:
    picture, variant = product(tmp_path / "a.png"), product(tmp_path / "o_1F4E79.png")
    before = told(variant)
    assert main(["cutout", str(picture), "-o", str(tmp_path / "o.png"), "--save-mask", str(picture), *OUT]) == 2
    assert "is a picture or its result already" in capsys.readouterr().err
    given = ["recolor", str(picture), "-o", str(tmp_path / "o.png"), "--to", "#1F4E79", "--to", "#7A5230"]
    assert main([*given, "--mask", str(variant), *OUT]) == 2
    assert told(variant) == before
    assert main(["check", str(picture), "--channel", "amazon", "--json", str(picture), *OUT]) == 2
    zipped = tmp_path / "a.zip"
    picture.rename(zipped)
    before = told(zipped)
    assert main(["export", str(zipped), "--channel", "amazon", "-o", str(zipped), *OUT]) == 2
    assert told(zipped) == before


def test_a_mask_and_a_style_are_originals_too(tmp_path: Path, capsys: Any) -> None:
    picture, mask = product(tmp_path / "a.png"), product(tmp_path / "m/a.png")
    before = told(mask)
    assert main(["inpaint", str(picture), "--mask", str(tmp_path / "m"), "-o", str(tmp_path / "m"), *OUT]) == 2
    assert "is read by this command" in capsys.readouterr().err
    assert main(["stylize", str(picture), "--style", str(mask), "-o", str(mask), *OUT]) == 2
    assert told(mask) == before


def test_results_within_the_folder_of_pictures_are_not_read_again(tmp_path: Path) -> None:
    product(tmp_path / "in/a.png")
    given, out = str(tmp_path / "in"), str(tmp_path / "in/done")
    for _ in range(2):
        assert main(["enhance", given, "-o", out, "--scale", "1", *OUT]) == 0
    assert below(tmp_path / "in") == ["a.png", "done/a.png"]
    layers = ["--layer", f"{tmp_path}/in/layers/", "--ground", "white"]
    for _ in range(2):
        assert main(["shadow", given, "-o", out, *layers, *OUT]) == 0
    assert below(tmp_path / "in") == ["a.png", "done/a.png", "layers/a_shadow.png"]


def test_a_slash_at_the_end_makes_a_folder(tmp_path: Path, capsys: Any) -> None:
    picture = product(tmp_path / "a.png")
    assert main(["enhance", str(picture), "-o", f"{tmp_path}/results/", "--scale", "1", *OUT]) == 0
    assert main(["mask", str(picture), "-o", f"{tmp_path}/masks/", "--suggest", "dust", *OUT]) == 0
    sides = ["--save-mask", f"{tmp_path}/sides/"]
    assert main(["cutout", str(picture), "-o", f"{tmp_path}/cut/", *sides, *OUT]) == 0
    assert below(tmp_path) == ["a.png", "cut/a.png", "masks/a.png", "results/a.png", "sides/a_mask.png"]
    assert main(["enhance", str(picture), "-o", f"{picture}/", "--scale", "1", *OUT]) == 2
    assert "a.png is a file" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "file_format"), [("x.png", "jpeg"), ("x.jpg", "webp"), ("x.tif", "png")])
def test_a_name_and_a_format_that_contradict_each_other_are_refused(
    name: str, file_format: str, tmp_path: Path, capsys: Any
) -> None:
    picture = product(tmp_path / "a.png")
    arguments = ["enhance", str(picture), "-o", str(tmp_path / name), "--format", file_format, "--scale", "1"]
    assert main([*arguments, *OUT]) == 2
    assert f"{name} with --format {file_format}" in capsys.readouterr().err
    assert below(tmp_path) == ["a.png"]
    assert main(["enhance", str(picture), "-o", str(tmp_path / "x.jpe"), "--format", "jpeg", "--scale", "1", *OUT]) == 0


@pytest.fixture
def small_disk() -> Iterator[Callable[[int], None]]:
    """Files cannot grow beyond so many bytes: as on a full disk, writing, flushing and closing all fail."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("command", COMMANDS)
def test_where_nothing_can_be_written_every_file_has_its_line(command: str, tmp_path: Path, capsys: Any) -> None:
    for name in ("a.png", "b.png"):
        product(tmp_path / "in" / name)
    (tmp_path / "f").write_bytes(b"a file, and no folder")
    for out in (tmp_path / "f/out", Path("/proc/nothing")):
        assert main([command, str(tmp_path / "in"), "-o", str(out), *COMMANDS[command], *OUT]) == 2
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 2
        for name, line in zip(("a.png", "b.png"), lines, strict=True):
            assert line.startswith(str(tmp_path / "in" / name))
            assert f"{name} cannot be written: " in line
    assert below(tmp_path) == ["f", "in/a.png", "in/b.png"]


def test_a_full_disk_stops_no_other_file(tmp_path: Path, capsys: Any, small_disk: Callable[[int], None]) -> None:
    product(tmp_path / "in/a.png")
    large = Image.effect_noise((200, 200), 90)
    large.save(tmp_path / "in/b.png")
    product(tmp_path / "in/c.png")
    small_disk(4000)
    status = main(["enhance", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--scale", "1"])
    small_disk(-1)
    printed = capsys.readouterr()
    assert status == 2
    assert f"b.png cannot be written: {os.strerror(errno.EFBIG)}" in printed.err
    assert printed.out.splitlines()[-1] == "2 of 3 made, 1 could not be"
    assert below(tmp_path / "out") == ["a.png", "c.png"]
    assert not list((tmp_path / "out").glob(".*"))


def test_a_name_that_is_too_long_is_told(tmp_path: Path, capsys: Any) -> None:
    picture = product(tmp_path / "a.png")
    assert main(["enhance", str(picture), "-o", str(tmp_path / ("x" * 300 + ".png")), "--scale", "1", *OUT]) == 2
    error = capsys.readouterr().err
    assert os.strerror(errno.ENAMETOOLONG) in error
    assert error.count("\n") == 1
    assert main(["check", str(picture), "--channel", "amazon", "--json", "/proc/x/y.json", *OUT]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")]
)
def test_what_does_not_fit_into_the_memory_stops_no_other_file(
    error: Exception, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.png", "b.png"):
        product(tmp_path / "in" / name)
    run = gan.api.Studio.run

    def scarce(self: Any, request: Any, **options: Any) -> Any:
        if request.picture.name == "a.png":
            raise error
        return run(self, request, **options)

    monkeypatch.setattr(gan.api.Studio, "run", scarce)
    assert main(["enhance", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--scale", "1", *OUT]) == 2
    assert "a.png: image: there is not enough memory for it" in capsys.readouterr().err
    assert below(tmp_path / "out") == ["b.png"]
    zipped = ["export", str(tmp_path / "in"), "--channel", "amazon", "-o", str(tmp_path / "o.zip"), "--no-repair"]
    assert main([*zipped, *OUT]) == 2
    assert "there is not enough memory for it" in capsys.readouterr().err
    assert (tmp_path / "o.zip").is_file()
    assert main(["check", str(tmp_path / "in"), "--channel", "amazon", *OUT]) == 2
    assert "a.png: image: there is not enough memory for it" in capsys.readouterr().err


def test_an_export_that_finds_no_room_leaves_nothing(
    tmp_path: Path, capsys: Any, small_disk: Callable[[int], None]
) -> None:
    Image.effect_noise((300, 300), 90).save(tmp_path / "a.png")
    arguments = ["export", str(tmp_path / "a.png"), "--channel", "amazon", "-o", str(tmp_path / "o.zip"), "--no-repair"]
    small_disk(20_000)
    status = main([*arguments, *OUT])
    small_disk(-1)
    assert status == 2
    error = capsys.readouterr().err
    assert os.strerror(errno.EFBIG) in error
    assert error.count("\n") == 1
    assert below(tmp_path) == ["a.png"]


@pytest.mark.parametrize("size", [0, 10, 200, 100_000])
def test_whatever_closing_does_the_half_written_zip_is_gone(
    size: int, tmp_path: Path, small_disk: Callable[[int], None]
) -> None:
    def written() -> None:
        with Package(tmp_path / "o.zip", channel_of("amazon")) as package:
            small_disk(size)
            for number in range(200):
                package._put(f"{number}", bytes(1000), 0)

    with pytest.raises(OSError, match="File too large"):
        written()
    small_disk(-1)
    assert list(tmp_path.iterdir()) == []


def test_only_what_the_user_or_the_system_can_mend_is_a_sentence() -> None:
    assert trouble(ValueError("a mistake of ours"), "x") is None
    assert trouble(RuntimeError("a mistake of ours"), "x") is None
    assert str(trouble(OSError(errno.ENOSPC, "No space left on device"), "x.png")) == (
        "output: x.png cannot be written: No space left on device; a folder that can be written is needed. "
        "Check its permissions and free space, or choose another."
    )


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("a;=1+1", "a;'=1+1"),
        ("a;  @x;-2\t+3", "a;  '@x;'-2\t'+3"),
        ("a\n=b", "a\n'=b"),
        ("\ta", "'\ta"),
        ("＝1", "'＝1"),
        ("a, -3 = b", "a, -3 = b"),
        ("plain; text", "plain; text"),
        (-3, -3),
        (None, None),
    ],
)
def test_no_cell_is_a_formula(cell: object, safe: object) -> None:
    assert csv_cell(cell) == safe
