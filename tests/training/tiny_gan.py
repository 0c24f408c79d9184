"""A GAN that trains in milliseconds, with everything that a real one has: two networks, an adversarial loss, a lazy
R1 penalty, latents from the global random state, a scalar that changes and matters. Also a program of its own."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torchvision.utils import make_grid

from gan.models.ema import EMA
from gan.training.cli import main
from gan.training.losses.adversarial import generator_loss
from gan.training.recipe import Losses, Published, Recipe, State, Validation

if TYPE_CHECKING:
    from lightning.fabric import Fabric

LATENT = 4


@dataclass(frozen=True)
class TinyGan:
    width: int = 8
    batch: int = 4
    lazy: int = 4
    rate: float = 0.01
    ema_half_life_kimg: float = 0.02


class Stripes(torch.utils.data.Dataset[tuple[Tensor, ...]]):
    """Picture i, 3 x 8 x 8 in [-1, 1], is the same everywhere."""

    def __getitem__(self, index: int) -> tuple[Tensor, ...]:
        generator = torch.Generator().manual_seed(index)
        return (torch.rand(3, 1, 8, generator=generator).expand(3, 8, 8) * 2 - 1,)


def build(config: TinyGan, _data: Any) -> State:
    generator = nn.Sequential(nn.Linear(LATENT, config.width), nn.ReLU(), nn.Linear(config.width, 192))
    discriminator = nn.Sequential(nn.Flatten(), nn.Linear(192, config.width), nn.Softplus(), nn.Linear(config.width, 1))
    networks: dict[str, nn.Module] = {"generator": generator, "discriminator": discriminator}
    optimizers: dict[str, torch.optim.Optimizer] = {
        name: torch.optim.Adam(network.parameters(), lr=config.rate, betas=(0.0, 0.99))
        for name, network in networks.items()
    }
    return State(networks, {"generator": EMA(generator)}, optimizers, scalars={"p": 0.1})


def step(state: State, batch: tuple[Tensor, ...], config: TinyGan, fabric: Fabric) -> Losses:
    (real,) = batch
    rows = slice(fabric.global_rank, None, fabric.world_size)
    z, jitter = torch.randn(config.batch, LATENT)[rows], torch.randn(config.batch, 3, 8, 8)[rows]
    generator, discriminator = state.networks["generator"], state.networks["discriminator"]
    fake = torch.tanh(generator(z)).view(-1, 3, 8, 8)

    discriminator.requires_grad_(False)
    with fabric.no_backward_sync(discriminator):
        losses = {"adversarial": generator_loss(discriminator(fake))}
    state.optimizers["generator"].zero_grad()
    fabric.backward(losses["adversarial"])
    state.optimizers["generator"].step()

    discriminator.requires_grad_(True)
    shown = (torch.cat([real, fake.detach()]) + state.scalars["p"] * torch.cat([jitter, jitter])).requires_grad_()
    d_real, d_fake = discriminator(shown).chunk(2)
    total = nn.functional.softplus(-d_real).mean() + nn.functional.softplus(d_fake).mean()
    losses |= {"discriminator": total.detach(), "d_real": d_real.detach().mean(), "d_fake": d_fake.detach().mean()}
    if state.step % config.lazy == 0:
        (gradient,) = torch.autograd.grad(d_real.sum(), shown, create_graph=True)
        penalty = gradient[: len(real)].square().sum((1, 2, 3)).mean()
        losses["r1"] = penalty.detach()
        total = total + config.lazy * 0.05 * penalty
    state.optimizers["discriminator"].zero_grad()
    fabric.backward(total)
    state.optimizers["discriminator"].step()
    state.scalars["p"] = min(0.9, state.scalars["p"] + 0.003 * (1 + state.step % 3))
    return losses


def validate(state: State, _config: TinyGan, _data: Any, _device: torch.device) -> Validation:
    """Draws from the global random state on purpose: looking must not change what comes after."""
    with torch.no_grad():
        samples = torch.tanh(state.ema["generator"](torch.randn(4, LATENT))).view(-1, 3, 8, 8) / 2 + 0.5
    spread = float(samples.std(0).mean())
    return Validation({"spread": spread}, -abs(spread - 0.29), make_grid(samples), 4, {"spread": {"real": 0.29}})


def publish(state: State, config: TinyGan) -> Published:
    tensors = state.ema["generator"].module.state_dict()
    return Published({"width": config.width}, tensors, state.seen_images)


def warm_start(state: State, published: Mapping[str, Tensor]) -> list[str]:
    state.networks["generator"].load_state_dict(published)
    return ["Taken from a published generator."]


RECIPE: Recipe[TinyGan] = Recipe(
    task="tiny",
    presets={"tiny": TinyGan(), "wide": TinyGan(width=16)},
    data=lambda _config, folder, _seed: folder,
    build=build,
    warm_start=warm_start,
    items=lambda _config, _data, _seed: Stripes(),
    step=step,
    validate=validate,
    publish=publish,
    cost=lambda _config: [],
    learning_rate=lambda _config, progress: 1 - progress / 2,
)
RECIPES = {"tiny": (RECIPE,)}
PATH = Path(__file__)

if __name__ == "__main__":
    sys.exit(main(RECIPES))
