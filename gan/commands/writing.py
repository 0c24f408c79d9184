"""What the commands share that turn pictures into pictures: files and folders in, options of writing, the loop."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gan.commands.common import BAD_INPUT, DONE, Bar, to_json
from gan.errors import InputError, PackshotError
from gan.files import plan_outputs, write_atomic

if TYPE_CHECKING:
    from gan.contract import Progress, Result
    from gan.imaging.formats import Encoding

UNWRITABLE = (".heic", ".heif", ".gif", ".bmp", "")
"""Suffixes of inputs whose outputs become PNG."""


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
) -> int:
    """Make and write a picture for each input; a bad file is named and the others go on.

    Args:
        arguments: with what `file_options`, `writing_options` and `common_options` add.
        make: from an input's path to its result.
        is_input: which of the files found to take.
        remark: what to tell of the way a picture is written; empty for nothing.

    Returns:
        The exit status.

    Raises:
        InputError: as of `plan_outputs`, or `is_input` takes none.
    """
    from gan.imaging.codec import write

    done = failures = 0
    for source, target in planned(arguments, is_input=is_input):
        done += 1
        try:
            encoding = _encoding(arguments, target)
            result = make(source, None if arguments.quiet else Bar(source.name))
            write(result.picture, target, encoding)
        except PackshotError as error:
            print(f"{source}: {error}", file=sys.stderr)
            failures += 1
            continue
        if arguments.record:
            write_atomic(target.with_name(target.name + ".json"), to_json(result.record).encode())
        if not arguments.quiet:
            size = f"{result.picture.width_px}x{result.picture.height_px}"
            said = [notice for notice in (*result.notices, remark(encoding)) if notice]
            print(f"{target}  {size}  {result.seconds:.1f} s", *said, sep="  ")
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
    arguments: argparse.Namespace, *, is_input: Callable[[Path], bool] = lambda _: True
) -> Iterator[tuple[Path, Path]]:
    """Inputs and where their results go, as `each_file` takes them.

    Raises:
        InputError: as of `plan_outputs`.
    """
    from gan.imaging.formats import FORMATS

    suffix = FORMATS[arguments.format].suffixes[0] if arguments.format else None
    plan = plan_outputs(arguments.input, arguments.output, suffix_for=dict.fromkeys(UNWRITABLE, ".png"), suffix=suffix)
    return ((source, target) for source, target in plan if is_input(source))


def _encoding(arguments: argparse.Namespace, target: Path) -> Encoding:
    from gan.imaging.formats import FORMATS, Encoding

    writing = {name: getattr(arguments, name) for name in ("quality", "lossless", "keep_exif", "keep_location")}
    writable = {suffix for known in FORMATS.values() for suffix in known.suffixes}
    if arguments.format and target.suffix.lower() in writable:
        return Encoding(file_format=arguments.format, **writing)
    return Encoding.for_path(target, **writing)
