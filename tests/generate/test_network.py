"""The generator's parts: shapes, gradients, refusals, the modulated convolution against its textbook form."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from tiny_generator import published_config, tiny_generate_net
from torch import Tensor

from gan.core.errors import ConfigError
from gan.generate.directions import directions_of
from gan.generate.network import GenerateConfig, GenerateNet, ModulatedConv, config_from
from gan.imaging.product import MEASURES, measure
from gan.training.data.catalogue import ATTRIBUTES


def _inputs(network: GenerateNet, count: int = 2) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(count)
    z, attributes = (
        torch.stack(part) for part in zip(*(network.draw(i % 2, generator) for i in range(count)), strict=True)
    )
    return z, attributes, torch.arange(count) % 2


@pytest.mark.parametrize("shuffle", [1, 2, 4])
@pytest.mark.parametrize("resolution", [32, 64, 128, 256])
def test_shapes(resolution: int, shuffle: int) -> None:
    network = tiny_generate_net(resolution=resolution, shuffle=shuffle, channels_max=8, channels_base=64)
    z, attributes, category = _inputs(network, 1)
    with torch.no_grad():
        w = network.map(z, attributes, category)
        pictures = network.synthesize(w)
        encoded = network.encoder(pictures)  # type: ignore[misc]
    assert w.shape == (1, network.config.layers, network.config.width)
    assert network.config.width == 64 + 16 + len(MEASURES)
    assert network.config.sizes[0] == 8
    assert network.config.layers == 2 * len(network.config.sizes)
    assert network.config.sizes[-1] * shuffle == resolution
    assert pictures.shape == (1, 4, resolution, resolution)
    assert pictures.isfinite().all()
    assert [part.shape[1] for part in encoded] == [64, 64, 2, len(ATTRIBUTES)]
    assert [len(weight) for weight in network.style_weights()] == [
        conv.affine.out_features
        for pair in zip(network.synthesis.first, network.synthesis.second, strict=True)
        for conv in pair
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"resolution": 48},
        {"resolution": 16},
        {"resolution": 0},
        {"resolution": -64},
        {"shuffle": 3},
        {"shuffle": 0},
        {"latent": 0},
        {"style": 0},
        {"style": 3},
        {"channels_base": 0},
        {"channels_max": 0},
        {"channels_min": 0},
        {"categories": ()},
        {"members": -1},
        {"encoder_blocks": -1},
        {"encoder_px": 48},
        {"encoder_px": 8},
        {"encoder_px": -32},
        {"code_px": 16},
        {"code_px": 0},
        {"encoder_px": 16},  # smaller than four times the map
        {"latent": 100},  # no whole number of 8 x 8 maps
    ],
)
def test_configs_that_cannot_be_built_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"config\.json"):
        GenerateConfig(**fields)


def test_a_config_comes_back_from_json() -> None:
    config = tiny_generate_net(shuffle=2).config
    published = json.loads(json.dumps({"kind": "style", **dataclasses.asdict(config)}))
    assert config_from(published) == config
    assert GenerateNet(config_from(published)).config == config


@pytest.mark.parametrize("broken", [{"depth": 3}, {"resolution": "large"}, {"latent": None}])
def test_a_config_of_another_network_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        config_from({**published_config(tiny_generate_net()), **broken})


@pytest.mark.parametrize("shuffle", [1, 2])
def test_gradients_reach_every_parameter(shuffle: int) -> None:
    network = tiny_generate_net(shuffle=shuffle).train()
    generator = torch.Generator().manual_seed(0)
    z, attributes, category = _inputs(network, 4)
    source = torch.rand(4, 4, 32, 32, generator=generator)
    encoded = network.encoder(source)  # type: ignore[misc]
    pictures = network.synthesize(network.map(encoded.mean + encoded.log_variance + z, attributes, category))
    total = pictures.square().mean() + sum(part.square().mean() for part in encoded)
    total.backward()
    without = [
        name
        for name, p in network.named_parameters()
        if p.grad is None or not p.grad.isfinite().all() or not p.grad.any()
    ]
    assert without == []


@pytest.mark.parametrize("demodulate", [True, False])
@pytest.mark.parametrize("size", [1, 3])
def test_the_modulated_convolution_equals_scaling_the_weights(demodulate: bool, size: int) -> None:
    """StyleGAN2's own form: the weights of each sample are scaled and normalised, then a grouped convolution."""
    torch.manual_seed(0)
    conv = ModulatedConv(5, 7, 6, demodulate=demodulate, size=size).double()
    x, w = torch.randn(3, 5, 9, 8).double(), torch.randn(3, 6).double()
    style = w @ conv.affine.weight.T + conv.affine.bias
    weights = conv.weight[None] * style[:, None, :, None, None]  # (N, out, into, k, k)
    if demodulate:
        weights = weights / (weights.square().sum((2, 3, 4), keepdim=True) + 1e-8).sqrt()
    grouped = F.conv2d(x.reshape(1, 15, 9, 8), weights.reshape(21, 5, size, size), padding=size // 2, groups=3)
    with torch.no_grad():
        conv.bias.normal_()
    expected = grouped.reshape(3, 7, 9, 8) + conv.bias[:, None, None]
    assert torch.allclose(conv(x, w), expected, atol=1e-10)


def test_demodulated_features_keep_their_variance() -> None:
    torch.manual_seed(0)
    conv = ModulatedConv(16, 16, 8)
    x, w = torch.randn(4, 16, 32, 32), 10 * torch.randn(4, 8)
    deviation = conv(x, w)[:, :, 1:-1, 1:-1].std((2, 3))
    assert torch.allclose(deviation, torch.ones(4, 16), atol=0.15)


def test_a_picture_does_not_depend_on_its_batch() -> None:
    network = tiny_generate_net()
    w = network.map(*_inputs(network, 4))
    with torch.no_grad():
        together = network.synthesize(w)
        alone = torch.cat([network.synthesize(row[None]) for row in w])
    assert torch.allclose(together, alone, atol=1e-5)
    assert (together[0] - together[1]).abs().mean() > 0.01


def test_twice_the_resolution_has_the_same_blocks_and_one_more() -> None:
    fields = {"channels_base": 512, "shuffle": 2}
    small, large = (tiny_generate_net(resolution=r, **fields).state_dict() for r in (64, 128))
    other = {key for key, value in small.items() if key not in large or large[key].shape != value.shape}
    # What the last block alone has: its detail, and the vector of gains that is one longer.
    assert {key.removeprefix("synthesis.").split(".")[0] for key in other} <= {"detail", "gain"}
    assert len(large["synthesis.gain"]) == len(small["synthesis.gain"]) + 1
    more = {key.split(".")[2] for key in large.keys() - small.keys()}
    assert more == {str(len(small["synthesis.gain"]))}


def test_from_noise_the_synthesis_begins_with_a_constant() -> None:
    network = tiny_generate_net(encoder_px=0, latent=10)
    assert network.config.sizes == (4, 8, 16, 32)
    assert network.config.width == network.config.style == 16
    assert network.config.measures == ()
    z, attributes, category = _inputs(network, 2)
    assert network.synthesize(network.map(z, attributes, category)).shape == (2, 4, 32, 32)


def test_w_holds_the_map_and_the_measures_as_they_were_given() -> None:
    network = tiny_generate_net()
    z, attributes, category = _inputs(network, 2)
    w = network.map(z, attributes, category)
    assert torch.equal(w[:, 0, :64], z)
    assert torch.equal(w[:, 0, -len(MEASURES) :], attributes[:, list(network.config.measures)])


def test_what_is_set_on_the_picture_changes_nothing_of_what_is_drawn() -> None:
    network = tiny_generate_net()
    z, attributes, category = _inputs(network, 2)
    moved = attributes.clone()
    moved[:, list(network.config.measures)] += 0.1
    w, other = network.map(z, attributes, category), network.map(z, moved, category)
    assert torch.equal(w[..., : -len(MEASURES)], other[..., : -len(MEASURES)])


def test_gradients_reach_the_place_that_is_asked_for() -> None:
    network = tiny_generate_net()
    w = network.map(*_inputs(network, 1)).detach().clone().requires_grad_(True)
    network.synthesize(w).square().mean().backward()
    assert w.grad is not None
    assert bool(w.grad[:, 0, -4:].any())


def test_every_input_of_the_mapping_counts() -> None:
    network = tiny_generate_net()
    z, attributes, category = _inputs(network, 2)
    w = network.map(z, attributes, category)
    assert not torch.allclose(w, network.map(z + 1, attributes, category))
    assert not torch.allclose(w, network.map(z, attributes, 1 - category))
    for column in range(len(ATTRIBUTES)):
        moved = attributes.clone()
        moved[:, column] += 0.5
        assert not torch.allclose(w, network.map(z, moved, category)), ATTRIBUTES[column]


def test_a_seed_draws_the_same_product_of_that_category() -> None:
    network = tiny_generate_net()
    first, again, other = (network.draw(1, torch.Generator().manual_seed(seed)) for seed in (5, 5, 6))
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[0], other[0])
    low, high = (bound(network.member_attributes, 0).values for bound in (torch.min, torch.max))
    assert ((first[1] >= low) & (first[1] <= high)).all()


@pytest.mark.parametrize("fields", [{"members": 0}, {"categories": ("chair", "lamp", "hat"), "members": 2}])
def test_a_category_without_members_is_drawn_from_a_normal_distribution(fields: dict[str, Any]) -> None:
    network = tiny_generate_net(**fields)
    category = len(network.config.categories) - 1
    generator = torch.Generator().manual_seed(0)
    z = torch.stack([network.draw(category, generator)[0] for _ in range(200)])
    assert float(z.std()) == pytest.approx(1, abs=0.1)
    _, attributes = network.draw(category, generator)
    assert torch.equal(attributes, network.attribute_mean)
    assert network.center(category, attributes).isfinite().all()


def test_the_centre_is_the_mean_members_style() -> None:
    network = tiny_generate_net()
    attributes = network.member_attributes[3]
    mean = network.member_z[network.member_category == 1].mean(0)
    expected = network.map(mean[None], attributes[None], torch.tensor([1]))[0]
    assert torch.equal(network.center(1, attributes), expected)


def test_turning_a_product_keeps_its_color_and_takes_another_view() -> None:
    network = tiny_generate_net()
    network.member_product.copy_(torch.arange(24) // 4 * 2 + torch.arange(24) % 2)  # two views of each
    place, colors = ATTRIBUTES.index("azimuth"), list(network.config.measures[:3])
    views = [network.draw(1, torch.Generator().manual_seed(4), azimuth=value) for value in (-1.0, 1.0)]
    assert not torch.equal(views[0][0], views[1][0])
    assert torch.equal(views[0][1][colors], views[1][1][colors])
    assert views[0][1][place] < views[1][1][place]


def test_directions_are_found_in_it() -> None:
    network = tiny_generate_net()
    kinds = [direction.kind for direction in directions_of(network)]
    assert kinds.count("pca") == 6
    assert kinds.count("sefa") == 8


def test_without_an_encoder_there_is_none() -> None:
    network = tiny_generate_net(encoder_px=0)
    assert network.encoder is None
    assert not any(key.startswith("encoder") for key in network.state_dict())


def test_a_deeper_encoder_begins_as_the_one_that_it_deepens() -> None:
    plain, deep = tiny_generate_net(), tiny_generate_net(encoder_blocks=2)
    assert plain.encoder is not None
    assert deep.encoder is not None
    left = deep.encoder.load_state_dict(plain.encoder.state_dict(), strict=False)
    assert left.missing_keys
    assert all(key.startswith("deep.") for key in left.missing_keys)
    pictures = torch.rand(2, 4, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        for ours, theirs in zip(deep.encoder(pictures), plain.encoder(pictures), strict=True):
            assert torch.equal(ours, theirs)


def test_color_and_place_are_set_on_what_is_enlarged() -> None:
    network = tiny_generate_net()
    z, attributes, category = _inputs(network, 1)
    seen: list[Tensor] = []

    def enlarge(small: Tensor) -> Tensor:
        seen.append(small)
        large = torch.tensor([1.0, 1, 1, 0])[None, :, None, None].repeat(1, 1, 128, 128)
        large[:, :, 40:88, 40:88] = torch.tensor([0.6, 0.3, 0.3, 1])[None, :, None, None]
        return large

    with torch.no_grad():
        across = 1 / 64  # a quarter of a small pixel
        wanted = torch.tensor([[0.4, 0.0, 0.1, math.log(0.5), 0.0, across, 0.0]])
        attributes[:, list(network.config.measures)] = wanted
        made = network.synthesize(network.map(z, attributes, category), enlarge).clamp(0, 1)
        assert torch.equal(seen[0], network.draw_from(z, attributes, category))
    assert made.shape == (1, 4, 128, 128)
    found = measure(made[:, :3], made[:, 3:])
    torch.testing.assert_close(found[:, 3:], wanted[:, 3:], atol=4e-3, rtol=0)
    torch.testing.assert_close(found[:, :3], wanted[:, :3], atol=1e-2, rtol=0)  # the edge's pixels are half ground
