"""Adversarial loss and discriminator step of Inpaint's recipe, on the logits that show part of the hole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.models.discriminators import UNetDiscriminator
from gan.models.features import SOURCES
from gan.models.projected import ProjectedDiscriminator
from gan.training.losses.adversarial import (
    check_single_precision,
    discriminator_loss,
    generator_loss,
    gradient_penalty,
)
from gan.training.recipe import State, descend

if TYPE_CHECKING:
    from lightning.fabric import Fabric

Judge = Literal["projected", "pixels"]

STAGES_JUDGED = (1, 2, 3)
LAZY = 16


def build_judge(judge: Judge) -> nn.Module:
    """Build a discriminator of that kind."""
    if judge == "projected":
        return ProjectedDiscriminator(tuple(SOURCES["lite0"].channels[stage] for stage in STAGES_JUDGED), categories=1)
    return UNetDiscriminator(planes=4)


def generator_term(kind: Judge, judge: nn.Module, composite: Tensor, stages: list[Tensor], mask: Tensor) -> Tensor:
    """Generator loss over the positions that show part of the hole.

    Args:
        composite: (N, 3, H, W), the fill within the picture.
        stages: Lite0's of the composite.
        mask: (N, 1, H, W), 1 in the hole.
    """
    if kind == "projected":
        logits, weight = _projected(judge, stages, mask)
        return -_mean(logits, weight)
    return generator_loss(_inside(judge(torch.cat([composite, mask], 1)), mask))


def judge_step(
    state: State,
    kind: Judge,
    gamma: float,
    whole: Tensor,
    composite: Tensor,
    whole_stages: list[Tensor],
    composite_stages: list[Tensor],
    mask: Tensor,
    fabric: Fabric,
) -> dict[str, Tensor]:
    """One step of the discriminator; returns its loss, its mean logits and, if it was due, R1.

    Raises:
        ConfigError: a gradient penalty in half precision.
    """
    judge, optimizer = state.networks["discriminator"], state.optimizers["discriminator"]
    # Its optimizer holds the trainable parameters, without the fixed projections.
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.requires_grad_(True)
    figures: dict[str, Tensor] = {}
    if kind == "projected":
        both = [torch.cat([a, b.detach()]) for a, b in zip(whole_stages, composite_stages, strict=True)]
        logits, weight = _projected(judge, both, mask.repeat(2, 1, 1, 1))
        real, fake = logits.chunk(2)
        shown = weight.chunk(2)[0]
        loss = _mean(F.relu(1 - real), shown) + _mean(F.relu(1 + fake), shown)
        figures |= {"d_real": _mean(real, shown), "d_fake": _mean(fake, shown)}
    else:
        due = state.step % LAZY == 0
        seen = torch.cat([whole, mask], 1).detach().requires_grad_(due)
        everywhere = judge(seen)
        real = _inside(everywhere, mask)
        fake = _inside(judge(torch.cat([composite.detach(), mask], 1)), mask)
        loss = discriminator_loss(real, fake)
        figures |= {"d_real": real.mean(), "d_fake": fake.mean()}
        if due:
            check_single_precision(everywhere)
            figures["r1"] = gradient_penalty((everywhere * mask).sum((1, 2, 3)) / mask.sum((1, 2, 3)), seen)
            loss = loss + gamma / 2 * LAZY * figures["r1"]
    figures["discriminator"] = loss
    descend(judge, optimizer, loss, fabric, max_norm=None)
    return {name: value.detach() for name, value in figures.items()}


def _projected(judge: nn.Module, stages: list[Tensor], mask: Tensor) -> tuple[Tensor, Tensor]:
    """Logits (N, K) and, in the same order, how much of the hole each of them shows, (N, K) in [0, 1]."""
    judged = [stages[i] for i in STAGES_JUDGED]
    logits: Tensor = judge(judged, torch.zeros(len(mask), dtype=torch.long, device=mask.device))
    shares = []
    for stage in reversed(judged):  # the coarsest head comes first
        height, width = stage.shape[2:]
        while width > ProjectedDiscriminator.POSITIONS:
            height, width = height // 2, width // 2
        shares.append(F.adaptive_avg_pool2d(mask, (height, width)).flatten(1))
    return logits, torch.cat(shares, 1)


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    return (values * weight).sum() / weight.sum().clamp(min=1e-6)


def _inside(logits: Tensor, mask: Tensor) -> Tensor:
    """The logits (N, 1, H, W) of the hole's pixels, in one row."""
    return logits[mask > 0]
