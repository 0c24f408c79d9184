"""Readers: how each surface opens what stands for a picture, a mask, a look or a style in its requests.

A field that holds pixels is declared once, with the function that decodes it. What a value of it may be differs by
surface: a path on the command line, an uploaded file over HTTP, a name beside a recipe, a Pillow image from Python.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from PIL import Image
from pydantic import InstanceOf, ValidationInfo, WrapValidator
from pydantic_core.core_schema import ValidatorFunctionWrapHandler

from gan.core.errors import InputError
from gan.imaging.color_grading import Look
from gan.imaging.io.codec import decode
from gan.imaging.io.cube import read_cube
from gan.imaging.mask import Mask, decode_mask
from gan.imaging.picture import Picture
from gan.imaging.pixel_hash import sha256_of

READER: Final = "reader"
"""Key of the reader in pydantic's validation context."""

Source = str | Path | bytes | Image.Image
Pixels = TypeVar("Pixels")


class Reader:
    """Opens a surface's values.

    Attributes:
        opens_texts: whether a text may be the path of a file; never over the network.
    """

    opens_texts = False

    def open(
        self,
        value: Any,
        field: str,
        decoded: Callable[[Source, str], Pixels],
        shipped: Callable[[str], Path | None] = lambda _: None,
    ) -> Pixels:
        """Decode a field's file with `decoded(source, field)`; `shipped` finds files of this package by name.

        Raises:
            InputError: there is no such file, or it cannot be read.
        """
        ours = shipped(value) if isinstance(value, str) else None
        return decoded(self.source(value, field) if ours is None else ours, field)

    def source(self, value: Any, field: str) -> Source:
        """The file that a value stands for. Raises `InputError` for what stands for none on this surface."""
        given: Source = value
        return given


class AnySource(Reader):
    """For Python: paths, bytes and Pillow images as they are."""

    opens_texts = True


def read_by(kind: type[Any], decoded: Callable[[Source, str], Any]) -> WrapValidator:
    """The validator of a field that holds a `kind`: taken as it is, or opened by the surface's reader."""

    def validated(value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        reader: Reader | None = (info.context or {}).get(READER)
        if reader is None or isinstance(value, kind):
            return handler(value)
        return reader.open(value, info.field_name or "file", decoded)

    return WrapValidator(validated)


def _picture(source: Source, field: str) -> Picture:
    # The picture that a request is about is called "image" in every message since the first version.
    return decode(source, field="image" if field == "picture" else field)


PictureFile = Annotated[InstanceOf[Picture], read_by(Picture, _picture)]


@dataclass(frozen=True, eq=False)
class LatePicture:
    """A picture that is decoded when it is needed and not kept, for tasks that take more of them than memory holds.

    Attributes:
        source: as of `gan.imaging.io.codec.decode`, or a `Picture` that there is already.
        input: which input this is, for errors.
        hashes: holds the hash of the pixels once they have been read.
    """

    source: Source | Picture
    input: str = "frames"
    hashes: list[str] = field(default_factory=list, repr=False)

    @property
    def name(self) -> str:
        """File name without folders; empty where there is none."""
        if isinstance(self.source, Picture):
            return self.source.name
        return Path(self.source).name if isinstance(self.source, (str, Path)) else ""

    def read(self) -> Picture:
        """Decode it. Raises `InputError` as `gan.imaging.io.codec.decode` does, with the file's name."""
        made = self.source if isinstance(self.source, Picture) else _named(self.source, self.input)
        if not self.hashes:
            self.hashes.append(sha256_of(made))
        return made


def _named(source: Source, field: str) -> Picture:
    name = Path(source).name if isinstance(source, (str, Path)) else ""
    made = decode(source, field=f"{field} {name}".strip())
    return made if made.name or not name else replace(made, name=name)


LateFile = Annotated[InstanceOf[LatePicture], read_by(LatePicture, LatePicture)]
"""A picture's file that stays closed until it is needed."""


def _look(source: Source, field: str) -> Look:
    if isinstance(source, Image.Image):
        raise InputError(field, "a picture", "a .cube file is needed", "Choose another file")
    return read_cube(source)


MaskFile = Annotated[InstanceOf[Mask], read_by(Mask, lambda source, field: decode_mask(source, field=field))]
HoleFile = MaskFile
"""A `gan.imaging.mask.Hole`: 1 where pixels are to be made."""
CoverFile = MaskFile
"""A `gan.imaging.mask.Cover`: 1 where the product is."""
LookFile = Annotated[InstanceOf[Look], read_by(Look, _look)]
