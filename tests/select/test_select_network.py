"""The promptable network: shapes, what prompts do, its config, and one step of its training."""

from __future__ import annotations

import pytest
import torch

from gan.core.errors import ConfigError
from gan.models.tiny_vit import TinyViT
from gan.select.network import MEANT, NOT_MEANT, NOTHING, PRODUCT, PromptNet, fitted_to

SMALL = {"slim": 8, "side_px": 64}


def _small() -> PromptNet:
    torch.manual_seed(0)
    return PromptNet.published(SMALL).eval()


@pytest.mark.parametrize(("height", "width"), [(64, 64), (32, 64), (7, 100), (200, 3)])
def test_any_picture_is_encoded_on_one_square(height: int, width: int) -> None:
    network = _small()
    features = network.encode(torch.rand(1, 3, height, width))
    assert features.shape == (1, 32, 4, 4)
    assert bool(torch.isfinite(features).all())


def test_every_prompt_gets_a_mask_and_its_quality() -> None:
    network = _small()
    features = network.encode(torch.rand(1, 3, 64, 64))
    prompts = torch.tensor([[[10.0, 20, MEANT], [0, 0, NOTHING]], [[10, 20, MEANT], [50, 50, NOT_MEANT]]])
    logits, quality = network(features, prompts)
    assert logits.shape == (2, 1, 16, 16)
    assert quality.shape == (2,)
    assert not torch.allclose(logits[0], logits[1])
    product, _ = network(features)
    assert product.shape == (1, 1, 16, 16)
    known, _ = network(features, None, torch.rand(3, 1, 16, 16))
    assert known.shape == (3, 1, 16, 16)


@pytest.mark.parametrize("kind", [NOTHING, PRODUCT])
def test_where_a_prompt_without_a_place_lies_does_not_count(kind: int) -> None:
    network = _small()
    torch.nn.init.normal_(network.clicks.weight)
    features = network.encode(torch.rand(1, 3, 64, 64))
    here, there = (network(features, torch.tensor([[[x, x, kind]]]))[0] for x in (3.0, 60.0))
    assert torch.equal(here, there)


def test_prompts_of_one_call_do_not_see_each_other() -> None:
    network = _small()
    features = network.encode(torch.rand(1, 3, 64, 64))
    prompts = torch.tensor([[[10.0, 20, MEANT]], [[50, 50, MEANT]]])
    both, _ = network(features, prompts)
    alone, _ = network(features, prompts[1:])
    assert torch.allclose(both[1:], alone, atol=1e-5)


def test_an_encoder_takes_any_size_that_its_stride_divides() -> None:
    encoder = TinyViT((32, 32, 32, 32), (1, 1, 1, 1), 8).eval()
    assert encoder(torch.rand(2, 3, 48, 80)).shape == (2, 8, 3, 5)


def test_the_authors_size_is_published_under_an_empty_config() -> None:
    network = PromptNet.published({})
    assert network.side_px == 1024
    assert sum(p.numel() for p in network.encoder.parameters()) == 5_738_964


@pytest.mark.parametrize("config", [{"slim": 3}, {"side_px": 100}, {"side_px": 0}, {"side_px": 8192}, {"width": 1}])
def test_a_config_of_no_network_is_refused(config: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match=r"network: .*allowed|network: .*multiple"):
        PromptNet.published(config)


@pytest.mark.parametrize(("size", "fitted"), [((384, 384), (64, 64)), ((10, 40), (16, 64)), ((1, 1000), (1, 64))])
def test_a_picture_keeps_its_proportions(size: tuple[int, int], fitted: tuple[int, int]) -> None:
    assert fitted_to(*size, 64) == fitted
