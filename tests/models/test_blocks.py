"""A re-parameterised convolution is the sum of its branches, and its fused form is the same function."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gan.models.blocks import RepConv, fuse
from gan.models.ema import EMA, ema_decay


def test_kernel_is_the_sum_of_its_branches() -> None:
    torch.manual_seed(0)
    conv = RepConv(5, 7).double()
    x = torch.randn(2, 5, 9, 8, dtype=torch.float64)

    branches = conv.plain(x) + conv.point(x) + conv.reduce(conv.expand(x))

    torch.testing.assert_close(conv(x), branches, rtol=1e-12, atol=1e-12)


def test_fused_network_is_the_same_function_without_branches() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(RepConv(3, 6), nn.ReLU(), nn.Sequential(RepConv(6, 3)))
    x = torch.randn(1, 3, 11, 13)

    plain = fuse(network)

    assert not [m for m in plain.modules() if isinstance(m, RepConv)]
    assert [m for m in network.modules() if isinstance(m, RepConv)], "the original keeps its branches"
    torch.testing.assert_close(plain(x), network(x), rtol=1e-5, atol=1e-5)


def test_every_branch_learns() -> None:
    conv = RepConv(4, 4)
    conv(torch.randn(1, 4, 6, 6)).square().sum().backward()
    for name, parameter in conv.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_gradient_of_the_kernel() -> None:
    conv = RepConv(2, 2).double()
    x = torch.randn(1, 2, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: F.conv2d(x, conv.kernel(), padding=1), (x,))


@pytest.mark.parametrize(("seen_images", "half_life_images"), [(10_000_000, 4000), (1000, 50)])
def test_ema_half_life(seen_images: int, half_life_images: int) -> None:
    decay = ema_decay(8, 4.0, seen_images)
    assert decay ** (half_life_images / 8) == pytest.approx(0.5)


def test_ema_of_a_constant_and_of_a_step() -> None:
    network = nn.Linear(1, 1)
    nn.init.ones_(network.weight)
    average = EMA(network)
    average.update(network, 0.9)
    assert average.module.weight.item() == 1.0
    with torch.no_grad():
        network.weight.fill_(2.0)
    average.update(network, 0.75)
    assert average.module.weight.item() == pytest.approx(0.75 * 1 + 0.25 * 2)
    assert not average.module.weight.requires_grad
