"""How the strong generator is trained: as an auto-encoder that is told what is measurable, and as a GAN beside it.

Noise alone needs millions of pictures before shapes appear; an auto-encoder shows them after thousands and leaves an
encoder behind. Its samples are blurred, and that is what the discriminator is for: it judges reconstructions and
samples alike. Samples are mixtures of two encodings of one category, as they are when the model is served.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from gan.generate.network import Encoded, GenerateConfig, GenerateNet, Trained
from gan.generate.prior import mixture
from gan.generate.train.adversary import (
    build_judge,
    condition_of,
    judged,
    pixel_generator_loss,
    pixel_step,
    projected_generator_loss,
    projected_step,
    trained,
)
from gan.generate.train.presets import PRESETS, GenerateRecipe
from gan.generate.train.validation import validate_network
from gan.models.ema import EMA
from gan.models.features import Features, load_features
from gan.training.data.catalogue import ATTRIBUTES, Catalogue, CatalogueItems, load
from gan.training.data.degradation_data import stream
from gan.training.losses.features import stage_distance
from gan.training.recipe import Losses, Published, Recipe, State, Validation

if TYPE_CHECKING:
    from lightning.fabric import Fabric

T = TypeVar("T")

VALIDATION_SAMPLES = 192
VIEW_KNOWN = ATTRIBUTES[-1]
GAIN = "synthesis.gain"
SIGNS = 64
WEIGHTED = {"pixels": "l1", "features": "features", "kl": "kl", "labels": "labels"}
"""The recipe's weights and the losses that they weigh."""


@dataclass(frozen=True)
class GenerateData:
    """A catalogue, split by product; pixels at twice the network's resolution, so that varying them costs no detail.

    Attributes:
        cache: what validations keep between them.
    """

    training: Catalogue
    held_out: Catalogue
    cache: dict[str, Any] = field(default_factory=dict)


def data(config: GenerateRecipe, folder: Path, _seed: int) -> GenerateData:
    """All of a folder's pictures in memory."""
    return GenerateData(*load(folder, 2 * config.resolution, categories=config.categories))


def build(config: GenerateRecipe, data: GenerateData) -> State:
    """Networks, averages and optimizers, from scratch; the table of encodings has a row for every training picture."""
    catalogue = data.training
    fitting = network_config(config, catalogue.categories, catalogue.attribute_names)
    network = GenerateNet(dataclasses.replace(fitting, members=len(catalogue)))
    network.member_category.copy_(catalogue.category)
    network.member_attributes.copy_(catalogue.attributes)
    network.attribute_mean.copy_(catalogue.attributes.mean(0))
    network.attribute_scale.copy_(catalogue.attributes.std(0).clamp(min=0.1))
    network.to(memory_format=torch.channels_last)
    momentum = 0.5 if config.start == "encoder" else 0.0
    networks: dict[str, nn.Module] = {"network": network}
    optimizers: dict[str, torch.optim.Optimizer] = {
        "network": torch.optim.Adam(network.parameters(), lr=config.learning_rate, betas=(momentum, 0.99))
    }
    if config.adversarial:
        judge = networks["discriminator"] = build_judge(config, network.config)
        optimizers["discriminator"] = torch.optim.Adam(trained(judge), lr=config.discriminator_rate, betas=(0.0, 0.99))
    frozen: dict[str, nn.Module] = {"features": load_features("lite0")} if config.start == "encoder" else {}
    return State(networks, {"network": EMA(network)}, optimizers, frozen)


def network_config(config: GenerateRecipe, categories: tuple[str, ...], attributes: tuple[str, ...]) -> GenerateConfig:
    """The network of a recipe for these categories and measured inputs; it remembers no pictures yet."""
    return GenerateConfig(
        resolution=config.resolution,
        categories=categories,
        attributes=attributes,
        latent=config.latent,
        style=config.style,
        channels_base=config.channels_base,
        channels_max=config.channels_max,
        channels_min=config.channels_min,
        shuffle=config.shuffle,
        encoder_px=GenerateConfig.encoder_px if config.start == "encoder" else 0,
    )


def warm_start(state: State, published: Mapping[str, Tensor]) -> list[str]:
    """Take every published tensor whose name and shape agree; categories and members are the new catalogue's.

    A network of a higher resolution has one more gain for each further block, and takes those that are there.
    """
    network = state.networks["network"]
    own = network.state_dict()
    taken = {key: value for key, value in published.items() if _fits(key, value, own)}
    if GAIN in published and GAIN in own:
        count = min(len(own[GAIN]), len(published[GAIN]))
        taken[GAIN] = torch.cat([published[GAIN][:count].to(own[GAIN]), own[GAIN][count:]])
    network.load_state_dict({**own, **taken})
    state.ema["network"].module.load_state_dict(network.state_dict())
    return [f"{len(taken)} of {len(published)} tensors were taken from the published network."]


def _fits(key: str, value: Tensor, own: Mapping[str, Tensor]) -> bool:
    return key in own and own[key].shape == value.shape and not key.startswith("member_")


def batches(
    config: GenerateRecipe, data: GenerateData, start: int, batch: int, rank: int, world: int, workers: int, seed: int
) -> Iterator[tuple[Tensor, ...]]:
    """`CatalogueItems` in batches, without end from item `start` on."""
    items = CatalogueItems(data.training, config.resolution, config.variation, config.latent, seed)
    return stream(items, start=start, batch=batch, rank=rank, world=world, workers=workers)


def step(state: State, batch: tuple[Tensor, ...], config: GenerateRecipe, fabric: Fabric) -> Losses:
    """One step of the network and, once it is due, one of the discriminator.

    Returns:
        The losses, unweighted; the discriminator's mean logits; the gradient's norm before it is clipped to 1.
    """
    if config.start == "noise":
        return _noise_step(state, batch, config, fabric)
    return _encoder_step(state, batch, config, fabric)


def validate(state: State, config: GenerateRecipe, data: GenerateData, device: torch.device) -> Validation:
    """Held-out pictures through the encoder and back, and the kernel distance of fixed samples to all of them."""
    network: GenerateNet = state.ema["network"].module  # type: ignore[assignment]
    validation = validate_network(network, data.held_out, device, samples=VALIDATION_SAMPLES, cache=data.cache)
    if config.judge == "pixels" or not _adversarial_share(state, config):
        return validation
    # The alarms watch the share of training pictures that the discriminator takes for real.
    rows = [i * len(data.training) // SIGNS for i in range(SIGNS)]
    pictures = data.training.batch(rows, config.resolution)[:, :3].to(device)
    features: Features = state.frozen["features"]  # type: ignore[assignment]
    with torch.no_grad():
        logits = judged(_plain(state.networks["discriminator"]), features(pictures), data.training.category[rows])
    sign = float((logits.mean(1) > 0).float().mean())
    return dataclasses.replace(validation, figures={**validation.figures, "d_real_sign": sign})


def publish(state: State, config: GenerateRecipe) -> Published:
    """The average, in half precision."""
    network = state.ema["network"].module
    tensors = {k: v.half().cpu() if v.is_floating_point() else v.cpu() for k, v in network.state_dict().items()}
    return Published({"kind": "style", **dataclasses.asdict(network.config)}, tensors, state.seen_images)  # type: ignore[call-overload]


def cost(config: GenerateRecipe) -> list[str]:
    """Sentences for a dry run."""
    network = GenerateNet(network_config(config, GenerateConfig.categories, ATTRIBUTES))
    with FlopCounterMode(display=False) as counter:
        network.synthesize(torch.zeros(1, network.config.layers, config.style))
    macs = counter.get_total_flops() / 2
    return [
        f"The network has {sum(p.numel() for p in network.parameters()) / 1e6:.2f} M parameters.",
        f"A picture of {config.resolution}x{config.resolution} pixels takes {macs / 1e9:.2f} GMACs.",
    ]


def learning_rate(_config: GenerateRecipe, progress: float) -> float:
    """Up over the first two hundredths, constant, then down to a tenth over the last half of the run."""
    if progress < 0.5:
        return min(1.0, 0.05 + 50 * progress)
    return 1.0 - 0.9 * (progress - 0.5) / 0.5


RECIPE = Recipe(
    task="generate",
    presets=PRESETS,
    data=data,
    build=build,
    warm_start=warm_start,
    batches=batches,
    step=step,
    validate=validate,
    publish=publish,
    cost=cost,
    batch_size=lambda config: config.batch,
    ema_half_life_kimg=lambda config: config.ema_half_life_kimg,
    learning_rate=learning_rate,
)


def _encoder_step(state: State, batch: tuple[Tensor, ...], config: GenerateRecipe, fabric: Fabric) -> Losses:
    source, target, source_attributes, attributes, category, index, noise, dice = batch
    network, optimizer = state.networks["network"], state.optimizers["network"]
    due = _adversarial_share(state, config)
    z, all_attributes, all_categories = None, attributes, category
    if due:
        count = max(1, round(config.samples * len(source)))
        z, sampled_attributes = _sampled(_plain(network), attributes[:count], category[:count], dice[:count])
        all_attributes = torch.cat([attributes, sampled_attributes])
        all_categories = torch.cat([category, category[:count]])
    done: Trained = network(z, all_attributes, all_categories, source=source, noise=noise)
    made, encoded = _present(done.made), _present(done.encoded)
    weight = 0.5 + 1.5 * target[:, 3:]
    losses = {"l1": ((made - target).abs() * weight).mean()}
    features: Features = state.frozen["features"]  # type: ignore[assignment]
    with torch.no_grad():
        real_stages = features(target[:, :3])
    made_stages = features(made[:, :3])
    losses["features"] = stage_distance(made_stages, real_stages)
    variance = encoded.log_variance.exp()
    losses["kl"] = 0.5 * (encoded.mean.square() + variance - 1 - encoded.log_variance).sum(1).mean()
    losses["labels"] = _label_loss(_plain(network), encoded, source_attributes, category)
    total = sum(
        (getattr(config, name) * losses[own] for name, own in WEIGHTED.items()),
        start=torch.zeros((), device=made.device),
    )
    fake_stages: list[Tensor] = []
    if due:
        sampled_stages = features(_present(done.sampled)[:, :3])
        fake_stages = [torch.cat(pair) for pair in zip(made_stages, sampled_stages, strict=True)]
        judge: Any = state.networks["discriminator"].requires_grad_(False)
        with fabric.no_backward_sync(judge):  # it learns nothing here, and DDP must not wait for it
            losses["adversarial"] = projected_generator_loss(judge, fake_stages, all_categories)
        total = total + due * config.adversarial * losses["adversarial"]
    losses["grad_norm"] = _descend(network, optimizer, total, fabric)
    _remember(_plain(network), encoded.mean.detach(), index, fabric)
    if due:
        losses |= projected_step(state, real_stages, category, fake_stages, all_categories, fabric)
    return losses


def _noise_step(state: State, batch: tuple[Tensor, ...], config: GenerateRecipe, fabric: Fabric) -> Losses:
    _, target, _, attributes, category, _, z, _ = batch
    network, optimizer = state.networks["network"], state.optimizers["network"]
    plain = _plain(network)
    dice = torch.Generator().manual_seed(state.next_item + fabric.global_rank)
    layers = plain.config.layers
    # Whether to mix, from which layer on, and with which second z.
    crossover = torch.randint(1, layers, (len(z), 1), generator=dice)
    mixes = torch.rand(len(z), 1, generator=dice) < config.mixing
    where = (mixes & (torch.arange(layers)[None] >= crossover)).to(z.device)
    second = torch.randn(z.shape, generator=dice).to(z)
    done: Trained = network(z, attributes, category, mixed=(second, where))
    made = _present(done.sampled)
    scaled = (attributes - plain.attribute_mean) / plain.attribute_scale
    condition = condition_of(plain.config, scaled, category)
    judge: Any = state.networks["discriminator"].requires_grad_(False)
    with fabric.no_backward_sync(judge):
        losses = {"adversarial": pixel_generator_loss(judge, config, made, target, condition, dice)}
    losses["grad_norm"] = _descend(network, optimizer, config.adversarial * losses["adversarial"], fabric)
    return losses | pixel_step(state, config, made, target, condition, dice, fabric)


def _descend(network: nn.Module, optimizer: torch.optim.Optimizer, total: Tensor, fabric: Fabric) -> Tensor:
    """One step down; returns the gradient's norm before it is clipped to 1."""
    optimizer.zero_grad(set_to_none=True)
    fabric.backward(total)
    norm = fabric.clip_gradients(network, optimizer, max_norm=1.0, error_if_nonfinite=False)
    optimizer.step()
    return norm if norm is not None else torch.zeros(())


def _sampled(network: GenerateNet, attributes: Tensor, category: Tensor, dice: Tensor) -> tuple[Tensor, Tensor]:
    """Latents and attributes as serving draws them; half wear a varied picture's colours, as a slider may ask for."""
    members = (network.member_z, network.member_attributes, network.member_category)
    z, drawn = mixture(*members, category, dice)
    drawn[:, :3] = torch.where(dice[:, 3:] < 0.5, attributes[:, :3], drawn[:, :3])
    return z, drawn


def _adversarial_share(state: State, config: GenerateRecipe) -> float:
    """0 before the discriminator takes part, then up to 1."""
    begin = config.adversarial_from_kimg * 1000
    if not config.adversarial or state.seen_images < begin:
        return 0.0
    return min(1.0, 0.1 + (state.seen_images - begin) / max(begin, 1))


def _label_loss(network: GenerateNet, encoded: Encoded, attributes: Tensor, category: Tensor) -> Tensor:
    """Cross-entropy of the category plus the squared error of attributes, angles only where they are known."""
    scaled = (attributes - network.attribute_mean) / network.attribute_scale
    known = torch.ones_like(scaled)
    if VIEW_KNOWN in network.config.attributes:
        known[:, -3:] = attributes[:, -1:]
    error = ((encoded.attributes - scaled).square() * known).mean()
    return error + F.cross_entropy(encoded.category, category)


def _remember(network: GenerateNet, mean: Tensor, index: Tensor, fabric: Fabric) -> None:
    if fabric.world_size > 1:
        mean, index = fabric.all_gather(mean).flatten(0, 1), fabric.all_gather(index).flatten()  # type: ignore[union-attr]
    network.member_z[index] = mean.to(network.member_z)


def _present(value: T | None) -> T:
    """What a forward with a source or with z always gives."""
    if value is None:
        raise RuntimeError("the network was called without a source or without z")
    return value


def _plain(network: nn.Module) -> GenerateNet:
    """The network inside Fabric's wrapper and, with several processes, inside DDP's."""
    while hasattr(network, "module"):
        network = network.module  # type: ignore[assignment]
    return network  # type: ignore[return-value]
