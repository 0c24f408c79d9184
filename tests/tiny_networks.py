"""Published checkpoints that are very small and without skill, for tests and for attacks on the page."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import torch
from tiny_generator import published_config, tiny_generate_net

from gan.cutout.network import CutoutConfig, cutout_network
from gan.enhance.network import EnhanceConfig, EnhanceNet
from gan.generate.pipeline import ENLARGERS
from gan.inpaint.network import InpaintConfig, InpaintNet
from gan.models.blocks import fuse
from gan.models.weights import publish
from gan.select.network import PromptConfig, PromptNet
from gan.stylize.network import StylizeConfig, StylizeNet

TINY = InpaintConfig(channels=(4, 4, 4, 4, 4), blocks=(1, 1, 1, 1, 1), heads=1)
TINY_CUTOUT = CutoutConfig(decoder=(4, 4, 4, 4, 4), slim=8)
TINY_SALIENCY = CutoutConfig(trunk="u2net", slim=8)
TINY_SELECT = PromptConfig(slim=8, side_px=64)
TINY_STYLE = StylizeConfig(channels=(4, 4, 4), encode=(0, 1), decode=(1, 1), latent=4)


def publish_tiny(folder: Path) -> None:
    """One for each task but generating."""
    torch.manual_seed(0)
    for scale in (1, 2, 4):
        _publish_enhance(folder, f"enhance-x{scale}", scale)
    filling = InpaintNet(TINY)
    publish(
        folder,
        name="inpaint",
        task="inpaint",
        config=dataclasses.asdict(TINY),
        state=filling.state_dict(),
        card="For tests.",
    )
    styling = StylizeNet(TINY_STYLE)
    publish(
        folder,
        name="stylize",
        task="stylize",
        config=dataclasses.asdict(TINY_STYLE),
        state=styling.state_dict(),
        card="For tests.",
    )
    for name, config in (("cutout-saliency", TINY_SALIENCY), ("cutout", TINY_CUTOUT)):
        publish(
            folder,
            name=name,
            task="cutout",
            config=dataclasses.asdict(config),
            state=cutout_network(config).state_dict(),
            card="For tests.",
        )
    publish(
        folder,
        name="select",
        task="select",
        config=dataclasses.asdict(TINY_SELECT),
        state=PromptNet(TINY_SELECT).state_dict(),
        card="For tests.",
    )


def publish_tiny_generator(folder: Path) -> None:
    """A generator of 32 px, two categories and all attributes, under the name that is served, and what enlarges it."""
    torch.manual_seed(0)
    _publish_enhance(folder, ENLARGERS[4], 4)
    network = tiny_generate_net()
    publish(
        folder,
        name="generate-catalogue",
        task="generate",
        config=published_config(network),
        state=network.state_dict(),
        card="For tests.",
    )


def _publish_enhance(folder: Path, name: str, scale: int) -> None:
    config = {"scale": scale, "channels": 4, "blocks": 1, "unshuffle": 2}
    network = fuse(EnhanceNet(EnhanceConfig(**config)))
    publish(folder, name=name, task="enhance", config=config, state=network.state_dict(), card="For tests.")
