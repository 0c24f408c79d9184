"""A generator for tests: it is very small, knows nothing, and draws pictures that differ from each other."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch

from gan.generate.network import GenerateConfig, GenerateNet
from gan.training.data.catalogue import ATTRIBUTES

CATEGORIES = ("chair", "lamp")


def tiny_generate_net(**fields: Any) -> GenerateNet:
    """Random weights of a fixed seed, two categories, a table with random rows, in eval mode."""
    small: dict[str, Any] = {
        "resolution": 32,
        "categories": CATEGORIES,
        "attributes": ATTRIBUTES,
        "latent": 64,
        "style": 16,
        "channels_base": 256,
        "channels_max": 16,
        "channels_min": 8,
        "members": 24,
        "encoder_px": 32,
    }
    config = GenerateConfig(**{**small, **fields})
    generator_state = torch.get_rng_state()
    torch.manual_seed(3)
    network = GenerateNet(config)
    with torch.no_grad():
        network.synthesis.gain.fill_(0.4)
        network.synthesis.detail.bias[-(config.shuffle**2) :].fill_(2.2)  # so that some of it is covered
        network.member_z.normal_()
        network.member_category.copy_(torch.arange(config.members) % len(config.categories))
        for column, (low, high) in enumerate(_ranges(config.attributes)):
            network.member_attributes[:, column].uniform_(low, high)
            network.attribute_mean[column] = (low + high) / 2
            network.attribute_scale[column] = max((high - low) / 2, 0.1)
    torch.set_rng_state(generator_state)
    return network.eval()


def published_config(network: GenerateNet) -> dict[str, Any]:
    return {"kind": "style", **dataclasses.asdict(network.config)}


def _ranges(names: tuple[str, ...]) -> list[tuple[float, float]]:
    known = {
        "lightness": (0.2, 0.8),
        "blue": (-0.2, 0.2),
        "red": (-0.2, 0.2),
        "size": (-0.5, -0.1),
        "aspect": (-0.5, 0.5),
        "across": (-0.1, 0.1),
        "down": (-0.1, 0.1),
        "azimuth": (-1.0, 1.0),
        "elevation": (-0.2, 0.2),
        "view_known": (1.0, 1.0),
    }
    return [known[name] for name in names]
