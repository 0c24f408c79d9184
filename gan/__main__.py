"""The command line: `python -m gan TASK ...`, the same words as the tabs and the API.

Exit status: 0 done; 2 bad input or options, one line on standard error; 3 done, and a picture does not pass (`check`,
`export`) or is not the same again (`run --verify`); 1 anything else.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from gan.commands import (
    check,
    cutout,
    enhance,
    evaluate,
    export,
    generate,
    inpaint,
    mask,
    product,
    recolour,
    run,
    stylize,
    weights,
)
from gan.commands.common import BAD_INPUT, FAILED, read_by
from gan.files import trouble
from gan.originals import protecting


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit status.
    """
    arguments = _parser().parse_args(argv)
    from gan.imaging.openers import keep_documented_openers  # --help needs no Pillow

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
    """What an error of the system is about; of a file that is not finished yet, its folder."""
    name = str(getattr(error, "filename", None) or "a file")
    return os.path.dirname(name) or "." if name.endswith(".part") else name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gan",
        description="Makes, repairs and restyles product pictures, and gets them ready for a shop.",
        epilog="Every task has its own --help.",
    )
    tasks = parser.add_subparsers(title="tasks", required=True, metavar="TASK")
    pictures = (enhance, inpaint, mask, stylize, generate, cutout, recolour, product)
    for command in (*pictures, check, export, run, evaluate, weights):
        command.add(tasks)
    return parser


if __name__ == "__main__":
    sys.exit(main())
