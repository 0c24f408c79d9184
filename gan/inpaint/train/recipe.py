"""Training recipe of the inpainting network: distance and features in the hole first, a discriminator second."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn
from torchvision.utils import make_grid

from gan.inpaint.network import PLANES, InpaintConfig, InpaintNet
from gan.inpaint.train.adversary import build_judge, generator_term, judge_step
from gan.models.ema import EMA
from gan.models.features import Features, load_features, perceptual_distance
from gan.training.data.inpainting_data import Fills
from gan.training.data.pictures import Pictures, both_parts, find
from gan.training.data.scenes import Scenes, TruePairs, find_scenes, split_scenes
from gan.training.losses.pictures import stage_distance
from gan.training.recipe import (
    Losses,
    Recipe,
    State,
    Validation,
    check_multiple,
    cost_of,
    descend,
    falling,
    share_of_adversary,
)

if TYPE_CHECKING:
    from lightning.fabric import Fabric

VALIDATION_FILLS = 48
MEASURED = ("psnr_hole", "features")
STAGES = 4
"""Of Lite0's five: the last has one position for 32 pixels and says little of a hole."""


@dataclass(frozen=True, kw_only=True)
class InpaintRecipe:
    """A complete recipe; a row of `PRESETS`.

    Attributes:
        network: what is trained.
        patch_px: side of the crops; a multiple of the network's.
        batch: pictures a step.
        learning_rate: of Adam (0.9, 0.99); see `learning_rate`.
        discriminator_rate: of Adam (0, 0.99).
        pixels: weight of the L1 distance, averaged over the hole.
        known: weight of the L1 distance outside: it keeps a hole's edge from showing.
        features: weight of the feature distance (Lite0) of the composite.
        adversarial: weight of the generator's loss; 0 trains no discriminator.
        adversarial_from_kimg: when it begins, thousands of pictures; it reaches its weight after half as many again.
        judge: "projected" looks at Lite0's features, which are there already; "pixels" at the composite and the mask.
        gamma: weight of R1, every 16th step, for "pixels".
        coarse: how often a hole comes filled from a smaller copy.
        pairs: how often an item is of a scene with and without its product, where the folder holds scenes.
        growing_kimg: the curriculum: thousands of pictures until holes are as large as they get.
        ema_half_life_kimg: of the published average, thousands of pictures.

    Raises:
        ConfigError: the crop does not suit the network.
    """

    network: InpaintConfig = field(default_factory=InpaintConfig)
    patch_px: int = 128
    batch: int = 8
    learning_rate: float = 1.5e-4
    discriminator_rate: float = 4e-4
    pixels: float = 1.0
    known: float = 0.05
    features: float = 1.0
    adversarial: float = 0.005
    adversarial_from_kimg: float = 4.0
    judge: Literal["projected", "pixels"] = "projected"
    gamma: float = 10.0
    coarse: float = 0.25
    pairs: float = 0.35
    growing_kimg: float = 2.0
    ema_half_life_kimg: float = 4.0

    def __post_init__(self) -> None:
        check_multiple("patch_px", self.patch_px, self.network.multiple)


TINY = InpaintConfig(channels=(8, 8, 8, 8, 8), blocks=(1, 1, 1, 1, 1), heads=2)
WIDE = InpaintConfig(channels=(32, 64, 128, 192, 256), blocks=(1, 1, 1, 1, 1))

# fmt: off
PRESETS: dict[str, InpaintRecipe] = {
    # one or two CPU cores: two hours; then cpu-256 with --from RUN of the first
    "cpu-128":     InpaintRecipe(),
    "cpu-256":     InpaintRecipe(patch_px=256, batch=2, learning_rate=8e-5, adversarial_from_kimg=0.0,
                                 growing_kimg=0.0, pairs=0.5),
    # a GPU: half an hour
    "gpu-256":     InpaintRecipe(network=WIDE, patch_px=256, batch=48, judge="pixels", adversarial=0.01,
                                 adversarial_from_kimg=100.0, growing_kimg=100.0, ema_half_life_kimg=10.0),
    # seconds: for tests and for trying things out
    "tiny":        InpaintRecipe(network=TINY, patch_px=32, batch=2, adversarial=0.0),
    "tiny-gan":    InpaintRecipe(network=TINY, patch_px=64, batch=2, adversarial_from_kimg=0.0),
    "tiny-pixels": InpaintRecipe(network=TINY, patch_px=32, batch=2, adversarial_from_kimg=0.0, judge="pixels"),
}
# fmt: on


@dataclass(frozen=True)
class InpaintData:
    """Decoded pictures, split by product; `scenes` are training's, None where the folder holds none."""

    training: Pictures
    validation: Pictures
    scenes: Scenes | None = None


def data(config: InpaintRecipe, folder: Path, _seed: int) -> InpaintData:
    """All pictures below the folder that are large enough for a crop; where none is held out, all are both."""
    staged = split_scenes(find_scenes(folder))[0]
    return InpaintData(*both_parts(find(folder), config.patch_px), Scenes(staged) if staged else None)


def build(config: InpaintRecipe, _data: InpaintData | None = None) -> State:
    """Networks, averages and optimizers, from scratch."""
    network = InpaintNet(config.network).to(memory_format=torch.channels_last)
    if network.shadow is not None:  # it has a recipe of its own
        network.shadow.requires_grad_(False)
    networks: dict[str, nn.Module] = {"network": network}
    optimizers: dict[str, torch.optim.Optimizer] = {
        "network": torch.optim.Adam(
            [p for p in network.parameters() if p.requires_grad], lr=config.learning_rate, betas=(0.9, 0.99)
        )
    }
    if config.adversarial:
        judge = networks["discriminator"] = build_judge(config.judge)
        optimizers["discriminator"] = torch.optim.Adam(
            [p for p in judge.parameters() if p.requires_grad], lr=config.discriminator_rate, betas=(0.0, 0.99)
        )
    return State(networks, {"network": EMA(network)}, optimizers, {"features": load_features("lite0", stages=STAGES)})


def items(config: InpaintRecipe, data: InpaintData, seed: int) -> Fills:
    """Pictures with holes and, where there are scenes, true pairs."""
    return Fills(
        data.training,
        config.patch_px,
        seed,
        coarse=config.coarse,
        growing=round(1000 * config.growing_kimg),
        pairs=None if data.scenes is None else TruePairs(data.scenes, config.patch_px, seed),
        often=config.pairs,
    )


def step(state: State, batch: tuple[Tensor, ...], config: InpaintRecipe, fabric: Fabric) -> Losses:
    """One step of the network and, once it is due, one of the discriminator.

    Args:
        batch: whole (N, 3, p, p) in [0, 1] and given (N, 7, p, p), as `Fills` has them.

    Returns:
        The losses, unweighted; the discriminator's mean logits; the gradient's norm before it is clipped to 1.
    """
    whole, given = (x.contiguous(memory_format=torch.channels_last) for x in batch)
    mask = (given[:, 6:] > 0).to(whole.dtype)
    network, optimizer = state.networks["network"], state.optimizers["network"]
    made = network(given)
    error = (made - whole).abs().mean(1, keepdim=True)
    losses = {
        "l1": (error * mask).sum() / mask.sum().clamp(min=1),
        "known": (error * (1 - mask)).sum() / (1 - mask).sum().clamp(min=1),
    }
    # The discriminator sees what a user sees: the fill within the untouched picture.
    composite = torch.where(mask > 0, made, whole)
    features: Features = state.frozen["features"]  # type: ignore[assignment]
    with torch.no_grad():
        real_stages = features(whole)
    made_stages = features(composite)
    losses["features"] = stage_distance(made_stages, real_stages)
    total = config.pixels * losses["l1"] + config.known * losses["known"] + config.features * losses["features"]
    share = share_of_adversary(state, config.adversarial, config.adversarial_from_kimg, over=0.5)
    if share:
        judge = state.networks["discriminator"].requires_grad_(False)
        with fabric.no_backward_sync(judge):  # type: ignore[arg-type]
            losses["adversarial"] = generator_term(config.judge, judge, composite, made_stages, mask)
        total = total + share * config.adversarial * losses["adversarial"]
    losses["grad_norm"] = descend(network, optimizer, total, fabric)
    if share:
        losses |= judge_step(
            state, config.judge, config.gamma, whole, composite, real_stages, made_stages, mask, fabric
        )
    return losses


def validate(state: State, config: InpaintRecipe, data: InpaintData, device: torch.device) -> Validation:
    """The average network on fixed holes in held-out pictures, with the fills that it starts from beside it.

    The score is PSNR in the hole minus 20 times the Lite0 feature distance of the composite: a fill should gain in
    both. No hole comes filled from a smaller copy here.
    """
    network = state.ema["network"].module.eval()
    features: Features = state.frozen["features"]  # type: ignore[assignment]
    fills = Fills(data.validation, config.patch_px, 0, coarse=0.0)
    rows, sums = (
        [],
        dict.fromkeys((f"{method}{name}" for name in MEASURED for method in ("", "smooth_", "copied_")), 0.0),
    )
    with torch.inference_mode():
        for index in range(VALIDATION_FILLS):
            whole, given = (x[None] for x in fills[index])
            mask = given[:, 6:] > 0
            made = network(given.to(device)).clamp(0, 1).float().cpu()
            made = torch.where(mask, made, whole)
            for prefix, candidate in (("", made), ("smooth_", given[:, :3]), ("copied_", given[:, 3:6])):
                sums[f"{prefix}psnr_hole"] += _psnr_hole(candidate, whole, mask)
                distance = perceptual_distance(features, candidate.to(device), whole.to(device))
                sums[f"{prefix}features"] += float(distance.mean())
            if index < 12:
                rows += [torch.where(mask, torch.tensor(0.5), whole)[0], given[0, 3:6], made[0], whole[0]]
    figures = {name: value / VALIDATION_FILLS for name, value in sums.items()}
    score = figures["psnr_hole"] - 20 * figures["features"]
    return Validation(figures, score, make_grid(rows, nrow=8, padding=2))


def cost(config: InpaintRecipe) -> list[str]:
    """Sentences for a dry run."""
    network = InpaintNet(config.network)
    return cost_of(network, lambda: network(torch.zeros(1, PLANES, 256, 256)), 256)


RECIPE = Recipe(
    task="inpaint",
    presets=PRESETS,
    data=data,
    build=build,
    items=items,
    step=step,
    validate=validate,
    cost=cost,
    learning_rate=falling(until=0.6, to=0.05),
)


def _psnr_hole(made: Tensor, whole: Tensor, mask: Tensor) -> float:
    """In dB, over the hole's pixels alone; at most 60."""
    error = float(((made - whole).square().mean(1, keepdim=True) * mask).sum() / mask.sum())
    return float(-10 * torch.log10(torch.tensor(max(error, 1e-6))))
