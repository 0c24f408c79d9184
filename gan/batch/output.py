"""Encode a recipe's result to a file: with the recipe's output settings or, after an export, the channel's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from gan.batch.recipe_json import Recipe
from gan.core.contract import Result
from gan.cutout.segment import has_transparency
from gan.export.channels import Channel
from gan.export.output import written
from gan.export.rule_result import lasting_of
from gan.export.rules import passed
from gan.export.rules_file import writable
from gan.imaging.io.codec import encode
from gan.imaging.io.formats import FORMATS

FLATTENED: Final = "This format has no transparency; the picture was placed on white"
NOT_PASSED: Final = "Not every rule of the channel could be met; check the picture to see which"


@dataclass(frozen=True)
class Encoded:
    """A result's file.

    Attributes:
        data: its content.
        suffix: with the dot.
        width_px, height_px: of the picture in it.
        notices: for the user, about the way it was written.
    """

    data: bytes
    suffix: str
    width_px: int
    height_px: int
    notices: tuple[str, ...] = ()


def suffix_of(recipe: Recipe) -> str:
    """File suffix of a recipe's results; after an export a single file may turn out otherwise.

    Raises:
        StepError: as of `Recipe.arguments`.
    """
    channel = exported_to(recipe)
    return recipe.output.suffix if channel is None else FORMATS[writable(channel)[0]].suffixes[0]


def encoded(recipe: Recipe, result: Result) -> Encoded:
    """Encode the result of a recipe's last step.

    Raises:
        InputError: as of `gan.imaging.io.codec.encode`.
    """
    picture, channel = result.picture, exported_to(recipe)
    if channel is None:
        flat = has_transparency(picture) and not recipe.output.details.alpha
        data = encode(picture, recipe.output)
        size = (picture.width_px, picture.height_px)
        return Encoded(data, recipe.output.suffix, *size, (FLATTENED,) if flat else ())
    alone = result.pictures[1].alpha if len(result.pictures) > 1 else None
    made = written(picture, alone, channel, lasting_of(result.details))
    notices = () if passed(made.findings) else (NOT_PASSED,)
    return Encoded(made.data, made.suffix, made.width_px, made.height_px, notices)


def exported_to(recipe: Recipe) -> Channel | None:
    """Channel that the last step exports to; None if it does not export."""
    return cast(Channel, recipe.arguments[-1]["channel"]) if recipe.steps[-1].task == "export" else None
