"""Compare a repaired product with the one that came: nothing punched out, colors as they were, cut-off sides named."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.message import Message
from gan.cutout.review import seen_against_ground
from gan.cutout.segment import has_transparency
from gan.export.rule_result import Finding
from gan.export.rules import on_white
from gan.imaging.box import box_of
from gan.imaging.picture import Picture
from gan.imaging.resize import fitted, resize
from gan.metrics.change import ciede2000

LOOK_PX = 256
"""Longer side at which the two are laid over one another."""

MOST_DIFFERENCE = 2.0
"""CIEDE2000: what nobody sees side by side."""

MOST_SHARE = 0.005
"""Share of the product that may differ by more: edges that a repair has moved by parts of a pixel."""

ENLARGED_DIFFERENCE = 8.0
"""The same where the product has been enlarged: the network that does it removes noise and sharpens lettering, which
moves colors by more than 2, while what is punched out or filled in differs by far more than this."""

_EDGE_PX = 3
_LEAST_PX = 8
_MEAN_PX, _ENLARGED_MEAN_PX = 3, 9
"""Sides of the squares over which colors are averaged; the larger one where lettering may have become sharper."""

ALLOWED = Message("the product looks the same as in the original")


def lasting(before: tuple[Finding, ...], picture: Picture) -> tuple[Finding, ...]:
    """Findings on a picture that stay true whatever is repaired: a product that the frame has cut off stays so.

    A cut-out whose transparency ends at the product is only trimmed; it is whole.
    """
    if has_transparency(picture):
        return ()
    return tuple(finding for finding in before if finding.rule == "cut-off" and finding.status == "fail")


def compared(before: Picture, before_alpha: Tensor, after: Picture, after_alpha: Tensor) -> Finding:
    """Check that a repaired picture shows the product as it came.

    Both products are cut out along their boxes, brought to one size, and compared within their common outline, by
    CIEDE2000 of local means. Openings that show the ground are not the product's; what lies within its outline and is
    unlike the ground is, whatever the coverage says of it.

    Args:
        before, after: pictures of any sizes; transparency is laid on white.
        before_alpha, after_alpha: (1, 1, H, W) in [0, 1] of these, where the product is.
    """
    share = changed_share(before, before_alpha, after, after_alpha)
    if share is None:
        return Finding("product", Message("not measured: no product was found"), ALLOWED, "warn")
    fits = share <= MOST_SHARE
    percent = {"percent": round(100 * share, 1) if share >= 0.001 else 0.0}
    value = Message("{percent:g} % of the product looks different from the original", percent)
    return Finding("product", value, ALLOWED, "pass" if fits else "fail", None, share)


def uncertain(confidence: float) -> Finding:
    """The finding on a product that was cut out without being told clearly from its ground.

    What a comparison by the same coverage cannot see, such as a cover of which only the lettering was kept.

    Args:
        confidence: of the cut-out, below `gan.cutout.segment.SURE`.
    """
    value = Message(
        "the product is not clearly separated from its background (confidence {percent:.0f} %)",
        {"percent": 100 * confidence},
    )
    repair = Message("nothing: correct it in Cut-out first")
    return Finding("product", value, ALLOWED, "fail", repair, confidence)


def changed_share(before: Picture, before_alpha: Tensor, after: Picture, after_alpha: Tensor) -> float | None:
    """Share of the product that differs by more than `MOST_DIFFERENCE`; None where either has no product."""
    from scipy import ndimage  # here, because importing these takes longer than most checks

    boxes = [box_of(alpha) for alpha in (before_alpha, after_alpha)]
    if boxes[0] is None or boxes[1] is None:
        return None
    size = [max(_LEAST_PX, side) for side in fitted(boxes[0].height, boxes[0].width, LOOK_PX)]
    seen = []
    for picture, alpha, box in ((before, before_alpha, boxes[0]), (after, after_alpha, boxes[1])):
        rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
        seen.append((resize(on_white(picture)[:, :, rows, columns], *size), resize(alpha[:, :, rows, columns], *size)))
    (old, old_cover), (new, _) = seen
    outline = ndimage.binary_fill_holes(old_cover[0, 0].numpy() > 0.5)
    inside = ndimage.binary_erosion(np.pad(outline, 1), iterations=_EDGE_PX)[1:-1, 1:-1]
    openings = outline & (old_cover[0, 0].numpy() <= 0.5)
    if openings.any() and not has_transparency(before):
        # Compared with the ground of the whole picture: the box shows too little of it.
        small = [max(2, side) for side in fitted(before.height_px, before.width_px, 2 * LOOK_PX)]
        whole = [resize(x, *small) for x in (before.rgb, before_alpha)]
        ground = seen_against_ground(whole[0], whole[1])
        if ground is not None:
            unlike = torch.from_numpy(ground.unlike.astype(np.float32))[None, None]
            place = F.interpolate(unlike, before.rgb.shape[2:], mode="nearest")
            rows, columns = slice(boxes[0].top, boxes[0].bottom), slice(boxes[0].left, boxes[0].right)
            openings &= resize(place[:, :, rows, columns], *size)[0, 0].numpy() <= 0.5
    product = inside & ~ndimage.binary_dilation(openings, iterations=_EDGE_PX)
    if not product.any():
        return 0.0
    enlarged = boxes[1].width > boxes[0].width or boxes[1].height > boxes[0].height
    side = _ENLARGED_MEAN_PX if enlarged else _MEAN_PX
    means = (F.avg_pool2d(x, side, 1, side // 2, count_include_pad=False) for x in (old, new))
    apart = ciede2000(*means)[0, 0].numpy()
    return float((apart[product] > (ENLARGED_DIFFERENCE if enlarged else MOST_DIFFERENCE)).mean())


def merged(findings: tuple[Finding, ...], kept: tuple[Finding, ...], order: tuple[str, ...]) -> tuple[Finding, ...]:
    """Findings with those in `kept` in place of, or beside, those of the same rule, in the order of the rules."""
    by_rule = {finding.rule: finding for finding in (*findings, *kept)}
    return tuple(by_rule[rule] for rule in order if rule in by_rule)
