"""The inpainting network: shapes, gradients, what it looks at, and its config."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from gan.core.errors import ConfigError
from gan.inpaint.network import InpaintConfig, InpaintNet, inpaint_config

SMALL = InpaintConfig(channels=(4, 4, 8, 4), blocks=(1, 1, 1, 1), heads=2)


@pytest.fixture
def network() -> InpaintNet:
    torch.manual_seed(0)
    return InpaintNet(SMALL).eval()


def _given(height_px: int = 32, width_px: int = 48) -> torch.Tensor:
    torch.manual_seed(1)
    given = torch.rand(2, 7, height_px, width_px)
    given[:, 6] = 0
    given[:, 6, 8:16, 8:16] = 1
    return given


def test_any_size_of_its_multiple(network: InpaintNet) -> None:
    assert SMALL.multiple == 16
    for height_px, width_px in ((16, 16), (32, 48), (16, 80)):
        assert network(_given(max(height_px, 16), width_px)).shape == (2, 3, height_px, width_px)


def test_it_starts_near_the_mean_of_both_fills(network: InpaintNet) -> None:
    given = _given()
    assert (network(given) - (given[:, :3] + given[:, 3:6]) / 2).abs().mean() < 0.05


def test_the_gradient_reaches_every_parameter(network: InpaintNet) -> None:
    network(_given()).square().mean().backward()
    idle = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    # A softmax over keys does not change when all keys move by the same vector.
    assert [name for name in idle if not name.endswith("key.bias")] == []


def test_the_mask_changes_what_is_made(network: InpaintNet) -> None:
    blind, coarse = _given(), _given()
    coarse[:, 6] *= 0.5
    assert not torch.equal(network(blind), network(coarse))


def test_attention_does_not_look_at_what_is_unknown(network: InpaintNet) -> None:
    """With all but one position unknown, every position gets that one's value."""
    attention = network.attention
    x = torch.randn(1, 8, 4, 4)
    known = torch.zeros(1, 1, 4, 4)
    known[..., 2, 3] = 1
    carried = attention(x, known) - x
    assert (carried.amax((2, 3)) - carried.amin((2, 3))).max() < 0.05
    everywhere = attention(x, torch.ones_like(known)) - x
    assert not torch.allclose(carried, everywhere, atol=1e-3)


def test_the_size_that_ships_is_compact() -> None:
    assert sum(p.numel() for p in InpaintNet(InpaintConfig()).parameters()) < 6_000_000


def test_config_round_trip() -> None:
    published = {key: list(v) if isinstance(v, tuple) else v for key, v in dataclasses.asdict(SMALL).items()}
    assert inpaint_config(published) == SMALL


@pytest.mark.parametrize(
    "fields",
    [{"channels": (4, 4, 4)}, {"channels": (4, 4), "blocks": (1, 1)}, {"heads": 5}, {"blocks": (1, 1, 0, 1, 1)}],
)
def test_configs_that_contradict_themselves(fields: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="channels"):
        InpaintConfig(**fields)  # type: ignore[arg-type]


def test_an_unknown_field_of_a_published_config() -> None:
    with pytest.raises(ConfigError, match="depth"):
        inpaint_config({"depth": 3})
