"""`python -m gan export`."""

from __future__ import annotations

import argparse
from pathlib import Path

from gan.api import Studio
from gan.cli import options
from gan.cli.check import SOME_FAIL, STATUSES, sources
from gan.cli.common import BAD_INPUT, DONE, Bar, Place, Tasks, common_options
from gan.cli.told import complain, tell
from gan.core.errors import InputError
from gan.export.channels import channel_of
from gan.export.pipeline import ExportRequest
from gan.export.zip_builder import Packed, pack
from gan.export.zip_package import Package
from gan.tasks import Task


def add(tasks: Tasks, task: Task) -> None:
    """The options."""
    note = f"Pictures are packed into a ZIP with a report. {STATUSES}"
    command = tasks.add_parser(task.name, help=task.help, description=f"{task.description} {note}")
    command.set_defaults(command=export, standard_output="export.zip")
    command.add_argument("input", nargs="+", type=Path, metavar="IN", help="files or folders")
    command.add_argument("-o", "--output", required=True, action=Place, metavar="OUT.zip", help="pictures and reports")
    options.add(command, ExportRequest)
    command.add_argument("--no-repair", action="store_true", help="pack the files as they are, with what was measured")
    common_options(command)


def export(arguments: argparse.Namespace) -> int:
    """Write the ZIP; a bad file is named and the others go on."""
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
            progress=None if arguments.quiet else Bar("export"),
            **options.given(arguments, ExportRequest, without=("channel",)),
        ):
            _say(packed)
    counts = package.counts
    said = f"{counts['pass']} pass, {counts['fail']} fail, {counts['error']} could not be used"
    tell(arguments.output, said, event="summary", file=arguments.output, channel=channel.name, counts=counts)
    if counts["error"]:
        return BAD_INPUT
    return SOME_FAIL if counts["fail"] else DONE


def _say(packed: Packed) -> None:
    if packed.error is not None:
        complain(packed.source, packed.error)
    else:
        broken = [f"{finding.rule}: {finding.value}" for finding in packed.after if finding.status == "fail"]
        verdict = f"FAIL ({'; '.join(broken)})" if broken else "pass"
        done = "; ".join(str(repair) for repair in packed.repairs) or "as it was"
        tell(
            *(packed.source, "->", packed.file, f" {verdict}  {done}", *packed.notices),
            source=packed.source,
            file=packed.file,
            passed=not broken,
            notices=packed.notices,
            repairs=[str(repair) for repair in packed.repairs],
            findings=[finding.plain() for finding in packed.after],
        )


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
