"""`python -m gan check`."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from gan.api import Studio
from gan.cli import options
from gan.cli.common import BAD_INPUT, DONE, Bar, Place, Tasks, common_options, to_json
from gan.cli.told import complain, tell
from gan.core.errors import InputError
from gan.core.files import no_picture_below, pictures_below, trouble, write_atomic
from gan.core.option import PICTURE
from gan.core.reader import AnySource
from gan.export.channels import channel_of
from gan.export.pipeline import CheckRequest
from gan.export.rule_result import Finding
from gan.export.stored import check_stored
from gan.originals import originals
from gan.tasks import Task

SOME_FAIL = 3
"""Exit status: every picture could be used, and not all of them pass."""

COLUMNS = ("rule", "measured", "allowed", "result", "repair")
RESULTS = {"pass": "pass", "fail": "FAIL", "warn": "warn"}


STATUSES = "Exit status: 0 every picture passes, 3 some do not, 2 some could not be used."


def add(tasks: Tasks, task: Task) -> None:
    """The options."""
    command = tasks.add_parser(task.name, help=task.help, description=f"{task.description} {STATUSES}")
    command.set_defaults(command=check)
    command.add_argument("input", nargs="*", type=Path, metavar="IN", help="files or folders")
    options.add(command, CheckRequest, optional=("channel",))
    command.add_argument(
        "--stored",
        type=Path,
        metavar="FOLDER_OR_ZIP",
        help="judge what export has left there by what was measured then, under the rules as they are now; no picture "
        "is opened, and without --channel each file is judged by its own channel",
    )
    command.add_argument(
        "--json",
        action=Place,
        nargs="?",
        const="-",
        metavar="FILE",
        help="write everything that was measured; without FILE print it",
    )
    common_options(command)


def check(arguments: argparse.Namespace) -> int:
    """Print a table for each picture; a bad file is named and the others go on."""
    if arguments.json is not None:
        originals().check(arguments.json)
    if bool(arguments.input) == bool(arguments.stored) or (arguments.input and arguments.channel is None):
        raise InputError(
            "input",
            "pictures and --stored together" if arguments.stored and arguments.input else "no pictures or no channel",
            "pictures with --channel, or --stored with a folder, are expected",
            "Give one of the two",
        )
    if arguments.stored:
        return _stored(arguments)
    given = {**options.given(arguments, CheckRequest), "channel": channel_of(arguments.channel)}
    channel = given["channel"]
    studio = Studio(arguments.device)
    files: list[dict[str, Any]] = []
    for name, path in sources(arguments.input):
        try:
            request = CheckRequest.read({PICTURE: path, **given}, AnySource())
            result = studio.run(request, progress=None if arguments.quiet else Bar(name))
        except Exception as error:
            problem = trouble(error, name)
            if problem is None:
                raise
            complain(path, problem)
            files.append({"source": name, "error": str(problem)})
            continue
        findings = [Finding.of_record(record) for record in result.details["findings"]]
        said = {"passed": result.details["passed"], "findings": [finding.plain() for finding in findings]}
        said["licences"] = dict(result.licences)
        files.append({"source": name, **said, "notices": list(result.notices)})
        lines = [heading(str(path), channel.title or channel.name, findings), *table(findings)]
        tell("\n".join([*lines, *(f"  {notice}" for notice in result.notices), ""]), **files[-1])
    if arguments.json is not None:
        write_atomic(arguments.json, to_json({"channel": channel.record(), "files": files}).encode())
    if any("error" in file for file in files):
        return BAD_INPUT
    return DONE if all(file["passed"] for file in files) else SOME_FAIL


def _stored(arguments: argparse.Namespace) -> int:
    """Print a line for each published file, and a table for those that fail now."""
    channel = None if arguments.channel is None else channel_of(arguments.channel)
    files: list[dict[str, Any]] = []
    for stored in check_stored(arguments.stored, channel):
        files.append(stored.record())
        title = f"{stored.channel.title or stored.channel.name}, {stored.before} -> {stored.channel.checked}"
        lines = ["  ".join([heading(stored.file, title, stored.findings), *files[-1]["notices"]])]
        if not stored.passed:
            lines += [*table(each for each in stored.findings if each.status == "fail"), ""]
        tell("\n".join(lines), **files[-1])
    if arguments.json is not None:
        write_atomic(arguments.json, to_json({"files": files}).encode())
    return DONE if all(file["passed"] for file in files) else SOME_FAIL


def sources(inputs: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    """Pictures and what to call them: a file by its name, one in a folder by its path within.

    Raises:
        InputError: a folder holds no picture.
    """
    for given in inputs:
        if not given.is_dir():
            yield given.name, given
            continue
        found = False
        for path in pictures_below(given):
            found = True
            yield path.relative_to(given).as_posix(), path
        if not found:
            raise no_picture_below(given)


def heading(name: str, channel: str, findings: Iterable[Finding]) -> str:
    """One line: the picture, the channel, and whether it passes."""
    statuses = [finding.status for finding in findings]
    broken = statuses.count("fail")
    verdict = f"FAIL: {broken} of {len(statuses)} rules" if broken else f"pass: {len(statuses)} rules"
    warned = statuses.count("warn")
    return f"{name}  {channel}  {verdict}{f', {warned} to look at' if warned else ''}"


def table(findings: Iterable[Finding]) -> Iterator[str]:
    """Rule, measured value, what is allowed, pass, FAIL or warn, and what repair would do, in columns."""
    rows = [COLUMNS]
    for each in findings:
        repair = "" if each.repair is None else str(each.repair)
        rows.append((each.rule, str(each.value), str(each.allowed), RESULTS[each.status], repair))
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    for row in rows:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
