"""`python -m gan export`."""

from __future__ import annotations

import argparse
from pathlib import Path

from gan.api import Studio
from gan.cli import options
from gan.cli.check import SOME_FAIL, STATUSES, sources
from gan.cli.common import BAD_INPUT, DONE, Bar, Place, Tasks, common_options, is_folder
from gan.cli.told import complain, tell
from gan.core.errors import InputError
from gan.core.reader import AnySource
from gan.export.channels import channel_of
from gan.export.delivery import Delivery, deliver
from gan.export.pipeline import ExportRequest
from gan.export.zip_builder import Packed
from gan.export.zip_package import MISSING, ZIP, Package
from gan.tasks import Task


def add(tasks: Tasks, task: Task) -> None:
    """The options."""
    note = (
        "Pictures are packed into a ZIP, or put into a new folder, with a report and what was measured of them. "
        f"A missing slot counts as a picture that does not pass. {STATUSES}"
    )
    command = tasks.add_parser(task.name, help=task.help, description=f"{task.description} {note}")
    command.set_defaults(command=export, standard_output="export.zip")
    command.add_argument("input", nargs="+", type=Path, metavar="IN", help="files or folders")
    command.add_argument(
        "-o", "--output", required=True, action=Place, metavar="OUT.zip", help="pictures and reports; or a new folder"
    )
    options.add(command, ExportRequest)
    options.add(command, Delivery, listed=True)
    command.add_argument("--no-repair", action="store_true", help="pack the files as they are, with what was measured")
    common_options(command)


def export(arguments: argparse.Namespace) -> int:
    """Write the ZIP; a bad file is named and the others go on."""
    _check_options(arguments)
    delivery = Delivery.read(options.given(arguments, Delivery), AnySource())
    targets = delivery.targets(channel_of(arguments.channel))
    files = list(sources(arguments.input))
    with Package(arguments.output, *(target.channel for target in targets)) as package:
        for packed in deliver(
            package,
            files,
            targets,
            Studio(arguments.device).run,
            delivery,
            repair=not arguments.no_repair,
            progress=None if arguments.quiet else Bar("export"),
            **options.given(arguments, ExportRequest, without=("channel",)),
        ):
            _say(packed)
    counts = package.counts
    lacking = f", {counts[MISSING]} missing" if MISSING in counts else ""
    said = f"{counts['pass']} pass, {counts['fail']} fail, {counts['error']} could not be used{lacking}"
    channels = [target.channel.name for target in targets]
    values = {"file": arguments.output, "channel": channels[0], "channels": channels, "counts": counts}
    tell(arguments.output, said, event="summary", **values)
    if counts["error"]:
        return BAD_INPUT
    return SOME_FAIL if counts["fail"] or MISSING in counts else DONE


def _say(packed: Packed) -> None:
    if packed.error is not None:
        complain(packed.source, packed.error)
    elif not packed.file:  # of a SKU, slots that no picture is there for
        complain(packed.source, packed.after[0].value)
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
    suffix = arguments.output.suffix.lower()
    folder = is_folder(arguments, "output")
    if (suffix and suffix != ZIP and not folder) or (suffix == ZIP and folder):
        raise InputError(
            "output",
            "{name} does not end in .zip",
            "pictures and reports are packed into a ZIP, or put into a folder",
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
