"""Every command alike: what cannot be is one line on standard error and status 2, and nothing is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gan.cli.main import main
from gan.imaging.color_grading import identity
from gan.imaging.io.cube import write_cube
from gan.stylize.presets import PRESETS

pytestmark = pytest.mark.usefixtures("workplace")

SIZE = WIDTH, HEIGHT = 48, 40
STYLED = ["--style", next(iter(PRESETS))]
PHOTOGRAPHIC = ["--kind", "photographic", "--quiet"]


@pytest.fixture(autouse=True)
def _given(workplace: Path) -> None:
    """Files of every kind that a refusal may be about: a photograph `a.png`, a cut-out `c.png`, masks, no pictures."""
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    Image.fromarray(noise).save("a.png")
    Image.new("RGB", SIZE, (200, 190, 180)).save("taken.png")
    for name, mode, paint in (("c.png", "RGBA", (180, 40, 40, 255)), ("m.png", "L", 255)):
        sheet = Image.new(mode, SIZE)
        sheet.paste(paint, (14, 10, 34, 32))
        sheet.save(name)
    Image.new("L", SIZE, 255).save("full.png")
    Image.new("L", SIZE).save("empty.png")
    Image.new("L", (4, 4), 255).save("small.png")
    for folder in ("none", "masks", "only"):
        Path(folder).mkdir()
    Image.new("L", SIZE, 255).save("only/x_mask.png")
    write_cube(identity(2), Path("look.cube"), title="none")


REFUSALS: dict[str, list[tuple[list[str], str]]] = {
    "enhance": [
        (["missing.png"], "missing.png"),
        (["a.png", "-o", "out.svg"], "out.svg"),
        (["a.png", "--strength", "2"], "strength: 2; 0 to 1"),
        (["a.png", "--width", "9999"], "width: 9999 px from 48 px"),
        (["a.png", "--sharpness", "7"], "sharpness: 7; 0 to 1"),
        (["a.png", "--model", "nobody-knows"], "nobody-knows"),
        (["a.png", "-o", "out.jpg", "--lossless"], "lossless"),
        (["a.png", "c.png", "-o", "taken.png"], "taken.png is a file"),
    ],
    "inpaint": [
        (["missing.png"], "missing.png"),
        (["a.png"], "mask: none for a.png; a_mask.png beside it"),
        (["a.png", "--mask", "missing.png"], "missing.png"),
        (["a.png", "--mask", "masks"], "mask: none for a.png in masks; a.png or a_mask.png is expected"),
        (["a.png", "--mask", "masks", "--left", "4"], "mask: none for a.png in masks"),
        (["a.png", "--mask", "small.png"], "mask: 4 x 4 px mask, 48 x 40 px picture"),
        (["a.png", "--mask", "full.png"], "mask: the whole picture is marked"),
        (["a.png", "--mask", "m.png", "--grow", "999"], "grow"),
        (["a.png", "--mask", "m.png", "--feather", "-1"], "feather"),
        (["a.png", "--left", "4", "--aspect", "1:1"], "aspect"),
        (["a.png", "--aspect", "round"], "aspect: round"),
        (["a.png", "--left", "-4"], "left: -4"),
        (["a.png", "--mask", "m.png", "--model", "nobody-knows"], "nobody-knows"),
        (["only"], "image: no picture below only"),
    ],
    "mask": [
        (["a.png"], "mask: nothing to mark was chosen; --suggest"),
        (["a.png", "--grow", "3"], "nothing to mark was chosen"),
        (["a.png", "--rectangle", "0,0,5,5", "-o", "out.jpg"], "output: out.jpg does not end in .png"),
        (["a.png", "--rectangle", "40,0,9,5"], "rectangle: 9 x 5 px from 40, 0"),
        (["a.png", "--color", "48,0"], "color: the pixel 48, 0"),
        (["a.png", "--color", "0,0", "--tolerance", "101"], "tolerance"),
        (["a.png", "--from-alpha"], "transparency"),
        (["a.png", "--from", "small.png"], "4 x 4 px mask, 48 x 40 px picture"),
        (["a.png", "--from", "missing.png"], "missing.png"),
        (["a.png", "--suggest", "--sensitivity", "2"], "sensitivity"),
        (["a.png", "--rectangle", "0,0,5,5", "--grow", "201"], "grow"),
    ],
    "stylize": [
        (["a.png", "--style", "look.cube", "--kind", "artistic"], "a.png: style: a .cube file was combined with"),
        (["a.png", *STYLED, "--strength", "1.5"], "a.png: strength: 1.5"),
        (["a.png", *STYLED, "--weight", "-1"], "a.png: weight: -1"),
        (["a.png", *STYLED, "--weight", "nan"], "a.png: weight: nan"),
        (["a.png", *STYLED, "--content-px", "0"], "a.png: content_px: 0"),
        (["a.png", *STYLED, "--style-px", "0"], "a.png: style_px: 0"),
        (["a.png", *STYLED, "--where", "product", "--mask", "small.png"], "a.png: mask: "),
        (["a.png", *STYLED, "--where", "ground", "--mask", "masks"], "a.png: mask: none for a.png in masks"),
        (["a.png", *STYLED, *PHOTOGRAPHIC, "--where", "product"], "a.png: where: the picture has no plain background"),
        (["a.png", "--sheet", "--strength", "-1"], "a.png: strength: -1"),
        (["a.png", *STYLED * 9], "style: 9 styles; 1 to 8 are allowed"),
        (["none", *STYLED, *PHOTOGRAPHIC], "image: no picture below none"),
    ],
    "cutout": [
        (["missing.png"], "missing.png"),
        (["c.png", "--ground", "nowhere.jpg"], "ground: nowhere.jpg; transparent, white, "),
        (["c.png", "--mask", "missing.png"], "missing.png"),
        (["c.png", "--mask", "small.png"], "mask: 4 x 4 px mask, 48 x 40 px picture"),
        (["c.png", "--keep", "small.png"], "4 x 4 px mask, 48 x 40 px picture"),
        (["c.png", "--drop", "full.png"], "no part of the product is left"),
        (["c.png", "--mask", "empty.png"], "mask: it is empty"),
        (["a.png", "--model", "nobody-knows"], "nobody-knows"),
        (["c.png", "--save-mask", "m.jpg"], "output: m.jpg does not end in .png"),
        (["c.png", "--save-mask", "c.png"], "output: c.png is a picture or its result already"),
        (["c.png", "--save-mask", "out.png"], "output: out.png is a picture or its result already"),
        (["c.png", "--ground", "full.txt"], "ground: full.txt"),
        (["none"], "image: no picture below none"),
    ],
    "recolor": [
        (["c.png", "--to", "blue-ish"], "blue-ish"),
        (["c.png", "--to", "3366CC", "--strength", "2"], "strength: 2; 0 to 1 is allowed"),
        (["c.png", "--to", "3366CC", "--protect", "small.png"], "4 x 4 px mask"),
    ],
    "frame": [
        (["c.png", "--fill", "0.05"], "fill: 0.05; 0.1 to 1 is allowed"),
        (["c.png", "--aspect", "9:1"], "aspect: 9:1"),
        (["c.png", "--width", "-1"], "width_px: -1; 0 to 20000 is allowed"),
        (["c.png", "--fill", "0.9", "--baseline", "0.5"], "baseline: "),
    ],
    "shadow": [
        (["c.png", "--softness", "2"], "softness: 2; 0 to 1 is allowed"),
        (["c.png", "--layer", "layer.webp"], "output: layer.webp does not end in .png"),
    ],
    "match": [
        (["c.png", "--reference", "missing.png"], "reference: "),
        (["c.png", "--reference", "a.png", "--model", "nobody-knows"], "nobody-knows"),
    ],
    "white": [(["c.png", "--mask", "small.png"], "4 x 4 px mask")],
    "crop": [
        (
            ["a.png", "--left", "100"],
            "a.png: width: 100 to 101 px of a picture of 48 px; a box within the picture is needed. "
            "Choose a smaller one.\n",
        )
    ],
    "perspective": [(["a.png", "--corners", "1,1 2,2"], "corners: 1,1 2,2; four corners such as")],
    "print": [(["a.png", "--pattern", "none.png"], "none.png")],
    "check": [
        (["a.png", "--channel", "nobody"], "channel: nobody is neither"),
        (["none", "--channel", "etsy"], "no picture below none"),
        (["missing.png", "--channel", "etsy"], "there is no file missing.png"),
    ],
    "export": [
        (["c.png", "--channel", "nobody", "-o", "out.zip"], "channel: nobody is neither"),
        (["c.png", "--channel", "etsy", "-o", "out.tar"], "out.tar does not end in .zip"),
        (["c.png", "--channel", "amazon", "-o", "out.zip", "--fill", "0.5"], "fill: 0.5"),
        (["c.png", "--channel", "etsy", "-o", "out.zip", "--fill", "0.5", "--no-repair"], "without repair"),
        (["none", "--channel", "etsy", "-o", "out.zip"], "no picture below none"),
    ],
}


@pytest.mark.parametrize(
    ("command", "said"), [([task, *line], said) for task, lines in REFUSALS.items() for line, said in lines]
)
def test_bad_input_is_one_line_and_status_2(command: list[str], said: str, capsys: Any) -> None:
    out = [] if "-o" in command or command[0] == "check" else ["-o", "out.png"]
    assert main([*command, *out]) == 2
    error = capsys.readouterr().err
    assert error.startswith(said) if command[0] in ("stylize", "crop") else said in error
    assert error.count("\n") == 1
    assert not list(Path().glob("out*"))


WRONG_MASKS = (["--rectangle", "1,2,3"], ["--color", "1,two"], ["--suggest", "hair"], ["--tolerance", "much"])
WRONG_STYLES = ("kind", "where", "strength", "weight")


@pytest.mark.parametrize(
    "command",
    [
        ["nonsense"],
        ["enhance", "a.png"],
        ["enhance", "a.png", "-o", "b", "--scale", "3"],
        ["recolor", "a.png", "-o", "out.png"],
        ["match", "a.png", "-o", "out.png"],
        ["shadow", "a.png", "-o", "out.png", "--kind", "long"],
        ["frame", "a.png", "-o", "out.png", "--fill", "x"],
        *(["mask", "a.png", "-o", "m.png", *wrong] for wrong in WRONG_MASKS),
        *(["stylize", "a.png", *STYLED, "-o", "out.png", f"--{name}", "x"] for name in WRONG_STYLES),
        ["export", "a.png", "--channel", "etsy"],
        ["export", "a.png", "-o", "a.zip"],
    ],
)
def test_bad_options_are_status_2(command: list[str], capsys: Any) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(command)
    assert stopped.value.code == 2
    assert "usage" in capsys.readouterr().err
