"""Training recipe of the stylizing network: match style statistics in random and ImageNet features, keep products."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torchvision.utils import make_grid

from gan.imaging.optimal_transport import moments, moved, transport
from gan.imaging.product import to_ycc
from gan.imaging.texture import detail_of, spread
from gan.models.ema import EMA
from gan.models.features import Features, load_features
from gan.models.random_features import RandomFeatures
from gan.stylize.network import StylizeConfig, StylizeNet
from gan.training.data.pictures import Pictures, find, split
from gan.training.data.procedural import drawings
from gan.training.data.styles import StylePairs, around, parted
from gan.training.losses.style import (
    content_distance,
    moments_distance,
    sliced_wasserstein,
    smoothed,
    structure_distance,
)
from gan.training.recipe import Losses, Recipe, State, Validation, check_multiple, cost_of, descend, falling

if TYPE_CHECKING:
    from lightning.fabric import Fabric

VALIDATION_PAIRS = 32
STAGES = 4
"""Of Lite0's five; the first three carry the style, the last three the content."""


@dataclass(frozen=True, kw_only=True)
class StylizeRecipe:
    """A complete recipe; a row of `PRESETS`.

    Attributes:
        network: what is trained.
        patch_px: side of the crops; a multiple of 32.
        batch: pairs a step.
        learning_rate: of Adam (0.9, 0.99); see `learning_rate`.
        style: weight of the distance of means and deviations in random features, drawn anew for every step.
        histograms: weight of the sliced Wasserstein distance in the same.
        trained: weight of the distance of means and deviations in Lite0's smoothed features.
        content: weight of the content distance in Lite0's features.
        structure: weight of the lightness's structure.
        identity: weight of the L1 distance where content and style are one picture.
        drawings: how many styles are drawn by code, besides the folder's.
        ema_half_life_kimg: of the published average, thousands of pairs.

    Raises:
        ConfigError: the crop does not suit the network.
    """

    network: StylizeConfig = field(default_factory=StylizeConfig)
    patch_px: int = 128
    batch: int = 8
    learning_rate: float = 1e-3
    style: float = 3.0
    histograms: float = 3.0
    trained: float = 6.0
    content: float = 1.0
    structure: float = 2.0
    identity: float = 4.0
    drawings: int = 320
    ema_half_life_kimg: float = 1.0

    def __post_init__(self) -> None:
        check_multiple("patch_px", self.patch_px, 32)


TINY = StylizeConfig(channels=(8, 8, 8), encode=(0, 1), decode=(1, 1), latent=8)

# fmt: off
PRESETS: dict[str, StylizeRecipe] = {
    # one or two CPU cores: an hour or two
    "cpu-128": StylizeRecipe(),
    # a GPU: half an hour
    "gpu-256": StylizeRecipe(patch_px=256, batch=32, drawings=2000, ema_half_life_kimg=5.0),
    # seconds: for tests and for trying things out
    "tiny":    StylizeRecipe(network=TINY, patch_px=32, batch=2, drawings=4),
}
# fmt: on


@dataclass(frozen=True)
class StylizeData:
    """Decoded pictures, split by product; styles drawn by code."""

    training: StylePairs
    validation: StylePairs


def data(config: StylizeRecipe, folder: Path, seed: int) -> StylizeData:
    """All pictures below the folder that are large enough for a crop; where none is held out, all are both."""
    sides = [split(entries) for entries in parted(find(folder), folder)]

    def pairs(part: int, count: int, first: int, turned: float) -> StylePairs:
        room_px = (config.patch_px, around(config.patch_px))
        contents, styles = (Pictures(side[part] or side[1 - part], px) for side, px in zip(sides, room_px, strict=True))
        drawn = drawings(count, max(room_px[1], 256), first)
        return StylePairs(contents, styles, drawn, config.patch_px, seed if part == 0 else 0, turned=turned)

    # Seeds of drawings are kept apart too: what is held out was never drawn for training.
    return StylizeData(pairs(0, config.drawings, 1000, 0.5), pairs(1, min(config.drawings, 32), 0, 0.0))


def build(config: StylizeRecipe, _data: StylizeData | None = None) -> State:
    """Network, average and optimizer, from scratch."""
    network = StylizeNet(config.network).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate, betas=(0.9, 0.99))
    return State(
        {"network": network},
        {"network": EMA(network)},
        {"network": optimizer},
        {"features": load_features("lite0", stages=STAGES)},
    )


def step(state: State, batch: tuple[Tensor, ...], config: StylizeRecipe, fabric: Fabric) -> Losses:
    """One step.

    Args:
        batch: contents, styles and textures, (N, 3, p, p) each, as `StylePairs` has them.

    Returns:
        The losses, unweighted, and the gradient's norm before it is clipped to 1.
    """
    content, style, texture = (x.contiguous(memory_format=torch.channels_last) for x in batch)
    network, optimizer = state.networks["network"], state.optimizers["network"]
    generator = torch.Generator().manual_seed(state.step)
    random = RandomFeatures(generator).to(content.device)
    features: Features = state.frozen["features"]  # type: ignore[assignment]
    recolored = in_colors_of(style, content)
    # The last content of the batch is its own style: the identity costs one more picture and no second pass.
    own = spread(detail_of(content[-1:].cpu()), config.patch_px, config.patch_px, generator).to(content)
    given = torch.cat([torch.cat([recolored, texture], 1), torch.cat([content[-1:], own], 1)])
    made_all = network(given, torch.cat([style, content[-1:]]))
    made, same = made_all[:-1], made_all[-1:]
    with torch.no_grad():
        wanted, seen, shown = random(style), features(style), features(recolored)
    made_random, made_features = random(made), features(made)
    losses = {
        "style": moments_distance(made_random, wanted),
        "histograms": sliced_wasserstein(made_random, wanted, generator),
        "trained": moments_distance(smoothed(made_features[:3]), smoothed(seen[:3])),
        "content": content_distance(made_features[1:], shown[1:]),
        "structure": structure_distance(to_ycc(made)[:, :1], to_ycc(content)[:, :1]),
        "identity": (same - content[-1:]).abs().mean(),
    }
    total = torch.stack([getattr(config, name) * loss for name, loss in losses.items()]).sum()
    # What is clipped away when it is shown gives no gradient of its own.
    total = total + (made - made.clamp(0, 1)).abs().mean()
    losses["grad_norm"] = descend(network, optimizer, total, fabric)
    return losses


def in_colors_of(style: Tensor, content: Tensor) -> Tensor:
    """The contents in the mean and covariance of the styles, which is what the network is given."""
    (mean, covariance), (wanted_mean, wanted) = moments(content), moments(style)
    return moved(content, mean, transport(covariance, wanted), wanted_mean)


def validate(state: State, config: StylizeRecipe, data: StylizeData, device: torch.device) -> Validation:
    """The average network on fixed pairs of held-out pictures, with the recolored content beside it.

    The score is the structure that is left minus twice the distance to the style, in one random network that no step
    of training used.
    """
    network = state.ema["network"].module.eval()
    judge = RandomFeatures(torch.Generator().manual_seed(2**40)).to(device)
    names = ("style", "structure")
    sums = {f"{prefix}{name}": 0.0 for name in names for prefix in ("", "recolored_")}
    rows = []
    with torch.inference_mode():
        for index in range(VALIDATION_PAIRS):
            content, style, texture = (x[None].to(device) for x in data.validation[index])
            recolored = in_colors_of(style, content)
            made = network(torch.cat([recolored, texture], 1), style).clamp(0, 1).float()
            wanted = judge(style)
            for prefix, candidate in (("", made), ("recolored_", recolored)):
                sums[f"{prefix}style"] += float(moments_distance(judge(candidate), wanted))
                distance = structure_distance(to_ycc(candidate)[:, :1], to_ycc(content)[:, :1])
                sums[f"{prefix}structure"] += 1 - float(distance)
            if index < 16:
                rows += [content[0].cpu(), style[0].cpu(), made[0].cpu()]
    figures = {name: value / VALIDATION_PAIRS for name, value in sums.items()}
    score = figures["structure"] - 2 * figures["style"]
    return Validation(figures, score, make_grid(rows, nrow=6, padding=2), pictures=VALIDATION_PAIRS)


def cost(config: StylizeRecipe) -> list[str]:
    """Sentences for a dry run."""
    network = StylizeNet(config.network)
    given = torch.zeros(1, StylizeNet.PLANES, 512, 512), torch.zeros(1, network.code_size)
    return cost_of(network, lambda: network(*given), 512, ", its style's code apart")


RECIPE = Recipe(
    task="stylize",
    presets=PRESETS,
    data=data,
    build=build,
    step=step,
    validate=validate,
    cost=cost,
    learning_rate=falling(until=0.5, to=0.05),
)
