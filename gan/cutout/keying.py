"""Key a saturated ground out of a product's edge: green, blue or red that the network took for the product's.

Method: the color-difference key (Vlahos, U.S. patent 3,595,987, 1971). On a ground of one saturated color the excess of
its strongest channel over the other two says how much of the ground shows through a pixel of a product that has no
such excess itself. Hair, plush and fur get their true coverage by it, at the picture's full size.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.imaging import surface
from gan.imaging.matting import mean
from gan.imaging.resize import resize, shrunk
from gan.imaging.row_chunks import bands

LEAST_EXCESS = 0.2
"""Of the ground's strongest channel over the others, from which on it is keyed."""

OWN_EXCESS = 0.15
"""Share of the ground's excess that the product itself may have nearby; a green leaf on green is not keyed."""

REACH = 0.04
"""How far into the product its edge is looked at, as a share of the picture's longer side."""

GAP = 0.6
"""Share of the ground's excess from which a pixel within the product is mostly ground."""

SMALL_PX = 320
PLAIN_DEVIATION = 0.03
PLAIN_INLIERS = 0.5
_NOISE = 0.04
"""Share of the ground's excess that is taken for noise."""


def keyed(rgb: Tensor, alpha: Tensor) -> Tensor:
    """A coverage from which the share of a saturated ground is taken.

    Args:
        rgb: (1, 3, H, W) in [0, 1].
        alpha: (1, 1, H, W) in [0, 1].

    Returns:
        (1, 1, H, W), nowhere more than `alpha`; `alpha` itself where the ground is not plain or not saturated.
    """
    small, cover = shrunk(rgb, SMALL_PX), shrunk(alpha, SMALL_PX)
    ground = F.max_pool2d(cover, 5, 1, 2) < 0.02
    found = surface.fit(small, ground)
    if found is None or found.deviation > PLAIN_DEVIATION or found.inliers < PLAIN_INLIERS:
        return alpha
    color = found.at(*small.shape[2:])
    middle = color[ground.expand_as(color)].reshape(3, -1).median(1).values
    channel = int(middle.argmax())
    if float(_excess(middle[None, :, None, None], channel)) < LEAST_EXCESS:
        return alpha
    reach = max(2, round(REACH * max(small.shape[2:])))
    solid = (-F.max_pool2d(-cover, 2 * reach + 1, 1, reach) > 0.98).float()
    own = mean(_excess(small, channel).clamp(min=0) * solid, 2 * reach) / (mean(solid, 2 * reach) + 1e-6)
    free = (own < OWN_EXCESS * _excess(color, channel)).float()
    # From the outside in, and around gaps that the network did not see.
    open_ = (cover < 0.5) | (_excess(small, channel) > GAP * _excess(color, channel))
    near = (F.max_pool2d(open_.float(), 2 * reach + 1, 1, reach) > 0).float()
    where = resize(free * near, *rgb.shape[2:])
    made = alpha.clone()
    height_px, width_px = rgb.shape[2:]
    for rows in bands(height_px, width_px):
        behind = _excess(found.at(height_px, width_px, rows), channel).clamp(min=0.5 * LEAST_EXCESS)
        share = ((_excess(rgb[:, :, rows], channel) / behind - _NOISE) / (1 - 2 * _NOISE)).clamp(0, 1)
        keyed_out = torch.minimum(alpha[:, :, rows], 1 - share)
        made[:, :, rows] = torch.where(where[:, :, rows] > 0.5, keyed_out, alpha[:, :, rows])
    return made


def _excess(rgb: Tensor, channel: int) -> Tensor:
    """(1, 3, h, w) to (1, 1, h, w): how far a channel is above the stronger of the others."""
    others = [index for index in range(3) if index != channel]
    return rgb[:, channel : channel + 1] - rgb[:, others].amax(1, keepdim=True)
