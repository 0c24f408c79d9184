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
    """What is known of M training pictures.

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


def mixture(members: Members, category: Tensor, dice: Tensor) -> tuple[Tensor, Tensor]:
    """Draw a latent and attributes for each picture.

    The second member is another product of the category, or another picture where there is no other product.

    Args:
        category: (N,), each with at least one member.
        dice: (N, 4) in [0, 1).

    Returns:
        z (N, latent) and attributes (N, A), on the members' device.
    """
    drawn = []
    for wanted, (first, second, turn, _) in zip(category.tolist(), dice.tolist(), strict=True):
        own = (members.category == wanted).nonzero()[:, 0]
        one = own[int(first * len(own)) % len(own)]
        others = own[members.product[own] != members.product[one]]
        others = others if len(others) else own
        apart = (members.z[others] - members.z[one]).float().square().sum(1)
        nearest = others[apart.argsort(stable=True)[:NEIGHBORS]]
        other = nearest[int(second * len(nearest)) % len(nearest)]
        z = torch.lerp(members.z[one], members.z[other], turn)
        drawn.append((z, torch.lerp(members.attributes[one], members.attributes[other], turn)))
    return torch.stack([z for z, _ in drawn]), torch.stack([attributes for _, attributes in drawn])
