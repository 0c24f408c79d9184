"""Several products side by side on one floor, as one cut-out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

from gan.cutout.segment import has_transparency
from gan.edit.geometry import Move, moved_alpha, moved_cut
from gan.imaging.box import Box, product_box
from gan.imaging.matting import foreground
from gan.imaging.picture import Picture

GAP: Final = 0.07
"""Between two products, as a share of their mean width."""


def side_by_side(products: Sequence[tuple[Picture, Tensor]], *, alike: bool) -> tuple[Picture, Tensor]:
    """Products from the left to the right, standing on one line.

    Args:
        products: pictures with their coverage, (1, 1, H, W).
        alike: scale all to cover as much as the first; otherwise each keeps its own pixels.

    Returns:
        A cut-out with the first one's name, and its coverage.

    Raises:
        InputError: one covers nothing.
    """
    boxes = [product_box(alpha) for _, alpha in products]
    sizes = [math.sqrt(box.width * box.height) for box in boxes]
    scales = [sizes[0] / size if alike else 1.0 for size in sizes]
    widths = [max(1, round(box.width * scale)) for box, scale in zip(boxes, scales, strict=True)]
    heights = [max(1, round(box.height * scale)) for box, scale in zip(boxes, scales, strict=True)]
    gap, margin = max(1, round(GAP * sum(widths) / len(widths))), 4
    canvas_w, canvas_h = sum(widths) + gap * (len(widths) - 1) + 2 * margin, max(heights) + 2 * margin
    rgb, cover = torch.ones(1, 3, canvas_h, canvas_w), torch.zeros(1, 1, canvas_h, canvas_w)
    left = margin
    for (picture, alpha), box, scale, width, height in zip(products, boxes, scales, widths, heights, strict=True):
        own = picture.rgb if has_transparency(picture) else foreground(picture.rgb, alpha)
        move = Move(scale, box.left, box.top)
        part = Box(-margin, -margin, width + margin, height + margin)
        colors, share = moved_cut(own, alpha, move, part)
        share = moved_alpha(alpha, move, part)
        top = canvas_h - margin - height
        there = Box(left - margin, top - margin, left + width + margin, top + height + margin)
        before = there.of(cover).clone()
        there.of(rgb).copy_(torch.where(share >= before, colors, there.of(rgb)))
        there.of(cover).copy_(torch.maximum(before, share))
        left += width + gap
    return products[0][0].with_pixels(rgb, cover), cover
