"""Packshot Studio's package: product pictures made, repaired and restyled with GANs.

Importing it loads no weights and starts nothing; `Studio` is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gan.api import Studio
    from gan.core.contract import Request, Result
    from gan.core.errors import ConfigError, InputError, WeightsError
    from gan.enhance.adjust import Adjustments
    from gan.enhance.pipeline import EnhanceRequest
    from gan.generate.attributes import Sliders
    from gan.generate.interpolation import FilmRequest
    from gan.generate.pipeline import GenerateRequest
    from gan.generate.projection import ProjectRequest

_HOMES = {
    "Studio": "gan.api",
    "Request": "gan.core.contract",
    "Result": "gan.core.contract",
    "EnhanceRequest": "gan.enhance.pipeline",
    "Adjustments": "gan.enhance.adjust",
    "FilmRequest": "gan.generate.interpolation",
    "GenerateRequest": "gan.generate.pipeline",
    "ProjectRequest": "gan.generate.projection",
    "Sliders": "gan.generate.attributes",
    "InputError": "gan.core.errors",
    "WeightsError": "gan.core.errors",
    "ConfigError": "gan.core.errors",
}

__all__ = [
    "Adjustments",
    "ConfigError",
    "EnhanceRequest",
    "FilmRequest",
    "GenerateRequest",
    "InputError",
    "ProjectRequest",
    "Request",
    "Result",
    "Sliders",
    "Studio",
    "WeightsError",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'gan' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
