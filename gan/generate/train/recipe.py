"""Training recipe of the strong generator: a conditional auto-encoder on measured attributes, and a GAN beside it.

Noise alone needs millions of pictures before shapes appear; an auto-encoder shows them after thousands and leaves an
encoder behind. Its samples are blurred, and that is what the discriminator is for: it judges reconstructions and
samples alike. Samples are mixtures of two encodings of one category, as they are when the model is served.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.generate.encoder import Encoded
from gan.generate.network import GenerateConfig, GenerateNet, Trained
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
from gan.generate.train.distances import picture_distance, stages_seen
from gan.generate.train.presets import PRESETS, GenerateRecipe
from gan.generate.train.training_pictures import prepare
from gan.generate.train.validation import validate_network
from gan.models.ema import EMA
from gan.models.features import Features, load_features
from gan.training.data.catalogue import ATTRIBUTES, Catalogue, CatalogueItems, load
from gan.training.losses.pictures import stage_distance
from gan.training.recipe import (
    Losses,
    Published,
    Recipe,
    State,
    Validation,
    cost_of,
    descend,
    falling,
    in_half,
    plain,
    share_of_adversary,
    take,
)

if TYPE_CHECKING:
    from lightning.fabric import Fabric

T = TypeVar("T")

VALIDATION_SAMPLES = 192
VIEW_KNOWN = ATTRIBUTES[-1]
GAIN = "synthesis.gain"
MEASURED = "member_attributes"
WIDENED = (
    "synthesis.constant",
    "synthesis.enter",
    "synthesis.first",
    "synthesis.second",
    "synthesis.out",
    "synthesis.detail",
    "encoder.stem",
    "encoder.body",
    "encoder.dense",
    "encoder.near",
    "encoder.latent",
)
"""Layers that have more channels in a wider network, and otherwise mean the same."""

SIGNS = 64
ENCODED_AT_ONCE = 16
MOST_TRUNCATED = 0.3
"""How far samples are drawn towards their category's mean at most, so that truncated products are judged too."""

WEIGHTED = {"pixels": "l1", "features": "features", "kl": "kl", "labels": "labels"}
"""The recipe's weights and the losses that they weigh."""


@dataclass(frozen=True)
class GenerateData:
    """A catalog, split by product; pixels at twice the network's resolution, so that varying them costs no detail.

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
    network.member_product.copy_(catalogue.product)
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
        encoder_blocks=config.encoder_blocks if config.start == "encoder" else 0,
    )


def warm_start(state: State, published: Mapping[str, Tensor]) -> list[str]:
    """Load every published tensor that fits; categories and members are the new catalog's, unless it is the same one.

    A network of a higher resolution has one more gain for each further block, and takes those that are there. A wider
    network begins as the function that was published: its further channels are new, and what they lead to begins at 0.
    """
    own = state.networks["network"].state_dict()
    members = _same_members(published, own)
    taken = {
        key: value if value.shape == own[key].shape else _widened(value, own[key])
        for key, value in published.items()
        if key in own and _fits(key, value, own[key], members)
    }
    if GAIN in published and GAIN in own:
        count = min(len(own[GAIN]), len(published[GAIN]))
        taken[GAIN] = torch.cat([published[GAIN][:count].to(own[GAIN]), own[GAIN][count:]])
    return take(state, taken, len(taken), published)


def _same_members(published: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> bool:
    """True if the published members are the new catalog's pictures, compared by their measures."""
    known, wanted = published.get(MEASURED), own.get(MEASURED)
    if known is None or wanted is None or known.shape != wanted.shape:
        return False
    return torch.allclose(known.to(wanted), wanted, atol=2e-2)


def _fits(key: str, value: Tensor, own: Tensor, members: bool) -> bool:
    if value.shape == own.shape:
        return members or not key.startswith("member_")
    narrower = value.ndim == own.ndim and all(a <= b for a, b in zip(value.shape, own.shape, strict=True))
    return narrower and key.startswith(WIDENED)


def _widened(value: Tensor, own: Tensor) -> Tensor:
    """A narrower network's tensor within that of a wider one: weights (out, in, ...) or a vector of channels.

    What the first `out` outputs take from the further inputs is 0, so that they give what they gave.
    """
    made = own.clone()
    if value.ndim > 1 and len(value) > 1:
        made[: len(value)] = 0
    made[tuple(slice(side) for side in value.shape)] = value.to(own)
    return made


def items(config: GenerateRecipe, data: GenerateData, seed: int) -> CatalogueItems:
    """Varied pictures of the catalog."""
    return CatalogueItems(data.training, config.resolution, config.variation, config.latent, seed)


def step(state: State, batch: tuple[Tensor, ...], config: GenerateRecipe, fabric: Fabric) -> Losses:
    """One step of the network and, once it is due, one of the discriminator.

    Returns:
        The losses, unweighted; the discriminator's mean logits; the gradient's norm before it is clipped to 1.
    """
    if config.start == "noise":
        return _noise_step(state, batch, config, fabric)
    return _encoder_step(state, batch, config, fabric)


@torch.no_grad()
def settle(state: State, config: GenerateRecipe, data: GenerateData, fabric: Fabric) -> None:
    """Make the average's table of encodings, from the training pictures as they are; processes share the work."""
    network: GenerateNet = state.ema["network"].module  # type: ignore[assignment]
    if network.encoder is None:
        return
    blocks = [
        range(begin, min(begin + ENCODED_AT_ONCE, len(data.training)))
        for begin in range(0, len(data.training), ENCODED_AT_ONCE)
    ]
    table = torch.zeros_like(network.member_z)
    for rows in blocks[fabric.global_rank :: fabric.world_size]:
        pictures = data.training.batch(list(rows), config.resolution).to(fabric.device)
        table[rows.start : rows.stop] = network.encode(pictures).to(table)
    if fabric.world_size > 1:  # a row is another process's where it is zero here
        table = fabric.all_reduce(table, reduce_op="sum")  # type: ignore[assignment]
    network.member_z.copy_(table)


def validate(state: State, config: GenerateRecipe, data: GenerateData, device: torch.device) -> Validation:
    """Held-out pictures through the encoder and back, and the kernel distance of fixed samples to all of them."""
    network: GenerateNet = state.ema["network"].module  # type: ignore[assignment]
    validation = validate_network(network, data.held_out, device, samples=VALIDATION_SAMPLES, cache=data.cache)
    if config.judge == "pixels" or not share_of_adversary(state, config.adversarial, config.adversarial_from_kimg):
        return validation
    # The alarms watch the share of training pictures that the discriminator takes for real.
    rows = [i * len(data.training) // SIGNS for i in range(SIGNS)]
    pictures = data.training.batch(rows, config.resolution).to(device)
    features: Features = state.frozen["features"]  # type: ignore[assignment]
    with torch.no_grad():
        logits = judged(
            plain_network(state.networks["discriminator"]),
            stages_seen(features, pictures, config),
            data.training.category[rows],
        )
    sign = float((logits.mean(1) > 0).float().mean())
    return dataclasses.replace(validation, figures={**validation.figures, "d_real_sign": sign})


def publish(state: State, config: GenerateRecipe) -> Published:
    """The average, in half precision."""
    network = state.ema["network"].module
    fields = dataclasses.asdict(plain_network(network).config)
    return Published({"kind": "style", **fields}, in_half(network), state.seen_images)


def cost(config: GenerateRecipe) -> list[str]:
    """Sentences for a dry run."""
    network = GenerateNet(network_config(config, GenerateConfig.categories, ATTRIBUTES))
    given = torch.zeros(1, network.config.layers, network.config.width)
    return cost_of(network, lambda: network.synthesize(given), config.resolution)


RECIPE = Recipe(
    task="generate",
    presets=PRESETS,
    data=data,
    build=build,
    items=items,
    step=step,
    settle=settle,
    validate=validate,
    cost=cost,
    learning_rate=falling(until=0.3, to=0.1, rise=50),
    warm_start=warm_start,
    publish=publish,
    prepare=prepare,
)


def _encoder_step(state: State, batch: tuple[Tensor, ...], config: GenerateRecipe, fabric: Fabric) -> Losses:
    source, target, source_attributes, attributes, category, index, noise, dice, as_it_is = batch
    network, optimizer = state.networks["network"], state.optimizers["network"]
    due = share_of_adversary(state, config.adversarial, config.adversarial_from_kimg)
    z, all_attributes, all_categories = None, attributes, category
    if due:
        count = max(1, round(config.samples * len(source)))
        z, sampled_attributes = _sampled(plain_network(network), attributes[:count], category[:count], dice[:count])
        all_attributes = torch.cat([attributes, sampled_attributes])
        all_categories = torch.cat([category, category[:count]])
    done: Trained = network(z, all_attributes, all_categories, source=source, noise=noise)
    made, encoded = _present(done.made), _present(done.encoded)
    losses = {"l1": picture_distance(made, target)}
    features: Features = state.frozen["features"]  # type: ignore[assignment]
    with torch.no_grad():
        real_stages = stages_seen(features, target, config)
    made_stages = stages_seen(features, made, config)
    losses["features"] = stage_distance(made_stages, real_stages)
    variance = encoded.log_variance.exp()
    losses["kl"] = 0.5 * (encoded.mean.square() + variance - 1 - encoded.log_variance).sum(1).mean()
    losses["labels"] = _label_loss(plain_network(network), encoded, source_attributes, category)
    total = sum(
        (getattr(config, name) * losses[own] for name, own in WEIGHTED.items()),
        start=torch.zeros((), device=made.device),
    )
    fake_stages: list[Tensor] = []
    if due:
        sampled_stages = stages_seen(features, _present(done.sampled), config)
        fake_stages = [torch.cat(pair) for pair in zip(made_stages, sampled_stages, strict=True)]
        judge: Any = state.networks["discriminator"].requires_grad_(False)
        with fabric.no_backward_sync(judge):  # it learns nothing here, and DDP must not wait for it
            losses["adversarial"] = projected_generator_loss(judge, fake_stages, all_categories)
        total = total + due * config.adversarial * losses["adversarial"]
    losses["grad_norm"] = descend(network, optimizer, total, fabric)
    _remember(plain_network(network), encoded.mean.detach(), torch.where(as_it_is, index, -1), fabric)
    if due:
        losses |= projected_step(state, real_stages, category, fake_stages, all_categories, fabric)
    return losses


def _noise_step(state: State, batch: tuple[Tensor, ...], config: GenerateRecipe, fabric: Fabric) -> Losses:
    _, target, _, attributes, category, _, z, _, _ = batch
    network, optimizer = state.networks["network"], state.optimizers["network"]
    own = plain_network(network)
    dice = torch.Generator().manual_seed(state.next_item + fabric.global_rank)
    layers = own.config.layers
    # Whether to mix, from which layer on, and with which second z.
    crossover = torch.randint(1, layers, (len(z), 1), generator=dice)
    mixes = torch.rand(len(z), 1, generator=dice) < config.mixing
    where = (mixes & (torch.arange(layers)[None] >= crossover)).to(z.device)
    second = torch.randn(z.shape, generator=dice).to(z)
    done: Trained = network(z, attributes, category, mixed=(second, where))
    made = _present(done.sampled)
    scaled = (attributes - own.attribute_mean) / own.attribute_scale
    condition = condition_of(own.config, scaled, category)
    judge: Any = state.networks["discriminator"].requires_grad_(False)
    with fabric.no_backward_sync(judge):
        losses = {"adversarial": pixel_generator_loss(judge, config, made, target, condition, dice)}
    losses["grad_norm"] = descend(network, optimizer, config.adversarial * losses["adversarial"], fabric)
    return losses | pixel_step(state, config, made, target, condition, dice, fabric)


def _sampled(network: GenerateNet, attributes: Tensor, category: Tensor, dice: Tensor) -> tuple[Tensor, Tensor]:
    """Latents and attributes as drawn in serving, truncations included; half get a varied picture's colors, as a
    slider may request."""
    z, drawn = mixture(network.members, category, dice)
    centers = torch.stack([network.member_z[network.member_category == c].mean(0) for c in category.tolist()])
    z = torch.lerp(z, centers, MOST_TRUNCATED * (2 * dice[:, 3:] % 1))
    drawn[:, :3] = torch.where(dice[:, 3:] < 0.5, attributes[:, :3], drawn[:, :3])
    return z, drawn


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
    network.member_z[index[index >= 0]] = mean[index >= 0].to(network.member_z)


def _present(value: T | None) -> T:
    """Unwrap a value that a forward with a source or with z always gives."""
    if value is None:
        raise RuntimeError("the network was called without a source or without z")
    return value


def plain_network(network: nn.Module) -> GenerateNet:
    """The network without its wrappers."""
    return cast(GenerateNet, plain(network))
