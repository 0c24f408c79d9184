"""Looks as .cube files: "Cube LUT Specification", version 1.0 (Adobe, 2013), the three-dimensional kind."""

from __future__ import annotations

import io
from array import array
from pathlib import Path

import numpy as np
import torch

from gan.core.errors import InputError
from gan.core.files import write_atomic
from gan.imaging.color_grading import SIZES, Look
from gan.limits import MAX_CUBE_BYTES

TITLE_CHARACTERS = 200

_DOMAINS = {"DOMAIN_MIN": (0.0, 0.0, 0.0), "DOMAIN_MAX": (1.0, 1.0, 1.0), "LUT_3D_INPUT_RANGE": (0.0, 1.0)}
_LARGEST = float(np.finfo(np.float32).max)
_ALLOWED = "a .cube file with a three-dimensional table is needed"
_REMEDY = "Export the look again"


def write_cube(look: Look, path: Path, *, title: str) -> None:
    """Write a look as a file that photo and video editors read; whole or not at all.

    Args:
        path: folders that are missing are made.
        title: what editors show; characters beyond ASCII become question marks, as the format has none.

    Raises:
        OSError: the file cannot be written.
    """
    write_atomic(path, encode_cube(look, title=title))


def encode_cube(look: Look, *, title: str) -> bytes:
    """The content of such a file; see `write_cube`."""
    plain = " ".join(title.replace('"', "'").split())[:TITLE_CHARACTERS]
    head = f'TITLE "{plain}"\nLUT_3D_SIZE {look.size}\nDOMAIN_MIN 0 0 0\nDOMAIN_MAX 1 1 1\n'
    rows = look.lattice.reshape(-1, 3).tolist()  # red fastest, as the lattice lies
    body = "".join(f"{red:.7f} {green:.7f} {blue:.7f}\n" for red, green, blue in rows)
    return (head + body).encode("ascii", "replace")


def read_cube(source: str | Path | bytes) -> Look:
    """Read a look.

    Args:
        source: a file's path, or its content.

    Returns:
        The look, named as the file; values outside [0, 1] are kept, and clipped where the look is applied.

    Raises:
        InputError: no such file; too long; not a text; a one-dimensional table; another domain than 0 to 1; a size
            outside 2 to 129; too few or too many colours; a line that is none; a number that is not finite.
    """
    name = "" if isinstance(source, bytes) else Path(source).name
    data = source if isinstance(source, bytes) else _content(Path(source))
    if len(data) > MAX_CUBE_BYTES:
        raise InputError(
            "look",
            "the file has more than {most} MiB",
            _ALLOWED,
            "Choose a smaller table",
            most=MAX_CUBE_BYTES // 2**20,
        )
    if b"\0" in data or not data.strip():
        raise InputError("look", "the file is not text", _ALLOWED, "Choose another file")
    size, values = _table(data)
    if len(values) != 3 * size**3:
        raise InputError(
            "look",
            "{got} colors for a size of {size}",
            "{needed} are needed",
            _REMEDY,
            got=len(values) // 3,
            size=size,
            needed=size**3,
        )
    colors = np.frombuffer(values, np.float32).copy()
    return Look(torch.from_numpy(colors.reshape(size, size, size, 3)), name)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_CUBE_BYTES + 1)
    except OSError:
        raise InputError("look", "the file {name} cannot be read", _ALLOWED, "Check the path", name=str(path)) from None


def _table(data: bytes) -> tuple[int, array[float]]:
    """The table's size, and its numbers in the order of the lines.

    One line is in memory at a time, and reading ends where there are more colors than the largest table has.
    """
    size, values = 0, array("f")
    lines = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", errors="replace")
    for number, line in enumerate(lines, start=1):
        content = line.partition("#")[0].split()
        if not content or content[0].startswith("TITLE"):
            continue
        if content[0][0] in "+-.0123456789":
            if len(values) >= 3 * SIZES[1] ** 3:
                raise _bad_line(number, line)
            values.extend(_color(content, number, line))
        elif content[0] == "LUT_3D_SIZE":
            size = _size(" ".join(content[1:]))
        elif content[0] in _DOMAINS:
            _check_domain(content[0], " ".join(content[1:]))
        elif content[0].startswith("LUT_1D"):
            raise InputError("look", "a one-dimensional table", _ALLOWED, "Export a 3D table instead")
        else:
            raise _bad_line(number, line)
    if not size:
        raise InputError("look", "the line LUT_3D_SIZE is missing", _ALLOWED, _REMEDY)
    return size, values


def _color(content: list[str], number: int, line: str) -> tuple[float, ...]:
    try:
        color = tuple(map(float, content))
    except ValueError:
        color = ()
    if len(color) != 3 or not all(-_LARGEST <= value <= _LARGEST for value in color) or "_" in line:
        raise _bad_line(number, line)
    return color


def _size(rest: str) -> int:
    least, most = SIZES
    if not (rest.strip().isdecimal() and least <= int(rest) <= most):
        raise InputError(
            "look",
            "a table of size {size}",
            "{least} to {most} is allowed",
            "Export a table of size 33 or 65",
            size=rest.strip()[:40],
            least=least,
            most=most,
        )
    return int(rest)


def _check_domain(keyword: str, rest: str) -> None:
    try:
        given = tuple(float(part) for part in rest.split())
    except ValueError:
        given = ()
    if given != _DOMAINS[keyword]:
        raise InputError(
            "look",
            "{keyword} {given}",
            "only tables from 0 to 1 are supported",
            "Export the look for that range",
            keyword=keyword,
            given=rest.strip()[:80],
        )


def _bad_line(number: int, line: str) -> InputError:
    return InputError(
        "look",
        "line {number} reads {line}",
        "three numbers or a word of the .cube format are needed",
        _REMEDY,
        number=number,
        line=repr(line.strip()[:40]),
    )
