"""`inpaint` and `mask` on the command line: same pixels as Python, which mask belongs to which picture, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

import gan
import gan.api
from gan.cli import mask as mask_command
from gan.cli.main import main
from gan.imaging.io.formats import LOSSY
from gan.inpaint import defects

pytestmark = pytest.mark.usefixtures("workplace")

WIDTH, HEIGHT = 48, 40
BOX = (20, 12, 32, 24)
"""Left, top, right, bottom of the marked pixels."""

Array = npt.NDArray[np.uint8]


def picture(name: str, size: tuple[int, int] = (WIDTH, HEIGHT), seed: int = 0) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def mark(name: str, box: tuple[int, int, int, int] = BOX, size: tuple[int, int] = (WIDTH, HEIGHT)) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet = Image.new("L", size)
    sheet.paste(255, box)
    sheet.save(path, lossless=True)


def pixels(path: str | Path) -> Array:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB" if image.mode != "L" else "L"))


def changed(before: str | Path, after: str | Path) -> tuple[int, int, int, int] | None:
    """The box around every pixel that differs; None where none does."""
    different = (pixels(before) != pixels(after)).any(2)
    return Image.fromarray(different).getbbox()


def test_same_pixels_as_python_and_unmarked_ones_do_not_move() -> None:
    picture("a.png")
    mark("m.png")
    assert main(["inpaint", "a.png", "--mask", "m.png", "-o", "out.png", "--grow", "2", "--quiet"]) == 0
    from_python = gan.Studio("cpu").inpaint("a.png", "m.png", grow_px=2).image
    with Image.open("out.png") as written:
        assert written.tobytes() == from_python.tobytes()
    assert changed("a.png", "out.png") == (BOX[0] - 2, BOX[1] - 2, BOX[2] + 2, BOX[3] + 2)


def test_the_mask_beside_each_picture_is_taken_and_is_no_picture(capsys: Any) -> None:
    picture("in/a.png")
    mark("in/a_mask.png")
    picture("in/deep/b.jpg")
    mark("in/deep/b_mask.png", (0, 0, 5, 5))
    picture("in/c.png")
    Path("in/bad.png").write_bytes(b"\x89PNG and then nothing")
    mark("in/bad_mask.png")
    assert main(["inpaint", "in", "-o", "out"]) == 2
    names = sorted(path.relative_to("out").as_posix() for path in Path("out").rglob("*.*"))
    assert names == ["a.png", "deep/b.jpg"]
    assert changed("in/a.png", "out/a.png") == BOX
    printed = capsys.readouterr()
    assert printed.err.splitlines()[1].startswith("in/c.png: mask: none for c.png; c_mask.png beside it, or --mask")
    assert printed.err.splitlines()[0].startswith("in/bad.png: image:")
    assert len(printed.err.splitlines()) == 2


def test_a_mask_is_a_picture_where_it_is_named_itself() -> None:
    mark("a_mask.png")
    mark("m.png", (0, 0, 4, 4))
    assert main(["inpaint", "a_mask.png", "--mask", "m.png", "-o", "out.png", "--quiet"]) == 0


@pytest.mark.parametrize("name", ["a.png", "a_mask.png", "a.webp", "a_mask.tif"])
def test_a_folder_of_masks_goes_by_name(name: str) -> None:
    picture("in/a.jpg")
    mark(f"masks/{name}", (1, 1, 9, 9))
    mark("in/a_mask.png")
    assert main(["inpaint", "in", "--mask", "masks", "-o", "out", "--format", "png", "--quiet"]) == 0
    assert changed("in/a.jpg", "out/a.png") == (1, 1, 9, 9)


def test_masks_in_sub_folders_mirror_the_pictures_or_lie_above() -> None:
    for place, box in (("x", (0, 0, 6, 6)), ("y", (8, 8, 16, 16))):
        picture(f"in/{place}/a.png")
        mark(f"in/masks/{place}/a.png", box)
    picture("in/y/b.png")
    mark("in/masks/b.png", (1, 2, 3, 4))
    assert main(["inpaint", "in", "--mask", "in/masks", "-o", "out", "--quiet"]) == 0
    assert changed("in/x/a.png", "out/x/a.png") == (0, 0, 6, 6)
    assert changed("in/y/a.png", "out/y/a.png") == (8, 8, 16, 16)
    assert changed("in/y/b.png", "out/y/b.png") == (1, 2, 3, 4)
    assert not Path("out/masks").exists()


def test_one_mask_serves_every_picture_of_its_size(capsys: Any) -> None:
    for index in range(2):
        picture(f"in/{index}.png", seed=index)
    picture("in/wide.png", (60, 30))
    mark("in/m.png")
    assert main(["inpaint", "in", "--mask", "in/m.png", "-o", "out", "--quiet"]) == 2
    assert sorted(path.name for path in Path("out").iterdir()) == ["0.png", "1.png"]
    assert changed("in/1.png", "out/1.png") == BOX
    error = capsys.readouterr().err
    assert error.startswith("in/wide.png: mask: 48 x 40 px mask, 60 x 30 px picture")


def test_an_extension_needs_no_mask_and_takes_none_that_was_not_named() -> None:
    picture("a.png")
    mark("a_mask.png")
    assert main(["inpaint", "a.png", "-o", "out.png", "--left", "8", "--bottom", "3", "--record", "--quiet"]) == 0
    made = pixels("out.png")
    assert made.shape == (HEIGHT + 3, WIDTH + 8, 3)
    assert (made[:HEIGHT, 8:] == pixels("a.png")).all()
    record = json.loads(Path("out.png.json").read_text())
    assert record["task"] == "inpaint"
    assert record["request"]["left"] == 8
    assert len(record["weights"]["inpaint"]) == 64
    assert main(["inpaint", "a.png", "-o", "square.png", "--aspect", "1:1", "--quiet"]) == 0
    assert pixels("square.png").shape == (WIDTH, WIDTH, 3)


@pytest.mark.parametrize(
    ("out", "options", "told"),
    [
        ("o.png", [], False),
        ("o.tif", [], False),
        ("o.jpg", [], True),
        ("o.avif", [], True),
        ("o.webp", [], True),
        ("o.webp", ["--lossless"], False),
    ],
)
def test_a_format_that_moves_unmarked_pixels_says_so(out: str, options: list[str], told: bool, capsys: Any) -> None:
    picture("a.png")
    mark("a_mask.png")
    assert main(["inpaint", "a.png", "-o", out, *options]) == 0
    assert (LOSSY in capsys.readouterr().out) == told
    assert told or changed("a.png", out) == BOX


def test_evaluate_prints_ours_beside_the_others_and_the_bars(capsys: Any) -> None:
    picture("data/photos/a.png", (256, 256))
    command = ["evaluate", "inpaint", "--data", "data", "--limit", "1", "--json", "figures.json", "--quiet"]
    assert main(command) == 0
    printed = capsys.readouterr().out
    for name in ("ours", "Telea", "Navier-Stokes", "biharmonic", "smooth", "photos, 1 pictures", "dB over Telea"):
        assert name in printed
    (figures,) = json.loads(Path("figures.json").read_text())
    assert figures["metrics"]["known pixels identical"]["value"] == 1
    assert set(figures["metrics"]["FD-lite2"]["baseline"]) == {"Telea", "Navier-Stokes", "biharmonic", "smooth"}
    assert len(figures["readings"]) == 5


def test_an_empty_mask_changes_nothing_and_says_so(capsys: Any) -> None:
    picture("a.png")
    mark("a_mask.png", (0, 0, 0, 0))
    assert main(["inpaint", "a.png", "-o", "out.png"]) == 0
    assert changed("a.png", "out.png") is None
    assert "The mask is empty" in capsys.readouterr().out


def marked(*options: str, source: str = "a.png") -> Array:
    assert main(["mask", source, "-o", "m.png", *options, "--quiet"]) == 0
    with Image.open("m.png") as made:
        assert made.mode == "L"
    return pixels("m.png")


def test_rectangles_are_united_and_inverted() -> None:
    picture("a.png")
    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    expected[2:7, 1:4] = 255
    expected[30:40, 40:48] = 255
    rectangles = ["--rectangle", "1,2,3,5", "--rectangle", "40,30,8,10"]
    assert (marked(*rectangles) == expected).all()
    assert (marked(*rectangles, "--invert") == 255 - expected).all()


def test_a_given_mask_is_begun_with_then_grown_and_feathered() -> None:
    picture("a.png")
    mark("old.png")
    assert (marked("--from", "old.png") == pixels("old.png")).all()
    grown = Image.fromarray(marked("--from", "old.png", "--grow", "3"))
    assert grown.getbbox() == (BOX[0] - 3, BOX[1] - 3, BOX[2] + 3, BOX[3] + 3)
    assert len(np.unique(marked("--from", "old.png", "--feather", "4"))) > 3
    shrunk = marked("--from", "old.png", "--invert", "--grow", "2")
    assert not shrunk[BOX[1] + 2 : BOX[3] - 2, BOX[0] + 2 : BOX[2] - 2].any()
    assert (shrunk == 0).sum() == 8 * 8  # the inverted mask grew into the old one


def test_transparency_and_colour() -> None:
    sheet = Image.new("RGBA", (WIDTH, HEIGHT), (0, 0, 255, 255))
    sheet.paste((255, 0, 0, 255), (4, 4, 10, 10))
    sheet.paste((250, 4, 4, 255), (20, 4, 30, 10))
    sheet.paste((0, 0, 255, 0), (30, 30, 40, 40))
    sheet.save("a.png")
    assert Image.fromarray(marked("--from-alpha")).getbbox() == (30, 30, 40, 40)
    assert Image.fromarray(marked("--color", "5,5")).getbbox() == (4, 4, 10, 10)
    assert Image.fromarray(marked("--color", "5,5", "--everywhere")).getbbox() == (4, 4, 30, 10)
    exact = marked("--color", "5,5", "--everywhere", "--tolerance", "0")
    assert Image.fromarray(exact).getbbox() == (4, 4, 10, 10)


def test_suggestions_are_those_of_python(monkeypatch: pytest.MonkeyPatch) -> None:
    picture("a.png")
    asked: list[tuple[tuple[str, ...], float]] = []

    def suggested(given: Any, *, kinds: tuple[str, ...], sensitivity: float) -> Any:
        asked.append((kinds, sensitivity))
        return gan.imaging.mask.rectangle(given.height_px, given.width_px, left=1, top=1, width=2, height=2)

    assert mask_command.KINDS == defects.KINDS
    monkeypatch.setattr(defects, "suggest", suggested)
    assert (marked("--suggest") > 0).sum() == 4
    marked("--suggest", "text", "dust", "--sensitivity", "0.8")
    assert asked == [(("scratches", "dust", "text"), 0.5), (("text", "dust"), 0.8)]


def test_masks_of_a_folder_serve_inpaint(capsys: Any) -> None:
    picture("in/a.jpg")
    picture("in/deep/b.png")
    Path("in/bad.png").write_bytes(b"nothing")
    assert main(["mask", "in", "--rectangle", "1,1,5,5", "-o", "masks"]) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith("in/bad.png: image:")
    assert "masks/a.png  48x40  1.30% marked" in printed.out
    Path("in/bad.png").unlink()
    assert main(["inpaint", "in", "--mask", "masks", "-o", "out", "--quiet"]) == 0
    assert changed("in/deep/b.png", "out/deep/b.png") == (1, 1, 6, 6)
