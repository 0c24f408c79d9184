"""Looks as .cube files: "Cube LUT Specification", version 1.0 (Adobe, 2013), the three-dimensional kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from gan.core.errors import InputError
from gan.core.files import write_atomic
from gan.imaging.color_grading import SIZES, Look

MAX_BYTES = 128 * 2**20
TITLE_CHARACTERS = 200

_DOMAINS = {"DOMAIN_MIN": (0.0, 0.0, 0.0), "DOMAIN_MAX": (1.0, 1.0, 1.0), "LUT_3D_INPUT_RANGE": (0.0, 1.0)}
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
    if len(data) > MAX_BYTES:
        raise InputError(
            "look",
            "a file of more than {most} MiB",
            _ALLOWED,
            "Choose a smaller table",
            most=MAX_BYTES // 2**20,
        )
    text = data.decode("utf-8-sig", "replace")
    if "\0" in text or not text.strip():
        raise InputError("look", "a file that is no text", _ALLOWED, "Choose another file")
    size, lines = _head(text)
    colors = _colors(lines)
    if len(colors) != size**3:
        raise InputError(
            "look",
            "{got} colors for a size of {size}",
            "{needed} are needed",
            _REMEDY,
            got=len(colors),
            size=size,
            needed=size**3,
        )
    return Look(torch.from_numpy(colors).reshape(size, size, size, 3), name)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError:
        raise InputError("look", "the file {name} cannot be read", _ALLOWED, "Check the path", name=str(path)) from None


def _head(text: str) -> tuple[int, list[tuple[int, str]]]:
    """The table's size, and the numbered lines of its colours."""
    size, colors = 0, []
    for number, line in enumerate(text.splitlines(), start=1):
        keyword, _, rest = " ".join(line.partition("#")[0].split()).partition(" ")
        if line.lstrip().startswith("TITLE") or not keyword:
            continue
        if keyword[0] in "+-.0123456789":
            colors.append((number, line.partition("#")[0]))
        elif keyword == "LUT_3D_SIZE":
            size = _size(rest)
        elif keyword in _DOMAINS:
            _check_domain(keyword, rest)
        elif keyword.startswith("LUT_1D"):
            raise InputError("look", "a one-dimensional table", _ALLOWED, "Export a 3D table instead")
        else:
            raise _bad_line(number, line)
    if not size:
        raise InputError("look", "no line LUT_3D_SIZE", _ALLOWED, _REMEDY)
    return size, colors


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
            "tables from 0 to 1 are read",
            "Export the look for that range",
            keyword=keyword,
            given=rest.strip()[:80],
        )


def _colors(lines: list[tuple[int, str]]) -> NDArray[np.float32]:
    """(N, 3)."""
    try:
        with np.errstate(over="ignore"):
            colors = np.array([line.split() for _, line in lines], dtype=np.float32).reshape(-1, 3)
    except ValueError:
        raise next(_bad_line(number, line) for number, line in lines if not _is_color(line)) from None
    if len(colors) != len(lines) or not np.isfinite(colors).all():
        raise next(_bad_line(number, line) for number, line in lines if not _is_color(line))
    return colors


def _is_color(line: str) -> bool:
    try:
        with np.errstate(over="ignore"):
            values = np.array(line.split(), dtype=np.float32)
    except ValueError:
        return False
    return values.shape == (3,) and bool(np.isfinite(values).all())


def _bad_line(number: int, line: str) -> InputError:
    return InputError(
        "look",
        "line {number} reads {line}",
        "three numbers or a word of the .cube format are needed",
        _REMEDY,
        number=number,
        line=repr(line.strip()[:40]),
    )
