"""`python -m gan inpaint`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gan.commands.common import Tasks, common_options
from gan.commands.writing import each_file, file_options, writing_options
from gan.errors import InputError
from gan.files import PICTURE_SUFFIXES

if TYPE_CHECKING:
    from gan.contract import Progress, Result
    from gan.imaging.formats import Encoding
    from gan.imaging.masks import Mask

SIDES = ("left", "top", "right", "bottom")
MASK_ENDING = "_mask"


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
    from gan.imaging.codec import decode
    from gan.inpaint.pipeline import InpaintRequest
    from gan.studio import Studio

    studio = Studio(arguments.device)
    masks = _Masks(arguments)

    def make(source: Path, progress: Progress | None) -> Result:
        request = InpaintRequest(
            picture=decode(source),
            mask=masks.of(source),
            **{side: getattr(arguments, side) for side in SIDES},
            aspect=arguments.aspect,
            grow_px=arguments.grow,
            feather_px=arguments.feather,
            model=arguments.model,
        )
        return studio.run(request, progress=progress)

    return each_file(arguments, make, is_input=masks.leaves, remark=_remark)


class _Masks:
    """Which mask belongs to which picture.

    Raises:
        InputError: one mask for all was given and cannot be read.
    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        from gan.imaging.masks import decode_mask

        given: Path | None = arguments.mask
        self._decode = decode_mask
        self._inputs: list[Path] = arguments.input
        self._extends = bool(arguments.aspect) or any(getattr(arguments, side) for side in SIDES)
        self._given = given
        self._folder = given if given is not None and given.is_dir() else None
        self._one = None if given is None or self._folder is not None else decode_mask(given)

    def leaves(self, path: Path) -> bool:
        """Whether a file that was found is a picture and no mask; what was named itself always is."""
        if path in self._inputs:
            return True
        named = path.suffix.lower() == ".png" and path.stem.endswith(MASK_ENDING)
        inside = self._folder is not None and self._folder not in self._inputs and self._folder in path.parents
        return not (named or inside or path == self._given)

    def of(self, picture: Path) -> Mask | None:
        """The picture's mask; None where none is needed, since the picture is to be extended.

        Raises:
            InputError: there is none, or it cannot be read.
        """
        if self._one is not None:
            return self._one
        if self._folder is None:
            beside = picture.with_name(picture.stem + MASK_ENDING + ".png")
            if self._extends:
                return None
            if not beside.is_file():
                raise InputError(
                    "mask",
                    "none for {name}",
                    "{expected} beside it, or --mask, is expected",
                    "Make one, such as with: python -m gan mask",
                    name=picture.name,
                    expected=beside.name,
                )
            return self._decode(beside)
        for candidate in self._candidates(self._folder, picture):
            if candidate.is_file() and candidate != picture:
                return self._decode(candidate)
        raise InputError(
            "mask",
            "none for {name} in {folder}",
            "{stem}.png or {stem}_mask.png is expected",
            "Name the masks as the pictures are named",
            name=picture.name,
            folder=self._folder,
            stem=picture.stem,
        )

    def _candidates(self, folder: Path, picture: Path) -> Iterator[Path]:
        """The sub-folder that mirrors the picture's comes first, and so do names that say what they are, and PNG."""
        below = [picture.parent.relative_to(given) for given in self._inputs if given in picture.parents]
        for place in dict.fromkeys([folder / part for part in below] + [folder]):
            for ending in (MASK_ENDING, ""):
                for suffix in sorted(PICTURE_SUFFIXES, key=lambda suffix: (suffix != ".png", suffix)):
                    yield place / (picture.stem + ending + suffix)


def _remark(encoding: Encoding) -> str:
    from gan.imaging.formats import LOSSY

    return "" if encoding.exact else LOSSY
