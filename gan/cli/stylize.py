"""`python -m gan stylize`."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan.cli.common import Tasks, common_options
from gan.cli.files import each_file, file_options, planned, writing_options
from gan.cli.mask_files import MaskFiles
from gan.core.errors import InputError, PackshotError

if TYPE_CHECKING:
    from gan.core.contract import Progress, Request, Result
    from gan.imaging.io.formats import Encoding
    from gan.stylize.pipeline import StylizeRequest

KINDS = ARTISTIC, PHOTOGRAPHIC = "artistic", "photographic"
EVERYWHERE = "everywhere"


def add(tasks: Tasks) -> None:
    """The options."""
    task = tasks.add_parser(
        "stylize",
        help="give pictures the look of a style",
        description="Several pictures get one photographic look that suits them all; --each matches each by itself.",
    )
    task.set_defaults(command=stylize)
    file_options(task)
    task.add_argument("--list", action=_List, nargs=0, help="print the presets' names and titles, and nothing else")
    task.add_argument(
        "--style",
        action="append",
        default=[],
        metavar="FILE_OR_PRESET",
        help="a picture, a preset's name, or a .cube file; several are mixed",
    )
    task.add_argument(
        "--weight",
        action="append",
        type=float,
        default=[],
        metavar="W",
        help="one for each style, in order (all alike)",
    )
    task.add_argument(
        "--kind",
        choices=KINDS,
        help="strokes and colours, or tone and colour only (artistic; photographic for a .cube file)",
    )
    task.add_argument("--strength", type=float, default=1.0, metavar="0..1", help="0 gives the input (1)")
    task.add_argument("--preserve-color", action="store_true", help="take the lightness alone")
    task.add_argument("--where", default=EVERYWHERE, choices=(EVERYWHERE, "product", "ground"), help="(everywhere)")
    task.add_argument(
        "--mask",
        type=Path,
        metavar="FILE_OR_FOLDER",
        help="white where the product is; one for all, or NAME.png or NAME_mask.png for each in a folder; without it "
        "transparency or a plain ground tells",
    )
    task.add_argument("--content-px", type=int, metavar="N", help="longest side at which strokes are made (its own)")
    task.add_argument(
        "--style-px",
        type=int,
        metavar="N",
        help="longest side at which styles are looked at; half of the picture's by default",
    )
    task.add_argument("--model", default="auto", metavar="NAME_OR_PATH", help="ours, a checkpoint file, or a Hub id")
    task.add_argument("--each", action="store_true", help="photographic: match each picture by itself")
    task.add_argument("--cube", type=Path, metavar="FILE", help="photographic: write the look for other editors")
    task.add_argument("--sheet", action="store_true", help="a contact sheet of all presets, or of each --style")
    writing_options(task)
    common_options(task)


def stylize(arguments: argparse.Namespace) -> int:
    """Stylize files and folders; a bad file is named and the others go on."""
    from gan.api import Studio
    from gan.imaging.io.cube import write_cube
    from gan.stylize.pipeline import StylizeRequest, look_of

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
        from gan.imaging.io.formats import LOSSY

        return LOSSY if arguments.where != EVERYWHERE and not encoding.exact else ""

    return each_file(arguments, make, is_input=is_input, remark=remark)


def _any(_: Path) -> bool:
    return True


def _sheets(arguments: argparse.Namespace, masks: MaskFiles) -> Callable[[Path], Request]:
    """From a picture's path to the request for its contact sheet. Raises `InputError` for an unknown preset."""
    from gan.imaging.io.codec import decode
    from gan.stylize.pipeline import SheetRequest
    from gan.stylize.presets import preset_path

    for name in arguments.style:
        preset_path(name)

    def request_of(source: Path) -> Request:
        return SheetRequest(
            picture=decode(source),
            names=tuple(arguments.style),
            strength=arguments.strength,
            preserve_color=arguments.preserve_color,
            where=arguments.where,
            mask=masks.of(source),
            model=arguments.model,
        )

    return request_of


def _restyled(
    arguments: argparse.Namespace, masks: MaskFiles, sources: Sequence[Path]
) -> Callable[[Path], StylizeRequest]:
    """From a picture's path to its request; a photographic look is matched to all sources.

    Raises:
        InputError: no style or one that cannot be used, or --cube for what is no look.
    """
    from gan.imaging.io.codec import decode
    from gan.stylize.pipeline import StylizeRequest, common_look

    chosen = _chosen(arguments)

    def by_itself(source: Path) -> StylizeRequest:
        return StylizeRequest(
            picture=decode(source),
            strength=arguments.strength,
            preserve_color=arguments.preserve_color,
            where=arguments.where,
            mask=masks.of(source),
            content_px=arguments.content_px,
            style_px=arguments.style_px,
            model=arguments.model,
            **chosen,
        )

    def usable() -> Iterator[StylizeRequest]:
        for source in sources:
            with suppress(PackshotError):  # it is named when its turn comes
                yield by_itself(source)

    if arguments.each or len(sources) < 2 or "look" in chosen or chosen["kind"] != PHOTOGRAPHIC:
        return by_itself
    try:
        look = common_look(usable())
    except InputError:
        return by_itself  # none can be used, and each says why
    return lambda source: dataclasses.replace(by_itself(source), styles=(), look=look)


def _chosen(arguments: argparse.Namespace) -> dict[str, Any]:
    """What a request needs of --style, --weight and --kind. Raises `InputError`."""
    from gan.stylize.sources import styles_of

    if not arguments.style:
        raise InputError(
            "style",
            "none was given",
            "a preset's name, a picture or a .cube file is needed",
            "Choose one of: python -m gan stylize --list",
        )
    chosen = {"kind": ARTISTIC, **styles_of(arguments.style, arguments.weight or None)}
    if arguments.kind is not None:
        chosen["kind"] = arguments.kind
    if arguments.cube is not None and chosen["kind"] != PHOTOGRAPHIC:
        raise InputError(
            "cube",
            "the artistic kind",
            "only a photographic look can be written as a .cube file",
            "Add --kind photographic, or leave --cube out",
        )
    return chosen


def _check_options(arguments: argparse.Namespace) -> None:
    from gan.stylize.placement import check_mask

    check_mask(arguments.where, arguments.mask is not None)
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
        from gan.stylize.presets import PRESETS

        width = max(map(len, PRESETS))
        for preset in PRESETS.values():
            print(f"{preset.name:<{width}}  {preset.title}")
        parser.exit()
