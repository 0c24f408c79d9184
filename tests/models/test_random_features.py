"""Features of random filters: the same for the same state, of known shapes, and able to tell textures apart."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gan.models.random_features import CHANNELS, RandomFeatures
from gan.training.losses.style import moments_distance


def _random(seed: int = 0) -> RandomFeatures:
    return RandomFeatures(torch.Generator().manual_seed(seed))


def _picture(*size: int, seed: int = 0) -> Tensor:
    return torch.rand(*size, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("size", [(32, 48), (33, 47), (8, 8)])
def test_stages_have_the_documented_shapes(size: tuple[int, int]) -> None:
    maps = _random()(_picture(2, 3, *size))
    expected = [(2, channels, size[0] >> stage, size[1] >> stage) for stage, channels in enumerate(CHANNELS)]
    assert [tuple(y.shape) for y in maps] == expected


def test_other_channels_are_other_stages() -> None:
    maps = RandomFeatures(torch.Generator().manual_seed(0), (5, 7))(_picture(1, 3, 16, 16))
    assert [tuple(y.shape) for y in maps] == [(1, 5, 16, 16), (1, 7, 8, 8)]


def test_the_same_state_gives_the_same_network() -> None:
    x = _picture(1, 3, 24, 24)
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    for a, b, c in zip(_random()(x), _random()(x), _random(1)(x), strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, c)
    assert torch.equal(before, torch.random.get_rng_state())  # no global state is drawn from


def test_one_generator_gives_one_network_after_the_other() -> None:
    generator, x = torch.Generator().manual_seed(0), _picture(1, 3, 16, 16)
    first, second = (RandomFeatures(generator)(x)[0] for _ in range(2))
    assert not torch.equal(first, second)


def test_there_is_nothing_to_train_and_the_input_gets_its_gradient() -> None:
    network = _random()
    assert list(network.parameters()) == []
    x = _picture(1, 3, 16, 16).requires_grad_()
    torch.stack([y.mean() for y in network(x)]).sum().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()
    assert (x.grad != 0).all()


def test_no_stage_fades_or_explodes() -> None:
    for seed in range(3):
        for y in _random(seed)(_picture(1, 3, 64, 64)):
            assert 0.2 < y.mean() < 2
            assert (y > 0).float().mean() > 0.2


def test_textures_are_further_apart_than_crops_of_one() -> None:
    """Diagonal stripes, checks and noise, all of the same mean and deviation."""
    y, x = torch.arange(128)[:, None], torch.arange(128)[None]
    textures = [
        ((x + y) // 4 % 2).float(),
        ((x // 6 + y // 6) % 2).float(),
        _picture(128, 128).round(),
    ]
    network = _random()
    halves = [[network(t[i : i + 61, i : i + 61].expand(1, 3, 61, 61)) for i in (0, 67)] for t in textures]
    within = max(moments_distance(*pair).item() for pair in halves)
    between = [moments_distance(halves[i][0], halves[j][1]).item() for i in range(3) for j in range(3) if i != j]
    assert 2 * within < min(between)
