"""`python -m gan inpaint`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from gan.cli.common import Tasks, common_options
from gan.cli.files import each_file, file_options, writing_options
from gan.cli.mask_files import MASK_ENDING, MaskFiles
from gan.core.errors import InputError

if TYPE_CHECKING:
    from gan.core.contract import Progress, Result
    from gan.imaging.io.formats import Encoding
    from gan.imaging.mask import Mask

SIDES = ("left", "top", "right", "bottom")


def add(tasks: Tasks) -> None:
    """The options."""
    task = tasks.add_parser("inpaint", help="remove what a mask marks, or extend pictures")
    task.set_defaults(command=inpaint)
    file_options(task)
    task.add_argument(
        "--mask",
        type=Path,
        metavar="FILE_OR_FOLDER",
        help="white where pixels are to be made; one for all, or NAME.png or NAME_mask.png for each in a folder; "
        "without it NAME_mask.png beside each picture",
    )
    for side in SIDES:
        task.add_argument(f"--{side}", type=int, default=0, metavar="PX", help=f"extend the picture at the {side}")
    task.add_argument("--aspect", default="", metavar="W:H", help="extend to this aspect instead, such as 4:5")
    task.add_argument("--grow", type=int, default=0, metavar="PX", help="widen the mask; below 0 narrow it (0)")
    task.add_argument("--feather", type=int, default=0, metavar="PX", help="soften the mask's edge (0)")
    task.add_argument("--model", default="auto", metavar="NAME_OR_PATH", help="ours, a checkpoint file, or a Hub id")
    writing_options(task)
    common_options(task)


def inpaint(arguments: argparse.Namespace) -> int:
    """Inpaint files and folders; a bad file, or one without a mask, is named and the others go on."""
    from gan.api import Studio
    from gan.imaging.io.codec import decode
    from gan.inpaint.pipeline import InpaintRequest

    studio = Studio(arguments.device)
    masks = MaskFiles(arguments.input, arguments.mask)
    extends = bool(arguments.aspect) or any(getattr(arguments, side) for side in SIDES)

    def make(source: Path, progress: Progress | None) -> Result:
        request = InpaintRequest(
            picture=decode(source),
            mask=masks.of(source) if arguments.mask is not None or extends else _beside(source),
            **{side: getattr(arguments, side) for side in SIDES},
            aspect=arguments.aspect,
            grow_px=arguments.grow,
            feather_px=arguments.feather,
            model=arguments.model,
        )
        return studio.run(request, progress=progress)

    return each_file(arguments, make, is_input=masks.leaves, remark=_remark)


def _beside(picture: Path) -> Mask:
    """The mask beside a picture. Raises `InputError` where there is none, or it cannot be read."""
    from gan.imaging.mask import decode_mask

    beside = picture.with_name(picture.stem + MASK_ENDING + ".png")
    if not beside.is_file():
        raise InputError(
            "mask",
            "none for {name}",
            "{expected} beside it, or --mask, is expected",
            "Make one, such as with: python -m gan mask",
            name=picture.name,
            expected=beside.name,
        )
    return decode_mask(beside)


def _remark(encoding: Encoding) -> str:
    from gan.imaging.io.formats import LOSSY

    return "" if encoding.exact else LOSSY
