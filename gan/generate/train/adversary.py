"""Discriminator of the strong recipe: choice, loss and training step."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.generate.network import GenerateConfig
from gan.generate.train.presets import GenerateRecipe
from gan.models.discriminators import StyleDiscriminator
from gan.models.features import SOURCES
from gan.models.projected import ProjectedDiscriminator
from gan.training.losses.adversarial import (
    check_single_precision,
    discriminator_loss,
    generator_loss,
    gradient_penalty,
    hinge_discriminator_loss,
    relativistic_loss,
)
from gan.training.recipe import State, descend, plain

if TYPE_CHECKING:
    from lightning.fabric import Fabric

FINEST_FROM_PX = 128
"""Pictures of this side and larger are judged without Lite0's finest stage; smaller ones have their edges there."""
LAZY = 16


def build_judge(config: GenerateRecipe, network: GenerateConfig) -> nn.Module:
    """Build the discriminator of a recipe."""
    if config.judge == "projected":
        channels = SOURCES["lite0"].channels[int(network.resolution >= FINEST_FROM_PX) :]
        return ProjectedDiscriminator(channels, len(network.categories))
    sizes = [network.resolution]
    while sizes[-1] > 4:
        sizes.append(sizes[-1] // 2)
    widths = {size: network.channels(size) for size in sizes}
    judge = StyleDiscriminator(network.resolution, widths, len(network.categories) + len(network.attributes))
    if config.freeze:
        judge.enter.requires_grad_(False)
        judge.blocks[: config.freeze].requires_grad_(False)
    return judge


def trained(judge: nn.Module) -> list[nn.Parameter]:
    """Parameters that its optimizer updates, without fixed projections and frozen blocks."""
    return [parameter for parameter in judge.parameters() if parameter.requires_grad]


def projected_generator_loss(judge: nn.Module, stages: list[Tensor], category: Tensor) -> Tensor:
    """The negative mean logit of made pictures' features."""
    return -judged(judge, stages, category).mean()


def judged(judge: nn.Module, stages: list[Tensor], category: Tensor) -> Tensor:
    """Logits (N, K) of the projected discriminator for all of Lite0's stages."""
    logits: Tensor = judge(_seen_stages(judge, stages), category.to(stages[0].device))
    return logits


def projected_step(
    state: State, real: list[Tensor], real_category: Tensor, fake: list[Tensor], fake_category: Tensor, fabric: Fabric
) -> dict[str, Tensor]:
    """One step of the projected discriminator on features that are computed already."""
    judge, optimizer = state.networks["discriminator"], state.optimizers["discriminator"]
    stages = _seen_stages(judge, [torch.cat([a, b.detach()]) for a, b in zip(real, fake, strict=True)])
    with _learning(judge, optimizer):
        logits = judge(stages, torch.cat([real_category, fake_category]))
        real_logits, fake_logits = logits[: len(real_category)], logits[len(real_category) :]
        loss = hinge_discriminator_loss(real_logits, fake_logits)
        descend(judge, optimizer, loss, fabric, max_norm=None)
    return _figures(loss, real_logits.mean(1), fake_logits.mean(1))


def pixel_generator_loss(
    judge: nn.Module, config: GenerateRecipe, made: Tensor, real: Tensor, condition: Tensor, dice: torch.Generator
) -> Tensor:
    """The generator's loss against the pixel discriminator; the relativistic one compares with real pictures."""
    fake_logits = judge(_seen(config, made, dice), condition)
    if config.loss == "logistic":
        return generator_loss(fake_logits)
    with torch.no_grad():
        real_logits = judge(_seen(config, real, dice), condition)
    return relativistic_loss(fake_logits, real_logits)


def pixel_step(
    state: State,
    config: GenerateRecipe,
    made: Tensor,
    real: Tensor,
    condition: Tensor,
    dice: torch.Generator,
    fabric: Fabric,
) -> dict[str, Tensor]:
    """One step of the pixel discriminator, with its gradient penalties where they are due."""
    judge, optimizer = state.networks["discriminator"], state.optimizers["discriminator"]
    both = config.loss == "relativistic"
    lazy = 1 if both else LAZY
    due = state.step % lazy == 0
    real = _seen(config, real, dice).detach().requires_grad_(due)
    fake = _seen(config, made.detach(), dice).detach().requires_grad_(due and both)
    with _learning(judge, optimizer):
        real_logits, fake_logits = judge(real, condition), judge(fake, condition)
        if due:
            check_single_precision(real_logits)
        distance = relativistic_loss if both else discriminator_loss
        loss = distance(real_logits, fake_logits)
        figures = _figures(loss, real_logits, fake_logits)
        if due:
            figures["r1"] = gradient_penalty(real_logits, real)
            loss = loss + config.gamma / 2 * lazy * figures["r1"]
            if both:
                figures["r2"] = gradient_penalty(fake_logits, fake)
                loss = loss + config.gamma / 2 * figures["r2"]
        descend(judge, optimizer, loss, fabric, max_norm=None)
    return {name: value.detach() for name, value in figures.items()}


def condition_of(network: GenerateConfig, scaled_attributes: Tensor, category: Tensor) -> Tensor:
    """Condition of the pixel discriminator, (N, categories + A)."""
    return torch.cat([F.one_hot(category, len(network.categories)).to(scaled_attributes), scaled_attributes], 1)


def _seen_stages(judge: nn.Module, stages: list[Tensor]) -> list[Tensor]:
    """The coarsest stages, as many as the discriminator has heads."""
    heads = len(cast(ProjectedDiscriminator, plain(judge)).heads)
    return stages[len(stages) - heads :]


class _learning:  # noqa: N801 - a context manager that reads as a word
    """Context in which only the discriminator's own parameters require gradients; outside of it, none do."""

    def __init__(self, judge: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.parameters = [p for group in optimizer.param_groups for p in group["params"]]
        judge.requires_grad_(False)

    def __enter__(self) -> None:
        for parameter in self.parameters:
            parameter.requires_grad_(True)

    def __exit__(self, *_: object) -> None:
        for parameter in self.parameters:
            parameter.requires_grad_(False)


def _seen(config: GenerateRecipe, pictures: Tensor, dice: torch.Generator) -> Tensor:
    return augment(pictures, dice) if config.augment else pictures


def _figures(loss: Tensor, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
    """The loss and the logits' means; `d_real_sign` is the share of real pictures that are called real."""
    real, fake = real.detach(), fake.detach()
    return {
        "discriminator": loss.detach(),
        "d_real": real.mean(),
        "d_fake": fake.mean(),
        "d_real_sign": (real > 0).float().mean(),
    }


SHIFT = 0.125
CUTOUT = 0.5


def augment(x: Tensor, generator: torch.Generator) -> Tensor:
    """Differentiable color, translation and cutout, drawn for each picture (Zhao et al., arXiv 2006.10738).

    Real pictures and made ones are augmented alike, and the generator is never shown the effect as a target: so
    augmentations do not leak into its pictures as they do when only real ones are augmented.

    Args:
        x: (N, 4, H, W) in [0, 1]: colors and coverage; only colors change color.
        generator: on the CPU.

    Returns:
        (N, 4, H, W), differentiable with respect to `x`.
    """
    return _cut_out(_shifted(_colored(x, generator), generator), generator)


def _colored(x: Tensor, generator: torch.Generator) -> Tensor:
    """Brightness by up to 0.25, saturation times 0 to 2, contrast times 0.5 to 1.5."""
    brightness, saturation, contrast = _uniform(len(x), 3, generator, x)
    rgb = x[:, :3] + (brightness - 0.5) * 0.5
    gray = rgb.mean(1, keepdim=True)
    rgb = gray + (rgb - gray) * (2 * saturation)
    middle = rgb.mean((1, 2, 3), keepdim=True)
    rgb = middle + (rgb - middle) * (contrast + 0.5)
    return torch.cat([rgb, x[:, 3:]], 1)


def _shifted(x: Tensor, generator: torch.Generator) -> Tensor:
    """By up to an eighth of the frame in each direction; what comes in is zero."""
    across, down = ((share * 2 - 1)[:, 0, 0, 0] * 2 * SHIFT for share in _uniform(len(x), 2, generator, x))
    theta = torch.zeros(len(x), 2, 3, dtype=x.dtype, device=x.device)
    theta[:, 0, 0] = theta[:, 1, 1] = 1
    # Whole pixels, so that shifting does not blur.
    height, width = x.shape[2:]
    theta[:, 0, 2] = (across * width / 2).round() * 2 / width
    theta[:, 1, 2] = (down * height / 2).round() * 2 / height
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    shifted: Tensor = F.grid_sample(x, grid, mode="nearest", padding_mode="zeros", align_corners=False)
    return shifted


def _cut_out(x: Tensor, generator: torch.Generator) -> Tensor:
    """A square of half the frame's side is zero, its center anywhere."""
    height, width = x.shape[2:]
    across, down = _uniform(len(x), 2, generator, x)
    rows = torch.arange(height, device=x.device)[None, None, :, None]
    columns = torch.arange(width, device=x.device)[None, None, None, :]
    inside = ((rows - down * height).abs() < CUTOUT * height / 2) & (
        (columns - across * width).abs() < CUTOUT * width / 2
    )
    kept: Tensor = x * (~inside).to(x.dtype)
    return kept


def _uniform(count: int, numbers: int, generator: torch.Generator, like: Tensor) -> Tensor:
    """(numbers, count, 1, 1, 1) in [0, 1)."""
    return torch.rand(numbers, count, 1, 1, 1, generator=generator).to(like)
