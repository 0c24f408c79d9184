"""The command line: `python -m gan TASK ...`, the same words as the tabs and the API.

Exit status: 0 done; 2 bad input or options, one line on standard error; 3 done, and a picture does not pass (`check`,
`export`) or is not the same again (`run --verify`); 1 anything else.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from gan.cli import check, evaluate, export, generate, mask, rate, run, stack, stylize, task, weights
from gan.cli.common import BAD_INPUT, DONE, FAILED, note_files, read_by
from gan.cli.outside import STANDARD, Bringing, accept, outside
from gan.cli.told import complain, tell, telling
from gan.core.files import trouble
from gan.imaging.io.file_types import keep_documented_openers
from gan.originals import protecting
from gan.tasks import COMMAND, TASKS

OWN = {"generate": generate.add, "stylize": stylize.add, "check": check.add, "export": export.add, "stack": stack.add}
"""Tasks whose commands do more than turn each picture into one."""

JSON = "--json"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit status.
    """
    given = sys.argv[1:] if argv is None else list(argv)
    with telling(as_json=JSON in given):
        arguments = _parser().parse_args(given)
    as_json = arguments.json is True or arguments.json == Path(STANDARD)
    if arguments.json == Path(STANDARD):
        arguments.json = None  # no file
    keep_documented_openers()
    try:
        with outside(arguments, as_json=as_json) as files:
            status = _carried_out(arguments, files)
            tell(event="end", status=status)
            sys.stdout.flush()
        return status
    except BrokenPipeError:  # whoever read the output, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _carried_out(arguments: argparse.Namespace, files: Bringing) -> int:
    try:
        files.bring()
        if files.failures and not arguments.input:
            return BAD_INPUT
        with protecting(read_by(arguments)):
            status: int = arguments.command(arguments)
            files.hand_over()
        return status or (BAD_INPUT if files.failures else DONE)
    except BrokenPipeError:
        raise
    except KeyboardInterrupt:
        complain(None, "Stopped.")
        return FAILED
    except Exception as error:
        problem = trouble(error, _file_of(error))
        if problem is None:
            raise
        complain(None, problem)
        return BAD_INPUT


class _Parser(argparse.ArgumentParser):
    """Tells what is wrong with the options as everything else is told."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        complain(None, f"{self.prog}: error: {message}")
        tell(event="end", status=BAD_INPUT)
        self.exit(BAD_INPUT)


def _file_of(error: Exception) -> str:
    """Name of the file that an error of the system is about; of a file that is not finished yet, its folder."""
    name = str(getattr(error, "filename", None) or "a file")
    return os.path.dirname(name) or "." if name.endswith(".part") else name


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m gan",
        description="Makes, repairs and restyles product pictures, and gets them ready for a shop.",
        epilog="Every task has its own --help.",
    )
    tasks = parser.add_subparsers(title="tasks", required=True, metavar="TASK")
    for known in TASKS.values():
        if COMMAND in known.on:
            OWN.get(known.name, task.add)(tasks, known)
    mask.add(tasks)
    for parsed in tasks.choices.values():
        note_files(parsed)
    run.add(tasks)
    for parsed in tasks.choices.values():
        accept(parsed)
    for command in (evaluate, rate, weights):
        command.add(tasks)
    _add_json(parser)
    return parser


def _add_json(parser: argparse.ArgumentParser) -> None:
    """--json for every command that has none of its own."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for action in below:
        for command in dict.fromkeys(action.choices.values()):
            _add_json(command)
    if not below and JSON not in parser._option_string_actions:
        parser.add_argument(JSON, action="store_true", help="print results as JSON, one object a line")


if __name__ == "__main__":
    sys.exit(main())
