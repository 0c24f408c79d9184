"""Specifications of networks: what a caller must know of their sizes, and their configs as they are published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from gan.core.errors import ConfigError

Config = TypeVar("Config")


@dataclass(frozen=True, kw_only=True)
class NetworkSpec:
    """Size needs of a network; fields of `gan.core.contract.Model` bear the same names.

    Attributes:
        scale: output pixels per input pixel, in each direction.
        multiple: height and width must be divisible by this.
        context_px: how far, in input pixels, a pixel of the output looks around itself.
        whole: whether it wants to see all of a picture at once and cannot be tiled.
    """

    scale: int = 1
    multiple: int = 1
    context_px: int = 32
    whole: bool = False


def config_of(kind: type[Config], published: Mapping[str, Any]) -> Config:
    """The config that a published checkpoint's `network` describes; its lists are tuples.

    Raises:
        ConfigError: a field is unknown, missing or out of range.
    """
    fields = {key: tuple(value) if isinstance(value, list) else value for key, value in published.items()}
    try:
        return kind(**fields)
    except TypeError as error:
        raise ConfigError(
            "network",
            "{reason}",
            "the fields of {config} are allowed",
            "Correct config.json",
            reason=str(error),
            config=kind.__name__,
        ) from error
