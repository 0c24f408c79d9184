"""The styles that ship with the app: drawn by `examples/draw_styles.py`, so that they belong to nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from gan.core.errors import InputError

_FOLDER = Path(__file__).parent / "presets"


@dataclass(frozen=True)
class Preset:
    """A named style picture.

    Attributes:
        name: as on the command line.
        title: as on the page, a template of `gan.ui.i18n`.
        path: of the picture, 512 x 512 px.
    """

    name: str
    title: str
    path: Path


def preset_path(name: str) -> Path:
    """Where the picture of a preset lies.

    Raises:
        InputError: there is no preset of that name.
    """
    if name not in PRESETS:
        raise InputError(
            "style",
            "there is no preset {name}",
            "the presets are {names}",
            "Choose one of these",
            name=name,
            names=", ".join(PRESETS),
        )
    return PRESETS[name].path


_TITLES = {
    "watercolor": "Watercolour",
    "oil-impasto": "Oil, thick paint",
    "gouache-autumn": "Gouache in autumn",
    "pastel-chalk": "Pastel chalk",
    "pointillist": "Pointillist dots",
    "ink-wash": "Ink wash",
    "charcoal": "Charcoal",
    "woodcut": "Woodcut",
    "halftone-pop": "Pop halftone",
    "risograph": "Risograph",
    "stained-glass": "Stained glass",
    "mosaic": "Mosaic",
    "terrazzo": "Terrazzo",
    "marbling": "Marbled paper",
    "knitwear": "Knitwear",
    "gold-leaf": "Gold leaf",
    "blueprint": "Blueprint",
    "neon": "Neon lights",
}

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {name: Preset(name, title, _FOLDER / f"{name}.webp") for name, title in _TITLES.items()}
)
"""By name, in the order in which they are shown."""
