"""Any task's command whose pictures become pictures: its options are its request's, its files as everywhere."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan.api import Studio
from gan.cli import options
from gan.cli.common import Place, Tasks, common_options
from gan.cli.files import OPAQUE, UNWRITABLE, each_file, file_options, side_files, writing_options
from gan.cli.special import SPECIAL, Special
from gan.core.errors import InputError
from gan.core.option import PICTURE, Options, parameters
from gan.core.reader import AnySource
from gan.edit.background import TRANSPARENT
from gan.imaging.io.codec import decode
from gan.imaging.mask import Mask
from gan.tasks import Task

if TYPE_CHECKING:
    from gan.core.contract import Progress, Request, Result
    from gan.imaging.io.formats import Encoding

NO_TRANSPARENCY = "this format has no transparency: the picture was laid on white"
"""What is told of a cut-out that is written as JPEG."""


def add(tasks: Tasks, task: Task) -> None:
    """The options."""
    special = SPECIAL.get(task.name, Special())
    command = tasks.add_parser(
        task.name,
        aliases=task.aliases,
        help=task.help,
        description=" ".join(f"{task.description} {special.note}".split()),
    )
    command.set_defaults(command=partial(run, task, special))
    file_options(command)
    options.add(command, task.request)
    if special.side is not None:
        command.add_argument(special.side.flag, action=Place, metavar="FILE_OR_FOLDER", help=special.side.help)
    writing_options(command)
    common_options(command)


def run(task: Task, special: Special, arguments: argparse.Namespace) -> int:
    """Make files and folders; a bad file is named and the others go on.

    Returns:
        The exit status.
    """
    studio = Studio(arguments.device)
    kind = task.request
    of_masks = [parameter.name for parameter in parameters(kind) if parameter.kind is Mask]
    masks = special.masks(arguments, of_masks)
    given = options.given(arguments, kind, without=of_masks)
    # One file for all pictures is opened once and refused at once; values are refused with each picture's name.
    folders = {name: given.pop(name) for name in special.paired if name in given and given[name].is_dir()}
    files = frozenset(each.name for each in parameters(kind) if options.reads_file(each))
    files -= {PICTURE, *of_masks, *folders}
    opened = {name: value for name, value in given.items() if name in files}
    fields = {**given, **kind.read_fields(opened, AnySource(), without=frozenset(kind.model_fields) - files)}
    transparent = special.transparent or {**_defaults(kind), **fields}.get("ground") == TRANSPARENT
    as_png = OPAQUE if transparent else UNWRITABLE
    side = special.side
    beside = {} if side is None else side_files(arguments, side.name, side.ending, as_png=as_png)

    def make(source: Path, progress: Progress | None) -> Result:
        beside_it = {name: decode(_partner(folder, source, name), field=name) for name, folder in folders.items()}
        request: Request = kind(**{PICTURE: decode(source), **fields, **beside_it, **masks.of(source)})
        result = studio.run(request, progress=progress)
        if side is not None and source in beside:
            side.write(result, beside[source])
        return result

    def remark(encoding: Encoding) -> str:
        return NO_TRANSPARENCY if transparent and not encoding.details.alpha else special.remark(encoding)

    return each_file(arguments, make, is_input=masks.leaves, remark=remark, as_png=as_png, pieces=special.pieces)


def _partner(folder: Path, source: Path, field: str) -> Path:
    """The file of a folder that is named as a picture is; its ending may be another one.

    Raises:
        InputError: there is none.
    """
    same = [path for path in sorted(folder.glob("*")) if path.stem == source.stem and path.is_file()]
    if not same:
        raise InputError(
            field,
            "none for {name} in {folder}",
            "a file of the same name is expected there",
            "Put it there, or name one file for all",
            name=source.name,
            folder=folder,
        )
    return next((path for path in same if path.name == source.name), same[0])


def _defaults(kind: type[Options]) -> dict[str, Any]:
    return {parameter.name: parameter.default for parameter in parameters(kind)}
