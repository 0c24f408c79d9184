"""`stylize` on the command line: same pixels as Python, one look for a folder, sheets, .cube files, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image

import gan
import gan.api
from gan.cli.main import main
from gan.imaging.color_grading import identity, matched
from gan.imaging.io.codec import decode
from gan.imaging.io.cube import read_cube, write_cube
from gan.imaging.io.formats import LOSSY
from gan.stylize.presets import PRESETS

pytestmark = pytest.mark.usefixtures("workplace")

SIZE = (64, 48)
BOX = (20, 12, 44, 36)
"""Left, top, right, bottom of the product."""

PRESET, OTHER = tuple(PRESETS)[:2]
PHOTOGRAPHIC = ["--kind", "photographic", "--quiet"]

Array = npt.NDArray[np.uint8]


def picture(name: str, color: tuple[int, int, int] = (120, 90, 60), size: tuple[int, int] = SIZE) -> None:
    """Soft noise around a colour."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(sum(color)).normal(0, 25, (size[1], size[0], 3))
    Image.fromarray((np.asarray(color) + noise).clip(0, 255).astype(np.uint8)).save(path)


def mark(name: str, box: tuple[int, int, int, int] = BOX) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet = Image.new("L", SIZE)
    sheet.paste(255, box)
    sheet.save(path)


def pixels(path: str | Path) -> Array:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def changed(before: str, after: str) -> tuple[int, int, int, int] | None:
    """The box around every pixel that differs; None where none does."""
    return Image.fromarray((pixels(before) != pixels(after)).any(2)).getbbox()


def spoken(capsys: Any) -> list[str]:
    """The lines on standard error."""
    lines: list[str] = capsys.readouterr().err.splitlines()
    return lines


# Same pixels


def test_same_pixels_as_python() -> None:
    picture("a.png")
    picture("s.jpg", (30, 90, 160))
    options = ["--strength", "0.7", "--preserve-color", "--content-px", "64", "--style-px", "96", "--quiet"]
    assert main(["stylize", "a.png", "--style", PRESET, "--style", "s.jpg", *options, "-o", "mixed.png"]) == 0
    asked: dict[str, Any] = {"strength": 0.7, "preserve_color": True, "content_px": 64, "style_px": 96}
    from_python = gan.Studio("cpu").stylize("a.png", style=[PRESET, "s.jpg"], weights=[0.5, 0.5], **asked).image
    with Image.open("mixed.png") as written:
        assert written.tobytes() == from_python.tobytes()
    assert changed("a.png", "mixed.png") is not None


def test_same_pixels_as_python_photographic() -> None:
    picture("a.png")
    picture("s.jpg", (30, 90, 160))
    options = ["--weight", "3", "--weight", "1", *PHOTOGRAPHIC]
    assert main(["stylize", "a.png", "--style", "s.jpg", "--style", PRESET, *options, "-o", "out.png"]) == 0
    asked: dict[str, Any] = {"kind": "photographic", "weights": [3.0, 1.0]}
    from_python = gan.Studio("cpu").stylize("a.png", style=["s.jpg", PRESET], **asked).image
    with Image.open("out.png") as written:
        assert written.tobytes() == from_python.tobytes()


def test_strength_0_is_the_input() -> None:
    picture("a.png")
    assert main(["stylize", "a.png", "--style", PRESET, "--strength", "0", "-o", "out.png", "--quiet"]) == 0
    assert changed("a.png", "out.png") is None


def test_a_record_is_written_beside_the_picture() -> None:
    picture("a.png")
    assert main(["stylize", "a.png", "--style", PRESET, *PHOTOGRAPHIC, "--record", "-o", "out.webp"]) == 0
    record = json.loads(Path("out.webp.json").read_text())
    assert record["task"] == "stylize"
    assert record["request"]["kind"] == "photographic"


# Folders


def test_a_folder_gets_one_look_that_suits_all(capsys: Any) -> None:
    picture("in/dark.png", (60, 50, 40))
    picture("in/deep/light.png", (180, 190, 200))
    Path("in/bad.png").write_bytes(b"\x89PNG and then nothing")
    picture("s.png", (130, 80, 60))
    assert main(["stylize", "in", "--style", "s.png", "-o", "out", *PHOTOGRAPHIC]) == 2
    (line,) = spoken(capsys)
    assert line.startswith("in/bad.png: image:")
    contents = [decode(path).rgb for path in ("in/dark.png", "in/deep/light.png")]
    look = matched(contents, [decode("s.png").rgb], [1], covers=[None, None])
    for name, content in zip(("dark.png", "deep/light.png"), contents, strict=True):
        made = torch.from_numpy(pixels(f"out/{name}").copy()).permute(2, 0, 1)[None] / 255
        assert float((made - look.apply(content)).abs().max()) <= 1 / 255
    assert main(["stylize", "in/dark.png", "in/deep/light.png", "--style", "s.png", "-o", "two", *PHOTOGRAPHIC]) == 0
    assert changed("two/dark.png", "out/dark.png") is None


def test_each_picture_is_matched_by_itself_where_that_is_asked() -> None:
    picture("in/dark.png", (60, 50, 40))
    picture("in/light.png", (180, 190, 200))
    picture("s.png", (130, 80, 60))
    assert main(["stylize", "in", "--style", "s.png", "-o", "out", "--each", *PHOTOGRAPHIC]) == 0
    assert main(["stylize", "in/dark.png", "--style", "s.png", "-o", "alone.png", *PHOTOGRAPHIC]) == 0
    assert main(["stylize", "in", "--style", "s.png", "-o", "together", *PHOTOGRAPHIC]) == 0
    assert changed("alone.png", "out/dark.png") is None
    assert changed("alone.png", "together/dark.png") is not None


def test_odd_files_of_a_folder(capsys: Any) -> None:
    picture("in/grey.png")
    Image.open("in/grey.png").convert("L").save("in/grey.png")
    Image.new("RGBA", (5, 3), (200, 10, 10, 128)).save("in/glass.png")
    Image.new("RGB", (1, 1), "teal").save("in/dot.gif")
    Path("in/notes.txt").write_text("no picture")
    Path("in/empty.jpg").touch()
    assert main(["stylize", "in", "--style", PRESET, "-o", "out", *PHOTOGRAPHIC]) == 2
    (line,) = spoken(capsys)
    assert line.startswith("in/empty.jpg: image:")
    assert sorted(path.name for path in Path("out").iterdir()) == ["dot.png", "glass.png", "grey.png"]
    with Image.open("out/glass.png") as image:
        assert image.getchannel("A").getextrema() == (128, 128)


def test_where_no_picture_can_be_used_each_says_why(capsys: Any) -> None:
    for name in ("a.png", "b.png"):
        Path("in").mkdir(exist_ok=True)
        Path("in", name).write_bytes(b"nothing")
    assert main(["stylize", "in", "--style", PRESET, "-o", "out", *PHOTOGRAPHIC]) == 2
    assert [line.partition(":")[0] for line in spoken(capsys)] == ["in/a.png", "in/b.png"]


# Where


@pytest.mark.parametrize("given", ["in/a_mask.png", "in", "masks"])
def test_only_the_product_changes_or_only_the_ground(given: str) -> None:
    picture("in/a.png")
    mark("in/a_mask.png")
    mark("masks/a.png")
    picture("s.png", (30, 90, 160))
    asked = ["stylize", "in", "--style", "s.png", "--mask", given, *PHOTOGRAPHIC]
    assert main([*asked, "--where", "product", "-o", "product"]) == 0
    assert main([*asked, "--where", "ground", "-o", "ground"]) == 0
    assert changed("in/a.png", "product/a.png") == BOX
    left, top, right, bottom = BOX
    inside = (slice(top, bottom), slice(left, right))
    assert (pixels("ground/a.png")[inside] == pixels("in/a.png")[inside]).all()
    assert (pixels("ground/a.png") != pixels("in/a.png")).any()
    assert [path.name for path in Path("product").iterdir()] == ["a.png"]


@pytest.mark.parametrize(("out", "told"), [("o.png", False), ("o.jpg", True)])
def test_a_format_that_moves_what_must_not_move_says_so(out: str, told: bool, capsys: Any) -> None:
    picture("a.png")
    mark("m.png")
    asked = ["stylize", "a.png", "--style", PRESET, "--kind", "photographic", "-o", out]
    assert main([*asked, "--where", "product", "--mask", "m.png"]) == 0
    assert (LOSSY in capsys.readouterr().out) == told
    assert main(asked) == 0
    assert LOSSY not in capsys.readouterr().out


# Looks as files


def test_a_look_is_written_and_does_the_same_again() -> None:
    for name, color in (("in/dark.png", (60, 50, 40)), ("in/light.png", (180, 190, 200))):
        picture(name, color)
    options = ["--strength", "0.6", "--cube", "looks/warm.cube"]
    assert main(["stylize", "in", "--style", PRESET, "-o", "out", *options, *PHOTOGRAPHIC]) == 0
    assert f'TITLE "{PRESET}"' in Path("looks/warm.cube").read_text(encoding="ascii")
    assert main(["stylize", "in", "--style", "looks/warm.cube", "-o", "again", "--quiet"]) == 0
    for name in ("dark.png", "light.png"):
        before, after = (pixels(f"{folder}/{name}").astype(int) for folder in ("out", "again"))
        assert abs(before - after).max() <= 1
    assert changed("in/dark.png", "out/dark.png") is not None


def test_one_picture_s_look_is_its_own() -> None:
    picture("a.png")
    picture("s.png", (30, 90, 160))
    assert main(["stylize", "a.png", "--style", "s.png", "-o", "o.png", "--cube", "l.CUBE", *PHOTOGRAPHIC]) == 0
    look = matched([decode("a.png").rgb], [decode("s.png").rgb], [1], covers=[None])
    assert torch.allclose(read_cube("l.CUBE").lattice, look.lattice, atol=1e-6)


# Sheets and lists


def test_a_sheet_shows_all_presets_or_those_that_are_named() -> None:
    picture("in/a.png")
    picture("in/b.jpg")
    assert main(["stylize", "in", "--sheet", "-o", "out", "--quiet"]) == 0
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.png", "b.jpg"]
    assert (
        main(["stylize", "in/a.png", "--sheet", "--style", PRESET, "--style", OTHER, "-o", "two.png", "--quiet"]) == 0
    )
    with Image.open("out/a.png") as all_of_them, Image.open("two.png") as two:
        assert all_of_them.height > two.height
        assert two.width > 2 * SIZE[0]


def test_the_list_needs_no_picture(capsys: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["stylize", "--list"])
    assert ended.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(maxsplit=1) for line in lines] == [[name, preset.title] for name, preset in PRESETS.items()]


# Refusals

STYLED = ["--style", PRESET]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "style: missing"),
        (["--style", "no-such-style"], "style: there is no preset no-such-style; the presets are "),
        (["--style", "missing.jpg"], "style: "),
        (["--style", "text.jpg"], "style: "),
        (["--style", "text.cube"], "look: "),
        (["--style", "look.cube", *STYLED], "style: 2 styles with a .cube file"),
        ([*STYLED, "--weight", "1", "--weight", "2"], "weight: 2 weights for 1 styles"),
        ([*STYLED, "--mask", "m.png"], "mask: a mask was given for the whole picture"),
        ([*STYLED, "--where", "product", "--mask", "missing.png"], "mask: "),
        ([*STYLED, "--cube", "l.cube"], "cube: the artistic kind"),
        (["--style", "look.cube", "--kind", "artistic", "--cube", "l.cube"], "cube: the artistic kind"),
        ([*STYLED, *PHOTOGRAPHIC, "--cube", "l.cube", "--each"], "cube: --each"),
        ([*STYLED, *PHOTOGRAPHIC, "--cube", "l.png"], "cube: l.png does not end in .cube"),
        (["--sheet", "--style", "text.jpg"], "style: there is no preset text.jpg"),
        (["--sheet", "--kind", "photographic"], "sheet: --kind photographic beside --sheet"),
        (["--sheet", "--weight", "1", "--cube", "l.cube"], "sheet: --weight, --cube beside --sheet"),
        (["--sheet", "--content-px", "0", "--each"], "sheet: --content-px, --each beside --sheet"),
    ],
)
def test_a_refusal_is_one_line_before_any_picture_is_read(options: list[str], sentence: str, capsys: Any) -> None:
    _given()
    assert main(["stylize", "missing.png", "also-missing.png", "-o", "out", *options]) == 2
    (line,) = spoken(capsys)
    assert line.startswith(sentence)
    assert not Path("out").exists()


def _given() -> None:
    """Files of every kind that a refusal may be about."""
    Path("masks").mkdir()
    Path("text.jpg").write_text("no picture")
    Path("text.cube").write_text("no look")
    write_cube(identity(2), Path("look.cube"), title="none")
    mark("m.png")
    Image.new("L", (5, 5), 255).save("small.png")
