"""The pages that the API's and the browser's tests share; each is started once, in a process of its own."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from pages import serving
from tiny_generator import published_config, tiny_generate_net

from gan.cutout.network import CutoutConfig, CutoutNet
from gan.enhance.network import EnhanceConfig, EnhanceNet
from gan.inpaint.network import InpaintConfig, InpaintNet
from gan.models.blocks import fuse
from gan.models.weights import publish
from gan.stylize.network import StylizeConfig, StylizeNet

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TINY = InpaintConfig(channels=(4, 4, 4, 4, 4), blocks=(1, 1, 1, 1, 1), heads=1)
TINY_CUTOUT = CutoutConfig(decoder=(4, 4, 4, 4, 4), slim=8)
TINY_STYLE = StylizeConfig(channels=(4, 4, 4), encode=(0, 1), decode=(1, 1), latent=4)


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of published checkpoints for all rooms but generating, very small and without skill."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    for scale in (1, 2, 4):
        config = {"scale": scale, "channels": 4, "blocks": 1, "unshuffle": 2}
        network = EnhanceNet(EnhanceConfig(**config))
        publish(
            folder,
            name=f"enhance-x{scale}",
            task="enhance",
            config=config,
            state=fuse(network).state_dict(),
            card="For tests.",
        )
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
    cutting = CutoutNet(TINY_CUTOUT)
    publish(
        folder,
        name="cutout",
        task="cutout",
        config=dataclasses.asdict(TINY_CUTOUT),
        state=cutting.state_dict(),
        card="For tests.",
    )
    return folder


@pytest.fixture(scope="session")
def tiny_generator(tiny_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same folder with a generator of 32 px, two categories and all attributes, under the name that is served."""
    folder = tmp_path_factory.mktemp("generator") / "weights"
    shutil.copytree(tiny_weights, folder)
    network = tiny_generate_net()
    publish(
        folder,
        name="generate-catalogue",
        task="generate",
        config=published_config(network),
        state=network.state_dict(),
        card="For tests.",
    )
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; closed after each file, since its event loop must not run beside others'."""
    from browsing import CHROMIUM, FLAGS
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def studio_page(tiny_weights: Path) -> Iterator[str]:
    """Address of the page over the real studio."""
    with serving(["tests/pages.py", str(tiny_weights)]) as url:
        yield url


@pytest.fixture(scope="session")
def quick_page() -> Iterator[str]:
    """Address of the page over a run that takes no time: means in holes, products told by their colour."""
    with serving(["tests/pages.py", "quick"]) as url:
        yield url


@pytest.fixture(scope="session")
def slow_page() -> Iterator[str]:
    """Address of the page over a run of ten slow steps."""
    with serving(["tests/pages.py", "slow"]) as url:
        yield url
