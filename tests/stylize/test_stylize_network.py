"""The stylizing network: shapes, gradients, what a style's code does, tiles against the whole, and its config."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from gan.core.errors import ConfigError
from gan.stylize import network as module
from gan.stylize.network import SLOPE, StylizeConfig, StylizeNet, stylize_config

SMALL = StylizeConfig(channels=(6, 8, 10), encode=(1, 1), decode=(2, 1), latent=12)


def _awake(config: StylizeConfig = SMALL, seed: int = 0) -> StylizeNet:
    """A network in which nothing is 0 or nearly 0 as it is when training begins."""
    torch.manual_seed(seed)
    network = StylizeNet(config).eval()
    for child in network.modules():
        if isinstance(child, module._Block):
            nn.init.kaiming_normal_(child.second.weight, a=SLOPE)
    nn.init.normal_(network.tail.weight, std=0.05)
    return network


@pytest.fixture
def network() -> StylizeNet:
    return _awake()


def _given(height_px: int = 32, width_px: int = 48, count: int = 2) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    given = torch.rand(count, 6, height_px, width_px, generator=generator)
    given[:, 3:] -= 0.5
    return given


def _styles(count: int = 2, side_px: int = 40) -> Tensor:
    """Of different contrast."""
    noise = torch.rand(count, 3, side_px, side_px, generator=torch.Generator().manual_seed(2))
    return 0.5 + (noise - 0.5) / torch.arange(1, count + 1)[:, None, None, None]


@pytest.mark.parametrize("size", [(16, 16), (32, 48), (24, 80)])
def test_any_size_of_its_multiple(network: StylizeNet, size: tuple[int, int]) -> None:
    assert network(_given(*size), _styles()).shape == (2, 3, *size)


def test_codes_and_statistics_have_their_lengths(network: StylizeNet) -> None:
    assert network.style(_styles(3)).shape == (3, network.code_size)
    assert network.code_size == 2 * (8 + 10) + 12
    assert network.stats(_given()[:, :3]).shape == (2, 2 * (8 + 10))


def test_it_starts_as_the_content_under_half_of_the_texture() -> None:
    torch.manual_seed(0)
    given = _given()
    made = StylizeNet(SMALL)(given, _styles())
    assert (made - given[:, :3] - given[:, 3:] / 2).abs().mean() < 0.03


def test_the_gradient_reaches_every_parameter(network: StylizeNet) -> None:
    network(_given(), _styles()).square().mean().backward()
    assert [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []


def test_at_the_start_only_blocks_behind_a_zero_are_idle() -> None:
    torch.manual_seed(0)
    network = StylizeNet(SMALL)
    network(_given(), _styles()).square().mean().backward()
    idle = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    expected = [f"{part}.0.first.{kind}" for part in ("encode4", "encode8") for kind in ("weight", "bias")]
    assert idle == expected


def test_the_size_that_ships_is_compact() -> None:
    assert sum(p.numel() for p in StylizeNet(StylizeConfig()).parameters()) <= 2_000_000


def test_a_batch_of_different_styles_equals_one_by_one(network: StylizeNet) -> None:
    given, styles = _given(), _styles()
    together = network(given, styles)
    apart = torch.cat([network(given[i : i + 1], styles[i : i + 1]) for i in range(2)])
    torch.testing.assert_close(together, apart, atol=1e-5, rtol=0)
    assert not torch.allclose(network(given, styles.flip(0)), together, atol=1e-2)


def test_a_picture_in_the_call_is_its_code(network: StylizeNet) -> None:
    given, styles = _given(), _styles()
    assert torch.equal(network(given, styles), network(given, network.style(styles)))


def test_one_code_serves_a_batch(network: StylizeNet) -> None:
    given, code = _given(), network.style(_styles(1))
    torch.testing.assert_close(network(given, code), network(given, code.expand(2, -1)), atol=1e-6, rtol=0)


def test_codes_mix(network: StylizeNet) -> None:
    """Ends are the styles; between them is something between, and no leap."""
    given = _given(count=1)
    first, second = network.style(_styles()).split(1)
    made = [network(given, (1 - share) * first + share * second) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert torch.equal(made[0], network(given, first))
    assert torch.equal(made[-1], network(given, second))
    whole = (made[-1] - made[0]).norm()
    for before, after in pairwise(made):
        assert 0.05 * whole < (after - before).norm() < 0.6 * whole


def test_statistics_that_a_code_holds_are_mixed_linearly(network: StylizeNet) -> None:
    """What reaches the decoder has the mixture's means: adaptive instance normalisation is linear in the code."""
    y = torch.randn(1, 8, 10, 12, generator=torch.Generator().manual_seed(0))
    own, (first, second) = module._moments(y), network.style(_styles())[:, : 2 * 8].split(1)
    mixed = module._restated(y, own, 0.3 * first + 0.7 * second)
    parts = 0.3 * module._restated(y, own, first) + 0.7 * module._restated(y, own, second)
    torch.testing.assert_close(mixed, parts, atol=1e-5, rtol=0)
    torch.testing.assert_close(module._moments(mixed), 0.3 * first + 0.7 * second, atol=1e-4, rtol=1e-4)


def test_statistics_that_are_given_equal_its_own(network: StylizeNet) -> None:
    given, styles = _given(), _styles()
    assert torch.equal(network(given, styles, network.stats(given[:, :3])), network(given, styles))
    assert not torch.allclose(network(given, styles, network.stats(_styles())), network(given, styles), atol=1e-2)


def test_statistics_are_means_and_deviations(network: StylizeNet) -> None:
    x = _given()[:, :3]
    maps = network.encode(x)
    assert [tuple(y.shape) for y in maps] == [(2, 8, 8, 12), (2, 10, 4, 6)]
    expected = [part for y in maps for part in (y.mean((2, 3)), (y.var((2, 3), correction=0) + 1e-5).sqrt())]
    torch.testing.assert_close(network.stats(x), torch.cat(expected, 1))


def test_a_tile_equals_its_part_of_the_whole() -> None:
    """With the whole's statistics, from `CONTEXT_PX` off the tile's border on; as deep as what ships."""
    network = _awake(StylizeConfig(channels=(8, 8, 8), latent=8))
    given, code = _given(256, 256, 1), network.style(_styles(1))
    edge = StylizeNet.CONTEXT_PX
    with torch.inference_mode():
        stats = network.stats(given[:, :3])
        whole = network(given, code, stats)
        tile = network(given[..., 32:224, 56:248], code, stats)
        other = network(given[..., 32:224, 56:248], code)
    inner = whole[..., 32 + edge : 224 - edge, 56 + edge : 248 - edge]
    scale = (whole - given[:, :3]).std()
    assert (tile[..., edge:-edge, edge:-edge] - inner).abs().max() < 1e-3 * scale
    assert (other[..., edge:-edge, edge:-edge] - inner).abs().max() > 1e-2 * scale


def test_a_flat_picture_shows_no_border(network: StylizeNet) -> None:
    flat = torch.zeros(1, 6, 48, 48)
    flat[:, :3] = 0.4
    cells = nn.functional.pixel_unshuffle(network(flat, _styles(1)), 2)  # the network writes 2x2 pixels at once
    assert (cells.amax((2, 3)) - cells.amin((2, 3))).max() < 1e-3


def test_without_a_texture_there_is_none(network: StylizeNet) -> None:
    """Where the texture changes, the picture does, and far from there it does not."""
    given, code = _given(16, 256, 1), network.style(_styles(1))
    other = given.clone()
    other[:, 3:, :, :16] += 0.5
    changed = (network(other, code) - network(given, code)).abs().amax((0, 1, 2))
    assert changed[:16].min() > 0.01
    assert changed[200:].max() < 1e-4


def test_modulated_filters_keep_their_scale() -> None:
    """Demodulation: all inputs twice as strong by the style's will make no difference; one of them does."""
    torch.manual_seed(0)
    conv = module._StyledConv(4, 5, 3)
    x, latent = torch.randn(1, 4, 8, 8), torch.zeros(1, 3)
    plain = conv(x, latent)
    nn.init.constant_(conv.scale.bias, 1.0)
    torch.testing.assert_close(conv(x, latent), plain, atol=1e-5, rtol=1e-5)
    nn.init.constant_(conv.scale.bias[:1], 5.0)
    assert not torch.allclose(conv(x, latent), plain, atol=0.1)


def test_config_round_trip() -> None:
    published = {key: list(v) if isinstance(v, tuple) else v for key, v in dataclasses.asdict(SMALL).items()}
    assert stylize_config(published) == SMALL
    assert stylize_config({}) == StylizeConfig()


@pytest.mark.parametrize(
    "fields",
    [
        {"channels": (4, 4)},
        {"channels": (4, 4, 4, 4)},
        {"channels": (4, 0, 4)},
        {"encode": (1,)},
        {"encode": (1, 1, 1)},
        {"encode": (0, -1)},
        {"decode": ()},
        {"decode": (-1, 0)},
        {"latent": 0},
    ],
)
def test_configs_that_contradict_themselves(fields: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="three channels from 1 on and two pairs of blocks from 0 on"):
        StylizeConfig(**fields)  # type: ignore[arg-type]


def test_the_least_that_is_allowed_works() -> None:
    least = StylizeConfig(channels=(1, 1, 1), encode=(0, 0), decode=(0, 0), latent=1)
    assert StylizeNet(least)(_given(), _styles()).shape == (2, 3, 32, 48)


@pytest.mark.parametrize("published", [{"depth": 3}, {"channels": 5}, {"latent": "many"}])
def test_a_published_config_that_cannot_be_read(published: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"Correct config\.json"):
        stylize_config(published)
