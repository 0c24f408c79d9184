"""Training recipe of the enhancing networks: pairs are made on the fly, distance loss first, features second."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import Dataset
from torchvision.utils import make_grid

from gan.enhance.network import enhance_network
from gan.enhance.span import SpanNet
from gan.enhance.train.judging import judge
from gan.enhance.train.presets import PRESETS, EnhanceRecipe
from gan.enhance.train.teaching import INPUT_PX, Taught, load_teacher, pictures_of, prepare
from gan.metrics.fidelity import psnr_y
from gan.models.blocks import RepConv, fuse
from gan.models.discriminators import UNetDiscriminator
from gan.models.ema import EMA
from gan.models.features import SOURCES, load_features, perceptual_distance
from gan.models.projected import ProjectedDiscriminator
from gan.training.data.degrade import DegradedPairs, realistic
from gan.training.data.pictures import Pictures, both_parts, find, split
from gan.training.data.stock import Stock, stock
from gan.training.losses.adversarial import discriminator_loss, generator_loss
from gan.training.losses.pictures import charbonnier, ms_ssim_loss, stage_distance, unrest
from gan.training.recipe import Losses, Published, Recipe, State, Validation, descend, in_half, take

if TYPE_CHECKING:
    from lightning.fabric import Fabric

VALIDATION_CROPS = 32
LITE0_CHANNELS = SOURCES["lite0"].channels
JUDGE_WIDTH = 32
"""Channels of the heads that judge features: ten milliseconds of a core for a crop of 128 px."""


@dataclass(frozen=True)
class EnhanceData:
    """Decoded pictures, split by product; with the teacher's answers beside them, those of what is held out too."""

    training: Pictures | Stock | Taught
    validation: Pictures | Taught


def data(config: EnhanceRecipe, folder: Path, seed: int) -> EnhanceData:
    """All pictures below the folder that are large enough for a patch; where none is held out, all are both.

    For crops other than "pictures" the folder is one that `prepare` wrote.
    """
    if config.crops == "pictures":
        return EnhanceData(*both_parts(find(folder), config.patch_px))
    scale = config.network.scale
    validation = Taught(folder / "validation", scale, scale * INPUT_PX, seed)
    if config.crops == "taught":
        return EnhanceData(Taught(folder / "training", scale, config.patch_px, seed), validation)
    pictures = pictures_of(folder)
    training, held_out = split(find(pictures))
    return EnhanceData(stock(pictures, training or held_out, config.patch_px), validation)


def build(config: EnhanceRecipe, _data: EnhanceData | None = None) -> State:
    """Networks, averages and optimizers, from scratch."""
    network = enhance_network(config.network).to(memory_format=torch.channels_last)
    if not config.branches:
        for module in network.modules():
            if isinstance(module, RepConv):
                for branch in (module.point, module.expand, module.reduce):
                    branch.requires_grad_(False)
    networks: dict[str, nn.Module] = {"network": network}
    if config.adversarial:
        networks["discriminator"] = _judge(config).to(memory_format=torch.channels_last)
    frozen: dict[str, nn.Module] = {}
    if config.features:
        frozen["features"] = load_features("lite0", stages=config.feature_stages)
    if config.distil:
        frozen["teacher"] = load_teacher(Path(config.teacher))
    optimizers: dict[str, torch.optim.Optimizer] = {"network": _adam(network, config.learning_rate)}
    if config.adversarial:
        optimizers["discriminator"] = _adam(networks["discriminator"], config.learning_rate * config.verdict_rate)
    return State(networks, {"network": EMA(network)}, optimizers, frozen)


def warm_start(state: State, published: Mapping[str, Tensor]) -> list[str]:
    """Take a published network's tensors where the shapes agree: the trunk is the same for x1, x2 and x4.

    A published network has no branches: its kernel goes into the plain branch and the others start anew at zero
    effect, so that the function is the published one. SPAN begins at a smaller scale as the larger one's picture shrunk
    by averaging.
    """
    network = state.networks["network"]
    own = network.state_dict()
    tensors: dict[str, Tensor] = {}
    taken = 0
    for key, found in published.items():
        module, _, kind = key.rpartition(".")
        value = averaged_shuffle(found, network.scale) if isinstance(network, SpanNet) and module == "tail" else found
        branched = f"{module}.plain.{kind}"
        target = branched if branched in own else key
        if target not in own or own[target].shape != value.shape:
            continue
        tensors[target] = value
        if target == branched and kind == "weight":
            for branch in (f"{module}.point.weight", f"{module}.reduce.weight"):
                tensors[branch] = torch.zeros_like(own[branch])
        taken += 1
    return take(state, tensors, taken, published)


def averaged_shuffle(tail: Tensor, scale: int) -> Tensor:
    """The kernel, or bias, before a pixel shuffle to `scale` that does what the given one and averaging do together.

    Shapes:
        (3 * s^2, ...) -> (3 * scale^2, ...); unchanged where `scale` does not divide s.
    """
    finer = math.isqrt(tail.shape[0] // 3)
    if finer % scale:
        return tail
    step = finer // scale
    return tail.reshape(3, scale, step, scale, step, *tail.shape[1:]).mean((2, 4)).flatten(0, 2)


def items(config: EnhanceRecipe, data: EnhanceData, seed: int) -> Dataset[Any]:
    """(damaged, sharp), and with taught crops the teacher's picture."""
    if isinstance(data.training, Taught):
        return data.training
    return DegradedPairs(data.training, config.patch_px, config.network.scale, config.mix, seed)


def step(state: State, batch: tuple[Tensor, ...], config: EnhanceRecipe, fabric: Fabric) -> Losses:
    """One step of the network and, with an adversarial weight, one of the discriminator.

    Args:
        batch: damaged (N, 3, p / scale, p / scale) and sharp (N, 3, p, p), in [0, 1]; with taught crops the teacher's
            picture as well, of sharp's shape.

    Returns:
        The losses, unweighted, and the norm of the network's gradient before it is clipped to 0.3.
    """
    damaged, sharp, *taught = (x.contiguous(memory_format=torch.channels_last) for x in batch)
    network, optimizer = state.networks["network"], state.optimizers["network"]
    made = network(damaged)
    losses = _pixel_losses(made, sharp, taught[0] if config.taught else None, config)
    total = sum(getattr(config, weight) * losses[name] for name, weight in _WEIGHTS.items() if name in losses)
    stages: tuple[list[Tensor], list[Tensor]] | None = None
    if config.features and _features_due(state, config):
        target = sharp if not config.taught else config.taught * taught[0] + (1 - config.taught) * sharp
        with torch.no_grad():
            wanted = state.frozen["features"](target)
        stages = state.frozen["features"](made), wanted
        losses["features"] = stage_distance(*stages)
        total = total + config.features * losses["features"]
    if config.distil:
        with torch.no_grad():
            taught = state.frozen["teacher"](damaged)
        losses["distil"] = F.l1_loss(made, taught)
        total = total + config.distil * losses["distil"]
    judged = _judged(config, made, sharp, stages)
    if config.adversarial and _features_due(state, config) and state.step >= config.adversarial_from:
        losses["adversarial"] = generator_loss(_verdict(state, judged[0], learning=False))
        total = total + config.adversarial * losses["adversarial"]
    losses["grad_norm"] = descend(network, optimizer, total, fabric, max_norm=0.3)
    if config.adversarial and _features_due(state, config):
        losses["discriminator"] = _discriminator_step(state, *judged, fabric)
    return losses


_WEIGHTS = {"l1": "pixels", "charbonnier": "pixels", "structure": "structure", "flat": "flat"}
"""The losses that need no network, and which field of the config holds their weight."""


def _pixel_losses(made: Tensor, sharp: Tensor, taught: Tensor | None, config: EnhanceRecipe) -> dict[str, Tensor]:
    losses = {}
    if taught is None:
        losses["l1"] = F.l1_loss(made, sharp)
    else:
        share = config.taught
        losses["charbonnier"] = share * charbonnier(made, taught) + (1 - share) * charbonnier(made, sharp)
    if config.structure:
        losses["structure"] = ms_ssim_loss(made, sharp)
    if config.flat:
        losses["flat"] = unrest(made, sharp)
    return losses


def validate(state: State, config: EnhanceRecipe, data: EnhanceData, device: torch.device) -> Validation:
    """The average network on fixed crops under the fixed test degradation, with bicubic interpolation beside it.

    The score is PSNR on Y minus 10 times the Lite0 feature distance where features are trained for: a picture
    should gain in both. Where there are the teacher's answers they are what is looked at, see
    `gan.enhance.train.judging`.
    """
    if isinstance(data.validation, Taught):
        return judge(state.ema["network"].module, data.validation, device)
    scale, size = config.network.scale, config.patch_px
    network = state.ema["network"].module.eval()
    features = state.frozen.get("features")
    rows, sums = [], {"psnr_y": 0.0, "bicubic_psnr_y": 0.0, "features": 0.0, "bicubic_features": 0.0}
    with torch.inference_mode():
        for index in range(VALIDATION_CROPS):
            generator = torch.Generator().manual_seed(index)
            sharp = data.validation.crop(size, generator)[None]
            damaged = realistic(sharp[0], scale, generator)[None]
            made = network(damaged.to(device)).clamp(0, 1).float().cpu()
            base = F.interpolate(damaged, scale_factor=scale, mode="bicubic").clamp(0, 1)
            for prefix, candidate in (("", made), ("bicubic_", base)):
                sums[f"{prefix}psnr_y"] += float(psnr_y(candidate, sharp, scale))
                if features is not None:
                    distance = perceptual_distance(features, candidate.to(device), sharp.to(device))  # type: ignore[arg-type]
                    sums[f"{prefix}features"] += float(distance.mean())
            if index < 6:
                rows += [base[0], made[0], sharp[0]]
    figures = {name: value / VALIDATION_CROPS for name, value in sums.items()}
    if features is None:
        figures = {name: value for name, value in figures.items() if "features" not in name}
    score = figures["psnr_y"] - 10 * figures.get("features", 0.0)
    return Validation(figures, score, make_grid(rows, nrow=6, padding=2))


def publish(state: State, config: EnhanceRecipe) -> Published:
    """The average without branches, in half precision."""
    plain = fuse(state.ema["network"].module)
    return Published(dataclasses.asdict(config.network), in_half(plain), state.seen_images)


def cost(config: EnhanceRecipe) -> list[str]:
    """Sentences for a dry run."""
    network = fuse(enhance_network(config.network))
    parameters = sum(p.numel() for p in network.parameters())
    per_pixel = parameters / config.network.unshuffle**2
    patch = (config.patch_px // config.network.scale) ** 2
    return [
        f"The network has {parameters / 1e6:.2f} M parameters as it is published.",
        f"A picture of 256x256 pixels takes {per_pixel * 256**2 / 1e9:.1f} GMACs.",
        f"A training step takes about {3 * per_pixel * patch * config.batch / 1e9:.1f} GMACs without its losses.",
    ]


def learning_rate(config: EnhanceRecipe, progress: float) -> float:
    """Constant, then down to a tenth over the last 30% of the run; or along half a cosine down to a twentieth.

    The cosine rises over the first 2%: Adam's first steps are as large as its rate, whatever the gradient.
    """
    if config.falling == "cosine":
        return min(1.0, progress / 0.02 + 0.02) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * progress)))
    return 1.0 if progress < 0.7 else 1.0 - 0.9 * (progress - 0.7) / 0.3


RECIPE = Recipe(
    task="enhance",
    presets=PRESETS,
    data=data,
    build=build,
    items=items,
    step=step,
    validate=validate,
    cost=cost,
    learning_rate=learning_rate,
    warm_start=warm_start,
    publish=publish,
    prepare=prepare,
)


def _features_due(state: State, config: EnhanceRecipe) -> bool:
    return state.step >= config.features_from


def _judge(config: EnhanceRecipe) -> nn.Module:
    if config.judge == "features":
        return ProjectedDiscriminator(LITE0_CHANNELS[: config.feature_stages], categories=1, width=JUDGE_WIDTH)
    channels, unshuffle = config.verdicts
    return UNetDiscriminator(channels, unshuffle=unshuffle)


def _adam(network: nn.Module, rate: float) -> torch.optim.Optimizer:
    """Over what may learn; a judge of features has projections that never do."""
    return torch.optim.Adam([p for p in network.parameters() if p.requires_grad], lr=rate, betas=(0.9, 0.99))


Judged = Tensor | list[Tensor]
"""Input of a discriminator: pictures, or stages of features."""


def _judged(
    config: EnhanceRecipe, made: Tensor, sharp: Tensor, stages: tuple[list[Tensor], list[Tensor]] | None
) -> tuple[Judged, Judged]:
    """Of what was made, with its gradient, and of the truth."""
    return (made, sharp) if config.judge == "pixels" or stages is None else stages


def _verdict(state: State, judged: Judged, *, learning: bool) -> Tensor:
    """Logits; the discriminator's own weights take a gradient only where it is learning."""
    discriminator = state.networks["discriminator"]
    for group in state.optimizers["discriminator"].param_groups:
        for parameter in group["params"]:
            parameter.requires_grad_(learning)
    if isinstance(judged, Tensor):
        logits: Tensor = discriminator(judged)
    else:
        logits = discriminator(judged, torch.zeros(len(judged[0]), dtype=torch.long, device=judged[0].device))
    return logits


def _discriminator_step(state: State, made: Judged, sharp: Judged, fabric: Fabric) -> Tensor:
    optimizer = state.optimizers["discriminator"]
    made = made.detach() if isinstance(made, Tensor) else [stage.detach() for stage in made]
    loss = discriminator_loss(_verdict(state, sharp, learning=True), _verdict(state, made, learning=True))
    descend(state.networks["discriminator"], optimizer, loss, fabric, max_norm=None)
    return loss
