"""The product's commands, `cutout` to `match`: same pixels as Python, what is told and written beside, refusals."""

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
from gan.cli.main import main
from gan.cli.task import NO_TRANSPARENCY

pytestmark = pytest.mark.usefixtures("workplace")

WIDTH, HEIGHT = 48, 40
BOX = (14, 10, 34, 32)
"""Left, top, right, bottom of the product."""

GROUND, PRODUCT = (200, 190, 180), (180, 40, 40)

Array = npt.NDArray[np.uint8]
Box = tuple[int, int, int, int]


def scene(name: str, box: Box = BOX, ground: tuple[int, int, int] = GROUND) -> str:
    """A product on its ground."""
    sheet = Image.new("RGB", (WIDTH, HEIGHT), ground)
    sheet.paste(PRODUCT, box)
    return saved(sheet, name)


def clear(name: str, box: Box = BOX) -> str:
    """The product alone: no network is needed to find it."""
    sheet = Image.new("RGBA", (WIDTH, HEIGHT), (0, 0, 0, 0))
    sheet.paste((*PRODUCT, 255), box)
    return saved(sheet, name)


def mark(name: str, box: Box = BOX, size: tuple[int, int] = (WIDTH, HEIGHT)) -> str:
    sheet = Image.new("L", size)
    sheet.paste(255, box)
    return saved(sheet, name)


def saved(image: Image.Image, name: str) -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    image.save(name)
    return name


def pixels(path: str | Path, mode: str = "RGB") -> Array:
    with Image.open(path) as image:
        return np.asarray(image.convert(mode))


def seen(path: str | Path) -> Box | None:
    """The box of what is more opaque than transparent."""
    return Image.fromarray(pixels(path, "RGBA")[..., 3] > 127).getbbox()


def below(folder: str) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*.*"))


def test_a_cut_out_is_the_one_of_python() -> None:
    scene("a.jpg")
    mark("m.png")
    assert main(["cutout", "a.jpg", "--mask", "m.png", "-o", "out.png", "--quiet"]) == 0
    from_python = gan.Studio("cpu").cutout("a.jpg", mask="m.png").image
    with Image.open("out.png") as written:
        assert written.mode == "RGBA"
        assert written.tobytes() == from_python.tobytes()
    assert seen("out.png") == BOX


@pytest.mark.parametrize(
    ("ground", "corner"),
    [("white", (255, 255, 255)), ("#1f6feb", (31, 111, 235)), ("E0e0E0", (224, 224, 224)), ("sky.png", (9, 99, 199))],
)
def test_grounds(ground: str, corner: tuple[int, int, int]) -> None:
    clear("a.png")
    saved(Image.new("RGB", (7, 5), (9, 99, 199)), "sky.png")
    assert main(["cutout", "a.png", "--ground", ground, "-o", "out.png", "--quiet"]) == 0
    with Image.open("out.png") as written:
        assert written.mode == "RGB"
    made = pixels("out.png")
    assert tuple(made[0, 0]) == corner
    assert (made[BOX[1] : BOX[3], BOX[0] : BOX[2]] == PRODUCT).all()


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ([], ["a.png", "b.png", "c.webp", "deep/d.png"]),
        (["--ground", "white"], ["a.png", "b.jpg", "c.webp", "deep/d.JPEG"]),
        (["--format", "avif"], ["a.avif", "b.avif", "c.avif", "deep/d.avif"]),
    ],
)
def test_what_is_transparent_never_becomes_jpeg_unasked(options: list[str], names: list[str]) -> None:
    for name in ("a.bmp", "b.jpg", "c.webp", "deep/d.JPEG"):
        scene(f"in/{name}")
    mark("m.png")
    assert main(["cutout", "in", "--mask", "m.png", "-o", "out", "--quiet", *options]) == 0
    assert below("out") == names


def test_transparency_in_a_jpeg_is_laid_on_white_and_told(capsys: Any) -> None:
    clear("a.png")
    assert main(["cutout", "a.png", "-o", "out.jpg"]) == 0
    assert NO_TRANSPARENCY in capsys.readouterr().out
    assert tuple(pixels("out.jpg")[0, 0]) == (255, 255, 255)
    assert main(["cutout", "a.png", "-o", "out.jpg", "--ground", "white"]) == 0
    assert NO_TRANSPARENCY not in capsys.readouterr().out


def test_share_and_confidence_are_told(capsys: Any) -> None:
    clear("a.png")
    assert main(["cutout", "a.png", "-o", "out.png"]) == 0
    line = capsys.readouterr().out
    assert line.startswith("out.png  48x40  ")
    assert "product 22.9% of the picture, confidence 1.00" in line


@pytest.mark.parametrize("ground", ["transparent", "white"])
def test_the_mask_is_written_beside_whatever_the_ground(ground: str) -> None:
    clear("a.png")
    command = ["cutout", "a.png", "-o", "out.png", "--save-mask", "found.png", "--ground", ground, "--quiet"]
    assert main(command) == 0
    with Image.open("found.png") as mask:
        assert mask.mode == "L"
        assert mask.getbbox() == BOX
        assert mask.getextrema() == (0, 255)


def test_masks_of_a_folder_serve_the_next_command() -> None:
    clear("in/a.png")
    clear("in/deep/b.webp", (2, 2, 20, 30))
    assert main(["cutout", "in", "-o", "out", "--save-mask", "out", "--quiet"]) == 0
    assert below("out") == ["a.png", "a_mask.png", "deep/b.webp", "deep/b_mask.png"]
    scene("photos/a.png")
    scene("photos/deep/b.webp", (2, 2, 20, 30))
    assert main(["cutout", "photos", "--mask", "out", "-o", "again", "--quiet"]) == 0
    assert (seen("again/a.png"), seen("again/deep/b.webp")) == (BOX, (2, 2, 20, 30))


def test_strokes_correct_what_was_marked() -> None:
    clear("a.png", (10, 8, 38, 34))
    mark("drop.png", (0, 0, WIDTH, 20))
    assert main(["cutout", "a.png", "--drop", "drop.png", "-o", "out.png", "--quiet"]) == 0
    assert (pixels("out.png", "RGBA")[8:14, :, 3] == 0).all()
    assert (pixels("out.png", "RGBA")[28:34, 10:38, 3] == 255).all()
    mark("keep.png", (0, 0, 10, HEIGHT))
    assert main(["cutout", "a.png", "--keep", "keep.png", "-o", "out.png", "--quiet"]) == 0
    assert (pixels("out.png", "RGBA")[12:30, 1:5, 3] == 255).all()


TASKS: dict[str, list[str]] = {
    "cutout": [],
    "recolor": ["--to", "3366CC"],
    "frame": [],
    "shadow": [],
    "white": [],
    "match": ["--reference", "ref.png"],
}


@pytest.mark.parametrize(("task", "options"), TASKS.items())
def test_bad_files_are_named_and_the_others_go_on(task: str, options: list[str], capsys: Any) -> None:
    scene("ref.png")
    mark("ref_mask.png")
    scene("in/a.png")
    scene("in/deep/b.jpg")
    scene("in/none.png")
    Path("in/bad.png").write_bytes(b"\x89PNG and then nothing")
    for name in ("a", "bad", "deep/b"):
        mark(f"masks/{name}.png")
    options = ["--reference", clear("ref.png")] if task == "match" else options
    assert main([task, "in", "--mask", "masks", *options, "-o", "out", "--record"]) == 2
    written = [name for name in below("out") if not name.endswith(".json")]
    assert [Path(name).stem for name in written] == ["a", "b"]
    printed = capsys.readouterr()
    assert [line.split(": ")[0] for line in printed.err.splitlines()] == ["in/bad.png", "in/none.png"]
    assert printed.out.splitlines()[2:] == ["2 of 4 made, 2 could not be"]
    record = json.loads(Path(f"out/{written[0]}.json").read_text())
    assert (record["task"], record["request"]["mask"]) == (task, "a.png")


@pytest.mark.parametrize(("task", "options"), TASKS.items())
def test_help_names_every_option_of_its_task(task: str, options: list[str], capsys: Any) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([task, "--help"])
    assert stopped.value.code == 0
    told = capsys.readouterr().out
    for option in ("IN", "--output", "--mask", "--model", "--record", "--quality", "--device", "--quiet", *options[:1]):
        assert option in told


def test_one_colour_goes_to_out_itself_and_several_to_a_file_each(capsys: Any) -> None:
    scene("a.jpg")
    mark("m.png")
    command = ["recolor", "a.jpg", "--mask", "m.png", "--to"]
    assert main([*command, "#2040c0", "-o", "blue.png", "--record"]) == 0
    printed = capsys.readouterr().out
    (target,) = json.loads(Path("blue.png.json").read_text())["details"]["targets"]
    assert target["delta_e_before"] > 20 > 4 > target["delta_e"]
    said = f"colour difference {target['delta_e_before']:.1f} -> {target['delta_e']:.1f}"
    assert printed.startswith("blue.png  48x40  ")
    assert said in printed
    assert main([*command, "2040C0", "--to", "#20a040", "-o", "out.webp", "--lossless"]) == 0
    assert below(".") == ["a.jpg", "blue.png", "blue.png.json", "m.png", "out_2040C0.webp", "out_20A040.webp"]
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["out_2040C0.webp", "out_20A040.webp"]
    assert said in lines[0]
    assert (pixels("out_2040C0.webp") == pixels("blue.png")).all()
    from_python = gan.Studio("cpu").recolor("a.jpg", "#2040C0", mask="m.png").image
    assert (np.asarray(from_python) == pixels("blue.png")).all()


def test_recolor_answers_to_its_former_name() -> None:
    scene("a.jpg")
    mark("m.png")
    options = ["a.jpg", "--mask", "m.png", "--to", "2040C0", "--quiet", "-o"]
    assert main(["recolor", *options, "new.png"]) == main(["recolour", *options, "old.png"]) == 0
    assert (pixels("new.png") == pixels("old.png")).all()
    from_python = gan.Studio("cpu").recolour("a.jpg", "2040C0", mask="m.png").image
    assert (np.asarray(from_python) == pixels("new.png")).all()


def test_what_is_protected_or_outside_keeps_its_pixels() -> None:
    scene("in/a.png")
    mark("m.png")
    mark("p.png", (0, 0, WIDTH, 20))
    options = ["--mask", "m.png", "--protect", "p.png", "--to", "2040C0", "--to", "20A040"]
    assert main(["recolor", "in", *options, "-o", "out", "--quiet"]) == 0
    assert below("out") == ["a_2040C0.png", "a_20A040.png"]
    for name in below("out"):
        moved = (pixels(f"out/{name}") != pixels("in/a.png")).any(2)
        left, top, right, bottom = Image.fromarray(moved).getbbox() or (0, 0, 0, 0)
        assert (left, right, bottom) == (BOX[0], BOX[2], BOX[3])
        assert top >= 20


def test_frame_measures_what_it_made(capsys: Any) -> None:
    clear("a.png")
    canvas = ["--fill", "0.8", "--width", "100", "--aspect", "4:5", "--baseline", "0.88"]
    assert main(["frame", "a.png", *canvas, "-o", "out.png"]) == 0
    left, top, right, bottom = seen("out.png") or (0, 0, 0, 0)
    assert pixels("out.png").shape == (125, 100, 3)
    assert bottom == round(0.88 * 125)
    assert max((right - left) / 100, (bottom - top) / 125) == pytest.approx(0.8, abs=0.011)
    assert "  fill 80" in capsys.readouterr().out
    from_python = gan.Studio("cpu").frame("a.png", fill=0.8, width_px=100, aspect="4:5", baseline=0.88).image
    assert (np.asarray(from_python) == pixels("out.png", "RGBA")).all()


def test_frame_on_a_ground_of_its_own() -> None:
    scene("in/a.jpg")
    mark("m.png")
    for ground, name, mode in (("transparent", "a.png", "RGBA"), ("white", "a.jpg", "RGB")):
        command = ["frame", "in", "--mask", "m.png", "--ground", ground, "-o", ground, "--quiet"]
        assert main(command) == 0
        with Image.open(f"{ground}/{name}") as made:
            assert (made.mode, made.width) == (mode, made.height)


def test_a_shadow_and_its_layer() -> None:
    clear("a.png")
    options = ["--kind", "drop", "--angle", "120", "--opacity", "0.6", "--length", "0.2", "--softness", "0.1"]
    assert main(["shadow", "a.png", *options, "-o", "out.png", "--layer", "alone.png", "--quiet"]) == 0
    baked, layer = (
        gan.Studio("cpu").shadow("a.png", kind="drop", angle_deg=120.0, opacity=0.6, length=0.2, softness=0.1).images
    )
    for name, image in (("out.png", baked), ("alone.png", layer)):
        with Image.open(name) as written:
            assert written.tobytes() == image.tobytes()
    assert seen("alone.png")


def test_layers_of_a_folder() -> None:
    clear("in/a.png")
    clear("in/deep/b.png")
    assert main(["shadow", "in", "-o", "out", "--layer", "layers", "--ground", "white", "--quiet"]) == 0
    assert below("out") == ["a.png", "deep/b.png"]
    assert below("layers") == ["a_shadow.png", "deep/b_shadow.png"]


def test_white_is_measured_again_in_the_file(capsys: Any) -> None:
    scene("a.png", ground=(250, 252, 253))
    mark("m.png")
    command = ["white", "a.png", "--mask", "m.png", "-o"]
    assert main([*command, "out.png"]) == 0
    assert "off-white ground 100.00% -> 0.00%" in capsys.readouterr().out
    assert (pixels("out.png")[: BOX[1]] == 255).all()
    assert main([*command, "out.jpg", "--quality", "30"]) == 0
    after = float(capsys.readouterr().out.partition("-> ")[2].split("%")[0])
    ground = np.ones((HEIGHT, WIDTH), bool)
    ground[BOX[1] : BOX[3], BOX[0] : BOX[2]] = False
    assert 0 < after == round(100 * float((pixels("out.jpg") < 255).any(2)[ground].mean()), 2)


def test_a_shadow_stays_on_white_where_it_is_to() -> None:
    column = np.linspace(1, 0.7, HEIGHT)[:, None, None]
    sheet = Image.fromarray((np.ones((HEIGHT, WIDTH, 3)) * 240 * column).astype(np.uint8))
    sheet.paste(PRODUCT, BOX)
    saved(sheet, "a.png")
    mark("m.png")
    for name, options in (("plain.png", []), ("kept.png", ["--keep-shadow"])):
        assert main(["white", "a.png", "--mask", "m.png", "-o", name, *options, "--quiet"]) == 0
        made = gan.Studio("cpu").white("a.png", mask="m.png", keep_shadow=bool(options)).image
        with Image.open(name) as written:
            assert written.tobytes() == made.tobytes()


def test_a_match_is_the_one_of_python_and_tells_the_difference(capsys: Any) -> None:
    clear("a.png", (4, 4, 24, 26))
    clear("ref.png")
    chosen: dict[str, bool] = {}
    for name in ("fill", "baseline", "white-balance", "exposure"):
        options = [f"--no-{given.replace('_', '-')}" for given in chosen]
        assert main(["match", "a.png", "--reference", "ref.png", *options, "-o", "out.png"]) == 0
        made = gan.Studio("cpu").match("a.png", "ref.png", **chosen)
        with Image.open("out.png") as written:
            assert written.tobytes() == made.image.tobytes()
        assert "colour difference product 0.0" in capsys.readouterr().out
        chosen[name.replace("-", "_")] = False
    assert main(["match", "a.png", "--reference", "ref.png", "--no-exposure", *options, "-o", "out.png"]) == 2
    assert "Choose at least one" in capsys.readouterr().err
    assert main(["match", "a.png", "--reference", "ref.png", "--no-exposure", "--shadow", *options, "-o", "s.png"]) == 0
