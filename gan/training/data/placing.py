"""Place a product on a ground: its own colors without the white behind it, size, turn and shadow."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.imaging.alpha import bleed
from gan.imaging.resize import resize
from gan.training.data.catalogue import recolor
from gan.training.data.degrade import blur, gaussian_kernel
from gan.training.data.dice import Dice

SOLID = 0.98
FAINT = 0.3
"""Between these coverages a colour is unmixed from white; below, it comes from the neighbours."""


def _unmixed(x: Tensor) -> Tensor:
    """(1, 4, S, S) of a product on white -> its own colours (1, 3, S, S), also where it covers a pixel in part."""
    rgb, alpha = x[:, :3], x[:, 3:]
    own = ((rgb - (1 - alpha)) / alpha.clamp(min=FAINT)).clamp(0, 1)
    own = torch.where(alpha >= SOLID, rgb, own)
    return bleed(own, (alpha >= FAINT).to(alpha.dtype))


def varied(x: Tensor, dice: Dice) -> Tensor:
    if not dice.chance(0.6):
        return x
    pale = dice.chance(0.15)
    return recolor(
        x,
        hue_rad=dice.uniform(-math.pi, math.pi),
        chroma=dice.uniform(0, 0.3) if pale else dice.uniform(0.5, 1.5),
        tint=0.0 if pale else dice.uniform(0, 0.3) * dice.chance(0.4),
        tint_rad=dice.uniform(-math.pi, math.pi),
        gamma=dice.uniform(0.15, 0.5) if pale else math.exp(dice.uniform(-0.6, 0.6)),
    )


def log_zoom(dice: Dice) -> float:
    return math.log(dice.uniform(0.65, 1.2)) if dice.chance(0.6) else dice.uniform(math.log(0.35), math.log(0.9))


def laid(x: Tensor, side: int, zoom: float, dice: Dice, *, off: float = 0.0) -> tuple[Tensor, Tensor]:
    """A product on white (1, 4, S, S) -> its own colors times its coverage (3, side, side), and that, placed."""
    premultiplied = torch.cat([_unmixed(x) * x[:, 3:], x[:, 3:]], 1)
    placed = placed_in(premultiplied, side, zoom, dice, fill=0.0, off=off)
    return placed[:3], placed[3:]


def placed_in(x: Tensor, side: int, zoom: float, dice: Dice, *, fill: float, off: float = 0.0) -> Tensor:
    """(1, C, S, S) -> (C, side, side): resized, turned, mirrored, somewhere in a frame filled with `fill`.

    With `off` about that share of the frame away from its middle, in any direction.
    """
    size = max(16, round(side * zoom))
    x = resize(x, size, size)
    if dice.chance(0.5):
        x = x.flip(3)
    angle = dice.uniform(-0.25, 0.25) if dice.chance(0.4) else 0.0
    if dice.chance(0.06):
        angle += math.pi / 2 * (1 + dice.choose([1.0, 1.0, 1.0]))
    # Most products stand about the middle; some are cut off by the frame.
    slack = abs(1 - zoom) / 2 + 0.08
    across, down = dice.uniform(-slack, slack), dice.uniform(-slack, slack)
    if off:
        away, direction = off * dice.uniform(0.7, 1.3), dice.uniform(-math.pi, math.pi)
        across, down = away * math.cos(direction), away * math.sin(direction)
    cos, sin = math.cos(angle), math.sin(angle)
    per = side / size
    theta = torch.tensor(
        [
            [cos * per, -sin * per, -2 * across * per],
            [sin * per, cos * per, -2 * down * per],
        ]
    )[None]
    grid = F.affine_grid(theta, [1, x.shape[1], side, side], align_corners=False)
    shift = torch.tensor([fill] * 3 + [0.0]).reshape(1, 4, 1, 1)
    return (F.grid_sample(x - shift, grid, mode="bilinear", align_corners=False) + shift)[0]


def shadow(cover: Tensor, dice: Dice) -> Tensor:
    """A shadow (1, p, p) in [0, 1) that the product throws on its ground; often none."""
    if dice.chance(0.35):
        return torch.zeros_like(cover)
    side = cover.shape[-1]
    squash = dice.uniform(0.15, 1.0)
    lean, across, down = dice.uniform(-1, 1) * (1 - squash), dice.uniform(-0.15, 0.15), dice.uniform(0, 0.12)
    rows = cover[0].amax(1)
    lowest = float(rows.nonzero().max() if bool((rows > 0.5).any()) else side - 1) / side * 2 - 1
    # Lying on the floor: squashed towards the lowest line and leaning to a side.
    theta = torch.tensor(
        [[1.0, -lean / squash, lean / squash * lowest - across], [0.0, 1 / squash, lowest - lowest / squash - down]]
    )[None]
    grid = F.affine_grid(theta, [1, 1, side, side], align_corners=False)
    fallen = F.grid_sample(cover[None], grid, align_corners=False)
    soft = blur(fallen, gaussian_kernel(dice.uniform(0.5, 6.0)))
    return soft[0].clamp(0, 1) * dice.uniform(0.05, 0.6)
