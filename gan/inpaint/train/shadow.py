"""Training recipe of the network that finds shadows around a hole; the rest of Inpaint's network stays as it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.utils import make_grid

from gan.imaging.mask_shapes import max_within
from gan.imaging.resize import resize
from gan.inpaint.network import InpaintConfig, InpaintNet
from gan.inpaint.shadow import AROUND, SIDE_PX
from gan.models.ema import EMA
from gan.models.features import load_features
from gan.models.segment_net import SegmentNet
from gan.training.data.mixture import composites_of, sort_out
from gan.training.data.pictures import split
from gan.training.data.procedural import drawings
from gan.training.data.scenes import Scenes, for_validation, split_scenes
from gan.training.data.shadows import ShadowItems, around, darker, of_scene
from gan.training.losses.matting import soft_iou
from gan.training.recipe import Losses, Recipe, State, Validation, check_multiple, cost_of, descend, falling

if TYPE_CHECKING:
    from lightning.fabric import Fabric

NO_THING = 32
"""Holes that take out no thing, in the validation."""

SHOWN = 24
GROWN_PX = 4


@dataclass(frozen=True, kw_only=True)
class ShadowRecipe:
    """A complete recipe; a row of `PRESETS`.

    Attributes:
        network: all of Inpaint's; of it `shadow` is trained.
        side_px: of the pictures; a multiple of 32.
        batch: pictures a step.
        learning_rate: of AdamW (0.9, 0.99); the encoder, which comes trained, learns at a third of it.
        decided: weight of the binary cross-entropy.
        overlap: weight of 1 - soft IoU, where there is a shadow.
        drawings: how many grounds are drawn by code, besides the folder's.
        ema_half_life_kimg: of the published average, thousands of pictures.

    Raises:
        ConfigError: the side does not suit the network.
    """

    network: InpaintConfig = field(default_factory=lambda: InpaintConfig(shadow=1))
    side_px: int = SIDE_PX
    batch: int = 8
    learning_rate: float = 8e-4
    decided: float = 2.0
    overlap: float = 1.0
    drawings: int = 112
    ema_half_life_kimg: float = 0.8

    def __post_init__(self) -> None:
        check_multiple("side_px", self.side_px, SegmentNet.MULTIPLE)


TINY = InpaintConfig(channels=(8, 8, 8, 8, 8), blocks=(1, 1, 1, 1, 1), heads=2, shadow=8)

# fmt: off
PRESETS: dict[str, ShadowRecipe] = {
    # one or two CPU cores: half an hour, --from inpaint
    "shadow-192":  ShadowRecipe(),
    # seconds: for tests and for trying things out
    "tiny-shadow": ShadowRecipe(network=TINY, side_px=32, batch=2, drawings=2),
}
# fmt: on


@dataclass(frozen=True)
class ShadowData:
    """Items, and what is measured: scenes of other products, where there are any, and items of what is held out."""

    training: ShadowItems
    scenes: Scenes | None
    validation: ShadowItems


def data(config: ShadowRecipe, folder: Path, seed: int) -> ShadowData:
    """Pictures with masks are products, scenes are what they are, all others below the folder are grounds.

    Raises:
        InputError: no picture has a mask.
    """
    found = sort_out(folder)
    products, grounds = split(found.products), split(found.grounds)
    staged, shown = for_validation(split_scenes(found.scenes)[0])

    def items(part: int, scenes: Scenes | None, own_seed: int) -> ShadowItems:
        drawn = drawings(config.drawings, max(config.side_px, 256), (1000, 0)[part])
        things, ground = (some[part] or some[1 - part] for some in (products, grounds))
        composites = composites_of(things, ground, folder, drawn, max(config.side_px, 64), own_seed)
        return ShadowItems(composites, scenes, config.side_px, own_seed)

    training = staged or shown
    return ShadowData(
        items(0, Scenes(training) if training else None, seed), Scenes(shown) if shown else None, items(1, None, 0)
    )


def build(config: ShadowRecipe, _data: ShadowData | None = None) -> State:
    """All of Inpaint's network, its average, and an optimizer of what finds shadows; that begins with the encoder of
    EfficientNet-Lite0 (Apache-2.0).

    Raises:
        WeightsError: the packages of requirements-dev.txt are not installed.
    """
    network = InpaintNet(config.network).to(memory_format=torch.channels_last).requires_grad_(False)
    finder = network.shadow
    if finder is None:
        raise RuntimeError("the preset's network finds no shadows")
    finder.requires_grad_(True)
    if config.network.shadow == 1:
        finder.take_encoder(load_features("lite0"))
    encoder = [*finder.stem.parameters(), *finder.stages.parameters()]
    own = {id(p) for p in encoder}
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in finder.parameters() if id(p) not in own], "lr": config.learning_rate},
            {"params": encoder, "lr": config.learning_rate / 3},
        ],
        betas=(0.9, 0.99),
        weight_decay=1e-4,
    )
    return State({"network": network}, {"network": EMA(network)}, {"network": optimizer})


def step(state: State, batch: tuple[Tensor, ...], config: ShadowRecipe, fabric: Fabric) -> Losses:
    """One step.

    Args:
        batch: given (N, 4, p, p) and shadow (N, 1, p, p), as `ShadowItems` has them.

    Returns:
        The losses, unweighted, and the gradient's norm before it is clipped to 1.
    """
    given, shadow = (x.contiguous(memory_format=torch.channels_last) for x in batch)
    network, optimizer = state.networks["network"], state.optimizers["network"]
    logits = network(given).float()
    known = 1 - given[:, 3:]
    there = (shadow.sum((1, 2, 3)) > 0).float()
    decided = F.binary_cross_entropy_with_logits(logits, shadow, reduction="none")
    losses = {
        "decided": (decided * known).sum() / known.sum().clamp(min=1),
        "overlap": (there * (1 - soft_iou(logits.sigmoid() * known, shadow))).sum() / there.sum().clamp(min=1),
    }
    total = config.decided * losses["decided"] + config.overlap * losses["overlap"]
    losses["grad_norm"] = descend(network, optimizer, total, fabric)
    return losses


def validate(state: State, config: ShadowRecipe, data: ShadowData, device: torch.device) -> Validation:
    """The average network on scenes of other products, or composites where there are none, and on holes of nothing.

    The score is the mean IoU of shadows minus ten times the share of known pixels that are found where nothing throws
    one.
    """
    network = state.ema["network"].module.eval()
    ious: list[float] = []
    wrong: list[float] = []
    rows: list[Tensor] = []

    def look(given: Tensor, shadow: Tensor) -> None:
        known = 1 - given[3:]
        made = ((network(given[None].to(device)).float().cpu()[0] > 0) * known).float()
        if bool(shadow.any()):
            ious.append(float(soft_iou(made[None], shadow[None])))
        else:
            wrong.append(float(made.sum() / known.sum().clamp(min=1)))
        if len(rows) < 3 * SHOWN:
            rows.extend([given[:3] * known + 0.5 * given[3:], shadow.expand(3, -1, -1), made.expand(3, -1, -1)])

    with torch.inference_mode():
        for index in range(0 if data.scenes is None else len(data.scenes)):
            look(*_case(data.scenes, index, config.side_px))  # type: ignore[arg-type]
        for index in range(NO_THING if data.scenes is not None else 2 * NO_THING):
            look(*data.validation[index])
    figures = {
        "shadow_iou": sum(ious) / max(1, len(ious)),
        "shadow_over_50": sum(iou > 0.5 for iou in ious) / max(1, len(ious)),
        "wrong_share": sum(wrong) / max(1, len(wrong)),
    }
    score = figures["shadow_iou"] - 10 * figures["wrong_share"]
    return Validation(figures, score, make_grid(rows, nrow=12, padding=2), pictures=len(ious) + len(wrong))


def _case(scenes: Scenes, index: int, side_px: int) -> tuple[Tensor, Tensor]:
    """A scene's main product as a hole, and its shadow, as `ShadowItems` has them, always the same."""
    seen, cover, empty = of_scene(scenes, index)
    gone = max_within((cover > 0.05).float(), GROWN_PX)
    x = torch.cat([seen, gone, darker(seen, empty) * (1 - gone)])
    rows, columns = around(gone, AROUND, None)
    x = resize(x[None, :, rows, columns], side_px, side_px)[0]
    gone = (x[3:4] > 0.5).float()
    return torch.cat([x[:3], gone]), (x[4:] > 0.5).float() * (1 - gone)


def cost(config: ShadowRecipe) -> list[str]:
    """Sentences for a dry run."""
    network = InpaintNet(config.network)
    return cost_of(network, lambda: network(torch.zeros(1, 4, SIDE_PX, SIDE_PX)), SIDE_PX)


RECIPE = Recipe(
    task="inpaint",
    presets=PRESETS,
    data=data,
    build=build,
    step=step,
    validate=validate,
    cost=cost,
    learning_rate=falling(until=0.5, to=0.05),
)
