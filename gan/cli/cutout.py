"""`python -m gan cutout`."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gan.cli.common import Tasks, common_options
from gan.cli.files import Piece, each_file, file_options, side_files, writing_options
from gan.cli.mask_files import MASK_ENDING
from gan.cli.product_options import TRANSPARENT, GroundOf, ProductMasks, finding_options, ground_option, mask_option
from gan.core.files import write_atomic

if TYPE_CHECKING:
    from gan.core.contract import Progress, Result


def add(tasks: Tasks) -> None:
    """The options."""
    task = tasks.add_parser(
        "cutout",
        help="cut products out of their pictures",
        description="The product's own pixels stay as they are, and its edge loses the old ground's colour. On a "
        "transparent ground the results of JPEG files in a folder are written as PNG.",
    )
    task.set_defaults(command=cutout)
    file_options(task)
    ground_option(task, TRANSPARENT, "transparent")
    finding_options(task)
    mask_option(task, "keep", "white where the product is, whatever was found; like --mask")
    mask_option(task, "drop", "white where it is not, whatever was found; like --mask")
    task.add_argument(
        "--save-mask",
        type=Path,
        metavar="FILE_OR_FOLDER",
        help="write the mask that was used; for several pictures into a folder, as NAME_mask.png",
    )
    writing_options(task)
    common_options(task)


def cutout(arguments: argparse.Namespace) -> int:
    """Cut out of files and folders; a bad file is named and the others go on."""
    from gan.api import Studio
    from gan.cutout.pipeline import CutoutRequest
    from gan.imaging.io.codec import decode
    from gan.imaging.mask import Mask, encode_mask

    studio = Studio(arguments.device)
    laid = GroundOf(arguments.ground)
    masks = ProductMasks(arguments, "mask", "keep", "drop")
    saved = side_files(arguments, arguments.save_mask, MASK_ENDING, as_png=laid.as_png)

    def make(source: Path, progress: Progress | None) -> Result:
        request = CutoutRequest(
            picture=decode(source),
            ground=laid.ground or TRANSPARENT,
            model=arguments.model,
            **masks.of(source),
        )
        result = studio.run(request, progress=progress)
        if source in saved:
            clear = dataclasses.replace(request, ground=TRANSPARENT)
            found = result if request.ground == TRANSPARENT else studio.run(clear)
            alpha = found.picture.alpha
            if alpha is not None:
                write_atomic(saved[source], encode_mask(Mask(alpha)))
        return result

    return each_file(
        arguments, make, is_input=masks.leaves, remark=laid.remark, as_png=laid.as_png, pieces=_with_confidence
    )


def _with_confidence(result: Result, target: Path) -> Iterator[Piece]:
    details = result.details
    said = f"product {details['share']:.1%} of the picture, confidence {details['confidence']:.2f}"
    yield Piece(target, result.picture, lambda: said)
