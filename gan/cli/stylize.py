"""`python -m gan stylize`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan.api import Studio
from gan.cli import options
from gan.cli.common import Place, Tasks, common_options
from gan.cli.files import each_file, file_options, planned, writing_options
from gan.cli.mask_files import MaskFiles
from gan.cli.told import tell
from gan.core.errors import InputError, PackshotError
from gan.imaging.io.codec import decode
from gan.imaging.io.cube import write_cube
from gan.imaging.io.formats import LOSSY, Encoding
from gan.stylize.pipeline import SheetRequest, StylizeRequest, common_look, look_of
from gan.stylize.placement import check_mask
from gan.stylize.presets import PRESETS, preset_path
from gan.stylize.sources import styles_of
from gan.tasks import Task

if TYPE_CHECKING:
    from gan.core.contract import Progress, Request, Result

ARTISTIC, PHOTOGRAPHIC = "artistic", "photographic"
EVERYWHERE = "everywhere"

_STYLES = frozenset(("styles", "look"))
"""Given as --style, with --weight."""

_OWN = _STYLES | {"mask"}


def add(tasks: Tasks, task: Task) -> None:
    """The options."""
    command = tasks.add_parser(
        task.name,
        help=task.help,
        description=f"{task.description} Several pictures get one photographic look that suits them all; --each "
        "matches each by itself.",
    )
    command.set_defaults(command=stylize)
    file_options(command)
    command.add_argument("--list", action=_List, nargs=0, help="print the presets' names and titles, and nothing else")
    command.add_argument(
        "--style",
        action="append",
        type=options.source,
        default=[],
        metavar="FILE_OR_PRESET",
        help="a picture, a preset's name, or a .cube file; several are mixed",
    )
    command.add_argument(
        "--weight",
        action="append",
        type=float,
        default=[],
        metavar="W",
        help="one for each style, in order (all alike)",
    )
    kind = "strokes and colors, or tone and color only (artistic; photographic for a .cube file)"
    options.add(command, StylizeRequest, without=_STYLES, helps={"kind": kind})
    command.add_argument("--each", action="store_true", help="photographic: match each picture by itself")
    command.add_argument("--cube", action=Place, metavar="FILE", help="photographic: write the look for other editors")
    command.add_argument("--sheet", action="store_true", help="a contact sheet of all presets, or of each --style")
    writing_options(command)
    common_options(command)


def stylize(arguments: argparse.Namespace) -> int:
    """Stylize files and folders; a bad file is named and the others go on."""
    _check_options(arguments)
    masks = MaskFiles(arguments.input, arguments.mask)
    is_input = masks.leaves if arguments.mask is not None else _any
    sources = [source for source, _ in planned(arguments, is_input=is_input)]
    request_of = _sheets(arguments, masks) if arguments.sheet else _restyled(arguments, masks, sources)
    studio = Studio(arguments.device)
    cube: Path | None = arguments.cube

    def make(source: Path, progress: Progress | None) -> Result:
        nonlocal cube
        request = request_of(source)
        result = studio.run(request, progress=progress)
        if cube is not None and isinstance(request, StylizeRequest):
            write_cube(look_of(request), cube, title=", ".join(Path(style).stem for style in arguments.style))
            cube = None
        return result

    def remark(encoding: Encoding) -> str:
        return LOSSY if arguments.where not in (None, EVERYWHERE) and not encoding.exact else ""

    return each_file(arguments, make, is_input=is_input, remark=remark)


def _any(_: Path) -> bool:
    return True


def _sheets(arguments: argparse.Namespace, masks: MaskFiles) -> Callable[[Path], Request]:
    """From a picture's path to the request for its contact sheet. Raises `InputError` for an unknown preset."""
    for name in arguments.style:
        preset_path(name)
    known = SheetRequest.model_fields
    fields = {name: value for name, value in _given(arguments).items() if name in known}
    return lambda source: SheetRequest(
        picture=decode(source), mask=masks.of(source), names=tuple(arguments.style), **fields
    )


def _restyled(
    arguments: argparse.Namespace, masks: MaskFiles, sources: Sequence[Path]
) -> Callable[[Path], StylizeRequest]:
    """From a picture's path to its request; a photographic look is matched to all sources.

    Raises:
        InputError: no style or one that cannot be used, or --cube for what is no look.
    """
    fields = {**_chosen(arguments), **_given(arguments)}
    _check_cube(arguments, fields)

    def by_itself(source: Path) -> StylizeRequest:
        return StylizeRequest(picture=decode(source), mask=masks.of(source), **fields)

    def usable() -> Iterator[StylizeRequest]:
        for source in sources:
            with suppress(PackshotError):  # it is named when its turn comes
                yield by_itself(source)

    if arguments.each or len(sources) < 2 or "look" in fields or fields["kind"] != PHOTOGRAPHIC:
        return by_itself
    try:
        look = common_look(usable())
    except InputError:
        return by_itself  # none can be used, and each says why
    return lambda source: by_itself(source).replaced(styles=(), look=look)


def _given(arguments: argparse.Namespace) -> dict[str, Any]:
    """The request's fields that options gave, but for styles and the mask."""
    return options.given(arguments, StylizeRequest, without=_OWN)


def _chosen(arguments: argparse.Namespace) -> dict[str, Any]:
    """Fields of a request from --style and --weight. Raises `InputError`."""
    if not arguments.style:
        raise InputError(
            "style",
            "missing",
            "a preset's name, a picture or a .cube file is needed",
            "Choose one of: python -m gan stylize --list",
        )
    return {"kind": ARTISTIC, **styles_of(arguments.style, arguments.weight or None)}


def _check_cube(arguments: argparse.Namespace, fields: Mapping[str, Any]) -> None:
    if arguments.cube is not None and fields["kind"] != PHOTOGRAPHIC:
        raise InputError(
            "cube",
            "the artistic kind",
            "only a photographic look can be written as a .cube file",
            "Add --kind photographic, or leave --cube out",
        )


def _check_options(arguments: argparse.Namespace) -> None:
    check_mask(arguments.where or EVERYWHERE, arguments.mask is not None)
    if arguments.sheet:
        _check_sheet(arguments)
    if arguments.cube is None:
        return
    if arguments.each:
        raise InputError("cube", "--each", "a .cube file holds one look", "Leave one of the two out")
    if arguments.cube.suffix.lower() != ".cube":
        raise InputError(
            "cube",
            "{name} does not end in .cube",
            "a look is written as .cube",
            "Give the file this ending",
            name=arguments.cube.name,
        )


def _check_sheet(arguments: argparse.Namespace) -> None:
    given = {
        "--weight": arguments.weight,
        "--kind photographic": arguments.kind == PHOTOGRAPHIC,
        "--content-px": arguments.content_px is not None,
        "--style-px": arguments.style_px is not None,
        "--each": arguments.each,
        "--cube": arguments.cube is not None,
    }
    if names := [name for name, value in given.items() if value]:
        raise InputError(
            "sheet",
            "{options} beside --sheet",
            "a sheet shows presets one by one, in the artistic kind",
            "Leave one of the two out",
            options=", ".join(names),
        )


class _List(argparse.Action):
    """Prints the presets and ends, as --help does, so that no picture need be named."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        width = max(map(len, PRESETS))
        for preset in PRESETS.values():
            tell(f"{preset.name:<{width}}", preset.title, name=preset.name, title=preset.title)
        parser.exit()
