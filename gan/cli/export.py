"""`python -m gan export`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gan.cli.check import SOME_FAIL, channel_options, sources
from gan.cli.common import BAD_INPUT, DONE, Bar, Tasks, common_options
from gan.core.errors import InputError

if TYPE_CHECKING:
    from gan.export.zip_builder import Packed


def add(tasks: Tasks) -> None:
    """The options."""
    task = tasks.add_parser(
        "export",
        help="repair pictures for a sales channel and pack them with a report",
        description="Exit status: 0 every picture passes, 3 some do not, 2 some could not be used.",
    )
    task.set_defaults(command=export)
    task.add_argument("input", nargs="+", type=Path, metavar="IN", help="files or folders")
    task.add_argument("-o", "--output", required=True, type=Path, metavar="OUT.zip", help="pictures and reports")
    channel_options(task)
    task.add_argument(
        "--fill", type=float, metavar="0.1..1", help="frame every product alike; by default only what has to be"
    )
    task.add_argument("--no-repair", action="store_true", help="pack the files as they are, with what was measured")
    common_options(task)


def export(arguments: argparse.Namespace) -> int:
    """Write the ZIP; a bad file is named and the others go on."""
    from gan.api import Studio
    from gan.export.channels import channel_of
    from gan.export.zip_builder import pack
    from gan.export.zip_package import Package

    channel = channel_of(arguments.channel)
    _check_options(arguments)
    files = list(sources(arguments.input))
    with Package(arguments.output, channel) as package:
        for packed in pack(
            package,
            files,
            channel,
            Studio(arguments.device).run,
            repair=not arguments.no_repair,
            fill=arguments.fill,
            model=arguments.model,
            progress=None if arguments.quiet else Bar("export"),
        ):
            _say(packed, arguments.quiet)
    counts = package.counts
    if not arguments.quiet:
        print(f"{arguments.output}  {counts['pass']} pass, {counts['fail']} fail, {counts['error']} could not be used")
    if counts["error"]:
        return BAD_INPUT
    return SOME_FAIL if counts["fail"] else DONE


def _say(packed: Packed, quiet: bool) -> None:
    if packed.error is not None:
        print(f"{packed.source}: {packed.error}", file=sys.stderr)
    elif not quiet:
        broken = [f"{finding.rule}: {finding.value}" for finding in packed.after if finding.status == "fail"]
        verdict = f"FAIL ({'; '.join(broken)})" if broken else "pass"
        done = "; ".join(str(repair) for repair in packed.repairs) or "as it was"
        print(packed.source, "->", packed.file, f" {verdict}  {done}", *packed.notices, sep="  ")


def _check_options(arguments: argparse.Namespace) -> None:
    if arguments.output.suffix.lower() != ".zip" or arguments.output.is_dir():
        raise InputError(
            "output",
            "{name} does not end in .zip",
            "pictures and reports are packed into a ZIP",
            "Give the file this ending",
            name=arguments.output.name,
        )
    if arguments.no_repair and arguments.fill is not None:
        raise InputError(
            "fill",
            "a fill without repair",
            "framing is a repair",
            "Leave out --fill or --no-repair",
        )
