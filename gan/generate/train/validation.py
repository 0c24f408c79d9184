"""Validate a run: reconstruct held-out pictures with the encoder, and render fixed samples."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torchvision.utils import make_grid

from gan.generate.classical_network import ClassicalNet
from gan.generate.network import GenerateNet
from gan.metrics.distribution import kernel_distance, pooled_features
from gan.metrics.neighbors import density_coverage, diversity
from gan.models.features import load_features
from gan.training.data.catalogue import Catalogue
from gan.training.recipe import Validation

SHOWN = 8
LEAST_MEASURED = 6


def validate_network(
    network: GenerateNet | ClassicalNet,
    held_out: Catalogue,
    device: torch.device,
    *,
    samples: int,
    cache: dict[str, Any],
    pairs: tuple[Tensor, Tensor] | None = None,
) -> Validation:
    """Figures and a grid.

    The score is the negative kernel distance of `samples` fixed-seed samples to the held-out pictures in Lite2's
    features, both at the network's resolution and interpolated to 256 px, since what enlarges samples in use is
    another network. Fewer than six held-out pictures are nothing to measure by: the
    score is then that of the reconstructions, or 0. The grid shows pairs, where there are any, and samples.

    Args:
        cache: keeps what does not change between validations.
        pairs: pictures and what the network makes of them, two of (N, 3 or 4, R, R); by default held-out pictures
            through the encoder and back, where there is one, and then `reconstruction_psnr` is measured on them.
    """
    measurable = min(len(held_out), samples) >= LEAST_MEASURED
    if measurable and "features" not in cache:
        cache["features"] = load_features("lite2").to(device)
        cache["real"] = pooled_features(
            (
                held_out.batch(list(rows), network.config.resolution).to(device)[:, :3]
                for rows in _blocks(len(held_out))
            ),
            cache["features"],
        )
    network.eval()
    with torch.inference_mode():
        reconstructed = _reconstructed(network, held_out, device)
        pictures = sample_fixed(network, samples, device)
    figures: dict[str, float] = {}
    if measurable:
        made = pooled_features((pictures[list(rows), :3].clamp(0, 1) for rows in _blocks(samples)), cache["features"])
        figures = {
            "kd_lite2": kernel_distance(cache["real"], made),
            "diversity_ratio": diversity(made) / diversity(cache["real"]),
            "coverage": density_coverage(cache["real"], made)[1],
        }
    if reconstructed is not None:
        real, remade = (x[:, :3].clamp(0, 1) for x in reconstructed)
        figures["reconstruction_psnr"] = float((-10 * (remade - real).square().mean((1, 2, 3)).log10()).mean())
    rows = [*(x for part in pairs or reconstructed or () for x in part[:SHOWN]), *pictures[: 4 * SHOWN]]
    score = -figures["kd_lite2"] if measurable else figures.get("reconstruction_psnr", 0.0)
    return Validation(figures, score, make_grid([x[:3].cpu().clamp(0, 1) for x in rows], nrow=SHOWN, padding=2))


def sample_fixed(network: GenerateNet | ClassicalNet, count: int, device: torch.device, seed: int = 0) -> Tensor:
    """(count, 4, R, R): the same latents every time, categories in turn."""
    generator = torch.Generator().manual_seed(seed)
    made = []
    for rows in _blocks(count):
        category = torch.tensor([i % len(network.config.categories) for i in rows])
        drawn = [network.draw(int(c), generator) for c in category]
        z, attributes = (torch.stack(part).to(device) for part in zip(*drawn, strict=True))
        made.append(network.synthesize(network.map(z, attributes, category.to(device))))
    return torch.cat(made)


def _reconstructed(
    network: GenerateNet | ClassicalNet, held_out: Catalogue, device: torch.device
) -> tuple[Tensor, Tensor] | None:
    if not isinstance(network, GenerateNet) or network.encoder is None:
        return None
    count = min(len(held_out), 64)
    rows = [i * len(held_out) // count for i in range(count)]
    reals = held_out.batch(rows, network.config.resolution).to(device)
    z = network.encode(reals)
    w = network.map(z, held_out.attributes[rows].to(device), held_out.category[rows].to(device))
    return reals, network.synthesize(w)


def _blocks(count: int, size: int = 16) -> list[range]:
    return [range(begin, min(begin + size, count)) for begin in range(0, count, size)]
