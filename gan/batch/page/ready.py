"""Ready-made recipes: what merchandisers ask for most, to start from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gan.batch.recipe_json import VERSION, Recipe, read_recipe, to_json
from gan.core.errors import InputError

READY: Final[Mapping[str, Mapping[str, Any]]] = {
    # Cut out on nothing and laid on white by the frame, so that the product is looked for once only.
    "square": {
        "name": "White, framed square",
        "steps": [
            {"task": "cutout"},
            {"task": "frame", "request": {"fill": 0.85, "aspect": "1:1", "width_px": 2000, "ground": "white"}},
        ],
        "output": {"format": "jpeg", "quality": 92},
    },
    "transparent": {
        "name": "Cut out, transparent PNG",
        "steps": [{"task": "cutout"}],
        "output": {"format": "png"},
    },
    "amazon": {
        "name": "Amazon main image",
        "steps": [{"task": "export", "request": {"channel": "amazon"}}],
    },
    "restore": {
        "name": "Restore: twice the size, de-noised",
        "steps": [{"task": "enhance", "request": {"scale": 2}}],
        "output": {"format": "png"},
    },
}
"""By the name in the page's list, as recipes have them."""


def ready_recipe(name: str) -> Recipe:
    """The ready-made recipe of that name.

    Raises:
        InputError: there is none.
    """
    if name not in READY:
        raise InputError(
            "recipe",
            "there is no ready-made recipe {name}",
            "{known} are allowed, or a file",
            "Choose one of these",
            name=name,
            known=", ".join(READY),
        )
    return read_recipe(to_json({"version": VERSION, **READY[name]}), {})
