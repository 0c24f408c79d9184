"""Shadows of what is taken out of a picture: found around the hole, so that no fill continues them into it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from gan.core.contract import Context, Model
from gan.imaging.box import Box
from gan.imaging.color import to_linear
from gan.imaging.mask_shapes import max_within
from gan.imaging.resize import resize
from gan.inpaint.network import InpaintNet
from gan.models.segment_net import SegmentNet

SIDE_PX = 192
"""Longest side at which shadows are looked for."""

AROUND = 0.9
"""How far around a hole one is looked for, as a share of the hole's longer side."""

LEAST_PX = 24
LEAST_SHARE = 0.002
"""Longer side of a hole's box, and its share of the picture, from which a thing may have been there; what is smaller is
dust, a scratch or a letter."""

MOST_SHARE = 0.45
"""Of a larger hole too little ground is seen."""

SURE = 0.93
"""Probability from which a place is taken for shadow. A lower one finds more of a thing's shadow, and more shadow where
nothing was taken out."""

DARKEST, TINT, LEAST_DARKER = 0.12, 0.4, 0.95
"""A shadow lets about the same share of the light through in every channel. What is darker or more tinted than that is
another thing, or the product itself where a hole lies over its edge."""

RING = 0.03
"""How far around what was found its light is measured, as a share of the side."""

WIDER = 0.01
"""Shadows are widened by this share of the area's longer side: their rims are soft."""


def shadows(rgb: Tensor, hole: Tensor, boxes: Sequence[Box], model: Model, context: Context) -> Tensor:
    """Find the shadows that things in holes throw on what is around them.

    Args:
        rgb: (1, 3, H, W) in [0, 1].
        hole: (1, 1, H, W) of bool.
        boxes: around its parts.
        model: of Inpaint; one that finds no shadows gives none.

    Returns:
        (1, 1, H, W) of bool, without the hole.
    """
    found = torch.zeros_like(hole)
    if not isinstance(model.network, InpaintNet) or model.network.shadow is None:
        return found
    for box in boxes:
        longer = max(box.width, box.height)
        share = float(box.of(hole).sum()) / hole.numel()
        if longer < LEAST_PX or not LEAST_SHARE <= share <= MOST_SHARE:
            continue
        area = box.grown(max(LEAST_PX, round(AROUND * longer))).within(Box.whole(rgb))
        part = area.of(found)
        part |= _cast(area.of(rgb), area.of(hole), model, context)
    return found & ~hole


def _cast(rgb: Tensor, hole: Tensor, model: Model, context: Context) -> Tensor:
    """(1, 1, h, w) of bool."""
    height, width = rgb.shape[2:]
    scale = SIDE_PX / max(height, width)
    size = max(1, round(scale * height)), max(1, round(scale * width))
    known = (~hole).float()
    seen = resize(torch.cat([rgb * known, known], 1), *size)
    # Means of known pixels alone.
    colors = (seen[:, :3] / seen[:, 3:].clamp(min=1e-3)).clamp(0, 1)
    given = torch.cat([colors, (seen[:, 3:] < 0.5).float()], 1)
    likely = context.infer(model, given, multiple=SegmentNet.MULTIPLE).sigmoid()
    gone = given[:, 3:] > 0
    sure = _plausible((likely > SURE) & ~gone, colors, gone)
    return resize(max_within(sure, max(1, round(WIDER * SIDE_PX))).float(), height, width) > 0.5


def _plausible(found: Tensor, colors: Tensor, hole: Tensor) -> Tensor:
    """Those connected parts of what was found, (1, 1, h, w) of bool, that are as dark and as little tinted beside what
    is around them as a shadow.
    """
    from scipy import ndimage  # here, because importing it takes longer than looking

    light = to_linear(colors)
    around = max_within(found, max(2, round(RING * SIDE_PX))) & ~found & ~hole
    parts, count = ndimage.label(found[0, 0].numpy())
    kept = torch.zeros_like(found)
    for number in range(1, count + 1):
        part = torch.from_numpy(parts == number)[None, None]
        ring = around & max_within(part, max(2, round(RING * SIDE_PX)))
        if not bool(ring.any()):
            continue
        passed = _mean(light, part) / _mean(light, ring).clamp(min=1e-3)
        least, most = float(passed.min()), float(passed.max())
        if least > DARKEST and most < LEAST_DARKER and most - least < TINT * most:
            kept |= part
    return kept


def _mean(x: Tensor, where: Tensor) -> Tensor:
    """(3,), of (1, 3, h, w) where a mask (1, 1, h, w) is true."""
    return x[0][:, where[0, 0]].mean(1)
