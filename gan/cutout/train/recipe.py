"""Training recipe of the cut-out network: composites on other backgrounds, rendered scenes, a teacher's photographs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.utils import make_grid

from gan.cutout.network import CutoutConfig, CutoutNet, cutout_network
from gan.imaging.background_prior import standing_out
from gan.imaging.clicks import RADIUS, disc, marked
from gan.imaging.product import coverage
from gan.imaging.resize import resize
from gan.models.ema import EMA
from gan.models.features import load_features
from gan.training.data.clicks import a_click
from gan.training.data.composites import Composites
from gan.training.data.mixture import CutoutItems, Taught, composites_of, sort_out
from gan.training.data.pictures import Entry, split
from gan.training.data.procedural import drawings
from gan.training.data.scenes import Scenes, split_scenes
from gan.training.losses.matting import edge_band, edge_distance, soft_iou, structure_distance
from gan.training.recipe import Losses, Recipe, State, Validation, check_multiple, cost_of, descend, falling

if TYPE_CHECKING:
    from lightning.fabric import Fabric

VALIDATION_PICTURES = 48
VALIDATION_SCENES = 64
SHOWN = 12
"""Composites and scenes in the grid, each."""

BAND = 0.02
"""Width of the band around edges in which a pixel counts for more, as a share of the side."""


@dataclass(frozen=True, kw_only=True)
class CutoutRecipe:
    """A complete recipe; a row of `PRESETS`.

    Attributes:
        network: what is trained.
        side_px: of the pictures; a multiple of 32.
        batch: pictures a step.
        learning_rate: of AdamW (0.9, 0.99); the encoder, which comes trained, learns at a third of it.
        decided: weight of the binary cross-entropy with the coverage.
        distance: weight of the L1 distance.
        structure: weight of 1 - SSIM.
        edges: weight of the L1 distance of the slopes, over three sizes.
        overlap: weight of 1 - soft IoU.
        band: how many times as much a pixel near an edge counts in the first two.
        drawings: how many grounds are drawn by code, besides the folder's.
        ema_half_life_kimg: of the published average, thousands of pictures.

    Raises:
        ConfigError: the side does not suit the network.
    """

    network: CutoutConfig = field(default_factory=CutoutConfig)
    side_px: int = 192
    batch: int = 8
    learning_rate: float = 1e-3
    decided: float = 1.0
    distance: float = 3.0
    structure: float = 0.3
    edges: float = 0.5
    overlap: float = 0.5
    band: float = 4.0
    drawings: int = 112
    ema_half_life_kimg: float = 1.0

    def __post_init__(self) -> None:
        check_multiple("side_px", self.side_px, CutoutNet.MULTIPLE)


TINY = CutoutConfig(decoder=(8, 8, 8, 8, 8), slim=8)

# fmt: off
PRESETS: dict[str, CutoutRecipe] = {
    # one or two CPU cores: an hour; then hours of cpu-256 and of cpu-320, each --from RUN of the one before
    "cpu-192": CutoutRecipe(),
    "cpu-256": CutoutRecipe(side_px=256, learning_rate=4e-4),
    "cpu-320": CutoutRecipe(side_px=320, learning_rate=3e-4),
    # a GPU: half an hour
    "gpu-320": CutoutRecipe(side_px=320, batch=48, drawings=1000, ema_half_life_kimg=10.0),
    # U-2-Net's small version, --from cutout-saliency
    "u2net-320": CutoutRecipe(network=CutoutConfig(trunk="u2net"), side_px=320, batch=4, learning_rate=2e-4),
    # seconds: for tests and for trying things out
    "tiny":    CutoutRecipe(network=TINY, side_px=32, batch=2, drawings=2),
    "tiny-u2net": CutoutRecipe(network=CutoutConfig(trunk="u2net", slim=8), side_px=32, batch=2, drawings=2),
}
# fmt: on


@dataclass(frozen=True)
class CutoutData:
    """Products, grounds, scenes and a teacher's photographs, each split apart.

    Attributes:
        training: items of all kinds.
        validation: composites of what is held out.
        scenes: rendered ones whose main product is held out; None where there are none.
    """

    training: CutoutItems
    validation: Composites
    scenes: Scenes | None = None


def data(config: CutoutRecipe, folder: Path, seed: int) -> CutoutData:
    """Pictures with masks are products, those of scenes and with a teacher's answer are what they are; all others below
    the folder are grounds. Where none is held out, all are both.

    Raises:
        InputError: no picture has a mask.
    """
    found = sort_out(folder)
    products, grounds = split(found.products), split(found.grounds)

    def composites(part: int, count: int, first: int, own_seed: int) -> Composites:
        drawn = drawings(count, max(config.side_px, 256), first)
        things, around = (some[part] or some[1 - part] for some in (products, grounds))
        return composites_of(things, around, folder, drawn, config.side_px, own_seed)

    staged, shown = split_scenes(found.scenes)
    # Seeds of drawings are kept apart too: what is held out was never drawn for training.
    return CutoutData(
        CutoutItems(
            composites(0, config.drawings, 1000, seed),
            Scenes(staged) if staged else None,
            _taught(split(found.taught)[0], config.side_px),
            seed,
        ),
        composites(1, min(config.drawings, 28), 0, 0),
        Scenes(shown[:VALIDATION_SCENES]) if shown else None,
    )


def _taught(entries: list[Entry], side_px: int) -> Taught | None:
    return Taught(entries, side_px) if entries else None


def build(config: CutoutRecipe, _data: CutoutData | None = None) -> State:
    """Network with the encoder as ImageNet left it (EfficientNet-Lite0, Apache-2.0), average and optimizer.

    Raises:
        WeightsError: the packages of requirements-dev.txt are not installed.
    """
    network = cutout_network(config.network)
    if isinstance(network, CutoutNet):
        if config.network.slim == 1:
            network.take_encoder(load_features("lite0"))
        encoder = [*network.stem.parameters(), *network.stages.parameters()]
    else:  # it comes trained whole, but for what it is told of marks
        encoder = [p for name, p in network.named_parameters() if not name.startswith("hint.")]
    network = network.to(memory_format=torch.channels_last)
    own = {id(p) for p in encoder}
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in network.parameters() if id(p) not in own], "lr": config.learning_rate},
            {"params": encoder, "lr": config.learning_rate / 3},
        ],
        betas=(0.9, 0.99),
        weight_decay=1e-4,
    )
    return State({"network": network}, {"network": EMA(network)}, {"network": optimizer})


def step(state: State, batch: tuple[Tensor, ...], config: CutoutRecipe, fabric: Fabric) -> Losses:
    """One step.

    Args:
        batch: given (N, 4, p, p), coverage (N, 1, p, p) and weight (N, 1, 1, 1), as `CutoutItems` has them.

    Returns:
        The losses, unweighted, and the gradient's norm before it is clipped to 1.
    """
    given, alpha = (x.contiguous(memory_format=torch.channels_last) for x in batch[:2])
    weight = batch[2]
    network, optimizer = state.networks["network"], state.optimizers["network"]
    logits = network(given).float()
    made = logits.sigmoid()
    each = weight * edge_band(alpha, max(1, round(BAND * config.side_px)), config.band)
    own = weight.flatten()
    losses = {
        "decided": (each * F.binary_cross_entropy_with_logits(logits, alpha, reduction="none")).mean(),
        "distance": (each * (made - alpha).abs()).mean(),
        "structure": (own * structure_distance(made, alpha)).mean(),
        "edges": edge_distance(made, alpha),
        "overlap": (own * (1 - soft_iou(made, alpha))).mean(),
    }
    total = torch.stack([getattr(config, name) * loss for name, loss in losses.items()]).sum()
    losses["grad_norm"] = descend(network, optimizer, total, fabric)
    return losses


def validate(state: State, config: CutoutRecipe, data: CutoutData, device: torch.device) -> Validation:
    """The average network on what is held out: fixed composites, with edges enclosed beside it, and scenes.

    The score is the mean IoU of the coverage at one half minus twice the mean absolute error, over composites, and
    where there are scenes the mean of that, of scenes' IoU and of their IoU with one click on each thing.
    """
    network = state.ema["network"].module.eval()
    sums = dict.fromkeys(("iou", "error", "plain_iou", "plain_error"), 0.0)
    rows = []

    def look(given: Tensor) -> Tensor:
        made: Tensor = network(given[None].to(device)).float().sigmoid().cpu()
        return made

    with torch.inference_mode():
        for index in range(VALIDATION_PICTURES):
            given, alpha = data.validation[index]
            made = look(given)
            for prefix, candidate in (("", made), ("plain_", coverage(given[None, :3]))):
                sums[f"{prefix}iou"] += _iou(candidate, alpha[None])
                sums[f"{prefix}error"] += float((candidate - alpha[None]).abs().mean())
            if index < SHOWN:
                rows += [given[:3], alpha.expand(3, -1, -1), made[0].expand(3, -1, -1)]
        figures = {name: value / VALIDATION_PICTURES for name, value in sums.items()}
        score = figures["iou"] - 2 * figures["error"]
        if data.scenes is not None:
            found = _scene_figures(data.scenes, config.side_px, look, rows)
            figures |= found
            score = (score + found["scene_iou"] + found["click_iou"]) / 3
    count = VALIDATION_PICTURES + (0 if data.scenes is None else len(data.scenes))
    return Validation(figures, score, make_grid(rows, nrow=12, padding=2), pictures=count)


def _scene_figures(
    scenes: Scenes, side_px: int, look: Callable[[Tensor], Tensor], rows: list[Tensor]
) -> dict[str, float]:
    """The main product's IoU without a click, and every thing's with one click in its middle; rows for the grid."""
    found: list[float] = []
    clicked: list[float] = []
    for index in range(len(scenes)):
        rgb, covers = (resize(x[None], side_px, side_px)[0] for x in scenes.whole(index))
        known = standing_out(rgb[None])[0]
        made = look(torch.cat([rgb, known]))
        found.append(_iou(made, covers[None, :1]))
        if index < SHOWN:
            rows += [rgb, covers[:1].expand(3, -1, -1), made[0].expand(3, -1, -1)]
        for number in scenes.things(index):
            place = a_click(covers[number : number + 1])
            if place is None:
                continue
            mark = disc(side_px, side_px, *place, RADIUS * side_px)
            made = look(torch.cat([rgb, marked(known, mark, None)]))
            clicked.append(_iou(made, covers[None, number : number + 1]))
            if index < SHOWN and number == 1:
                rows += [torch.lerp(rgb, torch.tensor([1.0, 0.0, 0.0])[:, None, None], mark)]
                rows += [covers[1:2].expand(3, -1, -1), made[0].expand(3, -1, -1)]
    return {
        "scene_iou": sum(found) / len(found),
        "scene_over_90": sum(iou > 0.9 for iou in found) / len(found),
        "click_iou": sum(clicked) / max(1, len(clicked)),
        "click_over_90": sum(iou > 0.9 for iou in clicked) / max(1, len(clicked)),
    }


def _iou(made: Tensor, wanted: Tensor) -> float:
    return float(soft_iou((made > 0.5).float(), (wanted > 0.5).float()))


def cost(config: CutoutRecipe) -> list[str]:
    """Sentences for a dry run."""
    network = cutout_network(config.network)
    return cost_of(network, lambda: network(torch.zeros(1, 4, 320, 320)), 320)


RECIPE = Recipe(
    task="cutout",
    presets=PRESETS,
    data=data,
    build=build,
    step=step,
    validate=validate,
    cost=cost,
    learning_rate=falling(until=0.4, to=0.05),
)
