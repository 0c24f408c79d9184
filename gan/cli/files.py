"""What the commands share that turn pictures into pictures: files and folders in, options of writing, the loop."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gan.cli.common import BAD_INPUT, DONE, Bar, to_json
from gan.core.errors import InputError, PackshotError
from gan.core.files import plan_outputs, write_atomic

if TYPE_CHECKING:
    from gan.core.contract import Progress, Result
    from gan.imaging.io.formats import Encoding
    from gan.imaging.picture import Picture

UNWRITABLE = (".heic", ".heif", ".gif", ".bmp", "")
"""Suffixes of inputs whose outputs become PNG."""

OPAQUE = (*UNWRITABLE, ".jpg", ".jpeg", ".jpe", ".jfif")
"""The same for outputs that are to be transparent."""


@dataclass(frozen=True)
class Piece:
    """One of the files that an input's result becomes.

    Attributes:
        path: where it goes.
        picture: what it shows.
        remark: what to tell of it; asked once the file is written.
    """

    path: Path
    picture: Picture
    remark: Callable[[], str] = lambda: ""


def file_options(task: argparse.ArgumentParser) -> None:
    """IN and --output."""
    task.add_argument("input", nargs="+", type=Path, metavar="IN", help="files or folders")
    task.add_argument("-o", "--output", required=True, type=Path, metavar="OUT", help="a file, or a folder for several")


def writing_options(task: argparse.ArgumentParser) -> None:
    """How a picture becomes a file, and --record."""
    task.add_argument("--format", choices=("png", "jpeg", "webp", "avif", "tiff"), help="instead of the name's ending")
    task.add_argument("--quality", type=int, default=92, help="of JPEG, WebP, AVIF: 1 to 100 (92)")
    task.add_argument("--lossless", action="store_true", help="WebP without loss")
    task.add_argument("--keep-exif", action="store_true", help="keep EXIF without its location")
    task.add_argument("--keep-location", action="store_true", help="keep the location too")
    task.add_argument("--record", action="store_true", help="write OUT.json beside OUT: enough to make it again")


def each_file(
    arguments: argparse.Namespace,
    make: Callable[[Path, Progress | None], Result],
    *,
    is_input: Callable[[Path], bool] = lambda _: True,
    remark: Callable[[Encoding], str] = lambda _: "",
    as_png: tuple[str, ...] = UNWRITABLE,
    pieces: Callable[[Result, Path], Iterable[Piece]] = lambda result, target: [Piece(target, result.picture)],
) -> int:
    """Make and write a picture for each input; a bad file is named and the others go on.

    Args:
        arguments: with what `file_options`, `writing_options` and `common_options` add.
        make: from an input's path to its result.
        is_input: which of the files found to take.
        remark: what to tell of the way a picture is written; empty for nothing.
        as_png: as of `planned`.
        pieces: from a result and its planned path to the files it becomes; by default its first picture is the only
            one.

    Returns:
        The exit status.

    Raises:
        InputError: as of `plan_outputs`, or `is_input` takes none.
    """
    from gan.imaging.io.codec import write

    done = failures = 0
    for source, target in planned(arguments, is_input=is_input, as_png=as_png):
        done += 1
        try:
            encoding = _encoding(arguments, target)
            result = make(source, None if arguments.quiet else Bar(source.name))
            made = list(pieces(result, target))
            for piece in made:
                write(piece.picture, piece.path, encoding)
            remarks = ["" if arguments.quiet else piece.remark() for piece in made]
        except PackshotError as error:
            print(f"{source}: {error}", file=sys.stderr)
            failures += 1
            continue
        if arguments.record:
            write_atomic(target.with_name(target.name + ".json"), to_json(result.record).encode())
        notices = [*result.notices, remark(encoding)]
        for piece, told in () if arguments.quiet else zip(made, remarks, strict=True):
            size = f"{piece.picture.width_px}x{piece.picture.height_px}"
            said = [text for text in (told, *notices) if text]
            print(f"{piece.path}  {size}  {result.seconds:.1f} s", *said, sep="  ")
            notices.clear()  # what holds for all is told once
    if not done:
        raise InputError(
            "image",
            "no picture below {path}",
            "a folder with pictures is expected",
            "Check the path",
            path=arguments.input[0],
        )
    return BAD_INPUT if failures else DONE


def planned(
    arguments: argparse.Namespace,
    *,
    is_input: Callable[[Path], bool] = lambda _: True,
    as_png: tuple[str, ...] = UNWRITABLE,
) -> Iterator[tuple[Path, Path]]:
    """Inputs and where their results go, as `each_file` takes them.

    Args:
        arguments: with what `file_options` and `writing_options` add.
        is_input: which of the files found to take.
        as_png: suffixes of inputs whose results become PNG where neither a name nor --format says otherwise.

    Raises:
        InputError: as of `plan_outputs`.
    """
    from gan.imaging.io.formats import FORMATS

    suffix = FORMATS[arguments.format].suffixes[0] if arguments.format else None
    plan = plan_outputs(arguments.input, arguments.output, suffix_for=dict.fromkeys(as_png, ".png"), suffix=suffix)
    return ((source, target) for source, target in plan if is_input(source))


def side_files(
    arguments: argparse.Namespace, given: Path | None, ending: str, *, as_png: tuple[str, ...] = UNWRITABLE
) -> dict[Path, Path]:
    """Where what is made beside each result goes, always as PNG: a mask, a shadow alone.

    Args:
        arguments: with what `file_options` and `writing_options` add.
        given: a file, or for several inputs a folder, in which files are named as the inputs are, with `ending`.
        ending: such as "_mask".
        as_png: as of `planned`.

    Returns:
        {input: path}; empty where nothing is given.

    Raises:
        InputError: as of `plan_outputs`; the file does not end in .png; or one is an input or a result already.
    """
    if given is None:
        return {}
    sides = dict(plan_outputs(arguments.input, given, suffix_for={}, suffix=".png"))
    if list(sides.values()) != [given]:
        sides = {source: path.with_name(path.stem + ending + path.suffix) for source, path in sides.items()}
    elif given.suffix.lower() != ".png":
        raise InputError(
            "output",
            "{name} does not end in .png",
            "what is made beside a picture is written as PNG",
            "Give the file this ending",
            name=given.name,
        )
    taken = {path for pair in planned(arguments, as_png=as_png) for path in pair}
    for path in taken.intersection(sides.values()):
        raise InputError(
            "output",
            "{path} is a picture or its result already",
            "a file of its own is needed",
            "Choose another name or folder",
            path=path,
        )
    return sides


def _encoding(arguments: argparse.Namespace, target: Path) -> Encoding:
    from gan.imaging.io.formats import FORMATS, Encoding

    writing = {name: getattr(arguments, name) for name in ("quality", "lossless", "keep_exif", "keep_location")}
    writable = {suffix for known in FORMATS.values() for suffix in known.suffixes}
    if arguments.format and target.suffix.lower() in writable:
        return Encoding(file_format=arguments.format, **writing)
    return Encoding.for_path(target, **writing)
