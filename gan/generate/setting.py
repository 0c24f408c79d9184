"""Set what can be measured on a picture of a product: its mean color, and its box in the frame."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.imaging.product import from_ycc, measure, to_ycc

COLORS = 3
"""The first of `gan.imaging.product.MEASURES`: Y', Cb and Cr. The others are the box."""

LARGEST_SCALE = 3.0
"""By which factor a product is made larger or smaller in the frame at most."""

LEAST_CHROMA = 0.02
"""Mean chroma below which a product has no hue that could be turned; it is tinted instead."""

LARGEST_CHROMA = 2.0
"""By which factor chroma is stretched at most; what is missing is added as a tint."""

GAMMAS = (0.2, 5.0)
HALVINGS = 14


def as_measured(x: Tensor, asked: Tensor) -> Tensor:
    """Recolor, scale, stretch and move products in their pictures until `measure` gives what is asked for.

    Args:
        x: (N, 4, R, R): colors on their ground and coverage. One of which nothing is covered stays as it is.
        asked: (N, 7), as `gan.imaging.product.measure` returns it.

    Returns:
        (N, 4, R, R) float32, differentiable with respect to `x`, and to the asked box.
    """
    x = x.float()
    with torch.no_grad():
        seen = x.detach().clamp(0, 1)
        strongest = seen[:, 3:].amax((2, 3), keepdim=True)
        # Relative to it, or of a pale product only its darkest spot would count, and be enlarged to the product's box.
        own = measure(seen[:, :3], seen[:, 3:] / strongest.clamp(min=0.5))
        empty = (strongest <= 0.5)[:, 0, 0]
    asked = torch.where(empty, own, asked.float())
    return placed(recolored(x, own[:, :COLORS], asked[:, :COLORS].detach()), own[:, COLORS:], asked[:, COLORS:])


def recolored(x: Tensor, own: Tensor, asked: Tensor) -> Tensor:
    """Give products another mean color: a gamma for the lightness, a turn and a stretch of the chroma plane, a tint.

    Parts keep their differences in color; the ground and the shadow on it stay as they are.

    Args:
        x: (N, 4, H, W).
        own, asked: (N, 3), mean Y', Cb and Cr over the product.

    Returns:
        (N, 4, H, W); equal to `x` where `own` is what is asked for.
    """
    rgb, alpha = x[:, :3], x[:, 3:].clamp(0, 1)
    ycc = to_ycc(rgb)
    y = ycc[:, :1].clamp(1e-3, 1)
    with torch.no_grad():
        weight = alpha / alpha.sum((2, 3), keepdim=True).clamp(min=1e-6)
        gamma = _gamma(y.detach(), weight, own[:, 0], asked[:, 0])
        turn = _turn(own[:, 1:], asked[:, 1:])
        missing = asked[:, 1:] - (turn @ own[:, 1:, None])[:, :, 0]
    lit = ycc[:, :1] + y.pow(gamma[:, None, None, None]) - y
    middle = (4 * lit * (1 - lit)).clamp(1e-6, 1).sqrt()  # black and white take no tint
    with torch.no_grad():
        share = (middle * weight).sum((2, 3), keepdim=True).clamp(min=0.2)
    plane = torch.einsum("nij,njhw->nihw", turn, ycc[:, 1:]) + missing[:, :, None, None] * middle / share
    made = from_ycc(torch.cat([lit, plane], 1))
    return torch.cat([rgb + (made - rgb) * alpha, x[:, 3:]], 1)


def placed(x: Tensor, own: Tensor, asked: Tensor) -> Tensor:
    """Move, scale and stretch products from their own boxes to those that are asked for.

    Args:
        x: (N, 4, R, R).
        own, asked: (N, 4): size, aspect, across and down, as `measure` returns them.

    Returns:
        (N, 4, R, R); what comes in from outside has the border's colors.
    """
    (wide, high), (own_wide, own_high) = _sides(asked), _sides(own)
    across, down = (side.clamp(1 / LARGEST_SCALE, LARGEST_SCALE) for side in (wide / own_wide, high / own_high))
    zero = torch.zeros_like(across)
    theta = torch.stack(
        [
            torch.stack([1 / across, zero, own[:, 2] - asked[:, 2] / across], 1),
            torch.stack([zero, 1 / down, own[:, 3] - asked[:, 3] / down], 1),
        ],
        1,
    )
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    moved: Tensor = F.grid_sample(x, grid, mode="bicubic", padding_mode="border", align_corners=False)
    return moved


def _sides(box: Tensor) -> tuple[Tensor, Tensor]:
    """Width and height, from the logarithms of the longer side and of the aspect."""
    longer, aspect = box[:, 0], box[:, 1]
    return (longer + aspect.clamp(max=0)).exp(), (longer - aspect.clamp(min=0)).exp()


def _gamma(y: Tensor, weight: Tensor, own: Tensor, asked: Tensor) -> Tensor:
    """Exponents (N,) under which the mean of y (N, 1, H, W) moves by as much as asked; it falls as they rise."""
    now = (y * weight).sum((1, 2, 3))
    wanted = (now + asked - own).clamp(0.01, 0.99)
    low, high = (torch.full_like(wanted, value) for value in GAMMAS)
    for _ in range(HALVINGS):
        middle = (low * high).sqrt()
        above = (y.pow(middle[:, None, None, None]) * weight).sum((1, 2, 3)) > wanted
        low, high = torch.where(above, middle, low), torch.where(above, high, middle)
    return torch.where((asked - own).abs() < 1e-4, torch.ones_like(low), (low * high).sqrt())


def _turn(own: Tensor, asked: Tensor) -> Tensor:
    """Matrices (N, 2, 2) that turn and stretch one mean chroma (N, 2) into another, as far as stretching may go."""
    length = own.square().sum(1).clamp(min=LEAST_CHROMA**2)
    real = (own * asked).sum(1) / length
    imaginary = (own[:, 0] * asked[:, 1] - own[:, 1] * asked[:, 0]) / length
    stretch = (real.square() + imaginary.square()).sqrt()
    limit = LARGEST_CHROMA / stretch.clamp(min=LARGEST_CHROMA)
    gray = own.square().sum(1) < LEAST_CHROMA**2
    real, imaginary = torch.where(gray, 1.0, real * limit), torch.where(gray, 0.0, imaginary * limit)
    return torch.stack([torch.stack([real, -imaginary], 1), torch.stack([imaginary, real], 1)], 1)
