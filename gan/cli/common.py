"""Shared by the commands: exit statuses, options, one line of progress."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gan.cli.options import source
from gan.core.files import below_only, pictures_below

DONE, FAILED, BAD_INPUT = 0, 1, 2

Tasks = Any
"""Type of `ArgumentParser.add_subparsers`' result, which argparse keeps private."""


def common_options(task: argparse.ArgumentParser) -> None:
    """--device and --quiet."""
    task.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    task.add_argument("--quiet", action="store_true", help="print errors only")


class Place(argparse.Action):
    """Place of results: a path, and whether it was written with a slash at its end, which `Path` forgets."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        setattr(namespace, self.dest, Path(values))
        if values.endswith(("/", os.sep)):
            namespace.folders = getattr(namespace, "folders", frozenset()) | {self.dest}


def note_files(command: argparse.ArgumentParser) -> None:
    """Let a command's arguments tell which of its options name files: `read` those that it reads, `written` others.

    Options of the types `Path` and `gan.cli.options.source` are read, those with the action `Place` are written.
    """
    actions = command._actions
    written = frozenset(action.dest for action in actions if isinstance(action, Place))
    read = frozenset(action.dest for action in actions if action.type in (Path, source)) - written
    command.set_defaults(read=read, written=written)


def read_by(arguments: argparse.Namespace) -> Iterator[Path]:
    """The files that a command reads, those of folders too; what lies in a folder of its results is none.

    Commands without `note_files` look after their own: the steps beside a result of `run` are a recipe, for one, and
    may be replayed where they lie.
    """
    results = [path for name in getattr(arguments, "written", ()) if (path := getattr(arguments, name)) is not None]
    for name in getattr(arguments, "read", ()):
        given = getattr(arguments, name)
        for one in given if isinstance(given, list) else [given]:
            path = Path(one) if isinstance(one, (str, Path)) else None
            if path is not None and path.is_dir():
                yield from below_only(pictures_below(path), path, results)
            elif path is not None:
                yield path


def is_folder(arguments: argparse.Namespace, name: str) -> bool:
    """True if that place is a folder, be it there or not."""
    return name in getattr(arguments, "folders", ()) or bool(getattr(arguments, name).is_dir())


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
