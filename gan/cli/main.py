"""The command line: `python -m gan TASK ...`, the same words as the tabs and the API.

Exit status: 0 done; 2 bad input or options, one line on standard error; 3 done, and a picture does not pass (`check`,
`export`) or is not the same again (`run --verify`); 1 anything else.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from gan.cli import (
    check,
    cutout,
    enhance,
    evaluate,
    export,
    generate,
    inpaint,
    mask,
    product,
    recolor,
    run,
    stylize,
    weights,
)
from gan.cli.common import BAD_INPUT, FAILED
from gan.core.errors import PackshotError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit status.
    """
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.command(arguments)
    except PackshotError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return FAILED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gan",
        description="Makes, repairs and restyles product pictures, and gets them ready for a shop.",
        epilog="Every task has its own --help.",
    )
    tasks = parser.add_subparsers(title="tasks", required=True, metavar="TASK")
    pictures = (enhance, inpaint, mask, stylize, generate, cutout, recolor, product)
    for command in (*pictures, check, export, run, evaluate, weights):
        command.add(tasks)
    return parser


if __name__ == "__main__":
    sys.exit(main())
