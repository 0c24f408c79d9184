"""Encodings of the training pictures, which samples are drawn from: made by the encoder, then improved by a search.

What the encoder gives comes back softer than the decoder can draw it (26 dB, and 29 dB after 20 steps of a search), for
training and held-out pictures alike. So a run ends with a search for every training picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.generate.network import GenerateNet
from gan.generate.train.presets import GenerateRecipe
from gan.imaging.product import to_ycc
from gan.models.features import Features
from gan.training.data.catalogue import Catalogue
from gan.training.losses.pictures import stage_distance

if TYPE_CHECKING:
    from lightning.fabric import Fabric

AT_ONCE = 16
RATE = 0.05
PULL = 0.02
"""Weight of the mean square distance from what the encoder gave: neighbors are found by their encodings."""

LIGHT_CHROMA_COVERAGE = (2.0, 4.0, 4.0, 1.0)
"""Weights of the differences in Y', Cb, Cr and coverage."""


def fill_members(
    network: GenerateNet, catalogue: Catalogue, features: Features, config: GenerateRecipe, fabric: Fabric, steps: int
) -> None:
    """Fill the table of encodings, in a catalog's order; processes share the work.

    Args:
        network: with an encoder and a row for every picture; in eval mode, without gradients.
        features: of the loss that the search minimizes, with the run's own weights.
        steps: of the search; 0 keeps what the encoder gives.
    """
    blocks = [slice(begin, begin + AT_ONCE) for begin in range(0, len(catalogue), AT_ONCE)]
    own = blocks[fabric.global_rank :: fabric.world_size]
    table = torch.zeros_like(network.member_z)
    for block in own:
        rows = torch.arange(len(catalogue))[block]
        table[block] = _encoded(network, catalogue, rows, features, config, fabric, steps).to(table)
    if fabric.world_size > 1:  # a row is another process's where it is zero here
        table = fabric.all_reduce(table, reduce_op="sum")  # type: ignore[assignment]
    network.member_z.copy_(table)


def _encoded(
    network: GenerateNet,
    catalogue: Catalogue,
    rows: Tensor,
    features: Features,
    config: GenerateRecipe,
    fabric: Fabric,
    steps: int,
) -> Tensor:
    """(N, latent) for these rows of a catalog."""
    device = fabric.device
    x = catalogue.batch(rows, network.config.resolution).to(device)
    attributes, category = catalogue.attributes[rows].to(device), catalogue.category[rows].to(device)
    with torch.no_grad():
        begun = network.encode(x)
        wanted = stages_seen(features, x, config)
    z = begun.clone().requires_grad_()
    optimizer = torch.optim.Adam([z], lr=RATE, betas=(0.9, 0.99))
    for _ in range(steps):
        with torch.enable_grad():
            with fabric.autocast():
                made = network.draw_from(z, attributes, category)
            made = made.float()
            apart = stage_distance(stages_seen(features, made, config), wanted)
            loss = config.pixels * picture_distance(made, x) + config.features * apart
            loss = loss + PULL * (z - begun).square().mean()
        (z.grad,) = torch.autograd.grad(loss, [z])
        optimizer.step()
    return z.detach()


def stages_seen(features: Features, pictures: Tensor, config: GenerateRecipe) -> list[Tensor]:
    """Stages of a frozen network for the colors of (N, 3 or 4, R, R), enlarged first where the recipe says so."""
    x = pictures[:, :3]
    if config.seen_px > x.shape[-1]:
        x = F.interpolate(x, size=(config.seen_px, config.seen_px), mode="bicubic", align_corners=False)
    stages: list[Tensor] = features(x)
    return stages


def picture_distance(made: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference in lightness, chroma and coverage of (N, 4, H, W), the product counting four times as
    much as the ground. In RGB, chroma counts for so little beside light and shade that parts of a product lose their
    colors."""
    apart = torch.cat([to_ycc(made[:, :3] - target[:, :3]), made[:, 3:] - target[:, 3:]], 1).abs()
    weights = torch.tensor(LIGHT_CHROMA_COVERAGE, dtype=apart.dtype, device=apart.device)[None, :, None, None]
    return (apart * weights * (0.5 + 1.5 * target[:, 3:])).mean()
