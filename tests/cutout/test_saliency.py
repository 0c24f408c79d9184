"""The small U-2-Net: sizes, what it knows of a prior, its config and its training."""

from __future__ import annotations

import pytest
import torch

from gan.core.errors import ConfigError
from gan.cutout.network import UNKNOWN, CutoutConfig, cutout_config, published_network
from gan.cutout.saliency import SaliencyNet


@pytest.mark.parametrize(("height", "width"), [(32, 32), (33, 50), (320, 320)])
def test_logits_have_the_size_of_what_is_given(height: int, width: int) -> None:
    made = SaliencyNet(slim=8).eval()(torch.rand(1, 4, height, width))
    assert made.shape == (1, 1, height, width)
    assert bool(torch.isfinite(made).all())


def test_a_network_without_marks_does_not_look_at_the_prior() -> None:
    network = SaliencyNet(slim=8).eval()
    rgb = torch.rand(1, 3, 64, 64)
    unknown, known = (network(torch.cat([rgb, torch.full((1, 1, 64, 64), value)], 1)) for value in (UNKNOWN, 1.0))
    assert torch.equal(unknown, known)


def test_a_prior_counts_once_its_plane_has_weights() -> None:
    network = SaliencyNet(slim=8).eval()
    torch.nn.init.ones_(network.hint.weight)
    rgb = torch.rand(1, 3, 64, 64)
    unknown, known = (network(torch.cat([rgb, torch.full((1, 1, 64, 64), value)], 1)) for value in (UNKNOWN, 1.0))
    assert not torch.allclose(unknown, known)


def test_the_authors_size_is_published_under_its_config() -> None:
    network = published_network({"trunk": "u2net"})
    assert isinstance(network, SaliencyNet)
    known = sum(p.numel() for name, p in network.named_parameters() if not name.startswith("hint."))
    assert known == 1_125_485
    assert len(list(network.convolutions())) == 119  # as many as the file has


def test_an_unknown_trunk_is_refused() -> None:
    with pytest.raises(ConfigError, match="lite0 and u2net are allowed"):
        cutout_config({"trunk": "resnet"})


def test_slim_divides_its_channels() -> None:
    network = published_network(vars(CutoutConfig(trunk="u2net", slim=8)))
    assert network.hint.out_channels == 8
