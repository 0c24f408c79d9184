"""Draw procedural style pictures, since few paintings are free to learn from, or to ship as presets.

A kind is a technique (watercolor, mosaic, woodcut); the seed chooses everything else: what is shown, palette,
scale, direction, density, contrast.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from gan.training.data import procedural_craft, procedural_light, procedural_paint, procedural_print
from gan.training.data.procedural_canvas import Canvas, Floats

LEAST_PX = 16
SEED_LIMIT = 2**63

_DRAW: Mapping[str, Callable[[Canvas], Floats]] = {
    "oil": procedural_paint.oil,
    "swirl": procedural_paint.swirl,
    "watercolor": procedural_paint.watercolor,
    "gouache": procedural_paint.gouache,
    "ink_wash": procedural_paint.ink_wash,
    "pastel": procedural_paint.pastel,
    "points": procedural_paint.points,
    "charcoal": procedural_paint.charcoal,
    "halftone": procedural_print.halftone,
    "woodcut": procedural_print.woodcut,
    "engraving": procedural_print.engraving,
    "crosshatch": procedural_print.crosshatch,
    "stipple": procedural_print.stipple,
    "risograph": procedural_print.risograph,
    "mosaic": procedural_craft.mosaic,
    "stained_glass": procedural_craft.stained_glass,
    "weave": procedural_craft.weave,
    "knit": procedural_craft.knit,
    "marbling": procedural_craft.marbling,
    "terrazzo": procedural_craft.terrazzo,
    "paper_cut": procedural_craft.paper_cut,
    "wood": procedural_craft.wood,
    "geometric": procedural_craft.geometric,
    "tiles": procedural_craft.tiles,
    "neon": procedural_light.neon,
    "blueprint": procedural_light.blueprint,
    "gold_leaf": procedural_light.gold_leaf,
    "chalk": procedural_light.chalk,
}

KINDS: tuple[str, ...] = tuple(_DRAW)


def draw(kind: str, size_px: int, seed: int) -> Tensor:
    """One style picture, the same for the same kind, size and seed; at another size about the same design.

    Args:
        kind: one of `KINDS`.
        size_px: height and width, from `LEAST_PX`.
        seed: 0 to 2**63 - 1.

    Returns:
        (3, size_px, size_px) float32 in [0, 1], sRGB. About 40 ms of one core at 256 px.

    Raises:
        ValueError: an argument outside these.
    """
    if kind not in _DRAW:
        raise ValueError(f"kind: {kind!r}; one of {', '.join(KINDS)} is needed")
    if size_px < LEAST_PX:
        raise ValueError(f"size_px: {size_px}; at least {LEAST_PX} is needed")
    if not 0 <= seed < SEED_LIMIT:
        raise ValueError(f"seed: {seed}; 0 to 2**63 - 1 is needed")
    canvas = Canvas(size_px, np.random.default_rng([seed, zlib.crc32(kind.encode())]))
    rgb = np.clip(_DRAW[kind](canvas), 0, 1).astype(np.float32)
    return torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)))


def drawings(count: int, size_px: int, seed: int) -> list[Tensor]:
    """Drawn patterns as uint8 (3, size_px, size_px), all kinds in turn."""
    return [(draw(KINDS[i % len(KINDS)], size_px, seed + i) * 255).round().to(torch.uint8) for i in range(count)]
