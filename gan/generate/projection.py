"""Project a photograph to a latent: the encoder's estimate first, then optimization in w.

The guess puts the product where sliders mean what they say. The search only adds offsets to the styles, layer by layer
(the space W+ of Abdal et al., arXiv 1904.03189), and is pulled back towards the guess, so that it stays there.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.contract import Context, Output, Request
from gan.core.option import Option
from gan.core.reader import PictureFile
from gan.generate.latent import Latent
from gan.generate.network import GenerateNet
from gan.generate.pipeline import (
    AUTO_MODEL,
    SIZES_PX,
    LatentNetwork,
    check_category,
    load_network,
    render,
    synthesized,
)
from gan.generate.setting import COLORS, placed
from gan.imaging.picture import Picture
from gan.imaging.product import MEASURES, measure, squared

MAX_STEPS = 500
PULL = 2e-3
"""Weight of the offsets' mean square in the loss."""

NOT_APART = "No plain background was found, so the whole picture counts as the product: cut the product out first"
WHOLE = 0.97
"""Share of the picture from which on its coverage is no product's."""

NEAR_SIZE, NEAR_PLACE = 0.2, 0.15
"""By how much the logarithm of a product's size and its place in half frames may differ from those of training."""


class ProjectRequest(Request):
    """Project a picture into the latent space: of one product on a plain background; others work, less well.

    0 steps give the encoder's guess.

    Raises:
        InputError: a value outside its range.
    """

    picture: PictureFile
    category: Annotated[str, Option("one of the model's; the encoder says by default", metavar="NAME")] = ""
    model: Annotated[str, Option("ours, a folder, or owner/name", metavar="NAME_PATH_OR_HUB_ID")] = AUTO_MODEL
    steps: Annotated[int, Option("of the search", ge=0, le=MAX_STEPS)] = 100
    size: Annotated[int, Option("side of the pictures in pixels", ge=SIZES_PX[0], le=SIZES_PX[1], unit="px")] = 256


def project(request: ProjectRequest, context: Context) -> Output:
    """Picture as the network reproduces it, and its latent in `details["latent"]`.

    `details["psnr"]` compares both at the network's resolution, in dB.
    """
    model, network = load_network(context, request.model)
    target = framed(request.picture, network.config.resolution).to(context.device)
    check_category(request.category, network)
    latent, made = _search(request, network, target, context)
    error = (made[:, :3].clamp(0, 1) - target[:, :3]).square().mean()
    w = _styles(network, latent, context.device)
    picture = render(synthesized(network, w, request.size, context), request.size, False)
    named = dataclasses.replace(latent, model=model.name, sha256=model.sha256)
    stem = request.picture.name.rpartition(".")[0] or "picture"
    details = {"model": model.name, "latent": named, "psnr": float(-10 * error.log10()), "category": latent.category}
    notices = (NOT_APART,) if _all_covered(request.picture, target) else ()
    return Output((dataclasses.replace(picture, name=f"{stem}-projected.png"),), notices, details)


def framed(picture: Picture, size_px: int) -> Tensor:
    """Frame a photograph as (1, 4, size_px, size_px): on white, padded to a square, and the coverage."""
    rgb = picture.rgb
    if picture.alpha is not None:
        rgb = rgb * picture.alpha + (1 - picture.alpha)
    return squared(rgb, picture.alpha, size_px)


def _all_covered(picture: Picture, target: Tensor) -> bool:
    """True if nothing was found to be ground in a picture without transparency."""
    sides = picture.rgb.shape[2:]
    return picture.alpha is None and float(target[:, 3].mean()) > WHOLE * min(sides) / max(sides)


def _search(request: ProjectRequest, network: LatentNetwork, target: Tensor, context: Context) -> tuple[Latent, Tensor]:
    # Outside inference mode, because the search needs gradients.
    with torch.inference_mode(False), torch.enable_grad():
        target = target.clone()
        z, attributes, category = _guess(request, network, target)
        base = network.map(z[None], attributes[None], torch.tensor([category], device=z.device)).detach().clone()
        z, attributes = z.detach().clone(), attributes.detach().clone()
        offsets = torch.zeros_like(base, requires_grad=True)
        optimizer = torch.optim.Adam([offsets], lr=0.05, betas=(0.9, 0.99))
        best, best_offsets = float("inf"), torch.zeros_like(base)
        for step in range(request.steps):
            context.step(step, request.steps, "Projecting")
            for group in optimizer.param_groups:
                group["lr"] = 0.05 * min(1.0, (step + 1) / 5, 3 * (request.steps - step) / request.steps)
            made = network.synthesize(base + offsets)
            error = (made[:, :3] - target[:, :3]).square().mean()
            # The best is chosen as it is shown and reported: of what lies outside [0, 1] nothing is seen.
            shown = float((made[:, :3].detach().clamp(0, 1) - target[:, :3]).square().mean())
            if shown < best:
                best, best_offsets = shown, offsets.detach().clone()
            coarse = (F.avg_pool2d(made - target, 4)).square().mean()
            loss = error + (made - target).abs().mean() * 0.1 + coarse + PULL * offsets.square().mean()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    context.step(request.steps, request.steps, "Projecting")
    with torch.no_grad():
        made = network.synthesize(base + best_offsets)
    name = network.config.categories[category]
    kept = best_offsets[0].cpu() if request.steps else None
    return Latent.of(z.cpu(), attributes.cpu(), name, offsets=kept), made


def _guess(request: ProjectRequest, network: LatentNetwork, target: Tensor) -> tuple[Tensor, Tensor, int]:
    """Estimate z, attributes and category: measured where possible, the rest from the encoder."""
    names = network.config.categories
    wanted = names.index(request.category) if request.category else None
    encoder = getattr(network, "encoder", None)
    if encoder is None:
        category = wanted or 0
        z, attributes = network.draw(category, torch.Generator().manual_seed(request.seed))
        return torch.zeros_like(z), attributes, category
    strong = cast(GenerateNet, network)
    with torch.no_grad():
        encoded = encoder(_as_trained(strong, target))
        attributes = strong.attribute_mean + encoded.attributes[0] * strong.attribute_scale
        if "lightness" in strong.config.attributes:
            attributes[: len(MEASURES)] = measure(target[:, :3], target[:, 3:])[0]
    category = int(encoded.category[0].argmax()) if wanted is None else wanted
    return encoded.mean[0], attributes, category


def _as_trained(network: GenerateNet, target: Tensor) -> Tensor:
    """The product as large and as much in the middle as those of training are, where it is not nearly so already."""
    if not network.config.measures:
        return target
    own = measure(target[:, :3], target[:, 3:])[:, COLORS:]
    usual = network.attribute_mean[list(network.config.measures)][None, COLORS:].clone()
    usual[:, 1] = own[:, 1]  # the aspect is its own
    near = (own - usual).abs() <= torch.tensor([NEAR_SIZE, 1.0, NEAR_PLACE, NEAR_PLACE]).to(own)
    return target if bool(near.all()) else placed(target, own, usual)


def _styles(network: LatentNetwork, latent: Latent, device: torch.device) -> Tensor:
    z, attributes, offsets = latent.tensors()
    category = torch.tensor([network.config.categories.index(latent.category)], device=device)
    w = network.map(z[None].to(device), attributes[None].to(device), category)[0]
    return w if offsets is None else w + offsets.to(device)
