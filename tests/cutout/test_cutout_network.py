"""The cut-out network: shapes, its prior, the trained encoder it starts from, its config."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from gan.core.errors import ConfigError
from gan.cutout.network import UNKNOWN, CutoutConfig, CutoutNet, cutout_config
from gan.cutout.train.recipe import TINY
from gan.models.features import load_features


def _given(height: int, width: int) -> torch.Tensor:
    rgb = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))
    return torch.cat([rgb, torch.full((1, 1, height, width), UNKNOWN)], 1)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 96), (320, 32)])
def test_a_logit_for_every_pixel(height: int, width: int) -> None:
    with torch.no_grad():
        assert CutoutNet(TINY)(_given(height, width)).shape == (1, 1, height, width)


def test_pictures_of_a_batch_do_not_know_one_another() -> None:
    torch.manual_seed(0)
    network = CutoutNet(TINY).eval()
    one, other = _given(64, 64), _given(64, 64).flip(3)
    with torch.no_grad():
        torch.testing.assert_close(network(torch.cat([one, other]))[1:], network(other))


def test_the_prior_is_looked_at_and_hints_nothing_before_training() -> None:
    """The hint in the encoder starts at zero; the detail sees it from the beginning."""
    torch.manual_seed(0)
    network = CutoutNet(TINY).eval()
    assert not network.hint.weight.any()
    known = _given(64, 64)
    known[:, 3:] = 1.0
    with torch.no_grad():
        assert not torch.equal(network(known), network(_given(64, 64)))


def test_the_encoder_is_efficientnet_lite0() -> None:
    network = CutoutNet(CutoutConfig()).eval()
    network.take_encoder(load_features("lite0"))
    features = load_features("lite0", stages=4)
    x = _given(64, 96)
    with torch.no_grad():
        y = torch.nn.functional.relu6(network.stem((x[:, :3] * 255 - 127) / 128))
        found = []
        for stage in network.stages:
            y = stage(y)
            found.append(y)
        for ours, theirs in zip((0, 1, 2, 4), features(x[:, :3]), strict=True):
            torch.testing.assert_close(found[ours], theirs, atol=1e-4, rtol=1e-4)


def test_the_published_config_builds_the_same_network() -> None:
    config = CutoutConfig(decoder=(8, 8, 16, 16, 24), slim=4)
    published = {**dataclasses.asdict(config), "decoder": [8, 8, 16, 16, 24]}
    assert cutout_config(published) == config


@pytest.mark.parametrize(
    "fields", [{"decoder": (8, 8)}, {"decoder": (8, 8, 8, 8, 0)}, {"slim": 3}, {"slim": 0}, {"width": 3}]
)
def test_other_configs_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        cutout_config(fields)
