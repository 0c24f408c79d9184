"""How the enhancing networks are trained: pairs are made on the fly, the loss is distance first and features second."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.utils import make_grid

from gan.core.errors import ConfigError
from gan.enhance.network import EnhanceConfig, EnhanceNet
from gan.metrics.fidelity import psnr_y
from gan.models.blocks import fuse
from gan.models.discriminators import UNetDiscriminator
from gan.models.ema import EMA
from gan.models.features import load_features, perceptual_distance
from gan.training.data.degradation_data import DegradedPairs, stream
from gan.training.data.degrade import DegradationMix, realistic
from gan.training.data.pictures import Pictures, find, split
from gan.training.losses.adversarial import discriminator_loss, generator_loss
from gan.training.losses.features import feature_loss
from gan.training.recipe import Losses, Published, Recipe, State, Validation

if TYPE_CHECKING:
    from lightning.fabric import Fabric

VALIDATION_CROPS = 32


@dataclass(frozen=True, kw_only=True)
class EnhanceRecipe:
    """A complete recipe; a row of `PRESETS`.

    Attributes:
        network: what is trained.
        patch_px: side of the sharp patches.
        batch: pictures a step.
        learning_rate: of Adam (0.9, 0.99); constant, then down to a tenth of it over
            the last 30% of the steps.
        pixels: weight of the L1 distance.
        features: weight of the feature loss (Lite0); its gradient on a picture is some 500 times that of L1.
        features_from: first step that knows features and the discriminator; before it, pixels alone.
        adversarial: weight of the generator's loss; 0 trains no discriminator.
        distil: weight of the L1 distance to the teacher's output; 0 loads no teacher.
        teacher: a checkpoint that spandrel reads; `python -m gan weights convert-realesrgan` writes x4plus.
        mix: how often each kind of degradation is drawn.
        ema_half_life_kimg: of the published average, thousands of pictures.
    """

    network: EnhanceConfig
    patch_px: int = 128
    batch: int = 8
    learning_rate: float = 2e-4
    pixels: float = 1.0
    features: float = 0.0
    features_from: int = 600
    adversarial: float = 0.0
    distil: float = 0.0
    teacher: str = "models/realesrgan-x4plus.safetensors"
    mix: DegradationMix = field(default_factory=DegradationMix)
    ema_half_life_kimg: float = 4.0

    def __post_init__(self) -> None:
        if self.patch_px % (self.network.scale * self.network.unshuffle):
            raise ConfigError(
                "patch_px",
                "{patch}",
                "a multiple of {unit} is allowed at scale {scale}",
                "Change the preset",
                patch=self.patch_px,
                unit=self.network.scale * self.network.unshuffle,
                scale=self.network.scale,
            )
        if self.distil and self.network.scale != 4:
            raise ConfigError(
                "distil", "scale {scale}", "the teacher works at x4", "Set distil to 0", scale=self.network.scale
            )


def _row(scale: int, **changes: Any) -> EnhanceRecipe:
    network = EnhanceConfig(scale=scale, **changes.pop("network", {}))
    return EnhanceRecipe(network=network, **changes)


RESTORE = DegradationMix(clean=0.25, light=0.55, heavy=0.20)
TINY = {"channels": 8, "blocks": 1}

# fmt: off
PRESETS: dict[str, EnhanceRecipe] = {
    # two CPU cores: a few hours
    "x4":        _row(4, patch_px=160, batch=8,  features=0.03),
    "x2":        _row(2, patch_px=96,  batch=8,  features=0.01),
    "x1":        _row(1, patch_px=64,  batch=8,  features=0.01, mix=RESTORE),
    # a GPU: half an hour
    "x4-gan":    _row(4, patch_px=256, batch=48, features=0.01, adversarial=0.01),
    "x2-gan":    _row(2, patch_px=192, batch=48, features=0.01, adversarial=0.01),
    "x4-distil": _row(4, patch_px=192, batch=32, features=0.01, distil=1.0, pixels=0.2),
    # seconds: for tests and for trying things out
    "tiny-x4":   _row(4, patch_px=32,  batch=2,  network=TINY),
    "tiny-x2":   _row(2, patch_px=32,  batch=2,  network=TINY),
    "tiny-x1":   _row(1, patch_px=32,  batch=2,  network=TINY, mix=RESTORE),
    "tiny-gan":  _row(2, patch_px=32,  batch=2,  network=TINY, features=0.01, features_from=0, adversarial=0.01),
}
# fmt: on


@dataclass(frozen=True)
class EnhanceData:
    """Decoded pictures, split by product."""

    training: Pictures
    validation: Pictures


def data(config: EnhanceRecipe, folder: Path, seed: int) -> EnhanceData:
    """All pictures below the folder that are large enough for a patch; where none is held out, all are both."""
    training, held_out = split(find(folder))
    everything = Pictures(training or held_out, config.patch_px)
    return EnhanceData(everything, Pictures(held_out, config.patch_px) if held_out else everything)


def build(config: EnhanceRecipe, _data: EnhanceData | None = None) -> State:
    """Networks, averages and optimizers, from scratch."""
    network = EnhanceNet(config.network).to(memory_format=torch.channels_last)
    networks: dict[str, nn.Module] = {"network": network}
    if config.adversarial:
        networks["discriminator"] = UNetDiscriminator()
    frozen: dict[str, nn.Module] = {}
    if config.features:
        frozen["features"] = load_features("lite0")
    if config.distil:
        frozen["teacher"] = _teacher(config)
    optimizers: dict[str, torch.optim.Optimizer] = {
        name: torch.optim.Adam(net.parameters(), lr=config.learning_rate, betas=(0.9, 0.99))
        for name, net in networks.items()
    }
    return State(networks, {"network": EMA(network)}, optimizers, frozen)


def warm_start(state: State, published: Mapping[str, Tensor]) -> list[str]:
    """Take a published network's tensors where the shapes agree: the trunk is the same for x1, x2 and x4.

    A published network has no branches: its kernel goes into the plain branch and the others start anew at zero
    effect, so that the function is the published one.
    """
    network = state.networks["network"]
    own = network.state_dict()
    taken = 0
    for key, value in published.items():
        module, _, kind = key.rpartition(".")
        target = f"{module}.plain.{kind}"
        if target not in own or own[target].shape != value.shape:
            continue
        own[target].copy_(value)
        if kind == "weight":
            own[f"{module}.point.weight"].zero_()
            own[f"{module}.reduce.weight"].zero_()
        taken += 1
    state.ema["network"].module.load_state_dict(network.state_dict())
    return [f"{taken} of {len(published)} tensors were taken from the published network."]


def batches(
    config: EnhanceRecipe, data: EnhanceData, start: int, batch: int, rank: int, world: int, workers: int, seed: int
) -> Iterator[tuple[Tensor, ...]]:
    """(damaged, sharp) without end from item `start` on."""
    pairs = DegradedPairs(data.training, config.patch_px, config.network.scale, config.mix, seed)
    return stream(pairs, start=start, batch=batch, rank=rank, world=world, workers=workers)


def step(state: State, batch: tuple[Tensor, ...], config: EnhanceRecipe, fabric: Fabric) -> Losses:
    """One step of the network and, with an adversarial weight, one of the discriminator.

    Args:
        batch: damaged (N, 3, p / scale, p / scale) and sharp (N, 3, p, p), in [0, 1].

    Returns:
        The losses, unweighted, and the norm of the network's gradient before it is clipped to 0.3.
    """
    damaged, sharp = (x.contiguous(memory_format=torch.channels_last) for x in batch)
    network, optimizer = state.networks["network"], state.optimizers["network"]
    made = network(damaged)
    losses = {"l1": F.l1_loss(made, sharp)}
    total = config.pixels * losses["l1"]
    if config.features and _features_due(state, config):
        losses["features"] = feature_loss(state.frozen["features"], made, sharp)  # type: ignore[arg-type]
        total = total + config.features * losses["features"]
    if config.distil:
        with torch.no_grad():
            taught = state.frozen["teacher"](damaged)
        losses["distil"] = F.l1_loss(made, taught)
        total = total + config.distil * losses["distil"]
    if config.adversarial and _features_due(state, config):
        discriminator = state.networks["discriminator"]
        discriminator.requires_grad_(False)
        losses["adversarial"] = generator_loss(discriminator(made))
        total = total + config.adversarial * losses["adversarial"]
    optimizer.zero_grad(set_to_none=True)
    fabric.backward(total)
    norm = fabric.clip_gradients(network, optimizer, max_norm=0.3, error_if_nonfinite=False)
    losses["grad_norm"] = norm if norm is not None else torch.zeros(())
    optimizer.step()
    if config.adversarial and _features_due(state, config):
        losses["discriminator"] = _discriminator_step(state, made.detach(), sharp, fabric)
    return losses


def validate(state: State, config: EnhanceRecipe, data: EnhanceData, device: torch.device) -> Validation:
    """The average network on fixed crops under the fixed test degradation, with bicubic interpolation beside it.

    The score is PSNR on Y minus 10 times the Lite0 feature distance where features are trained for: a picture
    should gain in both.
    """
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
    tensors = {key: value.half().cpu() for key, value in plain.state_dict().items()}
    return Published(dataclasses.asdict(config.network), tensors, state.seen_images)


def cost(config: EnhanceRecipe) -> list[str]:
    """Sentences for a dry run."""
    network = fuse(EnhanceNet(config.network))
    parameters = sum(p.numel() for p in network.parameters())
    per_pixel = parameters / config.network.unshuffle**2
    patch = (config.patch_px // config.network.scale) ** 2
    return [
        f"The network has {parameters / 1e6:.2f} M parameters as it is published.",
        f"A picture of 256x256 pixels takes {per_pixel * 256**2 / 1e9:.1f} GMACs.",
        f"A training step takes about {3 * per_pixel * patch * config.batch / 1e9:.1f} GMACs without its losses.",
    ]


def learning_rate(config: EnhanceRecipe, progress: float) -> float:
    """Constant, then down to a tenth over the last 30% of the run."""
    return 1.0 if progress < 0.7 else 1.0 - 0.9 * (progress - 0.7) / 0.3


RECIPE = Recipe(
    task="enhance",
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


def _features_due(state: State, config: EnhanceRecipe) -> bool:
    return state.step >= config.features_from


def _discriminator_step(state: State, made: Tensor, sharp: Tensor, fabric: Fabric) -> Tensor:
    discriminator, optimizer = state.networks["discriminator"], state.optimizers["discriminator"]
    discriminator.requires_grad_(True)
    loss = discriminator_loss(discriminator(sharp), discriminator(made))
    optimizer.zero_grad(set_to_none=True)
    fabric.backward(loss)
    optimizer.step()
    return loss


def _teacher(config: EnhanceRecipe) -> nn.Module:
    from gan.models.community import load_community

    path = Path(config.teacher)
    if not path.exists():
        raise ConfigError(
            "teacher",
            "{path} is missing",
            "a checkpoint that spandrel reads is expected",
            "Run: python -m gan weights convert-realesrgan",
            path=path,
        )
    teacher: nn.Module = load_community(path).module
    return teacher.requires_grad_(False).eval()
