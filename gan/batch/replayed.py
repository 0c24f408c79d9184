"""Replay a picture's recorded steps on its source, in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from gan.batch.recipe import Recipe
from gan.batch.recipe_json import from_history
from gan.batch.steps import built
from gan.core.errors import InputError
from gan.core.recipe import Chain, Run, at_step
from gan.imaging.picture import History, Picture

AUTO_MODEL: Final = "auto"
TASKS: Final = ("enhance", "generate", "inpaint", "stylize", "cutout")
"""Whose models are offered."""


class Named(Protocol):
    """A model in a list."""

    @property
    def name(self) -> str: ...


Offered = Callable[[str], Sequence[Named]]
"""The models of a task."""


def replayed(
    picture: Picture, history: History, run: Run, offered: Offered, *, cancel: threading.Event | None = None
) -> Picture:
    """The picture after the steps of a history.

    Args:
        history: steps that were recorded, at least one; a file that a stranger sends may say anything here.
        offered: the models that these steps may name.

    Raises:
        InputError: a model that is not offered; as of `from_history`, or a step that needs further files.
        Cancelled: `cancel` was set.
    """
    recipe = from_history(history)
    check_models(recipe, offered)
    chain = Chain(run, len(recipe.steps), None, cancel)
    for number, (step, read) in enumerate(zip(recipe.steps, recipe.arguments, strict=True), 1):
        with at_step(number):
            picture = chain(built(step.task, read, picture)).picture
    return picture


def check_models(recipe: Recipe, offered: Offered) -> None:
    """Raise `InputError` for a recipe that names a model that is not offered, such as a path or an address."""
    wanted = recipe.models - {AUTO_MODEL}
    known = {choice.name for task in TASKS for choice in offered(task)} if wanted else set()
    if unknown := sorted(wanted - known):
        raise InputError(
            "model",
            "{name} is not offered here",
            "auto and the models in this page's lists are allowed",
            "Remove the model from the recipe, or choose one of these",
            name=unknown[0],
        )
