"""Files of a command that are none yet: addresses to download, `-` for standard input, `-o -` for standard output."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gan.cli.common import Place
from gan.cli.fetch import fetch, is_address
from gan.cli.options import source
from gan.cli.told import complain, telling
from gan.core.errors import InputError
from gan.limits import MAX_BYTES

STANDARD = "-"


@dataclass(frozen=True)
class Outside:
    """Text of an option that stands for a file and is no path.

    Attributes:
        text: an address, or "-".
        kind: makes the option's value of the path that the file gets.
    """

    text: str
    kind: Any


def accept(command: argparse.ArgumentParser) -> None:
    """Let every option of a command that names a file to read take an address or "-" instead."""
    for action in command._actions:
        if action.type in (Path, source) and not isinstance(action, Place):
            action.type = _or_outside(action.type)


def _or_outside(kind: Any) -> Any:
    def file(text: str) -> Any:
        return Outside(text, kind) if is_address(text) or text == STANDARD else kind(text)

    return file


@contextmanager
def outside(arguments: argparse.Namespace, *, as_json: bool) -> Iterator[Bringing]:
    """Within, output has the form that a command's arguments ask for; what is brought in is gone at the end."""
    names: dict[str, str] = {}
    reserved = str(getattr(arguments, "output", "")) == STANDARD
    quiet = bool(getattr(arguments, "quiet", False))
    with (
        TemporaryDirectory(prefix="packshot-") as folder,
        telling(as_json=as_json, quiet=quiet, reserved=reserved, names=names),
    ):
        yield Bringing(arguments, Path(folder), names)


class Bringing:
    """Puts paths into a command's arguments in place of what is `Outside`.

    Args:
        folder: takes the files.
        names: is filled with {path: what the user wrote}.

    Attributes:
        failures: inputs that could not be brought; they have been told, and are no inputs any more.
        out: the folder whose one result goes to standard output; None where results go elsewhere.
    """

    def __init__(self, arguments: argparse.Namespace, folder: Path, names: dict[str, str]) -> None:
        self._arguments = arguments
        self._folder = folder
        self._names = names
        self._read_input = False
        self.failures = 0
        self.out: Path | None = None

    def bring(self) -> None:
        """Download and read what is needed.

        Raises:
            InputError: one that is no input cannot be had; "-" twice; or standard output is asked for where it cannot
                be.
        """
        if str(getattr(self._arguments, "output", "")) == STANDARD:
            name = _result_name(self._arguments)
            self.out = self._folder / "out"
            self.out.mkdir()
            self._names[str(self.out)] = STANDARD
            self._arguments.output = self.out / name
        for name, value in list(vars(self._arguments).items()):
            if isinstance(value, Outside):
                setattr(self._arguments, name, self._file(value))
            elif isinstance(value, list) and any(isinstance(one, Outside) for one in value):
                setattr(self._arguments, name, list(self._files(name, value)))

    def hand_over(self) -> None:
        """Copy the one result to standard output, if it is to go there.

        Raises:
            InputError: there are several.
        """
        if self.out is None:
            return
        results = [path for path in sorted(self.out.rglob("*")) if path.is_file() and path.suffix != ".json"]
        if len(results) > 1:
            raise _not_there("{count} results", "standard output takes one", count=len(results))
        for path in results:
            sys.stdout.buffer.write(path.read_bytes())
        sys.stdout.buffer.flush()

    def _files(self, name: str, values: list[Any]) -> Iterator[Any]:
        for one in values:
            path = self._one(name, one) if isinstance(one, Outside) else one
            if path is not None:
                yield path

    def _one(self, name: str, given: Outside) -> Any:
        try:
            return self._file(given)
        except InputError as error:
            if name != "input":
                raise
            complain(given.text, error)  # the others go on, as they do past a file that is damaged
            self.failures += 1
            return None

    def _file(self, given: Outside) -> Any:
        if getattr(self._arguments, "engine", "") == "ray":  # each machine opens addresses itself
            return given.text
        if given.text == STANDARD:
            name, data = "stdin", self._standard_input()
        else:
            name, data = fetch(given.text)
        path = self._folder / str(len(self._names)) / name
        path.parent.mkdir()
        path.write_bytes(data)
        self._names[str(path)] = given.text
        return given.kind(str(path))

    def _standard_input(self) -> bytes:
        if self._read_input:
            raise InputError("input", "- twice", "standard input holds one file", "Name the other by its path")
        self._read_input = True
        return sys.stdin.buffer.read(MAX_BYTES + 1)  # what is more is refused as any file is


def _result_name(arguments: argparse.Namespace) -> str:
    """Name of the result below the folder that stands for standard output; empty for a folder of results.

    Raises:
        InputError: the command or one of its options does not go with standard output.
    """
    name: str | None = getattr(arguments, "standard_output", "")
    if name is None:
        raise _not_there("-", "several files are written")
    beside = {
        "--json": arguments.json,
        "--record": getattr(arguments, "record", False),
        "--overwrite": getattr(arguments, "overwrite", False),
    }
    for option, given in beside.items():
        if given:
            raise _not_there("- beside {option}", "standard output holds the result alone", option=option)
    return name


def _not_there(got: str, allowed: str, **values: object) -> InputError:
    return InputError("output", got, allowed, "Name a file or a folder with -o", **values)
