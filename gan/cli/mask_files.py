"""Masks on the command line: which of them belongs to which picture."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gan.core.errors import InputError
from gan.core.files import PICTURE_SUFFIXES

if TYPE_CHECKING:
    from gan.imaging.mask import Mask

MASK_ENDING = "_mask"


class ProductMasks:
    """The masks that belong to each picture, of those options that were given.

    Args:
        arguments: with `input` and each of the names, a path or None.
        names: of options that are fields of the request, such as "mask" and "keep".

    Raises:
        InputError: one mask for all was given and cannot be read.
    """

    def __init__(self, arguments: argparse.Namespace, names: Iterable[str]) -> None:
        given = {name: getattr(arguments, name) for name in names}
        self._files = {name: MaskFiles(arguments.input, path) for name, path in given.items() if path is not None}

    def leaves(self, path: Path) -> bool:
        """True if a file that was found is a picture and none of the masks."""
        return all(files.leaves(path) for files in self._files.values())

    def of(self, picture: Path) -> dict[str, Mask | None]:
        """The request's fields. Raises `InputError` where a folder has no mask for it, or one that cannot be read."""
        return {name: files.of(picture) for name, files in self._files.items()}


class MaskFiles:
    """One mask for all pictures, or one for each in a folder.

    Args:
        inputs: the files and folders that pictures come from.
        given: a mask's file, a folder of them, or None.

    Raises:
        InputError: one mask for all was given and cannot be read.
    """

    def __init__(self, inputs: Sequence[Path], given: Path | None) -> None:
        from gan.imaging.mask import decode_mask

        self._decode = decode_mask
        self._inputs = inputs
        self._given = given
        self._folder = given if given is not None and given.is_dir() else None
        self._one = None if given is None or self._folder is not None else decode_mask(given)

    def leaves(self, path: Path) -> bool:
        """True if a file found in a folder is a picture and no mask; a file named explicitly always is."""
        if path in self._inputs:
            return True
        named = path.suffix.lower() == ".png" and path.stem.endswith(MASK_ENDING)
        inside = self._folder is not None and self._folder not in self._inputs and self._folder in path.parents
        return not (named or inside or path == self._given)

    def of(self, picture: Path) -> Mask | None:
        """The picture's mask; None where none was given.

        Raises:
            InputError: the folder has none for it, or it cannot be read.
        """
        if self._folder is None:
            return self._one
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
