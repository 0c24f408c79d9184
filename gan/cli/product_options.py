"""What the commands share that work on the product: its masks, the model that finds it, the ground it is laid on."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan.cli.files import OPAQUE, UNWRITABLE
from gan.cli.mask_files import MaskFiles

if TYPE_CHECKING:
    from gan.edit.background import Ground
    from gan.imaging.io.formats import Encoding

TRANSPARENT = "transparent"

NO_TRANSPARENCY = "this format has no transparency: the picture was laid on white"
"""What is told of a cut-out that is written as JPEG."""

_BY_NAME = "one for all, or a folder with NAME.png or NAME_mask.png for each"


def finding_options(task: argparse.ArgumentParser, what: str = "white where the product is") -> None:
    """--mask, and --model where there is none."""
    mask_option(task, "mask", f"{what}: {_BY_NAME}; without it the product is found, or transparency tells it")
    task.add_argument(
        "--model",
        default="auto",
        metavar="NAME_OR_PATH",
        help="what finds the product: ours, a checkpoint file, or a Hub id",
    )


def mask_option(task: argparse.ArgumentParser, name: str, meaning: str) -> None:
    """An option that `ProductMasks` reads."""
    task.add_argument(f"--{name}", type=Path, metavar="MASK_OR_FOLDER", help=meaning)


def ground_option(task: argparse.ArgumentParser, default: str | None, by_default: str) -> None:
    """--ground."""
    task.add_argument(
        "--ground",
        default=default,
        metavar="transparent|white|'#RRGGBB'|FILE",
        help=f"the # may be left out, and needs quotes in most shells; a picture is scaled to cover ({by_default})",
    )


class ProductMasks:
    """The masks that belong to each picture, of those options that were given.

    Args:
        arguments: with `input` and each of the names, a path or None.
        names: of options that are also fields of the request, such as "mask" and "keep".

    Raises:
        InputError: one mask for all was given and cannot be read.
    """

    def __init__(self, arguments: argparse.Namespace, *names: str) -> None:
        given = {name: getattr(arguments, name) for name in names}
        self._files = {name: MaskFiles(arguments.input, path) for name, path in given.items() if path is not None}

    def leaves(self, path: Path) -> bool:
        """Whether a file that was found is a picture and none of the masks."""
        return all(files.leaves(path) for files in self._files.values())

    def of(self, picture: Path) -> dict[str, Any]:
        """The request's fields. Raises `InputError` where a folder has no mask for it, or one that cannot be read."""
        return {name: files.of(picture) for name, files in self._files.items()}


class GroundOf:
    """--ground, read once.

    Raises:
        InputError: neither a word, nor a colour, nor a picture that can be read.
    """

    def __init__(self, given: str | None) -> None:
        from gan.edit.background import ground_of

        self.ground: Ground | None = None if given is None else ground_of(given)
        self._transparent = self.ground == TRANSPARENT

    @property
    def as_png(self) -> tuple[str, ...]:
        """As of `gan.cli.files.planned`."""
        return OPAQUE if self._transparent else UNWRITABLE

    def remark(self, encoding: Encoding) -> str:
        """What to tell of the way a picture is written."""
        return NO_TRANSPARENCY if self._transparent and not encoding.details.alpha else ""
