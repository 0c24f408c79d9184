"""Styles as users give them: names of presets, files, pictures, looks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from gan.core.errors import InputError
from gan.imaging.io.codec import decode
from gan.imaging.io.cube import read_cube
from gan.imaging.picture import Picture
from gan.stylize.pipeline import Style
from gan.stylize.presets import PRESETS, preset_path

Source = str | Path | bytes | Image.Image

CUBE = ".cube"


def styles_of(sources: Sequence[Source], weights: Sequence[float] | None = None) -> dict[str, Any]:
    """What a request needs of styles as they are given.

    Args:
        sources: each a preset's name, a file's path, a file's content, or an image of Pillow's. A .cube file is a look
            and comes alone.
        weights: one for each; all alike by default.

    Returns:
        The fields `styles`, or `look` and `kind`, of a `StylizeRequest`.

    Raises:
        InputError: a source that cannot be read, an unknown preset, or not as many weights as sources.
    """
    if weights is not None and len(weights) != len(sources):
        raise InputError(
            "weight",
            "{weights} weights for {styles} styles",
            "one for each, or none at all, are allowed",
            "Give as many",
            weights=len(weights),
            styles=len(sources),
        )
    cubes = [source for source in sources if isinstance(source, (str, Path)) and Path(source).suffix.lower() == CUBE]
    if cubes:
        if len(sources) > 1:
            raise InputError(
                "style",
                "{count} styles with a .cube file",
                "a look is used alone",
                "Give one style",
                count=len(sources),
            )
        return {"look": read_cube(cubes[0]), "kind": "photographic"}
    shares = weights or [1 / max(1, len(sources))] * len(sources)
    return {"styles": tuple(Style(_style_picture(s), float(w)) for s, w in zip(sources, shares, strict=True))}


def _style_picture(source: Source) -> Picture:
    if isinstance(source, str) and (source in PRESETS or not Path(source).suffix):
        return decode(preset_path(source))
    return decode(source, field="style")
