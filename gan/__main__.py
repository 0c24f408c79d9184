"""The command line: `python -m gan TASK ...`, the same words as the tabs and the API.

Exit status: 0 done; 2 bad input or options, one line on standard error; 1 anything else.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from gan.commands import enhance, evaluate, generate, inpaint, mask, stylize, weights
from gan.commands.common import BAD_INPUT, FAILED
from gan.errors import PackshotError


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
    parser = argparse.ArgumentParser(prog="python -m gan", description="Makes, repairs and restyles product pictures.")
    tasks = parser.add_subparsers(title="tasks", required=True, metavar="TASK")
    for command in (enhance, inpaint, mask, stylize, generate, evaluate, weights):
        command.add(tasks)
    return parser


if __name__ == "__main__":
    sys.exit(main())
