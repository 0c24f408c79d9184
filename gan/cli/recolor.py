"""`python -m gan recolor`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan.cli.common import Tasks, common_options
from gan.cli.files import Piece, each_file, file_options, writing_options
from gan.cli.product_options import ProductMasks, finding_options, mask_option

if TYPE_CHECKING:
    from gan.core.contract import Progress, Result


def add(tasks: Tasks) -> None:
    """The options."""
    task = tasks.add_parser(
        "recolor",
        help="give products other colours",
        description="Texture, highlights and everything outside the mask stay. With several --to each picture gets a "
        "file for each colour, NAME_RRGGBB. Printed is how far the product's main colour is from the one asked for, "
        "before and after (CIEDE2000; about 1 is just seen).",
    )
    task.set_defaults(command=recolor)
    file_options(task)
    task.add_argument(
        "--to",
        action="append",
        required=True,
        metavar="'#RRGGBB'",
        help="the new colour; the # may be left out, and needs quotes in most shells; repeatable",
    )
    finding_options(task, "white where the colour is to change")
    mask_option(task, "protect", "white where nothing may change; like --mask")
    task.add_argument("--strength", type=float, default=1.0, metavar="0..1", help="0 gives the input (1)")
    writing_options(task)
    common_options(task)


def recolor(arguments: argparse.Namespace) -> int:
    """Recolor files and folders; a bad file is named and the others go on."""
    from gan.api import Studio
    from gan.edit.recolor import RecolorRequest
    from gan.imaging.io.codec import decode

    studio = Studio(arguments.device)
    masks = ProductMasks(arguments, "mask", "protect")

    def make(source: Path, progress: Progress | None) -> Result:
        request = RecolorRequest(
            picture=decode(source),
            to=tuple(arguments.to),
            strength=arguments.strength,
            model=arguments.model,
            **masks.of(source),
        )
        return studio.run(request, progress=progress)

    return each_file(arguments, make, is_input=masks.leaves, pieces=_variants)


def _variants(result: Result, target: Path) -> Iterator[Piece]:
    """One file for each colour; its name says which where there are several."""
    several = len(result.pictures) > 1
    for picture, measured in zip(result.pictures, result.details["targets"], strict=True):
        name = f"{target.stem}_{measured['to'].lstrip('#')}{target.suffix}" if several else target.name
        yield Piece(target.with_name(name), picture, partial(_difference, measured))


def _difference(target: Mapping[str, Any]) -> str:
    return f"{target['to']}: colour difference {target['delta_e_before']:.1f} -> {target['delta_e']:.1f}"
