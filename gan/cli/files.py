"""Shared by the commands that turn pictures into pictures: input files and folders, output options, the loop."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gan.cli import options
from gan.cli.common import BAD_INPUT, DONE, Bar, Place, is_folder, to_json
from gan.cli.told import complain, tell
from gan.core.errors import InputError
from gan.core.files import no_picture_below, plan_outputs, trouble, write_atomic
from gan.imaging.io.formats import FORMATS, Encoding
from gan.originals import identity, originals

if TYPE_CHECKING:
    from gan.core.contract import Progress, Result
    from gan.imaging.picture import Picture

UNWRITABLE = (".heic", ".heif", ".gif", ".bmp", ".jp2", ".j2k", ".jpf", ".jpx", ".jxl", "")
"""Suffixes of inputs whose outputs become PNG."""

TOLD = ("task", "seed", "seconds", "weights", "licences", "notices", "details")
"""Of a result's record, with --json; the rest is what the command was asked."""

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
    task.add_argument(
        "-o",
        "--output",
        required=True,
        action=Place,
        metavar="OUT",
        help="a file, or a folder for several; with a slash at its end it becomes one",
    )
    task.add_argument("--overwrite", action="store_true", help="let a result take the place of its own picture")


def writing_options(task: argparse.ArgumentParser) -> None:
    """Add the output options (format, quality, metadata) and --record to a parser."""
    options.add(task, Encoding, helps={"file_format": "instead of the name's ending"})
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
            if arguments.overwrite:
                originals().release(source)
            made = list(pieces(result, target))
            for piece in made:
                write(piece.picture, piece.path, encoding)
            if arguments.record:
                write_atomic(target.with_name(target.name + ".json"), to_json(result.record).encode())
            remarks = ["" if arguments.quiet else piece.remark() for piece in made]
        except Exception as error:
            failures += failure(error, source, target)
            continue
        notices = [*result.notices, remark(encoding)]
        record = result.record
        for piece, told in zip(made, remarks, strict=True):
            width_px, height_px = piece.picture.width_px, piece.picture.height_px
            tell(
                *(piece.path, f"{width_px}x{height_px}", f"{result.seconds:.1f} s", told, *notices),
                source=source,
                file=piece.path,
                width_px=width_px,
                height_px=height_px,
                remark=told,
                **{name: record[name] for name in TOLD},
            )
            notices.clear()  # what holds for all is told once
    if not done:
        raise no_picture_below(arguments.input[0])
    return sum_up(done, failures)


def failure(error: Exception, source: Path, target: Path | str) -> int:
    """Print in one line why a file could not be made, for a loop that goes on with the others.

    Returns:
        1, the number of failures.

    Raises:
        Exception: the error itself, where it is neither the user's nor the system's to mend.
    """
    problem = trouble(error, target)
    if problem is None:
        raise error
    complain(source, problem)
    return 1


def sum_up(done: int, failures: int) -> int:
    """Say how many of several files failed. Returns the exit status."""
    said = [f"{done - failures} of {done} made, {failures} could not be"] if failures and done > 1 else []
    tell(*said, event="summary", made=done - failures, failed=failures)
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
        InputError: as of `plan_outputs`; or a result would take the place of a file that is read, without --overwrite.
    """
    suffix = FORMATS[arguments.format].suffixes[0] if arguments.format else None
    plan = plan_outputs(
        arguments.input,
        arguments.output,
        suffix_for=dict.fromkeys(as_png, ".png"),
        suffix=suffix,
        into_folder=is_folder(arguments, "output"),
        apart=_side_folders(arguments),
    )
    return checked(arguments, ((source, target) for source, target in plan if is_input(source)))


def checked(arguments: argparse.Namespace, plan: Iterable[tuple[Path, Path]]) -> Iterator[tuple[Path, Path]]:
    """A plan that replaces nothing that is read, or with --overwrite only the picture that each result is made of.

    Raises:
        InputError: it would; nothing has been made yet.
    """
    folders = {identity(path) for path in arguments.input if path.is_dir()}
    if not arguments.overwrite and identity(arguments.output) in folders - {None}:
        raise InputError(
            "output",
            "{path} is the folder of the pictures",
            "a folder of its own is needed",
            "Choose another -o, or add --overwrite",
            path=arguments.output,
        )
    pairs = list(plan)
    for source, target in pairs:
        if not (arguments.overwrite and identity(source) == identity(target)):
            originals().check(target)
    return iter(pairs)


def _side_folders(arguments: argparse.Namespace) -> list[Path]:
    """Folders for what is made beside the results."""
    given = (getattr(arguments, name) for name in arguments.written - {"output"})
    return [path for path in given if path is not None and path.is_dir()]


def side_files(
    arguments: argparse.Namespace, name: str, ending: str, *, as_png: tuple[str, ...] = UNWRITABLE
) -> dict[Path, Path]:
    """Paths of the side outputs of each result, such as its mask or its shadow; always PNG.

    Args:
        arguments: with what `file_options` and `writing_options` add.
        name: of the option: a file, or for several inputs a folder, in which files are named as the
            inputs are, with `ending`.
        ending: such as "_mask".
        as_png: as of `planned`.

    Returns:
        {input: path}; empty where nothing is given.

    Raises:
        InputError: as of `plan_outputs`; the file does not end in .png; or one is an input or a result already.
    """
    given: Path | None = getattr(arguments, name)
    if given is None:
        return {}
    sides = dict(
        plan_outputs(
            arguments.input,
            given,
            suffix_for={},
            suffix=".png",
            into_folder=is_folder(arguments, name),
            apart=[arguments.output, *_side_folders(arguments)],
        )
    )
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
    for path in sides.values():
        originals().check(path)
    return sides


def _encoding(arguments: argparse.Namespace, target: Path) -> Encoding:
    writing = options.given(arguments, Encoding, without=("file_format",))
    if not arguments.format:
        return Encoding.for_path(target, **writing)
    encoding = Encoding(file_format=arguments.format, **writing)
    if target.suffix.lower() not in encoding.details.suffixes:
        raise InputError(
            "output",
            "{name} with --format {format}",
            "a file of this format ends in {suffixes}",
            "Give the file this ending, or leave --format out",
            name=target.name,
            format=arguments.format,
            suffixes=" or ".join(encoding.details.suffixes),
        )
    return encoding
