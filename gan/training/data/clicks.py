"""Clicks that training makes up, as a user would who wants this thing and not that one."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.imaging.clicks import RADIUS, disc, marked
from gan.imaging.mask_shapes import max_within
from gan.training.data.dice import Dice

COUNTS = (0.5, 0.3, 0.2)
"""Probabilities of one, two and three clicks; the first is always on the thing."""

STROKE = 0.2
"""Probability that a click on the thing is drawn out to a short stroke."""


def clicked(prior: Tensor, alpha: Tensor, beside: Tensor, dice: Dice) -> Tensor:
    """A prior with one to three clicks: on the thing, and beside it on other things or on the ground.

    Args:
        prior, alpha: (1, p, p) in [0, 1]; what is known, and the coverage of the thing that is meant.
        beside: (1, p, p), the coverage of things that are not meant; may be 0 all over.

    Returns:
        (1, p, p): `prior` itself where there is nowhere to click.
    """
    keep, drop = torch.zeros_like(prior), torch.zeros_like(prior)
    height, width = prior.shape[1:]
    for number in range(1 + dice.choose(list(COUNTS))):
        radius = RADIUS * max(height, width) * dice.uniform(0.7, 1.6)
        on = number == 0 or dice.chance(0.4)
        if on:
            place = _within(alpha > 0.7, dice)
        else:
            others = beside * (1 - alpha) > 0.7
            place = _within(others if bool(others.any()) and dice.chance(0.8) else _near(alpha), dice)
        if place is None:
            continue
        target = keep if on else drop
        for y, x in _drawn_out(place, alpha, dice) if on and dice.chance(STROKE) else [place]:
            torch.maximum(target, disc(height, width, y, x, radius), out=target)
    # A disc reaches beyond a thin thing; what a user sees is where its middle is.
    return marked(prior, keep, drop)


def a_click(alpha: Tensor) -> tuple[int, int] | None:
    """The place, (row, column), deepest within a coverage (1, H, W), where anyone would click; None if it is empty."""
    from scipy import ndimage

    inside = (alpha[0] > 0.5).numpy()
    if not inside.any():
        return None
    # The frame's edge is an edge too.
    depth = ndimage.distance_transform_edt(F.pad(torch.from_numpy(inside), (1, 1, 1, 1)).numpy())[1:-1, 1:-1]
    place = int(depth.argmax())
    return place // inside.shape[1], place % inside.shape[1]


def _within(inside: Tensor, dice: Dice) -> tuple[int, int] | None:
    """A place in (1, p, p), rather not at the edge."""
    reach = round(0.02 * inside.shape[-1])
    deep = max_within((~inside).float(), reach, reach) < 0.5
    places = torch.nonzero((deep if bool(deep.any()) else inside)[0])
    if len(places) == 0:
        return None
    y, x = places[int(dice.uniform(0, 1) * len(places)) % len(places)].tolist()
    return y, x


def _near(alpha: Tensor) -> Tensor:
    """The ground around a thing."""
    reach = max(1, round(0.08 * alpha.shape[-1]))
    return (max_within(alpha, reach, reach) > 0.5) & (max_within(alpha, 3, 3) < 0.05)


def _drawn_out(place: tuple[int, int], alpha: Tensor, dice: Dice) -> list[tuple[float, float]]:
    """Places from one to another as far as they lie within the coverage."""
    other = _within(alpha > 0.7, dice) or place
    span = dice.uniform(0.05, 0.5)
    steps = [(place[0] + (other[0] - place[0]) * t, place[1] + (other[1] - place[1]) * t) for t in _ramp(span)]
    return [(y, x) for y, x in steps if float(alpha[0, round(y), round(x)]) > 0.7] or [place]


def _ramp(span: float) -> list[float]:
    return [span * step / 7 for step in range(8)]
