"""What the commands share: exit statuses, options, one line of progress."""

from __future__ import annotations

import argparse
import json
from typing import Any

DONE, FAILED, BAD_INPUT = 0, 1, 2

Tasks = Any
"""What `ArgumentParser.add_subparsers` returns; argparse keeps its type private."""


def common_options(task: argparse.ArgumentParser) -> None:
    """--device and --quiet."""
    task.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    task.add_argument("--quiet", action="store_true", help="print errors only")


class Bar:
    """One line of progress on a terminal; nothing where the output is a file."""

    def __init__(self, name: str) -> None:
        from tqdm import tqdm

        self.bar = tqdm(desc=name, unit="step", disable=None, leave=False)

    def __call__(self, done: int, total: int, _what: str) -> None:
        self.bar.total = total
        self.bar.update(done - self.bar.n)
        if done == total:
            self.bar.reset()


def to_json(value: Any) -> str:
    """Indented, with a line's end."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
