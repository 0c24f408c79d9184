"""Mixtures of encodings: the ends are members, the way between is as far out, no other category takes part."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from gan.generate.prior import DICE, mixture

MEMBERS, LATENT = 30, 6


def _table() -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    category = torch.arange(MEMBERS) % 3
    z = torch.randn(MEMBERS, LATENT, generator=generator) + 10.0 * category[:, None]
    return z, torch.arange(MEMBERS).float()[:, None].expand(-1, 2).contiguous(), category


def _drawn(category: int, first: float, second: float, turn: float) -> tuple[Tensor, Tensor]:
    z, attributes = mixture(*_table(), torch.tensor([category]), torch.tensor([[first, second, turn, 0.0]]))
    return z[0], attributes[0]


@pytest.mark.parametrize("category", [0, 1, 2])
def test_the_ends_are_the_members(category: int) -> None:
    z, attributes, label = _table()
    members = (label == category).nonzero()[:, 0]
    begun, ended = _drawn(category, 0.25, 0.85, 0.0), _drawn(category, 0.25, 0.85, 1.0)
    one, other = members[int(0.25 * 10)], members[int(0.85 * 10)]
    assert torch.allclose(begun[0], z[one], atol=1e-5)
    assert torch.equal(begun[1], attributes[one])
    assert torch.allclose(ended[0], z[other], atol=1e-5)
    assert torch.allclose(ended[1], attributes[other], atol=1e-5)


def test_half_way_both_count_alike() -> None:
    z, attributes, label = _table()
    members = (label == 1).nonzero()[:, 0]
    mean = z[members].mean(0)
    made, measured = _drawn(1, 0.05, 0.95, 0.5)
    expected = mean + math.sqrt(0.5) * (z[members[0]] + z[members[9]] - 2 * mean)
    assert torch.allclose(made, expected, atol=1e-5)
    assert torch.allclose(measured, (attributes[members[0]] + attributes[members[9]]) / 2, atol=1e-5)


def test_only_members_of_the_category_take_part() -> None:
    dice = torch.rand(300, DICE, generator=torch.Generator().manual_seed(1))
    category = torch.arange(300) % 3
    z, attributes = mixture(*_table(), category, dice)
    assert torch.equal((z.mean(1) / 10).round().long(), category)
    assert ((attributes >= category[:, None]) & (attributes <= category[:, None] + 27)).all()


def test_mixtures_are_as_far_out_as_members() -> None:
    generator = torch.Generator().manual_seed(2)
    members = torch.randn(400, 32, generator=generator)
    table = (members, torch.zeros(400, 0), torch.zeros(400, dtype=torch.int64))
    dice = torch.rand(800, DICE, generator=generator)
    z, _ = mixture(*table, torch.zeros(800, dtype=torch.int64), dice)
    assert float(z.std(0).mean()) == pytest.approx(float(members.std(0).mean()), rel=0.06)


def test_the_largest_dice_name_the_last_member() -> None:
    z, _, label = _table()
    last = (label == 2).nonzero()[-1, 0]
    largest = float(torch.tensor(1.0).nextafter(torch.tensor(0.0)))
    assert torch.allclose(_drawn(2, largest, 0.0, 0.0)[0], z[last], atol=1e-5)
