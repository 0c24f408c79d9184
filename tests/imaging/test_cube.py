"""Looks written as .cube files, read back by us and by others, and every file that is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from pillow_lut import load_cube_file

from gan.core.errors import InputError
from gan.imaging.color_grading import Look, identity
from gan.imaging.io.cube import encode_cube, read_cube, write_cube

CORNERS = "0 0 0\n1 0 0\n0 1 0\n1 1 0\n0 0 1\n1 0 1\n0 1 1\n1 1 1\n"
SMALLEST = "LUT_3D_SIZE 2\n" + CORNERS


def bent(size: int = 9) -> Look:
    """Another curve for each channel, with some of each channel in the next: no two axes can be mistaken."""
    x = identity(size).lattice
    return Look((0.7 * x ** torch.tensor([0.6, 1.0, 1.7]) + 0.3 * x.roll(1, -1)).contiguous())


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    look = bent()
    write_cube(look, tmp_path / "new" / "look.cube", title="A look")
    read = read_cube(tmp_path / "new" / "look.cube")
    assert read.name == "look.cube"
    torch.testing.assert_close(read.lattice, look.lattice, atol=1e-7, rtol=0)
    assert torch.equal(read_cube(encode_cube(look, title="")).lattice, read.lattice)


def test_another_reader_sees_the_same(tmp_path: Path) -> None:
    look = bent(17)
    write_cube(look, tmp_path / "look.cube", title="One")
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    table = load_cube_file(str(tmp_path / "look.cube"))
    assert (table.size, table.channels) == ((17, 17, 17), 3)
    theirs = np.asarray(Image.fromarray(pixels).filter(table)) / 255
    ours = look.apply(torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255)[0].permute(1, 2, 0).numpy()
    assert np.abs(ours - theirs).max() <= 1 / 255


def test_red_runs_fastest() -> None:
    look = read_cube(SMALLEST.encode())
    assert torch.equal(look.lattice, identity(2).lattice)


def test_the_title_stays_within_its_line_and_its_alphabet() -> None:
    text = encode_cube(identity(2), title='Herbst "2026"\n秋' + "x" * 400).decode("ascii")
    title = text.splitlines()[0]
    assert title.startswith("TITLE \"Herbst '2026' ?xx")
    assert title.count('"') == 2
    assert len(title) < 250
    assert torch.equal(read_cube(text.encode()).lattice, identity(2).lattice)


@pytest.mark.parametrize(
    "text",
    [
        SMALLEST.replace("\n", "\r\n"),
        "\ufeff" + SMALLEST,
        '# a comment\n\nTITLE "LUT_1D_SIZE 4"\n' + SMALLEST.replace("1 1 1\n", "1 1 1 # white\n\n"),
        "DOMAIN_MIN 0 0 0\nDOMAIN_MAX 1.0 1.0 1.0\n" + SMALLEST,
        "LUT_3D_INPUT_RANGE 0.0 1.0\n" + SMALLEST,
        SMALLEST.replace(" ", "\t"),
        SMALLEST.replace("1", "1e0").replace("2", "2"),
        SMALLEST.rstrip("\n"),
    ],
    ids=["CRLF", "BOM", "comments", "domain", "range", "tabs", "exponents", "no last newline"],
)
def test_what_others_write_is_read(text: str) -> None:
    assert torch.equal(read_cube(text.encode()).lattice, identity(2).lattice)


def test_values_beyond_the_range_are_clipped_only_where_they_are_applied() -> None:
    look = read_cube(SMALLEST.replace("1 1 1", "1.5 1.5 1.5").encode())
    assert look.lattice.max() == 1.5
    assert look.apply(torch.ones(1, 3, 1, 1)).max() == 1


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no text"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "no text"),
        (SMALLEST.encode("utf-16"), "no text"),
        (b"LUT_1D_SIZE 2\n0 0 0\n1 1 1\n", "one-dimensional"),
        (CORNERS.encode(), "no line LUT_3D_SIZE"),
        (b"LUT_3D_SIZE 1\n0 0 0\n", "size 1; 2 to 129"),
        (b"LUT_3D_SIZE 130\n0 0 0\n", "size 130; 2 to 129"),
        (b"LUT_3D_SIZE two\n0 0 0\n", "size two; 2 to 129"),
        (b"LUT_3D_SIZE\n0 0 0\n", "2 to 129"),
        (SMALLEST.replace("1 1 1\n", "").encode(), "7 colors for a size of 2; 8 are needed"),
        ((SMALLEST + "1 1 1\n").encode(), "9 colors for a size of 2"),
        (b"LUT_3D_SIZE 2\n", "0 colors"),
        (SMALLEST.replace("1 0 0", "1 0").encode(), "line 3 reads '1 0'"),
        (SMALLEST.replace("1 0 0", "1 0 0 0").encode(), "line 3 reads"),
        (SMALLEST.replace("1 0 0", "1 0 x").encode(), "line 3 reads '1 0 x'"),
        (SMALLEST.replace("1 0 0", "1 0 nan").encode(), "line 3 reads '1 0 nan'"),
        (SMALLEST.replace("1 0 0", "1 0 1e99").encode(), "line 3 reads '1 0 1e99'"),
        (("GAMUT wide\n" + SMALLEST).encode(), "line 1 reads 'GAMUT wide'"),
        (("DOMAIN_MAX 2 2 2\n" + SMALLEST).encode(), "DOMAIN_MAX 2 2 2; tables from 0 to 1"),
        (("DOMAIN_MIN -1 0 0\n" + SMALLEST).encode(), "DOMAIN_MIN -1 0 0"),
        (("DOMAIN_MIN zero\n" + SMALLEST).encode(), "DOMAIN_MIN zero"),
        (("LUT_3D_INPUT_RANGE 0 2\n" + SMALLEST).encode(), "LUT_3D_INPUT_RANGE 0 2"),
    ],
)
def test_what_is_no_look_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(InputError) as caught:
        read_cube(data)
    assert says in str(caught.value)
    assert caught.value.field == "look"


def test_a_file_that_is_not_there_or_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (tmp_path / "none.cube", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            read_cube(path)
    monkeypatch.setattr("gan.imaging.io.cube.MAX_BYTES", 2**20)
    (tmp_path / "long.cube").write_bytes(b"#" * (2**20 + 1))
    with pytest.raises(InputError, match="more than 1 MiB"):
        read_cube(tmp_path / "long.cube")
