"""What stands out from a plain ground."""

from __future__ import annotations

import torch

from gan.imaging.background_prior import AT_FAR, AT_NEAR, NOTHING_KNOWN, standing_out


def _on(ground: float, product: float) -> torch.Tensor:
    rgb = torch.full((1, 3, 40, 40), ground)
    rgb[:, :, 10:30, 10:30] = product
    return rgb


def test_black_on_white_and_white_on_black() -> None:
    for ground, product in ((1.0, 0.0), (0.0, 1.0)):
        hint = standing_out(_on(ground, product))
        assert torch.allclose(hint[:, :, 10:30, 10:30], torch.tensor(AT_FAR))
        assert torch.allclose(hint[:, :, :8], torch.tensor(AT_NEAR))


def test_pale_on_white_is_left_open() -> None:
    hint = standing_out(_on(1.0, 0.93))[0, 0, 20, 20]
    assert AT_NEAR < hint < 0.6


def test_a_ground_of_many_colors_says_nothing() -> None:
    noise = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    assert (standing_out(noise) == NOTHING_KNOWN).all()


def test_each_picture_of_a_batch_by_itself() -> None:
    noise = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    both = standing_out(torch.cat([noise, _on(1.0, 0.0)]))
    assert (both[0] == NOTHING_KNOWN).all()
    assert torch.equal(both[1:], standing_out(_on(1.0, 0.0)))


def test_a_product_cut_off_by_two_sides_leaves_the_ground_plain() -> None:
    """All of the bottom and half of the left side: the ground has 62% of the border."""
    picture = torch.full((1, 3, 40, 40), 0.93)
    picture[:, :, 20:, :] = torch.tensor([0.4, 0.35, 0.3]).view(1, 3, 1, 1)
    picture[:, :, 20:, 38:] = 0.93
    found = standing_out(picture)
    assert found[0, 0, 30, 20] > 0.7
    assert found[0, 0, 5, 20] < NOTHING_KNOWN


def test_a_border_of_two_colors_says_nothing() -> None:
    picture = torch.full((1, 3, 40, 40), 0.93)
    picture[:, :, 18:] = 0.2
    assert (standing_out(picture) == NOTHING_KNOWN).all()
