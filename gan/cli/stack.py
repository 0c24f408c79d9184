"""`stack`: several frames become one picture."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gan.api import Studio
from gan.cli import options
from gan.cli.common import Tasks, common_options
from gan.cli.files import each_file, file_options, writing_options
from gan.core.files import pictures_below
from gan.core.reader import AnySource
from gan.tasks import Task

if TYPE_CHECKING:
    from gan.core.contract import Progress, Result

FRAMES = "frames"


def add(tasks: Tasks, task: Task) -> None:
    """The options."""
    note = "All files, and those of folders by name, are frames of one view and become one picture."
    command = tasks.add_parser(task.name, help=task.help, description=" ".join(f"{task.description} {note}".split()))
    command.set_defaults(command=partial(run, task))
    file_options(command)
    options.add(command, task.request, without=(FRAMES,))
    writing_options(command)
    common_options(command)


def run(task: Task, arguments: argparse.Namespace) -> int:
    """Merge the frames. Returns the exit status."""
    studio = Studio(arguments.device)
    given = options.given(arguments, task.request, without=(FRAMES,))
    frames = [path for one in arguments.input for path in (sorted(pictures_below(one)) if one.is_dir() else [one])]
    request = task.request.read({FRAMES: frames, **given}, AnySource())

    def make(_: Path, progress: Progress | None) -> Result:
        return studio.run(request, progress=progress)

    first = argparse.Namespace(**{**vars(arguments), "input": frames[:1]})
    return each_file(first, make, remark=lambda _: f"{len(frames)} frames")
