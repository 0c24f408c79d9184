"""Latent prior: mixtures of encodings of one category.

The encodings of a category are a cloud around its mean. A latent is the mean plus a mixture of two members'
differences from it, weighted by the cosine and the sine of an angle, so that mixtures are as far out as members are.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

DICE = 4
"""Uniform numbers in [0, 1) that one latent takes; the last is free for the caller."""


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
        one, other = (members[int(d * len(members)) % len(members)] for d in (first, second))
        angle = turn * math.pi / 2
        mean = member_z[members].mean(0)
        z = mean + math.cos(angle) * (member_z[one] - mean) + math.sin(angle) * (member_z[other] - mean)
        share = math.sin(angle) ** 2
        drawn.append((z, torch.lerp(member_attributes[one], member_attributes[other], share)))
    return torch.stack([z for z, _ in drawn]), torch.stack([attributes for _, attributes in drawn])
