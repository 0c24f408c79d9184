"""Latents between neighbors: the ends are encodings, no other category takes part, and what is far off is not mixed."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gan.generate.prior import DICE, NEIGHBORS, Members, mixture

MEMBERS, LATENT = 30, 6


def _table() -> Members:
    generator = torch.Generator().manual_seed(0)
    category = torch.arange(MEMBERS) % 3
    z = torch.randn(MEMBERS, LATENT, generator=generator) + 10.0 * category[:, None]
    attributes = torch.arange(MEMBERS).float()[:, None].expand(-1, 2).contiguous()
    return Members(z, attributes, category, torch.arange(MEMBERS))


def _of_one_category(z: Tensor) -> Members:
    """Each row a product of its own, without attributes."""
    return Members(z, torch.zeros(len(z), 0), torch.zeros(len(z), dtype=torch.int64), torch.arange(len(z)))


def _drawn(category: int, first: float, second: float, turn: float) -> tuple[Tensor, Tensor]:
    z, attributes = mixture(_table(), torch.tensor([category]), torch.tensor([[first, second, turn, 0.0]]))
    return z[0], attributes[0]


@pytest.mark.parametrize("category", [0, 1, 2])
def test_a_latent_begins_at_a_member_and_ends_half_way_to_a_neighbor(category: int) -> None:
    z, attributes, label, _ = _table()
    members = (label == category).nonzero()[:, 0]
    begun, ended = _drawn(category, 0.25, 0.0, 0.0), _drawn(category, 0.25, 0.0, 1.0)
    one = members[int(0.25 * 10)]
    nearest = members[(z[members] - z[one]).norm(dim=1).argsort()[1]]
    assert torch.allclose(begun[0], z[one], atol=1e-5)
    assert torch.equal(begun[1], attributes[one])
    assert torch.allclose(ended[0], (z[one] + z[nearest]) / 2, atol=1e-5)
    assert torch.allclose(ended[1], (attributes[one] + attributes[nearest]) / 2, atol=1e-5)


def test_most_latents_are_near_to_their_first_member() -> None:
    begun, middle, ended = (_drawn(1, 0.05, 0.5, turn)[0] for turn in (0.0, 0.5, 1.0))
    torch.testing.assert_close((middle - begun).norm(), (ended - begun).norm() / 4)


def test_only_members_of_the_category_take_part() -> None:
    dice = torch.rand(300, DICE, generator=torch.Generator().manual_seed(1))
    category = torch.arange(300) % 3
    z, attributes = mixture(_table(), category, dice)
    assert torch.equal((z.mean(1) / 10).round().long(), category)
    assert ((attributes >= category[:, None]) & (attributes <= category[:, None] + 27)).all()


def test_what_is_far_off_is_not_mixed() -> None:
    """Two clouds of one category: between a chair and a chandelier lies a double exposure."""
    generator = torch.Generator().manual_seed(2)
    members = torch.randn(80, 8, generator=generator) + 100.0 * (torch.arange(80) % 2)[:, None]
    table = _of_one_category(members)
    z, _ = mixture(table, torch.zeros(400, dtype=torch.int64), torch.rand(400, DICE, generator=generator))
    assert ((z.mean(1) < 10) | (z.mean(1) > 90)).all()


def test_any_of_the_neighbors_may_be_the_second() -> None:
    whole = _of_one_category(_table().z)
    drawn = {
        tuple(mixture(whole, torch.tensor([0]), torch.tensor([[0.0, second / 100, 1.0, 0.0]]))[0][0].tolist())
        for second in range(100)
    }
    assert len(drawn) == NEIGHBORS


def test_views_of_one_product_are_not_mixed_while_there_is_another() -> None:
    """Between two views of a product lies the product, and nothing new."""
    z = torch.cat([torch.zeros(5, 3), 9 * torch.ones(1, 3)])
    table = _of_one_category(z)._replace(product=torch.tensor([4, 4, 4, 4, 4, 7]))
    dice = torch.tensor([[0.0, second / 10, 1.0, 0.0] for second in range(10)])
    assert torch.equal(mixture(table, torch.zeros(10, dtype=torch.int64), dice)[0], 4.5 * torch.ones(10, 3))
    alone = table._replace(product=torch.full((6,), 4))
    assert mixture(alone, torch.zeros(10, dtype=torch.int64), dice)[0].isfinite().all()


def test_a_wanted_view_is_that_of_the_same_products() -> None:
    z = torch.arange(6.0)[:, None].expand(-1, 3).contiguous()
    azimuth = torch.tensor([-1.0, 0.0, 1.0, -0.9, 0.1, 0.8])[:, None]
    table = Members(z, azimuth, torch.zeros(6, dtype=torch.int64), torch.tensor([1, 1, 1, 2, 2, 2]))
    for wanted, first, second in ((-1.0, 0, 3), (0.2, 1, 4), (0.9, 2, 5)):
        for turn in (0.0, 1.0):
            dice = torch.tensor([[0.1, 0.4, turn, 0.0]])
            made, attributes = mixture(table, torch.tensor([0]), dice, (0, wanted))
            share = turn / 2
            assert torch.allclose(made[0], torch.lerp(z[first], z[second], share))
            assert torch.allclose(attributes[0], torch.lerp(azimuth[first], azimuth[second], share))


def test_a_single_member_is_its_own_neighbor() -> None:
    z, _ = mixture(_of_one_category(torch.ones(1, 4)), torch.tensor([0]), torch.tensor([[0.3, 0.9, 0.4, 0.0]]))
    assert torch.equal(z, torch.ones(1, 4))


def test_the_largest_dice_name_the_last_member() -> None:
    z, _, label, _ = _table()
    last = (label == 2).nonzero()[-1, 0]
    largest = float(torch.tensor(1.0).nextafter(torch.tensor(0.0)))
    assert torch.allclose(_drawn(2, largest, 0.0, 0.0)[0], z[last], atol=1e-5)
