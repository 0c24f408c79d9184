"""The command line: `python -m gan TASK ...`, the same words as the tabs and the API.

Exit status: 0 done; 2 bad input or options, one line on standard error; 3 done, and a picture does not pass (`check`,
`export`) or is not the same again (`run --verify`); 1 anything else.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from gan.cli import check, evaluate, export, generate, mask, run, stack, stylize, task, weights
from gan.cli.common import BAD_INPUT, FAILED, note_files, read_by
from gan.core.files import trouble
from gan.imaging.io.file_types import keep_documented_openers
from gan.originals import protecting
from gan.tasks import COMMAND, TASKS

OWN = {"generate": generate.add, "stylize": stylize.add, "check": check.add, "export": export.add, "stack": stack.add}
"""Tasks whose commands do more than turn each picture into one."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit status.
    """
    arguments = _parser().parse_args(argv)
    keep_documented_openers()
    try:
        with protecting(read_by(arguments)):
            status: int = arguments.command(arguments)
            sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return FAILED
    except Exception as error:
        problem = trouble(error, _file_of(error))
        if problem is None:
            raise
        print(problem, file=sys.stderr)
        return BAD_INPUT
    return status


def _file_of(error: Exception) -> str:
    """Name of the file that an error of the system is about; of a file that is not finished yet, its folder."""
    name = str(getattr(error, "filename", None) or "a file")
    return os.path.dirname(name) or "." if name.endswith(".part") else name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
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
    for command in (run, evaluate, weights):
        command.add(tasks)
    return parser


if __name__ == "__main__":
    sys.exit(main())
