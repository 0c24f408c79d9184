"""Latent prior: what lies between the encoding of a training picture and one of those nearest to it.

Encodings are maps of products. Between two that have little in common lies a double exposure; between neighbors, which
have their parts in the same places, lies a product that has something of both.
"""

from __future__ import annotations

import torch
from torch import Tensor

DICE = 4
"""Uniform numbers in [0, 1) that one latent takes; the last is free for the caller."""

NEIGHBORS = 12
"""Among how many of the nearest encodings of the same category the second is chosen."""


def mixture(
    member_z: Tensor, member_attributes: Tensor, member_category: Tensor, category: Tensor, dice: Tensor
) -> tuple[Tensor, Tensor]:
    """Draw a latent and attributes for each picture.

    Args:
        member_z: (M, latent), encodings.
        member_attributes: (M, A).
        member_category: (M,).
        category: (N,), each with at least one member.
        dice: (N, 4) in [0, 1).

    Returns:
        z (N, latent) and attributes (N, A), on the members' device.
    """
    drawn = []
    for wanted, (first, second, turn, _) in zip(category.tolist(), dice.tolist(), strict=True):
        members = (member_category == wanted).nonzero()[:, 0]
        one = members[int(first * len(members)) % len(members)]
        apart = (member_z[members] - member_z[one]).float().square().sum(1)
        nearest = members[apart.argsort(stable=True)[1 : NEIGHBORS + 1]] if len(members) > 1 else members
        other = nearest[int(second * len(nearest)) % len(nearest)]
        z = torch.lerp(member_z[one], member_z[other], turn)
        drawn.append((z, torch.lerp(member_attributes[one], member_attributes[other], turn)))
    return torch.stack([z for z, _ in drawn]), torch.stack([attributes for _, attributes in drawn])
