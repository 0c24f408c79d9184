"""Classical recipe of the articles that this project starts from: DCGAN with binary cross-entropy.

z of 100 numbers, batches of 64, Adam 2e-4 (0.5, 0.999), N(0, 0.02) initialization, 128 and 64 filters, 256x256 pixels,
no augmentation, every picture once an epoch. Corrected without changing the recipe, beside what
`gan.generate.classical_network` names:

- Sigmoid and logarithm taken apart: the loss is the binary cross-entropy of logits.
- Samples drawn in train mode: `served` measures the batch statistics of the weights that are served.
- Optimizers and random states not saved: all of a step's noise comes with its items, so a run resumes exactly.
- MSE, PSNR and SSIM between samples and photographs that have nothing to do with each other: they are measured on
  `invert`ed held-out pictures, where both show the same product.

With several processes each normalizes its own share of the batch, as BatchNorm does, so that two processes do not
train what one trains; the running statistics that are saved are the first one's, and training reads none of them.
"""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn
from torch.utils.data import Dataset

from gan.generate.classical_network import ClassicalConfig, ClassicalDiscriminator, ClassicalNet
from gan.generate.train.recipe import GenerateData, warm_start
from gan.generate.train.validation import SHOWN, validate_network
from gan.imaging.picture import Picture
from gan.metrics.fidelity import compare
from gan.models.ema import EMA
from gan.training.data.catalogue import Catalogue, load
from gan.training.data.dice import of_item
from gan.training.losses.adversarial import discriminator_loss, generator_loss
from gan.training.recipe import Losses, Published, Recipe, State, Validation, descend, plain

if TYPE_CHECKING:
    from lightning.fabric import Fabric

STATISTICS_BATCHES = 4
"""Batches of noise, each as large as in training, that the served statistics are measured on."""

INVERTED = SHOWN
"""Held-out pictures that are inverted at a validation."""

JUDGED = 128
"""Training pictures whose logits' signs a validation counts."""


@dataclass(frozen=True, kw_only=True)
class ClassicalRecipe:
    """A complete recipe; a row of `PRESETS`.

    Attributes:
        resolution: of the pictures, pixels.
        channels: 1 for gray pictures, 3 for colors; None for what the training pictures are.
        latent: length of z.
        generator_filters, discriminator_filters: width of the layer at half the resolution; it doubles towards 4x4,
        filters_max: up to this.
        batch: pictures a step.
        held_out: share of the products that is kept for measuring; the articles split 800 to 200.
        learning_rate: of Adam (0.5, 0.999), for both networks, all the time.
        ema_half_life_kimg: of the published average, thousands of pictures; the articles publish the last weights.
        inversion_steps: of Adam on z, for the figures that need pairs.
        validation_samples: pictures that the kernel distance is measured on.
    """

    resolution: int = 256
    channels: int | None = None
    latent: int = 100
    generator_filters: int = 128
    discriminator_filters: int = 64
    filters_max: int = 512
    batch: int = 64
    held_out: float = 0.08
    learning_rate: float = 2e-4
    ema_half_life_kimg: float = 2.0
    inversion_steps: int = 50
    validation_samples: int = 192


# fmt: off
PRESETS: dict[str, ClassicalRecipe] = {
    # the articles': a GPU
    "dcgan":      ClassicalRecipe(held_out=0.2),
    # two CPU cores: hours
    "dcgan-64":   ClassicalRecipe(resolution=64),
    # MNIST and its like; 28 pixels are enlarged to 32
    "dcgan-32":   ClassicalRecipe(resolution=32),
    # seconds: for tests and for trying things out
    "dcgan-tiny": ClassicalRecipe(resolution=32, latent=8, generator_filters=8, discriminator_filters=8, filters_max=16,
                                  batch=4, inversion_steps=4, validation_samples=8),
}
# fmt: on


class ClassicalItems(Dataset[tuple[Tensor, Tensor]]):
    """Item i: a picture (channels, R, R) in [0, 1] and its noise (latent,), a pure function of the seed and i.

    Every picture comes once an epoch, in an order of the epoch's own.
    """

    def __init__(self, catalogue: Catalogue, channels: int, latent: int, seed: int) -> None:
        self.catalogue = catalogue
        self.channels = channels
        self.latent = latent
        self.seed = seed
        self._epoch = -1
        self._order = torch.empty(0, dtype=torch.int64)

    def __getitem__(self, item: int) -> tuple[Tensor, Tensor]:
        epoch, place = divmod(item, len(self.catalogue))
        if epoch != self._epoch:
            self._epoch = epoch
            self._order = torch.randperm(len(self.catalogue), generator=self._generator(2**62 + epoch))
        picture = self.catalogue.picture(int(self._order[place]))[: self.channels]
        return picture, torch.randn(self.latent, generator=self._generator(item))

    def _generator(self, number: int) -> torch.Generator:
        return of_item(self.seed, number)


def data(config: ClassicalRecipe, folder: Path, _seed: int) -> GenerateData:
    """All of a folder's pictures in memory, split by product; categories are read and not used."""
    return GenerateData(*load(folder, config.resolution, gray=config.channels == 1, held_out_share=config.held_out))


def channels_of(config: ClassicalRecipe, catalogue: Catalogue) -> int:
    """The config's channels, or 1 where every picture is gray, and 3."""
    if config.channels is not None:
        return config.channels
    colors = catalogue.pixels[:, :3]
    return 1 if bool((colors == colors[:, :1]).all()) else 3


def build(config: ClassicalRecipe, data: GenerateData) -> State:
    """Networks, the generator's average and optimizers, from scratch."""
    channels = channels_of(config, data.training)
    network = ClassicalNet(network_config(config, channels))
    networks: dict[str, nn.Module] = {"network": network, "discriminator": _discriminator(config, channels)}
    optimizers: dict[str, torch.optim.Optimizer] = {
        name: torch.optim.Adam(net.parameters(), lr=config.learning_rate, betas=(0.5, 0.999))
        for name, net in networks.items()
    }
    return State(networks, {"network": EMA(network)}, optimizers)


def network_config(config: ClassicalRecipe, channels: int) -> ClassicalConfig:
    """The generator's constructor fields."""
    return ClassicalConfig(
        resolution=config.resolution,
        channels=channels,
        latent=config.latent,
        filters=config.generator_filters,
        filters_max=config.filters_max,
    )


def items(config: ClassicalRecipe, data: GenerateData, seed: int) -> ClassicalItems:
    """The catalog's pictures, each with its noise."""
    return ClassicalItems(data.training, channels_of(config, data.training), config.latent, seed)


def step(state: State, batch: tuple[Tensor, ...], config: ClassicalRecipe, fabric: Fabric) -> Losses:
    """One step of the discriminator, then one of the generator against the updated discriminator.

    The discriminator's loss is the sum of its two cross-entropies, the generator's is non-saturating (arXiv
    1406.2661).

    Args:
        batch: real pictures (N, channels, R, R) in [0, 1] and noise (N, latent).

    Returns:
        The losses `discriminator` and `generator`, and the discriminator's mean logits `d_real` and `d_fake`.
    """
    real, z = batch
    network, judge = state.networks["network"], state.networks["discriminator"]
    fake = network(z)
    judge.requires_grad_(True)
    real_logits, fake_logits = judge(real), judge(fake.detach())
    losses = {
        "discriminator": discriminator_loss(real_logits, fake_logits),
        "d_real": real_logits.detach().mean(),
        "d_fake": fake_logits.detach().mean(),
    }
    descend(judge, state.optimizers["discriminator"], losses["discriminator"], fabric, max_norm=None)
    judge.requires_grad_(False)
    with fabric.no_backward_sync(judge):  # type: ignore[arg-type]
        losses["generator"] = generator_loss(judge(fake))
    descend(network, state.optimizers["network"], losses["generator"], fabric, max_norm=None)
    return losses


def served(state: State, config: ClassicalRecipe) -> ClassicalNet:
    """A copy of the averaged generator in eval mode, with the batch statistics of its own weights.

    The average's buffers are those of the weights that are trained, and run behind even these. What a layer of the
    averaged weights sees is measured instead, on fixed noise in batches of the size that was trained with.
    """
    network = copy.deepcopy(cast(ClassicalNet, state.ema["network"].module))
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(STATISTICS_BATCHES, config.batch, config.latent, generator=generator)
    update_bn(z.to(next(network.parameters()).device), network)
    return network.eval()


def invert(network: ClassicalNet, pictures: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """Latents whose pictures come close to the given ones: Adam on z from the mean, by squared error.

    Args:
        network: in eval mode.
        pictures: (N, 3, R, R) in [0, 1].
        steps: 0 leaves the mean.

    Returns:
        z (N, latent) and the pictures (N, 3, R, R) that the network makes of it.
    """
    z = torch.zeros(len(pictures), network.config.latent, device=pictures.device, requires_grad=True)
    optimizer = torch.optim.Adam([z], lr=0.1)
    for _ in range(steps):
        error = (network(z) - pictures).square().mean((1, 2, 3)).sum()
        (z.grad,) = torch.autograd.grad(error, z)
        optimizer.step()
    with torch.no_grad():
        return z.detach(), network(z).expand(-1, 3, -1, -1)


def validate(state: State, config: ClassicalRecipe, data: GenerateData, device: torch.device) -> Validation:
    """Validate: the figures of every generator, and the classical one's own criteria.

    `inversion_mse`, `inversion_psnr` and `inversion_ssim` compare held-out pictures with their inversions;
    `d_real_sign` is the share of training pictures that the discriminator calls real. The grid shows held-out
    pictures, their inversions, and samples. The articles save samples every epoch: for that, set `--save-every` to the
    steps of an epoch, which `cost` names.
    """
    network = served(state, config)
    reals = data.held_out.batch(_spread(len(data.held_out), INVERTED), config.resolution)[:, :3].to(device)
    _, remade = invert(network, reals, config.inversion_steps)
    common = validate_network(
        network,
        data.held_out,
        device,
        samples=config.validation_samples,
        cache=data.cache,
        pairs=(reals, remade),
    )
    pairs = [compare(Picture(a[None].cpu()), Picture(b[None].cpu())) for a, b in zip(remade, reals, strict=True)]
    figures = {
        **common.figures,
        "d_real_sign": _real_sign(state, config, data.training, device),
        **{f"inversion_{name.lower()}": mean(pair[name] for pair in pairs) for name in ("MSE", "PSNR", "SSIM")},
    }
    return dataclasses.replace(common, figures=figures)


def publish(state: State, config: ClassicalRecipe) -> Published:
    """The average in half precision, with its statistics in single: a variance may be too small for half."""
    network = served(state, config)
    halved = {name for name, _ in network.named_parameters()}
    tensors = {k: v.half().cpu() if k in halved else v.cpu() for k, v in network.state_dict().items()}
    return Published({"kind": "dcgan", **dataclasses.asdict(network.config)}, tensors, state.seen_images)


def cost(config: ClassicalRecipe) -> list[str]:
    """Sentences for a dry run."""
    channels = config.channels or 3
    # A transposed convolution multiplies each pixel of its input with its weights, and its input has doubled each time.
    networks = (ClassicalNet(network_config(config, channels)), _discriminator(config, channels))
    generator_m, discriminator_m = (sum(p.numel() for p in network.parameters()) / 1e6 for network in networks)
    kernels = [p for p in networks[0].parameters() if p.ndim == 4]
    sides = [1, *(4 * 2**i for i in range(len(kernels) - 1))]
    macs = sum(kernel.numel() * side**2 for kernel, side in zip(kernels, sides, strict=True))
    return [
        f"The generator has {generator_m:.2f} M parameters, the discriminator {discriminator_m:.2f} M.",
        f"A picture of {config.resolution}x{config.resolution} pixels takes {macs / 1e9:.2f} GMACs.",
        f"An epoch of 800 pictures has {800 / config.batch:g} steps: --save-every {-(-800 // config.batch)} validates "
        "and saves samples once an epoch.",
    ]


RECIPE = Recipe(
    task="generate",
    presets=PRESETS,
    data=data,
    build=build,
    items=items,
    step=step,
    validate=validate,
    cost=cost,
    learning_rate=lambda _config, _progress: 1.0,
    warm_start=warm_start,
    publish=publish,
)


def _discriminator(config: ClassicalRecipe, channels: int) -> ClassicalDiscriminator:
    return ClassicalDiscriminator(
        resolution=config.resolution,
        channels=channels,
        filters=config.discriminator_filters,
        filters_max=config.filters_max,
    )


def _real_sign(state: State, config: ClassicalRecipe, training: Catalogue, device: torch.device) -> float:
    """Share of real pictures with a positive logit, in training batches with their own statistics, on a copy."""
    judge = copy.deepcopy(plain(state.networks["discriminator"])).train()
    channels, rows = channels_of(config, training), _spread(len(training), JUDGED)
    with torch.inference_mode():
        logits = [
            judge(training.batch(rows[begin : begin + config.batch], config.resolution)[:, :channels].to(device))
            for begin in range(0, len(rows), config.batch)
        ]
    return float((torch.cat(logits) > 0).float().mean())


def _spread(length: int, count: int) -> list[int]:
    """At most `count` indices, evenly over 0..length - 1."""
    count = min(length, count)
    return [i * length // count for i in range(count)]
