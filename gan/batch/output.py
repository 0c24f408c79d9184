"""How a recipe's result becomes a file: as the recipe says, or, after an export, as the channel does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from gan.batch.recipe_json import Recipe
from gan.core.contract import Result
from gan.cutout.segment import has_transparency
from gan.export.channels import Channel
from gan.export.output import written
from gan.export.rules import passed
from gan.export.rules_file import writable
from gan.imaging.io.codec import encode
from gan.imaging.io.formats import FORMATS

FLATTENED: Final = "This format has no transparency; the picture was laid on white"
NOT_PASSED: Final = "Not every rule of the channel could be met; check the picture to see which"


@dataclass(frozen=True)
class Encoded:
    """A result's file.

    Attributes:
        data: its content.
        suffix: with the dot.
        width_px, height_px: of the picture in it.
        notices: what the user should be told of the way it was written.
    """

    data: bytes
    suffix: str
    width_px: int
    height_px: int
    notices: tuple[str, ...] = ()


def suffix_of(recipe: Recipe) -> str:
    """What the names of a recipe's results end with; after an export a single file may turn out otherwise.

    Raises:
        StepError: as of `Recipe.arguments`.
    """
    channel = _channel(recipe)
    return recipe.output.suffix if channel is None else FORMATS[writable(channel)[0]].suffixes[0]


def encoded(recipe: Recipe, result: Result) -> Encoded:
    """The file of the result of a recipe's last step.

    Raises:
        InputError: as of `gan.imaging.io.codec.encode`.
    """
    picture, channel = result.picture, _channel(recipe)
    if channel is None:
        flat = has_transparency(picture) and not recipe.output.details.alpha
        data = encode(picture, recipe.output)
        size = (picture.width_px, picture.height_px)
        return Encoded(data, recipe.output.suffix, *size, (FLATTENED,) if flat else ())
    alone = result.pictures[1].alpha if len(result.pictures) > 1 else None
    made = written(picture, alone, channel)
    notices = () if passed(made.findings) else (NOT_PASSED,)
    return Encoded(made.data, made.suffix, made.width_px, made.height_px, notices)


def _channel(recipe: Recipe) -> Channel | None:
    """Whose rules the last step exports by; None where it does something else."""
    return cast(Channel, recipe.arguments[-1]["channel"]) if recipe.steps[-1].task == "export" else None
