"""Latent prior: what lies between the encoding of a training picture and those of the products nearest to it.

Encodings are maps of products. Between two that have little in common lies a double exposure; between neighbors, which
have their parts in the same places, lies a product that has something of both.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

DICE = 4
"""Uniform numbers in [0, 1) that one latent takes; the last is free for the caller."""

NEIGHBORS = 12
"""Among how many of the nearest encodings of other products the second is chosen."""


class Members(NamedTuple):
    """Table of M training pictures and their encodings.

    Attributes:
        z: (M, latent), encodings.
        attributes: (M, A).
        category: (M,) int64.
        product: (M,) int64; equal numbers are views of one product.
    """

    z: Tensor
    attributes: Tensor
    category: Tensor
    product: Tensor


def mixture(
    members: Members, category: Tensor, dice: Tensor, view: tuple[int, float] | None = None
) -> tuple[Tensor, Tensor]:
    """Draw a latent and attributes for each picture.

    The second member is another product of the category, or another picture where there is no other product. It counts
    for half at most.

    Args:
        category: (N,), each with at least one member.
        dice: (N, 4) in [0, 1).
        view: place of an attribute, such as the azimuth, and the value that is wanted: each of the two products is then
            taken from its picture that comes nearest to it.

    Returns:
        z (N, latent) and attributes (N, A), on the members' device.
    """
    drawn = []
    for wanted, (first, second, turn, _) in zip(category.tolist(), dice.tolist(), strict=True):
        own = (members.category == wanted).nonzero()[:, 0]
        one = own[int(first * len(own)) % len(own)]
        nearest = neighbors(members, one)
        other = nearest[int(second * len(nearest)) % len(nearest)]
        share = turn**2 / 2  # most are nearer to the first by far: half way both tend to show
        if view is not None:
            one, other = (_seen(members, member, *view) for member in (one, other))
        z = torch.lerp(members.z[one], members.z[other], share)
        drawn.append((z, torch.lerp(members.attributes[one], members.attributes[other], share)))
    return torch.stack([z for z, _ in drawn]), torch.stack([attributes for _, attributes in drawn])


def neighbors(members: Members, one: Tensor) -> Tensor:
    """Rows of the nearest members of other products of the same category, the nearest first; of the category's only
    product the nearest members."""
    own = (members.category == members.category[one]).nonzero()[:, 0]
    others = own[members.product[own] != members.product[one]]
    others = others if len(others) else own
    apart = (members.z[others] - members.z[one]).float().square().sum(1)
    return others[apart.argsort(stable=True)[:NEIGHBORS]]


def _seen(members: Members, member: Tensor, place: int, wanted: float) -> Tensor:
    """The picture of the same product whose attribute is nearest to what is wanted; of equal ones the first."""
    views = (members.product == members.product[member]).nonzero()[:, 0]
    return views[(members.attributes[views, place] - wanted).abs().argmin()]
