"""Training recipe of Select: the decoder of the promptable network, on scenes and composites; its encoder stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.utils import make_grid

from gan.models.ema import EMA
from gan.select.network import MEAN, PromptConfig, PromptNet
from gan.select.train.items import PromptItems, click_prompt, on_square, product_prompt, seen_by_others
from gan.training.data.clicks import a_click
from gan.training.data.dice import Dice, of_item
from gan.training.data.mixture import composites_of, sort_out
from gan.training.data.pictures import split
from gan.training.data.procedural import drawings
from gan.training.data.scenes import SceneEntry, Scenes, for_validation, split_scenes
from gan.training.losses.matting import edge_band, soft_iou
from gan.training.recipe import Losses, Recipe, State, Validation, check_multiple, cost_of, descend, falling, plain

if TYPE_CHECKING:
    from lightning.fabric import Fabric

SHOWN = 12
"""Pictures in the grid."""

ASKED = ("product", "told", "click")
"""What validation asks: for the product, for it when told what others may have seen, for every thing by one click."""

BAND_PX = 4
"""Width of the band around edges in which a value of a mask counts for more."""


@dataclass(frozen=True, kw_only=True)
class SelectRecipe:
    """A complete recipe; a row of `PRESETS`.

    Attributes:
        network: what is trained.
        picture_px: of composites, before they are enlarged to the network's square.
        batch: pictures a step.
        prompts: questions about each.
        learning_rate: of AdamW (0.9, 0.99).
        decided: weight of the binary cross-entropy.
        overlap: weight of 1 - soft IoU.
        quality: weight of the squared difference between the IoU that is told and the true one.
        band: how many times as much a value near an edge counts in the first.
        drawings: how many grounds are drawn by code, besides the folder's.
        ema_half_life_kimg: of the published average, thousands of pictures.

    Raises:
        ConfigError: the side does not suit the data.
    """

    network: PromptConfig = field(default_factory=PromptConfig)
    picture_px: int = 384
    batch: int = 2
    prompts: int = 4
    learning_rate: float = 2e-4
    decided: float = 2.0
    overlap: float = 2.0
    quality: float = 1.0
    band: float = 4.0
    drawings: int = 112
    ema_half_life_kimg: float = 0.4

    def __post_init__(self) -> None:
        check_multiple("picture_px", self.picture_px, 32)


AS_PUBLISHED = PromptConfig(side_px=768)
"""Of half the time of its authors' 1,024, and in scenes as good."""

# fmt: off
PRESETS: dict[str, SelectRecipe] = {
    # one or two CPU cores: two hours, --from MobileSAM as examples/convert_mobilesam.py writes it, or --from select
    "sam-cpu": SelectRecipe(network=AS_PUBLISHED),
    # the same to go on --from select: at the first rate it forgets more than it learns in an hour
    "sam-cpu-on": SelectRecipe(network=AS_PUBLISHED, learning_rate=5e-5),
    # a GPU: half an hour
    "sam-gpu": SelectRecipe(network=AS_PUBLISHED, batch=16, prompts=8, drawings=1000, ema_half_life_kimg=5.0),
    # seconds: for tests and for trying things out
    "tiny-sam": SelectRecipe(network=PromptConfig(slim=8, side_px=64), picture_px=32, drawings=2),
}
# fmt: on


@dataclass(frozen=True)
class SelectData:
    """Pictures to ask about, and scenes of other products for validation.

    Attributes:
        training: items of both kinds.
        validation: scenes; None where there are none.
        composites: items about what is held out, for validation without scenes.
    """

    training: PromptItems
    validation: Scenes | None
    composites: PromptItems


def data(config: SelectRecipe, folder: Path, seed: int) -> SelectData:
    """Pictures with masks are products, scenes are what they are, all others below the folder are grounds.

    Raises:
        InputError: no picture has a mask.
    """
    found = sort_out(folder)
    products, grounds = split(found.products), split(found.grounds)
    staged, shown = for_validation(split_scenes(found.scenes)[0])
    side_px = config.network.side_px

    def items(part: int, scenes: Sequence[SceneEntry], own_seed: int) -> PromptItems:
        drawn = drawings(config.drawings, max(config.picture_px, 256), (1000, 0)[part])
        things, around = (some[part] or some[1 - part] for some in (products, grounds))
        composites = composites_of(things, around, folder, drawn, config.picture_px, own_seed)
        return PromptItems(composites, Scenes(scenes) if scenes else None, side_px, config.prompts, own_seed)

    return SelectData(items(0, staged or shown, seed), Scenes(shown) if shown else None, items(1, (), 0))


def build(config: SelectRecipe, _data: SelectData | None = None) -> State:
    """Network, average and optimizer of all but the encoder."""
    network = PromptNet(config.network).to(memory_format=torch.channels_last)
    network.encoder.requires_grad_(False)
    learned = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learned, config.learning_rate, betas=(0.9, 0.99), weight_decay=1e-4)
    return State({"network": network}, {"network": EMA(network)}, {"network": optimizer})


def step(state: State, batch: tuple[Tensor, ...], config: SelectRecipe, fabric: Fabric) -> Losses:
    """One step.

    Args:
        batch: pictures (N, 3, S, S), prompts (N, K, 3, 3), masks (N, K, 1, m, m) and what others saw, (N, 1, m, m), as
            `PromptItems` has them.

    Returns:
        The losses, unweighted, and the gradient's norm before it is clipped to 1.
    """
    pictures, prompts, masks, told = batch
    network, optimizer = state.networks["network"], state.optimizers["network"]
    with torch.no_grad(), fabric.autocast():
        features = plain(network).encode(pictures)  # type: ignore[operator]
    made = [
        network(features[i : i + 1], *asked)
        for i in range(len(pictures))
        for asked in ((prompts[i],), (prompts[i, :1], told[i : i + 1]))
    ]
    logits, quality = (torch.cat(part).float() for part in zip(*made, strict=True))
    wanted = torch.cat([masks, masks[:, :1]], 1).flatten(0, 1)
    each = edge_band(wanted, BAND_PX, config.band)
    with torch.no_grad():
        true = soft_iou((logits > 0).float(), (wanted > 0.5).float())
    losses = {
        "decided": (each * F.binary_cross_entropy_with_logits(logits, wanted, reduction="none")).mean(),
        "overlap": 1 - soft_iou(logits.sigmoid(), wanted).mean(),
        "quality": F.mse_loss(quality, true),
    }
    total = torch.stack([getattr(config, name) * loss for name, loss in losses.items()]).sum()
    losses["grad_norm"] = descend(network, optimizer, total, fabric)
    return losses


def validate(state: State, config: SelectRecipe, data: SelectData, device: torch.device) -> Validation:
    """The average network on other products: IoU of the product, asked for plainly and told what others may have seen,
    and of every thing with one click.

    The score is the mean of the three; where there are no scenes, of composites.
    """
    network = state.ema["network"].module.eval()
    found: dict[str, list[float]] = {name: [] for name in (*(f"{asked}_iou" for asked in ASKED), "quality_error")}
    rows: list[Tensor] = []
    side = config.network.side_px

    def look(picture: Tensor, cases: Sequence[tuple[str, Tensor, Tensor]], told: Tensor) -> None:
        """Ask about a square picture (3, S, S): name of the figure, prompt (3, 3), mask (1, m, m)."""
        features = network.encode(picture[None].to(device))  # type: ignore[operator]
        first = cases[0]
        for name, prompt, wanted in (*cases, ("told", *first[1:])):
            known = told[None].to(device) if name == "told" else None
            logits, quality = network(features, prompt[None].to(device), known)
            made = (logits.float().cpu() > 0).float()
            iou = float(soft_iou(made, (wanted[None] > 0.5).float()))
            found[f"{name}_iou"].append(iou)
            found["quality_error"].append(abs(float(quality) - iou))
            if len(rows) < 3 * SHOWN:
                small = F.interpolate(picture[None], wanted.shape[1:], mode="bilinear", antialias=True)[0]
                rows.extend([small, wanted.expand(3, -1, -1), made[0].expand(3, -1, -1)])

    with torch.inference_mode():
        if data.validation is not None:
            for index in range(len(data.validation)):
                rgb, covers = data.validation.whole(index)
                small = on_square(covers, side // 4)
                cases = [("product", product_prompt(), small[:1])]
                for number in data.validation.things(index):
                    place = a_click(small[number : number + 1])
                    if place is not None:
                        cases.append(("click", click_prompt(place), small[number : number + 1]))
                others = small[1:].sum(0, keepdim=True).clamp(0, 1)
                told = seen_by_others(small[:1], small, others, Dice(of_item(0, index)))
                look(on_square(rgb, side, MEAN), cases, told)
        else:
            for index in range(SHOWN):
                picture, prompts, masks, told = data.composites[index]
                names = ("product", *("click" for _ in masks[1:]))
                look(picture, list(zip(names, prompts, masks, strict=True)), told)
    figures = {name: sum(some) / max(1, len(some)) for name, some in found.items()}
    score = sum(figures[f"{name}_iou"] for name in ASKED) / len(ASKED)
    for name in ASKED:
        some = found[f"{name}_iou"]
        figures[f"{name}_over_90"] = sum(iou > 0.9 for iou in some) / max(1, len(some))
    return Validation(figures, score, make_grid(rows, nrow=12, padding=2), pictures=len(found["product_iou"]))


def cost(config: SelectRecipe) -> list[str]:
    """Sentences for a dry run."""
    network = PromptNet(config.network)
    side = config.network.side_px
    return cost_of(network, lambda: network(network.encode(torch.zeros(1, 3, side, side))), side)


RECIPE = Recipe(
    task="select",
    presets=PRESETS,
    data=data,
    build=build,
    step=step,
    validate=validate,
    cost=cost,
    learning_rate=falling(until=0.3, to=0.02),
)
